/*
 * The header of the state: laid out, found again, mended, refused.
 *
 * Layer: test
 * Specification: none
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nat64d/table/state_file.h"

enum { PAGE = 4096 };

static const struct state_shape shape = {
    .bib_slots = 1000, .session_slots = 2000, .shards = 4, .held_slots = 100};
static const struct siphash_key key = {11, 22};
static const uint8_t boot_id[STATE_BOOT_ID] = {1, 2, 3};
static uint8_t *memory;
static size_t len;
static struct state state;
static struct state_source source;

static int set_up(void **context)
{
    (void)context;
    len = state_file_size(&shape);
    assert_true(len > 0);
    memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    memset(&state, 0, sizeof(state));
    return state_file_init(&state, memory, len, &shape, key, boot_id, 77);
}

static int tear_down(void **context)
{
    (void)context;
    return munmap(memory, len);
}

static int open_again(void)
{
    memset(&state, 0, sizeof(state));
    memset(&source, 0, sizeof(source));
    return state_file_open(&state, memory, len, boot_id, &source);
}

static void assert_is_whole(void)
{
    assert_int_equal(state.header->bib_slots, 1000);
    assert_int_equal(state.header->session_slots, 2000);
    assert_int_equal(state.header->shards, 4);
    assert_int_equal(state.header->held_slots, 100);
    assert_int_equal(state.header->created_ns, 77);
    assert_memory_equal(&state.header->key, &key, sizeof(key));
    assert_memory_equal(memory, memory + PAGE, sizeof(struct state_header));
}

TEST(what_was_laid_out_is_found_again)
{
    struct state made = state;
    state.bib[999].src4_port = 4;
    state.sessions[1999].dst_port = 5;
    state.held[399].port = 6;
    assert_int_equal(open_again(), 0);
    assert_is_whole();
    assert_memory_equal(&made, &state, sizeof(made));
    assert_int_equal(state.bib[999].src4_port, 4);
    assert_int_equal(state.sessions[1999].dst_port, 5);
    assert_int_equal(state.held[399].port, 6);
    /* The parts neither overlap nor reach beyond the end. */
    assert_true((uint8_t *)state.bib >= memory + 2 * PAGE);
    assert_true((uint8_t *)(state.bib + 1000) <= (uint8_t *)state.sessions);
    assert_true((uint8_t *)(state.sessions + 2000) <= (uint8_t *)state.held);
    assert_true((uint8_t *)(state.held + 400) <= memory + len);
    assert_ptr_equal(source.header, state.header);
    assert_ptr_equal(source.bib, state.bib);
    assert_ptr_equal(source.sessions, state.sessions);
    assert_ptr_equal(source.held, state.held);
}

TEST(a_shape_out_of_bounds_is_refused)
{
    const struct state_shape bad[] = {
        {0, 2000, 4, 100},
        {1000, 0, 4, 100},
        {1000, 2000, 0, 100},
        {1000, 2000, 3, 100},
        {1000, 2000, 2 * STATE_SHARDS_MAX, 100},
        {STATE_SLOTS_MAX, 2000, 4, 100},
        {1000, STATE_SLOTS_MAX, 4, 100},
        {1000, UINT32_MAX, 4, 100},
        {1000, 2000, 4, STATE_HELD_MAX + 1},
        {1000, 2000, 4, UINT32_MAX},
        {1000, 2000, UINT32_MAX, 100},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(state_file_size(&bad[i]), 0);
        assert_int_equal(state_file_init(&state, memory, len, &bad[i], key, boot_id, 0), -EINVAL);
    }
    assert_int_equal(state_file_init(&state, memory, len - 1, &shape, key, boot_id, 0), -EINVAL);
    assert_true(state_file_size(&(struct state_shape){STATE_SLOTS_MAX - 1, STATE_SLOTS_MAX - 1,
                                                      STATE_SHARDS_MAX, STATE_HELD_MAX}) > UINT32_MAX / 2);
}

TEST(either_copy_of_the_header_is_mended_from_the_other)
{
    for (size_t at = 0; at < sizeof(struct state_header); at++) {
        memory[at] ^= 0x5a;
        assert_int_equal(open_again(), 0);
        assert_is_whole();
        memory[PAGE + at] ^= 0x5a;
        assert_int_equal(open_again(), 0);
        assert_is_whole();
    }
    memset(memory, 0, PAGE);
    assert_int_equal(open_again(), 0);
    assert_is_whole();
}

TEST(with_both_copies_damaged_it_is_refused)
{
    for (size_t at = 0; at < sizeof(struct state_header); at += 7) {
        memory[at] ^= 0x5a;
        memory[PAGE + (at + 100) % sizeof(struct state_header)] ^= 0x5a;
        assert_int_equal(open_again(), -EBADMSG);
        memory[at] ^= 0x5a;
        memory[PAGE + (at + 100) % sizeof(struct state_header)] ^= 0x5a;
    }
    memset(memory, 0, (size_t)2 * PAGE);
    assert_int_equal(open_again(), -EBADMSG);
    memset(memory, 0xff, (size_t)2 * PAGE);
    assert_int_equal(open_again(), -EBADMSG);
}

TEST(a_single_bit_never_crashes_nor_passes_for_whole)
{
    for (size_t bit = 0; bit < 8 * sizeof(struct state_header); bit++) {
        uint8_t flip = (uint8_t)(1U << bit % 8);
        memory[bit / 8] ^= flip;
        memory[PAGE + bit / 8] ^= flip;
        assert_int_equal(open_again(), -EBADMSG);
        memory[bit / 8] ^= flip;
        memory[PAGE + bit / 8] ^= flip;
    }
    assert_int_equal(open_again(), 0);
}

TEST(a_file_that_was_cut_is_refused)
{
    for (size_t short_len = 0; short_len < len; short_len += short_len < 3 * PAGE ? 97 : PAGE)
        assert_int_equal(state_file_open(&state, memory, short_len, boot_id, &source), -EBADMSG);
    assert_int_equal(state_file_open(&state, memory, len - 1, boot_id, &source), -EBADMSG);
    assert_int_equal(state_file_open(&state, memory, len, boot_id, &source), 0);
}

/* A header that says anything, with a checksum that is right. */
TEST(hostile_numbers_with_a_right_checksum_stay_in_bounds)
{
    const uint32_t values[] = {0,
                               1,
                               7,
                               8,
                               55,
                               56,
                               60,
                               63,
                               64,
                               72,
                               104,
                               108,
                               128,
                               136,
                               1001,
                               2001,
                               1 << 16,
                               STATE_SLOTS_MAX - 1,
                               STATE_SLOTS_MAX,
                               0x7fffffff,
                               0x80000000,
                               UINT32_MAX - 1,
                               UINT32_MAX};
    enum { VALUES = sizeof(values) / sizeof(values[0]) };
    unsigned seed = 5;
    unsigned readable = 0;
    print_message("seed %u\n", seed);
    const struct state_header good = *state.header;
    for (int round = 0; round < 200000; round++) {
        uint32_t *fields[] = {&state.header->layout,       &state.header->header_len,
                              &state.header->bib_slot_len, &state.header->session_slot_len,
                              &state.header->bib_slots,    &state.header->session_slots,
                              &state.header->shards,       &state.header->held_slots};
        *state.header = good;
        for (int i = rand_r(&seed) % 3; i >= 0; i--)
            *fields[rand_r(&seed) % 8] = values[rand_r(&seed) % VALUES];
        state_file_seal(&state);
        struct state opened = {0};
        int r = state_file_open(&opened, memory, len, boot_id, &source);
        if (r == -EBADMSG)
            continue;
        assert_true(r == 0 || r == -ESTALE);
        readable++;
        const struct state_header *header = source.header;
        assert_in_range(header->bib_slot_len, 8, sizeof(struct bib_entry));
        assert_in_range(header->session_slot_len, 8, sizeof(struct session));
        assert_in_range(header->shards, 1, STATE_SHARDS_MAX);
        size_t bib_len = (size_t)header->bib_slots * header->bib_slot_len;
        size_t session_len = (size_t)header->session_slots * header->session_slot_len;
        size_t held_len = (size_t)header->shards * header->held_slots * sizeof(struct claim_held);
        assert_true(source.bib + bib_len <= source.sessions);
        assert_true(source.sessions + session_len <= source.held);
        assert_true(source.held + held_len <= memory + len);
        assert_int_equal(header->bib_slot_len % 8, 0); /* so that every word is aligned */
        assert_int_equal(header->session_slot_len % 8, 0);
        assert_int_equal((uintptr_t)source.bib % 8 | (uintptr_t)source.sessions % 8, 0);
    }
    assert_true(readable > 100);
}

TEST(another_layout_or_length_is_only_for_a_copy)
{
    state.header->layout = STATE_LAYOUT - 1;
    state_file_seal(&state);
    assert_int_equal(open_again(), -ESTALE);
    assert_ptr_equal(source.header, memory);
    state.header->layout = STATE_LAYOUT + 1;
    state_file_seal(&state);
    assert_int_equal(open_again(), -EBADMSG);
    state.header = (struct state_header *)memory;
    state.header->layout = STATE_LAYOUT - 2;
    state_file_seal(&state);
    assert_int_equal(open_again(), -EBADMSG);

    state.header = (struct state_header *)memory;
    state.header->layout = STATE_LAYOUT;
    state.header->bib_slot_len = 56;
    state_file_seal(&state);
    assert_int_equal(open_again(), -ESTALE);
    state.header->bib_slot_len = 72; /* longer than ours: what it holds is not known here */
    state_file_seal(&state);
    assert_int_equal(open_again(), -EBADMSG);
    state.header = (struct state_header *)memory;
    state.header->bib_slot_len = 64;
    state.header->session_slot_len = 136;
    state_file_seal(&state);
    assert_int_equal(open_again(), -EBADMSG);
}

TEST(times_of_another_boot_or_of_a_snapshot_are_only_for_a_copy)
{
    const uint8_t other[STATE_BOOT_ID] = {1, 2, 4};
    assert_int_equal(state_file_open(&state, memory, len, other, &source), -ESTALE);
    assert_ptr_equal(source.header, memory);
    assert_int_equal(open_again(), 0);
    state.header->saved_ns = 5;
    state_file_seal(&state);
    assert_int_equal(open_again(), -ESTALE);
}

TEST(a_changed_field_is_in_both_copies_once_sealed)
{
    state.header->pref64[3].len = 96;
    state_file_seal(&state);
    memset(memory, 0, PAGE);
    assert_int_equal(open_again(), 0);
    assert_int_equal(state.header->pref64[3].len, 96);
    state.header->pref64[3].len = 64;
    state_file_seal(&state);
    memset(memory + PAGE, 0, PAGE);
    assert_int_equal(open_again(), 0);
    assert_int_equal(state.header->pref64[3].len, 64);
}

/* Dies at the first write to one of the copies, as if killed there. */
static void seal_and_die(size_t protect)
{
    pid_t child = fork();
    int status;
    assert_true(child >= 0);
    if (child == 0) {
        /* cmocka catches the signal otherwise. */
        signal(SIGSEGV, SIG_DFL);
        state.header->pref64[3].len++;
        if (mprotect(memory + protect, PAGE, PROT_READ) == 0)
            state_file_seal(&state);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status));
}

TEST(a_process_killed_while_it_seals_leaves_one_copy_whole)
{
    for (size_t protect = 0; protect <= PAGE; protect += PAGE) {
        seal_and_die(protect);
        /* What it was about to write is torn. */
        memory[protect + offsetof(struct state_header, spare)] ^= 1;
        assert_int_equal(open_again(), 0);
        assert_is_whole();
        assert_true(state.header->pref64[3].len <= 2);
    }
}

TEST(of_two_whole_copies_that_differ_one_is_taken_for_both)
{
    struct state_header old = *state.header;
    state.header->pref64[3].len = 96;
    state_file_seal(&state);
    memcpy(memory + PAGE, &old, sizeof(old));
    assert_int_equal(open_again(), 0);
    assert_is_whole();
    assert_int_equal(state.header->pref64[3].len, 96);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_was_laid_out_is_found_again),
        UNIT(a_shape_out_of_bounds_is_refused),
        UNIT(either_copy_of_the_header_is_mended_from_the_other),
        UNIT(with_both_copies_damaged_it_is_refused),
        UNIT(a_single_bit_never_crashes_nor_passes_for_whole),
        UNIT(a_file_that_was_cut_is_refused),
        UNIT(hostile_numbers_with_a_right_checksum_stay_in_bounds),
        UNIT(another_layout_or_length_is_only_for_a_copy),
        UNIT(times_of_another_boot_or_of_a_snapshot_are_only_for_a_copy),
        UNIT(a_changed_field_is_in_both_copies_once_sealed),
        UNIT(a_process_killed_while_it_seals_leaves_one_copy_whole),
        UNIT(of_two_whole_copies_that_differ_one_is_taken_for_both),
    };
    return RUN(tests);
}
