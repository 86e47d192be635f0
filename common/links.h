/*
 * What this host's network looks like: addresses, on-link prefixes, routes with their MTU.
 *
 * Layer: edge
 * Specification: rtnetlink(7) through libmnl
 *
 * A snapshot is immutable once read; readers on packet threads hold the pointer that they were given.
 * The look-ups are plain functions of the snapshot (no system call).
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
    uint32_t uplink4; /* ifindex of the IPv4 default route, 0 if none */
    uint32_t uplink6; /* ifindex of the IPv6 default route, 0 if none */
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

/* MTU of the route to `addr`; 0 when there is no route. */
uint32_t links_mtu(const struct links *links, const struct addr *addr);

/* This host's IPv6 address on the link to `backend` (same on-link prefix, else the one of the route's
 * interface, else any global one); false if the host has none. */
bool links_source6(const struct links *links, const struct in6_addr *backend, struct in6_addr *ret_source);

/* Whether `addr` is one of this host's own addresses; for IPv4 also the network and broadcast address of
 * its subnets. */
bool links_is_own(const struct links *links, const struct addr *addr);

/* The default of `backends`: on-link IPv6 prefixes of every interface but the uplink's (of the uplink
 * too if it is the only one), and this host's own addresses. Array of *ret_count, freed by the caller. */
int links_default_backends(const struct links *links, struct addr_prefix6 **ret_prefixes, size_t *ret_count)
    __attribute__((warn_unused_result));

#endif
