/*
 * Sessions of one shard: found by (binding, remote address, remote port), grouped by remote address.
 *
 * Layer: table
 * Specification: RFC 6146 3.2; 3.5 (address-dependent filtering asks for any session with an address)
 *
 * A session's IPv6 and IPv4 tuples follow from its binding and its remote side, so one index serves both
 * directions. `peers` indexes one session of each (binding, remote address) group; the group is a ring
 * through `group` links, so that filtering is one look-up however many ports a peer has.
 */
#ifndef GATE64_NAT64D_TABLE_SESSION_H
#define GATE64_NAT64D_TABLE_SESSION_H

#include "nat64d/table/hash.h"
#include "nat64d/table/slots.h"

struct session_shared;
struct session_group {
    uint32_t next;
    uint32_t previous;
};
struct session_table {
    struct session *sessions;
    struct slots_shard *slots;
    struct hash flows;
    struct hash peers;
    struct session_group *groups; /* by slot; shared array */
    struct siphash_key key;
    uint8_t shard;
    uint32_t count[TRANSPORT_COUNT];
};

int session_shared_new(struct session *sessions, uint32_t slots, struct session_shared **ret_shared)
    __attribute__((warn_unused_result));
void session_shared_free(struct session_shared *shared);
int session_init(struct session_table *table, struct session_shared *shared, struct siphash_key key,
                 uint8_t shard) __attribute__((warn_unused_result));
void session_done(struct session_table *table);

uint32_t session_find(const struct session_table *table, uint32_t bib, uint32_t dst4, uint16_t dst_port);
/* Whether the binding has any session with this address (RFC 6146 address-dependent filtering). */
bool session_has_peer(const struct session_table *table, uint32_t bib, uint32_t dst4);

struct session_values {
    enum transport transport;
    uint32_t bib;
    uint32_t dst4;
    uint16_t dst_port;
    uint8_t pref64;
    uint8_t tcp_state;
    uint8_t pool;
};

/* Adds one and counts it in its binding (`entry`). -EEXIST, -ENOSPC. Its timer is the caller's (expiry). */
int session_add(struct session_table *table, const struct session_values *values, struct bib_entry *entry,
                uint64_t now_ns, uint32_t *ret_slot) __attribute__((warn_unused_result));
/* Drops it and counts it out of its binding; true when that was the binding's last session. */
bool session_drop(struct session_table *table, uint32_t slot, struct bib_entry *entry);

/* Indexes a slot that is live in the mapping since before a restart and counts it in its binding, restored
 * before; nothing else of either is written, and its timer is the caller's (expiry_restore). -EEXIST: the
 * binding has such a session already (session_find shows it); -EBUSY: the slot lies among another shard's;
 * -ENOSPC: a chain is full; -EINVAL: no such slot, or not of the binding's transport. What is refused is
 * still live: slot_word_clear ends it. */
int session_restore(struct session_table *table, uint32_t slot, struct bib_entry *entry)
    __attribute__((warn_unused_result));

/* The same for many, without waiting for memory once for each: first _begin for all of a batch, then _fetch
 * for all, then _end for each, which is session_restore. */
struct session_restoring {
    uint32_t slot;
    uint64_t flow, peer; /* hashes */
};
void session_restore_begin(const struct session_table *table, uint32_t slot,
                           struct session_restoring *ret_restoring);
void session_restore_fetch(const struct session_table *table, const struct session_restoring *restoring);
int session_restore_end(struct session_table *table, const struct session_restoring *restoring,
                        struct bib_entry *entry) __attribute__((warn_unused_result));

/* Before any is restored: so many will be, at most. */
void session_reserve(struct session_table *table, uint32_t count);

static inline struct session *session_at(const struct session_table *table, uint32_t slot)
{
    return &table->sessions[slot];
}

/* For another thread: copies a live session; false if the slot is free or was changing. */
bool session_peek(const struct session *sessions, uint32_t slot, struct session *ret_copy);

#endif
