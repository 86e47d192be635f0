/*
 * The only reader of a clock. Everything below the edge takes `now_ns` as a parameter; a test links
 * another file in its place.
 *
 * Layer: edge
 * Specification: clock_gettime(2), CLOCK_BOOTTIME (counts while the machine sleeps)
 */
#ifndef GATE64_COMMON_CLOCK_H
#define GATE64_COMMON_CLOCK_H

#include <stdint.h>

uint64_t clock_now_ns(void); /* CLOCK_BOOTTIME */
uint64_t clock_utc_ns(void); /* CLOCK_REALTIME, for texts and what others date */

/* Fills `bytes` from the kernel's random source; aborts if there is none. */
void clock_random(void *bytes, uint64_t len);

#endif
