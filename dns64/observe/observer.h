/*
 * What is seen of the answers of one thread, by one call for each, before it leaves: names are noted, types
 * and RCODEs counted, times taken; and, if somebody wants it, who asks most, and the query log.
 *
 * Layer: path
 * Specification: man/dns64.8 (NAMES, METRICS, QUERY LOG)
 *
 * On the way of an answer from the cache it takes no lock, allocates nothing, and reads no clock.
 */
#ifndef GATE64_DNS64_OBSERVE_OBSERVER_H
#define GATE64_DNS64_OBSERVE_OBSERVER_H

#include "common/names.h"
#include "dns64/observe/log_ring.h"
#include "dns64/observe/top.h"
#include "dns64/query/query.h"

/* Where a thread finds its ring, if the query log is on. */
struct observer_log {
    _Atomic(struct log_ring *) ring;
};

/* One thread's; what it points to is its owner's. */
struct observer {
    const struct names *names; /* NULL: not noted */
    struct tally *tally;
    struct top *top;
    struct observer_log *log; /* NULL: there is none */
};

/* The query's answer is made, at once; observer_sent says when it has left. */
void observer_answer(struct observer *observer, const struct query *query, const uint8_t *bytes, size_t len,
                     uint64_t now_ns);
/* All that was answered at once since the last call. */
static inline void observer_sent(struct observer *observer, uint64_t took_ns)
{
    tally_sent(observer->tally, took_ns);
}
/* The answer is made of a query that had to wait since then. */
void observer_late_answer(struct observer *observer, const struct query *query, const uint8_t *bytes,
                          size_t len, uint64_t started_ns, uint64_t now_ns);

#endif
