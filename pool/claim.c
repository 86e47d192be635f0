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
    RETURN_BUDGET = 64, /* addresses looked at in one claim_advance */
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

struct claim {
    struct block_table *blocks;
    struct bulk *bulk;
    const struct prefixes *prefixes;
    unsigned shard;
    unsigned shards;
    struct port_random random;
    uint64_t hold_down_ns;
    uint32_t addresses;
    struct claim_address *address;
    struct claim_held *held;
    uint32_t held_max;
    uint32_t held_first;
    uint32_t held_count;
    uint32_t next_address; /* where claim_advance goes on */
    bool has_ended;
    struct lots_block ended; /* until claim_ended asks */
};

int claim_new(const struct claim_input *input, struct claim **ret_claim)
{
    struct claim *claim = calloc(1, sizeof(*claim));
    if (claim == NULL)
        return -ENOMEM;
    claim->blocks = input->blocks;
    claim->bulk = input->bulk;
    claim->prefixes = input->prefixes;
    claim->shard = input->shard;
    claim->shards = input->shards;
    claim->random.key = input->seed;
    claim->hold_down_ns = input->hold_down_ns;
    claim->held = input->held;
    claim->held_max = input->held_max;
    claim->addresses = input->prefixes->addresses;
    claim->address = calloc((size_t)claim->addresses + 1, sizeof(*claim->address));
    if (claim->address == NULL) {
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
    free(claim);
}

static int class_of(uint16_t block)
{
    return block < PORT_WELL_KNOWN / PORT_BLOCK;
}

/* Ours and not used: what `free` counts. */
static uint64_t unused(const struct claim *claim, uint32_t address, uint16_t block, enum transport transport)
{
    return ~(claim->address[address].bits[block].used[transport] |
             block_reserved(claim->blocks, address, block, transport));
}

/* What may be given now: of a shared address not what the host has bound meanwhile. */
static uint64_t available(const struct claim *claim, uint32_t address, uint16_t block,
                          enum transport transport)
{
    return unused(claim, address, block, transport) & ~block_host(claim->blocks, address, block, transport);
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

static void adopt_block(struct claim *claim, uint32_t index, int class_index, uint16_t block)
{
    struct claim_address *address = &claim->address[index];
    struct claim_class *class = &address->class[class_index];
    memset(&address->bits[block], 0, sizeof(address->bits[block]));
    class->blocks[class->count++] = block;
    for (int t = 0; t < TRANSPORT_COUNT; t++)
        class->free[t] += (uint32_t)__builtin_popcountll(unused(claim, index, block, t));
}

/* The new block is the last of its class. */
static int claim_block(struct claim *claim, uint32_t index, int class_index)
{
    struct claim_address *address = &claim->address[index];
    uint16_t block;
    int r = make_room(address, &address->class[class_index]);
    if (r == 0)
        r = block_claim(claim->blocks, index, claim->shard, class_index == 1, &block);
    if (r == 0)
        adopt_block(claim, index, class_index, block);
    return r;
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
                       enum transport transport, uint64_t mask, uint16_t *ret_block, uint64_t *ret_bits)
{
    uint32_t start = 0;
    if (class->count == 0)
        return false;
    for (int i = 0; i < TRIES; i++) {
        start = port_random_below(&claim->random, class->count);
        *ret_block = class->blocks[start];
        *ret_bits = available(claim, index, *ret_block, transport) & mask;
        if (*ret_bits != 0)
            return true;
    }
    for (uint32_t i = 0; i < class->count; i++) {
        *ret_block = class->blocks[(start + i) % class->count];
        *ret_bits = available(claim, index, *ret_block, transport) & mask;
        if (*ret_bits != 0)
            return true;
    }
    return false;
}

static void mark(struct claim *claim, uint32_t index, uint16_t block, enum transport transport, unsigned bit)
{
    struct claim_address *address = &claim->address[index];
    address->bits[block].used[transport] |= UINT64_C(1) << bit;
    address->class[class_of(block)].free[transport]--;
    add_relaxed(&address->used[transport], 1);
    block_use_change(claim->blocks, index, transport, 1);
}

static uint16_t take_bit(struct claim *claim, uint32_t index, uint16_t block, enum transport transport,
                         uint64_t bits)
{
    unsigned bit = port_pick(bits, &claim->random);
    mark(claim, index, block, transport, bit);
    return (uint16_t)(block * PORT_BLOCK + bit);
}

static int take_from(struct claim *claim, uint32_t index, int class_index, enum transport transport,
                     uint64_t mask, uint16_t *ret_port)
{
    struct claim_class *class = &claim->address[index].class[class_index];
    uint16_t block;
    uint64_t bits;
    if (class->free[transport] == 0 || !find_block(claim, index, class, transport, mask, &block, &bits))
        return -ENOSPC;
    *ret_port = take_bit(claim, index, block, transport, bits);
    return 0;
}

/* New blocks until one has a port: the host may have bound whole ones. */
static int take_from_new(struct claim *claim, uint32_t index, int class_index, enum transport transport,
                         uint16_t *ret_port)
{
    const struct claim_class *class = &claim->address[index].class[class_index];
    while (claim_block(claim, index, class_index) == 0) {
        uint16_t block = class->blocks[class->count - 1];
        uint64_t bits = available(claim, index, block, transport);
        if (bits == 0)
            continue;
        *ret_port = take_bit(claim, index, block, transport, bits);
        return 0;
    }
    return -ENOSPC;
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
        if (take_from(claim, index, class_index, transport, UINT64_MAX, ret_port) == 0 ||
            take_from_new(claim, index, class_index, transport, ret_port) == 0)
            return 0;
    }
    return -ENOSPC;
}

int claim_take_bulk(struct claim *claim, const struct lots_want *want, bool another, uint64_t now_ns,
                    struct lots_port *ret_port)
{
    int r = another ? bulk_take_block(claim->bulk, want, now_ns, ret_port)
                    : bulk_take(claim->bulk, want, ret_port);
    if (r == 0)
        add_relaxed(&claim->address[want->address].used[want->transport], 1);
    return r;
}

/* Whether a port in use is of a backend's block. */
static bool is_bulk(const struct claim *claim, uint32_t index, uint16_t port)
{
    return block_owner(claim->blocks, index, port) == BLOCK_SPLIT;
}

static void set_free(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    struct claim_address *address = &claim->address[index];
    uint16_t block = port / PORT_BLOCK;
    if (is_bulk(claim, index, port)) {
        claim->has_ended |= bulk_give(claim->bulk, index, transport, port, &claim->ended);
        return;
    }
    address->bits[block].used[transport] &= ~(UINT64_C(1) << port % PORT_BLOCK);
    address->class[class_of(block)].free[transport]++;
}

static void end_oldest(struct claim *claim)
{
    struct claim_held *oldest = &claim->held[claim->held_first];
    uint32_t index = prefixes_find(claim->prefixes, oldest->src4);
    claim->held_first = (claim->held_first + 1) % claim->held_max;
    claim->held_count--;
    add_relaxed(&claim->address[index].held, -1);
    set_free(claim, index, oldest->transport, oldest->port);
    atomic_store_explicit(&oldest->until_ns, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* before the entry is written again */
}

static void hold(struct claim *claim, uint32_t index, enum transport transport, uint16_t port,
                 uint64_t until_ns)
{
    if (claim->held_count == claim->held_max)
        end_oldest(claim);
    struct claim_held *held = &claim->held[(claim->held_first + claim->held_count++) % claim->held_max];
    held->src4 = prefixes_address(claim->prefixes, index);
    held->port = port;
    held->transport = (uint8_t)transport;
    held->bulk = is_bulk(claim, index, port) ? bulk_code(claim->bulk, index, port) : BULK_NONE;
    atomic_store_explicit(&held->until_ns, until_ns, memory_order_release);
    add_relaxed(&claim->address[index].held, 1);
}

static void count_out(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    add_relaxed(&claim->address[index].used[transport], -1);
    /* Of a backend's block all is in use while it is there. */
    if (!is_bulk(claim, index, port))
        block_use_change(claim->blocks, index, transport, -1);
}

void claim_release(struct claim *claim, uint32_t index, enum transport transport, uint16_t port,
                   uint64_t now_ns)
{
    count_out(claim, index, transport, port);
    /* RFC 6888 REQ-8 exempts TCP, whose state machine has seen the connection end. */
    if (transport == TRANSPORT_TCP || claim->hold_down_ns == 0 || claim->held_max == 0)
        set_free(claim, index, transport, port);
    else
        hold(claim, index, transport, port, now_ns + claim->hold_down_ns);
}

/* Marks a port that must be free, in a block that is ours or becomes so. */
static int restore(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    uint64_t bit = UINT64_C(1) << port % PORT_BLOCK;
    uint16_t block = port / PORT_BLOCK;
    if (index >= claim->addresses || block_reserved(claim->blocks, index, block, transport) & bit)
        return -EINVAL;
    struct claim_address *address = &claim->address[index];
    int class_index = class_of(block);
    bool had = block_owner(claim->blocks, index, port) == claim->shard;
    int r = make_room(address, &address->class[class_index]);
    if (r == 0 && !had)
        r = block_claim_at(claim->blocks, index, block, claim->shard);
    if (r < 0)
        return r;
    if (!had)
        adopt_block(claim, index, class_index, block);
    if (address->bits[block].used[transport] & bit)
        return -EBUSY;
    address->bits[block].used[transport] |= bit;
    address->class[class_index].free[transport]--;
    return 0;
}

int claim_restore(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    int r = restore(claim, index, transport, port);
    if (r == 0) {
        add_relaxed(&claim->address[index].used[transport], 1);
        block_use_change(claim->blocks, index, transport, 1);
    }
    return r;
}

int claim_restore_bulk(struct claim *claim, const struct lots_want *want, const struct lots_port *port,
                       uint64_t since_ns)
{
    int r = bulk_restore(claim->bulk, want, port, since_ns);
    if (r == 0)
        add_relaxed(&claim->address[want->address].used[want->transport], 1);
    return r;
}

bool claim_ended(struct claim *claim, struct lots_block *ret_block)
{
    bool has_ended = claim->has_ended;
    if (has_ended)
        *ret_block = claim->ended;
    claim->has_ended = false;
    return has_ended;
}

void claim_forget(struct claim *claim, uint32_t index, enum transport transport, uint16_t port)
{
    count_out(claim, index, transport, port);
    set_free(claim, index, transport, port);
}

static int compare_held(const void *a, const void *b)
{
    uint64_t x = ((const struct claim_held *)a)->until_ns, y = ((const struct claim_held *)b)->until_ns;
    return x < y ? -1 : x > y;
}

/* A port that is held and no more. */
static int restore_held(struct claim *claim, const struct claim_held *held, uint32_t index, uint64_t now_ns)
{
    struct lots_want want = {.address = index, .transport = held->transport, .shard = claim->shard};
    struct lots_port port = {.port = held->port, .code = held->bulk};
    if (held->bulk == BULK_NONE)
        return restore(claim, index, held->transport, held->port);
    return claim->bulk == NULL ? -EINVAL : bulk_restore(claim->bulk, &want, &port, now_ns);
}

uint32_t claim_restore_held(struct claim *claim, struct claim_held *scratch, uint64_t now_ns)
{
    uint64_t longest_ns = now_ns + claim->hold_down_ns;
    uint32_t count = 0;
    for (uint32_t i = 0; i < claim->held_max; i++) {
        struct claim_held *held = &claim->held[i];
        uint64_t until_ns = atomic_load_explicit(&held->until_ns, memory_order_acquire);
        if (until_ns == 0)
            continue;
        if (until_ns > now_ns && held->transport < TRANSPORT_COUNT) {
            memcpy(&scratch[count], held, sizeof(*scratch));
            /* The hold-down may be configured shorter than it was. */
            if (until_ns > longest_ns)
                scratch[count].until_ns = longest_ns;
            count++;
        }
        atomic_store_explicit(&held->until_ns, 0, memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_release); /* before entries are written again */
    qsort(scratch, count, sizeof(*scratch), compare_held);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = prefixes_find(claim->prefixes, scratch[i].src4);
        if (index != PREFIXES_NONE && restore_held(claim, &scratch[i], index, now_ns) == 0)
            hold(claim, index, scratch[i].transport, scratch[i].port, scratch[i].until_ns);
    }
    return claim->held_count;
}

static bool block_is_empty(const struct claim_address *address, uint16_t block)
{
    for (int t = 0; t < TRANSPORT_COUNT; t++)
        if (address->bits[block].used[t] != 0)
            return false;
    return true;
}

/* Another shard went without: every empty block goes back. */
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
                class->free[t] -= (uint32_t)__builtin_popcountll(unused(claim, index, block, t));
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
    while (!claim->has_ended && claim->held_count > 0 && claim->held[claim->held_first].until_ns <= now_ns)
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
