/*
 * Binding information bases for TCP, UDP and ICMP queries, one shard's part.
 *
 * Layer: table
 * Specification: RFC 6146 3.1
 *
 * An IPv6 transport address is in at most one entry of a BIB, and so is an IPv4 one. Entries are found
 * from either side by index look-up. A dynamic entry goes with its last session (session_drop says when).
 */
#ifndef GATE64_NAT64D_TABLE_BIB_H
#define GATE64_NAT64D_TABLE_BIB_H

#include "nat64d/table/hash.h"
#include "nat64d/table/slots.h"

struct bib_shared; /* links of both indices, for all shards */
struct bib {
    struct bib_entry *entries;
    struct slots_shard *slots;
    struct hash by6;
    struct hash by4;
    struct siphash_key key;
    uint8_t shard;
    uint32_t count[TRANSPORT_COUNT];
};

int bib_shared_new(struct bib_entry *entries, uint32_t slots, struct bib_shared **ret_shared)
    __attribute__((warn_unused_result));
void bib_shared_free(struct bib_shared *shared);
int bib_init(struct bib *bib, struct bib_shared *shared, struct siphash_key key, uint8_t shard)
    __attribute__((warn_unused_result));
void bib_done(struct bib *bib);

uint32_t bib_find6(const struct bib *bib, enum transport transport, const struct in6_addr *src6,
                   uint16_t src6_port);
uint32_t bib_find4(const struct bib *bib, enum transport transport, uint32_t src4, uint16_t src4_port);

struct bib_values {
    enum transport transport;
    struct in6_addr src6;
    uint16_t src6_port;
    uint32_t src4;
    uint16_t src4_port;
    uint32_t address_index;
    bool is_static;
    uint8_t port_block;
    uint32_t static_index;
};

/* -EEXIST when either side is bound already, -ENOSPC when the table (or a chain) is full. */
int bib_add(struct bib *bib, const struct bib_values *values, uint64_t now_ns, uint32_t *ret_slot)
    __attribute__((warn_unused_result));
void bib_drop(struct bib *bib, uint32_t slot);

/* Indexes a slot that is live in the mapping since before a restart; its count of sessions begins at 0, no
 * other field is written. -EEXIST: either side is bound already (by an entry that bib_find6 or bib_find4
 * shows); -EBUSY: the slot lies among another shard's; -ENOSPC: a chain is full; -EINVAL: no such slot, or
 * its transport is none. What is refused is still live: slot_word_clear ends it. */
int bib_restore(struct bib *bib, uint32_t slot) __attribute__((warn_unused_result));

static inline struct bib_entry *bib_entry(const struct bib *bib, uint32_t slot)
{
    return &bib->entries[slot];
}

/* For another thread: copies a live entry; false if the slot is free or was changing. */
bool bib_peek(const struct bib_entry *entries, uint32_t slot, struct bib_entry *ret_copy);

#endif
