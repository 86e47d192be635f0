/*
 * A bounded queue from one thread to one other: what lands on the wrong worker is handed over by it.
 *
 * Layer: table
 * Specification: none (single producer, single consumer; Lamport 1983)
 *
 * Passes ownership of pointers. No lock; one release store a push and a pop.
 */
#ifndef GATE64_NAT64D_TABLE_RING_H
#define GATE64_NAT64D_TABLE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    RING_SIZE = 256, /* a power of two */
};

struct ring {
    _Alignas(64) _Atomic uint32_t head; /* next to pop: the consumer's */
    _Alignas(64) _Atomic uint32_t tail; /* next to push: the producer's */
    _Alignas(64) void *items[RING_SIZE];
};

void ring_init(struct ring *ring);
/* False when full. */
bool ring_push(struct ring *ring, void *item);
/* NULL when empty. */
void *ring_pop(struct ring *ring);
bool ring_empty(struct ring *ring);

#endif
