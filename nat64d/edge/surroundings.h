/*
 * The kernel's view of this host as the value that the pure layer looks things up in.
 *
 * Layer: edge
 * Specification: RFC 7915 4.1 and 5.1 (the MTU of the next hop)
 */
#ifndef GATE64_NAT64D_EDGE_SURROUNDINGS_H
#define GATE64_NAT64D_EDGE_SURROUNDINGS_H

#include "common/links.h"
#include "common/settings.h"
#include "nat64d/rfc6146/network.h"

/* A configured MTU (not 0) takes the place of that of every route, a configured list of backends that of the
 * host's on-link prefixes. */
int surroundings_build(const struct links *links, const struct settings *settings,
                       const struct network **ret_network) __attribute__((warn_unused_result));
void surroundings_free(const struct network *network);

#endif
