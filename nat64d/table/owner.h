/*
 * Which shard a flow belongs to, seen from the IPv6 side, and which worker has a shard.
 *
 * Layer: pure
 * Specification: none
 *
 * The IPv4 side asks pool/block: a port's block says its shard. Static bindings belong to the shard of their
 * IPv6 side, from either side.
 */
#ifndef GATE64_NAT64D_TABLE_OWNER_H
#define GATE64_NAT64D_TABLE_OWNER_H

#include <netinet/in.h>

#include "common/siphash.h"
#include "common/transport.h"

/* `shards` is a power of two. */
unsigned owner_shard6(struct siphash_key key, const struct in6_addr *src6, uint16_t src6_port,
                      enum transport transport, unsigned shards);

static inline unsigned owner_worker(unsigned shard, unsigned workers)
{
    return shard % workers;
}

#endif
