/*
 * Lists of domains.
 *
 * Layer: test
 * Specification: man/gate64.conf.5 (never, always, hide-a)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dns64/access/list.h"

static struct list *list;

static int set_up(void **context)
{
    (void)context;
    list = list_new((struct siphash_key){1, 2});
    return list == NULL ? -1 : 0;
}

static int tear_down(void **context)
{
    (void)context;
    list_free(list);
    return 0;
}

/* The entry that holds for a name; "": none. */
static const char *entry(const char *text)
{
    static char buffer[LIST_TEXT_LEN];
    struct name name;
    assert_true(name_from_text(text, &name));
    struct list_match match = list_find(list, &name);
    return match.len == 0 ? "" : list_print(&match, buffer);
}

static void add(const char *text)
{
    assert_int_equal(list_add(list, text), 0);
}

TEST(LIST_01_itself_and_below)
{
    add("example.com");
    assert_string_equal(entry("example.com"), "example.com");
    assert_string_equal(entry("www.example.com"), "example.com");
    assert_string_equal(entry("a.b.c.example.com"), "example.com");
    assert_string_equal(entry("com"), "");
    assert_string_equal(entry("badexample.com"), "");
    assert_string_equal(entry("example.com.net"), "");
}

TEST(LIST_01_only_below)
{
    add("*.example.com");
    assert_string_equal(entry("example.com"), "");
    assert_string_equal(entry("www.example.com"), "*.example.com");
    assert_string_equal(entry("a.www.example.com"), "*.example.com");
}

TEST(LIST_01_only_itself)
{
    add("=example.com");
    assert_string_equal(entry("example.com"), "=example.com");
    assert_string_equal(entry("www.example.com"), "");
}

TEST(LIST_01_the_longest_entry)
{
    add("example.com");
    add("*.www.example.com");
    add("=x.www.example.com");
    assert_string_equal(entry("x.www.example.com"), "=x.www.example.com");
    assert_string_equal(entry("y.x.www.example.com"), "*.www.example.com");
    assert_string_equal(entry("www.example.com"), "example.com");
}

TEST(LIST_01_all_names)
{
    assert_string_equal(entry("www.example.com"), "");
    add(".");
    assert_string_equal(entry("www.example.com"), ".");
    assert_string_equal(entry("."), ".");
}

TEST(LIST_01_case_does_not_count)
{
    add("EXAMPLE.Com");
    assert_string_equal(entry("www.eXample.cOM"), "example.com");
}

TEST(LIST_01_two_forms_of_one_name)
{
    add("=example.com");
    add("*.example.com");
    add("=example.com");
    assert_int_equal(list_count(list), 1);
    assert_string_equal(entry("example.com"), "example.com");
    assert_string_equal(entry("www.example.com"), "example.com");
}

TEST(LIST_01_what_is_no_entry)
{
    static const char *const bad[] = {"", "=", "*.", "a..b", "*", "a.*.b", ".a"};
    char label[80];
    memset(label, 'a', 64);
    strcpy(label + 64, ".com");
    assert_int_equal(list_add(list, label), -EINVAL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(list_add(list, bad[i]), -EINVAL);
    assert_int_equal(list_count(list), 0);
}

TEST(LIST_01_a_hundred_thousand_names)
{
    char text[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof(text), "host%d.example.com", i);
        add(text);
    }
    assert_int_equal(list_count(list), 100000);
    for (int i = 0; i < 100000; i += 997) {
        snprintf(text, sizeof(text), "www.host%d.example.com", i);
        assert_string_equal(entry(text), text + strlen("www."));
    }
    assert_string_equal(entry("host100000.example.com"), "");
}

TEST(no_list_holds_nothing)
{
    struct name name;
    assert_true(name_from_text("example.com", &name));
    assert_int_equal(list_find(NULL, &name).len, 0);
    assert_int_equal(list_count(NULL), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(LIST_01_itself_and_below),
        CASE(LIST_01_only_below),
        CASE(LIST_01_only_itself),
        CASE(LIST_01_the_longest_entry),
        CASE(LIST_01_all_names),
        CASE(LIST_01_case_does_not_count),
        CASE(LIST_01_two_forms_of_one_name),
        CASE(LIST_01_what_is_no_entry),
        CASE(LIST_01_a_hundred_thousand_names),
        cmocka_unit_test(no_list_holds_nothing),
    };
    return RUN(tests);
}
