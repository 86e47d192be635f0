/*
 * A keyed hash index over slots, that grows bucket by bucket and never stops to rehash.
 *
 * Layer: table
 * Specification: linear hashing (Litwin 1980)
 *
 * Theory: `heads` is address space for the largest size, of which only the used part is ever touched; each
 * insertion beyond one entry a bucket splits one bucket, so the work of a step is bounded and memory
 * follows use. `links` is one array a table, shared by the shards' indices of one kind, since a slot is in
 * one shard at a time. A reference is a slot (24 bits) and 8 bits of its hash, so that most wrong slots are
 * passed without touching them; the other bits are kept in the link for splits. Chains are bounded by
 * HASH_CHAIN_MAX: beyond, an insertion is refused. Hashes are keyed (siphash13); the caller compares.
 */
#ifndef GATE64_NAT64D_TABLE_HASH_H
#define GATE64_NAT64D_TABLE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HASH_CHAIN_MAX = 64,
    HASH_BUCKETS_MIN = 1024,
};

struct hash_link {
    uint32_t next; /* reference: slot + 1 in the low 24 bits, 8 bits of hash above; 0 ends */
    uint32_t hash;
};

struct hash {
    uint32_t *heads;
    struct hash_link *links;
    uint32_t buckets_max; /* a power of two */
    uint32_t buckets;
    uint32_t level; /* the power of two at or below buckets */
    uint32_t count;
};

/* Number of uint32_t that `heads` must hold (zeroed) for `slots` slots. */
size_t hash_heads(uint32_t slots);
void hash_init(struct hash *hash, uint32_t *heads, struct hash_link *links, uint32_t slots);

/* Makes room for as many entries at once; the index is empty. */
void hash_reserve(struct hash *hash, uint32_t count);

/* Before a look-up of many: begins to fetch the head of the chain, and, when that is there, its first entry.
 */
void hash_fetch_head(const struct hash *hash, uint64_t value);
void hash_fetch_first(const struct hash *hash, uint64_t value);

/* Walks the slots that may have this hash: for (s = hash_first(..); s != STATE_NONE; s = hash_next(..)). */
uint32_t hash_first(const struct hash *hash, uint64_t value);
uint32_t hash_next(const struct hash *hash, uint64_t value, uint32_t slot);

/* -ENOSPC when the chain is at its bound. The slot must not be in the index. */
int hash_add(struct hash *hash, uint64_t value, uint32_t slot) __attribute__((warn_unused_result));
void hash_drop(struct hash *hash, uint64_t value, uint32_t slot);

#endif
