/*
 * Layer: table
 * Specification: none (Lamport 1983)
 */
#include "nat64d/table/ring.h"

#include <stddef.h>

void ring_init(struct ring *ring)
{
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
}

bool ring_push(struct ring *ring, void *item)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_SIZE)
        return false;
    ring->items[tail % RING_SIZE] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

void *ring_pop(struct ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&ring->tail, memory_order_acquire))
        return NULL;
    void *item = ring->items[head % RING_SIZE];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}

bool ring_empty(struct ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_relaxed) ==
           atomic_load_explicit(&ring->tail, memory_order_acquire);
}
