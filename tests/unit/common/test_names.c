/*
 * What backends were told, noted by several threads and read by another, who trusts nothing.
 *
 * Layer: test
 * Specification: common/names.h
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/names.h"

enum {
    SIZE = NAMES_SIZE_MIN,
    NOW_S = 1000000,
    SEQUENCE_AT = 128 + 64, /* of the first slot: behind the header and the head of its bucket */
    SLOT_LEN = 320,
    BUCKET_LEN = 64 + NAMES_BUCKET * SLOT_LEN,
    ADDRESS_AT = 3 * 8,
    NAME_AT = 5 * 8,
};

static void *memory;
static struct names names, reader;
static struct names_note found[NAMES_PER_PAIR];

static int set_up(void **state)
{
    (void)state;
    memory = aligned_alloc(4096, SIZE);
    assert_non_null(memory);
    memset(memory, 0, SIZE);
    names_init(memory, SIZE, (struct siphash_key){1, 2}, 77, &names);
    assert_int_equal(names_open(memory, SIZE, &reader), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static struct in6_addr backend_of(unsigned number)
{
    struct in6_addr backend = {{{0x20, 1, 0x0d, 0xb8}}};
    backend.s6_addr[15] = (uint8_t)number;
    backend.s6_addr[14] = (uint8_t)(number >> 8);
    return backend;
}

/* The name as it stands on the wire: "\3www\7example", with the NUL at its end. */
static enum names_result note(unsigned backend, uint32_t address, const char *wire, uint32_t now_s,
                              uint32_t ttl)
{
    struct in6_addr addr = backend_of(backend);
    struct names_name name;
    names_prepare((const uint8_t *)wire, strlen(wire) + 1, &name);
    return names_note(&names, &addr, address, &name, now_s, now_s + ttl);
}

static size_t find(unsigned backend, uint32_t address)
{
    struct in6_addr addr = backend_of(backend);
    return names_find(&reader, &addr, address, found);
}

static size_t count_all(void)
{
    struct names_note one;
    size_t count = 0;
    for (size_t i = 0; i < names_slots(&reader); i++)
        count += names_read(&reader, i, &one);
    return count;
}

static const char *name_of(const struct names_note *one)
{
    static char text[DOMAIN_TEXT_LEN];
    return domain_print(one->name, one->len, text);
}

TEST(what_was_noted_is_found_by_backend_and_address)
{
    assert_int_equal(note(1, 0xc0000201, "\3www\7example", NOW_S, 300), NAMES_NOTED);
    assert_int_equal(find(1, 0xc0000201), 1);
    assert_string_equal(name_of(&found[0]), "www.example");
    assert_int_equal(found[0].told_s, NOW_S);
    assert_int_equal(found[0].until_s, NOW_S + 300);
    assert_int_equal(found[0].address, 0xc0000201);
    assert_int_equal(find(2, 0xc0000201), 0);
    assert_int_equal(find(1, 0xc0000202), 0);
    assert_int_equal(count_all(), 1);
}

TEST(letters_do_not_matter)
{
    note(1, 1, "\3wWw\7EXAMPLE", NOW_S, 300);
    assert_int_equal(note(1, 1, "\3WwW\7eXaMpLe", NOW_S, 300), NAMES_YOUNG);
    assert_int_equal(find(1, 1), 1);
    assert_string_equal(name_of(&found[0]), "www.example");
}

TEST(only_capital_letters_of_ascii_are_folded)
{
    uint8_t all[256 + 7], folded[256 + 7], buffer[256 + 7];
    for (size_t shift = 0; shift < 8; shift++) {
        for (size_t i = 0; i < 256; i++) {
            all[i] = (uint8_t)(i + shift * 31);
            folded[i] = all[i] >= 'A' && all[i] <= 'Z' ? (uint8_t)(all[i] + 32) : all[i];
        }
        for (size_t len = 256 - shift; len > 240; len--) {
            memset(buffer, 0xee, sizeof(buffer));
            domain_fold(all, len, buffer);
            assert_memory_equal(buffer, folded, len);
            assert_int_equal(buffer[len], 0xee);
        }
    }
}

TEST(what_is_young_is_not_written_again)
{
    static uint8_t before[SIZE];
    note(1, 1, "\3www\7example", NOW_S, 300);
    memcpy(before, memory, SIZE);
    /* From a cache: it holds until the same time, or a second more by what was cut off. */
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S, 301), NAMES_YOUNG);
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S + NAMES_YOUNG_S - 1, 300 - NAMES_YOUNG_S),
                     NAMES_YOUNG);
    /* Another thread's clock was read a moment earlier. */
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S - 1, 300), NAMES_YOUNG);
    assert_memory_equal(before, memory, SIZE);
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S + NAMES_YOUNG_S, 240), NAMES_NOTED);
    assert_int_equal(find(1, 1), 1);
    assert_int_equal(found[0].told_s, NOW_S + NAMES_YOUNG_S);
}

TEST(what_holds_for_longer_is_written)
{
    note(1, 1, "\3www\7example", NOW_S, 10);
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S + 5, 10), NAMES_NOTED);
    assert_int_equal(find(1, 1), 1);
    assert_int_equal(found[0].until_s, NOW_S + 15);
    /* And what was told before holds on. */
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S + 100, 0), NAMES_NOTED);
    assert_int_equal(find(1, 1), 1);
    assert_int_equal(found[0].until_s, NOW_S + 100);
}

TEST(one_address_has_several_names_the_newest_first)
{
    note(1, 1, "\1a\7example", NOW_S, 300);
    note(1, 1, "\1b\7example", NOW_S + 1, 300);
    note(1, 1, "\1c\7example", NOW_S + 2, 300);
    note(1, 1, "\1d\7example", NOW_S + 3, 300);
    note(1, 1, "\1e\7example", NOW_S + 4, 300); /* in the place of the oldest */
    assert_int_equal(find(1, 1), NAMES_PER_PAIR);
    assert_string_equal(name_of(&found[0]), "e.example");
    assert_string_equal(name_of(&found[1]), "d.example");
    assert_string_equal(name_of(&found[3]), "b.example");
    assert_int_equal(count_all(), NAMES_PER_PAIR);
}

TEST(a_pair_leaves_its_neighbours_alone)
{
    enum { NEIGHBOURS = 50 };
    size_t left = 0;
    for (unsigned i = 0; i < NEIGHBOURS; i++)
        note(1000 + i, 1, "\1n\7example", NOW_S, 300);
    for (unsigned i = 0; i < 1000; i++) {
        char wire[] = "\3aaa\7example";
        wire[1] = (char)('a' + i % 26);
        wire[2] = (char)('a' + i / 26 % 26);
        wire[3] = (char)('a' + i / 676);
        assert_int_equal(note(1, 1, wire, NOW_S + 1 + i, 300), NAMES_NOTED);
    }
    for (unsigned i = 0; i < NEIGHBOURS; i++)
        left += find(1000 + i, 1);
    assert_in_range(left, NEIGHBOURS - NAMES_PER_PAIR, NEIGHBOURS);
}

TEST(the_oldest_of_a_bucket_goes)
{
    /* So many that every bucket is full several times over: the last are all there. */
    size_t slots = names_slots(&names);
    for (unsigned i = 0; i < 10 * slots; i++)
        assert_int_equal(note(1, i, "\3www\7example", NOW_S + i, 300), NAMES_NOTED);
    assert_int_equal(count_all(), slots);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(find(1, (uint32_t)(10 * slots - 1 - i)), 1);
    assert_int_equal(find(1, 0), 0);
}

TEST(the_longest_name_and_the_shortest)
{
    char wire[DOMAIN_MAX_LEN + 1] = {0};
    for (unsigned i = 0; i < 4; i++) {
        wire[64 * i] = i < 3 ? 63 : 61;
        memset(wire + 64 * i + 1, 'x', i < 3 ? 63 : 61);
    }
    assert_int_equal(strlen(wire) + 1, DOMAIN_MAX_LEN);
    note(1, 1, wire, NOW_S, 300);
    note(1, 2, "", NOW_S, 300);
    assert_int_equal(find(1, 1), 1);
    assert_int_equal(found[0].len, DOMAIN_MAX_LEN);
    assert_memory_equal(found[0].name, wire, DOMAIN_MAX_LEN);
    assert_int_equal(find(1, 2), 1);
    assert_string_equal(name_of(&found[0]), ".");
}

/* The one slot that holds something. */
static uint64_t *only_slot(void)
{
    struct names_note one;
    for (size_t i = 0; i < names_slots(&reader); i++)
        if (names_read(&reader, i, &one))
            return (uint64_t *)((uint8_t *)memory + SEQUENCE_AT + i / NAMES_BUCKET * BUCKET_LEN +
                                i % NAMES_BUCKET * SLOT_LEN);
    fail();
    return NULL;
}

TEST(what_is_being_written_is_not_shown_and_not_waited_for)
{
    note(1, 1, "\3www\7example", NOW_S, 300);
    uint64_t *slot = only_slot();
    slot[0]++;
    assert_int_equal(find(1, 1), 0);
    assert_int_equal(count_all(), 0);
    /* A writer takes another one. */
    assert_int_equal(note(1, 1, "\3www\7example", NOW_S, 300), NAMES_NOTED);
    assert_int_equal(find(1, 1), 1);
}

TEST(what_cannot_be_is_not_shown)
{
    note(1, 1, "\3www\7example", NOW_S, 300);
    uint8_t *slot = (uint8_t *)only_slot();
    slot[ADDRESS_AT + 5] = 1; /* a length of 256 and more */
    assert_int_equal(count_all(), 0);
    slot[ADDRESS_AT + 5] = 0;
    assert_int_equal(count_all(), 1);
    slot[NAME_AT] = 4; /* labels that do not end with the name */
    assert_int_equal(count_all(), 0);
    assert_int_equal(find(1, 1), 0);
    slot[NAME_AT] = 0x83;
    assert_int_equal(count_all(), 0);
}

TEST(a_header_that_is_none_of_ours_is_refused)
{
    uint8_t *header = memory;
    struct names other;
    static const size_t fields[] = {0, 8, 12, 16, 20}; /* magic, layout, length, buckets, their length */
    assert_int_equal(names_open(memory, 100, &other), -EPROTO);
    assert_int_equal(names_open(memory, SIZE / 2, &other), -EPROTO);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t before = header[fields[i] + 2];
        header[fields[i] + 2] ^= 0x40;
        assert_int_equal(names_open(memory, SIZE, &other), -EPROTO);
        header[fields[i] + 2] = before;
    }
    memset(header + 16, 0, 4);
    assert_int_equal(names_open(memory, SIZE, &other), -EPROTO);
}

/* Writers whose every note can be checked by itself: the name and the times follow from the address. */
enum { WRITERS = 2, NOTES = 200000, ADDRESSES = 37, LABEL = 40 };
static atomic_bool ended;

static void wire_of(uint32_t address, uint32_t round, char wire[LABEL + 2])
{
    size_t len = 1 + (address * 7 + round) % (LABEL - 1);
    wire[0] = (char)len;
    memset(wire + 1, 'a' + (int)((address + round) % 26), len);
    wire[len + 1] = '\0';
}

static void *write_notes(void *context)
{
    uint32_t seed = *(const uint32_t *)context;
    for (uint32_t i = 0; i < NOTES; i++) {
        char wire[LABEL + 2];
        uint32_t address = (seed + i) % ADDRESSES, round = i % 11;
        wire_of(address, round, wire);
        /* told and until say of which address and round they are */
        note(1, address, wire, NOW_S + i / 1000 * 1000 + address, (uint32_t)strlen(wire) * 100000);
    }
    return NULL;
}

static void check_note(const struct names_note *one)
{
    uint8_t len = one->name[0];
    assert_int_equal(one->len, len + 2);
    assert_int_equal((one->told_s - NOW_S) % 1000, one->address);
    for (unsigned i = 2; i <= len; i++)
        assert_int_equal(one->name[i], one->name[1]);
    assert_int_equal((one->until_s - one->told_s) / 100000, len + 1);
    unsigned round = (unsigned)(one->name[1] - 'a' + 26 * 2) % 26;
    bool possible = false;
    for (unsigned r = 0; r < 11; r++)
        possible |= (one->address + r) % 26 == round && 1 + (one->address * 7 + r) % (LABEL - 1) == len;
    assert_true(possible);
}

static void *read_notes(void *context)
{
    size_t *count = context;
    struct names_note one;
    while (!ended)
        for (size_t i = 0; i < names_slots(&reader); i++)
            if (names_read(&reader, i, &one)) {
                check_note(&one);
                ++*count;
            }
    return NULL;
}

TEST(two_writers_and_a_reader_never_show_what_is_torn)
{
    pthread_t writers[WRITERS], looks;
    static uint32_t seeds[WRITERS] = {0, 5};
    size_t count = 0;
    ended = false;
    assert_int_equal(pthread_create(&looks, NULL, read_notes, &count), 0);
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_notes, &seeds[i]), 0);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    ended = true;
    pthread_join(looks, NULL);
    assert_true(count > 0);
    assert_true(count_all() >= ADDRESSES);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_noted_is_found_by_backend_and_address),
        CASE(letters_do_not_matter),
        CASE(only_capital_letters_of_ascii_are_folded),
        CASE(what_is_young_is_not_written_again),
        CASE(what_holds_for_longer_is_written),
        CASE(one_address_has_several_names_the_newest_first),
        CASE(a_pair_leaves_its_neighbours_alone),
        CASE(the_oldest_of_a_bucket_goes),
        CASE(the_longest_name_and_the_shortest),
        CASE(what_is_being_written_is_not_shown_and_not_waited_for),
        CASE(what_cannot_be_is_not_shown),
        CASE(a_header_that_is_none_of_ours_is_refused),
        CASE(two_writers_and_a_reader_never_show_what_is_torn),
    };
    return RUN(tests);
}
