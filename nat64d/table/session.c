/*
 * Layer: table
 * Specification: RFC 6146 3.2
 */
#include "nat64d/table/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"

struct session_shared {
    struct session *sessions;
    uint32_t slots;
    struct hash_link *flow_links;
    struct hash_link *peer_links;
    struct session_group *groups;
};

int session_shared_new(struct session *sessions, uint32_t slots, struct session_shared **ret_shared)
{
    struct session_shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL)
        return -ENOMEM;
    shared->sessions = sessions;
    shared->slots = slots;
    shared->flow_links = calloc(slots, sizeof(*shared->flow_links));
    shared->peer_links = calloc(slots, sizeof(*shared->peer_links));
    shared->groups = calloc(slots, sizeof(*shared->groups));
    if (shared->flow_links == NULL || shared->peer_links == NULL || shared->groups == NULL) {
        session_shared_free(shared);
        return -ENOMEM;
    }
    *ret_shared = shared;
    return 0;
}

void session_shared_free(struct session_shared *shared)
{
    if (shared == NULL)
        return;
    free(shared->flow_links);
    free(shared->peer_links);
    free(shared->groups);
    free(shared);
}

int session_init(struct session_table *table, struct session_shared *shared, struct siphash_key key,
                 uint8_t shard)
{
    uint32_t *flows = calloc(hash_heads(shared->slots), sizeof(*flows));
    uint32_t *peers = calloc(hash_heads(shared->slots), sizeof(*peers));
    if (flows == NULL || peers == NULL) {
        free(flows);
        free(peers);
        return -ENOMEM;
    }
    table->sessions = shared->sessions;
    table->groups = shared->groups;
    table->key = key;
    table->shard = shard;
    hash_init(&table->flows, flows, shared->flow_links, shared->slots);
    hash_init(&table->peers, peers, shared->peer_links, shared->slots);
    return 0;
}

void session_done(struct session_table *table)
{
    free(table->flows.heads);
    free(table->peers.heads);
}

static uint64_t flow_hash(const struct session_table *table, uint32_t bib, uint32_t dst4, uint16_t dst_port)
{
    uint64_t words[2] = {(uint64_t)bib << 32 | dst4, dst_port};
    return siphash13_words(table->key, words, 2);
}

static uint64_t peer_hash(const struct session_table *table, uint32_t bib, uint32_t dst4)
{
    uint64_t word = (uint64_t)bib << 32 | dst4;
    return siphash13_words(table->key, &word, 1);
}

static uint32_t find_flow(const struct session_table *table, uint32_t bib, uint32_t dst4, uint16_t dst_port,
                          uint64_t hash)
{
    for (uint32_t slot = hash_first(&table->flows, hash); slot != STATE_NONE;
         slot = hash_next(&table->flows, hash, slot)) {
        const struct session *session = &table->sessions[slot];
        if (session->bib == bib && session->dst4 == dst4 && session->dst_port == dst_port)
            return slot;
    }
    return STATE_NONE;
}

uint32_t session_find(const struct session_table *table, uint32_t bib, uint32_t dst4, uint16_t dst_port)
{
    return find_flow(table, bib, dst4, dst_port, flow_hash(table, bib, dst4, dst_port));
}

/* The session that stands for its group in the index of peers. */
static uint32_t find_peer(const struct session_table *table, uint32_t bib, uint32_t dst4, uint64_t hash)
{
    for (uint32_t slot = hash_first(&table->peers, hash); slot != STATE_NONE;
         slot = hash_next(&table->peers, hash, slot)) {
        const struct session *session = &table->sessions[slot];
        if (session->bib == bib && session->dst4 == dst4)
            return slot;
    }
    return STATE_NONE;
}

bool session_has_peer(const struct session_table *table, uint32_t bib, uint32_t dst4)
{
    return find_peer(table, bib, dst4, peer_hash(table, bib, dst4)) != STATE_NONE;
}

static int join_group(struct session_table *table, uint32_t bib, uint32_t dst4,
                      const struct session_restoring *hashes)
{
    struct session_group *groups = table->groups;
    uint32_t slot = hashes->slot, peer = find_peer(table, bib, dst4, hashes->peer);
    if (peer == STATE_NONE) {
        groups[slot] = (struct session_group){slot, slot};
        return hash_add(&table->peers, hashes->peer, slot);
    }
    groups[slot] = (struct session_group){groups[peer].next, peer};
    groups[groups[peer].next].previous = slot;
    groups[peer].next = slot;
    return 0;
}

static void leave_group(struct session_table *table, uint32_t slot)
{
    struct session_group *groups = table->groups;
    const struct session *session = &table->sessions[slot];
    uint64_t hash = peer_hash(table, session->bib, session->dst4);
    uint32_t next = groups[slot].next;
    groups[groups[slot].previous].next = next;
    groups[next].previous = groups[slot].previous;
    if (find_peer(table, session->bib, session->dst4, hash) != slot)
        return;
    hash_drop(&table->peers, hash, slot);
    /* The place just left in the chain has room for the next one of the group. */
    if (next != slot && hash_add(&table->peers, hash, next) < 0)
        abort();
}

static int index_session(struct session_table *table, uint32_t bib, uint32_t dst4,
                         const struct session_restoring *hashes)
{
    int r = hash_add(&table->flows, hashes->flow, hashes->slot);
    if (r < 0)
        return r;
    r = join_group(table, bib, dst4, hashes);
    if (r < 0)
        hash_drop(&table->flows, hashes->flow, hashes->slot);
    return r;
}

static void fill(struct session_table *table, const struct session_values *values, uint32_t slot,
                 uint64_t now_ns)
{
    struct session *session = &table->sessions[slot];
    session->bib = values->bib;
    session->dst4 = values->dst4;
    session->dst_port = values->dst_port;
    session->transport = (uint8_t)values->transport;
    session->tcp_state = values->tcp_state;
    session->pref64 = values->pref64;
    session->pool = values->pool;
    session->shard = table->shard;
    session->lifetime = 0;
    session->flags = 0;
    session->name = session->rule = 0;
    session->created_ns = now_ns;
    session->closed_ns = 0;
    atomic_store_explicit(&session->expires_ns, 0, memory_order_relaxed);
    session->packets6 = session->bytes6 = session->packets4 = session->bytes4 = 0;
    session->seq6 = session->ack6 = session->seq4 = session->ack4 = 0;
    session->window6 = session->window4 = session->mss6 = session->mss4 = 0;
    session->check = slot_check_session(session, slot);
}

int session_add(struct session_table *table, const struct session_values *values, struct bib_entry *entry,
                uint64_t now_ns, uint32_t *ret_slot)
{
    struct session_restoring hashes = {
        .flow = flow_hash(table, values->bib, values->dst4, values->dst_port),
        .peer = peer_hash(table, values->bib, values->dst4),
    };
    if (find_flow(table, values->bib, values->dst4, values->dst_port, hashes.flow) != STATE_NONE)
        return -EEXIST;
    hashes.slot = slots_take(table->slots);
    if (hashes.slot == STATE_NONE)
        return -ENOSPC;
    int r = index_session(table, values->bib, values->dst4, &hashes);
    if (r < 0) {
        slots_give(table->slots, hashes.slot);
        return r;
    }
    fill(table, values, hashes.slot, now_ns);
    slot_word_publish(&table->sessions[hashes.slot].word);
    entry->sessions++;
    table->count[values->transport]++;
    *ret_slot = hashes.slot;
    return 0;
}

bool session_drop(struct session_table *table, uint32_t slot, struct bib_entry *entry)
{
    struct session *session = &table->sessions[slot];
    slot_word_clear(&session->word);
    leave_group(table, slot);
    hash_drop(&table->flows, flow_hash(table, session->bib, session->dst4, session->dst_port), slot);
    table->count[session->transport]--;
    slots_give(table->slots, slot);
    return --entry->sessions == 0;
}

void session_reserve(struct session_table *table, uint32_t count)
{
    hash_reserve(&table->flows, count);
    hash_reserve(&table->peers, count);
}

void session_restore_begin(const struct session_table *table, uint32_t slot,
                           struct session_restoring *ret_restoring)
{
    const struct session *session = &table->sessions[slot];
    ret_restoring->slot = slot;
    ret_restoring->flow = flow_hash(table, session->bib, session->dst4, session->dst_port);
    ret_restoring->peer = peer_hash(table, session->bib, session->dst4);
    hash_fetch_head(&table->flows, ret_restoring->flow);
    hash_fetch_head(&table->peers, ret_restoring->peer);
}

void session_restore_fetch(const struct session_table *table, const struct session_restoring *restoring)
{
    hash_fetch_first(&table->flows, restoring->flow);
    hash_fetch_first(&table->peers, restoring->peer);
}

/* Its slot was taken. */
static int restore(struct session_table *table, const struct session_restoring *restoring,
                   struct bib_entry *entry)
{
    const struct session *session = &table->sessions[restoring->slot];
    int r;
    if (session->transport >= TRANSPORT_COUNT || session->transport != entry->transport)
        r = -EINVAL;
    else if (find_flow(table, session->bib, session->dst4, session->dst_port, restoring->flow) != STATE_NONE)
        r = -EEXIST;
    else
        r = index_session(table, session->bib, session->dst4, restoring);
    if (r < 0) {
        slots_give(table->slots, restoring->slot);
        return r;
    }
    entry->sessions++;
    table->count[session->transport]++;
    return 0;
}

int session_restore_end(struct session_table *table, const struct session_restoring *restoring,
                        struct bib_entry *entry)
{
    int r = slots_restore(table->slots, restoring->slot);
    return r < 0 ? r : restore(table, restoring, entry);
}

int session_restore(struct session_table *table, uint32_t slot, struct bib_entry *entry)
{
    struct session_restoring restoring;
    int r = slots_restore(table->slots, slot);
    if (r < 0)
        return r;
    session_restore_begin(table, slot, &restoring);
    return restore(table, &restoring, entry);
}

bool session_peek(const struct session *sessions, uint32_t slot, struct session *ret_copy)
{
    const struct session *session = &sessions[slot];
    uint32_t before;
    if (!slot_word_begin(&session->word, &before))
        return false;
    memcpy(ret_copy, session, sizeof(*ret_copy));
    return slot_word_unchanged(&session->word, before);
}
