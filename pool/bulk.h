/*
 * Port blocks of backends: contiguous ports of an address that are one backend's, in every protocol.
 *
 * Layer: table
 * Specification: RFC 6888 4 (bulk allocation, for short logs), RFC 6056 3.3 (random within), RFC 7422 1
 *
 * With blocks on, a backend gets a block of `size` ports with its first binding, another when none of its
 * blocks has a port, and a block goes back when nothing in it is in use or held down. The block is what is
 * told to the log. Whole blocks above port 1023 that lie inside the pool's ports are given; ports in them
 * that a static binding or the host has are left out. The parity of a UDP source port is kept while a block
 * at hand has such a port: no block is taken for its sake.
 *
 * Theory: a backend's sockets are of several shards, so a block is no shard's: `block` holds a byte a port
 * that says whose it is (BLOCK_SPLIT), and a mutex an address guards what is here (pool/lots). It is taken
 * when a binding is made or ends, never on the way of an established flow.
 *
 * The size of its block is coded in each binding, so that another configuration (another size, or none) and
 * another process find the block again that it was made in; it lives on, and it is the backend's still. A
 * block whose bindings turn out to be of several backends, or of which only hold-downs are left, is no
 * backend's: nothing is given of it until it has gone.
 */
#ifndef GATE64_POOL_BULK_H
#define GATE64_POOL_BULK_H

#include "pool/lots.h"

enum { BULK_NONE = LOTS_NONE };

struct bulk;

struct bulk_input {
    struct block_table *blocks;
    const struct prefixes *prefixes;
    uint32_t size;       /* of new blocks: PORT_BLOCK times a power of two; 0: none are given */
    uint8_t backend_len; /* bits that make a backend */
    struct siphash_key key;
};

int bulk_new(const struct bulk_input *input, struct bulk **ret_bulk) __attribute__((warn_unused_result));
void bulk_free(struct bulk *bulk);

/* The size of new blocks; 0: none. */
uint32_t bulk_size(const struct bulk *bulk);

/* A random port of the blocks that the backend has at the address. -ENOSPC: they have none. */
int bulk_take(struct bulk *bulk, const struct lots_want *want, struct lots_port *ret_port)
    __attribute__((warn_unused_result));
/* The same, of a new block if they have none. -ENOSPC: no block is free; -ENOMEM. */
int bulk_take_block(struct bulk *bulk, const struct lots_want *want, uint64_t now_ns,
                    struct lots_port *ret_port) __attribute__((warn_unused_result));

/* A port that was in use before a restart, in a block of the size that the code names, since `since_ns`.
 * `backend` NULL: it is only held down. -EBUSY: it is in use twice, or the block is somebody's; -EINVAL: it
 * is not to be given; -ENOMEM. */
int bulk_restore(struct bulk *bulk, const struct lots_want *want, const struct lots_port *port,
                 uint64_t since_ns) __attribute__((warn_unused_result));

/* Gives a port back. True: it was the last of its block, which is *ret_block. */
bool bulk_give(struct bulk *bulk, uint32_t address, enum transport transport, uint16_t port,
               struct lots_block *ret_block);

/* Of a port in use: the code of its block. */
uint8_t bulk_code(const struct bulk *bulk, uint32_t address, uint16_t port);
/* Of a port in use: true once for each block that this process gave, with the block: it is to be told. */
bool bulk_tell(struct bulk *bulk, uint32_t address, uint16_t port, struct lots_block *ret_block);

/* Blocks at an address. Any thread. */
uint32_t bulk_count(struct bulk *bulk, uint32_t address);
/* The blocks of backends one after the other, from *cursor = 0 on; false when there are no more. Before
 * workers start. */
bool bulk_next(const struct bulk *bulk, uint64_t *cursor, struct lots_block *ret_block);

#endif
