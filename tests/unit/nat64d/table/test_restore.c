/*
 * Tables rebuilt from what is live in the mapping after a restart.
 *
 * Layer: test
 * Specification: RFC 6146 3.1, 3.2
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/bib.h"
#include "nat64d/table/expiry.h"
#include "nat64d/table/session.h"
#include "nat64d/table/slot_word.h"

enum { SLOTS = 3000, SHARDS = 2 };
#define S UINT64_C(1000000000)

static const struct siphash_key key = {1, 2};
static struct state state;
static void *memory;
static struct slots *bib_slots, *session_slots;
static struct bib_shared *bib_shared;
static struct session_shared *session_shared;
static struct bib bib[SHARDS];
static struct session_table sessions[SHARDS];

/* Everything but the mapping. */
static void start(void)
{
    memset(bib, 0, sizeof(bib));
    memset(sessions, 0, sizeof(sessions));
    assert_int_equal(slots_new(SLOTS, &bib_slots), 0);
    assert_int_equal(slots_new(SLOTS, &session_slots), 0);
    assert_int_equal(bib_shared_new(state.bib, SLOTS, &bib_shared), 0);
    assert_int_equal(session_shared_new(state.sessions, SLOTS, &session_shared), 0);
    for (uint8_t i = 0; i < SHARDS; i++) {
        assert_int_equal(slots_shard_new(bib_slots, &bib[i].slots), 0);
        assert_int_equal(slots_shard_new(session_slots, &sessions[i].slots), 0);
        assert_int_equal(bib_init(&bib[i], bib_shared, key, i), 0);
        assert_int_equal(session_init(&sessions[i], session_shared, key, i), 0);
    }
}

static void stop(void)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        session_done(&sessions[i]);
        bib_done(&bib[i]);
        slots_shard_free(sessions[i].slots);
        slots_shard_free(bib[i].slots);
    }
    session_shared_free(session_shared);
    bib_shared_free(bib_shared);
    slots_free(session_slots);
    slots_free(bib_slots);
}

static int set_up(void **context)
{
    const struct state_shape shape = {SLOTS, SLOTS, SHARDS, 16};
    const uint8_t boot_id[STATE_BOOT_ID] = {0};
    size_t len = state_file_size(&shape);
    (void)context;
    memory = aligned_alloc(4096, len);
    assert_non_null(memory);
    memset(memory, 0, len);
    assert_int_equal(state_file_init(&state, memory, len, &shape, key, boot_id, 0), 0);
    start();
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    stop();
    free(memory);
    return 0;
}

static bool is_live(const _Atomic uint32_t *word)
{
    uint32_t before;
    return slot_word_begin(word, &before);
}

static struct bib_values values_of(unsigned n)
{
    struct bib_values values = {.transport = n % TRANSPORT_COUNT,
                                .src6_port = (uint16_t)n,
                                .src4 = 0xc0000201,
                                .src4_port = (uint16_t)n};
    values.src6.s6_addr[0] = 0x20;
    return values;
}

static uint32_t add_binding(unsigned shard, unsigned n)
{
    struct bib_values values = values_of(n);
    uint32_t slot;
    assert_int_equal(bib_add(&bib[shard], &values, 5, &slot), 0);
    return slot;
}

static uint32_t add_session(unsigned shard, uint32_t binding, uint32_t dst4, uint16_t dst_port)
{
    struct bib_entry *entry = bib_entry(&bib[shard], binding);
    struct session_values values = {
        .transport = entry->transport, .bib = binding, .dst4 = dst4, .dst_port = dst_port};
    uint32_t slot;
    assert_int_equal(session_add(&sessions[shard], &values, entry, 5, &slot), 0);
    return slot;
}

static void restore_all(void)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        if (is_live(&state.bib[i].word))
            assert_int_equal(bib_restore(&bib[state.bib[i].shard], i), 0);
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct session *session = &state.sessions[i];
        if (is_live(&session->word))
            assert_int_equal(session_restore(&sessions[session->shard], i, &state.bib[session->bib]), 0);
    }
}

TEST(all_is_found_again_after_a_restart_and_ends_as_ever)
{
    static struct bib_entry before_bib[SLOTS];
    static struct session before_sessions[SLOTS];
    static uint32_t bindings[400], flows[400][3];
    for (unsigned n = 0; n < 400; n++) {
        bindings[n] = add_binding(n % 2, n);
        for (unsigned i = 0; i < 3; i++)
            flows[n][i] = add_session(n % 2, bindings[n], 0xcb007100 + i / 2, (uint16_t)i);
    }
    for (unsigned n = 0; n < 400; n += 5) { /* holes */
        for (unsigned i = 0; i < 3; i++)
            session_drop(&sessions[n % 2], flows[n][i], &state.bib[bindings[n]]);
        bib_drop(&bib[n % 2], bindings[n]);
    }
    memcpy(before_bib, state.bib, sizeof(before_bib));
    memcpy(before_sessions, state.sessions, sizeof(before_sessions));
    stop();
    start();
    for (unsigned n = 1; n < 400; n += 5)
        state.bib[bindings[n]].sessions = 12345; /* not to be trusted */
    restore_all();
    assert_memory_equal(before_bib, state.bib, sizeof(before_bib));
    assert_memory_equal(before_sessions, state.sessions, sizeof(before_sessions));
    unsigned counted = 0, counted_sessions = 0;
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        counted += bib[0].count[t] + bib[1].count[t];
        counted_sessions += sessions[0].count[t] + sessions[1].count[t];
    }
    assert_int_equal(counted, 320);
    assert_int_equal(counted_sessions, 960);
    for (unsigned n = 0; n < 400; n++) {
        struct bib_values values = values_of(n);
        uint32_t expected = n % 5 == 0 ? STATE_NONE : bindings[n];
        assert_int_equal(bib_find6(&bib[n % 2], values.transport, &values.src6, values.src6_port), expected);
        assert_int_equal(bib_find4(&bib[n % 2], values.transport, values.src4, values.src4_port), expected);
        if (n % 5 == 0)
            continue;
        assert_int_equal(state.bib[bindings[n]].sessions, 3);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(session_find(&sessions[n % 2], bindings[n], 0xcb007100 + i / 2, (uint16_t)i),
                             flows[n][i]);
        for (unsigned i = 0; i < 3; i++) {
            assert_true(session_has_peer(&sessions[n % 2], bindings[n], 0xcb007100 + i / 2));
            assert_int_equal(session_drop(&sessions[n % 2], flows[n][i], &state.bib[bindings[n]]), i == 2);
        }
        assert_false(session_has_peer(&sessions[n % 2], bindings[n], 0xcb007100));
        bib_drop(&bib[n % 2], bindings[n]);
    }
    /* Every slot is free again; an empty chunk stays with the other shard. */
    for (unsigned n = 0; n < SLOTS - STATE_CHUNK; n++)
        add_binding(1, n);
}

TEST(a_restored_slot_is_not_given_again)
{
    static bool taken[SLOTS];
    memset(taken, 0, sizeof(taken));
    for (unsigned n = 0; n < 700; n++)
        taken[add_binding(n % 2, n)] = true;
    stop();
    start();
    restore_all();
    for (unsigned n = 700; n < SLOTS; n++) {
        struct bib_values values = values_of(n);
        uint32_t slot;
        if (bib_add(&bib[n % 2], &values, 0, &slot) < 0)
            assert_int_equal(bib_add(&bib[1 - n % 2], &values, 0, &slot), 0);
        assert_false(taken[slot]);
        taken[slot] = true;
    }
}

TEST(slots_of_another_shards_chunk_are_refused)
{
    assert_int_equal(slots_restore(bib[0].slots, 300), 0);
    assert_int_equal(slots_restore(bib[1].slots, 301), -EBUSY);
    assert_int_equal(slots_restore(bib[1].slots, 300), -EBUSY);
    assert_int_equal(slots_restore(bib[0].slots, 300), -EEXIST);
    assert_int_equal(slots_restore(bib[1].slots, 255), 0);
    assert_int_equal(slots_restore(bib[0].slots, SLOTS - 1), 0);
    assert_int_equal(slots_restore(bib[0].slots, SLOTS), -EINVAL);
    assert_int_equal(slots_restore(bib[0].slots, SLOTS + STATE_CHUNK), -EINVAL);
    assert_int_equal(slots_restore(bib[0].slots, STATE_NONE), -EINVAL);
    slots_give(bib[0].slots, 300);
    assert_int_equal(slots_restore(bib[0].slots, 300), 0);
}

TEST(slots_restored_in_any_order_make_the_same_table)
{
    static uint32_t order[SLOTS];
    static bool taken[SLOTS];
    unsigned seed = 11;
    print_message("seed %u\n", seed);
    memset(taken, 0, sizeof(taken));
    for (uint32_t i = 0; i < SLOTS; i++)
        order[i] = i;
    for (uint32_t i = SLOTS - 1; i > 0; i--) {
        uint32_t other = (uint32_t)rand_r(&seed) % (i + 1), swap = order[i];
        order[i] = order[other];
        order[other] = swap;
    }
    for (uint32_t i = 0; i < SLOTS / 2; i++) {
        struct slots_shard *shard = bib[order[i] / STATE_CHUNK % 2].slots;
        assert_int_equal(slots_restore(shard, order[i]), 0);
        taken[order[i]] = true;
    }
    for (unsigned shard = 0; shard < SHARDS; shard++)
        for (uint32_t slot; (slot = slots_take(bib[shard].slots)) != STATE_NONE;) {
            assert_false(taken[slot]);
            assert_int_equal(slot / STATE_CHUNK % 2, shard);
            taken[slot] = true;
        }
    for (uint32_t i = 0; i < SLOTS; i++)
        assert_true(taken[i]);
    for (uint32_t i = 0; i < SLOTS; i++)
        slots_give(bib[i / STATE_CHUNK % 2].slots, i);
    unsigned count = 0;
    while (slots_take(bib[0].slots) != STATE_NONE)
        count++;
    assert_true(count >= SLOTS - STATE_CHUNK); /* one empty chunk stays with the other shard */
}

/* Copies a live binding to another slot, as damage may. */
static void double_binding(uint32_t from, uint32_t to)
{
    memcpy(&state.bib[to], &state.bib[from], sizeof(state.bib[to]));
}

TEST(a_doubled_binding_is_refused_from_either_side)
{
    uint32_t slot = add_binding(0, 3), other = add_binding(0, 6);
    stop();
    start();
    double_binding(slot, 10); /* both sides */
    double_binding(slot, 11); /* the IPv4 side alone */
    state.bib[11].src6_port = 99;
    double_binding(slot, 12); /* the IPv6 side alone */
    state.bib[12].src4_port = 99;
    assert_int_equal(bib_restore(&bib[0], slot), 0);
    assert_int_equal(bib_restore(&bib[0], other), 0);
    for (uint32_t i = 10; i <= 12; i++) {
        assert_int_equal(bib_restore(&bib[0], i), -EEXIST);
        assert_true(is_live(&state.bib[i].word));
        slot_word_clear(&state.bib[i].word);
        assert_false(is_live(&state.bib[i].word));
    }
    assert_int_equal(bib_restore(&bib[0], slot), -EEXIST);
    assert_int_equal(bib[0].count[TRANSPORT_TCP], 2);
    struct bib_values values = values_of(3);
    assert_int_equal(bib_find6(&bib[0], values.transport, &values.src6, 3), slot);
    assert_int_equal(bib_find6(&bib[0], values.transport, &values.src6, 99), STATE_NONE);
    assert_int_equal(bib_find4(&bib[0], values.transport, values.src4, 99), STATE_NONE);
    /* What was refused is free for others. */
    for (unsigned n = 100; n < 100 + STATE_CHUNK; n++)
        add_binding(0, n);
    assert_true(is_live(&state.bib[10].word));
}

TEST(a_binding_or_session_of_no_transport_is_refused)
{
    uint32_t binding = add_binding(0, 3), flow = add_session(0, binding, 1, 1);
    uint32_t other = add_binding(0, 6), other_flow = add_session(0, other, 1, 1);
    stop();
    start();
    state.bib[binding].transport = TRANSPORT_COUNT;
    assert_int_equal(bib_restore(&bib[0], binding), -EINVAL);
    state.bib[binding].transport = 255;
    assert_int_equal(bib_restore(&bib[0], binding), -EINVAL);
    assert_int_equal(bib_restore(&bib[0], SLOTS), -EINVAL);
    assert_int_equal(bib_restore(&bib[0], STATE_NONE), -EINVAL);
    assert_int_equal(bib_restore(&bib[0], other), 0);
    state.sessions[other_flow].transport = TRANSPORT_UDP;
    assert_int_equal(session_restore(&sessions[0], other_flow, &state.bib[other]), -EINVAL);
    state.sessions[flow].transport = 255;
    assert_int_equal(session_restore(&sessions[0], flow, &state.bib[binding]), -EINVAL);
    assert_int_equal(session_restore(&sessions[0], SLOTS, &state.bib[other]), -EINVAL);
    assert_int_equal(state.bib[other].sessions, 0);
    assert_int_equal(session_find(&sessions[0], other, 1, 1), STATE_NONE);
}

TEST(a_doubled_session_is_refused)
{
    uint32_t binding = add_binding(0, 3), flow = add_session(0, binding, 1, 1);
    stop();
    start();
    memcpy(&state.sessions[100], &state.sessions[flow], sizeof(struct session));
    memcpy(&state.sessions[101], &state.sessions[flow], sizeof(struct session));
    state.sessions[101].dst_port = 2; /* another one of the same peer */
    assert_int_equal(bib_restore(&bib[0], binding), 0);
    assert_int_equal(session_restore(&sessions[0], flow, &state.bib[binding]), 0);
    assert_int_equal(session_restore(&sessions[0], 100, &state.bib[binding]), -EEXIST);
    assert_int_equal(session_restore(&sessions[0], flow, &state.bib[binding]), -EEXIST);
    assert_int_equal(session_restore(&sessions[0], 101, &state.bib[binding]), 0);
    assert_int_equal(state.bib[binding].sessions, 2);
    assert_false(session_drop(&sessions[0], flow, &state.bib[binding]));
    assert_true(session_has_peer(&sessions[0], binding, 1));
    assert_true(session_drop(&sessions[0], 101, &state.bib[binding]));
    assert_false(session_has_peer(&sessions[0], binding, 1));
}

TEST(a_cleared_slot_keeps_its_generation)
{
    uint32_t binding = add_binding(0, 3), before, after;
    assert_true(slot_word_begin(&state.bib[binding].word, &before));
    slot_word_clear(&state.bib[binding].word);
    assert_false(slot_word_unchanged(&state.bib[binding].word, before));
    slot_word_publish(&state.bib[binding].word);
    assert_true(slot_word_begin(&state.bib[binding].word, &after));
    assert_int_not_equal(before, after);
}

static const uint64_t lifetimes[EXPIRY_LIFETIMES] = {300 * S, 17 * S, 60 * S, 7200 * S, 240 * S, 30 * S};

static uint32_t next(struct expiry *wheel, uint64_t now_ns)
{
    unsigned budget = 100000;
    return expiry_next(wheel, now_ns, &budget);
}

TEST(a_restored_session_ends_at_its_stored_time)
{
    static struct expiry_link links[SLOTS];
    struct expiry wheel;
    const struct {
        uint64_t expires_ns;
        uint8_t lifetime;
        uint64_t ends_ns; /* within a tick or two */
    } cases[] = {
        {5050 * S, EXPIRY_UDP, 5050 * S},
        {4000 * S, EXPIRY_UDP, 5000 * S}, /* past */
        {0, EXPIRY_UDP, 5000 * S},
        {5000 * S, EXPIRY_UDP, 5000 * S},
        {5300 * S, EXPIRY_UDP, 5300 * S},
        {9000 * S, EXPIRY_UDP, 5300 * S}, /* absurdly far: its lifetime */
        {UINT64_MAX, EXPIRY_TCP_CLOSING, 5030 * S},
        {9000 * S, EXPIRY_TCP_ESTABLISHED, 9000 * S},
        {UINT64_MAX, EXPIRY_TCP_ESTABLISHED, 12200 * S},
        {9000 * S, EXPIRY_LIFETIMES, 5000 * S}, /* a lifetime that is none */
        {9000 * S, 255, 5000 * S},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(expiry_init(&wheel, state.sessions, links, lifetimes, 5000 * S), 0);
        state.sessions[7].expires_ns = cases[i].expires_ns;
        state.sessions[7].lifetime = cases[i].lifetime;
        state.sessions[7].closed_ns = 5001 * S; /* in the future, which cannot be */
        expiry_restore(&wheel, 7, 5000 * S);
        assert_true(state.sessions[7].lifetime < EXPIRY_LIFETIMES);
        if (cases[i].ends_ns > 5000 * S)
            assert_int_equal(next(&wheel, cases[i].ends_ns - S), STATE_NONE);
        assert_int_equal(next(&wheel, cases[i].ends_ns + EXPIRY_TICK_NS), 7);
        assert_int_equal(next(&wheel, 20000 * S), STATE_NONE);
        expiry_done(&wheel);
    }
}

TEST(a_restored_session_is_refreshed_and_stopped_as_ever)
{
    static struct expiry_link links[SLOTS];
    struct expiry wheel;
    assert_int_equal(expiry_init(&wheel, state.sessions, links, lifetimes, 5000 * S), 0);
    for (uint32_t i = 0; i < 3; i++) {
        state.sessions[i].expires_ns = 5050 * S;
        state.sessions[i].lifetime = EXPIRY_UDP;
        expiry_restore(&wheel, i, 5000 * S);
    }
    expiry_refresh(&wheel, 0, EXPIRY_UDP, 5040 * S);
    expiry_stop(&wheel, 1);
    assert_int_equal(next(&wheel, 5051 * S), 2);
    assert_int_equal(next(&wheel, 5051 * S), STATE_NONE);
    assert_int_equal(next(&wheel, 5341 * S), 0);
    assert_int_equal(next(&wheel, 20000 * S), STATE_NONE);
    expiry_done(&wheel);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_is_found_again_after_a_restart_and_ends_as_ever),
        UNIT(a_restored_slot_is_not_given_again),
        UNIT(slots_of_another_shards_chunk_are_refused),
        UNIT(slots_restored_in_any_order_make_the_same_table),
        UNIT(a_doubled_binding_is_refused_from_either_side),
        UNIT(a_binding_or_session_of_no_transport_is_refused),
        UNIT(a_doubled_session_is_refused),
        UNIT(a_cleared_slot_keeps_its_generation),
        UNIT(a_restored_session_ends_at_its_stored_time),
        UNIT(a_restored_session_is_refreshed_and_stopped_as_ever),
    };
    return RUN(tests);
}
