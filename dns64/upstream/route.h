/*
 * Which resolvers a name is asked of: those of the longest `forward` domain that holds it, or the usual ones.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5 (dns64.upstream, dns64.forward)
 *
 * What one set of resolvers said is never taken for what another would say: questions under way and data in
 * the cache go by the set's variant.
 */
#ifndef GATE64_DNS64_UPSTREAM_ROUTE_H
#define GATE64_DNS64_UPSTREAM_ROUTE_H

#include "dns64/wire/name.h"

enum {
    ROUTE_UPSTREAMS_MAX = 64, /* different ones in all, as a set is a word of bits */
};

struct route_set {
    uint64_t members; /* a bit for each: its index among the rules' upstreams */
    /* Of cache keys: equal for equal resolvers, whatever rules they stand in; 0: the host's. */
    uint32_t variant;
};

struct route_forward {
    struct name domain;
    struct route_set set;
};

/* Of a view. The forwards are the owner's, the longest domain first. */
struct route {
    struct route_set usual;
    const struct route_forward *forwards;
    size_t forwards_count;
};

/* *ret_apex is the length of the domain that the set is for (on the wire; the root's is 1): nothing that is
 * said of a name above it says anything of names in it. */
const struct route_set *route_find(const struct route *route, const struct name *name, uint8_t *ret_apex);

#endif
