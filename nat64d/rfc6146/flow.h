/*
 * What the steps of one packet hand to each other.
 *
 * Layer: path
 * Specification: RFC 6146 3.4 (incoming tuple), doc/terms.md for the letters
 */
#ifndef GATE64_NAT64D_RFC6146_FLOW_H
#define GATE64_NAT64D_RFC6146_FLOW_H

#include "nat64d/rfc6146/steps.h"

/* The incoming tuple and, after step 2, the entries that it belongs to. */
struct flow {
    enum transport transport;
    bool from_ipv6;
    struct in6_addr src6; /* X' (from IPv6) */
    uint16_t src6_port;   /* x or i1 */
    uint32_t src4;        /* T (from IPv4) */
    uint16_t src4_port;   /* t or i2 */
    uint32_t dst4;        /* Z */
    uint16_t dst4_port;   /* z; 0 for ICMP */
    uint32_t address;     /* T's index in the pool (from IPv4) */
    unsigned pref64;      /* index of the prefix */
    unsigned shard;
    uint32_t bib;     /* slot, or STATE_NONE */
    uint32_t session; /* slot, or STATE_NONE: a TCP segment may pass without one */
    bool pairs;       /* the binding that was made for it is the first that the backend has */
};

/* The shard's tables. */
static inline struct steps_shard *flow_shard(struct steps *steps, const struct flow *flow)
{
    return &steps->shards[flow->shard];
}

static inline struct bib_entry *flow_binding(struct steps *steps, const struct flow *flow)
{
    return bib_entry(&steps->shards[flow->shard].bib, flow->bib);
}

#endif
