/*
 * Layer: edge
 * Specification: rtnetlink(7)
 */
#include "common/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/links_netlink.h"

enum {
    MTU_ANY = 65535,
};

void links_free(struct links *links)
{
    if (links == NULL)
        return;
    free(links->addresses);
    free(links->routes);
    free(links);
}

/* Longest prefix first, IPv4 and IPv6 apart, then by metric. */
static int compare_routes(const void *a, const void *b)
{
    const struct links_route *x = a, *y = b;
    int len_x = x->destination.family == AF_INET ? x->destination.v4.len : x->destination.v6.len;
    int len_y = y->destination.family == AF_INET ? y->destination.v4.len : y->destination.v6.len;
    if (x->destination.family != y->destination.family)
        return x->destination.family - y->destination.family;
    if (len_x != len_y)
        return len_y - len_x;
    return x->metric < y->metric ? -1 : x->metric > y->metric;
}

static void find_uplinks(struct links *links)
{
    /* Sorted by metric, so the first default route of a family, met last here, is the one in use. */
    for (size_t i = links->routes_count; i-- > 0;) {
        const struct links_route *route = &links->routes[i];
        if (route->destination.family == AF_INET && route->destination.v4.len == 0)
            links->uplink4 = route->ifindex;
        if (route->destination.family == AF_INET6 && route->destination.v6.len == 0)
            links->uplink6 = route->ifindex;
    }
}

static void find_lowest(struct links *links)
{
    links->lowest_mtu4 = links->lowest_mtu6 = MTU_ANY;
    for (size_t i = 0; i < links->routes_count; i++) {
        const struct links_route *route = &links->routes[i];
        uint32_t *lowest = route->destination.family == AF_INET ? &links->lowest_mtu4 : &links->lowest_mtu6;
        if (route->mtu < *lowest)
            *lowest = route->mtu;
    }
}

int links_read(const char *except, struct links **ret_links)
{
    struct links *links = calloc(1, sizeof(*links));
    if (links == NULL)
        return -ENOMEM;
    int r = links_netlink_dump(links, except);
    if (r < 0) {
        links_free(links);
        return r;
    }
    if (links->routes_count > 0) /* without a route there is no array */
        qsort(links->routes, links->routes_count, sizeof(*links->routes), compare_routes);
    find_uplinks(links);
    find_lowest(links);
    *ret_links = links;
    return 0;
}

int links_watch(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups =
            RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
    };
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

bool links_changed(int watch_fd)
{
    char buffer[4096];
    bool changed = false;
    for (;;) {
        ssize_t n = recv(watch_fd, buffer, sizeof(buffer), 0);
        /* ENOBUFS says that messages were lost: something changed all the same. */
        if (n <= 0 && !(n < 0 && errno == ENOBUFS))
            return changed;
        changed = true;
    }
}

bool links_is_own(const struct links *links, const struct addr *addr)
{
    for (size_t i = 0; i < links->addresses_count; i++)
        if (addr_equal(&links->addresses[i].addr, addr))
            return true;
    return false;
}

static int add_backend(struct addr_prefix6 **prefixes, size_t *count, const struct addr_prefix6 *prefix)
{
    struct addr_prefix6 *grown = realloc(*prefixes, (*count + 1) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    *prefixes = grown;
    grown[(*count)++] = *prefix;
    return 0;
}

int links_default_backends(const struct links *links, struct addr_prefix6 **ret_prefixes, size_t *ret_count)
{
    struct addr_prefix6 *prefixes = NULL;
    size_t count = 0;
    uint32_t uplink = links->uplink6 != 0 ? links->uplink6 : links->uplink4;
    /* First without the uplink; if that leaves nobody, it is the only link there is. */
    for (int pass = 0; pass < 2 && count == 0; pass++)
        for (size_t i = 0; i < links->addresses_count; i++) {
            const struct links_address *own = &links->addresses[i];
            if (own->subnet.family != AF_INET6 || own->host_scope || own->link_local ||
                (pass == 0 && own->ifindex == uplink))
                continue;
            int r = add_backend(&prefixes, &count, &own->subnet.v6);
            if (r < 0) {
                free(prefixes);
                return r;
            }
        }
    *ret_prefixes = prefixes;
    *ret_count = count;
    return 0;
}
