/*
 * Layer: table
 * Specification: RFC 8201 4 and 5.2
 */
#include "nat64d/table/path_mtu.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_units.h"

enum {
    MTU_BITS = 16,
    MTU_MASK = (1 << MTU_BITS) - 1,
};

static const uint64_t lifetime_ns = (uint64_t)NS_PER_S * PATH_MTU_LIFETIME_S;

/* A tag, the hash without its low bits (which choose the bucket), and the MTU; 0: free. */
struct bucket {
    _Alignas(64) _Atomic uint64_t words[PATH_MTU_WAYS];
};

struct told {
    struct in6_addr to;
    uint64_t learned_ns;
};

struct path_mtu {
    struct bucket buckets[PATH_MTU_BUCKETS];
    struct told told[PATH_MTU_BUCKETS][PATH_MTU_WAYS]; /* guarded by the mutex, as all writing is */
    pthread_mutex_t mutex;
    struct siphash_key key;
    uint64_t look_ns; /* when path_mtu_expire looks again */
    _Atomic uint32_t count;
};

int path_mtu_new(struct siphash_key key, struct path_mtu **ret_table)
{
    struct path_mtu *table = aligned_alloc(_Alignof(struct path_mtu), sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    memset(table, 0, sizeof(*table));
    table->key = key;
    pthread_mutex_init(&table->mutex, NULL);
    *ret_table = table;
    return 0;
}

void path_mtu_free(struct path_mtu *table)
{
    if (table == NULL)
        return;
    pthread_mutex_destroy(&table->mutex);
    free(table);
}

static uint64_t hash_of(const struct path_mtu *table, const struct in6_addr *to)
{
    uint64_t words[2];
    memcpy(words, to, sizeof(words));
    return siphash13_words(table->key, words, 2);
}

static uint64_t tag_of(uint64_t hash)
{
    return hash & ~(uint64_t)MTU_MASK;
}

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

/* The way that holds this tag, else one that may: a free one, or the oldest. */
static unsigned choose_way(const struct path_mtu *table, uint32_t index, uint64_t tag)
{
    const struct bucket *bucket = &table->buckets[index];
    unsigned chosen = 0;
    for (unsigned i = 0; i < PATH_MTU_WAYS; i++)
        if (tag_of(load(&bucket->words[i])) == tag && load(&bucket->words[i]) != 0)
            return i;
    for (unsigned i = 0; i < PATH_MTU_WAYS; i++) {
        if (load(&bucket->words[i]) == 0)
            return i;
        if (table->told[index][i].learned_ns < table->told[index][chosen].learned_ns)
            chosen = i;
    }
    return chosen;
}

bool path_mtu_learn(struct path_mtu *table, const struct in6_addr *to, uint32_t mtu, uint64_t now_ns)
{
    if (mtu < PATH_MTU_LEAST || mtu > MTU_MASK)
        return false;
    uint64_t hash = hash_of(table, to), tag = tag_of(hash);
    uint32_t index = (uint32_t)(hash % PATH_MTU_BUCKETS);
    pthread_mutex_lock(&table->mutex);
    unsigned way = choose_way(table, index, tag);
    _Atomic uint64_t *word = &table->buckets[index].words[way];
    uint64_t old = load(word);
    bool known = old != 0 && tag_of(old) == tag;
    bool learns = !known || mtu <= (old & MTU_MASK);
    if (learns) {
        table->told[index][way] = (struct told){*to, now_ns};
        atomic_store_explicit(word, tag | mtu, memory_order_relaxed);
        if (old == 0)
            atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&table->mutex);
    return learns;
}

uint32_t path_mtu_limit(const struct path_mtu *table, const struct in6_addr *to, uint32_t mtu)
{
    if (path_mtu_count(table) == 0)
        return mtu;
    uint64_t hash = hash_of(table, to);
    const struct bucket *bucket = &table->buckets[hash % PATH_MTU_BUCKETS];
    for (unsigned i = 0; i < PATH_MTU_WAYS; i++) {
        uint64_t word = load(&bucket->words[i]);
        if (word != 0 && tag_of(word) == tag_of(hash))
            return (word & MTU_MASK) < mtu ? (uint32_t)(word & MTU_MASK) : mtu;
    }
    return mtu;
}

static void forget_old(struct path_mtu *table, uint32_t index, unsigned way, uint64_t now_ns)
{
    _Atomic uint64_t *word = &table->buckets[index].words[way];
    if (load(word) == 0 || table->told[index][way].learned_ns + lifetime_ns > now_ns)
        return;
    atomic_store_explicit(word, 0, memory_order_relaxed);
    atomic_fetch_sub_explicit(&table->count, 1, memory_order_relaxed);
}

void path_mtu_expire(struct path_mtu *table, uint64_t now_ns)
{
    if (path_mtu_count(table) == 0 || now_ns < table->look_ns)
        return;
    table->look_ns = now_ns + NS_PER_S;
    pthread_mutex_lock(&table->mutex);
    for (uint32_t i = 0; i < PATH_MTU_BUCKETS; i++)
        for (unsigned way = 0; way < PATH_MTU_WAYS; way++)
            forget_old(table, i, way, now_ns);
    pthread_mutex_unlock(&table->mutex);
}

uint32_t path_mtu_count(const struct path_mtu *table)
{
    return atomic_load_explicit(&table->count, memory_order_relaxed);
}

bool path_mtu_peek(struct path_mtu *table, uint32_t index, struct path_mtu_entry *ret_entry)
{
    uint32_t bucket = index / PATH_MTU_WAYS, way = index % PATH_MTU_WAYS;
    pthread_mutex_lock(&table->mutex);
    uint64_t word = load(&table->buckets[bucket].words[way]);
    const struct told *told = &table->told[bucket][way];
    if (word != 0)
        *ret_entry = (struct path_mtu_entry){told->to, (uint32_t)(word & MTU_MASK), told->learned_ns};
    pthread_mutex_unlock(&table->mutex);
    return word != 0;
}
