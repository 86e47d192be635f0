/*
 * What one thread has answered, by type and RCODE, and how long that took.
 *
 * Layer: table
 * Specification: man/dns64.8 (METRICS)
 *
 * One thread writes, any may read. Reasons are counted by query/outcome.
 */
#ifndef GATE64_DNS64_OBSERVE_TALLY_H
#define GATE64_DNS64_OBSERVE_TALLY_H

#include "common/counters.h"
#include "common/histogram.h"
#include "dns64/wire/type.h"

/* What an answer was made of. */
enum tally_from {
    TALLY_LOCAL,    /* of nothing but the configuration */
    TALLY_CACHE,    /* of what was known */
    TALLY_STALE,    /* with something that was over */
    TALLY_UPSTREAM, /* upstreams were asked for it */
    TALLY_FROM_COUNT,
};

struct tally {
    struct counters counts; /* by type_kind, and behind them by type_rcode_kind */
    struct histogram took[TALLY_FROM_COUNT];
    unsigned at_once[TALLY_FROM_COUNT]; /* answered since tally_sent, and not timed yet */
};

const char *tally_from_text(enum tally_from from); /* "cache" */

static inline void tally_count(struct tally *tally, unsigned type_kind, unsigned rcode_kind)
{
    counters_add(&tally->counts, type_kind, 1);
    counters_add(&tally->counts, TYPE_KINDS + rcode_kind, 1);
}

/* Answered without waiting: how long it took is known when its batch has been sent. */
static inline void tally_at_once(struct tally *tally, enum tally_from from)
{
    tally->at_once[from]++;
}
/* All of these since the last call took so long. */
void tally_sent(struct tally *tally, uint64_t took_ns);

uint64_t tally_types(const struct tally *tallies, size_t count, unsigned type_kind);
uint64_t tally_rcodes(const struct tally *tallies, size_t count, unsigned rcode_kind);

#endif
