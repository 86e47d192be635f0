/*
 * Any bytes in the mapping of names: the reader stays within it, ends, and shows only names that are names.
 *
 * The input patches a table that is in use, since few others pass for one: offset (3 bytes), length (1) and
 * as many bytes, again and again. An input that begins with 0xff is the table.
 *
 * Layer: test
 * Specification: common/names.h
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    SIZE = NAMES_SIZE_MIN,
    NOTES = 64,
    RECORD = 4,
    RAW = 0xff,
};

static _Alignas(64) uint8_t table[SIZE];

static void make_table(void)
{
    struct names names;
    struct names_name name;
    struct in6_addr backend = {{{0x20, 1, 0x0d, 0xb8}}};
    memset(table, 0, sizeof(table));
    names_init(table, SIZE, (struct siphash_key){1, 2}, 3, &names);
    for (uint32_t i = 0; i < NOTES; i++) {
        const uint8_t wire[] = {2, 'a', (uint8_t)('a' + i % 26), 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
        names_prepare(wire, sizeof(wire), &name);
        names_note(&names, &backend, i, &name, 100 + i, 400);
    }
}

static void patch(const uint8_t *data, size_t len)
{
    while (len >= RECORD) {
        size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % SIZE, count = data[3];
        data += RECORD;
        len -= RECORD;
        if (count > len)
            count = len;
        if (count > SIZE - at)
            count = SIZE - at;
        memcpy(table + at, data, count);
        data += count;
        len -= count;
    }
}

static void check(const struct names_note *note)
{
    char text[DOMAIN_TEXT_LEN];
    assert(note->len >= 1 && domain_valid(note->name, note->len));
    assert(strlen(domain_print(note->name, note->len, text)) < sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct names names;
    struct names_note notes[NAMES_PER_PAIR];
    const struct in6_addr backend = {{{0x20, 1, 0x0d, 0xb8}}};
    size_t size = SIZE;
    if (len > 0 && data[0] == RAW) {
        size = len - 1 < SIZE ? len - 1 : SIZE;
        memcpy(table, data + 1, size);
    } else {
        make_table();
        patch(data, len);
    }
    if (names_open(table, size, &names) < 0)
        return 0;
    assert(names_slots(&names) * 320 < size);
    for (size_t i = 0; i < names_slots(&names); i++)
        if (names_read(&names, i, &notes[0]))
            check(&notes[0]);
    for (uint32_t i = 0; i < NOTES; i++) {
        size_t count = names_find(&names, &backend, i, notes);
        assert(count <= NAMES_PER_PAIR);
        for (size_t n = 0; n < count; n++) {
            assert(notes[n].address == i && (n == 0 || notes[n].told_s <= notes[n - 1].told_s));
            check(&notes[n]);
        }
    }
    return 0;
}
