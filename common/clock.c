/*
 * Layer: edge
 * Specification: clock_gettime(2), getrandom(2)
 */
#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "common/time_units.h"

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) < 0)
        abort(); /* a kernel without this clock cannot run us */
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_utc_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_random(void *bytes, uint64_t len)
{
    uint8_t *at = bytes;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno != EINTR)
            abort(); /* without randomness nothing keyed is safe */
        if (n > 0) {
            at += n;
            len -= (uint64_t)n;
        }
    }
}
