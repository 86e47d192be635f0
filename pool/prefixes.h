/*
 * The IPv4 addresses of the pools, and which of their ports are ours.
 *
 * Layer: table
 * Specification: RFC 6146 3.1, RFC 6888 REQ-3
 *
 * Addresses of all pools get consecutive indices, in the order of the configuration; everything else in
 * pool/ names an address by its index. Pools that drain (no new bindings, the old ones live on) come last.
 * Of a shared address only the ports are ours: the rest of it is the host. Built once, then read-only.
 */
#ifndef GATE64_POOL_PREFIXES_H
#define GATE64_POOL_PREFIXES_H

#include "common/addr.h"
#include "pool/port.h"

enum {
    PREFIXES_NONE = UINT32_MAX,
    PREFIXES_MAX_ADDRESSES = 65536,
};

struct prefixes_pool {
    struct addr_prefix4 address;
    uint32_t first_index;        /* of its first address */
    uint64_t ports[PORT_BLOCKS]; /* a bit for each port that is ours */
    uint32_t ports_count;
    bool shared;
    bool drain;
    const struct addr_prefix6 *for6; /* the backends that it is for; not owned */
    uint32_t for6_count;             /* 0: those that no pool names */
    char name[32];
};

struct prefixes {
    struct prefixes_pool *pools;
    uint32_t pools_count;
    uint32_t addresses; /* in all */
};

/* Pools as read by settings (already checked not to overlap), those that drain last. -ENOMEM, -E2BIG. */
struct prefixes_input {
    struct addr_prefix4 address;
    const struct addr_port_range *ports;
    uint32_t ports_count;
    const char *name;
    bool shared;
    bool drain;
    const struct addr_prefix6 *for6; /* outlives the prefixes */
    uint32_t for6_count;
};
int prefixes_init(struct prefixes *prefixes, const struct prefixes_input *input, uint32_t count)
    __attribute__((warn_unused_result));
void prefixes_done(struct prefixes *prefixes);

/* Addresses of one pool. */
uint32_t prefixes_size(const struct prefixes_pool *pool);

/* Index of an address, or PREFIXES_NONE. */
uint32_t prefixes_find(const struct prefixes *prefixes, uint32_t address);
uint32_t prefixes_address(const struct prefixes *prefixes, uint32_t index);
const struct prefixes_pool *prefixes_pool_of(const struct prefixes *prefixes, uint32_t index);
/* Number of the pool that holds the address with this index. */
uint32_t prefixes_pool_index(const struct prefixes *prefixes, uint32_t index);
bool prefixes_port_is_ours(const struct prefixes *prefixes, uint32_t index, uint16_t port);
/* Whether what is sent to (address, port) is for a backend: of a shared address only our ports are. */
bool prefixes_holds(const struct prefixes *prefixes, uint32_t address, uint16_t port);

#endif
