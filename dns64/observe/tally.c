/*
 * Layer: table
 * Specification: man/dns64.8
 */
#include "dns64/observe/tally.h"

#include <assert.h>

static_assert(TYPE_KINDS + TYPE_RCODES <= COUNTERS_MAX, "they fit into a set");

const char *tally_from_text(enum tally_from from)
{
    static const char *const texts[TALLY_FROM_COUNT] = {
        [TALLY_LOCAL] = "local",
        [TALLY_CACHE] = "cache",
        [TALLY_STALE] = "stale",
        [TALLY_UPSTREAM] = "upstream",
    };
    return texts[from];
}

void tally_sent(struct tally *tally, uint64_t took_ns)
{
    for (unsigned i = 0; i < TALLY_FROM_COUNT; i++) {
        if (tally->at_once[i] == 0)
            continue;
        histogram_add(&tally->took[i], took_ns, tally->at_once[i]);
        tally->at_once[i] = 0;
    }
}

static uint64_t sum(const struct tally *tallies, size_t count, unsigned index)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += counters_get(&tallies[i].counts, index);
    return sum;
}

uint64_t tally_types(const struct tally *tallies, size_t count, unsigned type_kind)
{
    return sum(tallies, count, type_kind);
}

uint64_t tally_rcodes(const struct tally *tallies, size_t count, unsigned rcode_kind)
{
    return sum(tallies, count, TYPE_KINDS + rcode_kind);
}
