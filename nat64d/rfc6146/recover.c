/*
 * Layer: path
 * Specification: RFC 6146 3.1 and 3.2, RFC 6888 REQ-8
 */
#include "nat64d/rfc6146/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/rfc6146/tcp_state.h"
#include "nat64d/table/owner.h"
#include "nat64d/table/slot_word.h"

static bool same_prefix(const struct state_pref64 *slot, const struct addr_prefix6 *prefix)
{
    return slot->len == prefix->len && addr_equal6(&slot->address, &prefix->address);
}

/* The place of the prefix in the header; a free one is written to. */
static int place_prefix(struct state_header *header, const struct addr_prefix6 *prefix, uint8_t *ret_slot)
{
    unsigned free = STATE_PREF64_MAX;
    for (unsigned i = STATE_PREF64_MAX; i-- > 0;) {
        if (same_prefix(&header->pref64[i], prefix)) {
            *ret_slot = (uint8_t)i;
            return 0;
        }
        if (header->pref64[i].len == 0)
            free = i;
    }
    if (free == STATE_PREF64_MAX)
        return -ENOSPC;
    header->pref64[free] = (struct state_pref64){.address = prefix->address, .len = prefix->len};
    *ret_slot = (uint8_t)free;
    return 0;
}

int recover_begin(struct steps_shared *shared)
{
    memset(shared->pref64_index, STEPS_NO_PREF64, sizeof(shared->pref64_index));
    for (unsigned i = 0; i < shared->guard.pref64_count; i++) {
        int r = place_prefix(shared->state.header, &shared->guard.pref64[i].prefix, &shared->pref64_slot[i]);
        if (r < 0)
            return r;
        shared->pref64_index[shared->pref64_slot[i]] = (uint8_t)i;
    }
    state_file_seal(&shared->state);
    return 0;
}

void recover_done(struct steps_shared *shared, uint64_t settings_hash)
{
    struct state_header *header = shared->state.header;
    for (unsigned i = 0; i < STATE_PREF64_MAX; i++)
        if (shared->pref64_index[i] == STEPS_NO_PREF64)
            header->pref64[i] = (struct state_pref64){0};
    header->settings_hash = settings_hash;
    state_file_seal(&shared->state);
}

static bool is_live(const _Atomic uint32_t *word)
{
    return (atomic_load_explicit(word, memory_order_acquire) & SLOT_WORD_STATE) == STATE_LIVE;
}

/* Whose work a slot is: a shard that does not exist is the first worker's. */
static bool is_ours(const struct steps *steps, uint8_t shard)
{
    return shard < steps->shared->shards ? steps_owns(steps, shard) : steps->worker == 0;
}

/* Whether the slot's fields can be a binding of this configuration; sets *ret_address. */
static bool binding_is_sound(const struct steps *steps, struct bib_entry *entry, uint32_t *ret_address)
{
    const struct steps_shared *shared = steps->shared;
    if (entry->shard >= shared->shards || entry->transport >= TRANSPORT_COUNT || entry->is_static > 1)
        return false;
    *ret_address = prefixes_find(shared->prefixes, entry->src4);
    if (*ret_address == PREFIXES_NONE ||
        owner_shard6(shared->state.header->key, &entry->src6, entry->src6_port, entry->transport,
                     shared->shards) != entry->shard)
        return false;
    const struct binding *binding =
        binding_find4(shared->bindings, entry->transport, entry->src4, entry->src4_port);
    if (!entry->is_static)
        return binding == NULL && guard_source6(&shared->guard, steps->network, &entry->src6) == REASON_OK;
    if (binding == NULL || binding->src6_port != entry->src6_port ||
        !addr_equal6(&binding->src6, &entry->src6))
        return false;
    entry->static_index = (uint32_t)(binding - binding_at(shared->bindings, 0));
    return true;
}

/* Into the indices, its port out of what may be given. */
static bool keep_binding(struct steps *steps, struct bib_entry *entry, uint32_t slot)
{
    uint32_t address;
    if (!binding_is_sound(steps, entry, &address))
        return false;
    struct steps_shard *shard = &steps->shards[entry->shard];
    bool is_static = entry->is_static;
    if (!is_static && claim_restore(shard->claim, address, entry->transport, entry->src4_port) < 0)
        return false;
    entry->address_index = address;
    if (bib_restore(&shard->bib, slot) == 0)
        return true;
    if (!is_static)
        claim_forget(shard->claim, address, entry->transport, entry->src4_port);
    return false;
}

static void keep_bindings(struct steps *steps, struct recover_count *count)
{
    const struct state *state = &steps->shared->state;
    for (uint32_t i = 0; i < state->header->bib_slots; i++) {
        struct bib_entry *entry = &state->bib[i];
        if (!is_live(&entry->word) || !is_ours(steps, entry->shard))
            continue;
        if (keep_binding(steps, entry, i)) {
            count->bindings++;
        } else {
            slot_word_clear(&entry->word);
            count->bindings_dropped++;
        }
    }
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

static bool session_is_sound(const struct steps *steps, const struct session *session)
{
    const struct steps_shared *shared = steps->shared;
    const struct state *state = &shared->state;
    if (session->shard >= shared->shards || session->bib >= state->header->bib_slots ||
        session->transport >= TRANSPORT_COUNT || session->lifetime >= EXPIRY_LIFETIMES ||
        session->tcp_state >= TCP_STATE_COUNT ||
        (session->tcp_state == TCP_STATE_NONE) != (session->transport != TRANSPORT_TCP) ||
        session->pref64 >= STATE_PREF64_MAX || shared->pref64_index[session->pref64] == STEPS_NO_PREF64)
        return false;
    const struct bib_entry *entry = &state->bib[session->bib];
    return is_live(&entry->word) && entry->transport == session->transport && entry->shard == session->shard;
}

/* Into the indices; of two for the same flow the newer stays. */
static bool index_session(struct steps_shard *shard, struct session *session, uint32_t slot)
{
    struct bib_entry *entry = bib_entry(&shard->bib, session->bib);
    int r = session_restore(&shard->sessions, slot, entry);
    if (r != -EEXIST)
        return r == 0;
    uint32_t other = session_find(&shard->sessions, session->bib, session->dst4, session->dst_port);
    if (session_at(&shard->sessions, other)->created_ns >= session->created_ns)
        return false;
    session_drop(&shard->sessions, other, entry);
    return session_restore(&shard->sessions, slot, entry) == 0;
}

static bool keep_session(struct steps *steps, struct session *session, uint32_t slot, bool ask_destination)
{
    const struct state *state = &steps->shared->state;
    if (!session_is_sound(steps, session))
        return false;
    struct bib_entry *entry = &state->bib[session->bib];
    if (ask_destination && !destination_is_allowed(steps, session, entry))
        return false;
    session->pool = (uint8_t)prefixes_pool_index(steps->shared->prefixes, entry->address_index);
    return index_session(&steps->shards[session->shard], session, slot);
}

static void keep_sessions(struct steps *steps, bool ask_destination, struct recover_count *count)
{
    const struct state *state = &steps->shared->state;
    for (uint32_t i = 0; i < state->header->session_slots; i++) {
        struct session *session = &state->sessions[i];
        if (!is_live(&session->word) || !is_ours(steps, session->shard))
            continue;
        if (keep_session(steps, session, i, ask_destination))
            continue;
        slot_word_clear(&session->word);
        count->sessions_dropped++;
    }
}

static int by_closed(const void *a, const void *b, void *context)
{
    const struct session *sessions = context;
    uint64_t x = sessions[*(const uint32_t *)a].closed_ns, y = sessions[*(const uint32_t *)b].closed_ns;
    return x < y ? -1 : x > y;
}

/* Timers of all that was kept: those that close in the order in which they began to. */
static void arm_sessions(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                         struct recover_count *count)
{
    const struct state *state = &steps->shared->state;
    uint32_t closing = 0;
    for (uint32_t i = 0; i < state->header->session_slots; i++) {
        struct session *session = &state->sessions[i];
        if (!is_live(&session->word) || !is_ours(steps, session->shard))
            continue;
        count->sessions++;
        scratch->answered[session->bib] += session->flags & SESSION_ANSWERED;
        if (session->lifetime == EXPIRY_TCP_CLOSING)
            scratch->closing[closing++] = i;
        else
            expiry_restore(&steps->shards[session->shard].expiry, i, now_ns);
    }
    qsort_r(scratch->closing, closing, sizeof(*scratch->closing), by_closed, state->sessions);
    for (uint32_t i = 0; i < closing; i++)
        expiry_restore(&steps->shards[state->sessions[scratch->closing[i]].shard].expiry, scratch->closing[i],
                       now_ns);
}

/* What each backend has; a dynamic binding that no session was left of goes, and its port is held down. */
static void count_bindings(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                           struct recover_count *count)
{
    const struct state *state = &steps->shared->state;
    for (uint32_t i = 0; i < state->header->bib_slots; i++) {
        struct bib_entry *entry = &state->bib[i];
        if (!is_live(&entry->word) || !is_ours(steps, entry->shard))
            continue;
        struct steps_shard *shard = &steps->shards[entry->shard];
        if (entry->sessions > 0 || entry->is_static) {
            quota_restore(steps->shared->quota, &entry->src6, entry->transport,
                          entry->is_static ? NULL : &entry->address_index, entry->sessions,
                          scratch->answered[i]);
            continue;
        }
        claim_release(shard->claim, entry->address_index, entry->transport, entry->src4_port, now_ns);
        bib_drop(&shard->bib, i);
        count->bindings--;
        count->bindings_dropped++;
    }
}

void recover_shards(struct steps *steps, const struct recover_scratch *scratch, uint64_t now_ns,
                    struct recover_count *ret_count)
{
    struct recover_count count = {0};
    bool ask_destination = steps->shared->settings_changed;
    keep_bindings(steps, &count);
    keep_sessions(steps, ask_destination, &count);
    arm_sessions(steps, scratch, now_ns, &count);
    for (unsigned i = steps->worker; i < steps->shared->shards; i += steps->shared->workers)
        count.held += claim_restore_held(steps->shards[i].claim, scratch->held, now_ns);
    count_bindings(steps, scratch, now_ns, &count);
    *ret_count = count;
}
