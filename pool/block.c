/*
 * Layer: table
 * Specification: RFC 6146 3.5.1.1
 */
#include "pool/block.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    WELL_KNOWN_BLOCKS = PORT_WELL_KNOWN / PORT_BLOCK,
    PORTS = 65536,
};

/* One address. */
struct block_address {
    pthread_mutex_t mutex;           /* guards the two lists */
    uint16_t low[WELL_KNOWN_BLOCKS]; /* free blocks below 1024; the last is taken first */
    uint16_t low_count;
    uint16_t high[PORT_BLOCKS];
    uint16_t high_count;
    uint32_t total;
    _Atomic uint32_t free_ports;
    _Atomic bool wanted;
    _Atomic uint8_t owner[PORT_BLOCKS];
    _Atomic uint8_t (*shard)[PORTS]; /* [TRANSPORT_COUNT], of ports in BLOCK_SPLIT; NULL until there is one */
    const struct prefixes_pool *pool;
    uint32_t pool_index;
    _Atomic uint64_t (*host)[PORT_BLOCKS];  /* [TRANSPORT_ICMP]: TCP and UDP; NULL unless shared */
    uint64_t (*taken_out)[TRANSPORT_COUNT]; /* [PORT_BLOCKS], NULL until a port is reserved */
};

/* Ports in use of a pool. */
struct block_pool {
    _Atomic uint32_t used[TRANSPORT_COUNT];
    uint32_t ports;
};

struct block_table {
    struct block_address *addresses;
    struct block_pool *pools;
    uint32_t pools_count;
    uint32_t count;
    unsigned shards;
};

static void shuffle(uint16_t *list, uint16_t count, struct port_random *random)
{
    for (uint16_t i = count; i > 1; i--) {
        uint32_t other = port_random_below(random, i);
        uint16_t swap = list[i - 1];
        list[i - 1] = list[other];
        list[other] = swap;
    }
}

static void fill(struct block_address *address, const struct prefixes_pool *pool, struct port_random *random)
{
    pthread_mutex_init(&address->mutex, NULL);
    address->pool = pool;
    for (uint16_t block = 0; block < PORT_BLOCKS; block++) {
        bool ours = pool->ports[block] != 0;
        atomic_store(&address->owner[block], ours ? BLOCK_FREE : BLOCK_FOREIGN);
        if (!ours)
            continue;
        if (block < WELL_KNOWN_BLOCKS)
            address->low[address->low_count++] = block;
        else
            address->high[address->high_count++] = block;
    }
    address->total = (uint32_t)address->low_count + address->high_count;
    atomic_store(&address->free_ports, pool->ports_count);
    shuffle(address->low, address->low_count, random);
    shuffle(address->high, address->high_count, random);
}

static int make_pools(struct block_table *table, const struct prefixes *prefixes)
{
    table->pools = calloc((size_t)prefixes->pools_count + 1, sizeof(*table->pools));
    if (table->pools == NULL)
        return -ENOMEM;
    table->pools_count = prefixes->pools_count;
    for (uint32_t i = 0; i < prefixes->pools_count; i++) {
        uint64_t ports = (uint64_t)prefixes->pools[i].ports_count * prefixes_size(&prefixes->pools[i]);
        table->pools[i].ports = ports < UINT32_MAX ? (uint32_t)ports : UINT32_MAX;
    }
    return 0;
}

int block_new(const struct prefixes *prefixes, unsigned shards, struct port_random *random,
              struct block_table **ret_table)
{
    struct block_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    table->addresses = calloc((size_t)prefixes->addresses + 1, sizeof(*table->addresses));
    if (table->addresses == NULL) {
        free(table);
        return -ENOMEM;
    }
    table->shards = shards;
    if (make_pools(table, prefixes) < 0)
        goto out;
    for (; table->count < prefixes->addresses; table->count++) {
        struct block_address *address = &table->addresses[table->count];
        address->pool_index = prefixes_pool_index(prefixes, table->count);
        const struct prefixes_pool *pool = &prefixes->pools[address->pool_index];
        if (pool->shared && (address->host = calloc(TRANSPORT_ICMP, sizeof(*address->host))) == NULL)
            goto out;
        fill(address, pool, random);
    }
    *ret_table = table;
    return 0;
out:
    block_free(table);
    return -ENOMEM;
}

void block_free(struct block_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        pthread_mutex_destroy(&table->addresses[i].mutex);
        free(table->addresses[i].taken_out);
        free(table->addresses[i].shard);
        free(table->addresses[i].host);
    }
    free(table->pools);
    free(table->addresses);
    free(table);
}

uint8_t block_owner(const struct block_table *table, uint32_t address, uint16_t port)
{
    return atomic_load_explicit(&table->addresses[address].owner[port / PORT_BLOCK], memory_order_acquire);
}

unsigned block_shard(const struct block_table *table, uint32_t address, enum transport transport,
                     uint16_t port)
{
    uint8_t owner = block_owner(table, address, port);
    if (owner == BLOCK_SPLIT)
        owner = atomic_load_explicit(&table->addresses[address].shard[transport][port], memory_order_acquire);
    return owner < BLOCK_SHARDS_MAX ? owner : (unsigned)(port / PORT_BLOCK) % table->shards;
}

int block_reserve(struct block_table *table, uint32_t index, enum transport transport, uint16_t port,
                  uint16_t more)
{
    struct block_address *address = &table->addresses[index];
    if (address->taken_out == NULL)
        address->taken_out = calloc(PORT_BLOCKS, sizeof(*address->taken_out));
    if (address->taken_out == NULL)
        return -ENOMEM;
    for (uint32_t i = port; i <= (uint32_t)port + more; i++)
        address->taken_out[i / PORT_BLOCK][transport] |= UINT64_C(1) << i % PORT_BLOCK;
    return 0;
}

void block_withdraw(struct block_table *table, uint32_t index)
{
    struct block_address *address = &table->addresses[index];
    struct block_pool *pool = &table->pools[address->pool_index];
    uint32_t ports = atomic_load(&address->free_ports);
    for (unsigned i = 0; i < PORT_BLOCKS; i++)
        atomic_store(&address->owner[i], BLOCK_FOREIGN);
    address->low_count = address->high_count = 0;
    address->total = 0;
    atomic_store(&address->free_ports, 0);
    pool->ports -= ports < pool->ports ? ports : pool->ports;
}

bool block_any(const struct block_table *table, uint32_t index)
{
    return table->addresses[index].total > 0;
}

uint64_t block_reserved(const struct block_table *table, uint32_t index, uint16_t block,
                        enum transport transport)
{
    const struct block_address *address = &table->addresses[index];
    uint64_t reserved = ~address->pool->ports[block];
    if (address->taken_out != NULL)
        reserved |= address->taken_out[block][transport];
    /* Port 0 names nobody in TCP and UDP (RFC 6335 6). */
    if (block == 0 && transport != TRANSPORT_ICMP)
        reserved |= 1;
    return reserved;
}

static uint32_t ports_of(const struct block_address *address, uint16_t block)
{
    return (uint32_t)__builtin_popcountll(address->pool->ports[block]);
}

/* Takes entry `at` out of a free list, for the shard. Under the mutex. */
static uint16_t take_out(struct block_address *address, uint16_t *list, uint16_t *count, uint16_t at,
                         unsigned shard)
{
    uint16_t block = list[at];
    list[at] = list[--*count];
    atomic_fetch_sub(&address->free_ports, ports_of(address, block));
    atomic_store_explicit(&address->owner[block], (uint8_t)shard, memory_order_release);
    return block;
}

/* The last of the list, or of a shared address the last that names the shard. */
static uint16_t choose(const struct block_table *table, const struct block_address *address,
                       const uint16_t *list, uint16_t count, unsigned shard)
{
    for (uint16_t i = count; address->pool->shared && i > 0; i--)
        if (list[i - 1] % table->shards == shard)
            return i - 1;
    return count - 1;
}

int block_claim_at(struct block_table *table, uint32_t index, uint16_t block, unsigned shard)
{
    if (index >= table->count || block >= PORT_BLOCKS)
        return -EINVAL;
    struct block_address *address = &table->addresses[index];
    int r = 0;
    pthread_mutex_lock(&address->mutex);
    uint16_t *list = block < WELL_KNOWN_BLOCKS ? address->low : address->high;
    uint16_t *count = block < WELL_KNOWN_BLOCKS ? &address->low_count : &address->high_count;
    uint8_t owner = block_owner(table, index, (uint16_t)(block * PORT_BLOCK));
    if (owner == BLOCK_FREE) {
        uint16_t at = 0;
        while (list[at] != block)
            at++;
        take_out(address, list, count, at, shard);
    } else if (owner != shard) {
        r = owner == BLOCK_FOREIGN ? -EINVAL : -EBUSY;
    }
    pthread_mutex_unlock(&address->mutex);
    return r;
}

int block_claim(struct block_table *table, uint32_t index, unsigned shard, bool well_known,
                uint16_t *ret_block)
{
    struct block_address *address = &table->addresses[index];
    int r = 0;
    pthread_mutex_lock(&address->mutex);
    uint16_t *list = well_known ? address->low : address->high;
    uint16_t *count = well_known ? &address->low_count : &address->high_count;
    if (*count > 0) {
        *ret_block = take_out(address, list, count, choose(table, address, list, *count, shard), shard);
    } else {
        atomic_store(&address->wanted, true);
        r = -ENOSPC;
    }
    pthread_mutex_unlock(&address->mutex);
    return r;
}

/* At the bottom, so that a block just given back is the last to be taken again. Under the mutex. */
static void put_back(struct block_address *address, uint16_t block)
{
    uint16_t *list = block < WELL_KNOWN_BLOCKS ? address->low : address->high;
    uint16_t *count = block < WELL_KNOWN_BLOCKS ? &address->low_count : &address->high_count;
    atomic_store_explicit(&address->owner[block], BLOCK_FREE, memory_order_release);
    memmove(list + 1, list, *count * sizeof(*list));
    list[0] = block;
    ++*count;
}

void block_release(struct block_table *table, uint32_t index, uint16_t block)
{
    struct block_address *address = &table->addresses[index];
    pthread_mutex_lock(&address->mutex);
    put_back(address, block);
    atomic_fetch_add(&address->free_ports, ports_of(address, block));
    pthread_mutex_unlock(&address->mutex);
}

static bool in_range(uint16_t block, uint16_t first, uint16_t count)
{
    return block >= first && block - first < count;
}

/* Whether the blocks are nobody's, those that are not ours aside. Under the mutex. */
static int look_at(const struct block_address *address, uint16_t first, uint16_t count)
{
    bool any = false;
    for (uint16_t block = first; block < first + count; block++) {
        uint8_t owner = atomic_load_explicit(&address->owner[block], memory_order_relaxed);
        if (owner != BLOCK_FREE && owner != BLOCK_FOREIGN)
            return -EBUSY;
        any |= owner == BLOCK_FREE;
    }
    return any ? 0 : -EINVAL;
}

/* Those of the range go from a free list; their ports. */
static uint32_t take_range(struct block_address *address, uint16_t *list, uint16_t *list_count,
                           uint16_t first, uint16_t count)
{
    uint16_t kept = 0;
    uint32_t ports = 0;
    for (uint16_t i = 0; i < *list_count; i++) {
        uint16_t block = list[i];
        if (!in_range(block, first, count)) {
            list[kept++] = block;
            continue;
        }
        ports += ports_of(address, block);
        atomic_store_explicit(&address->owner[block], BLOCK_SPLIT, memory_order_release);
    }
    *list_count = kept;
    return ports;
}

static int make_shards(struct block_address *address)
{
    if (address->shard != NULL)
        return 0;
    address->shard = malloc(TRANSPORT_COUNT * sizeof(*address->shard));
    if (address->shard == NULL)
        return -ENOMEM;
    memset(address->shard, BLOCK_FREE, TRANSPORT_COUNT * sizeof(*address->shard));
    return 0;
}

/* All ports of blocks that are one backend's are taken from the others, in every transport. */
static void count_range(struct block_table *table, struct block_address *address, uint32_t ports, bool in)
{
    struct block_pool *pool = &table->pools[address->pool_index];
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        atomic_fetch_add_explicit(&pool->used[t], in ? ports : -ports, memory_order_relaxed);
    atomic_fetch_add(&address->free_ports, in ? -ports : ports);
}

int block_split(struct block_table *table, uint32_t index, uint16_t first, uint16_t count)
{
    struct block_address *address = &table->addresses[index];
    pthread_mutex_lock(&address->mutex);
    int r = look_at(address, first, count);
    if (r == -EBUSY)
        atomic_store(&address->wanted, true);
    if (r == 0)
        r = make_shards(address);
    if (r == 0) {
        uint32_t ports = take_range(address, address->low, &address->low_count, first, count);
        ports += take_range(address, address->high, &address->high_count, first, count);
        count_range(table, address, ports, true);
    }
    pthread_mutex_unlock(&address->mutex);
    return r;
}

void block_unite(struct block_table *table, uint32_t index, uint16_t first, uint16_t count)
{
    struct block_address *address = &table->addresses[index];
    uint32_t ports = 0;
    pthread_mutex_lock(&address->mutex);
    for (uint16_t block = first; block < first + count; block++) {
        if (atomic_load_explicit(&address->owner[block], memory_order_relaxed) != BLOCK_SPLIT)
            continue;
        ports += ports_of(address, block);
        put_back(address, block);
    }
    count_range(table, address, ports, false);
    pthread_mutex_unlock(&address->mutex);
}

void block_set_shard(struct block_table *table, uint32_t index, enum transport transport, uint16_t port,
                     uint8_t shard)
{
    atomic_store_explicit(&table->addresses[index].shard[transport][port], shard, memory_order_release);
}

bool block_wanted(const struct block_table *table, uint32_t address)
{
    return atomic_load_explicit(&table->addresses[address].wanted, memory_order_relaxed);
}

void block_wanted_clear(struct block_table *table, uint32_t address)
{
    atomic_store_explicit(&table->addresses[address].wanted, false, memory_order_relaxed);
}

uint32_t block_free_ports(const struct block_table *table, uint32_t address)
{
    return atomic_load_explicit(&table->addresses[address].free_ports, memory_order_relaxed);
}

void block_set_host(struct block_table *table, uint32_t index, enum transport transport,
                    const uint64_t ports[PORT_BLOCKS])
{
    struct block_address *address = &table->addresses[index];
    if (address->host == NULL || transport == TRANSPORT_ICMP)
        return;
    for (unsigned i = 0; i < PORT_BLOCKS; i++)
        atomic_store_explicit(&address->host[transport][i], ports[i], memory_order_relaxed);
}

uint64_t block_host(const struct block_table *table, uint32_t index, uint16_t block, enum transport transport)
{
    const struct block_address *address = &table->addresses[index];
    if (address->host == NULL || transport == TRANSPORT_ICMP)
        return 0;
    return atomic_load_explicit(&address->host[transport][block], memory_order_relaxed);
}

void block_use_change(struct block_table *table, uint32_t index, enum transport transport, int change)
{
    struct block_pool *pool = &table->pools[table->addresses[index].pool_index];
    atomic_fetch_add_explicit(&pool->used[transport], (uint32_t)change, memory_order_relaxed);
}

uint32_t block_use(const struct block_table *table, uint32_t pool, enum transport transport)
{
    return atomic_load_explicit(&table->pools[pool].used[transport], memory_order_relaxed);
}

uint32_t block_pool_ports(const struct block_table *table, uint32_t pool)
{
    return table->pools[pool].ports;
}

void block_count(const struct block_table *table, uint32_t index, uint32_t *ret_claimed, uint32_t *ret_total)
{
    struct block_address *address = &table->addresses[index];
    pthread_mutex_lock(&address->mutex);
    *ret_claimed = address->total - address->low_count - address->high_count;
    *ret_total = address->total;
    pthread_mutex_unlock(&address->mutex);
}
