/*
 * Times in steps, and how they look to a program that gathers metrics; lines of JSON.
 *
 * Layer: test
 * Specification: OpenMetrics 1.0, RFC 8259
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "common/histogram.h"
#include "common/json_line.h"
#include "common/metrics.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

TEST(a_time_is_counted_where_it_fits)
{
    static struct histogram histogram;
    struct histogram_sum sum = {0};
    histogram_add(&histogram, 0, 1);
    histogram_add(&histogram, 10 * US, 2); /* at most: its own step */
    histogram_add(&histogram, 10 * US + 1, 4);
    histogram_add(&histogram, 10000 * MS, 8);
    histogram_add(&histogram, 10000 * MS + 1, 16);
    histogram_collect(&histogram, &sum);
    histogram_collect(&histogram, &sum); /* two threads that saw the same */
    assert_int_equal(sum.counts[0], 6);
    assert_int_equal(sum.counts[1], 8);
    assert_int_equal(sum.counts[HISTOGRAM_BOUNDS - 1], 16);
    assert_int_equal(sum.counts[HISTOGRAM_BOUNDS], 32);
    assert_int_equal(sum.count, 62);
    assert_true(sum.sum_ns == 2 * (60 * US + 4 + 24 * 10000 * MS + 16));
}

TEST(bounds_rise_and_are_said_right)
{
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        assert_true(i == 0 || histogram_bounds_ns[i] > histogram_bounds_ns[i - 1]);
        assert_int_equal((uint64_t)(strtod(histogram_bounds_s[i], NULL) * 1e9 + 0.5), histogram_bounds_ns[i]);
    }
}

TEST(percentiles)
{
    static struct histogram histogram;
    struct histogram_sum sum = {0};
    assert_int_equal(histogram_percentile_ns(&sum, 50), 0);
    histogram_add(&histogram, 3 * MS, 50);
    histogram_add(&histogram, 30 * MS, 45);
    histogram_add(&histogram, 60000 * MS, 5);
    histogram_collect(&histogram, &sum);
    assert_int_equal(histogram_percentile_ns(&sum, 50), 5 * MS);
    assert_int_equal(histogram_percentile_ns(&sum, 51), 50 * MS);
    assert_int_equal(histogram_percentile_ns(&sum, 95), 50 * MS);
    assert_true(histogram_percentile_ns(&sum, 96) == UINT64_MAX);
}

TEST(a_histogram_for_programs)
{
    static const char *const bounds[] = {"0.1", "1.0"};
    static const uint64_t counts[] = {3, 2, 1};
    char text[512];
    struct metrics metrics;
    metrics_init(&metrics, text, sizeof(text));
    metrics_family(&metrics, "x_seconds", "histogram", "how long");
    metrics_histogram(&metrics, "x_seconds", "from", "a\"b", bounds, 2, counts, 12000000345);
    metrics_end(&metrics);
    assert_string_equal(text, "# TYPE x_seconds histogram\n# HELP x_seconds how long\n"
                              "x_seconds_bucket{from=\"a\\\"b\",le=\"0.1\"} 3\n"
                              "x_seconds_bucket{from=\"a\\\"b\",le=\"1.0\"} 5\n"
                              "x_seconds_bucket{from=\"a\\\"b\",le=\"+Inf\"} 6\n"
                              "x_seconds_count{from=\"a\\\"b\"} 6\n"
                              "x_seconds_sum{from=\"a\\\"b\"} 12.000000345\n# EOF\n");
}

TEST(a_line_of_json)
{
    char text[512];
    struct json_line line = json_line_begin(text, sizeof(text), 0);
    json_line_text(&line, "a", "b");
    json_line_number(&line, "n", UINT64_MAX);
    json_line_signed(&line, "s", INT64_MIN);
    json_line_name(&line, "name", "q\"b\\c\x01\x7f\xff\xc3\xa4");
    size_t len = json_line_end(&line);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text, "{\"time\":\"1970-01-01T00:00:00.000Z\",\"a\":\"b\",\"n\":18446744073709551615,"
                              "\"s\":-9223372036854775808,"
                              "\"name\":\"q\\\"b\\\\c\\u0001\\u007f?\xc3\xa4\"}\n");
}

TEST(what_does_not_fit_is_cut)
{
    char text[64];
    struct json_line line = json_line_begin(text, 40, 0);
    memset(text + 40, 'x', sizeof(text) - 40);
    for (int i = 0; i < 10; i++)
        json_line_text(&line, "key", "value");
    assert_int_equal(strlen(text), 39);
    assert_int_equal(text[40], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_counted_where_it_fits),
        cmocka_unit_test(bounds_rise_and_are_said_right),
        cmocka_unit_test(percentiles),
        cmocka_unit_test(a_histogram_for_programs),
        cmocka_unit_test(a_line_of_json),
        cmocka_unit_test(what_does_not_fit_is_cut),
    };
    return RUN(tests);
}
