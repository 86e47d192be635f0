/*
 * Copies the live slots of one state into another: of another size, another layout, or another boot.
 *
 * Layer: table
 * Specification: RFC 6146 3.1 and 3.2
 */
#include <string.h>

#include "common/addr.h"
#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"
#include "nat64d/table/state_file.h"

/* At least 1, the earliest time that a clock can show, and never round to the other end. */
static uint64_t shifted(uint64_t at_ns, int64_t shift_ns)
{
    if (shift_ns >= 0)
        return at_ns > UINT64_MAX - (uint64_t)shift_ns ? UINT64_MAX : at_ns + (uint64_t)shift_ns;
    uint64_t back_ns = -(uint64_t)shift_ns;
    return at_ns <= back_ns ? 1 : at_ns - back_ns;
}

/* A whole copy of a slot that somebody may be changing; false if it is free. Fields that the source does not
 * have are zero. */
static bool copy_slot(const uint8_t *from, size_t from_len, void *to, size_t to_len)
{
    const _Atomic uint32_t *word = (const _Atomic uint32_t *)from;
    uint32_t before;
    memset(to, 0, to_len);
    if (!slot_word_begin(word, &before))
        return false;
    memcpy(to, from, from_len < to_len ? from_len : to_len);
    return slot_word_unchanged(word, before);
}

/* Slots of one shard fill whole chunks, as slots_take claims them. */
struct filling {
    uint32_t next[STATE_SHARDS_MAX]; /* the slot that the shard fills next; STATE_NONE: needs a chunk */
    uint32_t chunk;                  /* the first chunk that none has */
    uint32_t slots;
};

static void filling_init(struct filling *filling, uint32_t slots)
{
    for (unsigned i = 0; i < STATE_SHARDS_MAX; i++)
        filling->next[i] = STATE_NONE;
    filling->chunk = 0;
    filling->slots = slots;
}

static uint32_t filling_take(struct filling *filling, uint8_t shard)
{
    uint32_t *next = &filling->next[shard];
    if (*next == STATE_NONE) {
        if (filling->chunk * STATE_CHUNK >= filling->slots)
            return STATE_NONE;
        *next = filling->chunk++ * STATE_CHUNK;
    }
    uint32_t slot = (*next)++;
    if (*next % STATE_CHUNK == 0 || *next == filling->slots)
        *next = STATE_NONE;
    return slot;
}

static bool has_checks(const struct state_source *from)
{
    return from->header->layout == STATE_LAYOUT;
}

static void publish(_Atomic uint32_t *word)
{
    atomic_store_explicit(word, 0, memory_order_relaxed);
    slot_word_publish(word);
}

static void copy_bindings(const struct state_source *from, struct state *to, int64_t shift_ns, uint32_t *map)
{
    struct filling filling;
    filling_init(&filling, to->header->bib_slots);
    for (uint32_t i = 0; i < from->header->bib_slots; i++) {
        struct bib_entry entry;
        size_t len = from->header->bib_slot_len;
        map[i] = STATE_NONE;
        if (!copy_slot(from->bib + i * len, len, &entry, sizeof(entry)) ||
            entry.shard >= to->header->shards ||
            (has_checks(from) && entry.check != slot_check_bib(&entry, i)))
            continue;
        map[i] = filling_take(&filling, entry.shard);
        if (map[i] == STATE_NONE)
            continue;
        entry.created_ns = shifted(entry.created_ns, shift_ns);
        entry.check = slot_check_bib(&entry, map[i]);
        atomic_store_explicit(&entry.word, STATE_FREE, memory_order_relaxed);
        memcpy(&to->bib[map[i]], &entry, sizeof(entry));
        publish(&to->bib[map[i]].word);
    }
}

/* Whether the session, copied just now, is of the binding that was copied before: its slot may have been
 * given away in between. While a session lives its binding does not change. */
static bool is_of_binding(const struct state_source *from, const _Atomic uint32_t *word,
                          const struct session *session, const struct bib_entry *binding)
{
    struct bib_entry now;
    size_t len = from->header->bib_slot_len;
    return copy_slot(from->bib + session->bib * len, len, &now, sizeof(now)) &&
           slot_word_unchanged(word, session->word) && now.transport == binding->transport &&
           now.shard == binding->shard && addr_equal6(&now.src6, &binding->src6) &&
           now.src6_port == binding->src6_port && now.src4 == binding->src4 &&
           now.src4_port == binding->src4_port;
}

static uint32_t copy_sessions(const struct state_source *from, struct state *to, int64_t shift_ns,
                              const uint32_t *map)
{
    struct filling filling;
    uint32_t left_out = 0;
    filling_init(&filling, to->header->session_slots);
    for (uint32_t i = 0; i < from->header->session_slots; i++) {
        struct session session;
        size_t len = from->header->session_slot_len;
        const uint8_t *source = from->sessions + i * len;
        if (!copy_slot(source, len, &session, sizeof(session)) ||
            (has_checks(from) && session.check != slot_check_session(&session, i)))
            continue;
        uint32_t slot = STATE_NONE;
        if (session.bib < from->header->bib_slots && map[session.bib] != STATE_NONE &&
            session.shard < to->header->shards &&
            is_of_binding(from, (const _Atomic uint32_t *)source, &session, &to->bib[map[session.bib]]))
            slot = filling_take(&filling, session.shard);
        if (slot == STATE_NONE) {
            left_out++;
            continue;
        }
        session.bib = map[session.bib];
        session.created_ns = shifted(session.created_ns, shift_ns);
        session.expires_ns = shifted(session.expires_ns, shift_ns);
        if (session.closed_ns != 0)
            session.closed_ns = shifted(session.closed_ns, shift_ns);
        session.check = slot_check_session(&session, slot);
        atomic_store_explicit(&session.word, STATE_FREE, memory_order_relaxed);
        memcpy(&to->sessions[slot], &session, sizeof(session));
        publish(&to->sessions[slot].word);
    }
    return left_out;
}

static void copy_held(const struct state_source *from, struct state *to, int64_t shift_ns)
{
    const struct claim_held *source = (const struct claim_held *)from->held;
    uint32_t from_slots = from->header->held_slots, to_slots = to->header->held_slots;
    for (uint32_t shard = 0; shard < from->header->shards && shard < to->header->shards; shard++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < from_slots && count < to_slots; i++) {
            const struct claim_held *held = &source[shard * from_slots + i];
            uint64_t until_ns = atomic_load_explicit(&held->until_ns, memory_order_acquire);
            struct claim_held *at = &to->held[shard * to_slots + count];
            if (until_ns == 0)
                continue;
            memcpy(at, held, sizeof(*at));
            atomic_store_explicit(&at->until_ns, shifted(until_ns, shift_ns), memory_order_release);
            count++;
        }
    }
}

uint32_t state_copy(const struct state_source *from, struct state *to, int64_t shift_ns, uint32_t *map)
{
    copy_bindings(from, to, shift_ns, map);
    uint32_t left_out = copy_sessions(from, to, shift_ns, map);
    copy_held(from, to, shift_ns);
    memcpy(to->header->pref64, from->header->pref64, sizeof(to->header->pref64));
    state_file_seal(to);
    return left_out;
}
