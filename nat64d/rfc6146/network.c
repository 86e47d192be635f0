/*
 * Layer: pure
 * Specification: RFC 7915 4.1 and 5.1
 */
#include "nat64d/rfc6146/network.h"

enum {
    ANY_MTU = 65535, /* no route known: the kernel will say */
};

uint32_t network_mtu6(const struct network *network, const struct in6_addr *to)
{
    for (size_t i = 0; i < network->routes6_count; i++)
        if (addr_in_prefix6(to, &network->routes6[i].destination))
            return network->routes6[i].mtu;
    return ANY_MTU;
}

uint32_t network_mtu4(const struct network *network, uint32_t to)
{
    for (size_t i = 0; i < network->routes4_count; i++)
        if (addr_in_prefix4(to, &network->routes4[i].destination))
            return network->routes4[i].mtu;
    return ANY_MTU;
}

bool network_source6(const struct network *network, const struct in6_addr *to, struct in6_addr *ret_source)
{
    static const struct in6_addr unspecified;
    for (size_t i = 0; i < network->own6_count; i++)
        if (addr_equal6(to, &network->own6[i])) {
            *ret_source = *to;
            return true;
        }
    for (size_t i = 0; i < network->routes6_count; i++) {
        const struct network_route6 *route = &network->routes6[i];
        if (addr_in_prefix6(to, &route->destination) && !addr_equal6(&route->source, &unspecified)) {
            *ret_source = route->source;
            return true;
        }
    }
    if (network->own6_count == 0)
        return false;
    *ret_source = network->own6[0];
    return true;
}

bool network_is_own4(const struct network *network, uint32_t address)
{
    for (size_t i = 0; i < network->own4_count; i++)
        if (network->own4[i] == address)
            return true;
    return false;
}
