/*
 * Who may ask: backends, loopback, link-local, this host, and what `allow` adds.
 *
 * Layer: pure
 * Specification: RFC 5358 (no open resolvers), RFC 6147 6.3
 */
#ifndef GATE64_DNS64_ACCESS_CLIENT_H
#define GATE64_DNS64_ACCESS_CLIENT_H

#include "common/addr.h"
#include "common/siphash.h"

struct client_list {
    const struct addr_prefix6 *backends;
    size_t backends_count;
    const struct addr_prefix *allow;
    size_t allow_count;
};

bool client_allowed(const struct client_list *list, const struct addr *client);

/* The network that limits count by, which is the /64 or the IPv4 address, as a word that only who knows the
 * key can foresee. */
uint64_t client_network_hash(const struct addr *client, struct siphash_key secret);

#endif
