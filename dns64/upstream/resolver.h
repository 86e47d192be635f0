/*
 * One upstream as one thread knows it: what was learned of it, its sockets and its connections.
 *
 * Layer: edge
 * Specification: RFC 7766 6.2, RFC 7858 3.4
 *
 * Rules that name the same upstream share it, so that a reload loses neither.
 */
#ifndef GATE64_DNS64_UPSTREAM_RESOLVER_H
#define GATE64_DNS64_UPSTREAM_RESOLVER_H

#include "dns64/upstream/ports.h"
#include "dns64/upstream/stream.h"

struct resolver {
    struct settings_upstream at;
    struct choice_upstream learned;
    struct ports ports;
    struct streams streams;
    struct tls_client tls;
    unsigned holders;
};

/* One holder; no socket is opened yet. NULL: no memory, or no authorities for TLS. */
struct resolver *resolver_new(const struct settings_upstream *at, struct ports_shared *shared,
                              ports_reply *on_datagram, stream_reply *on_stream);
struct resolver *resolver_hold(struct resolver *resolver);
/* By the thread itself, or while it does not run. Accepts NULL. */
void resolver_release(struct resolver *resolver);

#endif
