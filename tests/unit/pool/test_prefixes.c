/*
 * Which addresses and ports are ours.
 *
 * Layer: test
 * Specification: RFC 6146 3.1, RFC 6888 REQ-3
 */
#include "tests/unit/test.h"

#include <errno.h>

#include "pool/prefixes.h"

static const struct addr_port_range high = {1024, 65535};
static const struct addr_port_range two[2] = {{40000, 40099}, {50000, 50000}};

TEST(CGN_R3_scattered_pools_number_their_addresses)
{
    const struct prefixes_input input[3] = {
        {.address = {0xc0000210, 30}, .ports = &high, .ports_count = 1, .name = "a"},
        {.address = {0xcb007105, 32}, .ports = &high, .ports_count = 1, .name = "b"},
        {.address = {0xc6336400, 31}, .ports = &high, .ports_count = 1, .name = "c"}};
    const uint32_t pools[7] = {0, 0, 0, 0, 1, 2, 2};
    struct prefixes prefixes;
    assert_int_equal(prefixes_init(&prefixes, input, 3), 0);
    assert_int_equal(prefixes.addresses, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(prefixes_find(&prefixes, prefixes_address(&prefixes, i)), i);
        assert_int_equal(prefixes_pool_index(&prefixes, i), pools[i]);
    }
    assert_int_equal(prefixes_find(&prefixes, 0xc0000214), PREFIXES_NONE);
    assert_int_equal(prefixes_find(&prefixes, 0xc000020f), PREFIXES_NONE);
    assert_string_equal(prefixes_pool_of(&prefixes, 4)->name, "b");
    assert_int_equal(prefixes_size(prefixes_pool_of(&prefixes, 0)), 4);
    assert_true(prefixes_port_is_ours(&prefixes, 4, 1024));
    assert_false(prefixes_port_is_ours(&prefixes, 4, 1023));
    prefixes_done(&prefixes);
}

TEST(what_lives_on_pools_that_drain_is_found)
{
    const struct prefixes_input input[3] = {
        {.address = {0xc0000210, 30}, .ports = &high, .ports_count = 1, .name = "a"},
        {.address = {0xcb007100, 31}, .ports = &high, .ports_count = 1, .name = "old", .drain = true},
        {.address = {0xc6336401, 32}, .ports = &high, .ports_count = 1, .name = "older", .drain = true}};
    struct prefixes prefixes;
    assert_int_equal(prefixes_init(&prefixes, input, 3), 0);
    assert_int_equal(prefixes.addresses, 7);
    assert_false(prefixes_pool_of(&prefixes, 3)->drain);
    assert_true(prefixes_pool_of(&prefixes, 4)->drain);
    /* What still lives on them is found as ever. */
    assert_int_equal(prefixes_find(&prefixes, 0xcb007101), 5);
    assert_true(prefixes_holds(&prefixes, 0xc6336401, 2000));
    prefixes_done(&prefixes);
}

TEST(of_a_shared_address_only_our_ports_are_held)
{
    const struct prefixes_input input[2] = {
        {.address = {0xcb007107, 32}, .ports = two, .ports_count = 2, .name = "up", .shared = true},
        {.address = {0xc0000210, 30}, .ports = two, .ports_count = 2, .name = "routed"}};
    struct prefixes prefixes;
    assert_int_equal(prefixes_init(&prefixes, input, 2), 0);
    assert_int_equal(prefixes_pool_of(&prefixes, 0)->ports_count, 101);
    for (unsigned port = 0; port < 65536; port++) {
        bool ours = (port >= 40000 && port <= 40099) || port == 50000;
        assert_int_equal(prefixes_port_is_ours(&prefixes, 0, (uint16_t)port), ours);
        assert_int_equal(prefixes_holds(&prefixes, 0xcb007107, (uint16_t)port), ours);
        /* All of a routed address comes to us, whatever ports are given out. */
        assert_true(prefixes_holds(&prefixes, 0xc0000213, (uint16_t)port));
        assert_false(prefixes_holds(&prefixes, 0xcb007108, (uint16_t)port));
    }
    prefixes_done(&prefixes);
}

TEST(bounds_of_the_number_of_addresses)
{
    const struct prefixes_input most = {
        .address = {0xc0000000, 16}, .ports = &high, .ports_count = 1, .name = "most"};
    const struct prefixes_input over[2] = {
        {.address = {0xc0000000, 16}, .ports = &high, .ports_count = 1, .name = "most"},
        {.address = {0xcb007107, 32}, .ports = &high, .ports_count = 1, .name = "one"}};
    const struct prefixes_input all = {.address = {0, 0}, .ports = &high, .ports_count = 1, .name = "all"};
    struct prefixes prefixes;
    assert_int_equal(prefixes_init(&prefixes, &most, 1), 0);
    assert_int_equal(prefixes.addresses, PREFIXES_MAX_ADDRESSES);
    prefixes_done(&prefixes);
    assert_int_equal(prefixes_init(&prefixes, over, 2), -E2BIG);
    assert_int_equal(prefixes_init(&prefixes, &all, 1), -E2BIG);
    assert_int_equal(prefixes_init(&prefixes, NULL, 0), 0);
    assert_int_equal(prefixes.addresses, 0);
    assert_int_equal(prefixes_find(&prefixes, 0xc0000201), PREFIXES_NONE);
    assert_false(prefixes_holds(&prefixes, 0xc0000201, 80));
    prefixes_done(&prefixes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CGN_R3_scattered_pools_number_their_addresses),
        cmocka_unit_test(what_lives_on_pools_that_drain_is_found),
        cmocka_unit_test(of_a_shared_address_only_our_ports_are_held),
        cmocka_unit_test(bounds_of_the_number_of_addresses),
    };
    return RUN(tests);
}
