/*
 * Layer: table
 * Specification: linear hashing (Litwin 1980)
 */
#include "nat64d/table/hash.h"

#include <errno.h>
#include <string.h>

#include "nat64d/table/state_file.h"

enum {
    SLOT_BITS = 24,
    SLOT_MASK = (1 << SLOT_BITS) - 1,
};

static uint32_t reference(uint32_t hash, uint32_t slot)
{
    return (hash & ~(uint32_t)SLOT_MASK) | (slot + 1);
}

static uint32_t slot_of(uint32_t ref)
{
    return (ref & SLOT_MASK) - 1;
}

/* The low bits choose the bucket, the top 8 are the tag. */
static uint32_t bucket_of(const struct hash *hash, uint32_t value)
{
    uint32_t bucket = value & (hash->level * 2 - 1);
    return bucket < hash->buckets ? bucket : bucket - hash->level;
}

size_t hash_heads(uint32_t slots)
{
    size_t heads = HASH_BUCKETS_MIN;
    while (heads < slots)
        heads *= 2;
    return heads;
}

void hash_init(struct hash *hash, uint32_t *heads, struct hash_link *links, uint32_t slots)
{
    *hash = (struct hash){
        .heads = heads,
        .links = links,
        .buckets_max = (uint32_t)hash_heads(slots),
        .buckets = HASH_BUCKETS_MIN,
        .level = HASH_BUCKETS_MIN,
    };
}

void hash_reserve(struct hash *hash, uint32_t count)
{
    while (hash->level < count && hash->level < hash->buckets_max)
        hash->level *= 2;
    hash->buckets = hash->level;
    /* Pages that are read before they are written cost a second fault each. */
    memset(hash->heads, 0, hash->buckets * sizeof(*hash->heads));
}

void hash_fetch_head(const struct hash *hash, uint64_t value)
{
    __builtin_prefetch(&hash->heads[bucket_of(hash, (uint32_t)value)], 1);
}

void hash_fetch_first(const struct hash *hash, uint64_t value)
{
    uint32_t ref = hash->heads[bucket_of(hash, (uint32_t)value)];
    if (ref != 0)
        __builtin_prefetch(&hash->links[slot_of(ref)]);
}

static uint32_t match(const struct hash *hash, uint32_t ref, uint32_t value)
{
    while (ref != 0 && ((ref ^ value) & ~(uint32_t)SLOT_MASK) != 0)
        ref = hash->links[slot_of(ref)].next;
    return ref == 0 ? STATE_NONE : slot_of(ref);
}

uint32_t hash_first(const struct hash *hash, uint64_t value)
{
    return match(hash, hash->heads[bucket_of(hash, (uint32_t)value)], (uint32_t)value);
}

uint32_t hash_next(const struct hash *hash, uint64_t value, uint32_t slot)
{
    return match(hash, hash->links[slot].next, (uint32_t)value);
}

/* The bucket whose turn it is gives the entries that belong to its new sibling. */
static void split(struct hash *hash)
{
    uint32_t old = hash->buckets - hash->level, new = hash->buckets;
    uint32_t *keep = &hash->heads[old], ref = *keep;
    hash->buckets++;
    hash->heads[new] = 0;
    while (ref != 0) {
        struct hash_link *link = &hash->links[slot_of(ref)];
        uint32_t next = link->next;
        if (bucket_of(hash, link->hash) == new) {
            *keep = next;
            link->next = hash->heads[new];
            hash->heads[new] = ref;
        } else {
            keep = &link->next;
        }
        ref = next;
    }
    if (hash->buckets == hash->level * 2)
        hash->level *= 2;
}

static unsigned chain_len(const struct hash *hash, uint32_t ref)
{
    unsigned len = 0;
    for (; ref != 0 && len < HASH_CHAIN_MAX; len++)
        ref = hash->links[slot_of(ref)].next;
    return len;
}

int hash_add(struct hash *hash, uint64_t value, uint32_t slot)
{
    if (hash->count >= hash->buckets && hash->buckets < hash->buckets_max)
        split(hash);
    uint32_t *head = &hash->heads[bucket_of(hash, (uint32_t)value)];
    if (chain_len(hash, *head) >= HASH_CHAIN_MAX)
        return -ENOSPC;
    hash->links[slot] = (struct hash_link){.next = *head, .hash = (uint32_t)value};
    *head = reference((uint32_t)value, slot);
    hash->count++;
    return 0;
}

void hash_drop(struct hash *hash, uint64_t value, uint32_t slot)
{
    uint32_t *link = &hash->heads[bucket_of(hash, (uint32_t)value)];
    while (*link != 0 && slot_of(*link) != slot)
        link = &hash->links[slot_of(*link)].next;
    if (*link == 0)
        return;
    *link = hash->links[slot].next;
    hash->count--;
}
