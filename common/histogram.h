/*
 * How long something took, counted in steps of 1, 2 and 5 from 10 microseconds to 10 seconds.
 *
 * Layer: table
 * Specification: OpenMetrics 1.0 (histogram)
 *
 * Like a set of counters: one thread writes, any may read.
 */
#ifndef GATE64_COMMON_HISTOGRAM_H
#define GATE64_COMMON_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_BOUNDS = 19,
};

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last one is all that took longer */
    _Atomic uint64_t sum_ns;
};

/* What several hold together. */
struct histogram_sum {
    uint64_t counts[HISTOGRAM_BOUNDS + 1];
    uint64_t count, sum_ns;
};

/* A count is of what took at most so long: as a number, and in seconds as a text. */
extern const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS];
extern const char *const histogram_bounds_s[HISTOGRAM_BOUNDS];

void histogram_add(struct histogram *histogram, uint64_t took_ns, uint64_t times);

/* Adds to *sum. */
void histogram_collect(const struct histogram *histogram, struct histogram_sum *sum);

/* So many in a hundred took at most this; 0: nothing was counted. UINT64_MAX: longer than the last bound. */
uint64_t histogram_percentile_ns(const struct histogram_sum *sum, unsigned percent);

#endif
