/*
 * What this host's network looks like: addresses, on-link prefixes, routes with their MTU.
 *
 * Layer: edge
 * Specification: rtnetlink(7) through libmnl
 *
 * A snapshot is immutable once read; the look-ups are plain functions of it.
 */
#ifndef GATE64_COMMON_LINKS_H
#define GATE64_COMMON_LINKS_H

#include "common/addr.h"

struct links_address {
    struct addr_prefix subnet; /* the on-link prefix */
    struct addr addr;          /* this host's address in it */
    uint32_t ifindex;
    bool host_scope; /* on lo, or scope host */
    bool link_local;
};

struct links_route {
    struct addr_prefix destination;
    uint32_t ifindex;
    uint32_t mtu; /* of the route if it has one, else of the interface */
    uint32_t metric;
    bool gateway; /* has a next hop: not on-link */
};

struct links {
    struct links_address *addresses;
    size_t addresses_count;
    struct links_route *routes; /* main table, unicast; longest prefix first, then lowest metric */
    size_t routes_count;
    uint32_t uplink4;     /* ifindex of the IPv4 default route, 0 if none */
    uint32_t uplink6;     /* ifindex of the IPv6 default route, 0 if none */
    uint32_t lowest_mtu4; /* over all IPv4 routes; 65535 if none */
    uint32_t lowest_mtu6;
};

/* Reads the kernel's tables; interfaces named `except` (our TUN; may be NULL) are left out. */
int links_read(const char *except, struct links **ret_links) __attribute__((warn_unused_result));
void links_free(struct links *links);

/* A netlink socket that becomes readable when addresses, links or routes change; negative errno. */
int links_watch(void) __attribute__((warn_unused_result));
/* Empties it; true if anything had changed. */
bool links_changed(int watch_fd);

/* Whether `addr` is one of this host's own addresses. */
bool links_is_own(const struct links *links, const struct addr *addr);

/* The default of `backends`: on-link IPv6 prefixes of every interface but the uplink's (of the uplink
 * too if it is the only one), and this host's own addresses. Array of *ret_count, freed by the caller. */
int links_default_backends(const struct links *links, struct addr_prefix6 **ret_prefixes, size_t *ret_count)
    __attribute__((warn_unused_result));

#endif
