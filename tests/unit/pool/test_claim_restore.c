/*
 * Ports over a restart: those in use, those held down.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.1.1, RFC 6888 REQ-8
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool/claim.h"

#define S UINT64_C(1000000000)
enum { HELD = 256 };

static struct prefixes prefixes;
static struct block_table *blocks;
static struct claim *claims[2];
static struct claim_held held[2][HELD];
static struct claim_held scratch[HELD];

static void start(uint32_t held_max)
{
    const struct addr_port_range range = {1024, 9215};
    const struct prefixes_input input = {
        .address = {0xc0000200, 31}, .ports = &range, .ports_count = 1, .name = "test"};
    struct port_random random = {.key = {5, 6}};
    assert_int_equal(prefixes_init(&prefixes, &input, 1), 0);
    assert_int_equal(block_new(&prefixes, 2, &random, &blocks), 0);
    assert_int_equal(block_reserve(blocks, 0, TRANSPORT_TCP, 3000, 0), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct claim_input claim = {.blocks = blocks,
                                    .prefixes = &prefixes,
                                    .shard = i,
                                    .shards = 2,
                                    .seed = {7, i},
                                    .hold_down_ns = 120 * S,
                                    .held = held[i],
                                    .held_max = held_max};
        assert_int_equal(claim_new(&claim, &claims[i]), 0);
    }
}

static void stop(void)
{
    for (unsigned i = 0; i < 2; i++) {
        claim_free(claims[i]);
        claims[i] = NULL;
    }
    block_free(blocks);
    prefixes_done(&prefixes);
}

static int set_up(void **context)
{
    (void)context;
    memset(held, 0, sizeof(held));
    start(HELD);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    stop();
    return 0;
}

/* Takes until there is none left: true if `port` was among them. */
static bool is_given(uint32_t address, enum transport transport, uint16_t wanted)
{
    bool seen = false;
    uint16_t port;
    for (unsigned shard = 0; shard < 2; shard++)
        while (claim_take(claims[shard], address, transport, 40000, &port) == 0) {
            assert_false(seen && port == wanted);
            seen |= port == wanted;
        }
    return seen;
}

TEST(a_port_in_use_is_restored_once)
{
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 2000), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 2000), -EBUSY);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, 2000), 0);
    assert_int_equal(claim_restore(claims[0], 1, TRANSPORT_TCP, 2000), 0);
    assert_int_equal(claim_used(claims[0], 0, TRANSPORT_TCP), 1);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 2);
    assert_int_equal(block_owner(blocks, 0, 2000), 0);
    assert_false(is_given(0, TRANSPORT_TCP, 2000));
}

TEST(a_restored_port_is_released_as_any_other)
{
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 2000), 0);
    claim_release(claims[0], 0, TRANSPORT_TCP, 2000, 5 * S);
    assert_int_equal(claim_used(claims[0], 0, TRANSPORT_TCP), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 0);
    assert_true(is_given(0, TRANSPORT_TCP, 2000));
}

TEST(a_port_in_the_block_of_another_shard_is_refused)
{
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 2000), 0);
    assert_int_equal(claim_restore(claims[1], 0, TRANSPORT_TCP, 2001), -EBUSY);
    assert_int_equal(claim_restore(claims[1], 0, TRANSPORT_UDP, 2000), -EBUSY);
    assert_int_equal(claim_used(claims[1], 0, TRANSPORT_TCP), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 1);
}

TEST(what_is_not_to_be_given_is_not_restored)
{
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 3000), -EINVAL);
    assert_int_equal(block_owner(blocks, 0, 3000), BLOCK_FREE);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, 3000), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 80), -EINVAL);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 9216), -EINVAL);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_TCP, 0), -EINVAL);
    assert_int_equal(claim_restore(claims[0], 2, TRANSPORT_TCP, 2000), -EINVAL);
    assert_int_equal(claim_restore(claims[0], PREFIXES_NONE, TRANSPORT_TCP, 2000), -EINVAL);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_TCP), 0);
}

TEST(a_forgotten_port_is_free_at_once)
{
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, 2000), 0);
    claim_forget(claims[0], 0, TRANSPORT_UDP, 2000);
    assert_int_equal(claim_used(claims[0], 0, TRANSPORT_UDP), 0);
    assert_int_equal(claim_held(claims[0], 0), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_UDP), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, 2000), 0);
}

TEST(all_ports_in_use_are_restored_in_any_order)
{
    unsigned seed = 19;
    static uint16_t ports[8192];
    for (unsigned i = 0; i < 8192; i++)
        ports[i] = (uint16_t)(1024 + i);
    for (unsigned i = 8191; i > 0; i--) {
        unsigned other = (unsigned)rand_r(&seed) % (i + 1);
        uint16_t port = ports[i];
        ports[i] = ports[other];
        ports[other] = port;
    }
    for (unsigned i = 0; i < 8192; i++)
        assert_int_equal(claim_restore(claims[ports[i] / PORT_BLOCK % 2], 0, TRANSPORT_UDP, ports[i]), 0);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_UDP), 8192);
    assert_int_equal(block_free_ports(blocks, 0), 0);
    assert_false(is_given(0, TRANSPORT_UDP, 2000));
    for (unsigned i = 0; i < 8192; i++)
        claim_forget(claims[ports[i] / PORT_BLOCK % 2], 0, TRANSPORT_UDP, ports[i]);
    assert_int_equal(block_use(blocks, 0, TRANSPORT_UDP), 0);
    assert_true(is_given(0, TRANSPORT_UDP, 2000));
}

TEST(N64_ALC_07_restored_ports_do_not_count_among_those_to_choose_from)
{
    uint32_t before, after, total;
    uint16_t port;
    for (unsigned i = 0; i < 4096; i++)
        assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, (uint16_t)(1024 + i)), 0);
    block_count(blocks, 0, &before, &total);
    assert_int_equal(before, 64);
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
    block_count(blocks, 0, &after, &total);
    assert_int_equal(after, 64 + CLAIM_AHEAD / PORT_BLOCK);
}

/* Takes a UDP port of shard 0 and releases it. */
static uint16_t hold_one(uint64_t now_ns)
{
    uint16_t port;
    assert_int_equal(claim_take(claims[0], 0, TRANSPORT_UDP, 40000, &port), 0);
    claim_release(claims[0], 0, TRANSPORT_UDP, port, now_ns);
    return port;
}

TEST(N64_ALC_12_held_ports_stay_held_over_a_restart)
{
    uint16_t first = hold_one(1000 * S), second = hold_one(1060 * S);
    stop();
    start(HELD);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1100 * S), 2);
    assert_int_equal(claim_held(claims[0], 0), 2);
    assert_int_equal(block_owner(blocks, 0, first), 0);
    claim_advance(claims[0], 1119 * S);
    assert_int_equal(claim_held(claims[0], 0), 2);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, first), -EBUSY);
    claim_advance(claims[0], 1120 * S);
    assert_int_equal(claim_held(claims[0], 0), 1);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, first), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, second), -EBUSY);
    claim_advance(claims[0], 1180 * S);
    assert_int_equal(claim_held(claims[0], 0), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, second), 0);
}

TEST(held_ports_survive_many_restarts_and_stay_in_order)
{
    uint16_t ports[20];
    for (unsigned i = 0; i < 20; i++) {
        ports[i] = hold_one((1000 + i) * S);
        stop();
        start(HELD);
        assert_int_equal(claim_restore_held(claims[0], scratch, (1000 + i) * S), i + 1);
    }
    for (unsigned i = 0; i < 20; i++) {
        claim_advance(claims[0], (1120 + i) * S);
        assert_int_equal(claim_held(claims[0], 0), 19 - i);
        assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, ports[i]), 0);
    }
}

TEST(what_is_due_or_in_use_is_not_held_again)
{
    uint16_t due = hold_one(1000 * S), used = hold_one(1001 * S), stays = hold_one(1002 * S);
    stop();
    start(HELD);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, used), 0);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1120 * S), 1);
    assert_int_equal(claim_held(claims[0], 0), 1);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, due), 0);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, stays), -EBUSY);
    claim_advance(claims[0], 2000 * S);
    assert_int_equal(claim_used(claims[0], 0, TRANSPORT_UDP), 2);
    assert_int_equal(claim_held(claims[0], 0), 0);
}

TEST(a_shorter_hold_down_shortens_those_that_run)
{
    uint16_t port = hold_one(1000 * S);
    for (unsigned i = 0; i < HELD; i++)
        if (held[0][i].until_ns != 0)
            held[0][i].until_ns = 9000 * S;
    stop();
    start(HELD);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1100 * S), 1);
    claim_advance(claims[0], 1219 * S);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, port), -EBUSY);
    claim_advance(claims[0], 1220 * S);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, port), 0);
}

TEST(beyond_its_memory_the_oldest_is_freed_early)
{
    uint16_t first;
    stop();
    memset(held, 0, sizeof(held));
    start(4);
    first = hold_one(1000 * S);
    for (unsigned i = 1; i < 4; i++)
        hold_one((1000 + i) * S);
    assert_int_equal(claim_held(claims[0], 0), 4);
    hold_one(1004 * S);
    assert_int_equal(claim_held(claims[0], 0), 4);
    assert_int_equal(claim_restore(claims[0], 0, TRANSPORT_UDP, first), 0);
    /* The queue has gone round its memory: order is by time, not by place. */
    stop();
    start(4);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1005 * S), 4);
    claim_advance(claims[0], 1122 * S);
    assert_int_equal(claim_held(claims[0], 0), 2);
    for (unsigned i = 5; i < 50; i++)
        hold_one((1120 + i) * S);
    assert_int_equal(claim_held(claims[0], 0), 4);
}

TEST(without_memory_nothing_is_held)
{
    stop();
    start(0);
    hold_one(1000 * S);
    assert_int_equal(claim_held(claims[0], 0), 0);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1000 * S), 0);
    claim_advance(claims[0], 1000 * S);
    assert_true(is_given(0, TRANSPORT_UDP, 2000));
}

TEST(hostile_memory_of_held_ports_does_no_harm)
{
    unsigned seed = 77;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 200; round++) {
        stop();
        for (unsigned i = 0; i < HELD; i++) {
            held[0][i].until_ns = round % 2 == 0 ? (uint64_t)rand_r(&seed) << 32 | (unsigned)rand_r(&seed)
                                                 : 1000 * S + (unsigned)rand_r(&seed);
            held[0][i].src4 = round % 3 == 0 ? (uint32_t)rand_r(&seed) : 0xc0000200 + i % 3;
            held[0][i].port = (uint16_t)(rand_r(&seed) % (round % 5 == 0 ? 65536 : 1100));
            held[0][i].transport = (uint8_t)(rand_r(&seed) % (round % 7 == 0 ? 256 : 4));
        }
        start(HELD);
        uint32_t count = claim_restore_held(claims[0], scratch, 1000 * S);
        assert_true(count <= HELD);
        assert_int_equal(claim_held(claims[0], 0) + claim_held(claims[0], 1), count);
        for (unsigned i = 0; i < HELD; i++)
            hold_one(1001 * S);
        /* None is held for longer than the time that this run holds ports. */
        claim_advance(claims[0], 1122 * S);
        claim_advance(claims[0], 1122 * S);
        assert_int_equal(claim_held(claims[0], 0) + claim_held(claims[0], 1), 0);
    }
}

enum { PORTS = 8192, FREE = 0, USED = 1 }; /* else: when its hold-down ends */

/* By address, protocol and port; the shard that has it. */
static uint64_t model[2][TRANSPORT_COUNT][PORTS];
static uint8_t model_shard[2][TRANSPORT_COUNT][PORTS];

static void restart_as_model(uint64_t now_ns)
{
    stop();
    start(HELD);
    for (uint32_t a = 0; a < 2; a++)
        for (int t = 0; t < TRANSPORT_COUNT; t++)
            for (unsigned p = 0; p < PORTS; p++)
                if (model[a][t][p] == USED)
                    assert_int_equal(claim_restore(claims[model_shard[a][t][p]], a, t, (uint16_t)(1024 + p)),
                                     0);
    for (unsigned i = 0; i < 2; i++)
        claim_restore_held(claims[i], scratch, now_ns);
}

static void assert_as_model(uint64_t now_ns)
{
    uint32_t is_held = 0;
    for (uint32_t a = 0; a < 2; a++)
        for (int t = 0; t < TRANSPORT_COUNT; t++) {
            uint32_t used = 0;
            for (unsigned p = 0; p < PORTS; p++) {
                used += model[a][t][p] == USED;
                is_held += model[a][t][p] > now_ns;
            }
            assert_int_equal(claim_used(claims[0], a, t) + claim_used(claims[1], a, t), used);
        }
    assert_int_equal(claim_held(claims[0], 0) + claim_held(claims[0], 1) + claim_held(claims[1], 0) +
                         claim_held(claims[1], 1),
                     is_held);
}

TEST(random_use_with_restarts_agrees_with_a_model)
{
    unsigned seed = 47;
    uint64_t now_ns = 1000 * S;
    print_message("seed %u\n", seed);
    memset(model, 0, sizeof(model));
    for (int i = 0; i < 30000; i++) {
        uint32_t a = (uint32_t)rand_r(&seed) % 2;
        int t = rand_r(&seed) % TRANSPORT_COUNT;
        uint16_t port;
        if (rand_r(&seed) % 2 == 0) {
            uint8_t shard = (uint8_t)(rand_r(&seed) % 2);
            assert_int_equal(claim_take(claims[shard], a, t, (uint16_t)(40000 + i % 2), &port), 0);
            assert_true(model[a][t][port - 1024] <= now_ns && model[a][t][port - 1024] != USED);
            model[a][t][port - 1024] = USED;
            model_shard[a][t][port - 1024] = shard;
        } else {
            unsigned p = (unsigned)rand_r(&seed) % PORTS;
            for (unsigned n = 0; n < PORTS && model[a][t][p] != USED; n++)
                p = (p + 1) % PORTS;
            if (model[a][t][p] == USED) {
                claim_release(claims[model_shard[a][t][p]], a, t, (uint16_t)(1024 + p), now_ns);
                model[a][t][p] = t == TRANSPORT_TCP ? FREE : now_ns + 120 * S;
            }
        }
        now_ns += S;
        claim_advance(claims[0], now_ns);
        claim_advance(claims[1], now_ns);
        if (rand_r(&seed) % 500 == 0)
            restart_as_model(now_ns);
        if (i % 200 == 0)
            assert_as_model(now_ns);
    }
    assert_as_model(now_ns);
}

TEST(a_restart_after_a_torn_write_reads_only_whole_entries)
{
    hold_one(1000 * S);
    hold_one(1001 * S);
    /* The process died before the time of the second one was written. */
    for (unsigned i = 0; i < HELD; i++)
        if (held[0][i].until_ns == 1121 * S)
            held[0][i].until_ns = 0;
    stop();
    start(HELD);
    assert_int_equal(claim_restore_held(claims[0], scratch, 1002 * S), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_port_in_use_is_restored_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restored_port_is_released_as_any_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_in_the_block_of_another_shard_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_to_be_given_is_not_restored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_forgotten_port_is_free_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_ports_in_use_are_restored_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_ALC_07_restored_ports_do_not_count_among_those_to_choose_from,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_ALC_12_held_ports_stay_held_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_ports_survive_many_restarts_and_stay_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_due_or_in_use_is_not_held_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shorter_hold_down_shortens_those_that_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(beyond_its_memory_the_oldest_is_freed_early, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_memory_of_held_ports_does_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_use_with_restarts_agrees_with_a_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restart_after_a_torn_write_reads_only_whole_entries, set_up,
                                        tear_down),
    };
    return RUN(tests);
}
