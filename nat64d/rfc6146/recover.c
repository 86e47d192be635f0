/*
 * Layer: path
 * Specification: RFC 6146 3.1 and 3.2, RFC 6888 REQ-8
 */
#include "nat64d/rfc6146/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/tcp_state.h"
#include "nat64d/rfc8158/events.h"
#include "nat64d/table/owner.h"
#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"

static bool same_prefix(const struct state_pref64 *slot, const struct addr_prefix6 *prefix)
{
    return slot->len == prefix->len && addr_equal6(&slot->address, &prefix->address);
}

/* The place that the prefix has in the header, or STATE_PREF64_MAX. */
static unsigned find_place(const struct state_header *header, const struct addr_prefix6 *prefix)
{
    unsigned place = 0;
    while (place < STATE_PREF64_MAX && !same_prefix(&header->pref64[place], prefix))
        place++;
    return place;
}

/* A place for another prefix: a free one, or one that names none of those in force. */
static unsigned free_place(const struct steps_shared *shared, const bool *taken)
{
    const struct state_header *header = shared->state.header;
    unsigned place = 0;
    for (unsigned i = 0; i < STATE_PREF64_MAX; i++)
        if (!taken[i] && (taken[place] || header->pref64[i].len == 0))
            place = i;
    return place;
}

/* What a lifetime was when the sessions' times were set; those times move with it. */
static void compare_lifetimes(struct steps_shared *shared)
{
    const struct state_header *header = shared->state.header;
    for (unsigned i = 0; i < EXPIRY_LIFETIMES; i++)
        if (header->lifetime_ns[i] != 0)
            shared->lifetime_shift_ns[i] = (int64_t)(shared->lifetime_ns[i] - header->lifetime_ns[i]);
}

void recover_begin(struct steps_shared *shared)
{
    struct state_header *header = shared->state.header;
    compare_lifetimes(shared);
    bool taken[STATE_PREF64_MAX] = {false};
    memset(shared->pref64_index, STEPS_NO_PREF64, sizeof(shared->pref64_index));
    for (unsigned i = 0; i < shared->guard.pref64_count; i++) {
        unsigned place = find_place(header, &shared->guard.pref64[i].prefix);
        shared->pref64_slot[i] = (uint8_t)place;
        if (place == STATE_PREF64_MAX)
            continue;
        taken[place] = true;
        shared->pref64_index[place] = (uint8_t)i;
    }
    /* No session that is there can be under a prefix that is new: pref64_index names it when they were seen.
     */
    for (unsigned i = 0; i < shared->guard.pref64_count; i++) {
        if (shared->pref64_slot[i] < STATE_PREF64_MAX)
            continue;
        const struct addr_prefix6 *prefix = &shared->guard.pref64[i].prefix;
        unsigned place = free_place(shared, taken);
        taken[place] = true;
        shared->pref64_slot[i] = (uint8_t)place;
        header->pref64[place] = (struct state_pref64){.address = prefix->address, .len = prefix->len};
    }
    state_file_seal(&shared->state);
}

/* Those that ended meanwhile counted for nobody yet. */
static void count_blocks(struct steps_shared *shared)
{
    struct lots_block block;
    for (uint64_t cursor = 0; bulk_next(shared->bulk, &cursor, &block);)
        quota_block_restore(shared->quota, &block.backend, (uint32_t)block.last - block.first + 1);
}

void recover_done(struct steps_shared *shared, uint64_t settings_hash)
{
    struct state_header *header = shared->state.header;
    count_blocks(shared);
    for (unsigned i = 0; i < shared->guard.pref64_count; i++)
        shared->pref64_index[shared->pref64_slot[i]] = (uint8_t)i;
    for (unsigned i = 0; i < STATE_PREF64_MAX; i++)
        if (shared->pref64_index[i] == STEPS_NO_PREF64)
            header->pref64[i] = (struct state_pref64){0};
    header->settings_hash = settings_hash;
    memcpy(header->lifetime_ns, shared->lifetime_ns, sizeof(header->lifetime_ns));
    state_file_seal(&shared->state);
}

static bool is_live(const _Atomic uint32_t *word)
{
    return (atomic_load_explicit(word, memory_order_acquire) & SLOT_WORD_STATE) == STATE_LIVE;
}

/* Whether it is as it was written, and where. */
static bool bib_is_whole(const struct steps_shared *shared, uint32_t slot)
{
    const struct bib_entry *entry = &shared->state.bib[slot];
    return entry->check == slot_check_bib(entry, slot) && entry->shard < shared->shards;
}

static bool session_is_whole(const struct steps_shared *shared, uint32_t slot)
{
    const struct session *session = &shared->state.sessions[slot];
    return session->check == slot_check_session(session, slot) && session->shard < shared->shards;
}

/* The slots of one chunk. */
struct range {
    uint32_t first, end;
};

static struct range range_of(uint32_t chunk, uint32_t slots)
{
    uint32_t first = chunk * STATE_CHUNK;
    return (struct range){first, slots - first < STATE_CHUNK ? slots : first + STATE_CHUNK};
}

static uint32_t chunks_of(uint32_t slots)
{
    return (slots + STATE_CHUNK - 1) / STATE_CHUNK;
}

/* The shard of the first whole slot; what is not whole before it goes. */
static uint8_t survey_bindings(const struct steps_shared *shared, struct range range,
                               struct recover_count *count)
{
    struct bib_entry *bib = shared->state.bib;
    for (uint32_t i = range.first; i < range.end; i++) {
        if (!is_live(&bib[i].word))
            continue;
        if (bib_is_whole(shared, i))
            return bib[i].shard;
        slot_word_clear(&bib[i].word);
        count->bindings_dropped++;
    }
    return RECOVER_NO_SHARD;
}

static uint8_t survey_sessions(const struct steps_shared *shared, struct range range,
                               struct recover_count *count)
{
    struct session *sessions = shared->state.sessions;
    for (uint32_t i = range.first; i < range.end; i++) {
        if (!is_live(&sessions[i].word))
            continue;
        if (session_is_whole(shared, i))
            return sessions[i].shard;
        slot_word_clear(&sessions[i].word);
        count->sessions_dropped++;
    }
    return RECOVER_NO_SHARD;
}

void recover_survey(const struct steps *steps, const struct recover_scratch *scratch,
                    struct recover_count *count)
{
    const struct steps_shared *shared = steps->shared;
    const struct state_header *header = shared->state.header;
    for (uint32_t i = steps->worker; i < chunks_of(header->bib_slots); i += shared->workers)
        scratch->bib_chunks[i] = survey_bindings(shared, range_of(i, header->bib_slots), count);
    for (uint32_t i = steps->worker; i < chunks_of(header->session_slots); i += shared->workers)
        scratch->session_chunks[i] = survey_sessions(shared, range_of(i, header->session_slots), count);
}

static bool is_ours(const struct steps *steps, uint8_t shard)
{
    return shard != RECOVER_NO_SHARD && steps_owns(steps, shard);
}

/* Whether a whole slot can be a binding of this configuration; sets *ret_address. */
static bool binding_is_sound(const struct steps *steps, struct bib_entry *entry, uint32_t *ret_address)
{
    const struct steps_shared *shared = steps->shared;
    if (entry->transport >= TRANSPORT_COUNT || entry->is_static > 1)
        return false;
    *ret_address = prefixes_find(shared->prefixes, entry->src4);
    if (*ret_address == PREFIXES_NONE ||
        owner_shard6(shared->state.header->key, &entry->src6, entry->src6_port, entry->transport,
                     shared->shards) != entry->shard)
        return false;
    const struct binding *binding =
        binding_find4(shared->bindings, entry->transport, entry->src4, entry->src4_port);
    /* A static binding may have been configured for either side meanwhile. */
    if (!entry->is_static)
        return binding == NULL &&
               binding_find6(shared->bindings, entry->transport, &entry->src6, entry->src6_port) == NULL &&
               guard_source6(&shared->guard, steps->network, &entry->src6) == REASON_OK;
    if (binding == NULL || binding_port6(binding, entry->src4_port) != entry->src6_port ||
        !addr_equal6(&binding->src6, &entry->src6))
        return false;
    entry->static_index = binding_index(shared->bindings, binding);
    return true;
}

/* Its port out of what may be given. */
static int restore_port(struct claim *claim, const struct bib_entry *entry, uint32_t address)
{
    const struct lots_want want = {address, &entry->src6, entry->transport, entry->src6_port, entry->shard};
    const struct lots_port port = {.port = entry->src4_port, .code = entry->port_block};
    if (entry->port_block == BULK_NONE)
        return claim_restore(claim, address, entry->transport, entry->src4_port);
    return claim_restore_bulk(claim, &want, &port, entry->created_ns);
}

/* Into the indices, its port out of what may be given. */
static bool keep_binding(struct steps *steps, struct bib_entry *entry, uint32_t slot, uint32_t address)
{
    struct steps_shard *shard = &steps->shards[entry->shard];
    bool is_static = entry->is_static;
    if (!is_static && restore_port(shard->claim, entry, address) < 0)
        return false;
    entry->address_index = address;
    if (bib_restore(&shard->bib, slot) == 0)
        return true;
    if (!is_static)
        claim_forget(shard->claim, address, entry->transport, entry->src4_port);
    return false;
}

static void keep_bindings(struct steps *steps, uint8_t shard, struct range range, uint64_t now_ns,
                          struct recover_count *count)
{
    const struct steps_shared *shared = steps->shared;
    for (uint32_t i = range.first; i < range.end; i++) {
        struct bib_entry *entry = &shared->state.bib[i];
        if (!is_live(&entry->word))
            continue;
        uint32_t address;
        bool whole = bib_is_whole(shared, i) && entry->shard == shard;
        bool sound = whole && binding_is_sound(steps, entry, &address);
        if (sound && keep_binding(steps, entry, i, address)) {
            count->bindings++;
            continue;
        }
        allocate_end_block(steps, shard, now_ns);
        if (whole && !sound && !entry->is_static) /* what is doubled lives on in the other */
            events_binding(steps, false, entry, now_ns);
        slot_word_clear(&entry->word);
        count->bindings_dropped++;
    }
}

/* An entry of a static binding that is there without sessions too. */
static bool is_lasting(const struct steps *steps, const struct bib_entry *entry)
{
    return entry->is_static && binding_at(steps->shared->bindings, entry->static_index)->more == 0;
}

/* Whether a session may still go there. A configuration that is the same has been asked before. */
static bool destination_is_allowed(const struct steps *steps, const struct session *session,
                                   const struct bib_entry *entry)
{
    unsigned pref64 = steps_pref64(steps, session);
    if (entry->is_static || steps_is_pool(steps, session->transport, session->dst4, session->dst_port))
        return true;
    return guard_destination4(&steps->shared->guard, steps->network, pref64, session->dst4) == REASON_OK;
}

/* Whether a whole slot can be a session of this configuration, of a binding that was kept. */
static bool session_is_sound(const struct steps *steps, const struct recover_scratch *scratch,
                             const struct session *session)
{
    const struct steps_shared *shared = steps->shared;
    const struct state *state = &shared->state;
    if (session->bib >= state->header->bib_slots ||
        scratch->bib_chunks[session->bib / STATE_CHUNK] != session->shard ||
        session->transport >= TRANSPORT_COUNT || session->lifetime >= EXPIRY_LIFETIMES ||
        session->tcp_state >= TCP_STATE_COUNT ||
        (session->tcp_state == TCP_STATE_NONE) != (session->transport != TRANSPORT_TCP) ||
        session->pref64 >= STATE_PREF64_MAX || shared->pref64_index[session->pref64] == STEPS_NO_PREF64)
        return false;
    const struct bib_entry *entry = &state->bib[session->bib];
    return is_live(&entry->word) && entry->transport == session->transport &&
           (!shared->settings_changed || destination_is_allowed(steps, session, entry));
}

static void count_session(const struct recover_scratch *scratch, const struct session *session, int change,
                          struct recover_count *count)
{
    count->sessions += (uint32_t)change;
    if (session->flags & SESSION_ANSWERED)
        scratch->answered[session->bib] += (uint32_t)change;
}

/* The other one for the same flow was made before this one: it goes. */
static bool replace_older(struct steps_shard *shard, struct session *session, uint32_t slot,
                          const struct recover_scratch *scratch, struct recover_count *count)
{
    struct bib_entry *entry = bib_entry(&shard->bib, session->bib);
    uint32_t other = session_find(&shard->sessions, session->bib, session->dst4, session->dst_port);
    const struct session *older = session_at(&shard->sessions, other);
    if (older->created_ns >= session->created_ns)
        return false;
    count_session(scratch, older, -1, count);
    count->sessions_dropped++;
    if (older->lifetime != EXPIRY_TCP_CLOSING)
        expiry_stop(&shard->expiry, other);
    session_drop(&shard->sessions, other, entry);
    return session_restore(&shard->sessions, slot, entry) == 0;
}

/* Into the indices and, but for those that close, onto its timer. */
static bool keep_session(struct steps *steps, const struct session_restoring *restoring,
                         const struct recover_scratch *scratch, uint64_t now_ns, struct recover_count *count)
{
    struct session *session = &steps->shared->state.sessions[restoring->slot];
    struct steps_shard *shard = &steps->shards[session->shard];
    struct bib_entry *entry = bib_entry(&shard->bib, session->bib);
    int r = session_restore_end(&shard->sessions, restoring, entry);
    if (r < 0 && (r != -EEXIST || !replace_older(shard, session, restoring->slot, scratch, count)))
        return false;
    uint8_t pool = (uint8_t)prefixes_pool_index(steps->shared->prefixes, entry->address_index);
    if (session->pool != pool)
        session->pool = pool;
    count_session(scratch, session, 1, count);
    if (session->lifetime == EXPIRY_TCP_CLOSING) {
        scratch->closing[count->closing++] = (struct recover_closing){session->closed_ns, restoring->slot};
        return true;
    }
    int64_t shift_ns = steps->shared->lifetime_shift_ns[session->lifetime];
    if (shift_ns != 0)
        expiry_shift(&shard->expiry, restoring->slot, shift_ns);
    expiry_restore(&shard->expiry, restoring->slot, now_ns);
    return true;
}

/* A session that does not go on. Its binding may have gone before it, but what it was is still there. */
static void end_session(struct steps *steps, uint32_t slot, uint64_t now_ns, struct recover_count *count)
{
    const struct steps_shared *shared = steps->shared;
    struct session *session = &shared->state.sessions[slot];
    if (session_is_whole(shared, slot) && session->bib < shared->state.header->bib_slots &&
        bib_is_whole(shared, session->bib))
        events_session(steps, false, session, &shared->state.bib[session->bib], now_ns);
    slot_word_clear(&session->word);
    count->sessions_dropped++;
}

enum { BATCH = 32 };

/* At most BATCH slots of one chunk. */
static void keep_batch(struct steps *steps, uint8_t shard, struct range range,
                       const struct recover_scratch *scratch, uint64_t now_ns, struct recover_count *count)
{
    struct session_restoring batch[BATCH];
    unsigned batched = 0;
    const struct session_table *table = &steps->shards[shard].sessions;
    for (uint32_t i = range.first; i < range.end; i++) {
        struct session *session = session_at(table, i);
        if (!is_live(&session->word))
            continue;
        if (session_is_whole(steps->shared, i) && session->shard == shard &&
            session_is_sound(steps, scratch, session)) {
            session_restore_begin(table, i, &batch[batched++]);
        } else {
            end_session(steps, i, now_ns, count);
        }
    }
    for (unsigned i = 0; i < batched; i++)
        session_restore_fetch(table, &batch[i]);
    for (unsigned i = 0; i < batched; i++)
        if (!keep_session(steps, &batch[i], scratch, now_ns, count))
            end_session(steps, batch[i].slot, now_ns, count);
}

/* Room in the indices for all that may come, so that they need not grow step by step. */
static void reserve(struct steps *steps, const struct recover_scratch *scratch, uint32_t chunks)
{
    uint32_t count[STATE_SHARDS_MAX] = {0};
    for (uint32_t i = 0; i < chunks; i++)
        if (is_ours(steps, scratch->session_chunks[i]))
            count[scratch->session_chunks[i]] += STATE_CHUNK;
    for (unsigned i = steps->worker; i < steps->shared->shards; i += steps->shared->workers)
        session_reserve(&steps->shards[i].sessions, count[i]);
}

static int by_closed(const void *a, const void *b)
{
    uint64_t x = ((const struct recover_closing *)a)->closed_ns;
    uint64_t y = ((const struct recover_closing *)b)->closed_ns;
    return x < y ? -1 : x > y;
}

/* Those that close, in the order in which they began to. */
static void arm_closing(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                        struct recover_count *count)
{
    struct session *sessions = steps->shared->state.sessions;
    qsort(scratch->closing, count->closing, sizeof(*scratch->closing), by_closed);
    for (uint32_t i = 0; i < count->closing; i++) {
        uint32_t slot = scratch->closing[i].slot;
        if (is_live(&sessions[slot].word)) /* one of two may have gone since */
            expiry_restore(&steps->shards[sessions[slot].shard].expiry, slot, now_ns);
    }
}

void recover_slots(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                   struct recover_count *count)
{
    const struct state_header *header = steps->shared->state.header;
    uint32_t bib_chunks = chunks_of(header->bib_slots), session_chunks = chunks_of(header->session_slots);
    reserve(steps, scratch, session_chunks);
    for (uint32_t i = 0; i < bib_chunks; i++)
        if (is_ours(steps, scratch->bib_chunks[i]))
            keep_bindings(steps, scratch->bib_chunks[i], range_of(i, header->bib_slots), now_ns, count);
    for (uint32_t i = 0; i < session_chunks; i++) {
        if (!is_ours(steps, scratch->session_chunks[i]))
            continue;
        struct range range = range_of(i, header->session_slots);
        for (uint32_t at = range.first; at < range.end; at += BATCH)
            keep_batch(steps, scratch->session_chunks[i],
                       (struct range){at, range.end - at < BATCH ? range.end : at + BATCH}, scratch, now_ns,
                       count);
    }
    arm_closing(steps, scratch, now_ns, count);
}

/* A binding that no session is left of; the port of a dynamic one is held down. */
static void end_binding(struct steps *steps, unsigned shard_index, uint32_t slot, uint64_t now_ns,
                        struct recover_count *count)
{
    struct steps_shard *shard = &steps->shards[shard_index];
    const struct bib_entry *entry = bib_entry(&shard->bib, slot);
    if (!entry->is_static) {
        events_binding(steps, false, entry, now_ns);
        claim_release(shard->claim, entry->address_index, entry->transport, entry->src4_port, now_ns);
    }
    allocate_end_block(steps, shard_index, now_ns);
    bib_drop(&shard->bib, slot);
    count->bindings--;
    count->bindings_dropped++;
}

/* Of scratch->answered: no record was free for the backend. */
#define UNCOUNTED UINT32_MAX

/* What each backend has. False when there was no record for one: its sessions are to go. */
static bool count_bindings(struct steps *steps, const struct recover_scratch *scratch, struct range range,
                           uint64_t now_ns, struct recover_count *count)
{
    bool counted = true;
    for (uint32_t i = range.first; i < range.end; i++) {
        const struct bib_entry *entry = &steps->shared->state.bib[i];
        if (!is_live(&entry->word))
            continue;
        if (entry->sessions == 0 && !is_lasting(steps, entry)) {
            end_binding(steps, entry->shard, i, now_ns, count);
        } else if (!quota_restore(steps->shared->quota, &entry->src6, entry->transport,
                                  entry->is_static ? NULL : &entry->address_index, entry->sessions,
                                  scratch->answered[i])) {
            scratch->answered[i] = UNCOUNTED;
            counted = false;
        }
    }
    return counted;
}

/* The table is smaller than it was, or the limits tell more backends apart: what no limit would hold goes. */
static void end_uncounted(struct steps *steps, const struct recover_scratch *scratch, struct range range,
                          uint64_t now_ns, struct recover_count *count)
{
    for (uint32_t i = range.first; i < range.end; i++) {
        const struct session *session = &steps->shared->state.sessions[i];
        if (!is_live(&session->word) || scratch->answered[session->bib] != UNCOUNTED)
            continue;
        struct steps_shard *shard = &steps->shards[session->shard];
        uint32_t bib = session->bib;
        events_session(steps, false, session, bib_entry(&shard->bib, bib), now_ns);
        expiry_stop(&shard->expiry, i);
        count->sessions--;
        count->sessions_dropped++;
        if (session_drop(&shard->sessions, i, bib_entry(&shard->bib, bib)) &&
            !is_lasting(steps, bib_entry(&shard->bib, bib)))
            end_binding(steps, session->shard, bib, now_ns, count);
    }
}

void recover_rest(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                  struct recover_count *count)
{
    const struct state_header *header = steps->shared->state.header;
    bool counted = true;
    for (unsigned i = steps->worker; i < steps->shared->shards; i += steps->shared->workers)
        count->held += claim_restore_held(steps->shards[i].claim, scratch->held, now_ns);
    for (uint32_t i = 0; i < chunks_of(header->bib_slots); i++)
        if (is_ours(steps, scratch->bib_chunks[i]) &&
            !count_bindings(steps, scratch, range_of(i, header->bib_slots), now_ns, count))
            counted = false;
    for (uint32_t i = 0; !counted && i < chunks_of(header->session_slots); i++)
        if (is_ours(steps, scratch->session_chunks[i]))
            end_uncounted(steps, scratch, range_of(i, header->session_slots), now_ns, count);
}
