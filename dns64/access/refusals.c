/*
 * Layer: table
 * Specification: RFC 8499 (REFUSED)
 */
#include "dns64/access/refusals.h"

#include "common/time_units.h"

bool refusals_take(struct refusals *refusals, uint64_t now_ns)
{
    uint64_t second = now_ns / NS_PER_S;
    if (second != refusals->second)
        *refusals = (struct refusals){.second = second};
    if (refusals->count == REFUSALS_PER_SECOND)
        return false;
    refusals->count++;
    return true;
}
