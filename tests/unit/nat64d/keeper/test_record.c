/*
 * Layer: test
 * Specification: none
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "nat64d/keeper/record.h"

TEST(a_line_of_each_verb_and_mark_comes_back)
{
    static const enum record_mark marks[] = {RECORD_BEGUN, RECORD_DONE, RECORD_UNDONE};
    for (int verb = 0; verb < RECORD_VERBS; verb++) {
        for (int i = 0; i < 3; i++) {
            struct record_entry entry = {.verb = (enum record_verb)verb, .what = "eth0/192.0.2.7"}, back;
            char line[RECORD_LINE_LEN];
            enum record_mark mark;
            strcpy(entry.before, "1500/500/0");
            record_print(marks[i], &entry, line);
            assert_int_equal(line[strlen(line) - 1], '\n');
            line[strlen(line) - 1] = '\0';
            assert_int_equal(record_parse(line, &mark, &back), 0);
            assert_int_equal(mark, marks[i]);
            assert_true(record_same(&entry, &back));
            assert_string_equal(back.now, "");
            assert_string_equal(back.before, mark == RECORD_BEGUN ? "1500/500/0" : "");
        }
    }
}

TEST(the_longest_words_have_room)
{
    struct record_entry entry = {.verb = RECORD_ADDRESS}, back;
    char line[RECORD_LINE_LEN];
    enum record_mark mark;
    memset(entry.what, 'w', sizeof(entry.what) - 1);
    memset(entry.now, 'n', sizeof(entry.now) - 1);
    memset(entry.before, 'b', sizeof(entry.before) - 1);
    record_print(RECORD_BEGUN, &entry, line);
    line[strlen(line) - 1] = '\0';
    assert_int_equal(record_parse(line, &mark, &back), 0);
    assert_memory_equal(&entry, &back, sizeof(entry));
}

TEST(damaged_lines_are_refused)
{
    static const char *const bad[] = {
        "",
        "+",
        "+ route",
        "+ route nat64/192.0.2.0/24",
        "+ route nat64/192.0.2.0/24 -",
        "+ route nat64/192.0.2.0/24 - - -",
        "+ rout nat64/192.0.2.0/24 - -",
        "route nat64/192.0.2.0/24 - -",
        "= route",
        "= route a b",
        "* route a",
        "+  route a - -",
    };
    struct record_entry entry;
    enum record_mark mark;
    char line[300] = "= route ";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(record_parse(bad[i], &mark, &entry), -EINVAL);
    memset(line + 8, 'x', RECORD_WHAT_LEN);
    assert_int_equal(record_parse(line, &mark, &entry), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_each_verb_and_mark_comes_back),
        cmocka_unit_test(the_longest_words_have_room),
        cmocka_unit_test(damaged_lines_are_refused),
    };
    return RUN(tests);
}
