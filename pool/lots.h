/*
 * The blocks of ports that backends have of one address.
 *
 * Layer: table
 * Specification: RFC 6888 4 (bulk allocation), RFC 6056 3.3 (random within), RFC 4787 4.2.2 (parity)
 *
 * What pool/bulk keeps an address, which holds its mutex for every call but those that say otherwise. A
 * search looks at most at all ports of the address once for each parity, a word for 64 of them, and only when
 * a backend's blocks have a port to give; at most eight blocks are looked at for a new one.
 */
#ifndef GATE64_POOL_LOTS_H
#define GATE64_POOL_LOTS_H

#include "pool/block.h"

enum {
    LOTS_NONE = 0,     /* the code of no block; n is one of 64 * 2^(n-1) ports */
    LOTS_CODE_MAX = 7, /* 4096 ports */
};

struct lots;

struct lots_input {
    struct block_table *blocks;
    const struct prefixes *prefixes;
    uint32_t address;
    uint32_t size;       /* of new blocks: PORT_BLOCK times a power of two; 0: none are given */
    uint8_t backend_len; /* bits that make a backend */
    struct siphash_key key;
};

/* A block as it is told. */
struct lots_block {
    struct in6_addr backend; /* its prefix; :: when it is no backend's */
    uint32_t address;
    uint16_t first, last;
    bool told;
    uint64_t since_ns;
};

/* Who wants a port. */
struct lots_want {
    uint32_t address;
    const struct in6_addr *backend;
    enum transport transport;
    uint16_t source_port;
    unsigned shard;
};

struct lots_port {
    uint16_t port;
    uint8_t code;  /* of the size of its block */
    bool is_first; /* the block is new */
};

int lots_new(const struct lots_input *input, struct lots **ret_lots) __attribute__((warn_unused_result));
void lots_free(struct lots *lots);

/* A random port of the blocks that the backend has, and with lots_take_new of a new one when they have none.
 * -ENOSPC. */
int lots_take(struct lots *lots, const struct lots_want *want, struct lots_port *ret_port)
    __attribute__((warn_unused_result));
int lots_take_new(struct lots *lots, const struct lots_want *want, uint64_t now_ns,
                  struct lots_port *ret_port) __attribute__((warn_unused_result));

/* As bulk_restore; the port is one that may be given. */
int lots_restore(struct lots *lots, const struct lots_want *want, const struct lots_port *port,
                 uint64_t since_ns) __attribute__((warn_unused_result));

/* Gives a port back. True: it was the last of its block, which is *ret_block. */
bool lots_give(struct lots *lots, enum transport transport, uint16_t port, struct lots_block *ret_block);

/* Of a port in use, without the mutex: the code of its block; and true once for a block that is to be told.
 */
uint8_t lots_code(const struct lots *lots, uint16_t port);
bool lots_begin_tell(struct lots *lots, uint16_t port);
/* The block of a port in use. */
void lots_describe(const struct lots *lots, uint16_t port, struct lots_block *ret_block);

uint32_t lots_count(const struct lots *lots);
/* The next block of a backend from *block (0) on, counted in 64 ports; false when there is none. */
bool lots_next(const struct lots *lots, uint16_t *block, struct lots_block *ret_block);

#endif
