/*
 * Layer: table
 * Specification: RFC 8158 (Lamport 1983 for the ring)
 */
#include "nat64d/table/natevent.h"

#include <string.h>

#include "common/time_units.h"

/* Names the shape of ring and records: another version may have another. */
#define LAYOUT (UINT64_C(0x6576656e74000001) + ((uint64_t)sizeof(struct natevent) << 16))

const char *natevent_name(uint8_t kind)
{
    static const char *const names[] = {
        [NATEVENT_ADDRESSES_EXHAUSTED] = "addresses-exhausted",
        [NATEVENT_SESSION_CREATE] = "session-create",
        [NATEVENT_SESSION_DELETE] = "session-delete",
        [NATEVENT_BIB_CREATE] = "bib-create",
        [NATEVENT_BIB_DELETE] = "bib-delete",
        [NATEVENT_PORTS_EXHAUSTED] = "ports-exhausted",
        [NATEVENT_QUOTA_EXCEEDED] = "quota-exceeded",
        [NATEVENT_ADDRESS_BIND] = "address-bind",
        [NATEVENT_ADDRESS_UNBIND] = "address-unbind",
        [NATEVENT_BLOCK_ALLOCATED] = "block-allocated",
        [NATEVENT_BLOCK_FREED] = "block-freed",
        [NATEVENT_THRESHOLD] = "threshold",
    };
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

size_t natevent_ring_size(uint32_t capacity)
{
    return sizeof(struct natevent_ring) + (size_t)capacity * sizeof(struct natevent);
}

void natevent_ring_init(struct natevent_ring *ring, uint32_t capacity)
{
    ring->capacity = capacity;
    atomic_init(&ring->head, 0);
    atomic_init(&ring->told, 0);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->lost, 0);
    ring->layout = LAYOUT;
}

void natevent_ring_open(struct natevent_ring *ring, uint32_t capacity)
{
    uint64_t head = atomic_load(&ring->head), tail = atomic_load(&ring->tail);
    if (ring->layout != LAYOUT || ring->capacity != capacity || tail - head > capacity ||
        atomic_load(&ring->told) > atomic_load(&ring->lost))
        natevent_ring_init(ring, capacity);
}

bool natevent_ring_put(struct natevent_ring *ring, const struct natevent *event)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) >= ring->capacity) {
        uint64_t lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);
        atomic_store_explicit(&ring->lost, lost + 1, memory_order_relaxed);
        return false;
    }
    memcpy(&ring->records[tail & (ring->capacity - 1)], event, sizeof(*event));
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

const struct natevent *natevent_ring_at(const struct natevent_ring *ring, uint64_t position)
{
    if (position == atomic_load_explicit(&ring->tail, memory_order_acquire))
        return NULL;
    return &ring->records[position & (ring->capacity - 1)];
}

void natevent_ring_give(struct natevent_ring *ring, uint64_t position)
{
    atomic_store_explicit(&ring->head, position, memory_order_release);
}

bool natevent_limit_passes(struct natevent_limit *limit, uint32_t per_second, uint64_t now_ns,
                           uint32_t *ret_suppressed)
{
    if (now_ns >= limit->until_ns) {
        limit->until_ns = now_ns + NS_PER_S;
        limit->count = 0;
    }
    if (limit->count >= per_second) {
        limit->suppressed += limit->suppressed < UINT32_MAX;
        return false;
    }
    limit->count++;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
