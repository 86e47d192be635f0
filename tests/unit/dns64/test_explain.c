/*
 * What an explanation says, word for word.
 *
 * Layer: test
 * Specification: man/dns64.8 (GET /v1/explain)
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "common/pref64.h"
#include "dns64/explain_json.h"
#include "dns64/wire/type.h"

static const struct synthesize_pref64 prefix = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
#define SERVER                                            \
    {                                                     \
        .addr = {AF_INET, .v4 = 0xc0000235}, .port = 5353 \
    }

static const struct route route;
static struct query_policy policy;
static struct counters counters;
static struct query query;
static struct explain explain;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t out_len;
static bool allowed;

static int set_up(void **context)
{
    (void)context;
    allowed = true;
    policy = (struct query_policy){.view = "vpn",
                                   .pref64 = &prefix,
                                   .pref64_count = 1,
                                   .filter = {.images = &pref64_well_known, .images_count = 1},
                                   .route = &route,
                                   .mark_synthetic = true,
                                   .edns_size = 1232,
                                   .aaaa_wait_ms = 300};
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    explain_done(&explain);
    return 0;
}

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

static unsigned begin(const char *text, uint16_t type, uint16_t flags)
{
    struct message_writer writer;
    struct name name = name_of(text);
    struct query_client client = {.allowed = allowed};
    assert_int_equal(addr_parse("2001:db8:9::5", &client.addr), 0);
    message_begin(&writer, bytes, sizeof(bytes), 0, MESSAGE_RD | flags, &name, type, MESSAGE_CLASS_IN);
    return query_begin(&query, &policy, &counters, NULL, 0, bytes, message_end(&writer), &client, out,
                       &out_len);
}

static unsigned reply(enum query_slot_name slot, struct query_source source,
                      void (*fill)(struct message_writer *writer))
{
    struct message_writer writer;
    struct name name;
    uint16_t type;
    query_asked(&query, slot, &name, &type);
    message_begin(&writer, bytes, sizeof(bytes), 1, MESSAGE_QR | MESSAGE_RA, &name, type, MESSAGE_CLASS_IN);
    fill(&writer);
    struct known_reply known = {.source = source, .len = message_end(&writer)};
    known.bytes = malloc(known.len);
    memcpy(known.bytes, bytes, known.len);
    explain_took(&explain, &query, slot, &known);
    query_from(&query, &known.source);
    return query_response(&query, slot, known.bytes, known.len, out, &out_len);
}

static void add_soa(struct message_writer *writer)
{
    struct name zone = name_of("example.net");
    static const uint8_t soa[22] = {[21] = 60};
    message_add(writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, 60, soa, sizeof(soa));
}

static void add_alias_and_soa(struct message_writer *writer)
{
    struct name target = name_of("site.example.net");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
    add_soa(writer);
}

static void add_alias_and_a(struct message_writer *writer)
{
    struct name target = name_of("site.example.net");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
    message_add(writer, MESSAGE_ANSWER, &target, MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
}

static void says(const char *wanted)
{
    explain_end(&explain, &query, out, out_len);
    json_t *document = explain_json(&explain);
    char *text = json_dumps(document, JSON_COMPACT);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(document);
}

TEST(WHY_02_a_synthetic_answer)
{
    const struct query_source kept = {.kind = QUERY_FROM_DATA, .age_s = 12, .life_s = 48},
                              asked = {.kind = QUERY_FROM_UPSTREAM, .life_s = 300, .upstream = SERVER};
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, kept, add_alias_and_soa), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, asked, add_alias_and_a), QUERY_DO_SEND);
    says("{\"name\":\"www.example.com\",\"type\":\"AAAA\",\"client\":\"2001:db8:9::5\",\"allowed\":true,"
         "\"view\":\"vpn\",\"dns64\":true,\"do\":false,\"cd\":false,\"local\":false,\"pref64\":[\"64:ff9b::/"
         "96\"],\"asked\":["
         "{\"type\":\"AAAA\",\"name\":\"www.example.com\",\"from\":\"cache\",\"upstream\":null,\"age_s\":12,"
         "\"left_s\":48,"
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\"]},"
         "{\"type\":\"A\",\"name\":\"www.example.com\",\"from\":\"upstream\",\"upstream\":\"192.0.2.53#"
         "5353\",\"age_s\":null,\"left_s\":300,"
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\",\"A 8.8.8.8\"]}],"
         "\"rule\":\"aaaa_synthesised\",\"text\":\"AAAA: synthesised from A records\",\"list\":null,"
         "\"entry\":null,\"listed\":null,\"rcode\":\"NOERROR\",\"ttl\":60,"
         "\"answer\":[\"CNAME site.example.net\",\"AAAA 64:ff9b::808:808\"]}");
}

TEST(WHY_02_LIST_02_a_listed_name_behind_an_alias)
{
    const struct query_source asked = {.kind = QUERY_FROM_UPSTREAM, .life_s = 60, .upstream = SERVER};
    struct list *never = list_new((struct siphash_key){1, 2});
    assert_int_equal(list_add(never, "*.example.net"), 0);
    policy.never = never;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, asked, add_alias_and_soa), QUERY_DO_SEND);
    says("{\"name\":\"www.example.com\",\"type\":\"AAAA\",\"client\":\"2001:db8:9::5\",\"allowed\":true,"
         "\"view\":\"vpn\",\"dns64\":true,\"do\":false,\"cd\":false,\"local\":false,\"pref64\":[\"64:ff9b::/"
         "96\"],\"asked\":["
         "{\"type\":\"AAAA\",\"name\":\"www.example.com\",\"from\":\"upstream\",\"upstream\":\"192.0.2.53#"
         "5353\",\"age_s\":null,\"left_s\":60,"
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\"]}],"
         "\"rule\":\"aaaa_never\",\"text\":\"AAAA: not synthesised, the name is on the never list\","
         "\"list\":\"never\",\"entry\":\"*.example.net\",\"listed\":\"site.example.net\","
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\"]}");
    list_free(never);
}

/* The chain of AAAA does not show it. */
TEST(WHY_02_LIST_02_a_listed_name_that_only_a_shows)
{
    const struct query_source asked = {.kind = QUERY_FROM_UPSTREAM, .life_s = 60, .upstream = SERVER};
    struct list *never = list_new((struct siphash_key){1, 2});
    assert_int_equal(list_add(never, "*.example.net"), 0);
    policy.never = never;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, asked, add_soa), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, asked, add_alias_and_a), QUERY_DO_SEND);
    explain_end(&explain, &query, out, out_len);
    json_t *document = explain_json(&explain);
    assert_string_equal(json_string_value(json_object_get(document, "rule")), "aaaa_never");
    assert_string_equal(json_string_value(json_object_get(document, "list")), "never");
    assert_string_equal(json_string_value(json_object_get(document, "entry")), "*.example.net");
    assert_string_equal(json_string_value(json_object_get(document, "listed")), "site.example.net");
    json_decref(document);
    list_free(never);
}

TEST(WHY_02_a_silent_aaaa)
{
    const struct query_source asked = {.kind = QUERY_FROM_UPSTREAM, .life_s = 300, .upstream = SERVER};
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_ASK_MAIN);
    assert_int_equal(query_waited(&query), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, asked, add_alias_and_a), 0);
    assert_int_equal(query_patience(&query, out, &out_len), QUERY_DO_SEND);
    says("{\"name\":\"www.example.com\",\"type\":\"AAAA\",\"client\":\"2001:db8:9::5\",\"allowed\":true,"
         "\"view\":\"vpn\",\"dns64\":true,\"do\":false,\"cd\":false,\"local\":false,\"pref64\":[\"64:ff9b::/"
         "96\"],\"asked\":["
         "{\"type\":\"AAAA\",\"name\":\"www.example.com\",\"from\":\"upstream\",\"upstream\":null,\"age_s\":"
         "null,\"left_s\":"
         "null,"
         "\"rcode\":null,\"ttl\":null,\"answer\":[]},"
         "{\"type\":\"A\",\"name\":\"www.example.com\",\"from\":\"upstream\",\"upstream\":\"192.0.2.53#"
         "5353\",\"age_s\":null,\"left_s\":300,"
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\",\"A 8.8.8.8\"]}],"
         "\"rule\":\"aaaa_synthesised\",\"text\":\"AAAA: synthesised from A records\",\"list\":null,"
         "\"entry\":null,\"listed\":null,\"rcode\":\"NOERROR\",\"ttl\":300,"
         "\"answer\":[\"CNAME site.example.net\",\"AAAA 64:ff9b::808:808\"]}");
}

TEST(WHY_02_hidden_a_records)
{
    const struct query_source stale = {.kind = QUERY_FROM_STALE, .age_s = 7200};
    struct list *all = list_new((struct siphash_key){1, 2});
    assert_int_equal(list_add(all, "."), 0);
    policy.hide_a = all;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, MESSAGE_CD), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, stale, add_alias_and_a), QUERY_DO_SEND);
    says("{\"name\":\"www.example.com\",\"type\":\"A\",\"client\":\"2001:db8:9::5\",\"allowed\":true,"
         "\"view\":\"vpn\",\"dns64\":true,\"do\":false,\"cd\":true,\"local\":false,\"pref64\":[\"64:ff9b::/"
         "96\"],\"asked\":["
         "{\"type\":\"A\",\"name\":\"www.example.com\",\"from\":\"stale\",\"upstream\":null,\"age_s\":7200,"
         "\"left_s\":null,"
         "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\",\"A 8.8.8.8\"]}],"
         "\"rule\":\"a_hidden\",\"text\":\"A: the name is on the hide-a list\",\"list\":\"hide-a\","
         "\"entry\":\".\",\"listed\":\"www.example.com\",\"rcode\":\"NOERROR\",\"ttl\":300,"
         "\"answer\":[\"CNAME site.example.net\"]}");
    list_free(all);
}

/* Names of the operator: nobody was asked. */
TEST(WHY_02_LIST_03_a_local_name)
{
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_ASK_MAIN);
    query.is_local = true;
    assert_int_equal(query_waited(&query), QUERY_DO_ASK_A);
    query.outcome = OUTCOME_AAAA_SYNTHESISED;
    out_len = 0;
    explain_end(&explain, &query, NULL, 0);
    json_t *document = explain_json(&explain);
    assert_true(json_is_true(json_object_get(document, "local")));
    assert_int_equal(json_array_size(json_object_get(document, "asked")), 0);
    json_decref(document);
}

TEST(WHY_02_who_may_not_ask)
{
    allowed = false;
    policy.plain = true;
    policy.pref64_count = 0;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0), QUERY_DO_SEND);
    says("{\"name\":\"www.example.com\",\"type\":\"AAAA\",\"client\":\"2001:db8:9::5\",\"allowed\":false,"
         "\"view\":\"vpn\",\"dns64\":false,\"do\":false,\"cd\":false,\"local\":false,\"pref64\":[],\"asked\":"
         "[],"
         "\"rule\":\"refused\",\"text\":\"queries from clients that may not ask\",\"list\":null,"
         "\"entry\":null,\"listed\":null,\"rcode\":\"REFUSED\",\"ttl\":null,\"answer\":[]}");
}

TEST(types_by_name_and_number)
{
    uint16_t type;
    char text[TYPE_TEXT_LEN];
    assert_true(type_parse("aaaa", &type));
    assert_int_equal(type, 28);
    assert_true(type_parse("TYPE65280", &type));
    assert_int_equal(type, 65280);
    assert_string_equal(type_text(type, text), "TYPE65280");
    assert_false(type_parse("TYPE65536", &type));
    assert_false(type_parse("TYPE", &type));
    assert_false(type_parse("TYPE1x", &type));
    assert_false(type_parse("", &type));
    assert_string_equal(type_rcode_text(MESSAGE_NXDOMAIN, text), "NXDOMAIN");
    assert_string_equal(type_rcode_text(MESSAGE_BADVERS, text), "BADVERS");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(WHY_02_a_synthetic_answer),
        CASE(WHY_02_LIST_02_a_listed_name_behind_an_alias),
        CASE(WHY_02_LIST_02_a_listed_name_that_only_a_shows),
        CASE(WHY_02_a_silent_aaaa),
        CASE(WHY_02_hidden_a_records),
        CASE(WHY_02_LIST_03_a_local_name),
        CASE(WHY_02_who_may_not_ask),
        cmocka_unit_test(types_by_name_and_number),
    };
    return RUN(tests);
}
