/*
 * The timing wheel with a clock of the test's own.
 *
 * Layer: test
 * Specification: RFC 6146 4
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "nat64d/table/expiry.h"

enum { SLOTS = 1000 };
#define S UINT64_C(1000000000)

static struct session sessions[SLOTS];
static struct expiry_link links[SLOTS];
static struct expiry wheel;
static const uint64_t lifetimes[EXPIRY_LIFETIMES] = {300 * S, 17 * S, 60 * S, 7200 * S, 240 * S, 30 * S};

static int set_up(void **context)
{
    (void)context;
    memset(sessions, 0, sizeof(sessions));
    return expiry_init(&wheel, sessions, links, lifetimes, 1000 * S);
}

static int tear_down(void **context)
{
    (void)context;
    expiry_done(&wheel);
    return 0;
}

static uint32_t next(uint64_t now_ns)
{
    unsigned budget = 100000;
    return expiry_next(&wheel, now_ns, &budget);
}

TEST(N64_4_04_present_a_second_before_and_gone_a_second_after)
{
    for (int lifetime = 0; lifetime < EXPIRY_LIFETIMES; lifetime++) {
        uint64_t begin = (20000 + 10000 * (uint64_t)lifetime) * S;
        next(begin);
        expiry_start(&wheel, 5, lifetime, begin);
        assert_int_equal(next(begin + lifetimes[lifetime] - S), STATE_NONE);
        assert_int_equal(next(begin + lifetimes[lifetime] + S), 5);
        assert_int_equal(next(begin + lifetimes[lifetime] + 20 * S), STATE_NONE);
    }
}

TEST(N64_3_5_1_03_a_refresh_gives_another_full_lifetime)
{
    expiry_start(&wheel, 1, EXPIRY_UDP, 1000 * S);
    assert_int_equal(next(1299 * S), STATE_NONE);
    expiry_refresh(&wheel, 1, EXPIRY_UDP, 1299 * S);
    assert_int_equal(next(1598 * S), STATE_NONE);
    assert_int_equal(next(1600 * S), 1);
}

TEST(N64_3_5_2_14_a_refresh_never_shortens)
{
    expiry_start(&wheel, 1, EXPIRY_TCP_ESTABLISHED, 1000 * S);
    expiry_refresh(&wheel, 1, EXPIRY_TCP_OPENING, 1001 * S);
    assert_int_equal(next(8199 * S), STATE_NONE);
    assert_int_equal(next(8201 * S), 1);
}

TEST(TCP_EST_3_a_reset_shortens_at_once)
{
    expiry_start(&wheel, 1, EXPIRY_TCP_ESTABLISHED, 1000 * S);
    expiry_shorten(&wheel, 1, EXPIRY_TCP_CLOSING, 1010 * S);
    assert_int_equal(next(1039 * S), STATE_NONE);
    assert_int_equal(next(1041 * S), 1);
}

TEST(N64_4_03_closing_is_as_long_as_the_pool_allows)
{
    assert_int_equal(expiry_closing(240 * S, 30 * S, 0, 16384), 240 * S);
    assert_int_equal(expiry_closing(240 * S, 30 * S, 8192, 16384), 240 * S);
    assert_in_range(expiry_closing(240 * S, 30 * S, 12288, 16384), 134 * S, 136 * S);
    assert_int_equal(expiry_closing(240 * S, 30 * S, 16384, 16384), 30 * S);
    assert_int_equal(expiry_closing(240 * S, 30 * S, 20000, 16384), 30 * S);
    assert_int_equal(expiry_closing(20 * S, 30 * S, 16384, 16384), 20 * S); /* never longer than configured */
    assert_int_equal(expiry_closing(240 * S, 30 * S, 0, 0), 240 * S);
    assert_int_equal(expiry_closing(240 * S, 30 * S, 1, 1), 30 * S);
}

TEST(sessions_that_close_already_follow_a_shorter_time)
{
    sessions[1].pool = sessions[2].pool = 3;
    sessions[3].pool = 4;
    for (uint32_t i = 1; i <= 3; i++) {
        expiry_start(&wheel, i, EXPIRY_TCP_ESTABLISHED, 1000 * S);
        expiry_shorten(&wheel, i, EXPIRY_TCP_CLOSING, (1000 + i) * S);
    }
    assert_int_equal(next(1012 * S), STATE_NONE);
    wheel.closing_ns[3] = 10 * S; /* the pool of two of them fills up */
    assert_int_equal(next(1012 * S), 1);
    assert_int_equal(next(1012 * S), 2);
    assert_int_equal(next(1012 * S), STATE_NONE);
    wheel.closing_ns[3] = lifetimes[EXPIRY_TCP_CLOSING];
    assert_int_equal(next((1003 + 31) * S), 3);
    sessions[1].pool = sessions[2].pool = sessions[3].pool = 0;
}

TEST(a_closing_session_that_lives_again_has_its_new_lifetime)
{
    expiry_start(&wheel, 1, EXPIRY_TCP_CLOSING, 1000 * S);
    expiry_refresh(&wheel, 1, EXPIRY_TCP_ESTABLISHED, 1010 * S);
    assert_int_equal(next(8209 * S), STATE_NONE);
    assert_int_equal(next(8211 * S), 1);
}

TEST(SEC_23_work_is_bounded_and_nothing_is_lost)
{
    unsigned ended = 0, calls = 0;
    for (uint32_t i = 0; i < SLOTS; i++)
        expiry_start(&wheel, i, EXPIRY_ICMP, 1000 * S);
    while (ended < SLOTS && calls++ < 1000) {
        unsigned budget = 10;
        while (expiry_next(&wheel, 1062 * S, &budget) != STATE_NONE)
            ended++;
        assert_true(ended <= calls * 10);
    }
    assert_int_equal(ended, SLOTS);
}

TEST(N64_3_5_2_14_random_starts_refreshes_and_stops_agree_with_a_model)
{
    static uint64_t due[SLOTS];
    unsigned seed = 41;
    uint64_t now_ns = 1000 * S;
    print_message("seed %u\n", seed);
    memset(due, 0, sizeof(due));
    for (int i = 0; i < 200000; i++) {
        uint32_t slot = (uint32_t)rand_r(&seed) % SLOTS;
        int lifetime = rand_r(&seed) % EXPIRY_LIFETIMES;
        now_ns += (uint64_t)(rand_r(&seed) % 50) * S / 100;
        uint64_t until = now_ns + lifetimes[lifetime];
        if (due[slot] == 0) {
            expiry_start(&wheel, slot, lifetime, now_ns);
            due[slot] = until;
        } else if (i % 7 == 0) {
            expiry_stop(&wheel, slot);
            due[slot] = 0;
        } else if (i % 5 == 0 || lifetime == EXPIRY_TCP_CLOSING) {
            expiry_shorten(&wheel, slot, lifetime, now_ns);
            due[slot] = until;
        } else {
            if (sessions[slot].lifetime == EXPIRY_TCP_CLOSING) { /* a closing connection that lives again */
                lifetime = EXPIRY_TCP_ESTABLISHED;
                until = now_ns + lifetimes[lifetime];
            }
            expiry_refresh(&wheel, slot, lifetime, now_ns);
            due[slot] = until > due[slot] ? until : due[slot];
        }
        uint32_t ended;
        while ((ended = next(now_ns)) != STATE_NONE) {
            assert_true(due[ended] != 0 && due[ended] <= now_ns);
            due[ended] = 0;
        }
        for (int k = 0; k < 4; k++) { /* nothing is overdue by more than a tick */
            uint32_t any = (uint32_t)rand_r(&seed) % SLOTS;
            assert_true(due[any] == 0 || due[any] + 2 * EXPIRY_TICK_NS >= now_ns);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(N64_4_04_present_a_second_before_and_gone_a_second_after, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(N64_3_5_1_03_a_refresh_gives_another_full_lifetime, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(N64_3_5_2_14_a_refresh_never_shortens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(TCP_EST_3_a_reset_shortens_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_4_03_closing_is_as_long_as_the_pool_allows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_that_close_already_follow_a_shorter_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closing_session_that_lives_again_has_its_new_lifetime, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(SEC_23_work_is_bounded_and_nothing_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_5_2_14_random_starts_refreshes_and_stops_agree_with_a_model,
                                        set_up, tear_down),
    };
    return RUN(tests);
}
