/*
 * How long an upstream's reply may be kept, and its TTLs brought within their bounds.
 *
 * Layer: pure
 * Specification: RFC 2308 3 and 5 (negative answers), RFC 8767 4 (upper bound), RFC 2181 8
 */
#ifndef GATE64_DNS64_CACHE_LIFETIME_H
#define GATE64_DNS64_CACHE_LIFETIME_H

#include "dns64/wire/message.h"

enum {
    LIFETIME_MAX_S = 604800, /* RFC 8767 4: a week; a TTL with the top bit set is a large one */
    LIFETIME_NO_SOA_S = 5,   /* a denial without SOA: only what comes at once is spared (RFC 2308 5) */
    LIFETIME_FAILURE_S = 5,  /* RFC 9520 3.2: the first wait after a failure, doubled by each further one */
    LIFETIME_FAILURE_MAX_S = 30, /* RFC 9520 3.2 allows 300; an outage that ends shall not last so long */
    LIFETIME_RECHECK_S = 30,     /* RFC 8767 5: while stale data are given instead */
    LIFETIME_STALE_TTL_S = 30,
};

/* Whether the reply denies: NXDOMAIN, or no record of the type that was asked. */
bool lifetime_is_denial(const struct message *message);

/* Bounds each TTL in `bytes`, which are `message`'s own; a denial's SOA is bounded by its MINIMUM and
 * `negative_max_s` too. Returns for how many seconds the reply may be kept: 0 for this transaction only. */
uint32_t lifetime_bound(uint8_t *bytes, const struct message *message, uint32_t negative_max_s);

/* The wait after one more failure, when the one before was `before_s` (0: there was none). */
uint32_t lifetime_of_failure(uint32_t before_s);

#endif
