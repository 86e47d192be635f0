/*
 * Layer: pure
 * Specification: RFC 7873 5.3
 */
#include "dns64/upstream/client_cookie.h"

#include <string.h>

void client_cookie_renew(struct client_cookie *peer, const uint8_t random[EDNS_COOKIE_CLIENT])
{
    memcpy(peer->client, random, EDNS_COOKIE_CLIENT);
    peer->server_len = 0;
}

size_t client_cookie_write(const struct client_cookie *peer, uint8_t out[EDNS_COOKIE_MAX])
{
    memcpy(out, peer->client, EDNS_COOKIE_CLIENT);
    memcpy(out + EDNS_COOKIE_CLIENT, peer->server, peer->server_len);
    return EDNS_COOKIE_CLIENT + (size_t)peer->server_len;
}

/* The first one counts (RFC 7873 5.2). */
static bool find(const struct message *message, struct edns_option *ret_option)
{
    struct edns_walk walk;
    edns_walk_init(&walk, message);
    while (edns_walk_next(&walk, ret_option))
        if (ret_option->code == EDNS_COOKIE)
            return true;
    return false;
}

enum client_cookie_verdict client_cookie_take(struct client_cookie *peer, const struct message *reply)
{
    struct edns_option option;
    if (!find(reply, &option))
        return peer->server_len > 0 ? CLIENT_COOKIE_MISSING : CLIENT_COOKIE_ABSENT;
    if (option.len < EDNS_COOKIE_CLIENT || memcmp(option.bytes, peer->client, EDNS_COOKIE_CLIENT) != 0)
        return CLIENT_COOKIE_WRONG;
    /* A server that gives back what it does not know proves nothing, but does no harm either. */
    if (option.len == EDNS_COOKIE_CLIENT)
        return peer->server_len > 0 ? CLIENT_COOKIE_MISSING : CLIENT_COOKIE_ABSENT;
    if (option.len < EDNS_COOKIE_MIN || option.len > EDNS_COOKIE_MAX)
        return CLIENT_COOKIE_WRONG;
    peer->server_len = (uint8_t)(option.len - EDNS_COOKIE_CLIENT);
    memcpy(peer->server, option.bytes + EDNS_COOKIE_CLIENT, peer->server_len);
    return CLIENT_COOKIE_GOOD;
}

void client_cookie_forget(struct client_cookie *peer)
{
    peer->server_len = 0;
}
