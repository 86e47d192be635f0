/*
 * From the clock that records are made by to the time of day that they are written with.
 *
 * Layer: pure
 * Specification: RFC 6302 (UTC, at least to the second), clock_gettime(2)
 *
 * Records carry CLOCK_BOOTTIME, which nobody sets. The time of day is set, and steps: each look at both
 * clocks says anew how far they lie apart, so that records keep their distances and all that is written after
 * a step goes by the clock as it was set right.
 */
#ifndef GATE64_NAT64D_RFC8158_NATEVENT_CLOCK_H
#define GATE64_NAT64D_RFC8158_NATEVENT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NATEVENT_CLOCK_STEP_MS = 500, /* a change of less between two looks is the clock's own correction */
};

struct natevent_clock {
    bool known;
    int64_t ahead_ns; /* of the time of day, against the boot clock */
};

/* Both clocks, read one after the other. Returns how far the time of day was stepped since the last look, in
 * milliseconds; 0: it was not. */
int64_t natevent_clock_look(struct natevent_clock *clock, uint64_t boot_ns, uint64_t utc_ns);

/* The time of day of a moment by the boot clock. */
uint64_t natevent_clock_utc(const struct natevent_clock *clock, uint64_t boot_ns);

#endif
