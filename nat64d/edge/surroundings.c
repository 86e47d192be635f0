/*
 * Layer: edge
 * Specification: RFC 7915 4.1 and 5.1
 */
#include "nat64d/edge/surroundings.h"

#include <errno.h>
#include <stdlib.h>

/* Counts `address` in once. */
static void add_own4(struct network *network, uint32_t address)
{
    for (size_t i = 0; i < network->own4_count; i++)
        if (network->own4[i] == address)
            return;
    network->own4[network->own4_count++] = address;
}

/* The address, and of a subnet of more than two hosts its network and broadcast address. */
static void add_address4(struct network *network, const struct links_address *own)
{
    enum { POINT_TO_POINT = 31 }; /* RFC 3021: a /31 has neither */
    add_own4(network, own->addr.v4);
    if (own->subnet.v4.len < POINT_TO_POINT) {
        add_own4(network, own->subnet.v4.address);
        add_own4(network, addr_last4(&own->subnet.v4));
    }
}

static void add_addresses(struct network *network, const struct links *links)
{
    for (size_t i = 0; i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        if (own->addr.family == AF_INET)
            add_address4(network, own);
        else if (!own->host_scope && !own->link_local)
            network->own6[network->own6_count++] = own->addr.v6;
    }
}

static void add_route6(struct network *network, const struct links *links, const struct links_route *from,
                       uint32_t mtu)
{
    struct network_route6 *route = &network->routes6[network->routes6_count++];
    *route = (struct network_route6){.destination = from->destination.v6, .mtu = mtu != 0 ? mtu : from->mtu};
    for (size_t i = 0; i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        if (own->addr.family == AF_INET6 && own->ifindex == from->ifindex && !own->link_local &&
            !own->host_scope) {
            route->source = own->addr.v6;
            return;
        }
    }
}

static void add_routes(struct network *network, const struct links *links, const struct settings *settings)
{
    uint32_t mtu4 = (uint32_t)settings->nat64.ipv4_mtu, mtu6 = (uint32_t)settings->nat64.ipv6_mtu;
    for (size_t i = 0; i < links->routes_count; i++) {
        const struct links_route *from = &links->routes[i];
        if (from->destination.family == AF_INET)
            network->routes4[network->routes4_count++] =
                (struct network_route4){from->destination.v4, mtu4 != 0 ? mtu4 : from->mtu};
        else
            add_route6(network, links, from, mtu6);
    }
    network->lowest_mtu4 = mtu4 != 0 ? mtu4 : links->lowest_mtu4;
    network->lowest_mtu6 = mtu6 != 0 ? mtu6 : links->lowest_mtu6;
}

int surroundings_build(const struct links *links, const struct settings *settings,
                       const struct network **ret_network)
{
    struct network *network = calloc(1, sizeof(*network));
    if (network == NULL)
        return -ENOMEM;
    /* At most three entries an address, one a route; never calloc(0). */
    network->own4 = calloc(links->addresses_count * 3 + 1, sizeof(*network->own4));
    network->own6 = calloc(links->addresses_count + 1, sizeof(*network->own6));
    network->routes4 = calloc(links->routes_count + 1, sizeof(*network->routes4));
    network->routes6 = calloc(links->routes_count + 1, sizeof(*network->routes6));
    if (network->own4 == NULL || network->own6 == NULL || network->routes4 == NULL ||
        network->routes6 == NULL) {
        surroundings_free(network);
        return -ENOMEM;
    }
    if (settings->backends_count == 0) {
        int r = links_default_backends(links, &network->backends, &network->backends_count);
        if (r < 0) {
            surroundings_free(network);
            return r;
        }
    }
    add_addresses(network, links);
    add_routes(network, links, settings);
    *ret_network = network;
    return 0;
}

void surroundings_free(const struct network *network)
{
    struct network *own = (struct network *)network;
    if (own == NULL)
        return;
    free(own->own4);
    free(own->own6);
    free(own->backends);
    free(own->routes4);
    free(own->routes6);
    free(own);
}
