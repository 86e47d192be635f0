/*
 * Layer: table
 * Specification: RFC 6146 3.5.2.2, 5.3; RFC 5382 REQ-4
 */
#include "nat64d/table/stored_syn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = STORED_SYN_MAX, /* a power of two */
    SOURCES = 4096,           /* counters by hash of Z */
    NONE = -1,
};

struct stored_syn_entry {
    struct stored_syn syn;
    bool live;
    int16_t next; /* in its bucket, or in the free list */
};

struct stored_syn_table {
    struct siphash_key key;
    struct stored_syn_entry entries[STORED_SYN_MAX];
    int16_t buckets[BUCKETS];
    uint16_t sources[SOURCES];
    int16_t queue[STORED_SYN_MAX]; /* by age: all wait equally long; a dropped one stays until its turn */
    uint32_t queue_first;
    uint32_t queue_count;
    int16_t free;
    size_t count;
};

int stored_syn_new(struct siphash_key key, struct stored_syn_table **ret_table)
{
    struct stored_syn_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    table->key = key;
    for (int i = 0; i < STORED_SYN_MAX; i++)
        table->entries[i].next = i + 1 < STORED_SYN_MAX ? (int16_t)(i + 1) : NONE;
    for (int i = 0; i < BUCKETS; i++)
        table->buckets[i] = NONE;
    *ret_table = table;
    return 0;
}

void stored_syn_free(struct stored_syn_table *table)
{
    free(table);
}

static int16_t *bucket_of(struct stored_syn_table *table, const struct stored_syn *syn)
{
    uint64_t words[2] = {(uint64_t)syn->src4 << 32 | syn->dst4,
                         (uint64_t)syn->src4_port << 16 | syn->dst4_port};
    return &table->buckets[siphash13_words(table->key, words, 2) % BUCKETS];
}

static uint16_t *source_of(struct stored_syn_table *table, uint32_t dst4)
{
    uint64_t word = dst4;
    return &table->sources[siphash13_words(table->key, &word, 1) % SOURCES];
}

static bool same(const struct stored_syn *a, const struct stored_syn *b)
{
    return a->src4 == b->src4 && a->dst4 == b->dst4 && a->src4_port == b->src4_port &&
           a->dst4_port == b->dst4_port;
}

static int16_t *find(struct stored_syn_table *table, const struct stored_syn *key)
{
    int16_t *link = bucket_of(table, key);
    while (*link != NONE && !same(&table->entries[*link].syn, key))
        link = &table->entries[*link].next;
    return link;
}

static struct stored_syn key_of(uint32_t src4, uint16_t src4_port, uint32_t dst4, uint16_t dst4_port)
{
    return (struct stored_syn){.src4 = src4, .dst4 = dst4, .src4_port = src4_port, .dst4_port = dst4_port};
}

int stored_syn_add(struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                   uint16_t dst4_port, const void *packet, size_t len, uint64_t expires_ns)
{
    struct stored_syn syn = key_of(src4, src4_port, dst4, dst4_port);
    uint16_t *source = source_of(table, dst4);
    if (*find(table, &syn) != NONE)
        return -EEXIST;
    if (table->free == NONE || table->queue_count == STORED_SYN_MAX || *source >= STORED_SYN_PER_SOURCE)
        return -ENOSPC;
    int16_t slot = table->free, *bucket = bucket_of(table, &syn);
    struct stored_syn_entry *entry = &table->entries[slot];
    table->free = entry->next;
    syn.expires_ns = expires_ns;
    syn.len = (uint16_t)(len < STORED_SYN_BYTES ? len : STORED_SYN_BYTES);
    memcpy(syn.bytes, packet, syn.len);
    *entry = (struct stored_syn_entry){syn, true, *bucket};
    *bucket = slot;
    table->queue[(table->queue_first + table->queue_count++) % STORED_SYN_MAX] = slot;
    (*source)++;
    table->count++;
    return 0;
}

bool stored_syn_has(const struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                    uint16_t dst4_port)
{
    struct stored_syn key = key_of(src4, src4_port, dst4, dst4_port);
    return *find((struct stored_syn_table *)table, &key) != NONE;
}

/* Out of its bucket; its slot is free again when its place in the queue has gone by. */
static void unlink_entry(struct stored_syn_table *table, int16_t *link)
{
    struct stored_syn_entry *entry = &table->entries[*link];
    *link = entry->next;
    entry->live = false;
    (*source_of(table, entry->syn.dst4))--;
    table->count--;
}

bool stored_syn_drop(struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                     uint16_t dst4_port)
{
    struct stored_syn key = key_of(src4, src4_port, dst4, dst4_port);
    int16_t *link = find(table, &key);
    if (*link == NONE)
        return false;
    unlink_entry(table, link);
    return true;
}

bool stored_syn_next(struct stored_syn_table *table, uint64_t now_ns, struct stored_syn *ret_syn)
{
    while (table->queue_count > 0) {
        int16_t slot = table->queue[table->queue_first];
        struct stored_syn_entry *entry = &table->entries[slot];
        bool live = entry->live;
        if (live && entry->syn.expires_ns > now_ns)
            return false;
        if (live) {
            *ret_syn = entry->syn;
            unlink_entry(table, find(table, &entry->syn));
        }
        table->queue_first = (table->queue_first + 1) % STORED_SYN_MAX;
        table->queue_count--;
        entry->next = table->free;
        table->free = slot;
        if (live)
            return true;
    }
    return false;
}

size_t stored_syn_count(const struct stored_syn_table *table)
{
    return table->count;
}
