/*
 * What was learned, kept in a fixed amount of memory: upstreams' replies, failures, denied names, and
 * finished answers as the bytes that clients get.
 *
 * Layer: table
 * Specification: RFC 1034 5.3.3 (cache), RFC 4343 (names without regard to case), RFC 9520 3.3
 *
 * One for each thread, which alone touches it; only the three numbers may be read by others. Entries lie one
 * behind the other in a ring: a new one takes the place of the oldest, which is moved to the front once more
 * if it was used since (CLOCK). So nothing is allocated after cache_new, work for each entry is bounded, and
 * memory never grows beyond `size`. An entry is found by a keyed hash, as names are the clients' to choose.
 */
#ifndef GATE64_DNS64_CACHE_CACHE_H
#define GATE64_DNS64_CACHE_CACHE_H

#include <stdatomic.h>

#include "common/siphash.h"
#include "dns64/wire/name.h"

enum cache_kind {
    CACHE_DATA,    /* an upstream's reply; the tag is whether the name is an alias in it */
    CACHE_FAILURE, /* that there was none, or only one with an error; the tag is its wait in seconds */
    CACHE_DENIED,  /* NXDOMAIN of the name itself, for all types and all names below (RFC 8020 2) */
    CACHE_ALIAS,   /* that the name was an alias: what was kept of it for other types before is over */
    CACHE_ANSWER,  /* as a client got it; the tag is its outcome */
};

/* In what queries and answers of the same question differ. */
enum {
    CACHE_DO = 1,
    CACHE_CD = 2,
    CACHE_AD = 4,
    CACHE_EDNS = 8,
};

enum {
    CACHE_KEY_FIXED = 10,
    CACHE_KEY_MAX = CACHE_KEY_FIXED + NAME_MAX_LEN,
    CACHE_SIZE_MIN = 16384,
};

struct cache;

struct cache_key {
    uint64_t hash;
    uint16_t len;
    uint8_t bytes[CACHE_KEY_MAX];
};

/* Bytes and offsets are the cache's, until the next cache_put. */
struct cache_found {
    const uint8_t *bytes;
    size_t len;
    const uint16_t *ttls; /* offsets of the TTLs */
    size_t ttl_count;
    uint32_t age_s, life_s; /* fresh while the age is below the life */
    uint16_t tag;
    bool refresh; /* asked for often and nearly over: once for each entry */
};

/* `size`: bytes in all, at least CACHE_SIZE_MIN. NULL: no memory. */
struct cache *cache_new(size_t size, struct siphash_key secret);
/* Accepts NULL. */
void cache_free(struct cache *cache);

/* `variant` is what else it hangs on: of an answer the rules that it was made by, of what upstreams said the
 * set of upstreams that was asked (0: the host's). */
void cache_key(const struct cache *cache, enum cache_kind kind, unsigned flags, uint32_t variant,
               const struct name *name, uint16_t type, uint16_t class, struct cache_key *ret_key);

/* Has the processor fetch what cache_find will read: first where the entry is, and when that has come, the
 * entry. */
void cache_expect(const struct cache *cache, const struct cache_key *key);
void cache_expect_entry(const struct cache *cache, const struct cache_key *key);

/* Fresh or not. */
bool cache_find(struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                struct cache_found *ret_found);

struct cache_value {
    const uint8_t *bytes;
    size_t len;
    const uint16_t *ttls;
    size_t ttl_count;
    uint32_t life_s;
    uint16_t tag;
};

/* In the place of what the key had. Nothing is kept that is too large for the cache. */
void cache_put(struct cache *cache, const struct cache_key *key, uint64_t now_ns,
               const struct cache_value *value);
void cache_drop(struct cache *cache, const struct cache_key *key);

/* Everything of this name, and of all names below. Returns how many entries. */
size_t cache_flush(struct cache *cache, const struct name *name, bool below);

struct cache_numbers {
    uint64_t size, bytes, entries;
};

/* By any thread. */
struct cache_numbers cache_numbers(const struct cache *cache);

/* One entry, for who looks at it. */
struct cache_seen {
    enum cache_kind kind;
    unsigned flags;
    uint16_t type, class;
    struct cache_found found;
};

/* Calls `see` for each entry of the name, the oldest first. */
void cache_look(struct cache *cache, const struct name *name, uint64_t now_ns,
                void (*see)(void *context, const struct cache_seen *seen), void *context);

#endif
