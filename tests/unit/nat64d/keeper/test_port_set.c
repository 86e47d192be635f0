/*
 * Layer: test
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/keeper/port_set.h"

static char text[PORT_SET_TEXT_LEN];

static struct port_set set_of(const char *list)
{
    struct port_set set;
    assert_int_equal(port_set_parse(list, &set), 0);
    return set;
}

static void expect(const struct port_set *set, const char *list)
{
    assert_string_equal(port_set_print(set, text), list);
}

TEST(lists_are_sorted_and_joined)
{
    struct port_set set = set_of("7,1-3,4,65535,0,100-200,150-250\n");
    expect(&set, "0-4,7,100-250,65535\n");
    set = set_of("");
    expect(&set, "\n");
    set = set_of("0-65535");
    expect(&set, "0-65535\n");
}

TEST(what_is_no_list_is_refused)
{
    static const char *const bad[] = {"x", "1-", "-1", "3-2", "65536", "1,,2", "1 2", "99999999999999999999"};
    struct port_set set = set_of("5"), before = set;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(port_set_parse(bad[i], &set), -EINVAL);
    assert_true(port_set_equal(&set, &before));
}

TEST(ours_are_merged_in_and_taken_out_again)
{
    struct port_set host = set_of("100,50000,60000-60010"), ours = set_of("49152-65535,8080"), set = host;
    port_set_subtract(&ours, &host); /* what we add */
    expect(&ours, "8080,49152-49999,50001-59999,60011-65535\n");
    port_set_merge(&set, &ours);
    expect(&set, "100,8080,49152-65535\n");
    port_set_subtract(&set, &ours);
    assert_true(port_set_equal(&set, &host));
}

TEST(the_longest_list_has_room)
{
    struct port_set set = {0}, again;
    for (uint32_t port = 1; port < PORT_SET_PORTS; port += 2) {
        struct addr_port_range range = {(uint16_t)port, (uint16_t)port};
        port_set_add(&set, &range);
    }
    port_set_print(&set, text);
    assert_true(strlen(text) < PORT_SET_TEXT_LEN && strcmp(text + strlen(text) - 7, ",65535\n") == 0);
    assert_int_equal(port_set_parse(text, &again), 0);
    assert_true(port_set_equal(&set, &again));
}

TEST(ranges_are_walked)
{
    struct port_set set = set_of("0,5-6,65535");
    struct addr_port_range range;
    assert_true(port_set_next(&set, 0, &range) && range.first == 0 && range.last == 0);
    assert_true(port_set_next(&set, 1, &range) && range.first == 5 && range.last == 6);
    assert_true(port_set_next(&set, 7, &range) && range.first == 65535 && range.last == 65535);
    assert_false(port_set_next(&set, 65536, &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_sorted_and_joined),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(ours_are_merged_in_and_taken_out_again),
        cmocka_unit_test(the_longest_list_has_room),
        cmocka_unit_test(ranges_are_walked),
    };
    return RUN(tests);
}
