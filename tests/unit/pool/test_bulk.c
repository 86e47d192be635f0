/*
 * Blocks of ports that are one backend's.
 *
 * Layer: test
 * Specification: RFC 6888 4, REQ-13 to REQ-15; RFC 6056 3.3
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool/claim.h"

#define S UINT64_C(1000000000)

enum { SHARDS = 4, HELD = 4096 };

static struct prefixes prefixes;
static struct block_table *blocks;
static struct bulk *bulk;
static struct claim *claims[SHARDS];
static struct claim_held held[SHARDS][HELD];
static struct claim_held scratch[HELD];
static bool is_shared;
static uint8_t backend_len = 128;

static const struct addr_port_range range = {1024, 5119};

/* The ports of a static binding: 1100 to 1109, TCP. */
static void start_as(uint32_t size, uint64_t hold_down_ns, struct siphash_key key)
{
    const struct prefixes_input input = {
        .address = {0xc0000200, 31}, .ports = &range, .ports_count = 1, .name = "test", .shared = is_shared};
    struct port_random random = {.key = key};
    assert_int_equal(prefixes_init(&prefixes, &input, 1), 0);
    assert_int_equal(block_new(&prefixes, SHARDS, &random, &blocks), 0);
    assert_int_equal(block_reserve(blocks, 0, TRANSPORT_TCP, 1100, 9), 0);
    const struct bulk_input bulks = {
        .blocks = blocks, .prefixes = &prefixes, .size = size, .backend_len = backend_len, .key = key};
    assert_int_equal(bulk_new(&bulks, &bulk), 0);
    for (unsigned i = 0; i < SHARDS; i++) {
        const struct claim_input claim = {.blocks = blocks,
                                          .bulk = bulk,
                                          .prefixes = &prefixes,
                                          .shard = i,
                                          .shards = SHARDS,
                                          .seed = {7, i},
                                          .hold_down_ns = hold_down_ns,
                                          .held = held[i],
                                          .held_max = HELD};
        assert_int_equal(claim_new(&claim, &claims[i]), 0);
    }
}

static void start(uint32_t size)
{
    start_as(size, 120 * S, (struct siphash_key){5, 6});
}

static void stop(void)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        claim_free(claims[i]);
        claims[i] = NULL;
    }
    bulk_free(bulk);
    block_free(blocks);
    prefixes_done(&prefixes);
    bulk = NULL;
    blocks = NULL;
}

static int set_up(void **context)
{
    (void)context;
    memset(held, 0, sizeof(held));
    is_shared = false;
    backend_len = 128;
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    stop();
    return 0;
}

static struct in6_addr backend(unsigned n)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    address.s6_addr[14] = (uint8_t)(n >> 8);
    address.s6_addr[15] = (uint8_t)n;
    return address;
}

static int take(unsigned who, enum transport transport, unsigned shard, uint16_t source, bool another,
                struct lots_port *ret_port)
{
    struct in6_addr address = backend(who);
    struct lots_want want = {0, &address, transport, source, shard};
    return claim_take_bulk(claims[shard], &want, another, 1000 * S, ret_port);
}

/* A port in any block, taken if need be. */
static uint16_t take_any(unsigned who, enum transport transport, unsigned shard)
{
    struct lots_port port;
    assert_int_equal(take(who, transport, shard, 40000, true, &port), 0);
    return port.port;
}

static bool ended(unsigned shard, struct lots_block *ret_block)
{
    return claim_ended(claims[shard], ret_block);
}

TEST(PBA_01_CGN_R13_15_two_hundred_flows_lie_in_one_block)
{
    static bool seen[TRANSPORT_COUNT][65536];
    struct lots_port port;
    struct lots_block block;
    unsigned firsts = 0, told = 0;
    uint16_t lowest = UINT16_MAX, highest = 0;
    memset(seen, 0, sizeof(seen));
    start(256);
    for (unsigned i = 0; i < 600; i++) {
        assert_int_equal(take(1, i % 3, i % SHARDS, (uint16_t)(40000 + i), true, &port), 0);
        assert_false(seen[i % 3][port.port]);
        seen[i % 3][port.port] = true;
        firsts += port.is_first;
        lowest = port.port < lowest ? port.port : lowest;
        highest = port.port > highest ? port.port : highest;
        /* The IPv4 side finds the shard of each port. */
        assert_int_equal(block_shard(blocks, 0, i % 3, port.port), i % SHARDS);
        if (bulk_tell(bulk, 0, port.port, &block))
            told++;
    }
    assert_int_equal(firsts, 1);
    assert_int_equal(told, 1);
    assert_int_equal(bulk_count(bulk, 0), 1);
    assert_int_equal(lowest / 256, highest / 256);
    assert_int_equal(block.first, lowest / 256 * 256);
    assert_int_equal(block.last, block.first + 255);
    assert_int_equal(block.since_ns, 1000 * S);
    struct in6_addr who = backend(1);
    assert_memory_equal(&block.backend, &who, sizeof(who));
}

TEST(PBA_01_another_block_when_the_first_is_full)
{
    struct lots_port port;
    uint16_t first = 0;
    start(64);
    assert_int_equal(take(1, TRANSPORT_ICMP, 0, 7, false, &port), -ENOSPC);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(take(1, TRANSPORT_ICMP, 0, 7, i == 0, &port), 0);
        assert_int_equal(port.is_first, i == 0);
        assert_true(i == 0 || port.port / 64 == first / 64);
        first = port.port;
    }
    assert_int_equal(take(1, TRANSPORT_ICMP, 0, 7, false, &port), -ENOSPC);
    /* There is room for the other protocols, and no other backend may have it. */
    assert_int_equal(take(1, TRANSPORT_UDP, 0, 7, false, &port), 0);
    assert_int_equal(take(2, TRANSPORT_UDP, 0, 7, false, &port), -ENOSPC);
    assert_int_equal(take(2, TRANSPORT_UDP, 0, 7, true, &port), 0);
    assert_int_not_equal(port.port / 64, first / 64);
    assert_int_equal(take(1, TRANSPORT_ICMP, 0, 7, true, &port), 0);
    assert_true(port.is_first);
    assert_int_equal(bulk_count(bulk, 0), 3);
}

TEST(PBA_01_a_block_goes_back_with_its_last_port_and_its_hold_downs)
{
    struct lots_block block;
    struct in6_addr who = backend(1);
    start(128);
    uint16_t tcp = take_any(1, TRANSPORT_TCP, 0), udp = take_any(1, TRANSPORT_UDP, 3);
    assert_true(bulk_tell(bulk, 0, udp, &block));
    assert_int_equal(block_use(blocks, 0, TRANSPORT_ICMP), 128);
    claim_release(claims[0], 0, TRANSPORT_TCP, tcp, 1000 * S);
    assert_false(ended(0, &block));
    claim_release(claims[3], 0, TRANSPORT_UDP, udp, 1001 * S);
    assert_false(ended(3, &block));
    claim_advance(claims[3], 1120 * S);
    assert_false(ended(3, &block));
    assert_int_equal(bulk_count(bulk, 0), 1);
    claim_advance(claims[3], 1121 * S);
    assert_true(ended(3, &block));
    assert_false(ended(3, &block));
    assert_true(block.told);
    assert_int_equal(block.first, tcp / 128 * 128);
    assert_int_equal(block.last, block.first + 127);
    assert_memory_equal(&block.backend, &who, sizeof(who));
    assert_int_equal(bulk_count(bulk, 0), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_ICMP), 0);
    assert_int_equal(block_owner(blocks, 0, tcp), BLOCK_FREE);
    /* It is the last to be taken again: 31 others are before it. */
    for (unsigned i = 0; i < 31; i++)
        assert_int_not_equal(take_any(100 + i, TRANSPORT_TCP, 0) / 128, tcp / 128);
    assert_int_equal(take_any(200, TRANSPORT_TCP, 0) / 128, tcp / 128);
}

TEST(PBA_01_each_block_that_ends_is_told)
{
    struct lots_block block;
    unsigned count = 0;
    bool gone[64] = {false};
    start(64);
    for (unsigned i = 0; i < 50; i++)
        claim_release(claims[0], 0, TRANSPORT_UDP, take_any(i, TRANSPORT_UDP, 0), 1000 * S);
    for (;;) {
        claim_advance(claims[0], 1200 * S);
        if (!ended(0, &block))
            break;
        assert_false(gone[block.first / 64 % 64]);
        gone[block.first / 64 % 64] = true;
        count++;
    }
    assert_int_equal(count, 50);
    assert_int_equal(bulk_count(bulk, 0), 0);
    assert_int_equal(claim_held(claims[0], 0), 0);
}

/* REQ-15: the 64 ports of a block in an order that differs by key, is no sequence, and says nothing of the
 * next: over many blocks each distance between two is about as frequent as any other. */
TEST(CGN_R13_15_ports_in_a_block_are_hard_to_guess)
{
    enum { ROUNDS = 400, SIZE = 256 };
    unsigned steps[SIZE] = {0}, same_order = 0;
    double chi = 0;
    uint16_t order[2][SIZE];
    for (unsigned round = 0; round < ROUNDS; round++) {
        start_as(SIZE, 0, (struct siphash_key){round, 6});
        uint16_t last = take_any(1, TRANSPORT_TCP, 0);
        for (unsigned i = 0; i < 64; i++) {
            uint16_t port = take_any(1, TRANSPORT_TCP, 0);
            steps[(uint16_t)(port - last) % SIZE]++;
            order[round % 2][i] = port % SIZE;
            last = port;
        }
        same_order += round > 0 && memcmp(order[0], order[1], 64 * sizeof(order[0][0])) == 0;
        stop();
    }
    assert_int_equal(same_order, 0);
    double expected = ROUNDS * 64.0 / (SIZE - 1);
    for (unsigned i = 1; i < SIZE; i++)
        chi += (steps[i] - expected) * (steps[i] - expected) / expected;
    print_message("chi-square %.1f over %d degrees of freedom\n", chi, SIZE - 2);
    assert_int_equal(steps[0], 0);
    assert_true(chi < 400); /* 254: 400 would be one chance in a thousand million */
    start(64);
}

/* REQ-13: nothing is left over. */
TEST(CGN_R13_15_a_backend_may_use_every_port_of_a_pool)
{
    struct lots_port port;
    start(256);
    unsigned count = 0;
    while (take(1, TRANSPORT_UDP, 0, (uint16_t)(40000 + count), true, &port) == 0)
        count++;
    assert_int_equal(count, 4096);
    assert_int_equal(bulk_count(bulk, 0), 16);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_UDP), 4096);
}

TEST(UDP_R4_N64_ALC_04_parity_is_kept_inside_a_block)
{
    struct lots_port port;
    start(256);
    for (unsigned i = 0; i < 128; i++) {
        assert_int_equal(take(1, TRANSPORT_UDP, 0, 5001, true, &port), 0);
        assert_int_equal(port.port % 2, 1);
    }
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(take(1, TRANSPORT_UDP, 0, 5002, true, &port), 0);
        assert_int_equal(port.port % 2, 0);
    }
    /* No block is taken for its sake. */
    assert_int_equal(take(1, TRANSPORT_UDP, 0, 5001, true, &port), 0);
    assert_int_equal(port.port % 2, 0);
    assert_int_equal(bulk_count(bulk, 0), 1);
}

TEST(N64_ALC_09_ports_of_static_bindings_are_left_out_of_blocks)
{
    bool seen[65536] = {false};
    struct lots_port port;
    unsigned count = 0;
    start(1024);
    while (take(1, TRANSPORT_TCP, 0, 40000, true, &port) == 0) {
        assert_false(port.port >= 1100 && port.port <= 1109);
        assert_false(seen[port.port]);
        seen[port.port] = true;
        count++;
    }
    assert_int_equal(count, 4096 - 10);
}

TEST(ports_of_the_host_are_left_out_of_blocks)
{
    static uint64_t bound[PORT_BLOCKS];
    struct lots_port port;
    unsigned count = 0;
    is_shared = true;
    start(64);
    memset(bound, 0, sizeof(bound));
    bound[20] = 0xff;
    for (unsigned block = 30; block < 36; block++)
        bound[block] = UINT64_MAX;
    block_set_host(blocks, 0, TRANSPORT_UDP, bound);
    for (unsigned miss = 0; miss < 20;) {
        if (take(1, TRANSPORT_UDP, 0, 40000, true, &port) < 0) {
            miss++;
            continue;
        }
        assert_false(bound[port.port / 64] >> port.port % 64 & 1);
        count++;
    }
    assert_int_equal(count, 4096 - 8 - 6 * 64);
    assert_int_equal(bulk_count(bulk, 0), 58);
    /* They are the backend's as soon as the host lets go. */
    memset(bound, 0, sizeof(bound));
    block_set_host(blocks, 0, TRANSPORT_UDP, bound);
    for (unsigned i = 0; i < 8 + 6 * 64; i++)
        assert_int_equal(take(1, TRANSPORT_UDP, 0, 40000, true, &port), 0);
}

TEST(LES_N_15_SEC_21_no_block_is_left_and_one_comes_back)
{
    struct lots_port port;
    struct lots_block block;
    uint16_t ports[64];
    start(64);
    for (unsigned i = 0; i < 64; i++)
        ports[i] = take_any(i, TRANSPORT_TCP, i % SHARDS);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(take(1000 + i, TRANSPORT_TCP, 0, 40000, true, &port), -ENOSPC);
    assert_int_equal(take(5, TRANSPORT_TCP, 0, 40000, false, &port), 0);
    claim_release(claims[33 % SHARDS], 0, TRANSPORT_TCP, ports[33], 1000 * S);
    assert_true(ended(33 % SHARDS, &block));
    assert_int_equal(block.first, ports[33] / 64 * 64);
    assert_false(block.told); /* nobody was told of it */
    assert_int_equal(take_any(1000, TRANSPORT_TCP, 0) / 64, ports[33] / 64);
}

TEST(only_whole_blocks_above_1023_are_given)
{
    const struct addr_port_range odd[] = {{500, 1300}, {1500, 2000}};
    const struct prefixes_input input = {
        .address = {0xc0000200, 32}, .ports = odd, .ports_count = 2, .name = "odd"};
    struct port_random random = {.key = {5, 6}};
    struct lots_port port;
    struct in6_addr who = backend(1);
    struct lots_want want = {0, &who, TRANSPORT_TCP, 123, 0};
    start(64);
    stop();
    assert_int_equal(prefixes_init(&prefixes, &input, 1), 0);
    assert_int_equal(block_new(&prefixes, SHARDS, &random, &blocks), 0);
    const struct bulk_input bulks = {
        .blocks = blocks, .prefixes = &prefixes, .size = 128, .backend_len = 128, .key = {5, 6}};
    assert_int_equal(bulk_new(&bulks, &bulk), 0);
    unsigned count = 0;
    while (bulk_take_block(bulk, &want, 0, &port) == 0) {
        assert_true((port.port >= 1024 && port.port < 1280) || (port.port >= 1536 && port.port < 1920));
        count++;
    }
    assert_int_equal(count, 256 + 384);
}

TEST(backends_of_one_prefix_share_a_block)
{
    struct lots_block block;
    struct in6_addr zero = backend(0);
    backend_len = 120;
    start(64);
    uint16_t one = take_any(1, TRANSPORT_TCP, 0), two = take_any(255, TRANSPORT_TCP, 1);
    assert_int_equal(one / 64, two / 64);
    assert_int_not_equal(take_any(256, TRANSPORT_TCP, 1) / 64, one / 64);
    assert_true(bulk_tell(bulk, 0, one, &block));
    assert_memory_equal(&block.backend, &zero, sizeof(zero));
}

static int restore(unsigned who, enum transport transport, unsigned shard, uint16_t port, uint8_t code)
{
    struct in6_addr address = backend(who);
    const struct lots_want want = {0, &address, transport, 0, shard};
    return claim_restore_bulk(claims[shard], &want, &(const struct lots_port){port, code, false}, 7 * S);
}

TEST(HA_01_a_block_of_before_a_restart_goes_on)
{
    struct lots_port port;
    struct lots_block block;
    start(256);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 2048 + 5, 3), 0);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 2048 + 5, 3), -EBUSY);
    assert_int_equal(restore(1, TRANSPORT_UDP, 1, 2048 + 5, 3), 0);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 6000, 3), -EINVAL);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 1100, 3), -EINVAL);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 3000, LOTS_CODE_MAX + 1), -EINVAL);
    assert_int_equal(restore(1, TRANSPORT_TCP, 2, 3000, BULK_NONE), -EINVAL);
    assert_int_equal(block_shard(blocks, 0, TRANSPORT_TCP, 2053), 2);
    assert_int_equal(block_shard(blocks, 0, TRANSPORT_UDP, 2053), 1);
    for (unsigned i = 0; i < 255; i++) {
        assert_int_equal(take(1, TRANSPORT_TCP, 0, 40000, false, &port), 0);
        assert_in_range(port.port, 2048, 2048 + 255);
    }
    assert_int_equal(take(1, TRANSPORT_TCP, 0, 40000, false, &port), -ENOSPC);
    uint64_t cursor = 0;
    assert_true(bulk_next(bulk, &cursor, &block));
    assert_int_equal(block.first, 2048);
    assert_int_equal(block.since_ns, 7 * S);
    assert_true(block.told); /* by the process before this */
    assert_false(bulk_next(bulk, &cursor, &block));
    assert_false(bulk_tell(bulk, 0, 2053, &block));
    /* 15 others are left to give. */
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(take(10 + i, TRANSPORT_TCP, 0, 40000, true, &port), 0);
    assert_int_equal(take(30, TRANSPORT_TCP, 0, 40000, true, &port), -ENOSPC);
}

TEST(HA_01_a_reload_changes_the_size_and_blocks_of_the_old_one_live_on)
{
    struct lots_port port;
    struct lots_block block;
    start(512);
    /* Two backends had blocks of 64 next to each other, a third one of 1024. */
    assert_int_equal(restore(1, TRANSPORT_TCP, 0, 2048, 1), 0);
    assert_int_equal(restore(2, TRANSPORT_TCP, 1, 2112, 1), 0);
    assert_int_equal(restore(3, TRANSPORT_TCP, 2, 3500, 5), 0);
    assert_int_equal(restore(3, TRANSPORT_TCP, 2, 3500, 3), -EBUSY);
    assert_int_equal(restore(4, TRANSPORT_TCP, 2, 3072, 3), -EBUSY);
    assert_int_equal(take(2, TRANSPORT_TCP, 0, 40000, false, &port), 0);
    assert_in_range(port.port, 2112, 2112 + 63);
    assert_int_equal(port.code, 1);
    assert_int_equal(take(3, TRANSPORT_TCP, 0, 40000, false, &port), 0);
    assert_in_range(port.port, 3072, 3072 + 1023);
    /* New blocks are whole: 8 of 512 less one that is in part and two that are wholly taken. */
    unsigned count = 0;
    for (unsigned i = 0; i < 50; i++)
        count += take(10 + i, TRANSPORT_TCP, 0, 40000, true, &port) == 0;
    assert_int_equal(count, 5);
    claim_release(claims[0], 0, TRANSPORT_TCP, 2048, 1000 * S);
    assert_true(ended(0, &block));
    assert_int_equal(block.last, 2048 + 63);
    assert_int_equal(take(60, TRANSPORT_TCP, 0, 40000, true, &port), -ENOSPC);
}

TEST(HA_01_switched_on_and_off_with_ports_in_use)
{
    struct lots_port port;
    struct lots_block block;
    uint16_t single;
    start(0);
    assert_int_equal(bulk_size(bulk), 0);
    assert_int_equal(restore(1, TRANSPORT_TCP, 1, 2048, 3), 0);
    /* Without blocks nothing more is given of it, and all else by ones. */
    for (unsigned i = 0; i < 4096 - 256 - 10; i++) {
        assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &single), 0);
        assert_false(single >= 2048 && single < 2304);
    }
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &single), -ENOSPC);
    claim_release(claims[1], 0, TRANSPORT_TCP, 2048, 1000 * S);
    assert_true(ended(1, &block));
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_TCP, 40000, &single), 0);
    assert_in_range(single, 2048, 2303);
    stop();

    /* The other way: a port without block, of whichever backend, keeps its 64 to itself. */
    start(256);
    assert_int_equal(claim_restore(claims[2], 0, TRANSPORT_TCP, 2100), 0);
    unsigned count = 0;
    for (unsigned i = 0; i < 100; i++)
        count += take(10 + i, TRANSPORT_TCP, 0, 40000, true, &port) == 0;
    assert_int_equal(count, 15);
    claim_release(claims[2], 0, TRANSPORT_TCP, 2100, 1000 * S);
    claim_advance(claims[2], 1001 * S); /* asked to, it gives its 64 back */
    assert_int_equal(take(300, TRANSPORT_TCP, 0, 40000, true, &port), 0);
    assert_int_equal(port.port / 256, 8);
}

TEST(HA_01_a_block_of_several_backends_is_nobodys)
{
    struct lots_port port;
    struct lots_block block;
    static const struct in6_addr nobody;
    start(256);
    assert_int_equal(restore(1, TRANSPORT_TCP, 0, 2048, 3), 0);
    assert_int_equal(restore(2, TRANSPORT_TCP, 0, 2049, 3), 0);
    assert_int_equal(restore(1, TRANSPORT_TCP, 0, 2050, 3), 0);
    assert_int_equal(take(1, TRANSPORT_TCP, 0, 40000, false, &port), -ENOSPC);
    assert_int_equal(take(2, TRANSPORT_TCP, 0, 40000, false, &port), -ENOSPC);
    assert_false(bulk_next(bulk, &(uint64_t){0}, &block));
    for (uint16_t p = 2048; p < 2051; p++) {
        assert_false(ended(0, &block));
        claim_release(claims[0], 0, TRANSPORT_TCP, p, 1000 * S);
    }
    assert_true(ended(0, &block));
    assert_memory_equal(&block.backend, &nobody, sizeof(nobody));
    assert_int_equal(bulk_count(bulk, 0), 0);
}

TEST(N64_ALC_12_held_ports_keep_their_block_over_a_restart)
{
    struct lots_port port;
    struct lots_block block;
    start(256);
    uint16_t udp = take_any(1, TRANSPORT_UDP, 1);
    claim_release(claims[1], 0, TRANSPORT_UDP, udp, 1000 * S);
    stop();
    start(256);
    assert_int_equal(claim_restore_held(claims[1], scratch, 1010 * S), 1);
    assert_int_equal(block_owner(blocks, 0, udp), BLOCK_SPLIT);
    for (unsigned i = 0; i < 15; i++)
        assert_int_not_equal(take_any(10 + i, TRANSPORT_UDP, 0) / 256, udp / 256);
    assert_int_equal(take(30, TRANSPORT_UDP, 0, 40000, true, &port), -ENOSPC);
    claim_advance(claims[1], 1120 * S);
    assert_true(ended(1, &block));
    assert_int_equal(block.first, udp / 256 * 256);
    assert_int_equal(take_any(30, TRANSPORT_UDP, 0) / 256, udp / 256);
}

/* Against a model: a list of bindings and what is held. */
enum { MODEL_PORTS = 4096, BACKENDS = 40, FREE = 0, USED = 1 }; /* else: when its hold-down ends */
static uint64_t model[TRANSPORT_COUNT][MODEL_PORTS];
static uint8_t model_shard[TRANSPORT_COUNT][MODEL_PORTS];
static uint16_t model_backend[TRANSPORT_COUNT][MODEL_PORTS];
static uint8_t model_code[TRANSPORT_COUNT][MODEL_PORTS];

static void restart_as_model(uint32_t size, uint64_t now_ns)
{
    stop();
    start(size);
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        for (unsigned p = 0; p < MODEL_PORTS; p++)
            if (model[t][p] == USED)
                assert_int_equal(restore(model_backend[t][p], t, model_shard[t][p], (uint16_t)(1024 + p),
                                         model_code[t][p]),
                                 0);
    for (unsigned i = 0; i < SHARDS; i++)
        claim_restore_held(claims[i], scratch, now_ns);
}

/* Blocks are one backend's each, in the model, and as many as the table says. */
static void assert_as_model(uint64_t now_ns)
{
    uint32_t lots = 0, used[TRANSPORT_COUNT] = {0}, of_shards = 0;
    for (unsigned p = 0; p < MODEL_PORTS; p++) {
        bool any = false;
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
            any |= model[t][p] != FREE && model[t][p] > (model[t][p] == USED ? 0 : now_ns);
            used[t] += model[t][p] == USED;
            if (model[t][p] == USED)
                assert_int_equal(block_shard(blocks, 0, t, (uint16_t)(1024 + p)), model_shard[t][p]);
        }
        assert_true(!any || block_owner(blocks, 0, (uint16_t)(1024 + p)) == BLOCK_SPLIT);
    }
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        of_shards = 0;
        for (unsigned i = 0; i < SHARDS; i++)
            of_shards += claim_used(claims[i], 0, t);
        assert_int_equal(of_shards, used[t]);
    }
    for (unsigned block = 0; block < MODEL_PORTS / 64; block++)
        lots += block_owner(blocks, 0, (uint16_t)(1024 + block * 64)) == BLOCK_SPLIT;
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), lots * 64);
}

TEST(PBA_01_random_use_with_restarts_agrees_with_a_model)
{
    static const uint32_t sizes[] = {64, 128, 256, 512};
    unsigned seed = 48, taken = 0, refused = 0, ends = 0;
    uint64_t now_ns = 1000 * S;
    print_message("seed %u\n", seed);
    memset(model, 0, sizeof(model));
    start(128);
    for (int i = 0; i < 40000; i++) {
        unsigned t = (unsigned)rand_r(&seed) % TRANSPORT_COUNT, shard = (unsigned)rand_r(&seed) % SHARDS;
        struct lots_block block;
        if (rand_r(&seed) % 2 == 0) {
            unsigned who = (unsigned)rand_r(&seed) % BACKENDS;
            struct lots_port port;
            if (take(who, t, shard, (uint16_t)i, true, &port) < 0) {
                refused++;
                continue;
            }
            unsigned p = port.port - 1024;
            assert_true(p < MODEL_PORTS);
            assert_true(model[t][p] != USED && model[t][p] <= now_ns);
            /* Nobody else has anything in the block. */
            uint32_t size = 64u << (port.code - 1);
            for (unsigned k = p / size * size; k < p / size * size + size; k++)
                for (unsigned u = 0; u < TRANSPORT_COUNT; u++)
                    assert_true(model[u][k] != USED || model_backend[u][k] == who);
            model[t][p] = USED;
            model_shard[t][p] = (uint8_t)shard;
            model_backend[t][p] = (uint16_t)who;
            model_code[t][p] = port.code;
            taken++;
        } else {
            unsigned p = (unsigned)rand_r(&seed) % MODEL_PORTS;
            for (unsigned n = 0; n < MODEL_PORTS && model[t][p] != USED; n++)
                p = (p + 1) % MODEL_PORTS;
            if (model[t][p] == USED) {
                shard = model_shard[t][p];
                claim_release(claims[shard], 0, t, (uint16_t)(1024 + p), now_ns);
                ends += ended(shard, &block);
                model[t][p] = t == TRANSPORT_TCP ? FREE : now_ns + 120 * S;
            }
        }
        now_ns += S / 4;
        for (unsigned k = 0; k < SHARDS; k++)
            do
                claim_advance(claims[k], now_ns);
            while (ended(k, &block));
        if (rand_r(&seed) % 1000 == 0)
            restart_as_model(sizes[rand_r(&seed) % 4], now_ns);
        if (i % 200 == 0)
            assert_as_model(now_ns);
    }
    assert_as_model(now_ns);
    print_message("%u taken, %u refused\n", taken, refused);
    assert_true(taken > 5000 && refused > 10 && ends > 10);
}

static _Atomic uint8_t hits[65536];
static _Atomic uint32_t firsts;

static void *take_half(void *context)
{
    unsigned shard = *(unsigned *)context;
    for (unsigned i = 0; i < 2000; i++) {
        struct lots_port port;
        if (take(i % 7, TRANSPORT_ICMP, shard, 0, true, &port) < 0)
            return (void *)"refused";
        firsts += port.is_first;
        if (hits[port.port]++ != 0)
            return (void *)"twice";
    }
    return NULL;
}

TEST(PBA_01_N64_ALC_05_two_threads_never_get_the_same_port)
{
    pthread_t threads[2];
    unsigned shards[2] = {0, 1};
    start(64);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_half, &shards[i]), 0);
    for (unsigned i = 0; i < 2; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    /* 7 backends with 571 or 572 ports each: 9 blocks of 64, and none taken in vain. */
    assert_int_equal(firsts, 63);
    assert_int_equal(bulk_count(bulk, 0), 63);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(PBA_01_CGN_R13_15_two_hundred_flows_lie_in_one_block),
        UNIT(PBA_01_another_block_when_the_first_is_full),
        UNIT(PBA_01_a_block_goes_back_with_its_last_port_and_its_hold_downs),
        UNIT(PBA_01_each_block_that_ends_is_told),
        UNIT(CGN_R13_15_ports_in_a_block_are_hard_to_guess),
        UNIT(CGN_R13_15_a_backend_may_use_every_port_of_a_pool),
        UNIT(UDP_R4_N64_ALC_04_parity_is_kept_inside_a_block),
        UNIT(N64_ALC_09_ports_of_static_bindings_are_left_out_of_blocks),
        UNIT(ports_of_the_host_are_left_out_of_blocks),
        UNIT(LES_N_15_SEC_21_no_block_is_left_and_one_comes_back),
        UNIT(only_whole_blocks_above_1023_are_given),
        UNIT(backends_of_one_prefix_share_a_block),
        UNIT(HA_01_a_block_of_before_a_restart_goes_on),
        UNIT(HA_01_a_reload_changes_the_size_and_blocks_of_the_old_one_live_on),
        UNIT(HA_01_switched_on_and_off_with_ports_in_use),
        UNIT(HA_01_a_block_of_several_backends_is_nobodys),
        UNIT(N64_ALC_12_held_ports_keep_their_block_over_a_restart),
        UNIT(PBA_01_random_use_with_restarts_agrees_with_a_model),
        UNIT(PBA_01_N64_ALC_05_two_threads_never_get_the_same_port),
    };
    return RUN(tests);
}
