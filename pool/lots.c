/*
 * Layer: table
 * Specification: RFC 6888 4, RFC 6056 3.3
 */
#include "pool/lots.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONE = 0,        /* references are index + 1, so that fresh memory is empty */
    BLOCK_TRIES = 8, /* blocks looked at for one packet: others may use part of one, or the host all of it */
};

/* A block, at the place of its first 64 ports. */
struct lot {
    uint16_t owner; /* of owners, or NONE: no backend's */
    uint16_t next, previous;
    uint8_t code;
    bool from_order; /* it goes back there when it ends */
    _Atomic bool told;
    uint32_t taken; /* ports in use or held, of all transports */
    uint64_t since_ns;
};

/* A backend. Its blocks are a ring. */
struct owner {
    struct in6_addr prefix;
    uint16_t next; /* in its bucket, or in the free list */
    uint16_t lot;  /* where the next search begins */
    uint16_t lots;
    uint32_t room[TRANSPORT_COUNT]; /* ports of its blocks that could be given; the host's count */
};

struct lots {
    struct lots_input input;
    uint32_t count;
    uint64_t used[PORT_BLOCKS][TRANSPORT_COUNT]; /* held ones included */
    uint16_t first[PORT_BLOCKS];                 /* by 64 ports: the block that they are of */
    struct lot at[PORT_BLOCKS];
    struct owner owners[PORT_BLOCKS];
    uint16_t owners_fresh, owners_free;
    uint16_t buckets[PORT_BLOCKS];
    uint16_t order[PORT_BLOCKS]; /* a ring of the blocks that may be free: the first is next */
    uint16_t order_first, order_count;
    struct port_random random;
};

/* Blocks of 64 in one of this code. */
static uint16_t width_of(uint8_t code)
{
    return (uint16_t)(1 << (code - 1));
}

static uint8_t code_of(uint32_t size)
{
    uint8_t code = LOTS_NONE;
    for (; size >= PORT_BLOCK; size /= 2)
        code++;
    return code;
}

/* Whether all ports of a block are ours and each transport has one that may be given. */
static bool is_whole(const struct lots *lots, uint16_t first, uint16_t width)
{
    const struct prefixes_pool *pool = prefixes_pool_of(lots->input.prefixes, lots->input.address);
    bool any[TRANSPORT_COUNT] = {false};
    for (uint16_t block = first; block < first + width; block++) {
        if (pool->ports[block] != UINT64_MAX)
            return false;
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            any[t] |= block_reserved(lots->input.blocks, lots->input.address, block, t) != UINT64_MAX;
    }
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        if (!any[t])
            return false;
    return true;
}

/* In random order, as RFC 6056 asks of a port. */
static void fill_order(struct lots *lots)
{
    uint16_t width = (uint16_t)(lots->input.size / PORT_BLOCK);
    for (uint16_t first = 0; width > 0 && first < PORT_BLOCKS; first += width)
        if (first * PORT_BLOCK >= PORT_WELL_KNOWN && is_whole(lots, first, width))
            lots->order[lots->order_count++] = first;
    for (uint16_t i = lots->order_count; i > 1; i--) {
        uint32_t other = port_random_below(&lots->random, i);
        uint16_t swap = lots->order[i - 1];
        lots->order[i - 1] = lots->order[other];
        lots->order[other] = swap;
    }
}

int lots_new(const struct lots_input *input, struct lots **ret_lots)
{
    struct lots *lots = calloc(1, sizeof(*lots));
    if (lots == NULL)
        return -ENOMEM;
    lots->input = *input;
    lots->random = (struct port_random){.key = {input->key.k0 ^ input->address, input->key.k1}};
    fill_order(lots);
    *ret_lots = lots;
    return 0;
}

void lots_free(struct lots *lots)
{
    free(lots);
}

static uint16_t *bucket_of(struct lots *lots, const struct in6_addr *prefix)
{
    uint64_t words[2];
    memcpy(words, prefix, sizeof(words));
    return &lots->buckets[siphash13_words(lots->input.key, words, 2) % PORT_BLOCKS];
}

static struct owner *find_owner(struct lots *lots, const struct in6_addr *prefix)
{
    uint16_t reference = *bucket_of(lots, prefix);
    while (reference != NONE && !addr_equal6(&lots->owners[reference - 1].prefix, prefix))
        reference = lots->owners[reference - 1].next;
    return reference == NONE ? NULL : &lots->owners[reference - 1];
}

/* There is room: an owner has a lot, and of these there are no more. */
static struct owner *add_owner(struct lots *lots, const struct in6_addr *prefix)
{
    uint16_t *bucket = bucket_of(lots, prefix), reference = lots->owners_free;
    if (reference != NONE)
        lots->owners_free = lots->owners[reference - 1].next;
    else
        reference = ++lots->owners_fresh;
    struct owner *owner = &lots->owners[reference - 1];
    *owner = (struct owner){.prefix = *prefix, .next = *bucket};
    *bucket = reference;
    return owner;
}

static void drop_owner(struct lots *lots, struct owner *owner)
{
    uint16_t reference = (uint16_t)(owner - lots->owners + 1);
    uint16_t *link = bucket_of(lots, &owner->prefix);
    while (*link != reference)
        link = &lots->owners[*link - 1].next;
    *link = owner->next;
    owner->next = lots->owners_free;
    lots->owners_free = reference;
}

/* Neither used nor held nor never to be given: what `room` counts. */
static uint64_t unused(const struct lots *lots, uint16_t block, enum transport transport)
{
    return ~(lots->used[block][transport] |
             block_reserved(lots->input.blocks, lots->input.address, block, transport));
}

static uint32_t room_of(const struct lots *lots, uint16_t first, enum transport transport)
{
    uint16_t width = width_of(lots->at[first].code);
    uint32_t room = 0;
    for (uint16_t block = first; block < first + width; block++)
        room += (uint32_t)__builtin_popcountll(unused(lots, block, transport));
    return room;
}

/* Makes a lot the owner's, as the next to be searched. */
static void join(struct lots *lots, struct owner *owner, uint16_t first)
{
    struct lot *lot = &lots->at[first];
    lot->owner = (uint16_t)(owner - lots->owners + 1);
    if (owner->lots++ == 0) {
        lot->next = lot->previous = first;
    } else {
        lot->next = owner->lot;
        lot->previous = lots->at[owner->lot].previous;
        lots->at[lot->previous].next = lots->at[lot->next].previous = first;
    }
    owner->lot = first;
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        owner->room[t] += room_of(lots, first, t);
}

/* The lot is no backend's any more. */
static void part_with(struct lots *lots, uint16_t first)
{
    struct lot *lot = &lots->at[first];
    if (lot->owner == NONE)
        return;
    struct owner *owner = &lots->owners[lot->owner - 1];
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        owner->room[t] -= room_of(lots, first, t);
    lots->at[lot->previous].next = lot->next;
    lots->at[lot->next].previous = lot->previous;
    if (owner->lot == first)
        owner->lot = lot->next;
    lot->owner = NONE;
    if (--owner->lots == 0)
        drop_owner(lots, owner);
}

static void mark(struct lots *lots, uint16_t first, enum transport transport, uint16_t port, unsigned shard)
{
    struct lot *lot = &lots->at[first];
    lots->used[port / PORT_BLOCK][transport] |= UINT64_C(1) << port % PORT_BLOCK;
    lot->taken++;
    if (lot->owner != NONE)
        lots->owners[lot->owner - 1].room[transport]--;
    block_set_shard(lots->input.blocks, lots->input.address, transport, port, (uint8_t)shard);
}

/* A random port of a lot under `mask`, from a random place on; false when it has none. */
static bool pick(struct lots *lots, uint16_t first, enum transport transport, uint64_t mask,
                 uint16_t *ret_port)
{
    uint16_t width = width_of(lots->at[first].code);
    uint32_t start = port_random_below(&lots->random, width);
    for (uint32_t i = 0; i < width; i++) {
        uint16_t block = (uint16_t)(first + (start + i) % width);
        uint64_t bits = unused(lots, block, transport) & mask &
                        ~block_host(lots->input.blocks, lots->input.address, block, transport);
        if (bits == 0)
            continue;
        *ret_port = (uint16_t)(block * PORT_BLOCK + port_pick(bits, &lots->random));
        return true;
    }
    return false;
}

static bool take_from(struct lots *lots, const struct lots_want *want, struct owner *owner, uint64_t mask,
                      struct lots_port *ret_port)
{
    uint16_t first = owner->lot;
    for (uint16_t i = 0; i < owner->lots; i++, first = lots->at[first].next) {
        if (!pick(lots, first, want->transport, mask, &ret_port->port))
            continue;
        owner->lot = lots->at[first].next;
        ret_port->code = lots->at[first].code;
        ret_port->is_first = false;
        mark(lots, first, want->transport, ret_port->port, want->shard);
        return true;
    }
    return false;
}

int lots_take(struct lots *lots, const struct lots_want *want, struct lots_port *ret_port)
{
    struct in6_addr prefix = addr_mask6(want->backend, lots->input.backend_len);
    struct owner *owner = find_owner(lots, &prefix);
    if (owner == NULL || owner->room[want->transport] == 0)
        return -ENOSPC;
    uint64_t parity = port_parity_mask(want->transport, want->source_port);
    if (take_from(lots, want, owner, parity, ret_port))
        return 0;
    return parity != UINT64_MAX && take_from(lots, want, owner, UINT64_MAX, ret_port) ? 0 : -ENOSPC;
}

/* Makes a lot of free ports; no backend's yet. */
static int make_lot(struct lots *lots, uint16_t first, uint8_t code, uint64_t since_ns)
{
    uint16_t width = width_of(code);
    int r = block_split(lots->input.blocks, lots->input.address, first, width);
    if (r < 0)
        return r;
    for (uint16_t block = first; block < first + width; block++) {
        lots->first[block] = first;
        memset(lots->used[block], 0, sizeof(lots->used[block]));
    }
    struct lot *lot = &lots->at[first];
    lot->owner = NONE;
    lot->code = code;
    lot->from_order = false;
    lot->taken = 0;
    lot->since_ns = since_ns;
    atomic_store_explicit(&lot->told, false, memory_order_relaxed);
    lots->count++;
    return 0;
}

static uint16_t *order_at(struct lots *lots, uint16_t n)
{
    return &lots->order[(lots->order_first + n) % PORT_BLOCKS];
}

/* The last to be taken. */
static void queue_lot(struct lots *lots, uint16_t first)
{
    *order_at(lots, lots->order_count++) = first;
}

/* Takes the n-th out; the first takes its place. */
static uint16_t unqueue_lot(struct lots *lots, uint16_t n)
{
    uint16_t first = *order_at(lots, n);
    *order_at(lots, n) = *order_at(lots, 0);
    lots->order_first = (uint16_t)((lots->order_first + 1) % PORT_BLOCKS);
    lots->order_count--;
    return first;
}

static void end_lot(struct lots *lots, uint16_t first)
{
    part_with(lots, first);
    block_unite(lots->input.blocks, lots->input.address, first, width_of(lots->at[first].code));
    lots->count--;
    if (lots->at[first].from_order)
        queue_lot(lots, first);
}

/* A lot with a port for the one who wants it. Those that cannot be had now go to the end of the ring. */
static int find_lot(struct lots *lots, const struct lots_want *want, uint64_t now_ns, uint16_t *ret_first)
{
    uint8_t code = code_of(lots->input.size);
    uint16_t port;
    for (int i = 0; i < BLOCK_TRIES && lots->order_count > 0; i++) {
        *ret_first = unqueue_lot(lots, 0);
        if (make_lot(lots, *ret_first, code, now_ns) < 0) {
            queue_lot(lots, *ret_first);
            continue;
        }
        lots->at[*ret_first].from_order = true;
        if (pick(lots, *ret_first, want->transport, UINT64_MAX, &port))
            return 0;
        end_lot(lots, *ret_first);
    }
    return -ENOSPC;
}

int lots_take_new(struct lots *lots, const struct lots_want *want, uint64_t now_ns,
                  struct lots_port *ret_port)
{
    int r = lots_take(lots, want, ret_port);
    if (r == 0)
        return 0;
    struct in6_addr prefix = addr_mask6(want->backend, lots->input.backend_len);
    uint16_t first;
    r = find_lot(lots, want, now_ns, &first);
    if (r < 0)
        return r;
    struct owner *owner = find_owner(lots, &prefix);
    join(lots, owner != NULL ? owner : add_owner(lots, &prefix), first);
    r = lots_take(lots, want, ret_port);
    /* The host may have bound or let go of ports meanwhile. */
    ret_port->is_first = lots->at[first].taken > 0;
    if (!ret_port->is_first)
        end_lot(lots, first);
    return r;
}

/* The lot of a port from before a restart, made if it is not there. */
static int restore_lot(struct lots *lots, const struct lots_port *port, uint64_t since_ns,
                       uint16_t *ret_first)
{
    uint16_t block = port->port / PORT_BLOCK;
    if (block_owner(lots->input.blocks, lots->input.address, port->port) == BLOCK_SPLIT) {
        *ret_first = lots->first[block];
        return lots->at[*ret_first].code == port->code ? 0 : -EBUSY;
    }
    *ret_first = (uint16_t)(block / width_of(port->code) * width_of(port->code));
    int r = make_lot(lots, *ret_first, port->code, since_ns);
    if (r < 0)
        return r;
    atomic_store_explicit(&lots->at[*ret_first].told, true, memory_order_relaxed);
    for (uint16_t n = 0; port->code == code_of(lots->input.size) && n < lots->order_count; n++) {
        if (*order_at(lots, n) != *ret_first)
            continue;
        unqueue_lot(lots, n);
        lots->at[*ret_first].from_order = true;
        break;
    }
    return 0;
}

/* The first binding says whose the lot is; with bindings of two backends it is nobody's. */
static void restore_owner(struct lots *lots, const struct lots_want *want, uint16_t first)
{
    struct lot *lot = &lots->at[first];
    struct in6_addr prefix = addr_mask6(want->backend, lots->input.backend_len);
    if (lot->taken == 0) {
        struct owner *owner = find_owner(lots, &prefix);
        join(lots, owner != NULL ? owner : add_owner(lots, &prefix), first);
    } else if (lot->owner != NONE && !addr_equal6(&lots->owners[lot->owner - 1].prefix, &prefix)) {
        part_with(lots, first);
    }
}

int lots_restore(struct lots *lots, const struct lots_want *want, const struct lots_port *port,
                 uint64_t since_ns)
{
    uint16_t first;
    uint64_t bit = UINT64_C(1) << port->port % PORT_BLOCK;
    int r = restore_lot(lots, port, since_ns, &first);
    if (r < 0)
        return r;
    if (lots->used[port->port / PORT_BLOCK][want->transport] & bit)
        return -EBUSY;
    if (want->backend != NULL)
        restore_owner(lots, want, first);
    if (since_ns < lots->at[first].since_ns)
        lots->at[first].since_ns = since_ns;
    mark(lots, first, want->transport, port->port, want->shard);
    return 0;
}

static void describe(const struct lots *lots, uint16_t first, struct lots_block *ret_block)
{
    const struct lot *lot = &lots->at[first];
    uint32_t last = (uint32_t)(first + width_of(lot->code)) * PORT_BLOCK - 1;
    *ret_block = (struct lots_block){
        .address = lots->input.address,
        .first = (uint16_t)(first * PORT_BLOCK),
        .last = (uint16_t)last,
        .told = atomic_load_explicit(&lot->told, memory_order_relaxed),
        .since_ns = lot->since_ns,
    };
    if (lot->owner != NONE)
        ret_block->backend = lots->owners[lot->owner - 1].prefix;
}

bool lots_give(struct lots *lots, enum transport transport, uint16_t port, struct lots_block *ret_block)
{
    uint16_t first = lots->first[port / PORT_BLOCK];
    struct lot *lot = &lots->at[first];
    lots->used[port / PORT_BLOCK][transport] &= ~(UINT64_C(1) << port % PORT_BLOCK);
    block_set_shard(lots->input.blocks, lots->input.address, transport, port, BLOCK_FREE);
    if (lot->owner != NONE)
        lots->owners[lot->owner - 1].room[transport]++;
    if (--lot->taken > 0)
        return false;
    describe(lots, first, ret_block);
    end_lot(lots, first);
    return true;
}

uint8_t lots_code(const struct lots *lots, uint16_t port)
{
    return lots->at[lots->first[port / PORT_BLOCK]].code;
}

bool lots_begin_tell(struct lots *lots, uint16_t port)
{
    struct lot *lot = &lots->at[lots->first[port / PORT_BLOCK]];
    return !atomic_load_explicit(&lot->told, memory_order_relaxed) && !atomic_exchange(&lot->told, true);
}

void lots_describe(const struct lots *lots, uint16_t port, struct lots_block *ret_block)
{
    describe(lots, lots->first[port / PORT_BLOCK], ret_block);
}

uint32_t lots_count(const struct lots *lots)
{
    return lots->count;
}

bool lots_next(const struct lots *lots, uint16_t *block, struct lots_block *ret_block)
{
    for (; *block < PORT_BLOCKS; ++*block) {
        uint16_t port = (uint16_t)(*block * PORT_BLOCK);
        if (block_owner(lots->input.blocks, lots->input.address, port) != BLOCK_SPLIT ||
            lots->first[*block] != *block || lots->at[*block].owner == NONE)
            continue;
        describe(lots, (*block)++, ret_block);
        return true;
    }
    return false;
}
