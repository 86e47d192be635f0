/*
 * The state word of a slot: free or live in the low byte, a generation above, so that a reader of another
 * thread or process that copies a slot knows whether it was whole.
 *
 * Layer: table
 * Specification: none (a sequence lock with one writer)
 */
#ifndef GATE64_NAT64D_TABLE_SLOT_WORD_H
#define GATE64_NAT64D_TABLE_SLOT_WORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "nat64d/table/state_file.h"

enum {
    SLOT_WORD_STATE = 0xff,
    SLOT_WORD_GENERATION = 0x100,
};

/* The slot's fields are written: it is live from here on. */
static inline void slot_word_publish(_Atomic uint32_t *word)
{
    uint32_t old = atomic_load_explicit(word, memory_order_relaxed);
    uint32_t generation = (old & ~(uint32_t)SLOT_WORD_STATE) + SLOT_WORD_GENERATION;
    atomic_store_explicit(word, generation | STATE_LIVE, memory_order_release);
}

/* Before the slot's fields change. */
static inline void slot_word_clear(_Atomic uint32_t *word)
{
    uint32_t old = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, (old & ~(uint32_t)SLOT_WORD_STATE) | STATE_FREE, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

static inline bool slot_word_begin(const _Atomic uint32_t *word, uint32_t *ret_before)
{
    *ret_before = atomic_load_explicit(word, memory_order_acquire);
    return (*ret_before & SLOT_WORD_STATE) == STATE_LIVE;
}

static inline bool slot_word_unchanged(const _Atomic uint32_t *word, uint32_t before)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(word, memory_order_relaxed) == before;
}

#endif
