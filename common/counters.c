/*
 * Layer: table
 * Specification: none
 */
#include "common/counters.h"

uint64_t counters_sum(const struct counters *sets, size_t count, unsigned index)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += counters_get(&sets[i], index);
    return sum;
}
