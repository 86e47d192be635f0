/*
 * An upstream's reply that is kept, aged, and patched for another client: what comes out is a message with
 * the same records, whose TTLs are those that went in, less by their age.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 2308 5
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/pref64.h"
#include "dns64/cache/lifetime.h"
#include "dns64/query/finished.h"
#include "dns64/query/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    CACHE_SIZE = 1 << 20,
    NEGATIVE_MAX_S = 3600,
    HEADER = 2, /* bytes of the input that say how old it gets */
};

#define SECOND UINT64_C(1000000000)

static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
static struct counters counters;
static uint8_t out[MESSAGE_MAX];

static const struct synthesize_pref64 pref64 = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
static const struct route route;
static const struct query_policy policy = {
    .route = &route,
    .pref64 = &pref64,
    .pref64_count = 1,
    .filter = {.images = &pref64_well_known, .images_count = 1},
    .edns_size = MESSAGE_MAX,
    .aaaa_wait_ms = 300,
    .negative_ttl_max_s = NEGATIVE_MAX_S,
    .stale_max_s = NEGATIVE_MAX_S,
    .nxdomain_cut = true,
};

static uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len);
    assert(copy != NULL);
    memcpy(copy, bytes, len);
    return copy;
}

/* The same records; each TTL is less by the age. */
static void check_aged(const struct message *before, const struct known_reply *aged, uint32_t age_s)
{
    struct message after;
    struct message_walk walk[2];
    struct message_record record[2];
    assert(message_parse(aged->bytes, aged->len, &after) == MESSAGE_OK);
    message_walk_init(&walk[0], before);
    message_walk_init(&walk[1], &after);
    while (message_walk_next(&walk[0], &record[0])) {
        assert(message_walk_next(&walk[1], &record[1]));
        assert(record[0].at == record[1].at && record[0].type == record[1].type);
        if (record[0].type != MESSAGE_TYPE_OPT)
            assert(record[1].ttl == record[0].ttl - age_s && record[0].ttl <= LIFETIME_MAX_S);
    }
}

/* A reply kept, found as it gets older, and found when it is over. */
static void keep(struct cache *cache, const struct known_question *question, const uint8_t *data, size_t len,
                 uint32_t age_s)
{
    struct known_reply taken = known_take(cache, &policy, question, 0, copy_of(data, len), len), found;
    struct message message;
    if (taken.bytes == NULL)
        return; /* a name goes through a TTL */
    assert(message_parse(taken.bytes, taken.len, &message) == MESSAGE_OK);
    if (known_find(cache, &policy, question, age_s * SECOND, &found)) {
        if (found.source.kind == QUERY_FROM_DATA)
            check_aged(&message, &found, age_s);
        free(found.bytes);
    }
    if (known_find_stale(cache, &policy, question, taken.source.life_s * SECOND, &found)) {
        assert(message_parse(found.bytes, found.len, &message) == MESSAGE_OK);
        free(found.bytes);
    }
    free(taken.bytes);
}

static size_t ask(struct cache *cache, const struct known_question *question, const struct name *name,
                  uint16_t id, uint64_t now_ns)
{
    uint8_t bytes[600];
    struct message_writer writer;
    struct query query;
    size_t out_len = 0;
    message_begin(&writer, bytes, sizeof(bytes), id, MESSAGE_RD, name, question->type, question->class);
    message_add_opt(&writer, MESSAGE_MAX, 0, 0, NULL, 0);
    unsigned actions = query_begin(&query, &policy, &counters, cache, now_ns, bytes, message_end(&writer),
                                   &client, out, &out_len);
    while (actions & (QUERY_DO_ASK_MAIN | QUERY_DO_ASK_A) && !(actions & QUERY_DO_SEND)) {
        enum query_slot_name slot = actions & QUERY_DO_ASK_MAIN ? QUERY_MAIN : QUERY_A;
        struct known_question asked = known_question(&query, slot);
        struct known_reply reply = {0};
        known_find(cache, &policy, &asked, now_ns, &reply);
        query_from(&query, &reply.source);
        actions = query_response(&query, slot, reply.bytes, reply.len, out, &out_len);
    }
    if (query.slot[QUERY_MAIN].asked && out_len > 0)
        finished_keep(&query, cache, now_ns, out, out_len);
    query_done(&query);
    return actions & QUERY_DO_SEND ? out_len : 0;
}

/* An answer made of the reply, then given to another client who writes the name in capitals. */
static void answer(struct cache *cache, const struct known_question *question, uint32_t age_s)
{
    struct name name = question->name;
    struct message message;
    size_t len = ask(cache, question, &name, 1, 0);
    assert(len == 0 || message_parse(out, len, &message) == MESSAGE_OK);
    for (size_t i = 0; i < name.len; i++)
        if (name.bytes[i] >= 'a' && name.bytes[i] <= 'z')
            name.bytes[i] = (uint8_t)(name.bytes[i] - 'a' + 'A');
    len = ask(cache, question, &name, 2, age_s * SECOND);
    if (len == 0)
        return;
    assert(message_parse(out, len, &message) == MESSAGE_OK && message.id == 2);
    assert(message.question.len == name.len && memcmp(message.question.bytes, name.bytes, name.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct message message;
    if (len < HEADER || len > MESSAGE_MAX)
        return 0;
    uint32_t age_s = bytes_get16(data);
    data += HEADER;
    len -= HEADER;
    if (message_parse(data, len, &message) != MESSAGE_OK || !message.has_question ||
        (message_rcode(&message) != MESSAGE_NOERROR && message_rcode(&message) != MESSAGE_NXDOMAIN))
        return 0;
    struct cache *cache = cache_new(CACHE_SIZE, (struct siphash_key){1, 2});
    struct known_question question = {.name = message.question, .type = message.type, .class = message.class};
    assert(cache != NULL);
    keep(cache, &question, data, len, age_s);
    answer(cache, &question, age_s);
    cache_free(cache);
    return 0;
}
