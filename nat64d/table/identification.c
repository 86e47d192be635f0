/*
 * Layer: table
 * Specification: RFC 6864 5.3.1, RFC 7739 5.3
 */
#include "nat64d/table/identification.h"

enum {
    VALUES = 65536,
};

void identification_init(struct identification *identification, struct siphash_key key, unsigned worker,
                         unsigned workers)
{
    identification->key = key;
    identification->span = VALUES / workers;
    identification->first = worker * identification->span;
    for (uint64_t i = 0; i < IDENTIFICATION_COUNTERS; i++)
        identification->counters[i] = (uint32_t)siphash13_words(key, &i, 1);
}

uint16_t identification_next(struct identification *identification, uint32_t source, uint32_t destination,
                             uint8_t protocol, uint32_t count)
{
    uint64_t words[2] = {(uint64_t)source << 32 | destination, protocol};
    uint64_t hash = siphash13_words(identification->key, words, 2);
    uint32_t *counter = &identification->counters[hash % IDENTIFICATION_COUNTERS];
    uint32_t at = *counter % identification->span;
    if (count < identification->span && at + count > identification->span)
        at = 0; /* a run does not leave the slice */
    *counter = at + count;
    return (uint16_t)(identification->first + at);
}
