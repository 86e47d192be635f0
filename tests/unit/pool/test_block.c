/*
 * Port blocks: whose they are, what of them may be given.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.1.1, RFC 6056
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <string.h>

#include "pool/block.h"

static struct prefixes prefixes;
static struct block_table *blocks;

static void make(const struct prefixes_input *input, uint32_t count, unsigned shards)
{
    struct port_random random = {.key = {5, 6}};
    assert_int_equal(prefixes_init(&prefixes, input, count), 0);
    assert_int_equal(block_new(&prefixes, shards, &random, &blocks), 0);
}

static void make_one(uint16_t first, uint16_t last, unsigned shards, bool shared)
{
    const struct addr_port_range range = {first, last};
    const struct prefixes_input input = {
        .address = {0xc0000201, 32}, .ports = &range, .ports_count = 1, .name = "one", .shared = shared};
    make(&input, 1, shards);
}

static int tear_down(void **context)
{
    (void)context;
    block_free(blocks);
    prefixes_done(&prefixes);
    return 0;
}

static uint32_t claimed(uint32_t address)
{
    uint32_t count, total;
    block_count(blocks, address, &count, &total);
    return count;
}

TEST(every_block_is_claimed_once_and_comes_back)
{
    static uint8_t seen[PORT_BLOCKS];
    uint16_t block;
    uint32_t total, count;
    memset(seen, 0, sizeof(seen));
    make_one(1024, 5119, 4, false);
    block_count(blocks, 0, &count, &total);
    assert_int_equal(count, 0);
    assert_int_equal(total, 64);
    assert_int_equal(block_free_ports(blocks, 0), 4096);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(block_claim(blocks, 0, i % 4, false, &block), 0);
        assert_in_range(block, 16, 79);
        assert_int_equal(seen[block]++, 0);
        assert_int_equal(block_owner(blocks, 0, (uint16_t)(block * 64 + 63)), i % 4);
        assert_int_equal(block_shard(blocks, 0, TRANSPORT_TCP, (uint16_t)(block * 64)), i % 4);
    }
    assert_int_equal(block_free_ports(blocks, 0), 0);
    assert_false(block_wanted(blocks, 0));
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), -ENOSPC);
    assert_true(block_wanted(blocks, 0));
    block_wanted_clear(blocks, 0);
    assert_false(block_wanted(blocks, 0));
    block_release(blocks, 0, 33);
    assert_int_equal(block_owner(blocks, 0, 33 * 64), BLOCK_FREE);
    assert_int_equal(block_free_ports(blocks, 0), 64);
    assert_int_equal(block_claim(blocks, 0, 3, false, &block), 0);
    assert_int_equal(block, 33);
    assert_int_equal(block_owner(blocks, 0, 33 * 64), 3);
}

TEST(ports_below_1024_are_claimed_apart)
{
    uint16_t block;
    make_one(1, 2047, 1, false);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(block_claim(blocks, 0, 0, true, &block), 0);
        assert_true(block < 16);
        assert_int_equal(claimed(0), i + 1);
    }
    assert_int_equal(block_claim(blocks, 0, 0, true, &block), -ENOSPC);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(block_claim(blocks, 0, 0, false, &block), 0);
        assert_in_range(block, 16, 31);
    }
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), -ENOSPC);
}

TEST(a_port_in_no_shard_is_answered_by_the_one_that_its_block_names)
{
    make_one(1024, 65535, 8, false);
    for (unsigned block = 16; block < PORT_BLOCKS; block++) {
        assert_int_equal(block_owner(blocks, 0, (uint16_t)(block * 64)), BLOCK_FREE);
        assert_int_equal(block_shard(blocks, 0, TRANSPORT_TCP, (uint16_t)(block * 64 + 5)), block % 8);
    }
    assert_int_equal(block_owner(blocks, 0, 1023), BLOCK_FOREIGN);
    assert_true(block_shard(blocks, 0, TRANSPORT_TCP, 1023) < 8);
}

TEST(a_block_of_before_a_restart_is_claimed_by_its_index)
{
    uint16_t block;
    make_one(1024, 5119, 4, false);
    assert_int_equal(block_claim_at(blocks, 0, 20, 2), 0);
    assert_int_equal(block_owner(blocks, 0, 20 * 64), 2);
    assert_int_equal(block_free_ports(blocks, 0), 4096 - 64);
    assert_int_equal(claimed(0), 1);
    assert_int_equal(block_claim_at(blocks, 0, 20, 1), -EBUSY);
    assert_int_equal(block_owner(blocks, 0, 20 * 64), 2);
    assert_int_equal(block_claim_at(blocks, 0, 15, 1), -EINVAL);
    assert_int_equal(block_claim_at(blocks, 0, 80, 1), -EINVAL);
    assert_int_equal(block_claim_at(blocks, 0, PORT_BLOCKS, 1), -EINVAL);
    assert_int_equal(block_claim_at(blocks, 1, 20, 1), -EINVAL);
    assert_int_equal(block_free_ports(blocks, 0), 4096 - 64);
    /* It is gone from the free list: the others are all that is left. */
    for (int i = 0; i < 63; i++) {
        assert_int_equal(block_claim(blocks, 0, 0, false, &block), 0);
        assert_int_not_equal(block, 20);
    }
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), -ENOSPC);
    block_release(blocks, 0, 20);
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), 0);
    assert_int_equal(block, 20);
}

TEST(the_first_the_last_and_all_blocks_can_be_claimed_by_index)
{
    uint16_t block;
    make_one(1024, 5119, 4, false);
    for (uint16_t i = 16; i < 80; i++)
        assert_int_equal(block_claim_at(blocks, 0, i, i % 4), 0);
    assert_int_equal(claimed(0), 64);
    assert_int_equal(block_free_ports(blocks, 0), 0);
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), -ENOSPC);
    for (uint16_t i = 16; i < 80; i++) {
        assert_int_equal(block_owner(blocks, 0, (uint16_t)(i * 64)), i % 4);
        block_release(blocks, 0, i);
    }
    assert_int_equal(block_free_ports(blocks, 0), 4096);
}

TEST(ports_of_the_host_are_marked_and_unmarked)
{
    uint64_t ports[PORT_BLOCKS] = {0};
    make_one(49152, 65535, 2, true);
    ports[800] = 5;
    block_set_host(blocks, 0, TRANSPORT_TCP, ports);
    assert_int_equal(block_host(blocks, 0, 800, TRANSPORT_TCP), 5);
    assert_int_equal(block_host(blocks, 0, 801, TRANSPORT_TCP), 0);
    assert_int_equal(block_host(blocks, 0, 800, TRANSPORT_UDP), 0);
    assert_int_equal(block_reserved(blocks, 0, 800, TRANSPORT_TCP), 0);
    ports[800] = 0;
    ports[801] = UINT64_C(1) << 63;
    block_set_host(blocks, 0, TRANSPORT_TCP, ports);
    assert_int_equal(block_host(blocks, 0, 800, TRANSPORT_TCP), 0);
    assert_true(block_host(blocks, 0, 801, TRANSPORT_TCP) == UINT64_C(1) << 63);
    /* Nobody binds an ICMP identifier. */
    block_set_host(blocks, 0, TRANSPORT_ICMP, ports);
    assert_int_equal(block_host(blocks, 0, 801, TRANSPORT_ICMP), 0);
}

TEST(an_address_that_is_not_shared_has_no_ports_of_the_host)
{
    make_one(49152, 65535, 2, false);
    assert_int_equal(block_host(blocks, 0, 800, TRANSPORT_TCP), 0);
}

TEST(reserved_bits_are_the_ports_that_are_not_ours)
{
    make_one(1030, 5100, 1, false);
    assert_int_equal(block_reserved(blocks, 0, 16, TRANSPORT_UDP), 0x3f);
    assert_true(block_reserved(blocks, 0, 79, TRANSPORT_UDP) == ~((UINT64_C(1) << 45) - 1));
    assert_int_equal(block_reserve(blocks, 0, TRANSPORT_UDP, 2000, 0), 0);
    assert_true(block_reserved(blocks, 0, 31, TRANSPORT_UDP) == UINT64_C(1) << 16);
    assert_int_equal(block_reserved(blocks, 0, 31, TRANSPORT_TCP), 0);
}

TEST(a_range_is_reserved_and_a_whole_address_withdrawn)
{
    uint16_t block;
    make_one(1024, 5119, 1, false);
    assert_int_equal(block_reserve(blocks, 0, TRANSPORT_UDP, 2000, 99), 0);
    assert_true(block_reserved(blocks, 0, 31, TRANSPORT_UDP) == UINT64_MAX << 16);
    assert_int_equal(block_reserved(blocks, 0, 32, TRANSPORT_UDP), (UINT64_C(1) << 52) - 1);
    assert_int_equal(block_reserved(blocks, 0, 33, TRANSPORT_UDP), 0);
    assert_true(block_any(blocks, 0));
    block_withdraw(blocks, 0);
    assert_false(block_any(blocks, 0));
    assert_int_equal(block_claim(blocks, 0, 0, false, &block), -ENOSPC);
    assert_int_equal(block_free_ports(blocks, 0), 0);
    assert_int_equal(block_pool_ports(blocks, 0), 0);
}

TEST(use_is_counted_for_each_pool_and_protocol)
{
    const struct addr_port_range range = {1024, 2047};
    const struct prefixes_input input[2] = {
        {.address = {0xc0000210, 31}, .ports = &range, .ports_count = 1, .name = "a"},
        {.address = {0xcb007107, 32}, .ports = &range, .ports_count = 1, .name = "b"}};
    make(input, 2, 2);
    assert_int_equal(block_pool_ports(blocks, 0), 2048);
    assert_int_equal(block_pool_ports(blocks, 1), 1024);
    block_use_change(blocks, 0, TRANSPORT_TCP, 1);
    block_use_change(blocks, 1, TRANSPORT_TCP, 1);
    block_use_change(blocks, 2, TRANSPORT_UDP, 1);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 2);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_UDP), 0);
    assert_int_equal(block_use(blocks, 1, TRANSPORT_TCP), 0);
    assert_int_equal(block_use(blocks, 1, TRANSPORT_UDP), 1);
    block_use_change(blocks, 1, TRANSPORT_TCP, -1);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 1);
}

TEST(of_a_shared_address_a_shard_takes_blocks_that_name_it_first)
{
    uint16_t block;
    make_one(49152, 65535, 4, true);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(block_claim(blocks, 0, 3, false, &block), 0);
        assert_int_equal(block % 4, 3);
    }
    assert_int_equal(block_claim(blocks, 0, 3, false, &block), 0);
    assert_int_not_equal(block % 4, 3);
    block_release(blocks, 0, 771);
    assert_int_equal(block_claim(blocks, 0, 3, false, &block), 0);
    assert_int_equal(block, 771);
    for (int i = 0; i < 191; i++)
        assert_int_equal(block_claim(blocks, 0, 3, false, &block), 0);
    assert_int_equal(block_claim(blocks, 0, 3, false, &block), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_block_is_claimed_once_and_comes_back, tear_down),
        cmocka_unit_test_teardown(ports_below_1024_are_claimed_apart, tear_down),
        cmocka_unit_test_teardown(a_port_in_no_shard_is_answered_by_the_one_that_its_block_names, tear_down),
        cmocka_unit_test_teardown(a_block_of_before_a_restart_is_claimed_by_its_index, tear_down),
        cmocka_unit_test_teardown(the_first_the_last_and_all_blocks_can_be_claimed_by_index, tear_down),
        cmocka_unit_test_teardown(ports_of_the_host_are_marked_and_unmarked, tear_down),
        cmocka_unit_test_teardown(an_address_that_is_not_shared_has_no_ports_of_the_host, tear_down),
        cmocka_unit_test_teardown(reserved_bits_are_the_ports_that_are_not_ours, tear_down),
        cmocka_unit_test_teardown(a_range_is_reserved_and_a_whole_address_withdrawn, tear_down),
        cmocka_unit_test_teardown(use_is_counted_for_each_pool_and_protocol, tear_down),
        cmocka_unit_test_teardown(of_a_shared_address_a_shard_takes_blocks_that_name_it_first, tear_down),
    };
    return RUN(tests);
}
