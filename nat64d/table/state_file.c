/*
 * Layer: table
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "nat64d/table/state_file.h"

#include <errno.h>
#include <string.h>

enum {
    ALIGNMENT = 4096, /* each part begins on a page of its own */
};

static size_t rounded(size_t len)
{
    return (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool in_bounds(uint32_t slots)
{
    return slots > 0 && slots < STATE_SLOTS_MAX;
}

size_t state_file_size(uint32_t bib_slots, uint32_t session_slots)
{
    if (!in_bounds(bib_slots) || !in_bounds(session_slots))
        return 0;
    return rounded(sizeof(struct state_header)) + rounded((size_t)bib_slots * sizeof(struct bib_entry)) +
           rounded((size_t)session_slots * sizeof(struct session));
}

int state_file_init(struct state *state, void *base, size_t len, uint32_t bib_slots, uint32_t session_slots,
                    uint32_t shards, struct siphash_key key, uint64_t now_ns)
{
    size_t needed = state_file_size(bib_slots, session_slots);
    if (needed == 0 || len < needed || shards == 0 || shards > STATE_SHARDS_MAX ||
        (shards & (shards - 1)) != 0)
        return -EINVAL;
    uint8_t *at = base;
    struct state_header *header = base;
    memcpy(header->magic, STATE_MAGIC, sizeof(header->magic));
    header->layout = STATE_LAYOUT;
    header->header_len = sizeof(*header);
    header->bib_slot_len = sizeof(struct bib_entry);
    header->session_slot_len = sizeof(struct session);
    header->bib_slots = bib_slots;
    header->session_slots = session_slots;
    header->shards = shards;
    header->key = key;
    header->created_ns = now_ns;
    state->header = header;
    at += rounded(sizeof(*header));
    state->bib = (struct bib_entry *)at;
    at += rounded((size_t)bib_slots * sizeof(struct bib_entry));
    state->sessions = (struct session *)at;
    return 0;
}
