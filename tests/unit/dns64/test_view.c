/*
 * The view of a client.
 *
 * Layer: test
 * Specification: man/gate64.conf.5 (dns64.views)
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "dns64/access/view.h"

static struct view_table *make(const char *const *prefixes, size_t count)
{
    struct view_client clients[16];
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(addr_parse_prefix(prefixes[i], &clients[i].prefix), 0);
        clients[i].view = i;
    }
    struct view_table *table = view_table_new(clients, count);
    assert_non_null(table);
    return table;
}

/* -1: no view. */
static int view_of(const struct view_table *table, const char *text)
{
    struct addr addr;
    unsigned view;
    assert_int_equal(addr_parse(text, &addr), 0);
    return view_find(table, &addr, &view) ? (int)view : -1;
}

TEST(VIEW_01_the_longest_prefix)
{
    static const char *const prefixes[] = {"2001:db8::/32",  "2001:db8:9::/48", "2001:db8:9:5::/64",
                                           "192.0.2.0/24",   "192.0.2.64/26",   "2001:db8:9::7/128",
                                           "2001:db8:a::/48"};
    struct view_table *table = make(prefixes, 7);
    assert_int_equal(view_of(table, "2001:db8:1::1"), 0);
    assert_int_equal(view_of(table, "2001:db8:9::1"), 1);
    assert_int_equal(view_of(table, "2001:db8:9::7"), 5);
    assert_int_equal(view_of(table, "2001:db8:9:5:ffff::1"), 2);
    assert_int_equal(view_of(table, "2001:db8:a:5::1"), 6);
    assert_int_equal(view_of(table, "192.0.2.1"), 3);
    assert_int_equal(view_of(table, "192.0.2.65"), 4);
    assert_int_equal(view_of(table, "198.51.100.1"), -1);
    assert_int_equal(view_of(table, "2001:db9::1"), -1);
    view_table_free(table);
}

TEST(VIEW_01_families_are_apart)
{
    static const char *const six[] = {"::/0"}, *const four[] = {"0.0.0.0/0"};
    struct view_table *table = make(six, 1);
    assert_int_equal(view_of(table, "192.0.2.1"), -1);
    assert_int_equal(view_of(table, "2001:db8::1"), 0);
    view_table_free(table);
    table = make(four, 1);
    assert_int_equal(view_of(table, "192.0.2.1"), 0);
    assert_int_equal(view_of(table, "2001:db8::1"), -1);
    view_table_free(table);
}

TEST(without_views_nobody_is_in_one)
{
    assert_int_equal(view_of(NULL, "2001:db8::1"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(VIEW_01_the_longest_prefix),
        cmocka_unit_test(VIEW_01_families_are_apart),
        cmocka_unit_test(without_views_nobody_is_in_one),
    };
    return RUN(tests);
}
