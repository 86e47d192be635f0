/*
 * Points in time as text.
 *
 * Layer: test
 * Specification: RFC 3339 5.6
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <time.h>

#include "common/utc.h"

#define S UINT64_C(1000000000)

static void assert_printed(uint64_t utc_ns, const char *want)
{
    char text[UTC_TEXT_LEN];
    assert_string_equal(utc_print(utc_ns, text), want);
}

TEST(LOG_6302_01_a_time_is_utc_to_the_millisecond)
{
    assert_printed(0, "1970-01-01T00:00:00.000Z");
    assert_printed(UINT64_C(1795655833123456789), "2026-11-26T01:17:13.123Z");
    assert_printed(UINT64_C(951782399999999999), "2000-02-28T23:59:59.999Z");
    assert_printed(UINT64_C(951782400) * S, "2000-02-29T00:00:00.000Z");
    assert_printed(UINT64_C(4107542400) * S, "2100-03-01T00:00:00.000Z");
}

/* Against the C library, a time of each day. */
TEST(LOG_6302_01_every_day_of_two_centuries)
{
    for (uint64_t day = 0; day < 73050; day++) {
        char want[64], text[UTC_TEXT_LEN];
        time_t t = (time_t)(day * 86400 + day % 86400);
        struct tm tm;
        uint64_t ns, span_ns;
        assert_non_null(gmtime_r(&t, &tm));
        strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        assert_string_equal(utc_print((uint64_t)t * S, text), want);
        assert_int_equal(utc_parse(want, &ns, &span_ns), 0);
        assert_int_equal(ns, (uint64_t)t * S);
    }
}

static void assert_parsed(const char *text, uint64_t want_ns, uint64_t want_span_ns)
{
    uint64_t ns = 0, span_ns = 0;
    assert_int_equal(utc_parse(text, &ns, &span_ns), 0);
    assert_int_equal(ns, want_ns);
    assert_int_equal(span_ns, want_span_ns);
}

TEST(LOG_6888_01_times_as_abuse_reports_have_them)
{
    const uint64_t t = UINT64_C(1795655833) * S;
    assert_parsed("2026-11-26T01:17:13Z", t, S);
    assert_parsed("2026-11-26 01:17:13", t, S);
    assert_parsed("2026-11-26T02:17:13+01:00", t, S);
    assert_parsed("2026-11-25T20:17:13-0500", t, S);
    assert_parsed("2026-11-26T01:17:13.5Z", t + S / 2, S / 10);
    assert_parsed("2026-11-26T01:17:13.123456789012Z", t + 123456789, 1);
    assert_parsed("2026-11-26T01:17Z", t - 13 * S, 60 * S);
    assert_parsed("2026-11-26", t - 4633 * S, 86400 * S);
    assert_parsed("2016-12-31T23:59:60Z", UINT64_C(1483228800) * S, S);
}

TEST(LOG_6888_01_what_is_no_time_is_refused)
{
    static const char *const bad[] = {
        "",
        "now",
        "2026-11-26T",
        "2026-11-26T01",
        "2026-13-26T01:17:13Z",
        "2026-11-31T01:17:13Z",
        "2026-02-29T01:17:13Z",
        "2026-11-26T24:00:00Z",
        "2026-11-26T01:60:13Z",
        "2026-11-26T01:17:61Z",
        "2026-11-26T01:17:13.Z",
        "2026-11-26T01:17:13+1:00",
        "2026-11-26T01:17:13Zulu",
        "2026-11-26T01:17:13+25:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "26-11-2026",
        "9999-01-01",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ns = 77, span_ns = 78;
        assert_int_equal(utc_parse(bad[i], &ns, &span_ns), -EINVAL);
        assert_int_equal(ns, 77);
        assert_int_equal(span_ns, 78);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LOG_6302_01_a_time_is_utc_to_the_millisecond),
        cmocka_unit_test(LOG_6302_01_every_day_of_two_centuries),
        cmocka_unit_test(LOG_6888_01_times_as_abuse_reports_have_them),
        cmocka_unit_test(LOG_6888_01_what_is_no_time_is_refused),
    };
    return RUN(tests);
}
