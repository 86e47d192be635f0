/*
 * Static bindings, found from either side.
 *
 * Layer: table
 * Specification: RFC 6146 3.1 (entries made by the administrator), RFC 6888 REQ-9 (what they are for)
 *
 * A binding is a range of ports (or ICMP identifiers) of an IPv4 address and as many of a backend, in the
 * same order; one port, or all 65536. Ranges of a side share nothing. Built from the configuration, then
 * read-only and read by every worker to learn who owns a flow. A look-up finds the address by hash, then the
 * range among those of the address in log time.
 */
#ifndef GATE64_POOL_BINDING_H
#define GATE64_POOL_BINDING_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/siphash.h"
#include "common/transport.h"

struct binding {
    enum transport transport;
    struct in6_addr src6;
    uint16_t src6_port; /* the first */
    uint32_t src4;
    uint16_t src4_port;              /* the first */
    uint16_t more;                   /* ports behind the first */
    const struct addr_prefix4 *from; /* who may reach it; not owned */
    size_t from_count;               /* 0: everybody */
    char name[32];
};

struct binding_table;

int binding_new(const struct binding *bindings, uint32_t count, struct siphash_key key,
                struct binding_table **ret_table) __attribute__((warn_unused_result));
void binding_free(struct binding_table *table);
uint32_t binding_count(const struct binding_table *table);
const struct binding *binding_at(const struct binding_table *table, uint32_t index);
uint32_t binding_index(const struct binding_table *table, const struct binding *binding);

/* NULL when there is none. */
const struct binding *binding_find4(const struct binding_table *table, enum transport transport,
                                    uint32_t src4, uint16_t src4_port);
const struct binding *binding_find6(const struct binding_table *table, enum transport transport,
                                    const struct in6_addr *src6, uint16_t src6_port);

/* The port of the other side, of a port that lies in the range. */
static inline uint16_t binding_port6(const struct binding *binding, uint16_t src4_port)
{
    return (uint16_t)(binding->src6_port + (src4_port - binding->src4_port));
}
static inline uint16_t binding_port4(const struct binding *binding, uint16_t src6_port)
{
    return (uint16_t)(binding->src4_port + (src6_port - binding->src6_port));
}

/* Whether `client` may reach it. */
bool binding_admits(const struct binding *binding, uint32_t client);

#endif
