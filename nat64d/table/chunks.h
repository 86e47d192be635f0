/*
 * Bytes of any length, kept in chunks of one size out of memory that is taken once.
 *
 * Layer: table
 * Specification: none
 */
#ifndef GATE64_NAT64D_TABLE_CHUNKS_H
#define GATE64_NAT64D_TABLE_CHUNKS_H

#include <stdint.h>

enum {
    CHUNKS_NONE = -1,
    CHUNKS_DATA = 508, /* three of them hold an Ethernet packet */
};

struct chunk {
    int32_t next;
    uint8_t data[CHUNKS_DATA];
};

struct chunks {
    struct chunk *chunks;
    uint32_t max, used;
    uint32_t fresh; /* from here on no chunk was ever used: its memory is not touched before */
    int32_t free;
};

int chunks_init(struct chunks *chunks, uint32_t max) __attribute__((warn_unused_result));
void chunks_done(struct chunks *chunks);

/* How many chunks so many bytes take. */
static inline uint32_t chunks_needed(uint32_t len)
{
    return (len + CHUNKS_DATA - 1) / CHUNKS_DATA;
}

/* Copies `len` bytes (at least one); the first chunk's index. The caller has looked that enough are free. */
int32_t chunks_put(struct chunks *chunks, const void *data, uint32_t len);

/* Copies back what was put, `len` bytes, from byte `skip` on. */
void chunks_get(const struct chunks *chunks, int32_t first, uint32_t len, uint32_t skip, void *out);

void chunks_free(struct chunks *chunks, int32_t first);

#endif
