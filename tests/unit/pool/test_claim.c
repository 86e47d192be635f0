/*
 * Ports: taken, given back, held down, shared fairly.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.1.1, RFC 6056, RFC 6888 REQ-8
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool/claim.h"

#define S UINT64_C(1000000000)

static struct prefixes prefixes;
static struct block_table *blocks;
static struct claim *claims[4];
static struct claim_held held[4][4096];

static void make_input(const char *pool, uint16_t first, uint16_t last, bool shared, unsigned shards,
                       uint64_t hold_down_ns)
{
    struct addr_port_range range = {first, last};
    struct prefixes_input input = {.ports = &range, .ports_count = 1, .name = "test", .shared = shared};
    struct port_random random = {.key = {5, 6}};
    memset(held, 0, sizeof(held));
    assert_int_equal(addr_parse_prefix4(pool, &input.address), 0);
    assert_int_equal(prefixes_init(&prefixes, &input, 1), 0);
    assert_int_equal(block_new(&prefixes, shards, &random, &blocks), 0);
    for (unsigned i = 0; i < shards; i++) {
        struct claim_input claim = {.blocks = blocks,
                                    .prefixes = &prefixes,
                                    .shard = i,
                                    .shards = shards,
                                    .seed = {7, i},
                                    .hold_down_ns = hold_down_ns,
                                    .held = held[i],
                                    .held_max = 4096};
        assert_int_equal(claim_new(&claim, &claims[i]), 0);
    }
}

static void make(const char *pool, uint16_t first, uint16_t last, unsigned shards, uint64_t hold_down_ns)
{
    make_input(pool, first, last, false, shards, hold_down_ns);
}

static int tear_down(void **context)
{
    (void)context;
    for (unsigned i = 0; i < 4; i++) {
        claim_free(claims[i]);
        claims[i] = NULL;
    }
    block_free(blocks);
    prefixes_done(&prefixes);
    return 0;
}

TEST(N64_ALC_05_UDP_R3_TCP_R7_every_port_once_and_then_none)
{
    static uint8_t seen[65536];
    uint16_t port;
    make("192.0.2.1/32", 2000, 3999, 1, 0);
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
        assert_in_range(port, 2000, 3999);
        assert_int_equal(seen[port]++, 0);
        assert_int_equal(block_owner(blocks, 0, port), 0);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), -ENOSPC);
    assert_int_equal(claim_used(claims[0], 0, TRANSPORT_TCP), 2000);
    /* The other protocols have the same numbers for themselves. */
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
    claim_release(claims[0], 0, TRANSPORT_TCP, 2222, 0);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
    assert_int_equal(port, 2222);
}

TEST(N64_ALC_04_UDP_R4_udp_keeps_parity)
{
    uint16_t port;
    make("192.0.2.1/32", 1024, 65535, 1, 0);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, (uint16_t)(40000 + i), &port), 0);
        assert_int_equal(port % 2, i % 2);
    }
}

TEST(N64_ALC_02_UDP_R3_well_known_sources_get_well_known_ports_while_there_are_any)
{
    uint16_t port;
    make("192.0.2.1/32", 1, 65535, 1, 0);
    for (int i = 0; i < 1023; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 123, &port), 0);
        assert_in_range(port, 1, 1023);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 123, &port), 0);
    assert_true(port >= 1024);
}

TEST(N64_ALC_03_UDP_R3_client_ports_stay_above_1023)
{
    uint16_t port;
    make("192.0.2.1/32", 1, 65535, 1, 0);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, (uint16_t)(1024 + i), &port), 0);
        assert_true(port >= 1024);
    }
}

TEST(LES_N_14_port_0_is_never_given)
{
    uint16_t port;
    make("192.0.2.1/32", 0, 63, 1, 0);
    for (int i = 0; i < 63; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 0, &port), 0);
        assert_int_not_equal(port, 0);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 0, &port), -ENOSPC);
}

TEST(N64_ALC_07_N78_9_01_ten_thousand_ports_are_spread_and_not_in_sequence)
{
    unsigned bins[64] = {0}, neighbours = 0;
    uint16_t port, last = 0;
    make("192.0.2.1/32", 1024, 65535, 1, 0);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
        bins[(port - 1024) / 1008]++;
        neighbours += port == last + 1;
        last = port;
    }
    double chi = 0;
    for (unsigned i = 0; i < 64; i++)
        chi += ((double)bins[i] - 156.25) * ((double)bins[i] - 156.25) / 156.25;
    print_message("chi-square %.1f over 63 degrees of freedom, %u neighbours\n", chi, neighbours);
    /* Blocks are whole, so bins vary by blocks of 64; a sequence would give thousands. */
    assert_true(chi < 9000);
    assert_true(neighbours < 60);
}

TEST(N64_ALC_12_CGN_R8_a_freed_udp_port_is_held_down_for_120_s)
{
    uint16_t port, again;
    make("192.0.2.1/32", 5000, 5063, 1, 120 * S);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
    claim_release(claims[0], 0, TRANSPORT_UDP, port, 1000 * S);
    assert_int_equal(claim_held(claims[0], 0), 1);
    claim_advance(claims[0], 1119 * S);
    for (int i = 0; i < 63; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &again), 0);
        assert_int_not_equal(again, port);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &again), -ENOSPC);
    claim_advance(claims[0], 1120 * S);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &again), 0);
    assert_int_equal(again, port);
}

TEST(N64_ALC_09_reserved_ports_are_never_given)
{
    uint16_t port;
    make("192.0.2.1/32", 5000, 5063, 1, 0);
    assert_int_equal(block_reserve(blocks, 0, TRANSPORT_TCP, 5010, 0), 0);
    for (int i = 0; i < 63; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
        assert_int_not_equal(port, 5010);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), -ENOSPC);
    for (int i = 0; i < 64; i++)
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
}

TEST(no_shard_runs_dry_while_another_has_empty_blocks)
{
    uint16_t port;
    make("192.0.2.1/32", 4096, 8191, 4, 0);
    /* The first one takes and gives back most of the pool, and so keeps its blocks. */
    static uint16_t taken[4096];
    unsigned count = 0;
    while (claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port) == 0)
        taken[count++] = port;
    assert_int_equal(count, 4096);
    assert_int_equal(claim_take(claims[1], 0, TRANSPORT_TCP, 40000, &port), -ENOSPC);
    for (unsigned i = 0; i < count; i++)
        claim_release(claims[0], 0, TRANSPORT_TCP, taken[i], 0);
    claim_advance(claims[0], S);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(claim_take(claims[1], 0, TRANSPORT_TCP, 40000, &port), 0);
    assert_int_equal(block_owner(blocks, 0, port), 1);
}

TEST(host_ports_are_never_given_and_come_back_when_the_host_lets_go)
{
    static uint64_t ports[PORT_BLOCKS];
    uint16_t port;
    make_input("192.0.2.1/32", 50048, 50111, true, 1, 0);
    memset(ports, 0, sizeof(ports));
    ports[50048 / 64] = UINT64_C(0xff);
    block_set_host(blocks, 0, TRANSPORT_TCP, ports);
    for (int i = 0; i < 56; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
        assert_in_range(port, 50056, 50111);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), -ENOSPC);
    for (int i = 0; i < 64; i++)
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
    ports[50048 / 64] = UINT64_C(0xfe);
    block_set_host(blocks, 0, TRANSPORT_TCP, ports);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
    assert_int_equal(port, 50048);
}

TEST(a_port_that_the_host_binds_later_is_not_given_from_a_block_that_is_ours)
{
    static uint64_t ports[PORT_BLOCKS];
    uint16_t port;
    make_input("192.0.2.1/32", 49152, 65535, true, 1, 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), 0);
    memset(ports, 0xff, sizeof(ports));
    ports[60000 / 64] = ~(UINT64_C(1) << 60000 % 64);
    block_set_host(blocks, 0, TRANSPORT_TCP, ports);
    int r = claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port);
    assert_int_equal(r, 0);
    assert_int_equal(port, 60000);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &port), -ENOSPC);
}

TEST(use_of_the_pool_is_the_sum_of_the_shards)
{
    static uint16_t taken[300];
    make("192.0.2.0/31", 1024, 65535, 4, 0);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(claim_take(claims[i % 4], i % 2, TRANSPORT_TCP, 40000, &taken[i]), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 300);
    for (unsigned i = 0; i < 300; i++)
        claim_release(claims[i % 4], i % 2, TRANSPORT_TCP, taken[i], 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 0);
}

static uint8_t owners[4096];

static void *take_all(void *context)
{
    unsigned shard = (unsigned)(uintptr_t)context;
    uint16_t port;
    for (int i = 0; i < 200000; i++) {
        if (claim_take(claims[shard], 0, TRANSPORT_TCP, 40000, &port) == 0) {
            __atomic_fetch_add(&owners[port - 4096], 1, __ATOMIC_RELAXED);
            if (i % 3 == 0) {
                __atomic_fetch_sub(&owners[port - 4096], 1, __ATOMIC_RELAXED);
                claim_release(claims[shard], 0, TRANSPORT_TCP, port, 0);
            }
        }
        if (i % 100 == 0)
            claim_advance(claims[shard], 0);
    }
    return NULL;
}

TEST(N64_ALC_05_two_threads_never_get_the_same_port)
{
    pthread_t threads[2];
    unsigned sum = 0;
    make("192.0.2.1/32", 4096, 8191, 2, 0);
    memset(owners, 0, sizeof(owners));
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, (void *)i), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4096; i++) {
        assert_true(owners[i] <= 1);
        sum += owners[i];
    }
    assert_int_equal(sum, claim_used(claims[0], 0, TRANSPORT_TCP) + claim_used(claims[1], 0, TRANSPORT_TCP));
    assert_true(sum > 4096 - 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(N64_ALC_05_UDP_R3_TCP_R7_every_port_once_and_then_none, tear_down),
        cmocka_unit_test_teardown(N64_ALC_04_UDP_R4_udp_keeps_parity, tear_down),
        cmocka_unit_test_teardown(
            N64_ALC_02_UDP_R3_well_known_sources_get_well_known_ports_while_there_are_any, tear_down),
        cmocka_unit_test_teardown(N64_ALC_03_UDP_R3_client_ports_stay_above_1023, tear_down),
        cmocka_unit_test_teardown(LES_N_14_port_0_is_never_given, tear_down),
        cmocka_unit_test_teardown(N64_ALC_07_N78_9_01_ten_thousand_ports_are_spread_and_not_in_sequence,
                                  tear_down),
        cmocka_unit_test_teardown(N64_ALC_12_CGN_R8_a_freed_udp_port_is_held_down_for_120_s, tear_down),
        cmocka_unit_test_teardown(N64_ALC_09_reserved_ports_are_never_given, tear_down),
        cmocka_unit_test_teardown(no_shard_runs_dry_while_another_has_empty_blocks, tear_down),
        cmocka_unit_test_teardown(host_ports_are_never_given_and_come_back_when_the_host_lets_go, tear_down),
        cmocka_unit_test_teardown(a_port_that_the_host_binds_later_is_not_given_from_a_block_that_is_ours,
                                  tear_down),
        cmocka_unit_test_teardown(use_of_the_pool_is_the_sum_of_the_shards, tear_down),
        cmocka_unit_test_teardown(N64_ALC_05_two_threads_never_get_the_same_port, tear_down),
    };
    return RUN(tests);
}
