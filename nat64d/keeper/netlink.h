/*
 * Changes to this host's links, addresses, routes and neighbours.
 *
 * Layer: edge
 * Specification: rtnetlink(7), through libmnl
 *
 * Each call asks the kernel and waits for its answer: 0 or negative errno. Nothing is logged here.
 */
#ifndef GATE64_NAT64D_KEEPER_NETLINK_H
#define GATE64_NAT64D_KEEPER_NETLINK_H

#include "common/addr.h"

struct netlink;

int netlink_open(struct netlink **ret_netlink) __attribute__((warn_unused_result));
void netlink_close(struct netlink *netlink);

struct netlink_link {
    uint32_t mtu, queue_len;
    bool up;
};

int netlink_link_read(struct netlink *netlink, uint32_t ifindex, struct netlink_link *ret_link)
    __attribute__((warn_unused_result));
int netlink_link_set(struct netlink *netlink, uint32_t ifindex, const struct netlink_link *link)
    __attribute__((warn_unused_result));
int netlink_link_drop(struct netlink *netlink, uint32_t ifindex) __attribute__((warn_unused_result));
int netlink_address_add(struct netlink *netlink, uint32_t ifindex, uint32_t address)
    __attribute__((warn_unused_result));
int netlink_address_drop(struct netlink *netlink, uint32_t ifindex, uint32_t address)
    __attribute__((warn_unused_result));
/* -EEXIST when another route to the same prefix is there. */
int netlink_route_add(struct netlink *netlink, uint32_t ifindex, const struct addr_prefix *destination)
    __attribute__((warn_unused_result));
int netlink_route_drop(struct netlink *netlink, uint32_t ifindex, const struct addr_prefix *destination)
    __attribute__((warn_unused_result));
/* The host answers ARP for `address` on that link. */
int netlink_proxy_add(struct netlink *netlink, uint32_t ifindex, uint32_t address)
    __attribute__((warn_unused_result));
int netlink_proxy_drop(struct netlink *netlink, uint32_t ifindex, uint32_t address)
    __attribute__((warn_unused_result));
/* 1 or 0. */
int netlink_proxy_has(struct netlink *netlink, uint32_t ifindex, uint32_t address)
    __attribute__((warn_unused_result));

#endif
