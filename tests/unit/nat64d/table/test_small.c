/*
 * Stored SYNs, rings, identifications, rate limits, owners.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.2.2, RFC 6864, RFC 4443 2.4
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/identification.h"
#include "nat64d/table/owner.h"
#include "nat64d/table/rate.h"
#include "nat64d/table/ring.h"
#include "nat64d/table/stored_syn.h"

#define S UINT64_C(1000000000)
static const struct siphash_key key = {3, 4};

TEST(N64_3_5_2_06_a_repeated_syn_does_not_move_the_time)
{
    struct stored_syn_table *table;
    struct stored_syn syn;
    assert_int_equal(stored_syn_new(key, &table), 0);
    assert_int_equal(stored_syn_add(table, 1, 80, 2, 1000, "syn", 3, 6 * S), 0);
    assert_int_equal(stored_syn_add(table, 1, 80, 2, 1000, "syn", 3, 9 * S), -EEXIST);
    assert_false(stored_syn_next(table, 6 * S - 1, &syn));
    assert_true(stored_syn_next(table, 6 * S, &syn));
    assert_int_equal(syn.dst4_port, 1000);
    assert_int_equal(syn.len, 3);
    assert_false(stored_syn_next(table, 60 * S, &syn));
    stored_syn_free(table);
}

TEST(N64_3_5_2_05_stored_syns_are_bounded_in_all_and_by_source)
{
    struct stored_syn_table *table;
    struct stored_syn syn;
    unsigned kept = 0, ended = 0;
    assert_int_equal(stored_syn_new(key, &table), 0);
    for (uint16_t port = 1; port <= 30; port++)
        kept += stored_syn_add(table, 1, 80, 7, port, "syn", 3, 6 * S) == 0;
    assert_int_equal(kept, STORED_SYN_PER_SOURCE);
    for (uint32_t source = 100; source < 5000; source++)
        kept += stored_syn_add(table, 1, 80, source, 5, "syn", 3, 6 * S) == 0;
    assert_int_equal(kept, STORED_SYN_MAX);
    assert_int_equal(stored_syn_count(table), STORED_SYN_MAX);
    while (stored_syn_next(table, 7 * S, &syn))
        ended++;
    assert_int_equal(ended, STORED_SYN_MAX);
    assert_int_equal(stored_syn_add(table, 1, 80, 7, 1, "syn", 3, 12 * S), 0);
    stored_syn_free(table);
}

TEST(TCP_V4I_1_a_stored_syn_is_thrown_away_in_silence)
{
    struct stored_syn_table *table;
    struct stored_syn syn;
    assert_int_equal(stored_syn_new(key, &table), 0);
    assert_int_equal(stored_syn_add(table, 1, 80, 2, 1000, "syn", 3, 6 * S), 0);
    assert_true(stored_syn_has(table, 1, 80, 2, 1000));
    assert_true(stored_syn_drop(table, 1, 80, 2, 1000));
    assert_false(stored_syn_drop(table, 1, 80, 2, 1000));
    assert_false(stored_syn_next(table, 60 * S, &syn));
    stored_syn_free(table);
}

static struct ring ring;
enum { ITEMS = 300000 };

static void *produce(void *context)
{
    (void)context;
    for (uintptr_t i = 1; i <= ITEMS;)
        if (ring_push(&ring, (void *)i))
            i++;
    return NULL;
}

TEST(a_ring_between_two_threads_loses_nothing_and_keeps_order)
{
    pthread_t thread;
    ring_init(&ring);
    assert_int_equal(pthread_create(&thread, NULL, produce, NULL), 0);
    for (uintptr_t i = 1; i <= ITEMS;) {
        void *item = ring_pop(&ring);
        if (item == NULL)
            continue;
        assert_int_equal((uintptr_t)item, i);
        i++;
    }
    pthread_join(thread, NULL);
    assert_true(ring_empty(&ring));
}

TEST(a_full_ring_refuses)
{
    ring_init(&ring);
    for (uintptr_t i = 1; i <= RING_SIZE; i++)
        assert_true(ring_push(&ring, (void *)i));
    assert_false(ring_push(&ring, (void *)1));
    assert_int_equal((uintptr_t)ring_pop(&ring), 1);
    assert_true(ring_push(&ring, (void *)1));
}

TEST(N78_10_01_identifications_do_not_repeat_nor_leave_their_slice)
{
    static struct identification id;
    static uint8_t seen[65536];
    for (unsigned worker = 0; worker < 4; worker++) {
        identification_init(&id, key, worker, 4);
        memset(seen, 0, sizeof(seen));
        for (int i = 0; i < 10000; i++) {
            uint16_t value = identification_next(&id, 1, 2, 17, 1);
            assert_int_equal(value / 16384, worker);
            assert_int_equal(seen[value]++, 0);
        }
    }
    /* Runs for super-packets stay whole. */
    identification_init(&id, key, 0, 4);
    for (int i = 0; i < 10000; i++)
        assert_true(identification_next(&id, 1, 2, 6, 45) + 45 <= 16384);
}

TEST(SEC_53_identifications_are_keyed_by_peer)
{
    static struct identification one, other;
    unsigned same_key = 0, in_a_row = 0;
    uint16_t last = 0;
    identification_init(&one, key, 0, 1);
    identification_init(&other, (struct siphash_key){77, 78}, 0, 1);
    for (uint32_t peer = 1; peer <= 1000; peer++) {
        uint16_t value = identification_next(&one, 1, peer, 17, 1);
        same_key += value == identification_next(&other, 1, peer, 17, 1);
        in_a_row += value == (uint16_t)(last + 1);
        last = value;
    }
    assert_true(same_key < 10); /* another key, other values */
    assert_true(in_a_row < 10); /* one peer's tell nothing of the next one's */
}

TEST(ERR_05_rate_limits_hold_for_a_network_and_for_all)
{
    static struct rate rate;
    struct in6_addr to = {0};
    unsigned passed = 0;
    rate_init(&rate, key, 1000 * S);
    rate_limit(&rate, &(struct rate_limits){100, 10, 50, 200, 20});
    for (int i = 0; i < 3000; i++)
        passed += rate_allow6(&rate, &to, 1000 * S + (uint64_t)i * S / 1000);
    assert_in_range(passed, 38, 41); /* a burst of 10, then 10 a second for 3 s */
    passed = 0;
    for (int i = 0; i < 20000; i++) {
        to.s6_addr[2] = (uint8_t)(i >> 8);
        to.s6_addr[3] = (uint8_t)i;
        passed += rate_allow6(&rate, &to, 2000 * S + (uint64_t)i * S / 10000);
    }
    assert_in_range(passed, 280, 301);
    passed = 0;
    for (int i = 0; i < 10000; i++) /* refusals have their own, and take nothing from the others */
        passed += rate_allow_refusal(&rate, 3000 * S + (uint64_t)i * S / 10000);
    assert_in_range(passed, 98, 101);
    rate_init(&rate, key, 1000 * S);
    rate_limit(&rate, &(struct rate_limits){0, 10, 50, 0, 20});
    assert_false(rate_allow4(&rate, 1, 2000 * S));
}

TEST(owners_are_spread_and_the_same_from_both_directions)
{
    unsigned count[4] = {0};
    struct in6_addr address = {0};
    for (unsigned port = 0; port < 40000; port++) {
        unsigned shard = owner_shard6(key, &address, (uint16_t)port, TRANSPORT_TCP, 4);
        assert_int_equal(shard, owner_shard6(key, &address, (uint16_t)port, TRANSPORT_TCP, 4));
        count[shard]++;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(count[i], 9500, 10500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_5_2_06_a_repeated_syn_does_not_move_the_time),
        cmocka_unit_test(N64_3_5_2_05_stored_syns_are_bounded_in_all_and_by_source),
        cmocka_unit_test(TCP_V4I_1_a_stored_syn_is_thrown_away_in_silence),
        cmocka_unit_test(a_ring_between_two_threads_loses_nothing_and_keeps_order),
        cmocka_unit_test(a_full_ring_refuses),
        cmocka_unit_test(N78_10_01_identifications_do_not_repeat_nor_leave_their_slice),
        cmocka_unit_test(SEC_53_identifications_are_keyed_by_peer),
        cmocka_unit_test(ERR_05_rate_limits_hold_for_a_network_and_for_all),
        cmocka_unit_test(owners_are_spread_and_the_same_from_both_directions),
    };
    return RUN(tests);
}
