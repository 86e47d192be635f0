/*
 * Layer: table
 * Specification: RFC 6146 3.5.1.1, RFC 6888 REQ-8, RFC 7857 9
 */
#include "pool/claim.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 8,          /* random blocks looked at before all are */
    RETURN_BUDGET = 64, /* hold-downs ended in one claim_advance for each address in turn */
    CLASSES = 2,        /* blocks above 1024 and below */
};

/* The blocks of one address and class that the shard owns. */
struct claim_class {
    uint16_t *blocks;
    uint16_t count;
    uint32_t free[TRANSPORT_COUNT]; /* ports that could be given */
};

/* Used bits of a block, held ones included. */
struct claim_bits {
    uint64_t used[TRANSPORT_COUNT];
};

struct claim_address {
    struct claim_class class[CLASSES];
    struct claim_bits *bits; /* [PORT_BLOCKS], made with the first block of the address */
    _Atomic uint32_t used[TRANSPORT_COUNT];
    _Atomic uint32_t held;
};

struct claim_held {
    uint64_t until_ns;
    uint32_t address;
    uint16_t port;
    uint8_t transport;
};

struct claim {
    struct block_table *blocks;
    unsigned shard;
    unsigned shards;
    struct port_random random;
    uint64_t hold_down_ns;
    uint32_t addresses;
    struct claim_address *address;
    struct claim_held *held; /* a queue: the hold-down is the same for all, so times are in order */
    uint32_t held_first;
    uint32_t held_count;
    uint32_t next_address; /* where claim_advance goes on */
};

int claim_new(struct block_table *blocks, const struct prefixes *prefixes, unsigned shard, unsigned shards,
              struct siphash_key seed, uint64_t hold_down_ns, struct claim **ret_claim)
{
    struct claim *claim = calloc(1, sizeof(*claim));
    if (claim == NULL)
        return -ENOMEM;
    claim->blocks = blocks;
    claim->shard = shard;
    claim->shards = shards;
    claim->random.key = seed;
    claim->hold_down_ns = hold_down_ns;
    claim->addresses = prefixes->addresses;
    claim->address = calloc((size_t)prefixes->addresses + 1, sizeof(*claim->address));
    claim->held = calloc(CLAIM_HELD_MAX, sizeof(*claim->held));
    if (claim->address == NULL || claim->held == NULL) {
        claim_free(claim);
        return -ENOMEM;
    }
    *ret_claim = claim;
    return 0;
}

void claim_free(struct claim *claim)
{
    if (claim == NULL)
        return;
    for (uint32_t i = 0; claim->address != NULL && i < claim->addresses; i++) {
        for (int c = 0; c < CLASSES; c++)
            free(claim->address[i].class[c].blocks);
        free(claim->address[i].bits);
    }
    free(claim->address);
    free(claim->held);
    free(claim);
}

static int class_of(uint16_t block)
{
    return block < PORT_WELL_KNOWN / PORT_BLOCK;
}

static uint64_t available(const struct claim *claim, uint32_t address, uint16_t block,
                          enum transport transport)
{
    return ~(claim->address[address].bits[block].used[transport] |
             block_reserved(claim->blocks, address, block, transport));
}

static void add_relaxed(_Atomic uint32_t *value, int32_t change)
{
    atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + (uint32_t)change,
                          memory_order_relaxed);
}

/* Room for one more block; the arrays grow with use, since most addresses of a large pool are never touched.
 */
static int make_room(struct claim_address *address, struct claim_class *class)
{
    if (address->bits == NULL)
        address->bits = calloc(PORT_BLOCKS, sizeof(*address->bits));
    if (address->bits == NULL)
        return -ENOMEM;
    if (class->blocks == NULL)
        class->blocks = calloc(PORT_BLOCKS, sizeof(*class->blocks));
    return class->blocks == NULL ? -ENOMEM : 0;
}

static int claim_block(struct claim *claim, uint32_t index, int class_index)
{
    struct claim_address *address = &claim->address[index];
    struct claim_class *class = &address->class[class_index];
    uint16_t block;
    int r = make_room(address, class);
    if (r == 0)
        r = block_claim(claim->blocks, index, claim->shard, class_index == 1, &block);
    if (r < 0)
        return r;
    memset(&address->bits[block], 0, sizeof(address->bits[block]));
    class->blocks[class->count++] = block;
    for (int t = 0; t < TRANSPORT_COUNT; t++)
        class->free[t] += (uint32_t)__builtin_popcountll(available(claim, index, block, t));
    return 0;
}

/* Claims ahead: at least CLAIM_AHEAD ports to choose among, but no more than a fair share of what is free. */
static void claim_ahead(struct claim *claim, uint32_t index, int class_index, enum transport transport)
{
    struct claim_class *class = &claim->address[index].class[class_index];
    uint32_t share = (block_free_ports(claim->blocks, index) + class->free[transport]) / claim->shards;
    uint32_t wanted = share < CLAIM_AHEAD ? share : CLAIM_AHEAD;
    if (wanted == 0)
        wanted = 1;
    while (class->free[transport] < wanted)
        if (claim_block(claim, index, class_index) < 0)
            return;
}

/* A random block of the class with a port under `mask`; false when none has. */
static bool find_block(struct claim *claim, uint32_t index, const struct claim_class *class,
                       enum transport transport, uint64_t mask, uint16_t *ret_block)
{
    uint32_t start = 0;
    if (class->count == 0)
        return false;
    for (int i = 0; i < TRIES; i++) {
        start = port_random_below(&claim->random, class->count);
        if (available(claim, index, class->blocks[start], transport) & mask) {
            *ret_block = class->blocks[start];
            return true;
        }
    }
    for (uint32_t i = 0; i < class->count; i++) {
        uint16_t block = class->blocks[(start + i) % class->count];
        if (available(claim, index, block, transport) & mask) {
            *ret_block = block;
            return true;
        }
    }
    return false;
}

static void mark(struct claim *claim, uint32_t index, uint16_t block, enum transport transport, unsigned bit)
{
    struct claim_address *address = &claim->address[index];
    address->bits[block].used[transport] |= UINT64_C(1) << bit;
    address->class[class_of(block)].free[transport]--;
    add_relaxed(&address->used[transport], 1);
}

static int take_from(struct claim *claim, uint32_t index, int class_index, enum transport transport,
                     uint64_t mask, uint16_t *ret_port)
{
    struct claim_class *class = &claim->address[index].class[class_index];
    uint16_t block;
    if (class->free[transport] == 0 || !find_block(claim, index, class, transport, mask, &block))
        return -ENOSPC;
    unsigned bit = port_pick(available(claim, index, block, transport) & mask, &claim->random);
    mark(claim, index, block, transport, bit);
    *ret_port = (uint16_t)(block * PORT_BLOCK + bit);
    return 0;
}

int claim_take(struct claim *claim, uint32_t index, enum transport transport, uint16_t source_port,
               uint16_t *ret_port)
{
    int preferred = port_wants_well_known(transport, source_port);
    uint64_t parity = port_parity_mask(transport, source_port);
    /* Range before parity: RFC 4787 REQ-3 a and REQ-4 ask for both, the range matters more to servers. */
    for (int i = 0; i < CLASSES; i++) {
        int class_index = i == 0 ? preferred : !preferred;
        claim_ahead(claim, index, class_index, transport);
        if (take_from(claim, index, class_index, transport, parity, ret_port) == 0)
            return 0;
        /* The blocks at hand have none of this parity: one more may. */
        if (claim_block(claim, index, class_index) == 0 &&
            take_from(claim, index, class_index, transport, parity, ret_port) == 0)
            return 0;
        if (take_from(claim, index, class_index, transport, UINT64_MAX, ret_port) == 0)
            return 0;
    }
    return -ENOSPC;
}

static void set_free(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    struct claim_address *address = &claim->address[index];
    uint16_t block = port / PORT_BLOCK;
    address->bits[block].used[transport] &= ~(UINT64_C(1) << port % PORT_BLOCK);
    address->class[class_of(block)].free[transport]++;
}

static void end_oldest(struct claim *claim)
{
    const struct claim_held *oldest = &claim->held[claim->held_first];
    claim->held_first = (claim->held_first + 1) % CLAIM_HELD_MAX;
    claim->held_count--;
    add_relaxed(&claim->address[oldest->address].held, -1);
    set_free(claim, oldest->address, oldest->transport, oldest->port);
}

void claim_release(struct claim *claim, uint32_t index, enum transport transport, uint16_t port,
                   uint64_t now_ns)
{
    add_relaxed(&claim->address[index].used[transport], -1);
    /* RFC 6888 REQ-8 exempts TCP, whose state machine has seen the connection end. */
    if (transport == TRANSPORT_TCP || claim->hold_down_ns == 0) {
        set_free(claim, index, transport, port);
        return;
    }
    if (claim->held_count == CLAIM_HELD_MAX)
        end_oldest(claim);
    uint32_t at = (claim->held_first + claim->held_count++) % CLAIM_HELD_MAX;
    claim->held[at] = (struct claim_held){now_ns + claim->hold_down_ns, index, port, (uint8_t)transport};
    add_relaxed(&claim->address[index].held, 1);
}

static bool block_is_empty(const struct claim_address *address, uint16_t block)
{
    for (int t = 0; t < TRANSPORT_COUNT; t++)
        if (address->bits[block].used[t] != 0)
            return false;
    return true;
}

/* Another shard went without: every empty block but one goes back. */
static void give_back(struct claim *claim, uint32_t index)
{
    struct claim_address *address = &claim->address[index];
    bool any = false;
    for (int c = 0; c < CLASSES; c++) {
        struct claim_class *class = &address->class[c];
        for (uint16_t i = class->count; i-- > 0;) {
            uint16_t block = class->blocks[i];
            if (!block_is_empty(address, block))
                continue;
            for (int t = 0; t < TRANSPORT_COUNT; t++)
                class->free[t] -= (uint32_t)__builtin_popcountll(available(claim, index, block, t));
            class->blocks[i] = class->blocks[--class->count];
            block_release(claim->blocks, index, block);
            any = true;
        }
    }
    if (any)
        block_wanted_clear(claim->blocks, index);
}

void claim_advance(struct claim *claim, uint64_t now_ns)
{
    while (claim->held_count > 0 && claim->held[claim->held_first].until_ns <= now_ns)
        end_oldest(claim);
    for (int i = 0; i < RETURN_BUDGET && claim->addresses > 0; i++) {
        uint32_t index = claim->next_address;
        claim->next_address = (index + 1) % claim->addresses;
        if (block_wanted(claim->blocks, index))
            give_back(claim, index);
        if (claim->next_address == 0)
            break;
    }
}

uint32_t claim_used(const struct claim *claim, uint32_t address, enum transport transport)
{
    return atomic_load_explicit(&claim->address[address].used[transport], memory_order_relaxed);
}

uint32_t claim_held(const struct claim *claim, uint32_t address)
{
    return atomic_load_explicit(&claim->address[address].held, memory_order_relaxed);
}
