/*
 * Layer: table
 * Specification: man/dns64.8
 */
#include "dns64/observe/log_ring.h"

#include <stdlib.h>

struct log_ring {
    _Alignas(64) _Atomic uint64_t taken;
    _Alignas(64) _Atomic uint64_t put;
    _Atomic uint64_t lost;
    _Alignas(64) struct log_record records[LOG_RING_RECORDS];
};

struct log_ring *log_ring_new(void)
{
    struct log_ring *ring = aligned_alloc(_Alignof(struct log_ring), sizeof(*ring));
    if (ring == NULL)
        return NULL;
    atomic_init(&ring->taken, 0);
    atomic_init(&ring->put, 0);
    atomic_init(&ring->lost, 0);
    return ring;
}

void log_ring_free(struct log_ring *ring)
{
    free(ring);
}

struct log_record *log_ring_room(struct log_ring *ring)
{
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    if (put - atomic_load_explicit(&ring->taken, memory_order_acquire) < LOG_RING_RECORDS)
        return &ring->records[put % LOG_RING_RECORDS];
    uint64_t lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);
    atomic_store_explicit(&ring->lost, lost + 1, memory_order_relaxed);
    return NULL;
}

void log_ring_put(struct log_ring *ring)
{
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    atomic_store_explicit(&ring->put, put + 1, memory_order_release);
}

const struct log_record *log_ring_first(const struct log_ring *ring)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    if (taken == atomic_load_explicit(&ring->put, memory_order_acquire))
        return NULL;
    return &ring->records[taken % LOG_RING_RECORDS];
}

void log_ring_take(struct log_ring *ring)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
}

uint64_t log_ring_lost(const struct log_ring *ring)
{
    return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}
