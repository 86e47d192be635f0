/*
 * How many a second of those who may not ask are told so: refusals can be aimed at others, too.
 *
 * Layer: table
 * Specification: RFC 8499 (REFUSED)
 */
#ifndef GATE64_DNS64_ACCESS_REFUSALS_H
#define GATE64_DNS64_ACCESS_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

enum { REFUSALS_PER_SECOND = 100 };

/* Begins zeroed. */
struct refusals {
    uint64_t second;
    unsigned count;
};

/* One more; false when there have been enough in this second. */
bool refusals_take(struct refusals *refusals, uint64_t now_ns);

#endif
