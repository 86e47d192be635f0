/*
 * Static bindings, found from either side.
 *
 * Layer: table
 * Specification: RFC 6146 3.1 (entries made by the administrator), RFC 6888 REQ-9 (what they are for)
 *
 * Built from the configuration, then read-only and read by every worker to learn who owns a flow.
 */
#ifndef GATE64_POOL_BINDING_H
#define GATE64_POOL_BINDING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/siphash.h"
#include "common/transport.h"

struct binding {
    enum transport transport;
    struct in6_addr src6;
    uint16_t src6_port;
    uint32_t src4;
    uint16_t src4_port;
    char name[32];
};

struct binding_table;

int binding_new(const struct binding *bindings, uint32_t count, struct siphash_key key,
                struct binding_table **ret_table) __attribute__((warn_unused_result));
void binding_free(struct binding_table *table);
uint32_t binding_count(const struct binding_table *table);
const struct binding *binding_at(const struct binding_table *table, uint32_t index);

/* NULL when there is none. */
const struct binding *binding_find6(const struct binding_table *table, enum transport transport,
                                    const struct in6_addr *src6, uint16_t src6_port);
const struct binding *binding_find4(const struct binding_table *table, enum transport transport,
                                    uint32_t src4, uint16_t src4_port);

#endif
