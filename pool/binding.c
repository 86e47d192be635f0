/*
 * Layer: table
 * Specification: RFC 6146 3.1
 */
#include "pool/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One side: the bindings in the order of (transport, address, first port). Those of one address are a group,
 * which is found by its hash. */
struct side {
    uint32_t *order;   /* index of a binding */
    uint32_t *ends;    /* by the place where a group begins: the place behind it */
    uint32_t *buckets; /* place where a group begins + 1, open addressing; 0 is empty */
};

struct binding_table {
    struct binding *bindings;
    uint32_t count;
    struct siphash_key key;
    uint32_t mask;
    struct side side4, side6;
};

static uint64_t hash4(const struct binding_table *table, enum transport transport, uint32_t src4)
{
    uint64_t word = (uint64_t)src4 << 32 | transport;
    return siphash13_words(table->key, &word, 1);
}

static uint64_t hash6(const struct binding_table *table, enum transport transport,
                      const struct in6_addr *src6)
{
    uint64_t words[3] = {0, 0, transport};
    memcpy(words, src6, sizeof(*src6));
    return siphash13_words(table->key, words, 3);
}

static int compare_ports(const struct binding *a, const struct binding *b, uint16_t port_a, uint16_t port_b)
{
    if (a->transport != b->transport)
        return a->transport < b->transport ? -1 : 1;
    return (int)port_a - (int)port_b;
}

static int compare4(const void *x, const void *y, void *context)
{
    const struct binding *bindings = context;
    const struct binding *a = &bindings[*(const uint32_t *)x], *b = &bindings[*(const uint32_t *)y];
    if (a->src4 != b->src4)
        return a->src4 < b->src4 ? -1 : 1;
    return compare_ports(a, b, a->src4_port, b->src4_port);
}

static int compare6(const void *x, const void *y, void *context)
{
    const struct binding *bindings = context;
    const struct binding *a = &bindings[*(const uint32_t *)x], *b = &bindings[*(const uint32_t *)y];
    int r = memcmp(&a->src6, &b->src6, sizeof(a->src6));
    return r != 0 ? r : compare_ports(a, b, a->src6_port, b->src6_port);
}

static bool same_group(const struct binding_table *table, const struct side *side, uint32_t x, uint32_t y)
{
    const struct binding *a = &table->bindings[side->order[x]], *b = &table->bindings[side->order[y]];
    if (a->transport != b->transport)
        return false;
    return side == &table->side4 ? a->src4 == b->src4 : addr_equal6(&a->src6, &b->src6);
}

static uint64_t group_hash(const struct binding_table *table, const struct side *side, uint32_t place)
{
    const struct binding *binding = &table->bindings[side->order[place]];
    return side == &table->side4 ? hash4(table, binding->transport, binding->src4)
                                 : hash6(table, binding->transport, &binding->src6);
}

static int make_side(struct binding_table *table, struct side *side,
                     int (*compare)(const void *, const void *, void *))
{
    side->order = calloc((size_t)table->count + 1, sizeof(*side->order));
    side->ends = calloc((size_t)table->count + 1, sizeof(*side->ends));
    side->buckets = calloc((size_t)table->mask + 1, sizeof(*side->buckets));
    if (side->order == NULL || side->ends == NULL || side->buckets == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < table->count; i++)
        side->order[i] = i;
    qsort_r(side->order, table->count, sizeof(*side->order), compare, table->bindings);
    for (uint32_t first = 0, end; first < table->count; first = end) {
        uint32_t at = (uint32_t)group_hash(table, side, first) & table->mask;
        for (end = first + 1; end < table->count && same_group(table, side, first, end);)
            end++;
        side->ends[first] = end;
        while (side->buckets[at] != 0)
            at = (at + 1) & table->mask;
        side->buckets[at] = first + 1;
    }
    return 0;
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
    table->count = count;
    table->key = key;
    table->mask = size - 1;
    table->bindings = calloc((size_t)count + 1, sizeof(*bindings));
    int r = table->bindings == NULL ? -ENOMEM : 0;
    if (r == 0 && count > 0)
        memcpy(table->bindings, bindings, count * sizeof(*bindings));
    if (r == 0)
        r = make_side(table, &table->side4, compare4);
    if (r == 0)
        r = make_side(table, &table->side6, compare6);
    if (r < 0) {
        binding_free(table);
        return r;
    }
    *ret_table = table;
    return 0;
}

static void free_side(struct side *side)
{
    free(side->order);
    free(side->ends);
    free(side->buckets);
}

void binding_free(struct binding_table *table)
{
    if (table == NULL)
        return;
    free_side(&table->side4);
    free_side(&table->side6);
    free(table->bindings);
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

uint32_t binding_index(const struct binding_table *table, const struct binding *binding)
{
    return (uint32_t)(binding - table->bindings);
}

/* The last of a group that begins at the port or before it, if it reaches so far. */
static const struct binding *find_port(const struct binding_table *table, const struct side *side,
                                       uint32_t first, uint16_t port)
{
    uint32_t low = first, high = side->ends[first];
    bool four = side == &table->side4;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const struct binding *binding = &table->bindings[side->order[middle]];
        if ((four ? binding->src4_port : binding->src6_port) <= port)
            low = middle;
        else
            high = middle;
    }
    const struct binding *binding = &table->bindings[side->order[low]];
    uint16_t begin = four ? binding->src4_port : binding->src6_port;
    return port >= begin && port - begin <= binding->more ? binding : NULL;
}

const struct binding *binding_find4(const struct binding_table *table, enum transport transport,
                                    uint32_t src4, uint16_t src4_port)
{
    const struct side *side = &table->side4;
    if (table->count == 0)
        return NULL;
    uint32_t at = (uint32_t)hash4(table, transport, src4) & table->mask;
    for (; side->buckets[at] != 0; at = (at + 1) & table->mask) {
        uint32_t first = side->buckets[at] - 1;
        const struct binding *binding = &table->bindings[side->order[first]];
        if (binding->src4 == src4 && binding->transport == transport)
            return find_port(table, side, first, src4_port);
    }
    return NULL;
}

const struct binding *binding_find6(const struct binding_table *table, enum transport transport,
                                    const struct in6_addr *src6, uint16_t src6_port)
{
    const struct side *side = &table->side6;
    if (table->count == 0)
        return NULL;
    uint32_t at = (uint32_t)hash6(table, transport, src6) & table->mask;
    for (; side->buckets[at] != 0; at = (at + 1) & table->mask) {
        uint32_t first = side->buckets[at] - 1;
        const struct binding *binding = &table->bindings[side->order[first]];
        if (binding->transport == transport && addr_equal6(&binding->src6, src6))
            return find_port(table, side, first, src6_port);
    }
    return NULL;
}

bool binding_admits(const struct binding *binding, uint32_t client)
{
    for (size_t i = 0; i < binding->from_count; i++)
        if (addr_in_prefix4(client, &binding->from[i]))
            return true;
    return binding->from_count == 0;
}
