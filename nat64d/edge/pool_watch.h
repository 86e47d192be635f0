/*
 * How the use of the pools moves: what `gate64 pool` tells of the last minute, and the log lines of a pool
 * that fills up.
 *
 * Layer: edge
 * Specification: RFC 7857 2.1, RFC 6888 REQ-10
 *
 * Looked at once a second by the main thread; the control thread reads under the translator's mutex.
 */
#ifndef GATE64_NAT64D_EDGE_POOL_WATCH_H
#define GATE64_NAT64D_EDGE_POOL_WATCH_H

#include "nat64d/rfc6146/steps.h"

struct pool_watch;

int pool_watch_new(const struct prefixes *prefixes, struct pool_watch **ret_watch)
    __attribute__((warn_unused_result));
void pool_watch_free(struct pool_watch *watch);

/* One look. Logs when a pool passes half, three quarters and nine tenths of its ports, when it is full and
 * when it is back below half, with what tcp-closing is then; the same to the event log's ring, if it is not
 * NULL (NATEVENT_THRESHOLD, RFC 8158). */
void pool_watch_look(struct pool_watch *watch, const struct steps_shared *shared,
                     struct natevent_ring *events);

/* Most used protocol's share of the pool in percent, the net change of ports in use in the last minute, and
 * seconds until it is full at that rate (-1: not at all). */
struct pool_watch_use {
    unsigned percent;
    int64_t per_minute;
    int64_t lasts_s;
};
void pool_watch_get(const struct pool_watch *watch, uint32_t pool, struct pool_watch_use *ret_use);

#endif
