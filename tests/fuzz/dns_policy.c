/*
 * Layer: test
 * Specification: RFC 6147 5
 */
#include "tests/fuzz/dns_policy.h"

#include <assert.h>
#include <stdlib.h>

#include "common/pref64.h"

static struct list *list_of(const char *text)
{
    struct list *list = list_new((struct siphash_key){1, 2});
    assert(list != NULL && list_add(list, text) == 0);
    return list;
}

/* Names that a mutated question is likely to have, with each family alone and both. */
static struct roster *some_names(void)
{
    static const struct {
        struct name name;
        struct addr addr;
    } lines[] = {
        {{.len = 3, .bytes = "\1a"}, {.family = AF_INET, .v4 = 0xc01fc407}},
        {{.len = 5, .bytes = "\1a\1b"}, {.family = AF_INET6, .v6 = {{{0x20, 1, 0x0d, 0xb8, [15] = 7}}}}},
        {{.len = 3, .bytes = "\1b"}, {.family = AF_INET, .v4 = 0xc01fc408}},
        {{.len = 3, .bytes = "\1b"}, {.family = AF_INET6, .v6 = {{{0, 0x64, 0xff, 0x9b, [15] = 1}}}}},
    };
    struct roster *roster = roster_new((struct siphash_key){1, 2});
    assert(roster != NULL);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert(roster_add(roster, &lines[i].name, &lines[i].addr, true) == 0);
    return roster;
}

struct query_policy dns_policy(unsigned which)
{
    static const struct synthesize_pref64 pref64[] = {{.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}},
                                                      {.prefix = {{{{0x20, 1, 0x0d, 0xb8, 0, 0x64}}}, 48}}};
    static const struct addr_prefix6 excluded = {{{{[10] = 0xff, [11] = 0xff}}}, 96};
    static const struct route route;
    static struct list *listed, *below;
    static struct roster *roster;
    if (listed == NULL) {
        roster = some_names();
        listed = list_of("a");
        below = list_of("*.b");
    }
    return (struct query_policy){
        .route = &route,
        .roster = which & 256 ? roster : NULL,
        .local_ttl_s = 300,
        .ipv4only_ttl_s = 3600,
        .pref64 = pref64,
        .pref64_count = which & 1 ? 2 : 1,
        .filter = {.excluded = &excluded,
                   .excluded_count = 1,
                   .images = &pref64_well_known,
                   .images_count = which & 2 ? 1 : 0},
        .never = which & 4 ? listed : NULL,
        .always = which & 4 ? below : NULL,
        .hide_a = which & 8 ? below : NULL,
        .on_aaaa_failure = which & 16 ? SETTINGS_AAAA_FAILURE_FAIL : SETTINGS_AAAA_FAILURE_SYNTHESISE,
        .reverse = which & 32 ? SETTINGS_REVERSE_LOCAL : SETTINGS_REVERSE_CNAME,
        .cookies = which & 64 ? SETTINGS_COOKIES_BADCOOKIE : SETTINGS_COOKIES_ANSWER,
        .plain = (which & 0x1f80) == 0x1f80,
        .mark_synthetic = true,
        .edns_size = 1232,
        .aaaa_wait_ms = which & 128 ? 0 : 300,
        .negative_ttl_max_s = 3600,
        .keepalive_100ms = 100,
    };
}

void dns_policy_check(const struct query *query, unsigned actions, const uint8_t *out, size_t len)
{
    struct message message;
    if (!(actions & QUERY_DO_SEND))
        return;
    assert(len <= query->limit);
    assert(message_parse(out, len, &message) == MESSAGE_OK);
    assert((message.flags & MESSAGE_QR) && message.id == query->id);
    assert(message.has_opt == query->has_opt && message.has_question == query->has_question);
    if (!query->has_question)
        return;
    assert(message.type == query->type && message.class == query->class);
    assert(message.question.len == query->question.len &&
           memcmp(message.question.bytes, query->question.bytes, message.question.len) == 0);
}
