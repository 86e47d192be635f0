/*
 * Randomness by small pieces: the kernel's, fetched in advance, each byte given once.
 *
 * Layer: edge
 * Specification: getrandom(2)
 *
 * One for each thread; all zero is a good beginning.
 */
#ifndef GATE64_COMMON_RANDOM_H
#define GATE64_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum {
    RANDOM_AHEAD = 256, /* what getrandom gives without being interrupted */
};

struct random {
    unsigned left;
    uint8_t bytes[RANDOM_AHEAD];
};

/* `len` at most RANDOM_AHEAD. */
void random_bytes(struct random *random, void *ret_bytes, size_t len);

static inline uint16_t random_16(struct random *random)
{
    uint16_t value;
    random_bytes(random, &value, sizeof(value));
    return value;
}

#endif
