/*
 * Bindings and sessions against a plain model.
 *
 * Layer: test
 * Specification: RFC 6146 3.1, 3.2
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/bib.h"
#include "nat64d/table/session.h"

enum { SLOTS = 3000, MODEL = 4000 };

static struct state state;
static struct slots *bib_slots, *session_slots;
static struct bib_shared *bib_shared;
static struct session_shared *session_shared;
static struct bib bib;
static struct session_table sessions;
static void *memory;

static int set_up(void **context)
{
    struct siphash_key key = {1, 2};
    const struct state_shape shape = {
        .bib_slots = SLOTS, .session_slots = SLOTS, .shards = 4, .held_slots = 16};
    const uint8_t boot_id[STATE_BOOT_ID] = {0};
    size_t len = state_file_size(&shape);
    (void)context;
    memset(&bib, 0, sizeof(bib));
    memset(&sessions, 0, sizeof(sessions));
    memory = aligned_alloc(4096, len);
    memset(memory, 0, len);
    assert_int_equal(state_file_init(&state, memory, len, &shape, key, boot_id, 0), 0);
    assert_int_equal(slots_new(SLOTS, &bib_slots), 0);
    assert_int_equal(slots_new(SLOTS, &session_slots), 0);
    assert_int_equal(slots_shard_new(bib_slots, &bib.slots), 0);
    assert_int_equal(slots_shard_new(session_slots, &sessions.slots), 0);
    assert_int_equal(bib_shared_new(state.bib, SLOTS, &bib_shared), 0);
    assert_int_equal(session_shared_new(state.sessions, SLOTS, &session_shared), 0);
    assert_int_equal(bib_init(&bib, bib_shared, key, 0), 0);
    assert_int_equal(session_init(&sessions, session_shared, key, 0), 0);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    session_done(&sessions);
    bib_done(&bib);
    session_shared_free(session_shared);
    bib_shared_free(bib_shared);
    slots_shard_free(sessions.slots);
    slots_shard_free(bib.slots);
    slots_free(session_slots);
    slots_free(bib_slots);
    free(memory);
    return 0;
}

static struct bib_values values_of(unsigned n)
{
    struct bib_values values = {.transport = n % 3,
                                .src6_port = (uint16_t)(n % 65536),
                                .src4 = 0xc0000201,
                                .src4_port = (uint16_t)(n % 65536)};
    values.src6.s6_addr[0] = 0x20;
    values.src6.s6_addr[15] = (uint8_t)(n >> 16);
    return values;
}

TEST(N64_3_1_01_random_bindings_agree_with_a_model)
{
    static uint32_t model[MODEL];
    unsigned seed = 23, live = 0;
    print_message("seed %u\n", seed);
    for (unsigned i = 0; i < MODEL; i++)
        model[i] = STATE_NONE;
    for (int i = 0; i < 200000; i++) {
        unsigned n = (unsigned)rand_r(&seed) % MODEL;
        struct bib_values values = values_of(n);
        uint32_t slot;
        if (model[n] == STATE_NONE) {
            int r = bib_add(&bib, &values, 0, &slot);
            assert_int_equal(r, live < SLOTS ? 0 : -ENOSPC);
            if (r == 0) {
                model[n] = slot;
                live++;
            }
        } else if (rand_r(&seed) % 3 == 0) {
            assert_int_equal(bib_add(&bib, &values, 0, &slot), -EEXIST);
            bib_drop(&bib, model[n]);
            model[n] = STATE_NONE;
            live--;
        }
        assert_int_equal(bib_find6(&bib, values.transport, &values.src6, values.src6_port), model[n]);
        assert_int_equal(bib_find4(&bib, values.transport, values.src4, values.src4_port), model[n]);
    }
    for (unsigned n = 0; n < MODEL; n++) {
        struct bib_values values = values_of(n);
        assert_int_equal(bib_find6(&bib, values.transport, &values.src6, values.src6_port), model[n]);
    }
}

TEST(N64_3_1_01_neither_side_is_bound_twice)
{
    struct bib_values first = values_of(3), same6 = first, same4 = first;
    uint32_t slot, other;
    same6.src4_port++;
    same4.src6_port++;
    assert_int_equal(bib_add(&bib, &first, 0, &slot), 0);
    assert_int_equal(bib_add(&bib, &same6, 0, &other), -EEXIST);
    assert_int_equal(bib_add(&bib, &same4, 0, &other), -EEXIST);
    bib_drop(&bib, slot);
    assert_int_equal(bib_add(&bib, &same6, 0, &other), 0);
    assert_int_equal(bib_add(&bib, &same4, 0, &other), 0);
}

TEST(N64_3_1_02_tcp_and_udp_may_share_a_port)
{
    struct bib_values tcp = values_of(3), udp = tcp;
    uint32_t a, b;
    udp.transport = TRANSPORT_UDP;
    assert_int_equal(bib_add(&bib, &tcp, 0, &a), 0);
    assert_int_equal(bib_add(&bib, &udp, 0, &b), 0);
    assert_int_not_equal(a, b);
    assert_int_equal(bib_find4(&bib, TRANSPORT_UDP, udp.src4, udp.src4_port), b);
}

TEST(N64_3_1_06_the_last_session_says_so)
{
    struct bib_values binding = values_of(3);
    struct session_values session = {.dst4 = 0xcb007101, .dst_port = 80, .pool = 3};
    uint32_t slot, one, two;
    assert_int_equal(bib_add(&bib, &binding, 0, &slot), 0);
    session.bib = slot;
    assert_int_equal(session_add(&sessions, &session, bib_entry(&bib, slot), 0, &one), 0);
    assert_int_equal(session_at(&sessions, one)->pool, 3);
    assert_int_equal(session_add(&sessions, &session, bib_entry(&bib, slot), 0, &two), -EEXIST);
    session.dst_port = 81;
    assert_int_equal(session_add(&sessions, &session, bib_entry(&bib, slot), 0, &two), 0);
    assert_false(session_drop(&sessions, one, bib_entry(&bib, slot)));
    assert_true(session_has_peer(&sessions, slot, 0xcb007101));
    assert_true(session_drop(&sessions, two, bib_entry(&bib, slot)));
    assert_false(session_has_peer(&sessions, slot, 0xcb007101));
}

TEST(peers_stay_known_whichever_session_goes_first)
{
    unsigned seed = 31;
    struct bib_values binding = values_of(3);
    static uint32_t slots[8][64];
    uint32_t slot;
    unsigned count[8] = {0};
    assert_int_equal(bib_add(&bib, &binding, 0, &slot), 0);
    memset(slots, 0xff, sizeof(slots));
    for (int i = 0; i < 100000; i++) {
        unsigned peer = (unsigned)rand_r(&seed) % 8, port = (unsigned)rand_r(&seed) % 64;
        struct session_values session = {.bib = slot, .dst4 = 0xcb007100 + peer, .dst_port = (uint16_t)port};
        if (slots[peer][port] == STATE_NONE) {
            assert_int_equal(session_add(&sessions, &session, bib_entry(&bib, slot), 0, &slots[peer][port]),
                             0);
            count[peer]++;
        } else {
            session_drop(&sessions, slots[peer][port], bib_entry(&bib, slot));
            slots[peer][port] = STATE_NONE;
            count[peer]--;
        }
        assert_int_equal(session_has_peer(&sessions, slot, 0xcb007100 + peer), count[peer] > 0);
        assert_int_equal(session_find(&sessions, slot, 0xcb007100 + peer, (uint16_t)port), slots[peer][port]);
    }
}

TEST(N64_3_3_02_a_full_table_refuses_and_keeps_what_it_has)
{
    struct bib_values binding = values_of(3);
    uint32_t slot, session_slot, first = STATE_NONE;
    assert_int_equal(bib_add(&bib, &binding, 0, &slot), 0);
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session_values session = {.bib = slot, .dst4 = i, .dst_port = 80};
        assert_int_equal(session_add(&sessions, &session, bib_entry(&bib, slot), 0, &session_slot), 0);
        if (i == 0)
            first = session_slot;
    }
    struct session_values more = {.bib = slot, .dst4 = SLOTS, .dst_port = 80};
    assert_int_equal(session_add(&sessions, &more, bib_entry(&bib, slot), 0, &session_slot), -ENOSPC);
    assert_int_equal(session_find(&sessions, slot, 0, 80), first);
    session_drop(&sessions, first, bib_entry(&bib, slot));
    assert_int_equal(session_add(&sessions, &more, bib_entry(&bib, slot), 0, &session_slot), 0);
}

TEST(a_copy_for_another_thread_is_whole_or_refused)
{
    struct bib_values binding = values_of(3);
    struct bib_entry copy;
    uint32_t slot;
    assert_false(bib_peek(state.bib, 0, &copy));
    assert_int_equal(bib_add(&bib, &binding, 5, &slot), 0);
    assert_true(bib_peek(state.bib, slot, &copy));
    assert_int_equal(copy.src4_port, 3);
    bib_drop(&bib, slot);
    assert_false(bib_peek(state.bib, slot, &copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(N64_3_1_01_random_bindings_agree_with_a_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_1_01_neither_side_is_bound_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_1_02_tcp_and_udp_may_share_a_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_1_06_the_last_session_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(peers_stay_known_whichever_session_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_3_02_a_full_table_refuses_and_keeps_what_it_has, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_copy_for_another_thread_is_whole_or_refused, set_up, tear_down),
    };
    return RUN(tests);
}
