/*
 * Layer: table
 * Specification: RFC 1034 5.3.3
 *
 * `head` and `tail` count bytes since the beginning; what lies between them, modulo the ring's size, are the
 * entries. None lies across the ring's end: what is left there becomes an entry that holds nothing.
 */
#include "dns64/cache/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/domain.h"
#include "common/time_units.h"

enum {
    UNIT = 8, /* entries begin at multiples; an index counts these, from 1 */
    BYTES_A_BUCKET = 128,
    BUCKET_MAX = 16,     /* entries in a bucket; there is one on average */
    LARGEST_PART = 8,    /* an entry takes at most this part of the ring */
    SECOND_CHANCES = 8,  /* entries moved to the front for one new one */
    OFTEN = 2,           /* uses that make an entry worth refreshing */
    REFRESH_PART = 10,   /* in this last part of its life */
    REFRESH_LIFE_S = 10, /* not of what is short-lived anyway */
    LINE_LEN = 64,
    EXPECTED_LEN = 256, /* of an entry of the common kind */
};

#define NOT_LINKED UINT32_MAX /* `next` of what is no longer found, and of the filling at the end */

struct entry {
    uint32_t size; /* with everything */
    uint32_t next; /* in its bucket; 0: the last. Filling has no more than these two. */
    uint64_t hash;
    uint64_t made_ns;
    uint32_t life_s;
    uint16_t len, key_len, ttl_count, tag;
    uint8_t uses;
    bool used;       /* since it was last at the tail */
    bool refreshed;  /* somebody was told to */
    uint16_t ttls[]; /* then the key, then the bytes */
};

struct cache {
    struct siphash_key secret;
    uint32_t *buckets;
    uint64_t bucket_mask;
    uint8_t *ring;
    uint64_t ring_size, head, tail;
    uint64_t size;
    _Atomic uint64_t bytes, entries;
};

struct cache *cache_new(size_t size, struct siphash_key secret)
{
    struct cache *cache = calloc(1, sizeof(*cache));
    uint64_t buckets = 1;
    if (cache == NULL || size < CACHE_SIZE_MIN)
        goto fail;
    while (buckets * 2 <= size / BYTES_A_BUCKET)
        buckets *= 2;
    cache->secret = secret;
    cache->size = size;
    cache->bucket_mask = buckets - 1;
    cache->ring_size = (size - sizeof(*cache) - buckets * sizeof(*cache->buckets)) / UNIT * UNIT;
    cache->buckets = calloc(buckets, sizeof(*cache->buckets));
    cache->ring = malloc(cache->ring_size);
    if (cache->buckets == NULL || cache->ring == NULL)
        goto fail;
    return cache;
fail:
    cache_free(cache);
    return NULL;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->buckets);
    free(cache->ring);
    free(cache);
}

void cache_key(const struct cache *cache, enum cache_kind kind, unsigned flags, uint32_t variant,
               const struct name *name, uint16_t type, uint16_t class, struct cache_key *ret_key)
{
    ret_key->len = (uint16_t)(CACHE_KEY_FIXED + name->len);
    ret_key->bytes[0] = (uint8_t)kind;
    ret_key->bytes[1] = (uint8_t)flags;
    bytes_put16(ret_key->bytes + 2, type);
    bytes_put16(ret_key->bytes + 4, class);
    bytes_put32(ret_key->bytes + 6, variant);
    domain_fold(name->bytes, name->len, ret_key->bytes + CACHE_KEY_FIXED);
    ret_key->hash = siphash13(cache->secret, ret_key->bytes, ret_key->len);
}

static struct entry *at_count(const struct cache *cache, uint64_t count)
{
    return (struct entry *)(cache->ring + count % cache->ring_size);
}

static struct entry *at_index(const struct cache *cache, uint32_t index)
{
    return (struct entry *)(cache->ring + (uint64_t)(index - 1) * UNIT);
}

static uint32_t index_of(const struct cache *cache, const struct entry *entry)
{
    return (uint32_t)((uint64_t)((const uint8_t *)entry - cache->ring) / UNIT) + 1;
}

static uint8_t *key_of(const struct entry *entry)
{
    return (uint8_t *)(entry->ttls + entry->ttl_count);
}

static uint8_t *bytes_of(const struct entry *entry)
{
    return key_of(entry) + entry->key_len;
}

static void add_numbers(struct cache *cache, int entries, int64_t bytes)
{
    atomic_store_explicit(&cache->entries,
                          atomic_load_explicit(&cache->entries, memory_order_relaxed) + (uint64_t)entries,
                          memory_order_relaxed);
    atomic_store_explicit(&cache->bytes,
                          atomic_load_explicit(&cache->bytes, memory_order_relaxed) + (uint64_t)bytes,
                          memory_order_relaxed);
}

/* The link that leads to an entry: a bucket, or another's `next`. */
static uint32_t *link_to(const struct cache *cache, const struct entry *entry)
{
    uint32_t *link = &cache->buckets[entry->hash & cache->bucket_mask];
    while (at_index(cache, *link) != entry)
        link = &at_index(cache, *link)->next;
    return link;
}

static void unlink_entry(struct cache *cache, struct entry *entry)
{
    *link_to(cache, entry) = entry->next;
    entry->next = NOT_LINKED;
    add_numbers(cache, -1, -(int64_t)entry->size);
}

static struct entry *find(const struct cache *cache, const struct cache_key *key)
{
    uint32_t index = cache->buckets[key->hash & cache->bucket_mask];
    while (index != 0) {
        struct entry *entry = at_index(cache, index);
        if (entry->hash == key->hash && entry->key_len == key->len &&
            memcmp(key_of(entry), key->bytes, key->len) == 0)
            return entry;
        index = entry->next;
    }
    return NULL;
}

static uint32_t age_s(const struct entry *entry, uint64_t now_ns)
{
    uint64_t age = now_ns > entry->made_ns ? (now_ns - entry->made_ns) / NS_PER_S : 0;
    return age < UINT32_MAX ? (uint32_t)age : UINT32_MAX;
}

static struct cache_found found_of(const struct entry *entry, uint64_t now_ns)
{
    return (struct cache_found){bytes_of(entry),      entry->len,    entry->ttls, entry->ttl_count,
                                age_s(entry, now_ns), entry->life_s, entry->tag,  false};
}

static bool wants_refresh(const struct entry *entry, uint32_t age)
{
    return !entry->refreshed && entry->uses > OFTEN && entry->life_s >= REFRESH_LIFE_S &&
           age < entry->life_s && entry->life_s - age <= entry->life_s / REFRESH_PART;
}

void cache_expect(const struct cache *cache, const struct cache_key *key)
{
    __builtin_prefetch(&cache->buckets[key->hash & cache->bucket_mask]);
}

void cache_expect_entry(const struct cache *cache, const struct cache_key *key)
{
    uint32_t index = cache->buckets[key->hash & cache->bucket_mask];
    const uint8_t *entry = index != 0 ? (const uint8_t *)at_index(cache, index) : NULL;
    for (unsigned i = 0; entry != NULL && i < EXPECTED_LEN; i += LINE_LEN)
        __builtin_prefetch(entry + i);
}

bool cache_find(struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                struct cache_found *ret_found)
{
    struct entry *entry = find(cache, key);
    if (entry == NULL)
        return false;
    entry->used = true;
    if (entry->uses < UINT8_MAX)
        entry->uses++;
    *ret_found = found_of(entry, now_ns);
    if (wants_refresh(entry, ret_found->age_s))
        ret_found->refresh = entry->refreshed = true;
    return true;
}

/* The oldest goes, or once more to the front: there is room for it, since its own has just become free. */
static void pass_tail(struct cache *cache, uint64_t now_ns, unsigned *chances)
{
    struct entry *entry = at_count(cache, cache->tail), *to = at_count(cache, cache->head);
    uint64_t size = entry->size;
    cache->tail += size;
    if (entry->next == NOT_LINKED)
        return;
    bool fits = cache->ring_size - cache->head % cache->ring_size >= size;
    if (*chances == 0 || !entry->used || !fits || age_s(entry, now_ns) >= entry->life_s) {
        unlink_entry(cache, entry);
        return;
    }
    (*chances)--;
    *link_to(cache, entry) = index_of(cache, to);
    memmove(to, entry, size);
    to->used = false;
    cache->head += size;
}

/* Where `size` bytes can be written. */
static struct entry *make_room(struct cache *cache, uint64_t size, uint64_t now_ns)
{
    unsigned chances = SECOND_CHANCES;
    for (;;) {
        uint64_t free_bytes = cache->ring_size - (cache->head - cache->tail);
        uint64_t to_end = cache->ring_size - cache->head % cache->ring_size;
        struct entry *entry = at_count(cache, cache->head);
        if (free_bytes >= size && to_end >= size) {
            cache->head += size;
            return entry;
        }
        if (to_end < size && free_bytes >= to_end) {
            entry->size = (uint32_t)to_end;
            entry->next = NOT_LINKED;
            cache->head += to_end;
            continue;
        }
        pass_tail(cache, now_ns, &chances);
    }
}

void cache_drop(struct cache *cache, const struct cache_key *key)
{
    struct entry *entry = find(cache, key);
    if (entry != NULL)
        unlink_entry(cache, entry);
}

/* Whatever the hash does: a look-up ends after so many. The oldest of a bucket is its last. */
static void bound_chain(struct cache *cache, uint64_t hash)
{
    unsigned length = 0;
    uint32_t index = cache->buckets[hash & cache->bucket_mask];
    while (index != 0) {
        struct entry *entry = at_index(cache, index);
        if (++length == BUCKET_MAX) {
            unlink_entry(cache, entry);
            return;
        }
        index = entry->next;
    }
}

void cache_put(struct cache *cache, const struct cache_key *key, uint64_t now_ns,
               const struct cache_value *value)
{
    uint64_t size = sizeof(struct entry) + value->ttl_count * sizeof(uint16_t) + key->len + value->len;
    size = (size + UNIT - 1) / UNIT * UNIT;
    cache_drop(cache, key);
    if (size > cache->ring_size / LARGEST_PART || value->len > UINT16_MAX || value->ttl_count > UINT16_MAX)
        return;
    bound_chain(cache, key->hash);
    struct entry *entry = make_room(cache, size, now_ns);
    uint32_t *bucket = &cache->buckets[key->hash & cache->bucket_mask];
    *entry = (struct entry){
        .size = (uint32_t)size,
        .next = *bucket,
        .hash = key->hash,
        .made_ns = now_ns,
        .life_s = value->life_s,
        .len = (uint16_t)value->len,
        .key_len = key->len,
        .ttl_count = (uint16_t)value->ttl_count,
        .tag = value->tag,
    };
    if (value->ttl_count > 0)
        memcpy(entry->ttls, value->ttls, value->ttl_count * sizeof(uint16_t));
    memcpy(key_of(entry), key->bytes, key->len);
    if (value->len > 0)
        memcpy(bytes_of(entry), value->bytes, value->len);
    *bucket = index_of(cache, entry);
    add_numbers(cache, 1, (int64_t)size);
}

static struct name name_of(const struct entry *entry)
{
    struct name name = {.len = (uint8_t)(entry->key_len - CACHE_KEY_FIXED)};
    memcpy(name.bytes, key_of(entry) + CACHE_KEY_FIXED, name.len);
    return name;
}

/* Of all entries between `*count` and the head, the next that is linked. */
static struct entry *next_linked(const struct cache *cache, uint64_t *count)
{
    while (*count < cache->head) {
        struct entry *entry = at_count(cache, *count);
        *count += entry->size;
        if (entry->next != NOT_LINKED)
            return entry;
    }
    return NULL;
}

size_t cache_flush(struct cache *cache, const struct name *name, bool below)
{
    uint64_t count = cache->tail;
    size_t dropped = 0;
    struct entry *entry;
    while ((entry = next_linked(cache, &count)) != NULL) {
        struct name own = name_of(entry);
        if (below ? !name_under(&own, name, NULL) : !name_equal(&own, name))
            continue;
        unlink_entry(cache, entry);
        dropped++;
    }
    return dropped;
}

struct cache_numbers cache_numbers(const struct cache *cache)
{
    return (struct cache_numbers){cache->size, atomic_load_explicit(&cache->bytes, memory_order_relaxed),
                                  atomic_load_explicit(&cache->entries, memory_order_relaxed)};
}

void cache_look(struct cache *cache, const struct name *name, uint64_t now_ns,
                void (*see)(void *context, const struct cache_seen *seen), void *context)
{
    uint64_t count = cache->tail;
    struct entry *entry;
    while ((entry = next_linked(cache, &count)) != NULL) {
        struct name own = name_of(entry);
        const uint8_t *key = key_of(entry);
        if (!name_equal(&own, name))
            continue;
        struct cache_seen seen = {key[0], key[1], bytes_get16(key + 2), bytes_get16(key + 4),
                                  found_of(entry, now_ns)};
        see(context, &seen);
    }
}
