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
    const uint64_t *ports;                  /* the pool's */
    uint64_t (*taken_out)[TRANSPORT_COUNT]; /* [PORT_BLOCKS], NULL until a port is reserved */
};

struct block_table {
    struct block_address *addresses;
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
    address->ports = pool->ports;
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
    table->count = prefixes->addresses;
    table->shards = shards;
    for (uint32_t i = 0; i < table->count; i++)
        fill(&table->addresses[i], prefixes_pool_of(prefixes, i), random);
    *ret_table = table;
    return 0;
}

void block_free(struct block_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->count; i++) {
        pthread_mutex_destroy(&table->addresses[i].mutex);
        free(table->addresses[i].taken_out);
    }
    free(table->addresses);
    free(table);
}

uint8_t block_owner(const struct block_table *table, uint32_t address, uint16_t port)
{
    return atomic_load_explicit(&table->addresses[address].owner[port / PORT_BLOCK], memory_order_acquire);
}

unsigned block_shard(const struct block_table *table, uint32_t address, uint16_t port)
{
    uint8_t owner = block_owner(table, address, port);
    return owner < BLOCK_SHARDS_MAX ? owner : (unsigned)(port / PORT_BLOCK) % table->shards;
}

int block_reserve(struct block_table *table, uint32_t index, enum transport transport, uint16_t port)
{
    struct block_address *address = &table->addresses[index];
    if (address->taken_out == NULL)
        address->taken_out = calloc(PORT_BLOCKS, sizeof(*address->taken_out));
    if (address->taken_out == NULL)
        return -ENOMEM;
    address->taken_out[port / PORT_BLOCK][transport] |= UINT64_C(1) << port % PORT_BLOCK;
    return 0;
}

uint64_t block_reserved(const struct block_table *table, uint32_t index, uint16_t block,
                        enum transport transport)
{
    const struct block_address *address = &table->addresses[index];
    uint64_t reserved = ~address->ports[block];
    if (address->taken_out != NULL)
        reserved |= address->taken_out[block][transport];
    /* Port 0 names nobody in TCP and UDP (RFC 6335 6). */
    if (block == 0 && transport != TRANSPORT_ICMP)
        reserved |= 1;
    return reserved;
}

static uint32_t ports_of(const struct block_address *address, uint16_t block)
{
    return (uint32_t)__builtin_popcountll(address->ports[block]);
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
        *ret_block = list[--*count];
        atomic_fetch_sub(&address->free_ports, ports_of(address, *ret_block));
        atomic_store_explicit(&address->owner[*ret_block], (uint8_t)shard, memory_order_release);
    } else {
        atomic_store(&address->wanted, true);
        r = -ENOSPC;
    }
    pthread_mutex_unlock(&address->mutex);
    return r;
}

void block_release(struct block_table *table, uint32_t index, uint16_t block)
{
    struct block_address *address = &table->addresses[index];
    pthread_mutex_lock(&address->mutex);
    atomic_store_explicit(&address->owner[block], BLOCK_FREE, memory_order_release);
    /* At the bottom, so that a block just given back is the last to be taken again. */
    uint16_t *list = block < WELL_KNOWN_BLOCKS ? address->low : address->high;
    uint16_t *count = block < WELL_KNOWN_BLOCKS ? &address->low_count : &address->high_count;
    memmove(list + 1, list, *count * sizeof(*list));
    list[0] = block;
    ++*count;
    atomic_fetch_add(&address->free_ports, ports_of(address, block));
    pthread_mutex_unlock(&address->mutex);
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

void block_count(const struct block_table *table, uint32_t index, uint32_t *ret_claimed, uint32_t *ret_total)
{
    struct block_address *address = &table->addresses[index];
    pthread_mutex_lock(&address->mutex);
    *ret_claimed = address->total - address->low_count - address->high_count;
    *ret_total = address->total;
    pthread_mutex_unlock(&address->mutex);
}
