/*
 * What is between nanoseconds, in which all moments are counted here, and other units.
 *
 * Layer: pure
 * Specification: none; SI
 */
#ifndef GATE64_COMMON_TIME_UNITS_H
#define GATE64_COMMON_TIME_UNITS_H

#include <stdint.h>
#include <sys/time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* Never too short. */
static inline struct timeval time_units_timeval(uint64_t ns)
{
    uint64_t us = (ns + NS_PER_US - 1) / NS_PER_US;
    return (struct timeval){.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};
}

#endif
