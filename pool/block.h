/*
 * Port blocks: who has which 64 ports of an address.
 *
 * Layer: table
 * Specification: RFC 6146 3.5.1.1; RFC 6056 (random order)
 *
 * Theory: each address has a list of free blocks, guarded by a mutex and touched rarely; a shard claims
 * blocks from it ahead of need and owns them alone from then on (its bits need no lock). `owner` is one byte
 * a block, read by every worker on the IPv4 side: which shard's tables know this port. A port that is ours
 * but in no shard's block is answered by the shard that its block prefers, block index mod shards. Ports that
 * are never given out (outside the pool's ranges, taken by a static binding) are set in `reserved` for good;
 * those that the host itself uses, of a shared address, in `host`, which the edge renews. Of a shared address
 * a shard prefers blocks whose index names it, since the kernel's queues are chosen by those bits.
 * Blocks that are one backend's (pool/bulk) are no shard's: a byte for each of their ports names the shard.
 */
#ifndef GATE64_POOL_BLOCK_H
#define GATE64_POOL_BLOCK_H

#include "pool/prefixes.h"

enum {
    BLOCK_FREE = 0xff,    /* in the free list */
    BLOCK_FOREIGN = 0xfe, /* no port of it is ours */
    BLOCK_SPLIT = 0xfd,   /* each of its ports has a shard of its own */
    BLOCK_SHARDS_MAX = 64,
};

struct block_table;

/* Makes the tables for all addresses; `random` orders the free lists. */
int block_new(const struct prefixes *prefixes, unsigned shards, struct port_random *random,
              struct block_table **ret_table) __attribute__((warn_unused_result));
void block_free(struct block_table *table);

/* The shard that owns the block of (address index, port), or BLOCK_FREE / BLOCK_FOREIGN / BLOCK_SPLIT. No
 * lock.
 */
uint8_t block_owner(const struct block_table *table, uint32_t address, uint16_t port);
/* The shard that answers for a port in any case. No lock. */
unsigned block_shard(const struct block_table *table, uint32_t address, enum transport transport,
                     uint16_t port);

/* Takes the port of a static binding, and `more` behind it, out of what may be given, for one transport.
 * Before workers start. */
int block_reserve(struct block_table *table, uint32_t address, enum transport transport, uint16_t port,
                  uint16_t more) __attribute__((warn_unused_result));

/* The whole address is one backend's: none of its blocks is given out. Before workers start. */
void block_withdraw(struct block_table *table, uint32_t address);

/* Whether the address has any block to give, or had before it was given. */
bool block_any(const struct block_table *table, uint32_t address);

/* Claims a free block for `shard`: one with ports below 1024 or one above. *ret_block is its index.
 * -ENOSPC: none is free (and the others are asked to give back: block_wanted). Takes the mutex. */
int block_claim(struct block_table *table, uint32_t address, unsigned shard, bool well_known,
                uint16_t *ret_block) __attribute__((warn_unused_result));
/* Claims this one, as it was before a restart. -EBUSY: another shard has it; -EINVAL: not ours. */
int block_claim_at(struct block_table *table, uint32_t address, uint16_t block, unsigned shard)
    __attribute__((warn_unused_result));
/* Gives an empty block back. Takes the mutex. */
void block_release(struct block_table *table, uint32_t address, uint16_t block);

/* Claims `count` blocks from this one on, those that are not ours left out: each becomes BLOCK_SPLIT, and all
 * its ports count as in use. -EBUSY: one is somebody's (and the others are asked to give back: block_wanted);
 * -EINVAL: none is ours; -ENOMEM. Takes the mutex. */
int block_split(struct block_table *table, uint32_t address, uint16_t first, uint16_t count)
    __attribute__((warn_unused_result));
/* Gives them back, at the latest to be taken again. */
void block_unite(struct block_table *table, uint32_t address, uint16_t first, uint16_t count);
/* Says whose a port of such a block is; BLOCK_FREE: nobody's. */
void block_set_shard(struct block_table *table, uint32_t address, enum transport transport, uint16_t port,
                     uint8_t shard);

/* Whether somebody went without; cleared by block_wanted_clear once blocks were given back. */
bool block_wanted(const struct block_table *table, uint32_t address);
void block_wanted_clear(struct block_table *table, uint32_t address);

/* Ports of the address in free blocks, for a worker's fair share. No lock (a recent value). */
uint32_t block_free_ports(const struct block_table *table, uint32_t address);

/* The bits of one block for one transport that may never be given. */
uint64_t block_reserved(const struct block_table *table, uint32_t address, uint16_t block,
                        enum transport transport);

/* Ports of a shared address that programs of the host have bound now: a bit each. TCP and UDP; any thread. */
void block_set_host(struct block_table *table, uint32_t address, enum transport transport,
                    const uint64_t ports[PORT_BLOCKS]);
uint64_t block_host(const struct block_table *table, uint32_t address, uint16_t block,
                    enum transport transport);

/* Ports in use of the address's whole pool, by all shards; block_use_change counts one in or out. */
void block_use_change(struct block_table *table, uint32_t address, enum transport transport, int change);
uint32_t block_use(const struct block_table *table, uint32_t pool, enum transport transport);
/* Ports that the pool has. */
uint32_t block_pool_ports(const struct block_table *table, uint32_t pool);

/* For the operator: claimed and total blocks of an address. */
void block_count(const struct block_table *table, uint32_t address, uint32_t *ret_claimed,
                 uint32_t *ret_total);

#endif
