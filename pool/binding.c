/*
 * Layer: table
 * Specification: RFC 6146 3.1
 */
#include "pool/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

struct binding_table {
    struct binding *bindings;
    uint32_t count;
    struct siphash_key key;
    uint32_t *buckets6; /* index + 1, open addressing; 0 is empty */
    uint32_t *buckets4;
    uint32_t mask;
};

static uint64_t hash6(const struct binding_table *table, enum transport transport,
                      const struct in6_addr *src6, uint16_t port)
{
    uint64_t words[3];
    memcpy(words, src6, sizeof(*src6));
    words[2] = (uint64_t)port << 8 | transport;
    return siphash13_words(table->key, words, 3);
}

static uint64_t hash4(const struct binding_table *table, enum transport transport, uint32_t src4,
                      uint16_t port)
{
    uint64_t word = (uint64_t)src4 << 32 | (uint64_t)port << 8 | transport;
    return siphash13_words(table->key, &word, 1);
}

static void insert(const struct binding_table *table, uint32_t *buckets, uint64_t hash, uint32_t index)
{
    uint32_t at = (uint32_t)hash & table->mask;
    while (buckets[at] != 0)
        at = (at + 1) & table->mask;
    buckets[at] = index + 1;
}

static void insert_both(struct binding_table *table, uint32_t index)
{
    const struct binding *binding = &table->bindings[index];
    insert(table, table->buckets6, hash6(table, binding->transport, &binding->src6, binding->src6_port),
           index);
    insert(table, table->buckets4, hash4(table, binding->transport, binding->src4, binding->src4_port),
           index);
}

int binding_new(const struct binding *bindings, uint32_t count, struct siphash_key key,
                struct binding_table **ret_table)
{
    struct binding_table *table = calloc(1, sizeof(*table));
    uint32_t size = 16;
    if (table == NULL)
        return -ENOMEM;
    while (size < count * 2)
        size *= 2; /* at most half full, so that a search ends soon */
    table->bindings = calloc((size_t)count + 1, sizeof(*bindings));
    table->buckets6 = calloc(size, sizeof(*table->buckets6));
    table->buckets4 = calloc(size, sizeof(*table->buckets4));
    if (table->bindings == NULL || table->buckets6 == NULL || table->buckets4 == NULL) {
        binding_free(table);
        return -ENOMEM;
    }
    table->count = count;
    table->key = key;
    table->mask = size - 1;
    if (count > 0)
        memcpy(table->bindings, bindings, count * sizeof(*bindings));
    for (uint32_t i = 0; i < count; i++)
        insert_both(table, i);
    *ret_table = table;
    return 0;
}

void binding_free(struct binding_table *table)
{
    if (table == NULL)
        return;
    free(table->bindings);
    free(table->buckets6);
    free(table->buckets4);
    free(table);
}

uint32_t binding_count(const struct binding_table *table)
{
    return table->count;
}

const struct binding *binding_at(const struct binding_table *table, uint32_t index)
{
    return &table->bindings[index];
}

const struct binding *binding_find6(const struct binding_table *table, enum transport transport,
                                    const struct in6_addr *src6, uint16_t src6_port)
{
    if (table->count == 0)
        return NULL;
    uint32_t at = (uint32_t)hash6(table, transport, src6, src6_port) & table->mask;
    for (; table->buckets6[at] != 0; at = (at + 1) & table->mask) {
        const struct binding *binding = &table->bindings[table->buckets6[at] - 1];
        if (binding->transport == transport && binding->src6_port == src6_port &&
            addr_equal6(&binding->src6, src6))
            return binding;
    }
    return NULL;
}

const struct binding *binding_find4(const struct binding_table *table, enum transport transport,
                                    uint32_t src4, uint16_t src4_port)
{
    if (table->count == 0)
        return NULL;
    uint32_t at = (uint32_t)hash4(table, transport, src4, src4_port) & table->mask;
    for (; table->buckets4[at] != 0; at = (at + 1) & table->mask) {
        const struct binding *binding = &table->bindings[table->buckets4[at] - 1];
        if (binding->transport == transport && binding->src4 == src4 && binding->src4_port == src4_port)
            return binding;
    }
    return NULL;
}
