/*
 * The server's DNS cookie: it shows that a client has received an answer of ours at its address before, or
 * one of a server with the same secret.
 *
 * Layer: pure
 * Specification: RFC 7873 5.2, RFC 9018 4
 * Fuzz: fuzz_dns_edns
 *
 * Version 1, a reserved part, the time of making, and a hash over these, the client's cookie and its address.
 * Nothing is kept of a client. There is one secret: servers that share an address are given the same
 * (`cookie-secret`); the roll-over of RFC 9018 5 would check by a second one.
 */
#ifndef GATE64_DNS64_WIRE_COOKIE_H
#define GATE64_DNS64_WIRE_COOKIE_H

#include "common/addr.h"
#include "common/siphash.h"
#include "dns64/wire/edns.h"

enum {
    COOKIE_SERVER_LEN = 16,
    COOKIE_LEN = EDNS_COOKIE_CLIENT + COOKIE_SERVER_LEN,
    COOKIE_AGE_MAX_S = 3600, /* RFC 9018 4.3 */
    COOKIE_AHEAD_MAX_S = 300,
    COOKIE_RENEW_S = 1800,
};

/* Writes the client's part and a server's made now, `now_s` being seconds since 1970. */
void cookie_make(const struct siphash_key *secret, const uint8_t client[EDNS_COOKIE_CLIENT],
                 const struct addr *from, uint32_t now_s, uint8_t ret_cookie[COOKIE_LEN]);

/* Whether the option's bytes are a cookie of ours for this client that is not too old. */
bool cookie_valid(const struct siphash_key *secret, const uint8_t *cookie, size_t len,
                  const struct addr *from, uint32_t now_s);

/* The cookie to answer with: the one that came, if it is valid and young, or a new one. Returns whether it
 * is valid. */
bool cookie_answer(const struct siphash_key *secret, const uint8_t *cookie, size_t len,
                   const struct addr *from, uint32_t now_s, uint8_t ret_cookie[COOKIE_LEN]);

#endif
