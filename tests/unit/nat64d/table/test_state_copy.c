/*
 * A state copied into another: what lives comes along, at its right time.
 *
 * Layer: test
 * Specification: RFC 6146 3.1, 3.2
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/bib.h"
#include "nat64d/table/session.h"
#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"

#define S INT64_C(1000000000)

static const struct siphash_key key = {11, 22};
static const uint8_t boot_id[STATE_BOOT_ID] = {1, 2, 3};
static const struct state_shape usual = {1000, 2000, 4, 10};

struct made {
    struct state state;
    void *memory;
};
static struct made from, to;
static struct state_source source;
static uint32_t map[3000];

static void make(struct made *made, const struct state_shape *shape)
{
    size_t len = state_file_size(shape);
    made->memory = aligned_alloc(4096, len);
    assert_non_null(made->memory);
    memset(made->memory, 0, len);
    assert_int_equal(state_file_init(&made->state, made->memory, len, shape, key, boot_id, 0), 0);
}

static void make_both(const struct state_shape *of_from, const struct state_shape *of_to)
{
    make(&from, of_from);
    make(&to, of_to);
    source = (struct state_source){from.state.header, (const uint8_t *)from.state.bib,
                                   (const uint8_t *)from.state.sessions, (const uint8_t *)from.state.held};
}

static int tear_down(void **context)
{
    (void)context;
    free(from.memory);
    free(to.memory);
    from.memory = to.memory = NULL;
    return 0;
}

static void put_binding(uint32_t slot, uint8_t shard, uint16_t port)
{
    struct bib_entry *entry = &from.state.bib[slot];
    entry->shard = shard;
    entry->transport = TRANSPORT_UDP;
    entry->src6.s6_addr[0] = 0x20;
    entry->src6_port = port;
    entry->src4 = 0xc0000201;
    entry->src4_port = port;
    entry->created_ns = (uint64_t)(1000 * S);
    entry->check = slot_check_bib(entry, slot);
    slot_word_publish(&entry->word);
}

static void put_session(uint32_t slot, uint8_t shard, uint32_t bib, uint16_t dst_port)
{
    struct session *session = &from.state.sessions[slot];
    session->shard = shard;
    session->transport = TRANSPORT_UDP;
    session->bib = bib;
    session->dst4 = 0xcb007101;
    session->dst_port = dst_port;
    session->created_ns = (uint64_t)(1000 * S);
    session->expires_ns = (uint64_t)(1300 * S);
    session->packets6 = 7;
    session->mss4 = 1460;
    session->check = slot_check_session(session, slot);
    slot_word_publish(&session->word);
}

static bool is_live(const _Atomic uint32_t *word)
{
    uint32_t before;
    return slot_word_begin(word, &before);
}

/* Live sessions of `to`, each checked against its binding: port of the backend 100 + n, of the peer n. */
static unsigned count_checked(void)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < to.state.header->session_slots; i++) {
        const struct session *session = &to.state.sessions[i];
        if (!is_live(&session->word))
            continue;
        count++;
        assert_true(session->bib < to.state.header->bib_slots);
        const struct bib_entry *entry = &to.state.bib[session->bib];
        assert_true(is_live(&entry->word));
        assert_int_equal(entry->src6_port, session->dst_port + 100);
        assert_int_equal(entry->src4_port, session->dst_port + 100);
        assert_int_equal(entry->shard, session->shard);
    }
    return count;
}

static unsigned count_bindings(void)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < to.state.header->bib_slots; i++)
        count += is_live(&to.state.bib[i].word);
    return count;
}

/* One session for each of `count` bindings, scattered. */
static void fill(unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        put_binding(n * 3 % 1000, (uint8_t)(n % 4), (uint16_t)(100 + n));
        put_session(n * 7 % 2000, (uint8_t)(n % 4), n * 3 % 1000, (uint16_t)n);
    }
}

TEST(all_that_lives_is_copied_to_the_same_size)
{
    make_both(&usual, &usual);
    fill(500);
    assert_int_equal(state_copy(&source, &to.state, 0, map), 0);
    assert_int_equal(count_checked(), 500);
    assert_int_equal(count_bindings(), 500);
    for (uint32_t i = 0; i < 2000; i++) {
        const struct session *session = &to.state.sessions[i];
        if (!is_live(&session->word))
            continue;
        assert_true(session->expires_ns == (uint64_t)(1300 * S));
        assert_int_equal(session->packets6, 7);
        assert_int_equal(session->mss4, 1460);
    }
}

TEST(a_bigger_state_takes_all)
{
    const struct state_shape bigger = {3000, 9000, 4, 100};
    make_both(&usual, &bigger);
    fill(900);
    assert_int_equal(state_copy(&source, &to.state, 0, map), 0);
    assert_int_equal(count_checked(), 900);
    assert_int_equal(count_bindings(), 900);
}

TEST(a_smaller_state_takes_what_fits_and_tells_how_many_do_not)
{
    const struct state_shape fewer_sessions = {1000, 4 * STATE_CHUNK, 4, 4},
                             fewer_bindings = {300, 2000, 4, 4};
    make_both(&usual, &fewer_sessions);
    for (unsigned n = 0; n < 900; n++) {
        put_binding(n, 1, (uint16_t)(100 + n));
        put_session(2 * n, 1, n, (uint16_t)n);
        put_session(2 * n + 1, 1, n, (uint16_t)n);
    }
    assert_int_equal(state_copy(&source, &to.state, 0, map), 1800 - 1024);
    assert_int_equal(count_checked(), 1024);
    free(to.memory);
    make(&to, &fewer_bindings);
    assert_int_equal(state_copy(&source, &to.state, 0, map), 1800 - 600);
    assert_int_equal(count_checked(), 600);
    assert_int_equal(count_bindings(), 300);
}

TEST(shorter_slots_are_read_and_what_they_lack_is_0)
{
    static uint8_t bib[1000 * 56], sessions[2000 * 104];
    make_both(&usual, &usual);
    fill(500);
    for (uint32_t i = 0; i < 1000; i++) {
        from.state.bib[i].check = UINT32_MAX;
        memcpy(&bib[i * 56], &from.state.bib[i], 56);
    }
    for (uint32_t i = 0; i < 2000; i++) {
        from.state.sessions[i].check = UINT32_MAX;
        memcpy(&sessions[i * 104], &from.state.sessions[i], 104);
    }
    source.bib = bib;
    source.sessions = sessions;
    from.state.header->bib_slot_len = 56;
    from.state.header->session_slot_len = 104;
    from.state.header->layout = STATE_LAYOUT - 1;
    memset(to.state.bib, 0xff, sizeof(struct bib_entry)); /* a stale word is no obstacle */
    to.state.bib[0].word = STATE_FREE;
    assert_int_equal(state_copy(&source, &to.state, 0, map), 0);
    assert_int_equal(count_checked(), 500);
    for (uint32_t i = 0; i < 2000; i++)
        if (is_live(&to.state.sessions[i].word)) {
            assert_int_equal(to.state.sessions[i].check, slot_check_session(&to.state.sessions[i], i));
            assert_int_equal(to.state.sessions[i].spare, 0);
        }
}

TEST(times_are_shifted_and_never_beyond_their_range)
{
    const struct {
        int64_t shift_ns;
        uint64_t expires_ns;
    } cases[] = {
        {0, 1300 * S},      {50 * S, 1350 * S},
        {-1299 * S, S},     {-1300 * S, 1},
        {-9000 * S, 1},     {INT64_MIN, 1},
        {INT64_MIN + 1, 1}, {INT64_MAX, (uint64_t)INT64_MAX + (uint64_t)(1300 * S)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_both(&usual, &usual);
        put_binding(5, 1, 101);
        put_session(9, 1, 5, 1);
        from.state.held[0].until_ns = from.state.sessions[9].closed_ns = (uint64_t)(1300 * S);
        assert_int_equal(state_copy(&source, &to.state, cases[i].shift_ns, map), 0);
        assert_int_equal(count_checked(), 1);
        assert_true(to.state.sessions[0].expires_ns == cases[i].expires_ns);
        assert_true(to.state.sessions[0].closed_ns == cases[i].expires_ns);
        assert_true(to.state.held[0].until_ns == cases[i].expires_ns);
        tear_down(NULL);
    }
    make_both(&usual, &usual);
    put_binding(5, 1, 101);
    put_session(9, 1, 5, 1);
    from.state.sessions[9].expires_ns = UINT64_MAX - 5;
    assert_int_equal(state_copy(&source, &to.state, 10, map), 0);
    assert_true(to.state.sessions[0].expires_ns == UINT64_MAX);
}

TEST(a_session_without_its_binding_is_left_out)
{
    make_both(&usual, &usual);
    put_binding(5, 1, 101);
    put_binding(6, 1, 102);
    put_session(0, 1, 5, 1);
    put_session(1, 1, 6, 2);
    put_session(2, 1, 7, 3);          /* never was */
    put_session(3, 1, 1000, 4);       /* beyond the table */
    put_session(4, 1, STATE_NONE, 5); /* none */
    put_session(5, 200, 5, 1);        /* a shard that is none */
    slot_word_clear(&from.state.bib[6].word);
    assert_int_equal(state_copy(&source, &to.state, 0, map), 5);
    assert_int_equal(count_checked(), 1);
    assert_int_equal(count_bindings(), 1);
}

TEST(a_binding_of_a_shard_that_is_none_is_left_out)
{
    make_both(&usual, &usual);
    put_binding(5, 4, 101);
    put_binding(6, 255, 102);
    put_session(0, 1, 5, 1);
    assert_int_equal(state_copy(&source, &to.state, 0, map), 1);
    assert_int_equal(count_bindings(), 0);
}

TEST(slots_of_a_shard_fill_chunks_of_its_own)
{
    static uint8_t owner[2000 / STATE_CHUNK + 1];
    make_both(&usual, &usual);
    for (unsigned n = 0; n < 1000; n++)
        put_binding(n, (uint8_t)(n % 3), (uint16_t)(100 + n));
    for (unsigned n = 0; n < 1000; n++)
        put_session(n, (uint8_t)(n % 3), n, (uint16_t)n);
    state_copy(&source, &to.state, 0, map);
    assert_true(count_checked() > 700);
    memset(owner, 0xff, sizeof(owner));
    for (uint32_t i = 0; i < 2000; i++) {
        if (!is_live(&to.state.sessions[i].word))
            continue;
        if (owner[i / STATE_CHUNK] == 0xff)
            owner[i / STATE_CHUNK] = to.state.sessions[i].shard;
        assert_int_equal(owner[i / STATE_CHUNK], to.state.sessions[i].shard);
    }
    memset(owner, 0xff, sizeof(owner));
    for (uint32_t i = 0; i < 1000; i++) {
        if (!is_live(&to.state.bib[i].word))
            continue;
        if (owner[i / STATE_CHUNK] == 0xff)
            owner[i / STATE_CHUNK] = to.state.bib[i].shard;
        assert_int_equal(owner[i / STATE_CHUNK], to.state.bib[i].shard);
    }
}

TEST(held_ports_stay_with_their_shard)
{
    const struct state_shape more = {1000, 2000, 4, 50}, fewer = {1000, 2000, 4, 3};
    make_both(&usual, &more);
    for (unsigned shard = 0; shard < 4; shard++)
        for (unsigned i = 0; i < 10; i += 2) {
            struct claim_held *held = &from.state.held[shard * 10 + i];
            held->src4 = 0xc0000201;
            held->port = (uint16_t)(shard * 100 + i);
            held->transport = TRANSPORT_ICMP;
            held->until_ns = (uint64_t)(1000 * S);
        }
    from.state.held[1].port = 1; /* not held: its time was never written */
    state_copy(&source, &to.state, -1 * S, map);
    for (unsigned shard = 0; shard < 4; shard++)
        for (unsigned i = 0; i < 50; i++) {
            const struct claim_held *held = &to.state.held[shard * 50 + i];
            assert_true(held->until_ns == (i < 5 ? (uint64_t)(999 * S) : 0));
            if (i < 5) {
                assert_int_equal(held->port, shard * 100 + 2 * i);
                assert_int_equal(held->transport, TRANSPORT_ICMP);
            }
        }
    free(to.memory);
    make(&to, &fewer);
    state_copy(&source, &to.state, 0, map);
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(to.state.held[i].port / 100, i / 3);
    assert_true(to.state.held[12].until_ns == 0); /* still in the page, and nobody's */
}

TEST(prefixes_of_the_header_come_along_and_it_is_sealed)
{
    struct state again;
    struct state_source ignored;
    make_both(&usual, &usual);
    from.state.header->pref64[31].len = 96;
    state_copy(&source, &to.state, 0, map);
    assert_int_equal(state_file_open(&again, to.memory, state_file_size(&usual), boot_id, &ignored), 0);
    assert_int_equal(again.header->pref64[31].len, 96);
}

TEST(slots_full_of_noise_are_copied_within_bounds)
{
    unsigned seed = 29;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 200; round++) {
        make_both(&usual, &usual);
        for (uint8_t *at = (uint8_t *)from.state.bib; at < (uint8_t *)(from.state.held + 40); at++)
            *at = (uint8_t)rand_r(&seed);
        for (uint32_t i = 0; i < 1000; i++) {
            from.state.bib[i].word = (uint32_t)rand_r(&seed) % 3;
            from.state.bib[i].shard = (uint8_t)(rand_r(&seed) % (round % 2 == 0 ? 256 : 5));
        }
        for (uint32_t i = 0; i < 2000; i++) {
            from.state.sessions[i].word = (uint32_t)rand_r(&seed) % 3;
            from.state.sessions[i].shard = (uint8_t)(rand_r(&seed) % (round % 2 == 0 ? 256 : 5));
            if (round % 3 != 0)
                from.state.sessions[i].bib = (uint32_t)rand_r(&seed) % 1100;
        }
        state_copy(&source, &to.state, (int64_t)((uint64_t)rand_r(&seed) << 33), map);
        for (uint32_t i = 0; i < 2000; i++) {
            const struct session *session = &to.state.sessions[i];
            assert_true(!is_live(&session->word) || (session->shard < 4 && session->bib < 1000 &&
                                                     is_live(&to.state.bib[session->bib].word)));
        }
        for (uint32_t i = 0; i < 1000; i++)
            assert_true(!is_live(&to.state.bib[i].word) || to.state.bib[i].shard < 4);
        tear_down(NULL);
    }
}

/* A worker that binds, opens, ends, all the time: backend's port 100 + n, peer's port n. */
static _Atomic bool stop;

static void *work(void *context)
{
    struct bib *bib = ((void **)context)[0];
    struct session_table *sessions = ((void **)context)[1];
    unsigned seed = 3;
    while (!stop) {
        uint32_t slots[8], bindings[8];
        for (unsigned i = 0; i < 8; i++) {
            uint16_t n = (uint16_t)(rand_r(&seed) % 1000 * 8 + i);
            struct bib_values binding = {
                .transport = TRANSPORT_UDP, .src6_port = n + 100, .src4 = 1, .src4_port = n + 100};
            struct session_values session = {.transport = TRANSPORT_UDP, .dst4 = 2, .dst_port = n};
            if (bib_add(bib, &binding, 0, &bindings[i]) < 0)
                abort();
            session.bib = bindings[i];
            if (session_add(sessions, &session, bib_entry(bib, bindings[i]), 0, &slots[i]) < 0)
                abort();
        }
        for (unsigned i = 0; i < 8; i++) {
            session_drop(sessions, slots[i], bib_entry(bib, bindings[i]));
            bib_drop(bib, bindings[i]);
        }
    }
    return NULL;
}

TEST(a_copy_beside_a_worker_never_mixes_bindings_and_sessions)
{
    struct slots *bib_slots, *session_slots;
    struct bib_shared *bib_shared;
    struct session_shared *session_shared;
    static struct bib bib;
    static struct session_table sessions;
    pthread_t thread;
    unsigned seen = 0;
    make(&from, &usual);
    assert_int_equal(slots_new(1000, &bib_slots), 0);
    assert_int_equal(slots_new(2000, &session_slots), 0);
    assert_int_equal(slots_shard_new(bib_slots, &bib.slots), 0);
    assert_int_equal(slots_shard_new(session_slots, &sessions.slots), 0);
    assert_int_equal(bib_shared_new(from.state.bib, 1000, &bib_shared), 0);
    assert_int_equal(session_shared_new(from.state.sessions, 2000, &session_shared), 0);
    assert_int_equal(bib_init(&bib, bib_shared, key, 2), 0);
    assert_int_equal(session_init(&sessions, session_shared, key, 2), 0);
    source = (struct state_source){from.state.header, (const uint8_t *)from.state.bib,
                                   (const uint8_t *)from.state.sessions, (const uint8_t *)from.state.held};
    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, work, (void *[]){&bib, &sessions}), 0);
    for (int i = 0; i < 20000; i++) {
        if (i % 10 == 0) {
            free(to.memory);
            make(&to, &usual);
        }
        memset(to.state.bib, 0, 1000 * sizeof(*to.state.bib));
        memset(to.state.sessions, 0, 2000 * sizeof(*to.state.sessions));
        state_copy(&source, &to.state, 0, map);
        seen += count_checked();
    }
    stop = true;
    pthread_join(thread, NULL);
    assert_true(seen > 0);
    session_done(&sessions);
    bib_done(&bib);
    session_shared_free(session_shared);
    bib_shared_free(bib_shared);
    slots_shard_free(sessions.slots);
    slots_shard_free(bib.slots);
    slots_free(session_slots);
    slots_free(bib_slots);
}

#define UNIT(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_that_lives_is_copied_to_the_same_size),
        UNIT(a_bigger_state_takes_all),
        UNIT(a_smaller_state_takes_what_fits_and_tells_how_many_do_not),
        UNIT(shorter_slots_are_read_and_what_they_lack_is_0),
        UNIT(times_are_shifted_and_never_beyond_their_range),
        UNIT(a_session_without_its_binding_is_left_out),
        UNIT(a_binding_of_a_shard_that_is_none_is_left_out),
        UNIT(slots_of_a_shard_fill_chunks_of_its_own),
        UNIT(held_ports_stay_with_their_shard),
        UNIT(prefixes_of_the_header_come_along_and_it_is_sealed),
        UNIT(slots_full_of_noise_are_copied_within_bounds),
        UNIT(a_copy_beside_a_worker_never_mixes_bindings_and_sessions),
    };
    return RUN(tests);
}
