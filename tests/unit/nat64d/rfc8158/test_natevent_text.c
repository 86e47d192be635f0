/*
 * The lines of the event log, and the time that they are written with.
 *
 * Layer: test
 * Specification: RFC 8158 5, RFC 6302, RFC 8259
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "nat64d/rfc8158/natevent_text.h"

#define S UINT64_C(1000000000)

static struct natevent_pool pool_list[] = {{{0xc0000210, 28}, "spare"}, {{0xcb007107, 32}, "uplink"}};
static const struct natevent_pools pools = {pool_list, 2};
static struct natevent_clock look;
static char line[NATEVENT_TEXT_LEN];

/* The clock says 2026-11-26T01:17:13Z, up for 1000 s. */
static int set_clock(void **context)
{
    (void)context;
    look = (struct natevent_clock){0};
    return (int)natevent_clock_look(&look, 1000 * S, UINT64_C(1795655833) * S);
}

static struct natevent record(enum natevent_kind kind)
{
    struct natevent event = {
        .time_ns = 1000 * S + 123000000,
        .src4 = 0xcb007107,
        .src6_port = 4711,
        .src4_port = 31337,
        .kind = (uint8_t)kind,
        .transport = TRANSPORT_TCP,
        .prefix_len = NATEVENT_HOST,
    };
    inet_pton(AF_INET6, "2001:db8::5", &event.src6);
    return event;
}

static void assert_line(const struct natevent *event, const char *want)
{
    size_t len = natevent_text_record(event, &pools, &look, line);
    assert_int_equal(len, strlen(line));
    assert_string_equal(line, want);
}

TEST(LOG_6302_01_LOG_6888_01_a_binding_line_has_what_finds_a_user)
{
    struct natevent event = record(NATEVENT_BIB_CREATE);
    assert_line(&event, "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"bib-create\",\"nat_event\":10,"
                        "\"protocol\":\"tcp\",\"src6\":\"2001:db8::5\",\"src6_port\":4711,"
                        "\"src4\":\"203.0.113.7\",\"src4_port\":31337,\"pool\":\"uplink\"}\n");
    event.kind = NATEVENT_BIB_DELETE;
    event.since_ns = 400 * S;
    assert_line(&event, "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"bib-delete\",\"nat_event\":11,"
                        "\"protocol\":\"tcp\",\"src6\":\"2001:db8::5\",\"src6_port\":4711,"
                        "\"src4\":\"203.0.113.7\",\"src4_port\":31337,\"pool\":\"uplink\","
                        "\"since\":\"2026-11-26T01:07:13.000Z\"}\n");
}

TEST(LOG_8158_01_a_session_line_has_the_destination)
{
    struct natevent event = record(NATEVENT_SESSION_CREATE);
    event.dst4 = 0x08080404;
    event.dst4_port = 443;
    assert_line(&event, "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"session-create\",\"nat_event\":6,"
                        "\"protocol\":\"tcp\",\"src6\":\"2001:db8::5\",\"src6_port\":4711,"
                        "\"src4\":\"203.0.113.7\",\"src4_port\":31337,\"dst4\":\"8.8.4.4\",\"dst4_port\":443,"
                        "\"pool\":\"uplink\"}\n");
}

TEST(LOG_8158_01_a_block_line_has_the_range)
{
    struct natevent event = record(NATEVENT_BLOCK_ALLOCATED);
    event.transport = NATEVENT_ANY;
    event.prefix_len = 64;
    event.src4_port = 2048;
    event.src4_last = 2303;
    assert_line(&event,
                "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"block-allocated\",\"nat_event\":16,"
                "\"src6\":\"2001:db8::/64\",\"src4\":\"203.0.113.7\",\"src4_port\":2048,"
                "\"src4_last\":2303,\"pool\":\"uplink\"}\n");
}

TEST(LOG_8158_05_LOG_8158_06_lines_of_refusals_have_their_numbers)
{
    struct natevent event = record(NATEVENT_PORTS_EXHAUSTED);
    event.suppressed = 990;
    assert_line(&event,
                "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"ports-exhausted\",\"nat_event\":12,"
                "\"protocol\":\"tcp\",\"src6\":\"2001:db8::5\",\"src4\":\"203.0.113.7\","
                "\"pool\":\"uplink\",\"suppressed\":990}\n");
    event = record(NATEVENT_QUOTA_EXCEEDED);
    event.src4 = 0;
    event.detail = NATEVENT_QUOTA_BACKEND;
    event.cause = NATEVENT_CAUSE_RATE;
    assert_line(&event,
                "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"quota-exceeded\",\"nat_event\":13,"
                "\"protocol\":\"tcp\",\"quota_event\":3,\"quota\":\"backend\",\"limit\":\"rate\","
                "\"src6\":\"2001:db8::5\"}\n");
    event = record(NATEVENT_THRESHOLD);
    event.transport = NATEVENT_ANY;
    event.detail = NATEVENT_THRESHOLD_POOL_HIGH;
    event.limit = 75;
    assert_line(&event, "{\"time\":\"2026-11-26T01:17:13.123Z\",\"event\":\"threshold\",\"nat_event\":18,"
                        "\"threshold_event\":1,\"threshold\":\"pool-high\",\"percent\":75,"
                        "\"pool\":\"uplink\"}\n");
}

/* Any record is a line that a reader of JSON takes, within the room there is. */
TEST(LES_N_24_the_longest_addresses_and_any_name_make_a_line)
{
    struct natevent event = record(NATEVENT_SESSION_DELETE);
    memset(&event.src6, 0xfd, sizeof(event.src6));
    event.src4 = 0xc000021f;
    event.dst4 = 0xdfdfdfdf;
    event.src6_port = event.src4_port = event.dst4_port = 65535;
    event.since_ns = 1;
    event.suppressed = UINT32_MAX;
    for (unsigned c = 1; c < 256; c++) {
        memset(pool_list[0].name, (int)c, sizeof(pool_list[0].name) - 1);
        size_t len = natevent_text_record(&event, &pools, &look, line);
        assert_true(len < NATEVENT_TEXT_LEN / 2);
        json_t *object = json_loadb(line, len, 0, NULL);
        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "src6")),
                            "fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd");
        assert_non_null(json_object_get(object, "pool"));
        if (c < 0x80)
            assert_string_equal(json_string_value(json_object_get(object, "pool")), pool_list[0].name);
        json_decref(object);
    }
    strcpy(pool_list[0].name, "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x8c\x8d");
    size_t len = natevent_text_record(&event, &pools, &look, line);
    json_t *object = json_loadb(line, len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(object, "pool")), pool_list[0].name);
    json_decref(object);
}

TEST(LOG_8158_01_what_has_its_address_by_configuration)
{
    const struct settings_static binding = {
        .name = "shop",
        .protocol = SETTINGS_ANY,
        .ipv4 = {.addr = {.family = AF_INET, .v4 = 0xcb007107}, .ports = {0, 65535}},
        .ipv6 = {.addr = {.family = AF_INET6, .v6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}}},
                 .ports = {0, 65535}},
    };
    const struct settings_eam eam = {{0xc0000220, 30}, {{{{0x20, 0x01, 0x0d, 0xb8, 0, 7}}}, 126}, 1};
    natevent_text_static(UINT64_C(1795655833) * S, &binding, line);
    assert_string_equal(line, "{\"time\":\"2026-11-26T01:17:13.000Z\",\"event\":\"static\",\"name\":\"shop\","
                              "\"src6\":\"2001:db8::5\",\"src6_port\":0,\"src4\":\"203.0.113.7\","
                              "\"src4_port\":0,\"src4_last\":65535}\n");
    natevent_text_eam(UINT64_C(1795655833) * S, &eam, line);
    assert_string_equal(line, "{\"time\":\"2026-11-26T01:17:13.000Z\",\"event\":\"eam\","
                              "\"src6\":\"2001:db8:7::/126\",\"src4\":\"192.0.2.32/30\"}\n");
    natevent_text_lost(UINT64_C(1795655833) * S, UINT64_C(1795655800) * S, 12345, line);
    assert_string_equal(line, "{\"time\":\"2026-11-26T01:17:13.000Z\",\"event\":\"lost\",\"count\":12345,"
                              "\"since\":\"2026-11-26T01:16:40.000Z\"}\n");
}

/* Records are made by a clock that nobody sets; a step of the time of day moves none of them against another.
 */
TEST(SEC_64_a_step_of_the_clock_is_noticed_and_distances_stay)
{
    struct natevent_clock clock = {0};
    const uint64_t noon = UINT64_C(1795694400) * S;
    assert_int_equal(natevent_clock_look(&clock, 100 * S, noon), 0);
    assert_int_equal(natevent_clock_utc(&clock, 100 * S), noon);
    assert_int_equal(natevent_clock_utc(&clock, 40 * S), noon - 60 * S);
    /* The kernel slews it: no step, and what is written goes along. */
    assert_int_equal(natevent_clock_look(&clock, 101 * S, noon + S + 400000), 0);
    assert_int_equal(natevent_clock_utc(&clock, 101 * S), noon + S + 400000);
    /* It is set back by an hour, and later forward by a day. */
    assert_int_equal(natevent_clock_look(&clock, 102 * S, noon + 2 * S - 3600 * S), -3600000);
    assert_int_equal(natevent_clock_utc(&clock, 102 * S) - natevent_clock_utc(&clock, 40 * S), 62 * S);
    assert_int_equal(natevent_clock_utc(&clock, 102 * S), noon + 2 * S - 3600 * S);
    assert_int_equal(natevent_clock_look(&clock, 103 * S, noon + 3 * S + 82800 * S), 86400000);
    assert_int_equal(natevent_clock_look(&clock, 104 * S, noon + 4 * S + 82800 * S), 0);
}

#define CLOCKED(name) cmocka_unit_test_setup(name, set_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOCKED(LOG_6302_01_LOG_6888_01_a_binding_line_has_what_finds_a_user),
        CLOCKED(LOG_8158_01_a_session_line_has_the_destination),
        CLOCKED(LOG_8158_01_a_block_line_has_the_range),
        CLOCKED(LOG_8158_05_LOG_8158_06_lines_of_refusals_have_their_numbers),
        CLOCKED(LES_N_24_the_longest_addresses_and_any_name_make_a_line),
        CLOCKED(LOG_8158_01_what_has_its_address_by_configuration),
        CLOCKED(SEC_64_a_step_of_the_clock_is_noticed_and_distances_stay),
    };
    return RUN(tests);
}
