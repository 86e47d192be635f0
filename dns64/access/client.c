/*
 * Layer: pure
 * Specification: RFC 5358
 */
#include "dns64/access/client.h"

enum {
    NETWORK_LEN = 64,
};

static bool is_local(const struct addr *client)
{
    static const struct addr_prefix6 loopback = {{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}, 128};
    static const struct addr_prefix6 link_local = {{{{0xfe, 0x80}}}, 10};
    if (client->family == AF_INET)
        return client->v4 >> 24 == 127;
    return addr_in_prefix6(&client->v6, &loopback) || addr_in_prefix6(&client->v6, &link_local);
}

bool client_allowed(const struct client_list *list, const struct addr *client)
{
    if (is_local(client))
        return true;
    for (size_t i = 0; client->family == AF_INET6 && i < list->backends_count; i++)
        if (addr_in_prefix6(&client->v6, &list->backends[i]))
            return true;
    for (size_t i = 0; i < list->allow_count; i++)
        if (addr_in_prefix(client, &list->allow[i]))
            return true;
    return false;
}

struct addr client_network(const struct addr *client)
{
    struct addr network = *client;
    if (client->family == AF_INET6)
        network.v6 = addr_mask6(&client->v6, NETWORK_LEN);
    return network;
}
