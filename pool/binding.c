/*
 * Layer: table
 * Specification: RFC 6146 3.1
 */
#include "pool/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct binding_table {
    struct binding *bindings;
    uint32_t count;
    struct siphash_key key;
    uint32_t *buckets; /* index + 1, open addressing; 0 is empty */
    uint32_t mask;
};

static uint64_t hash4(const struct binding_table *table, enum transport transport, uint32_t src4,
                      uint16_t port)
{
    uint64_t word = (uint64_t)src4 << 32 | (uint64_t)port << 8 | transport;
    return siphash13_words(table->key, &word, 1);
}

static void insert(struct binding_table *table, uint32_t index)
{
    const struct binding *binding = &table->bindings[index];
    uint32_t at = (uint32_t)hash4(table, binding->transport, binding->src4, binding->src4_port) & table->mask;
    while (table->buckets[at] != 0)
        at = (at + 1) & table->mask;
    table->buckets[at] = index + 1;
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
    table->buckets = calloc(size, sizeof(*table->buckets));
    if (table->bindings == NULL || table->buckets == NULL) {
        binding_free(table);
        return -ENOMEM;
    }
    table->count = count;
    table->key = key;
    table->mask = size - 1;
    if (count > 0)
        memcpy(table->bindings, bindings, count * sizeof(*bindings));
    for (uint32_t i = 0; i < count; i++)
        insert(table, i);
    *ret_table = table;
    return 0;
}

void binding_free(struct binding_table *table)
{
    if (table == NULL)
        return;
    free(table->bindings);
    free(table->buckets);
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

const struct binding *binding_find4(const struct binding_table *table, enum transport transport,
                                    uint32_t src4, uint16_t src4_port)
{
    if (table->count == 0)
        return NULL;
    uint32_t at = (uint32_t)hash4(table, transport, src4, src4_port) & table->mask;
    for (; table->buckets[at] != 0; at = (at + 1) & table->mask) {
        const struct binding *binding = &table->bindings[table->buckets[at] - 1];
        if (binding->transport == transport && binding->src4 == src4 && binding->src4_port == src4_port)
            return binding;
    }
    return NULL;
}
