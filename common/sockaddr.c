/*
 * Layer: pure
 * Specification: ip(7), ipv6(7)
 */
#include "common/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of(const struct addr_endpoint *endpoint, struct sockaddr_storage *ret_address)
{
    memset(ret_address, 0, sizeof(*ret_address));
    if (endpoint->addr.family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret_address;
        in->sin_family = AF_INET;
        in->sin_port = htons(endpoint->port);
        in->sin_addr.s_addr = htonl(endpoint->addr.v4);
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_address;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(endpoint->port);
    in6->sin6_addr = endpoint->addr.v6;
    return sizeof(*in6);
}

struct addr sockaddr_addr(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (struct addr){.family = AF_INET,
                             .v4 = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr)};
    return (struct addr){.family = AF_INET6, .v6 = ((const struct sockaddr_in6 *)address)->sin6_addr};
}
