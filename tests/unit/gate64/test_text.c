/*
 * Values as a person reads them, and text from outside made harmless.
 *
 * Layer: pure
 * Specification: man/gate64.1; RFC 3629 4, ECMA-48
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate64/text.h"

static void counts_have_separators(void **state)
{
    char text[TEXT_LEN];
    (void)state;
    assert_string_equal(text_count(0, text), "0");
    assert_string_equal(text_count(999, text), "999");
    assert_string_equal(text_count(1000, text), "1,000");
    assert_string_equal(text_count(1048576, text), "1,048,576");
    assert_string_equal(text_count(-12345, text), "-12,345");
    assert_string_equal(text_count(INT64_MAX, text), "9,223,372,036,854,775,807");
    assert_string_equal(text_count(INT64_MIN, text), "-9,223,372,036,854,775,808");
}

static void durations_have_two_units(void **state)
{
    char text[TEXT_LEN];
    (void)state;
    assert_string_equal(text_duration(0, text), "0s");
    assert_string_equal(text_duration(59, text), "59s");
    assert_string_equal(text_duration(60, text), "1m00s");
    assert_string_equal(text_duration(125, text), "2m05s");
    assert_string_equal(text_duration(7199, text), "1h59m");
    assert_string_equal(text_duration(7200, text), "2h00m");
    assert_string_equal(text_duration(3 * 86400 + 4 * 3600 + 59, text), "3d04h");
    assert_string_equal(text_duration(-5, text), "-5s");
    text_duration(INT64_MIN, text);
    assert_true(strlen(text) < TEXT_LEN);
}

static void sizes_have_units_of_1000(void **state)
{
    char text[TEXT_LEN];
    (void)state;
    assert_string_equal(text_bytes(0, text), "0 B");
    assert_string_equal(text_bytes(999, text), "999 B");
    assert_string_equal(text_bytes(1000, text), "1.0 kB");
    assert_string_equal(text_bytes(1549, text), "1.5 kB");
    assert_string_equal(text_bytes(10999, text), "10 kB");
    assert_string_equal(text_bytes(104857600, text), "104 MB");
    assert_string_equal(text_bytes(INT64_MAX, text), "9.2 EB");
    assert_string_equal(text_bytes(-1000, text), "-1.0 kB");
}

static void tenths_have_one_decimal(void **state)
{
    char text[TEXT_LEN];
    (void)state;
    assert_string_equal(text_tenths(0, text), "0.0");
    assert_string_equal(text_tenths(123, text), "12.3");
}

static void plain_text_stays(void **state)
{
    char text[64];
    (void)state;
    assert_string_equal(text_clean("", text, sizeof(text)), "");
    assert_string_equal(text_clean("shop 2001:db8::5#80", text, sizeof(text)), "shop 2001:db8::5#80");
    assert_string_equal(text_clean("K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80", text, sizeof(text)),
                        "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80");
}

/* SEC-61: what a daemon was told by a peer must not steer the operator's terminal. */
static void what_steers_a_terminal_is_spelled_out(void **state)
{
    static const struct {
        const char *source, *clean;
    } rows[] = {
        {"a\033[2Jb", "a\\x1b[2Jb"},         /* ESC: clear the screen */
        {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"}, /* a line of its own */
        {"\a\b\x7f", "\\x07\\x08\\x7f"},     /* bell, backspace, delete */
        {"\xc2\x9b"
         "31m",
         "\\u{009b}31m"}, /* CSI as one C1 character */
        {"\xe2\x80\xae"
         "gpj",
         "\\u{202e}gpj"}, /* right-to-left override */
        {"a\xe2\x80\x8b"
         "b",
         "a\\u{200b}b"},                    /* zero width space */
        {"\xef\xbb\xbf", "\\u{feff}"},      /* byte order mark */
        {"\xf3\xa0\x80\x81", "\\u{e0001}"}, /* tag characters */
        {"c:\\x1b", "c:\\\\x1b"},           /* no text can pretend to be an escape of ours */
    };
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(text_clean(rows[i].source, text, sizeof(text)), rows[i].clean);
}

/* RFC 3629 4: overlong forms, surrogates, values beyond U+10FFFF, cut ends and lone bytes are no UTF-8. */
static void bytes_that_are_no_utf8_are_spelled_out(void **state)
{
    static const struct {
        const char *source, *clean;
    } rows[] = {
        {"\x9b", "\\x9b"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xf5", "\\xf5"},
        {"\xe2\x82", "\\xe2\\x82"},
        {"\xe2", "\\xe2"},
        {"\xc3(", "\\xc3("},
    };
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(text_clean(rows[i].source, text, sizeof(text)), rows[i].clean);
}

static void what_does_not_fit_ends_in_dots(void **state)
{
    char text[8 + 1];
    (void)state;
    text[8] = '#'; /* beyond the size that is told */
    assert_string_equal(text_clean("1234567", text, 8), "1234567");
    assert_string_equal(text_clean("12345678", text, 8), "1234...");
    assert_string_equal(text_clean("123\xe2\x82\xac\xe2\x82\xac", text, 8), "123...");
    assert_string_equal(text_clean("\033\033\033", text, 8), "\\x1b...");
    assert_string_equal(text_clean("12345678", text, 4), "...");
    assert_int_equal(text[8], '#');
}

static void columns_are_characters(void **state)
{
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("abc"), 3);
    assert_int_equal(text_columns("K\xc3\xb6ln"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_have_separators),
        cmocka_unit_test(durations_have_two_units),
        cmocka_unit_test(sizes_have_units_of_1000),
        cmocka_unit_test(tenths_have_one_decimal),
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(what_steers_a_terminal_is_spelled_out),
        cmocka_unit_test(bytes_that_are_no_utf8_are_spelled_out),
        cmocka_unit_test(what_does_not_fit_ends_in_dots),
        cmocka_unit_test(columns_are_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
