/*
 * Who had an address and port: lines of the event log, put together.
 *
 * Layer: test
 * Specification: RFC 6888 REQ-12, RFC 6302
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "common/utc.h"
#include "gate64/who.h"

static struct who *who;
static struct who_query query;

/* 192.31.196.7#31337 at that time. */
static void ask(const char *at)
{
    uint64_t span_ns;
    query = (struct who_query){.src4 = 0xc01fc407, .port = 31337};
    assert_int_equal(utc_parse(at, &query.from_ns, &span_ns), 0);
    query.to_ns = query.from_ns + span_ns;
    assert_int_equal(who_new(&query, &who), 0);
}

static void line(const char *text)
{
    assert_int_equal(who_line(who, text, strlen(text)), 0);
}

static void event(const char *minute, const char *rest)
{
    char text[512];
    snprintf(text, sizeof(text), "{\"time\":\"2026-11-26T12:%s:00.000Z\",\"event\":%s}", minute, rest);
    line(text);
}

#define BINDING(host)                                                                                    \
    "\"protocol\":\"tcp\",\"src6\":\"2001:db8::" host "\",\"src6_port\":4711,\"src4\":\"192.31.196.7\"," \
    "\"src4_port\":31337,\"pool\":\"main\""

static void created(const char *minute)
{
    event(minute, "\"bib-create\",\"nat_event\":10," BINDING("5"));
}

static void deleted(const char *minute)
{
    event(minute, "\"bib-delete\",\"nat_event\":11," BINDING("5") ",\"since\":\"2026-11-26T12:10:00.000Z\"");
}

static const struct who_holder *only(void)
{
    const struct who_holder *holder = who_get(who, 0);
    assert_non_null(holder);
    assert_null(who_get(who, 1));
    return holder;
}

static void assert_time(uint64_t utc_ns, const char *want)
{
    char text[UTC_TEXT_LEN];
    assert_string_equal(utc_print(utc_ns, text), want);
}

static int tear_down(void **context)
{
    (void)context;
    who_free(who);
    who = NULL;
    return 0;
}

TEST(LOG_6888_01_a_binding_of_the_past)
{
    ask("2026-11-26T12:15:00Z");
    event("00", "\"start\",\"bindings\":0");
    created("10");
    /* Others' ports, addresses and protocols are not it. */
    event("11", "\"bib-create\",\"protocol\":\"tcp\",\"src6\":\"2001:db8::6\",\"src6_port\":1,"
                "\"src4\":\"192.31.196.7\",\"src4_port\":31338");
    event("11", "\"bib-create\",\"protocol\":\"tcp\",\"src6\":\"2001:db8::6\",\"src6_port\":1,"
                "\"src4\":\"192.31.196.71\",\"src4_port\":31337");
    deleted("20");
    who_end(who, true);
    const struct who_holder *holder = only();
    assert_string_equal(holder->src6, "2001:db8::5");
    assert_int_equal(holder->src6_port, 4711);
    assert_string_equal(holder->protocol, "tcp");
    assert_string_equal(holder->kind, "dynamic");
    assert_time(holder->since_ns, "2026-11-26T12:10:00.000Z");
    assert_time(holder->until_ns, "2026-11-26T12:20:00.000Z");
    assert_false(holder->unsure);
}

/* The file with its beginning may have been thrown away. */
TEST(LOG_6888_01_the_record_of_the_end_is_enough)
{
    ask("2026-11-26T12:15:00Z");
    deleted("20");
    who_end(who, true);
    assert_time(only()->since_ns, "2026-11-26T12:10:00.000Z");
}

TEST(LOG_6888_01_nobody_but_those_before_and_after)
{
    ask("2026-11-26T12:25:00Z");
    created("10");
    deleted("20");
    event("30", "\"bib-create\"," BINDING("9"));
    event("40", "\"bib-delete\"," BINDING("9") ",\"since\":\"2026-11-26T12:30:00.000Z\"");
    who_end(who, true);
    assert_null(who_get(who, 0));
    assert_string_equal(who_before(who)->src6, "2001:db8::5");
    assert_string_equal(who_after(who)->src6, "2001:db8::9");
}

/* A time to the minute names all who had it in that minute. */
TEST(LOG_6302_01_as_exact_as_the_question)
{
    ask("2026-11-26T12:20Z");
    created("10");
    deleted("20");
    event("20", "\"bib-create\"," BINDING("9"));
    who_end(who, false);
    assert_string_equal(who_get(who, 0)->src6, "2001:db8::5");
    assert_string_equal(who_get(who, 1)->src6, "2001:db8::9");
    assert_int_equal(who_get(who, 1)->until_ns, WHO_NEVER);
    assert_null(who_get(who, 2));
}

TEST(LOG_6888_01_a_protocol_alone)
{
    ask("2026-11-26T12:15:00Z");
    who_free(who);
    query.protocol = "udp";
    assert_int_equal(who_new(&query, &who), 0);
    created("10");
    who_end(who, true);
    assert_null(who_get(who, 0));
}

TEST(LOG_6888_01_what_lives_is_what_nat64d_has)
{
    json_t *record = json_loads("{\"kind\":\"dynamic\",\"protocol\":\"tcp\",\"src6\":\"2001:db8::5\","
                                "\"src6_port\":4711,\"src4\":\"192.31.196.7\",\"src4_port\":31337,"
                                "\"since\":\"2026-11-26T12:10:00.000Z\"}",
                                0, NULL);
    for (int logged = 0; logged < 2; logged++) {
        ask("2026-11-26T12:15:00Z");
        if (logged)
            created("10");
        assert_int_equal(who_live(who, record), 0);
        who_end(who, true);
        assert_true(only()->live);
        assert_time(only()->since_ns, "2026-11-26T12:10:00.000Z");
        assert_int_equal(only()->until_ns, WHO_NEVER);
        tear_down(NULL);
    }
    json_decref(record);
    /* One whose end was never written. */
    ask("2026-11-26T12:15:00Z");
    created("10");
    who_end(who, true);
    assert_false(only()->live);
    assert_true(only()->unsure);
}

TEST(LOG_6888_01_a_start_without_sessions_ended_what_was)
{
    ask("2026-11-26T12:15:00Z");
    created("10");
    event("30", "\"stop\"");
    event("31", "\"start\",\"bindings\":0");
    who_end(who, true);
    assert_time(only()->until_ns, "2026-11-26T12:31:00.000Z");
    assert_true(only()->unsure);
    tear_down(NULL);
    /* With sessions it did not; and a stop that nothing followed did. */
    ask("2026-11-26T12:45:00Z");
    created("10");
    event("30", "\"stop\"");
    event("31", "\"start\",\"bindings\":1");
    who_end(who, false);
    assert_int_equal(only()->until_ns, WHO_NEVER);
    tear_down(NULL);
    ask("2026-11-26T12:45:00Z");
    created("10");
    event("30", "\"stop\"");
    who_end(who, false);
    assert_null(who_get(who, 0));
    assert_time(who_before(who)->until_ns, "2026-11-26T12:30:00.000Z");
}

/* The port went to another without a word about the first. */
TEST(LOG_6888_01_a_lost_end_is_bounded_by_the_next_beginning)
{
    ask("2026-11-26T12:15:00Z");
    created("10");
    event("20", "\"bib-create\"," BINDING("9"));
    who_end(who, true);
    assert_string_equal(only()->src6, "2001:db8::5");
    assert_time(only()->until_ns, "2026-11-26T12:20:00.000Z");
    assert_true(only()->unsure);
}

TEST(LOG_8158_01_blocks_answer_for_each_of_their_ports)
{
    ask("2026-11-26T12:15:00Z");
    event("10", "\"block-allocated\",\"nat_event\":16,\"src6\":\"2001:db8:5::/64\",\"src4\":\"192.31.196.7\","
                "\"src4_port\":31232,\"src4_last\":31487");
    event("10", "\"block-allocated\",\"nat_event\":16,\"src6\":\"2001:db8:6::/64\",\"src4\":\"192.31.196.7\","
                "\"src4_port\":31488,\"src4_last\":31743");
    event("20", "\"block-freed\",\"nat_event\":17,\"src6\":\"2001:db8:5::/64\",\"src4\":\"192.31.196.7\","
                "\"src4_port\":31232,\"src4_last\":31487,\"since\":\"2026-11-26T12:10:00.000Z\"");
    who_end(who, true);
    assert_string_equal(only()->src6, "2001:db8:5::/64");
    assert_string_equal(only()->kind, "block");
    assert_int_equal(only()->src6_port, -1);
    assert_string_equal(only()->protocol, "");
    assert_time(only()->until_ns, "2026-11-26T12:20:00.000Z");
}

TEST(LOG_8158_01_sessions_with_destinations)
{
    ask("2026-11-26T12:15:00Z");
    for (int i = 0; i < 2; i++) {
        event("10", "\"session-create\"," BINDING("5") ",\"dst4\":\"8.8.8.8\",\"dst4_port\":53");
        event("11", "\"session-create\"," BINDING("5") ",\"dst4\":\"8.8.4.4\",\"dst4_port\":53");
    }
    event("12", "\"session-delete\"," BINDING("5") ",\"dst4\":\"8.8.8.8\",\"dst4_port\":53");
    who_end(who, true);
    assert_string_equal(only()->dst4, "8.8.4.4");
    assert_int_equal(only()->dst4_port, 53);
}

static const char shop[] =
    "\"static\",\"protocol\":\"tcp\",\"name\":\"shop\",\"src6\":\"2001:db8::7\","
    "\"src6_port\":1000,\"src4\":\"192.31.196.7\",\"src4_port\":31330,\"src4_last\":31339";

TEST(LOG_8158_01_static_bindings_hold_from_one_configuration_to_another)
{
    static const char *const times[] = {"2026-11-26T11:00:00Z", "2026-11-26T12:15:00Z",
                                        "2026-11-26T12:35:00Z"};
    for (int i = 0; i < 3; i++) {
        ask(times[i]);
        event("10", "\"start\",\"bindings\":0");
        event("10", shop);
        event("20", "\"reload\",\"bindings\":0");
        event("20", shop);
        event("30", "\"reload\",\"bindings\":0");
        event("40", "\"reload\",\"bindings\":0");
        who_end(who, true);
        if (i == 1) {
            assert_string_equal(only()->name, "shop");
            assert_int_equal(only()->src6_port, 1007);
            assert_time(only()->since_ns, "2026-11-26T12:10:00.000Z");
            assert_time(only()->until_ns, "2026-11-26T12:30:00.000Z");
        } else {
            assert_null(who_get(who, 0));
        }
        tear_down(NULL);
    }
}

TEST(LOG_8158_01_a_mapping_answers_for_all_ports)
{
    ask("2026-11-26T12:15:00Z");
    event("10", "\"start\",\"bindings\":0");
    event("10", "\"eam\",\"src6\":\"2001:db8:8::/124\",\"src4\":\"192.31.196.0/28\"");
    event("10", "\"eam\",\"src6\":\"2001:db8:9::/126\",\"src4\":\"192.31.196.64/30\"");
    who_end(who, true);
    assert_string_equal(only()->src6, "2001:db8:8::7");
    assert_string_equal(only()->kind, "eam");
    assert_int_equal(only()->src6_port, 31337);
}

TEST(LOG_OURS_01_lost_records_of_the_time_are_told)
{
    ask("2026-11-26T12:15:00Z");
    event("14", "\"lost\",\"count\":7,\"since\":\"2026-11-26T12:13:00.000Z\"");
    event("16", "\"lost\",\"count\":70,\"since\":\"2026-11-26T12:14:00.000Z\"");
    event("19", "\"lost\",\"count\":700,\"since\":\"2026-11-26T12:18:00.000Z\"");
    who_end(who, true);
    assert_int_equal(who_lost(who), 70);
}

TEST(SEC_64_a_clock_that_was_set_later_is_told)
{
    ask("2026-11-26T12:15:00Z");
    event("10", "\"clock\",\"step_ms\":-500");
    event("20", "\"clock\",\"step_ms\":-3600000");
    who_end(who, true);
    assert_int_equal(who_clock_step_ms(who), -3600000);
}

/* What a full disk, another program or an enemy has left in the file. */
TEST(LES_N_24_other_lines_are_passed_over)
{
    static const char *const others[] = {
        "",
        "{",
        "\"src4\":\"192.31.196.7\"",
        "{\"time\":\"2026-11-26T12:10:00.000Z\",\"event\":\"bib-create\",\"src4\":\"192.31.196.7\",\"src4_po",
        "{\"time\":\"2026-11-26T12:10:00.000Z\",\"event\":7,\"src4\":\"192.31.196.7\",\"src4_port\":31337}",
        "{\"time\":\"noon\",\"event\":\"bib-create\",\"src4\":\"192.31.196.7\",\"src4_port\":31337}",
        "{\"time\":\"2026-11-26T12:10:00.000Z\",\"event\":\"other\",\"src4\":\"192.31.196.7\",\"src4_port\":"
        "31337}",
        "{\"time\":\"2026-11-26T12:10:00.000Z\",\"event\":\"eam\",\"src4\":\"192.31.196.7\",\"src6\":\"x\"}",
        "[\"src4\":\"192.31.196.7\"]",
    };
    ask("2026-11-26T12:15:00Z");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        line(others[i]);
    created("10");
    who_end(who, true);
    assert_string_equal(only()->src6, "2001:db8::5");
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(LOG_6888_01_a_binding_of_the_past),
        CASE(LOG_6888_01_the_record_of_the_end_is_enough),
        CASE(LOG_6888_01_nobody_but_those_before_and_after),
        CASE(LOG_6302_01_as_exact_as_the_question),
        CASE(LOG_6888_01_a_protocol_alone),
        CASE(LOG_6888_01_what_lives_is_what_nat64d_has),
        CASE(LOG_6888_01_a_start_without_sessions_ended_what_was),
        CASE(LOG_6888_01_a_lost_end_is_bounded_by_the_next_beginning),
        CASE(LOG_8158_01_blocks_answer_for_each_of_their_ports),
        CASE(LOG_8158_01_sessions_with_destinations),
        CASE(LOG_8158_01_static_bindings_hold_from_one_configuration_to_another),
        CASE(LOG_8158_01_a_mapping_answers_for_all_ports),
        CASE(LOG_OURS_01_lost_records_of_the_time_are_told),
        CASE(SEC_64_a_clock_that_was_set_later_is_told),
        CASE(LES_N_24_other_lines_are_passed_over),
    };
    return RUN(tests);
}
