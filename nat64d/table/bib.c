/*
 * Layer: table
 * Specification: RFC 6146 3.1
 */
#include "nat64d/table/bib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"

struct bib_shared {
    struct bib_entry *entries;
    uint32_t slots;
    struct hash_link *links6;
    struct hash_link *links4;
};

int bib_shared_new(struct bib_entry *entries, uint32_t slots, struct bib_shared **ret_shared)
{
    struct bib_shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL)
        return -ENOMEM;
    shared->entries = entries;
    shared->slots = slots;
    shared->links6 = calloc(slots, sizeof(*shared->links6));
    shared->links4 = calloc(slots, sizeof(*shared->links4));
    if (shared->links6 == NULL || shared->links4 == NULL) {
        bib_shared_free(shared);
        return -ENOMEM;
    }
    *ret_shared = shared;
    return 0;
}

void bib_shared_free(struct bib_shared *shared)
{
    if (shared == NULL)
        return;
    free(shared->links6);
    free(shared->links4);
    free(shared);
}

int bib_init(struct bib *bib, struct bib_shared *shared, struct siphash_key key, uint8_t shard)
{
    uint32_t *heads6 = calloc(hash_heads(shared->slots), sizeof(*heads6));
    uint32_t *heads4 = calloc(hash_heads(shared->slots), sizeof(*heads4));
    if (heads6 == NULL || heads4 == NULL) {
        free(heads6);
        free(heads4);
        return -ENOMEM;
    }
    bib->entries = shared->entries;
    bib->key = key;
    bib->shard = shard;
    hash_init(&bib->by6, heads6, shared->links6, shared->slots);
    hash_init(&bib->by4, heads4, shared->links4, shared->slots);
    return 0;
}

void bib_done(struct bib *bib)
{
    free(bib->by6.heads);
    free(bib->by4.heads);
}

static uint64_t hash6(const struct bib *bib, enum transport transport, const struct in6_addr *src6,
                      uint16_t port)
{
    uint64_t words[3];
    memcpy(words, src6, sizeof(*src6));
    words[2] = (uint64_t)port << 8 | transport;
    return siphash13_words(bib->key, words, 3);
}

static uint64_t hash4(const struct bib *bib, enum transport transport, uint32_t src4, uint16_t port)
{
    uint64_t word = (uint64_t)src4 << 32 | (uint64_t)port << 8 | transport;
    return siphash13_words(bib->key, &word, 1);
}

uint32_t bib_find6(const struct bib *bib, enum transport transport, const struct in6_addr *src6,
                   uint16_t src6_port)
{
    uint64_t hash = hash6(bib, transport, src6, src6_port);
    for (uint32_t slot = hash_first(&bib->by6, hash); slot != STATE_NONE;
         slot = hash_next(&bib->by6, hash, slot)) {
        const struct bib_entry *entry = &bib->entries[slot];
        if (entry->src6_port == src6_port && entry->transport == transport && addr_equal6(&entry->src6, src6))
            return slot;
    }
    return STATE_NONE;
}

uint32_t bib_find4(const struct bib *bib, enum transport transport, uint32_t src4, uint16_t src4_port)
{
    uint64_t hash = hash4(bib, transport, src4, src4_port);
    for (uint32_t slot = hash_first(&bib->by4, hash); slot != STATE_NONE;
         slot = hash_next(&bib->by4, hash, slot)) {
        const struct bib_entry *entry = &bib->entries[slot];
        if (entry->src4 == src4 && entry->src4_port == src4_port && entry->transport == transport)
            return slot;
    }
    return STATE_NONE;
}

static int index_entry(struct bib *bib, const struct bib_values *values, uint32_t slot)
{
    uint64_t by6 = hash6(bib, values->transport, &values->src6, values->src6_port);
    int r = hash_add(&bib->by6, by6, slot);
    if (r < 0)
        return r;
    r = hash_add(&bib->by4, hash4(bib, values->transport, values->src4, values->src4_port), slot);
    if (r < 0)
        hash_drop(&bib->by6, by6, slot);
    return r;
}

/* Either side. */
static bool is_bound(const struct bib *bib, const struct bib_values *values)
{
    return bib_find6(bib, values->transport, &values->src6, values->src6_port) != STATE_NONE ||
           bib_find4(bib, values->transport, values->src4, values->src4_port) != STATE_NONE;
}

int bib_add(struct bib *bib, const struct bib_values *values, uint64_t now_ns, uint32_t *ret_slot)
{
    if (is_bound(bib, values))
        return -EEXIST;
    uint32_t slot = slots_take(bib->slots);
    if (slot == STATE_NONE)
        return -ENOSPC;
    int r = index_entry(bib, values, slot);
    if (r < 0) {
        slots_give(bib->slots, slot);
        return r;
    }
    struct bib_entry *entry = &bib->entries[slot];
    entry->shard = bib->shard;
    entry->transport = (uint8_t)values->transport;
    entry->is_static = values->is_static;
    entry->port_block = values->port_block;
    entry->src6 = values->src6;
    entry->src4 = values->src4;
    entry->src6_port = values->src6_port;
    entry->src4_port = values->src4_port;
    entry->sessions = 0;
    entry->static_index = values->static_index;
    entry->address_index = values->address_index;
    entry->created_ns = now_ns;
    entry->check = slot_check_bib(entry, slot);
    slot_word_publish(&entry->word);
    bib->count[values->transport]++;
    *ret_slot = slot;
    return 0;
}

void bib_drop(struct bib *bib, uint32_t slot)
{
    struct bib_entry *entry = &bib->entries[slot];
    slot_word_clear(&entry->word);
    hash_drop(&bib->by6, hash6(bib, entry->transport, &entry->src6, entry->src6_port), slot);
    hash_drop(&bib->by4, hash4(bib, entry->transport, entry->src4, entry->src4_port), slot);
    bib->count[entry->transport]--;
    slots_give(bib->slots, slot);
}

int bib_restore(struct bib *bib, uint32_t slot)
{
    int r = slots_restore(bib->slots, slot);
    if (r < 0)
        return r;
    struct bib_entry *entry = &bib->entries[slot];
    struct bib_values values = {.transport = entry->transport,
                                .src6 = entry->src6,
                                .src6_port = entry->src6_port,
                                .src4 = entry->src4,
                                .src4_port = entry->src4_port};
    if (values.transport >= TRANSPORT_COUNT)
        r = -EINVAL;
    else if (is_bound(bib, &values))
        r = -EEXIST;
    else
        r = index_entry(bib, &values, slot);
    if (r < 0) {
        slots_give(bib->slots, slot);
        return r;
    }
    entry->sessions = 0;
    bib->count[values.transport]++;
    return 0;
}

bool bib_peek(const struct bib_entry *entries, uint32_t slot, struct bib_entry *ret_copy)
{
    const struct bib_entry *entry = &entries[slot];
    uint32_t before;
    if (!slot_word_begin(&entry->word, &before))
        return false;
    memcpy(ret_copy, entry, sizeof(*ret_copy));
    return slot_word_unchanged(&entry->word, before);
}
