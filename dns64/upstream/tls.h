/*
 * TLS towards an upstream: whom to believe, and sessions to take up again.
 *
 * Layer: edge
 * Specification: RFC 7858 3.2 to 4.2, RFC 8310 8.1, RFC 9325 3.1.1 (TLS 1.2 or later)
 *
 * The certificate must lead to one of the system's authorities and have the name, or its key must be the one
 * that is pinned. Where neither holds the handshake fails, before anything is asked.
 */
#ifndef GATE64_DNS64_UPSTREAM_TLS_H
#define GATE64_DNS64_UPSTREAM_TLS_H

#include <openssl/ssl.h>

#include "common/settings.h"
#include "dns64/upstream/choice.h"

/* Of one thread for one upstream; `learned` counts. */
struct tls_client {
    SSL_CTX *context;
    SSL_SESSION *session; /* the last that was given; NULL: none */
    const struct settings_upstream *to;
    struct choice_upstream *learned;
};

/* -ENOMEM, or -EINVAL if the system's authorities cannot be read. */
int tls_client_init(struct tls_client *client, const struct settings_upstream *to,
                    struct choice_upstream *learned) __attribute__((warn_unused_result));
void tls_client_done(struct tls_client *client);

/* A connection's own, to be freed by who asked; NULL: no memory. */
SSL *tls_client_new(struct tls_client *client);

#endif
