/*
 * Layer: edge
 * Specification: RFC 7766 6.2
 */
#include "dns64/upstream/resolver.h"

#include <stdlib.h>

struct resolver *resolver_new(const struct settings_upstream *at, struct ports_shared *shared,
                              ports_reply *on_datagram, stream_reply *on_stream)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    if (resolver == NULL)
        return NULL;
    resolver->at = *at;
    resolver->holders = 1;
    if (at->tls && tls_client_init(&resolver->tls, &resolver->at, &resolver->learned) < 0) {
        free(resolver);
        return NULL;
    }
    ports_init(&resolver->ports, shared, &resolver->at.at, &resolver->learned, on_datagram);
    streams_init(&resolver->streams, shared->base, shared->random, &resolver->at.at,
                 at->tls ? &resolver->tls : NULL, &resolver->learned, on_stream);
    resolver->ports.owner = resolver->streams.owner = resolver;
    return resolver;
}

struct resolver *resolver_hold(struct resolver *resolver)
{
    resolver->holders++;
    return resolver;
}

void resolver_release(struct resolver *resolver)
{
    if (resolver == NULL || --resolver->holders > 0)
        return;
    ports_done(&resolver->ports);
    streams_done(&resolver->streams);
    tls_client_done(&resolver->tls);
    free(resolver);
}
