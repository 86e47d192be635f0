/*
 * Which pools are for which backends.
 *
 * Layer: test
 * Specification: RFC 4787 4.1, RFC 6888 REQ-4
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/group.h"

static struct prefixes prefixes;
static struct block_table *blocks;
static struct group_table *groups;

static const struct addr_port_range range = {1024, 2047};

static void make(const struct prefixes_input *input, uint32_t count)
{
    struct port_random random = {.key = {1, 2}};
    assert_int_equal(prefixes_init(&prefixes, input, count), 0);
    assert_int_equal(block_new(&prefixes, 4, &random, &blocks), 0);
    assert_int_equal(group_new(&prefixes, blocks, &groups), 0);
}

static int tear_down(void **context)
{
    (void)context;
    group_free(groups);
    block_free(blocks);
    prefixes_done(&prefixes);
    groups = NULL;
    blocks = NULL;
    return 0;
}

static struct addr_prefix6 prefix(const char *text)
{
    struct addr_prefix6 value;
    assert_int_equal(addr_parse_prefix6(text, &value), 0);
    return value;
}

static uint32_t group_of(const char *backend)
{
    struct in6_addr address;
    assert_int_equal(addr_parse6(backend, &address), 0);
    return group_find(groups, &address);
}

/* The indices of its group, in order. */
static void assert_addresses(const char *backend, const uint32_t *indices, uint32_t count)
{
    uint32_t group = group_of(backend);
    assert_int_equal(group_addresses(groups, group), count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(group_address(groups, group, i), indices[i]);
        assert_true(group_holds(groups, group, indices[i]));
    }
    for (uint32_t i = 0, k = 0; i < prefixes.addresses + 2; i++) {
        bool is_one = k < count && indices[k] == i;
        assert_int_equal(group_holds(groups, group, i), is_one);
        k += is_one;
    }
}

TEST(CGN_SUB_the_longest_prefix_names_the_pools_of_a_backend)
{
    const struct addr_prefix6 customer[] = {prefix("2001:db8:5::/48"), prefix("2001:db8:9:1::/64")};
    const struct addr_prefix6 host[] = {prefix("2001:db8:5::7/128"), prefix("2001:db8:5:1::/64")};
    const struct addr_prefix6 both[] = {prefix("2001:db8:5::/48")};
    const struct prefixes_input input[] = {
        {.address = {0xc0000200, 30}, .ports = &range, .ports_count = 1, .name = "all"},
        {.address = {0xc6336400, 31},
         .ports = &range,
         .ports_count = 1,
         .name = "customer",
         .for6 = customer,
         .for6_count = 2},
        {.address = {0xc6336410, 32},
         .ports = &range,
         .ports_count = 1,
         .name = "host",
         .for6 = host,
         .for6_count = 2},
        {.address = {0xc6336420, 32},
         .ports = &range,
         .ports_count = 1,
         .name = "both",
         .for6 = both,
         .for6_count = 1},
        {.address = {0xcb007100, 32}, .ports = &range, .ports_count = 1, .name = "more"},
    };
    make(input, 5);
    assert_addresses("2001:db8:4:ffff::1", (const uint32_t[]){0, 1, 2, 3, 8}, 5);
    assert_addresses("2001:db8:6::", (const uint32_t[]){0, 1, 2, 3, 8}, 5);
    assert_addresses("::", (const uint32_t[]){0, 1, 2, 3, 8}, 5);
    assert_addresses("ffff:ffff::1", (const uint32_t[]){0, 1, 2, 3, 8}, 5);
    assert_addresses("2001:db8:5::", (const uint32_t[]){4, 5, 7}, 3);
    assert_addresses("2001:db8:5::6", (const uint32_t[]){4, 5, 7}, 3);
    assert_addresses("2001:db8:5::7", (const uint32_t[]){6}, 1);
    assert_addresses("2001:db8:5::8", (const uint32_t[]){4, 5, 7}, 3);
    assert_addresses("2001:db8:5:1:ffff::", (const uint32_t[]){6}, 1);
    assert_addresses("2001:db8:5:2::", (const uint32_t[]){4, 5, 7}, 3);
    assert_addresses("2001:db8:5:ffff:ffff:ffff:ffff:ffff", (const uint32_t[]){4, 5, 7}, 3);
    assert_addresses("2001:db8:9:1::1", (const uint32_t[]){4, 5}, 2);
    assert_addresses("2001:db8:9:2::1", (const uint32_t[]){0, 1, 2, 3, 8}, 5);
    /* Backends with the same pools are one group. */
    assert_int_equal(group_of("2001:db8:5::7"), group_of("2001:db8:5:1::1"));
    assert_int_equal(group_count(groups), 4);
    assert_int_equal(group_of("2001:db8:77::1"), GROUP_DEFAULT);
    assert_int_equal(group_ports(groups, GROUP_DEFAULT), 5 * 1024);
    assert_int_equal(group_ports(groups, group_of("2001:db8:5::1")), 3 * 1024);
    assert_int_equal(group_pool_ports(groups, 4), 2 * 1024);
}

TEST(a_pool_that_drains_and_an_address_without_ports_are_for_nobody)
{
    const struct addr_prefix6 customer[] = {prefix("2001:db8:5::/48")};
    const struct prefixes_input input[] = {
        {.address = {0xc0000200, 30}, .ports = &range, .ports_count = 1, .name = "all"},
        {.address = {0xc6336400, 31},
         .ports = &range,
         .ports_count = 1,
         .name = "old",
         .drain = true,
         .for6 = customer,
         .for6_count = 1},
    };
    make(input, 2);
    assert_addresses("2001:db8:5::1", (const uint32_t[]){0, 1, 2, 3}, 4);
    block_withdraw(blocks, 1);
    group_free(groups);
    assert_int_equal(group_new(&prefixes, blocks, &groups), 0);
    uint32_t group = group_of("2001:db8:5::1");
    assert_int_equal(group_addresses(groups, group), 3);
    assert_int_equal(group_address(groups, group, 0), 0);
    assert_int_equal(group_address(groups, group, 1), 2);
    assert_int_equal(group_address(groups, group, 2), 3);
    assert_int_equal(group_ports(groups, group), 3 * 1024);
    assert_int_equal(group_pool_ports(groups, 0), 3 * 1024);
}

TEST(with_every_pool_for_somebody_nothing_is_for_others)
{
    const struct addr_prefix6 customer[] = {prefix("2001:db8:5::/48")};
    const struct prefixes_input input = {.address = {0xc0000200, 30},
                                         .ports = &range,
                                         .ports_count = 1,
                                         .name = "all",
                                         .for6 = customer,
                                         .for6_count = 1};
    make(&input, 1);
    assert_int_equal(group_addresses(groups, group_of("2001:db8:6::1")), 0);
    assert_int_equal(group_addresses(groups, group_of("2001:db8:5::1")), 4);
}

/* Against a search of all prefixes of all pools. */
TEST(random_prefixes_agree_with_a_search_of_all)
{
    enum { POOLS = 70, PREFIXES = 12, ROUNDS = 30, ASKED = 400 };
    static struct addr_prefix6 of[POOLS][PREFIXES];
    static char names[POOLS][8];
    static struct prefixes_input input[POOLS];
    struct port_random random = {.key = {3, 4}};
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < POOLS; i++) {
            snprintf(names[i], sizeof(names[i]), "p%u", i);
            input[i] = (struct prefixes_input){.address = {0xc0000000 + i * 256, 32},
                                               .ports = &range,
                                               .ports_count = 1,
                                               .name = names[i],
                                               .for6 = of[i],
                                               .for6_count = port_random_below(&random, PREFIXES + 1)};
            for (unsigned k = 0; k < input[i].for6_count; k++) {
                /* Few bits that differ, so that prefixes lie within one another. */
                struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
                for (unsigned byte = 4; byte < 8; byte++)
                    address.s6_addr[byte] = (uint8_t)port_random_below(&random, 4);
                of[i][k].len = (uint8_t)(32 + 4 * port_random_below(&random, 9));
                of[i][k].address = addr_mask6(&address, of[i][k].len);
            }
        }
        make(input, POOLS);
        for (unsigned i = 0; i < ASKED; i++) {
            struct in6_addr who = {{{0x20, 0x01, 0x0d, 0xb8}}};
            bool uses[POOLS] = {false};
            int longest = -1;
            for (unsigned byte = 4; byte < 8; byte++)
                who.s6_addr[byte] = (uint8_t)port_random_below(&random, 4);
            for (unsigned p = 0; p < POOLS; p++)
                for (unsigned k = 0; k < input[p].for6_count; k++)
                    if (addr_in_prefix6(&who, &of[p][k]) && (int)of[p][k].len > longest)
                        longest = of[p][k].len;
            uint32_t count = 0, group = group_find(groups, &who);
            for (unsigned p = 0; p < POOLS; p++) {
                uses[p] = longest < 0 && input[p].for6_count == 0;
                for (unsigned k = 0; k < input[p].for6_count; k++)
                    uses[p] |= addr_in_prefix6(&who, &of[p][k]) && (int)of[p][k].len == longest;
                assert_int_equal(group_holds(groups, group, p), uses[p]);
                if (uses[p])
                    assert_int_equal(group_address(groups, group, count++), p);
            }
            assert_int_equal(group_addresses(groups, group), count);
        }
        tear_down(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(CGN_SUB_the_longest_prefix_names_the_pools_of_a_backend, tear_down),
        cmocka_unit_test_teardown(a_pool_that_drains_and_an_address_without_ports_are_for_nobody, tear_down),
        cmocka_unit_test_teardown(with_every_pool_for_somebody_nothing_is_for_others, tear_down),
        cmocka_unit_test_teardown(random_prefixes_agree_with_a_search_of_all, tear_down),
    };
    return RUN(tests);
}
