/*
 * IPv4 identifications for packets that may be fragmented on their way.
 *
 * Layer: table
 * Specification: RFC 6864 4 and 5.3.1, RFC 7915 5.1, RFC 7739 5.3 (hash-based counters)
 *
 * A counter for each hash of (source, destination, protocol), with a random start, so that outsiders cannot
 * predict them; each worker has its own slice of the 65536 values, so no two workers give the same.
 */
#ifndef GATE64_NAT64D_TABLE_IDENTIFICATION_H
#define GATE64_NAT64D_TABLE_IDENTIFICATION_H

#include <stdint.h>

#include "common/siphash.h"

enum {
    IDENTIFICATION_COUNTERS = 4096,
};

struct identification {
    struct siphash_key key;
    uint32_t first; /* of the slice */
    uint32_t span;
    uint32_t counters[IDENTIFICATION_COUNTERS];
};

void identification_init(struct identification *identification, struct siphash_key key, unsigned worker,
                         unsigned workers);

/* The first of `count` consecutive values, none of them given to this triple lately. */
uint16_t identification_next(struct identification *identification, uint32_t source, uint32_t destination,
                             uint8_t protocol, uint32_t count);

#endif
