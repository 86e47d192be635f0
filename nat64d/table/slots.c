/*
 * Layer: table
 * Specification: none
 */
#include "nat64d/table/slots.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS = STATE_CHUNK / 64,
    NONE = -1,
};

/* 256 slots: a bit is set while its slot is free. */
struct chunk {
    uint64_t free[WORDS];
    uint16_t free_count;
    uint16_t size;
    int32_t next; /* in the shard's list of chunks with free slots, or in the shared free list */
    int32_t previous;
    _Atomic(const struct slots_shard *) owner; /* NULL: in the shared list; written under its mutex */
};

struct slots {
    pthread_mutex_t mutex; /* guards `first_free` and the links of the chunks in that list */
    struct chunk *chunks;
    uint32_t count;
    int32_t first_free;
};

struct slots_shard {
    struct slots *slots;
    int32_t first; /* chunks that have free slots; full ones are in no list */
};

static void fill(struct chunk *chunk)
{
    memset(chunk->free, 0, sizeof(chunk->free));
    for (unsigned i = 0; i < chunk->size; i++)
        chunk->free[i / 64] |= UINT64_C(1) << i % 64;
    chunk->free_count = chunk->size;
}

int slots_new(uint32_t slots, struct slots **ret_slots)
{
    struct slots *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return -ENOMEM;
    made->count = (slots + STATE_CHUNK - 1) / STATE_CHUNK;
    made->chunks = calloc(made->count, sizeof(*made->chunks));
    if (made->chunks == NULL) {
        free(made);
        return -ENOMEM;
    }
    pthread_mutex_init(&made->mutex, NULL);
    for (uint32_t i = 0; i < made->count; i++) {
        uint32_t left = slots - i * STATE_CHUNK;
        made->chunks[i].size = (uint16_t)(left < STATE_CHUNK ? left : STATE_CHUNK);
        made->chunks[i].next = i + 1 < made->count ? (int32_t)i + 1 : NONE;
        made->chunks[i].previous = (int32_t)i - 1;
        fill(&made->chunks[i]);
    }
    made->first_free = slots > 0 ? 0 : NONE;
    *ret_slots = made;
    return 0;
}

void slots_free(struct slots *slots)
{
    if (slots == NULL)
        return;
    pthread_mutex_destroy(&slots->mutex);
    free(slots->chunks);
    free(slots);
}

int slots_shard_new(struct slots *slots, struct slots_shard **ret_shard)
{
    struct slots_shard *shard = calloc(1, sizeof(*shard));
    if (shard == NULL)
        return -ENOMEM;
    shard->slots = slots;
    shard->first = NONE;
    *ret_shard = shard;
    return 0;
}

void slots_shard_free(struct slots_shard *shard)
{
    free(shard);
}

static void link_chunk(struct chunk *chunks, int32_t *first, int32_t index)
{
    chunks[index].next = *first;
    chunks[index].previous = NONE;
    if (*first != NONE)
        chunks[*first].previous = index;
    *first = index;
}

static void unlink_chunk(struct chunk *chunks, int32_t *first, int32_t index)
{
    struct chunk *chunk = &chunks[index];
    if (chunk->previous != NONE)
        chunks[chunk->previous].next = chunk->next;
    else
        *first = chunk->next;
    if (chunk->next != NONE)
        chunks[chunk->next].previous = chunk->previous;
}

/* This chunk if nobody has it, or any for NONE. False when there is none. */
static bool claim_chunk(struct slots_shard *shard, int32_t index)
{
    struct slots *slots = shard->slots;
    pthread_mutex_lock(&slots->mutex);
    if (index == NONE)
        index = slots->first_free;
    bool claimed = index != NONE && slots->chunks[index].owner == NULL;
    if (claimed) {
        unlink_chunk(slots->chunks, &slots->first_free, index);
        slots->chunks[index].owner = shard;
    }
    pthread_mutex_unlock(&slots->mutex);
    if (claimed)
        link_chunk(slots->chunks, &shard->first, index);
    return claimed;
}

static void return_chunk(struct slots_shard *shard, int32_t index)
{
    struct slots *slots = shard->slots;
    unlink_chunk(slots->chunks, &shard->first, index);
    pthread_mutex_lock(&slots->mutex);
    slots->chunks[index].owner = NULL;
    link_chunk(slots->chunks, &slots->first_free, index);
    pthread_mutex_unlock(&slots->mutex);
}

/* Nobody but the shard makes this true or false. */
static bool has_chunk(const struct slots_shard *shard, int32_t index)
{
    return atomic_load_explicit(&shard->slots->chunks[index].owner, memory_order_relaxed) == shard;
}

/* Takes a free slot of a chunk that is the shard's. */
static void take_slot(struct slots_shard *shard, int32_t index, unsigned at)
{
    struct chunk *chunk = &shard->slots->chunks[index];
    chunk->free[at / 64] &= ~(UINT64_C(1) << at % 64);
    if (--chunk->free_count == 0)
        unlink_chunk(shard->slots->chunks, &shard->first, index);
}

uint32_t slots_take(struct slots_shard *shard)
{
    if (shard->first == NONE && !claim_chunk(shard, NONE))
        return STATE_NONE;
    int32_t index = shard->first;
    const struct chunk *chunk = &shard->slots->chunks[index];
    unsigned word = 0;
    while (chunk->free[word] == 0)
        word++;
    unsigned at = word * 64 + (unsigned)__builtin_ctzll(chunk->free[word]);
    take_slot(shard, index, at);
    return (uint32_t)index * STATE_CHUNK + at;
}

int slots_restore(struct slots_shard *shard, uint32_t slot)
{
    struct slots *slots = shard->slots;
    uint32_t index = slot / STATE_CHUNK, at = slot % STATE_CHUNK;
    if (index >= slots->count || at >= slots->chunks[index].size)
        return -EINVAL;
    if (!has_chunk(shard, (int32_t)index) && !claim_chunk(shard, (int32_t)index))
        return -EBUSY;
    if ((slots->chunks[index].free[at / 64] >> at % 64 & 1) == 0)
        return -EEXIST;
    take_slot(shard, (int32_t)index, at);
    return 0;
}

void slots_give(struct slots_shard *shard, uint32_t slot)
{
    int32_t index = (int32_t)(slot / STATE_CHUNK);
    struct chunk *chunk = &shard->slots->chunks[index];
    unsigned at = slot % STATE_CHUNK;
    chunk->free[at / 64] |= UINT64_C(1) << at % 64;
    if (chunk->free_count++ == 0)
        link_chunk(shard->slots->chunks, &shard->first, index);
    /* One empty chunk stays, so that a shard at the edge does not take the mutex again and again. */
    if (chunk->free_count == chunk->size && !(shard->first == index && chunk->next == NONE))
        return_chunk(shard, index);
}
