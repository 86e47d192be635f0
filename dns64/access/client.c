/*
 * Layer: pure
 * Specification: RFC 5358
 */
#include "dns64/access/client.h"

#include <string.h>

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

uint64_t client_network_hash(const struct addr *client, struct siphash_key secret)
{
    uint64_t words[2] = {client->family, client->v4};
    if (client->family == AF_INET6)
        memcpy(&words[1], &client->v6, sizeof(words[1])); /* 64 bits */
    return siphash13_words(secret, words, 2);
}
