/*
 * What the translation has to know of the network around: the gateway's own addresses and the MTU and
 * source address towards a host.
 *
 * Layer: pure
 * Specification: RFC 7915 4.1 and 5.1 (next-hop MTU), RFC 4443 2.2 (source of an error)
 *
 * A value built by the edge from the kernel's tables and never changed; look-ups walk it, so they are made
 * only where a packet may not fit, a session is made or an error is sent.
 */
#ifndef GATE64_NAT64D_RFC6146_NETWORK_H
#define GATE64_NAT64D_RFC6146_NETWORK_H

#include "common/addr.h"

struct network_route6 {
    struct addr_prefix6 destination;
    uint32_t mtu;
    struct in6_addr source; /* of the gateway's own errors to hosts there; unspecified when it has none */
};

struct network_route4 {
    struct addr_prefix4 destination;
    uint32_t mtu;
};

struct network {
    struct network_route6 *routes6; /* longest prefix first */
    size_t routes6_count;
    struct network_route4 *routes4;
    size_t routes4_count;
    uint32_t *own4; /* the gateway's own addresses, and its subnets' network and broadcast addresses */
    size_t own4_count;
    struct in6_addr *own6;
    size_t own6_count;
    struct addr_prefix6
        *backends; /* who may use the gateway, where the configuration leaves it to the host */
    size_t backends_count;
    uint32_t lowest_mtu6; /* a packet up to this size fits everywhere */
    uint32_t lowest_mtu4;
};

uint32_t network_mtu6(const struct network *network, const struct in6_addr *to);
uint32_t network_mtu4(const struct network *network, uint32_t to);
/* False when the gateway has no address to send from. */
bool network_source6(const struct network *network, const struct in6_addr *to, struct in6_addr *ret_source);
bool network_is_own4(const struct network *network, uint32_t address);

#endif
