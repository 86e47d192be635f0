/*
 * Layer: table
 * Specification: none
 */
#include "nat64d/table/chunks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int chunks_init(struct chunks *chunks, uint32_t max)
{
    *chunks = (struct chunks){.chunks = calloc(max, sizeof(struct chunk)), .max = max, .free = CHUNKS_NONE};
    return chunks->chunks == NULL ? -ENOMEM : 0;
}

void chunks_done(struct chunks *chunks)
{
    free(chunks->chunks);
    chunks->chunks = NULL;
}

static int32_t take(struct chunks *chunks)
{
    int32_t at = chunks->free;
    if (at == CHUNKS_NONE)
        return (int32_t)chunks->fresh++;
    chunks->free = chunks->chunks[at].next;
    return at;
}

int32_t chunks_put(struct chunks *chunks, const void *data, uint32_t len)
{
    const uint8_t *from = data;
    int32_t first = CHUNKS_NONE, *link = &first;
    chunks->used += chunks_needed(len);
    while (len > 0) {
        uint32_t part = len < CHUNKS_DATA ? len : CHUNKS_DATA;
        int32_t at = take(chunks);
        memcpy(chunks->chunks[at].data, from, part);
        *link = at;
        link = &chunks->chunks[at].next;
        from += part;
        len -= part;
    }
    *link = CHUNKS_NONE;
    return first;
}

void chunks_get(const struct chunks *chunks, int32_t first, uint32_t len, uint32_t skip, void *out)
{
    uint8_t *to = out;
    for (int32_t at = first; len > 0; at = chunks->chunks[at].next) {
        uint32_t part = len < CHUNKS_DATA ? len : CHUNKS_DATA, from = skip < part ? skip : part;
        memcpy(to, chunks->chunks[at].data + from, part - from);
        to += part - from;
        skip -= from;
        len -= part;
    }
}

void chunks_free(struct chunks *chunks, int32_t first)
{
    while (first != CHUNKS_NONE) {
        int32_t at = first;
        first = chunks->chunks[at].next;
        chunks->chunks[at].next = chunks->free;
        chunks->free = at;
        chunks->used--;
    }
}
