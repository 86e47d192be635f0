/*
 * Layer: table
 * Specification: RFC 4787 4.1, RFC 6888 REQ-4
 */
#include "pool/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD_BITS = 64,
    NO_PARENT = UINT32_MAX,
};

/* A prefix of `for`. They stand in the order of (address, length), so that what lies within one follows it.
 */
struct member {
    struct addr_prefix6 prefix;
    uint64_t *pools; /* a bit each */
    uint32_t group;
    uint32_t parent; /* the longest one around it, or NO_PARENT */
};

struct group {
    const uint64_t *pools;
    uint32_t addresses;
    uint64_t ports;
};

struct group_table {
    const struct prefixes *prefixes;
    size_t words;     /* of a set of pools */
    uint64_t *sets;   /* of the default group, then of each member */
    uint32_t *usable; /* indices of the addresses that have ports to give, in order */
    uint32_t *first;  /* by pool: where its own begin in `usable`; one more at the end */
    struct group *groups;
    uint32_t groups_count;
    struct member *members;
    uint32_t members_count;
};

static bool has_pool(const uint64_t *pools, uint32_t pool)
{
    return pools[pool / WORD_BITS] >> pool % WORD_BITS & 1;
}

static void add_pool(uint64_t *pools, uint32_t pool)
{
    pools[pool / WORD_BITS] |= UINT64_C(1) << pool % WORD_BITS;
}

static uint32_t usable_of(const struct group_table *table, uint32_t pool)
{
    return table->first[pool + 1] - table->first[pool];
}

static void find_usable(struct group_table *table, const struct block_table *blocks)
{
    const struct prefixes *prefixes = table->prefixes;
    uint32_t count = 0;
    for (uint32_t i = 0; i < prefixes->pools_count; i++) {
        const struct prefixes_pool *pool = &prefixes->pools[i];
        table->first[i] = count;
        for (uint32_t k = 0; k < prefixes_size(pool); k++)
            if (blocks == NULL || block_any(blocks, pool->first_index + k))
                table->usable[count++] = pool->first_index + k;
    }
    table->first[prefixes->pools_count] = count;
}

static int compare_addresses(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, sizeof(*a));
}

static int compare_members(const void *x, const void *y)
{
    const struct member *a = x, *b = y;
    int r = compare_addresses(&a->prefix.address, &b->prefix.address);
    return r != 0 ? r : (int)a->prefix.len - (int)b->prefix.len;
}

static int compare_sets(const void *x, const void *y, void *context)
{
    const struct group_table *table = context;
    const struct member *a = *(struct member *const *)x, *b = *(struct member *const *)y;
    return memcmp(a->pools, b->pools, table->words * sizeof(*a->pools));
}

/* One for each prefix of each pool, then one for each prefix with all its pools. */
static void gather_members(struct group_table *table)
{
    uint32_t count = 0, kept = 0;
    for (uint32_t i = 0; i < table->prefixes->pools_count; i++) {
        const struct prefixes_pool *pool = &table->prefixes->pools[i];
        if (!pool->drain && pool->for6_count == 0)
            add_pool(table->sets, i);
        for (uint32_t k = 0; !pool->drain && k < pool->for6_count; k++) {
            struct member *member = &table->members[count++];
            *member = (struct member){.prefix = pool->for6[k], .pools = table->sets + count * table->words};
            add_pool(member->pools, i);
        }
    }
    qsort(table->members, count, sizeof(*table->members), compare_members);
    for (uint32_t i = 0; i < count; i++) {
        if (kept > 0 && compare_members(&table->members[kept - 1], &table->members[i]) == 0)
            for (size_t w = 0; w < table->words; w++)
                table->members[kept - 1].pools[w] |= table->members[i].pools[w];
        else
            table->members[kept++] = table->members[i];
    }
    table->members_count = kept;
}

static void find_parents(struct group_table *table)
{
    for (uint32_t i = 0; i < table->members_count; i++) {
        uint32_t around = i > 0 ? i - 1 : NO_PARENT;
        while (around != NO_PARENT &&
               !addr_in_prefix6(&table->members[i].prefix.address, &table->members[around].prefix))
            around = table->members[around].parent;
        table->members[i].parent = around;
    }
}

static void add_group(struct group_table *table, const uint64_t *pools)
{
    struct group *group = &table->groups[table->groups_count++];
    *group = (struct group){.pools = pools};
    for (uint32_t i = 0; i < table->prefixes->pools_count; i++) {
        if (!has_pool(pools, i))
            continue;
        group->addresses += usable_of(table, i);
        group->ports += (uint64_t)usable_of(table, i) * table->prefixes->pools[i].ports_count;
    }
}

/* Members with the same pools are of one group. */
static int make_groups(struct group_table *table)
{
    uint32_t count = table->members_count;
    struct member **order = calloc((size_t)count + 1, sizeof(*order));
    if (order == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        order[i] = &table->members[i];
    qsort_r(order, count, sizeof(struct member *), compare_sets, table);
    add_group(table, table->sets);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || compare_sets(&order[i - 1], &order[i], table) != 0)
            add_group(table, order[i]->pools);
        order[i]->group = table->groups_count - 1;
    }
    free(order);
    return 0;
}

static int allocate(struct group_table *table)
{
    const struct prefixes *prefixes = table->prefixes;
    size_t members = 0;
    for (uint32_t i = 0; i < prefixes->pools_count; i++)
        members += prefixes->pools[i].for6_count;
    table->words = prefixes->pools_count / WORD_BITS + 1;
    table->sets = calloc((members + 1) * table->words, sizeof(*table->sets));
    table->usable = calloc((size_t)prefixes->addresses + 1, sizeof(*table->usable));
    table->first = calloc((size_t)prefixes->pools_count + 1, sizeof(*table->first));
    table->groups = calloc(members + 1, sizeof(*table->groups));
    table->members = calloc(members + 1, sizeof(*table->members));
    return table->sets == NULL || table->usable == NULL || table->first == NULL || table->groups == NULL ||
                   table->members == NULL
               ? -ENOMEM
               : 0;
}

int group_new(const struct prefixes *prefixes, const struct block_table *blocks,
              struct group_table **ret_table)
{
    struct group_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    table->prefixes = prefixes;
    int r = allocate(table);
    if (r == 0) {
        find_usable(table, blocks);
        gather_members(table);
        find_parents(table);
        r = make_groups(table);
    }
    if (r < 0) {
        group_free(table);
        return r;
    }
    *ret_table = table;
    return 0;
}

void group_free(struct group_table *table)
{
    if (table == NULL)
        return;
    free(table->sets);
    free(table->usable);
    free(table->first);
    free(table->groups);
    free(table->members);
    free(table);
}

uint32_t group_count(const struct group_table *table)
{
    return table->groups_count;
}

uint32_t group_find(const struct group_table *table, const struct in6_addr *backend)
{
    uint32_t low = 0, high = table->members_count;
    /* The last that does not begin behind the backend: it, or what lies around it, is the longest. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_addresses(&table->members[middle].prefix.address, backend) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t at = low > 0 ? low - 1 : NO_PARENT;
    while (at != NO_PARENT && !addr_in_prefix6(backend, &table->members[at].prefix))
        at = table->members[at].parent;
    return at == NO_PARENT ? GROUP_DEFAULT : table->members[at].group;
}

uint32_t group_addresses(const struct group_table *table, uint32_t group)
{
    return table->groups[group].addresses;
}

uint32_t group_address(const struct group_table *table, uint32_t group, uint32_t n)
{
    const uint64_t *pools = table->groups[group].pools;
    uint32_t pool = 0;
    while (!has_pool(pools, pool) || n >= usable_of(table, pool)) {
        n -= has_pool(pools, pool) ? usable_of(table, pool) : 0;
        pool++;
    }
    return table->usable[table->first[pool] + n];
}

bool group_holds(const struct group_table *table, uint32_t group, uint32_t index)
{
    return index < table->prefixes->addresses &&
           has_pool(table->groups[group].pools, prefixes_pool_index(table->prefixes, index));
}

uint64_t group_ports(const struct group_table *table, uint32_t group)
{
    return table->groups[group].ports;
}

uint64_t group_pool_ports(const struct group_table *table, uint32_t index)
{
    uint32_t pool = prefixes_pool_index(table->prefixes, index);
    return (uint64_t)usable_of(table, pool) * table->prefixes->pools[pool].ports_count;
}
