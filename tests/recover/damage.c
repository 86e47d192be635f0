/*
 * Layer: test
 * Specification: none
 */
#include "tests/recover/damage.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE = 4096, /* each copy of the header has one */
    AREAS = 3,
};

uint64_t damage_random(struct damage *damage)
{
    damage->random ^= damage->random << 13;
    damage->random ^= damage->random >> 7;
    damage->random ^= damage->random << 17;
    return damage->random;
}

uint32_t damage_below(struct damage *damage, uint32_t bound)
{
    return (uint32_t)(damage_random(damage) >> 32) % bound;
}

/* Slots of one kind. */
struct area {
    uint8_t *at;
    uint32_t count, len;
};

static struct area area_of(struct damage *damage, uint8_t *memory)
{
    struct state state;
    struct state_source source;
    /* The header is whole: it is damaged last. */
    if (state_file_open(&state, memory, damage->len, (const uint8_t[STATE_BOOT_ID]){0}, &source) == -EBADMSG)
        return (struct area){memory + 2 * PAGE, 1, PAGE};
    const struct state_header *header = state.header;
    const struct area areas[AREAS] = {
        {(uint8_t *)state.bib, header->bib_slots, sizeof(struct bib_entry)},
        {(uint8_t *)state.sessions, header->session_slots, sizeof(struct session)},
        {(uint8_t *)state.held, header->shards * header->held_slots, sizeof(struct claim_held)},
    };
    uint32_t which = damage_below(damage, 2 * AREAS);
    return areas[which < AREAS ? which : which % 2]; /* held ports less often */
}

/* Most slots are free: one of those that are used, if a few tries find it. */
static uint8_t *slot_of(struct damage *damage, const struct area *area)
{
    uint8_t *slot = area->at;
    for (int i = 0; i < 40; i++) {
        uint64_t begins;
        slot = area->at + (size_t)damage_below(damage, area->count) * area->len;
        memcpy(&begins, slot, sizeof(begins));
        if (begins != 0)
            break;
    }
    return slot;
}

static void random_bytes(struct damage *damage, uint8_t *at, size_t len)
{
    while (len-- > 0)
        *at++ = (uint8_t)damage_random(damage);
}

static void flip_bits(struct damage *damage, uint8_t *memory)
{
    for (uint32_t i = 1 + damage_below(damage, 40); i > 0; i--) {
        struct area area = area_of(damage, memory);
        slot_of(damage, &area)[damage_below(damage, area.len)] ^= (uint8_t)(1 << damage_below(damage, 8));
    }
}

static void put_field(struct damage *damage, uint8_t *memory)
{
    struct area area = area_of(damage, memory);
    uint32_t len = 1u << damage_below(damage, 4);
    random_bytes(damage, slot_of(damage, &area) + damage_below(damage, area.len / len) * len, len);
}

static void zero_range(struct damage *damage, uint8_t *memory)
{
    size_t slots = damage->len - 2 * (size_t)PAGE, at = damage_below(damage, (uint32_t)slots);
    size_t len = 1 + damage_below(damage, PAGE);
    memset(memory + 2 * (size_t)PAGE + at, damage_below(damage, 2) ? 0 : 0xff,
           len < slots - at ? len : slots - at);
}

static void random_range(struct damage *damage, uint8_t *memory)
{
    size_t slots = damage->len - 2 * (size_t)PAGE, at = damage_below(damage, (uint32_t)slots);
    size_t len = 1 + damage_below(damage, PAGE);
    random_bytes(damage, memory + 2 * (size_t)PAGE + at, len < slots - at ? len : slots - at);
}

static void swap_slots(struct damage *damage, uint8_t *memory)
{
    uint8_t swap[sizeof(struct session)];
    struct area area = area_of(damage, memory);
    uint8_t *a = slot_of(damage, &area), *b = area.at + (size_t)damage_below(damage, area.count) * area.len;
    memcpy(swap, a, area.len);
    memcpy(a, b, area.len);
    memcpy(b, swap, area.len);
}

static void double_slot(struct damage *damage, uint8_t *memory)
{
    struct area area = area_of(damage, memory);
    const uint8_t *from = slot_of(damage, &area);
    uint8_t *to = area.at + (size_t)damage_below(damage, area.count) * area.len;
    memmove(to, from, area.len);
    if (damage_below(damage, 2))
        to[damage_below(damage, area.len)] ^= (uint8_t)(1 << damage_below(damage, 8));
}

static void garbage_words(struct damage *damage, uint8_t *memory)
{
    for (uint32_t i = 1 + damage_below(damage, 20); i > 0; i--) {
        struct area area = area_of(damage, memory);
        uint8_t *slot = slot_of(damage, &area);
        random_bytes(damage, slot, sizeof(uint32_t));
        if (damage_below(damage, 2))
            slot[0] = STATE_LIVE;
    }
}

static void damage_header(struct damage *damage, uint8_t *memory)
{
    bool first = damage_below(damage, 2);
    damage->is_headless = damage_below(damage, 4) == 0;
    for (uint32_t i = 1 + damage_below(damage, 8); i > 0; i--) {
        uint32_t at = damage_below(damage, sizeof(struct state_header));
        if (first || damage->is_headless)
            memory[at] ^= (uint8_t)(1 << damage_below(damage, 8));
        if (!first || damage->is_headless)
            memory[PAGE + at] ^= (uint8_t)(1 << damage_below(damage, 8));
    }
}

/* Numbers that nobody should believe, under a right checksum. */
static void lie_in_header(struct damage *damage, uint8_t *memory)
{
    static const uint32_t numbers[] = {0,    1,    2,    3,    4,   8,     17,         48,        56,
                                       64,   96,   112,  120,  128, 255,   257,        1000,      2047,
                                       2049, 4096, 6000, 1024, 512, 65536, 0x00ffffff, 0x1000000, 0xffffffff};
    struct state state = {.header = (struct state_header *)memory};
    struct state_header *header = state.header;
    uint32_t *const fields[] = {&header->layout,           &header->header_len, &header->bib_slot_len,
                                &header->session_slot_len, &header->bib_slots,  &header->session_slots,
                                &header->shards,           &header->held_slots};
    enum { FIELDS = sizeof(fields) / sizeof(fields[0]), NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
    damage->is_hostile = true;
    switch (damage_below(damage, 6)) {
    case 0: random_bytes(damage, (uint8_t *)&header->key, sizeof(header->key)); break;
    case 1: random_bytes(damage, (uint8_t *)header->pref64, sizeof(header->pref64)); break;
    case 2: random_bytes(damage, (uint8_t *)&header->created_ns, 3 * sizeof(uint64_t)); break;
    case 3: random_bytes(damage, header->boot_id, 1); break;
    default:
        for (uint32_t i = 1 + damage_below(damage, 2); i > 0; i--)
            *fields[damage_below(damage, FIELDS)] = numbers[damage_below(damage, NUMBERS)];
    }
    state_file_seal(&state);
}

void damage_do(struct damage *damage, uint8_t *memory)
{
    static void (*const of_slots[])(struct damage *, uint8_t *) = {
        flip_bits, put_field, zero_range, random_range, swap_slots, double_slot, garbage_words};
    enum { KINDS = sizeof(of_slots) / sizeof(of_slots[0]) };
    for (uint32_t i = 1 + damage_below(damage, 4); i > 0; i--)
        of_slots[damage_below(damage, KINDS)](damage, memory);
    switch (damage_below(damage, 8)) {
    case 0: damage_header(damage, memory); break;
    case 1: lie_in_header(damage, memory); break;
    case 2:
        if (damage_below(damage, 4) == 0)
            damage->len = damage_below(damage, (uint32_t)damage->len);
        break;
    }
}
