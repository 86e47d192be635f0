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

static_assert(sizeof(struct state_header) <= ALIGNMENT, "a copy of the header is a page");
/* What lies in the file of another version must not move. */
static_assert(offsetof(struct bib_entry, check) == 56, "the shortest binding slot");
static_assert(offsetof(struct session, check) == 112, "the shortest session slot");
static_assert(sizeof(struct claim_held) == 16, "a port held down");

static size_t rounded(size_t len)
{
    return (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool in_bounds(const struct state_shape *shape)
{
    return shape->bib_slots > 0 && shape->bib_slots < STATE_SLOTS_MAX && shape->session_slots > 0 &&
           shape->session_slots < STATE_SLOTS_MAX && shape->shards > 0 && shape->shards <= STATE_SHARDS_MAX &&
           (shape->shards & (shape->shards - 1)) == 0 && shape->held_slots > 0 &&
           shape->held_slots <= STATE_HELD_MAX;
}

/* Where each part begins, and where the last ends. */
struct parts {
    size_t bib, sessions, held, end;
};

static struct parts parts_of(const struct state_shape *shape, size_t bib_len, size_t session_len)
{
    struct parts parts = {.bib = 2 * ALIGNMENT};
    parts.sessions = parts.bib + rounded(shape->bib_slots * bib_len);
    parts.held = parts.sessions + rounded(shape->session_slots * session_len);
    parts.end = parts.held + rounded((size_t)shape->shards * shape->held_slots * sizeof(struct claim_held));
    return parts;
}

size_t state_file_size(const struct state_shape *shape)
{
    if (!in_bounds(shape))
        return 0;
    return parts_of(shape, sizeof(struct bib_entry), sizeof(struct session)).end;
}

static uint64_t checksum(const struct state_header *header)
{
    return siphash13((struct siphash_key){0}, header, offsetof(struct state_header, checksum));
}

static struct state_header *copy_of(struct state_header *header)
{
    return (struct state_header *)((uint8_t *)header + ALIGNMENT);
}

void state_file_seal(const struct state *state)
{
    struct state_header *header = state->header;
    /* The fields were changed in place, so the first copy is not whole until its checksum is written. */
    atomic_thread_fence(memory_order_seq_cst);
    header->checksum = checksum(header);
    atomic_thread_fence(memory_order_seq_cst);
    memcpy(copy_of(header), header, sizeof(*header));
}

static void find_parts(struct state *state, void *base, const struct parts *parts)
{
    uint8_t *at = base;
    state->header = base;
    state->bib = (struct bib_entry *)(at + parts->bib);
    state->sessions = (struct session *)(at + parts->sessions);
    state->held = (struct claim_held *)(at + parts->held);
}

int state_file_init(struct state *state, void *base, size_t len, const struct state_shape *shape,
                    struct siphash_key key, const uint8_t boot_id[STATE_BOOT_ID], uint64_t now_ns)
{
    size_t needed = state_file_size(shape);
    if (needed == 0 || len < needed)
        return -EINVAL;
    struct parts parts = parts_of(shape, sizeof(struct bib_entry), sizeof(struct session));
    struct state_header *header = base;
    memcpy(header->magic, STATE_MAGIC, sizeof(header->magic));
    header->layout = STATE_LAYOUT;
    header->header_len = sizeof(*header);
    header->bib_slot_len = sizeof(struct bib_entry);
    header->session_slot_len = sizeof(struct session);
    header->bib_slots = shape->bib_slots;
    header->session_slots = shape->session_slots;
    header->shards = shape->shards;
    header->held_slots = shape->held_slots;
    header->key = key;
    memcpy(header->boot_id, boot_id, STATE_BOOT_ID);
    header->created_ns = now_ns;
    find_parts(state, base, &parts);
    state_file_seal(state);
    return 0;
}

/* Whether a header is whole and of a layout that this program reads. */
static bool is_readable(const struct state_header *header, size_t len)
{
    struct state_shape shape = {header->bib_slots, header->session_slots, header->shards, header->held_slots};
    if (memcmp(header->magic, STATE_MAGIC, sizeof(header->magic)) != 0 ||
        header->checksum != checksum(header) || header->header_len != sizeof(*header))
        return false;
    bool own = header->layout == STATE_LAYOUT, previous = header->layout == STATE_LAYOUT - 1;
    if ((!own && !previous) || header->bib_slot_len > sizeof(struct bib_entry) ||
        header->session_slot_len > sizeof(struct session) ||
        header->bib_slot_len < offsetof(struct bib_entry, check) ||
        header->session_slot_len < offsetof(struct session, check) || header->bib_slot_len % 8 != 0 ||
        header->session_slot_len % 8 != 0 || !in_bounds(&shape))
        return false;
    return len >= parts_of(&shape, header->bib_slot_len, header->session_slot_len).end;
}

int state_file_open(struct state *state, void *base, size_t len, const uint8_t boot_id[STATE_BOOT_ID],
                    struct state_source *ret_source)
{
    struct state_header *header = base;
    if (len < 2 * ALIGNMENT)
        return -EBADMSG;
    if (!is_readable(header, len)) {
        if (!is_readable(copy_of(header), len))
            return -EBADMSG;
        memcpy(header, copy_of(header), sizeof(*header));
    } else if (memcmp(copy_of(header), header, sizeof(*header)) != 0) {
        memcpy(copy_of(header), header, sizeof(*header));
    }
    struct state_shape shape = {header->bib_slots, header->session_slots, header->shards, header->held_slots};
    struct parts parts = parts_of(&shape, header->bib_slot_len, header->session_slot_len);
    find_parts(state, base, &parts);
    *ret_source = (struct state_source){header, (uint8_t *)state->bib, (uint8_t *)state->sessions,
                                        (uint8_t *)state->held};
    bool in_place = header->layout == STATE_LAYOUT && header->bib_slot_len == sizeof(struct bib_entry) &&
                    header->session_slot_len == sizeof(struct session) && header->saved_ns == 0 &&
                    memcmp(header->boot_id, boot_id, STATE_BOOT_ID) == 0;
    return in_place ? 0 : -ESTALE;
}
