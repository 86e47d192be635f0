/*
 * How many answers a second each client network is given.
 *
 * Layer: table
 * Specification: RFC 5358 4, RFC 6147 6.3
 *
 * A fixed number of places of two words. A network has its place by a keyed hash, in one of the few that
 * share a line of the CPU's cache; when these are taken, the one that has been below its limit for the
 * longest gives way, so who is at its limit is not forgotten for the sake of many others that ask once.
 * Clients that have shown by a cookie or by TCP that they are where they say are not limited: what was taken
 * before their cookie was read is given back, so that they leave nobody of their network short.
 *
 * All threads share it without a lock, and without exclusive access to a word: two that count for one network
 * in the same instant may count one answer.
 */
#ifndef GATE64_DNS64_ACCESS_RATE_H
#define GATE64_DNS64_ACCESS_RATE_H

#include "common/addr.h"
#include "common/siphash.h"

enum {
    RATE_NETWORKS = 65536, /* that are told from each other */
};

struct rate;

/* NULL: no memory. */
struct rate *rate_new(struct siphash_key secret);
/* Accepts NULL. */
void rate_free(struct rate *rate);

/* Whether the client's network may have one more answer: `per_second` on average, and as many at once. */
bool rate_take(struct rate *rate, const struct addr *client, uint32_t per_second, uint64_t now_ns);
/* What rate_take took just now, back. */
void rate_give(struct rate *rate, const struct addr *client, uint32_t per_second);

#endif
