/*
 * DNS cookies towards an upstream: ours that it must give back, and its own that it wants to see again.
 *
 * Layer: pure
 * Specification: RFC 7873 4, 5.1 and 5.3
 * Fuzz: fuzz_dns_edns
 *
 * Over UDP only: a connection has its own proof of who answers.
 */
#ifndef GATE64_DNS64_UPSTREAM_CLIENT_COOKIE_H
#define GATE64_DNS64_UPSTREAM_CLIENT_COOKIE_H

#include "dns64/wire/edns.h"

enum {
    CLIENT_COOKIE_SERVER_MAX = EDNS_COOKIE_MAX - EDNS_COOKIE_CLIENT,
};

/* Of one upstream's address. */
struct client_cookie {
    uint8_t client[EDNS_COOKIE_CLIENT];
    uint8_t server[CLIENT_COOKIE_SERVER_MAX];
    uint8_t server_len; /* 0: it gave none so far */
};

/* Another client cookie: at first, and when our own address towards it is another one (RFC 7873 4.1). */
void client_cookie_renew(struct client_cookie *peer, const uint8_t random[EDNS_COOKIE_CLIENT]);

/* What goes into the option; returns its length. */
size_t client_cookie_write(const struct client_cookie *peer, uint8_t out[EDNS_COOKIE_MAX]);

enum client_cookie_verdict {
    CLIENT_COOKIE_GOOD,    /* ours came back, and the server's was learned */
    CLIENT_COOKIE_ABSENT,  /* no other than ours came, and none is expected: it never gave one */
    CLIENT_COOKIE_MISSING, /* no other than ours, though it gave one before: not believed by UDP */
    CLIENT_COOKIE_WRONG,   /* not ours, or malformed */
};

/* Of a reply to a question that had our cookie. */
enum client_cookie_verdict client_cookie_take(struct client_cookie *peer, const struct message *reply);

/* It gives none any more, as a connection showed. */
void client_cookie_forget(struct client_cookie *peer);

#endif
