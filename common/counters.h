/*
 * Counters: one set a thread, added up by the reader.
 *
 * Layer: table
 * Specification: none
 *
 * A set is written by one thread only (plain add, relaxed atomic store, no read-modify-write shared
 * between threads) and may be read by any. What index means what is the owner's: nat64d's reasons,
 * dns64's outcomes.
 */
#ifndef GATE64_COMMON_COUNTERS_H
#define GATE64_COMMON_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COUNTERS_MAX = 192, /* a set's size; owners static_assert that they fit */
};

struct counters {
    _Alignas(64) _Atomic uint64_t value[COUNTERS_MAX];
};

static inline void counters_add(struct counters *set, unsigned index, uint64_t amount)
{
    uint64_t old = atomic_load_explicit(&set->value[index], memory_order_relaxed);
    atomic_store_explicit(&set->value[index], old + amount, memory_order_relaxed);
}

static inline uint64_t counters_get(const struct counters *set, unsigned index)
{
    return atomic_load_explicit(&set->value[index], memory_order_relaxed);
}

/* Sum over `count` sets. */
uint64_t counters_sum(const struct counters *sets, size_t count, unsigned index);

#endif
