/*
 * Layer: pure
 * Specification: RFC 6302
 */
#include "nat64d/rfc8158/natevent_clock.h"

#include "common/time_units.h"

int64_t natevent_clock_look(struct natevent_clock *clock, uint64_t boot_ns, uint64_t utc_ns)
{
    int64_t ahead_ns = (int64_t)(utc_ns - boot_ns);
    int64_t step_ms = clock->known ? (ahead_ns - clock->ahead_ns) / (int64_t)NS_PER_MS : 0;
    clock->known = true;
    clock->ahead_ns = ahead_ns;
    return step_ms >= NATEVENT_CLOCK_STEP_MS || step_ms <= -NATEVENT_CLOCK_STEP_MS ? step_ms : 0;
}

uint64_t natevent_clock_utc(const struct natevent_clock *clock, uint64_t boot_ns)
{
    return boot_ns + (uint64_t)clock->ahead_ns;
}
