/*
 * Layer: table
 * Specification: RFC 6888 4, RFC 6056 3.3
 */
#include "pool/bulk.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONE = 0,        /* references are index + 1, so that fresh memory is empty */
    BLOCK_TRIES = 8, /* blocks looked at for one packet: others may use part of one, or the host all of it */
};

/* A bulk block, at the place of its first 64 ports. */
struct lot {
    uint16_t owner; /* of owners, or NONE: no backend's */
    uint16_t next, previous;
    uint8_t code;
    bool from_order; /* it goes back there when it ends */
    _Atomic bool told;
    uint32_t taken; /* ports in use or held, of all transports */
    uint64_t since_ns;
};

/* A backend. Its lots are a ring. */
struct owner {
    struct in6_addr prefix;
    uint16_t next; /* in its bucket, or in the free list */
    uint16_t lot;  /* where the next search begins */
    uint16_t lots;
    uint32_t room[TRANSPORT_COUNT]; /* ports of its lots that could be given; the host's count */
};

/* What an address has, made with its first block. */
struct part {
    uint64_t used[PORT_BLOCKS][TRANSPORT_COUNT]; /* held ones included */
    uint16_t first[PORT_BLOCKS];                 /* by 64 ports: the lot that they are of */
    struct lot lots[PORT_BLOCKS];
    struct owner owners[PORT_BLOCKS];
    uint16_t owners_fresh, owners_free;
    uint16_t buckets[PORT_BLOCKS];
    uint16_t order[PORT_BLOCKS]; /* a ring of the lots that may be free: the first is next */
    uint16_t order_first, order_count;
    struct port_random random;
};

struct bulk_address {
    pthread_mutex_t mutex;
    struct part *part;
    _Atomic uint32_t lots;
};

struct bulk {
    struct bulk_input input;
    uint32_t addresses;
    struct bulk_address *address;
};

/* Blocks of 64 in one of this code. */
static uint16_t width_of(uint8_t code)
{
    return (uint16_t)(1 << (code - 1));
}

static uint8_t code_of(uint32_t size)
{
    uint8_t code = BULK_NONE;
    for (; size >= PORT_BLOCK; size /= 2)
        code++;
    return code;
}

int bulk_new(const struct bulk_input *input, struct bulk **ret_bulk)
{
    struct bulk *bulk = calloc(1, sizeof(*bulk));
    if (bulk == NULL)
        return -ENOMEM;
    bulk->input = *input;
    bulk->address = calloc((size_t)input->prefixes->addresses + 1, sizeof(*bulk->address));
    if (bulk->address == NULL) {
        free(bulk);
        return -ENOMEM;
    }
    for (; bulk->addresses < input->prefixes->addresses; bulk->addresses++)
        pthread_mutex_init(&bulk->address[bulk->addresses].mutex, NULL);
    *ret_bulk = bulk;
    return 0;
}

void bulk_free(struct bulk *bulk)
{
    if (bulk == NULL)
        return;
    for (uint32_t i = 0; i < bulk->addresses; i++) {
        pthread_mutex_destroy(&bulk->address[i].mutex);
        free(bulk->address[i].part);
    }
    free(bulk->address);
    free(bulk);
}

uint32_t bulk_size(const struct bulk *bulk)
{
    return bulk->input.size;
}

/* Whether all ports of a block are ours and each transport has one that may be given. */
static bool is_whole(const struct bulk *bulk, uint32_t index, uint16_t first, uint16_t width)
{
    const struct prefixes_pool *pool = prefixes_pool_of(bulk->input.prefixes, index);
    bool any[TRANSPORT_COUNT] = {false};
    for (uint16_t block = first; block < first + width; block++) {
        if (pool->ports[block] != UINT64_MAX)
            return false;
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            any[t] |= block_reserved(bulk->input.blocks, index, block, t) != UINT64_MAX;
    }
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        if (!any[t])
            return false;
    return true;
}

/* In random order, as RFC 6056 asks of a port. */
static void fill_order(const struct bulk *bulk, uint32_t index, struct part *part)
{
    uint16_t width = (uint16_t)(bulk->input.size / PORT_BLOCK);
    for (uint16_t first = 0; width > 0 && first < PORT_BLOCKS; first += width)
        if (first * PORT_BLOCK >= PORT_WELL_KNOWN && is_whole(bulk, index, first, width))
            part->order[part->order_count++] = first;
    for (uint16_t i = part->order_count; i > 1; i--) {
        uint32_t other = port_random_below(&part->random, i);
        uint16_t swap = part->order[i - 1];
        part->order[i - 1] = part->order[other];
        part->order[other] = swap;
    }
}

/* Under the mutex. */
static int make_part(struct bulk *bulk, uint32_t index)
{
    struct bulk_address *address = &bulk->address[index];
    if (address->part != NULL)
        return 0;
    address->part = calloc(1, sizeof(*address->part));
    if (address->part == NULL)
        return -ENOMEM;
    address->part->random =
        (struct port_random){.key = {bulk->input.key.k0 ^ index, bulk->input.key.k1}, .counter = 0};
    fill_order(bulk, index, address->part);
    return 0;
}

static uint16_t *bucket_of(const struct bulk *bulk, struct part *part, const struct in6_addr *prefix)
{
    uint64_t words[2];
    memcpy(words, prefix, sizeof(words));
    return &part->buckets[siphash13_words(bulk->input.key, words, 2) % PORT_BLOCKS];
}

static struct owner *find_owner(const struct bulk *bulk, struct part *part, const struct in6_addr *prefix)
{
    uint16_t reference = *bucket_of(bulk, part, prefix);
    while (reference != NONE && !addr_equal6(&part->owners[reference - 1].prefix, prefix))
        reference = part->owners[reference - 1].next;
    return reference == NONE ? NULL : &part->owners[reference - 1];
}

/* There is room: an owner has a lot, and of these there are no more. */
static struct owner *add_owner(const struct bulk *bulk, struct part *part, const struct in6_addr *prefix)
{
    uint16_t *bucket = bucket_of(bulk, part, prefix), reference = part->owners_free;
    if (reference != NONE)
        part->owners_free = part->owners[reference - 1].next;
    else
        reference = ++part->owners_fresh;
    struct owner *owner = &part->owners[reference - 1];
    *owner = (struct owner){.prefix = *prefix, .next = *bucket};
    *bucket = reference;
    return owner;
}

static void drop_owner(const struct bulk *bulk, struct part *part, struct owner *owner)
{
    uint16_t reference = (uint16_t)(owner - part->owners + 1);
    uint16_t *link = bucket_of(bulk, part, &owner->prefix);
    while (*link != reference)
        link = &part->owners[*link - 1].next;
    *link = owner->next;
    owner->next = part->owners_free;
    part->owners_free = reference;
}

/* Neither used nor held nor never to be given: what `room` counts. */
static uint64_t unused(const struct bulk *bulk, uint32_t index, uint16_t block, enum transport transport)
{
    return ~(bulk->address[index].part->used[block][transport] |
             block_reserved(bulk->input.blocks, index, block, transport));
}

static uint32_t room_of(const struct bulk *bulk, uint32_t index, uint16_t first, enum transport transport)
{
    uint16_t width = width_of(bulk->address[index].part->lots[first].code);
    uint32_t room = 0;
    for (uint16_t block = first; block < first + width; block++)
        room += (uint32_t)__builtin_popcountll(unused(bulk, index, block, transport));
    return room;
}

/* Makes a lot the owner's, as the next to be searched. */
static void join(const struct bulk *bulk, uint32_t index, struct owner *owner, uint16_t first)
{
    struct part *part = bulk->address[index].part;
    struct lot *lot = &part->lots[first];
    lot->owner = (uint16_t)(owner - part->owners + 1);
    if (owner->lots++ == 0) {
        lot->next = lot->previous = first;
    } else {
        lot->next = owner->lot;
        lot->previous = part->lots[owner->lot].previous;
        part->lots[lot->previous].next = part->lots[lot->next].previous = first;
    }
    owner->lot = first;
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        owner->room[t] += room_of(bulk, index, first, t);
}

/* The lot is no backend's any more. */
static void part_with(const struct bulk *bulk, uint32_t index, uint16_t first)
{
    struct part *part = bulk->address[index].part;
    struct lot *lot = &part->lots[first];
    if (lot->owner == NONE)
        return;
    struct owner *owner = &part->owners[lot->owner - 1];
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        owner->room[t] -= room_of(bulk, index, first, t);
    part->lots[lot->previous].next = lot->next;
    part->lots[lot->next].previous = lot->previous;
    if (owner->lot == first)
        owner->lot = lot->next;
    lot->owner = NONE;
    if (--owner->lots == 0)
        drop_owner(bulk, part, owner);
}

static void mark(struct bulk *bulk, uint32_t index, uint16_t first, enum transport transport, uint16_t port,
                 unsigned shard)
{
    struct part *part = bulk->address[index].part;
    struct lot *lot = &part->lots[first];
    part->used[port / PORT_BLOCK][transport] |= UINT64_C(1) << port % PORT_BLOCK;
    lot->taken++;
    if (lot->owner != NONE)
        part->owners[lot->owner - 1].room[transport]--;
    block_set_shard(bulk->input.blocks, index, transport, port, (uint8_t)shard);
}

/* A random port of a lot under `mask`, from a random place on; false when it has none. */
static bool pick(struct bulk *bulk, uint32_t index, uint16_t first, enum transport transport, uint64_t mask,
                 uint16_t *ret_port)
{
    struct part *part = bulk->address[index].part;
    uint16_t width = width_of(part->lots[first].code);
    uint32_t start = port_random_below(&part->random, width);
    for (uint32_t i = 0; i < width; i++) {
        uint16_t block = (uint16_t)(first + (start + i) % width);
        uint64_t bits = unused(bulk, index, block, transport) & mask &
                        ~block_host(bulk->input.blocks, index, block, transport);
        if (bits == 0)
            continue;
        *ret_port = (uint16_t)(block * PORT_BLOCK + port_pick(bits, &part->random));
        return true;
    }
    return false;
}

static bool take_from(struct bulk *bulk, const struct bulk_want *want, struct owner *owner, uint64_t mask,
                      struct bulk_port *ret_port)
{
    struct part *part = bulk->address[want->address].part;
    uint16_t first = owner->lot;
    for (uint16_t i = 0; i < owner->lots; i++, first = part->lots[first].next) {
        if (!pick(bulk, want->address, first, want->transport, mask, &ret_port->port))
            continue;
        owner->lot = part->lots[first].next;
        ret_port->code = part->lots[first].code;
        ret_port->is_first = false;
        mark(bulk, want->address, first, want->transport, ret_port->port, want->shard);
        return true;
    }
    return false;
}

/* Under the mutex. */
static int take(struct bulk *bulk, const struct bulk_want *want, struct bulk_port *ret_port)
{
    struct part *part = bulk->address[want->address].part;
    if (part == NULL)
        return -ENOSPC;
    struct in6_addr prefix = addr_mask6(want->backend, bulk->input.backend_len);
    struct owner *owner = find_owner(bulk, part, &prefix);
    if (owner == NULL || owner->room[want->transport] == 0)
        return -ENOSPC;
    uint64_t parity = port_parity_mask(want->transport, want->source_port);
    if (take_from(bulk, want, owner, parity, ret_port))
        return 0;
    return parity != UINT64_MAX && take_from(bulk, want, owner, UINT64_MAX, ret_port) ? 0 : -ENOSPC;
}

/* Makes a lot of free ports; no backend's yet. Under the mutex. */
static int make_lot(struct bulk *bulk, uint32_t index, uint16_t first, uint8_t code, uint64_t since_ns)
{
    struct part *part = bulk->address[index].part;
    uint16_t width = width_of(code);
    int r = block_split(bulk->input.blocks, index, first, width);
    if (r < 0)
        return r;
    for (uint16_t block = first; block < first + width; block++) {
        part->first[block] = first;
        memset(part->used[block], 0, sizeof(part->used[block]));
    }
    struct lot *lot = &part->lots[first];
    lot->owner = NONE;
    lot->code = code;
    lot->from_order = false;
    lot->taken = 0;
    lot->since_ns = since_ns;
    atomic_store_explicit(&lot->told, false, memory_order_relaxed);
    atomic_fetch_add_explicit(&bulk->address[index].lots, 1, memory_order_relaxed);
    return 0;
}

static uint16_t *order_at(struct part *part, uint16_t n)
{
    return &part->order[(part->order_first + n) % PORT_BLOCKS];
}

/* The last to be taken. */
static void queue_lot(struct part *part, uint16_t first)
{
    *order_at(part, part->order_count++) = first;
}

/* Takes the n-th out; the first takes its place. */
static uint16_t unqueue_lot(struct part *part, uint16_t n)
{
    uint16_t first = *order_at(part, n);
    *order_at(part, n) = *order_at(part, 0);
    part->order_first = (uint16_t)((part->order_first + 1) % PORT_BLOCKS);
    part->order_count--;
    return first;
}

static void end_lot(struct bulk *bulk, uint32_t index, uint16_t first)
{
    struct part *part = bulk->address[index].part;
    part_with(bulk, index, first);
    block_unite(bulk->input.blocks, index, first, width_of(part->lots[first].code));
    atomic_fetch_sub_explicit(&bulk->address[index].lots, 1, memory_order_relaxed);
    if (part->lots[first].from_order)
        queue_lot(part, first);
}

/* A lot with a port for the one who wants it. Those that cannot be had now go to the end of the ring. */
static int find_lot(struct bulk *bulk, const struct bulk_want *want, uint64_t now_ns, uint16_t *ret_first)
{
    struct part *part = bulk->address[want->address].part;
    uint8_t code = code_of(bulk->input.size);
    uint16_t port;
    for (int i = 0; i < BLOCK_TRIES && part->order_count > 0; i++) {
        *ret_first = unqueue_lot(part, 0);
        if (make_lot(bulk, want->address, *ret_first, code, now_ns) < 0) {
            queue_lot(part, *ret_first);
            continue;
        }
        part->lots[*ret_first].from_order = true;
        if (pick(bulk, want->address, *ret_first, want->transport, UINT64_MAX, &port))
            return 0;
        end_lot(bulk, want->address, *ret_first);
    }
    return -ENOSPC;
}

static int take_block(struct bulk *bulk, const struct bulk_want *want, uint64_t now_ns,
                      struct bulk_port *ret_port)
{
    int r = make_part(bulk, want->address);
    if (r < 0 || (r = take(bulk, want, ret_port)) == 0)
        return r;
    struct part *part = bulk->address[want->address].part;
    struct in6_addr prefix = addr_mask6(want->backend, bulk->input.backend_len);
    uint16_t first;
    r = find_lot(bulk, want, now_ns, &first);
    if (r < 0)
        return r;
    struct owner *owner = find_owner(bulk, part, &prefix);
    join(bulk, want->address, owner != NULL ? owner : add_owner(bulk, part, &prefix), first);
    r = take(bulk, want, ret_port);
    /* The host may have bound or let go of ports meanwhile. */
    ret_port->is_first = part->lots[first].taken > 0;
    if (!ret_port->is_first)
        end_lot(bulk, want->address, first);
    return r;
}

int bulk_take(struct bulk *bulk, const struct bulk_want *want, struct bulk_port *ret_port)
{
    struct bulk_address *address = &bulk->address[want->address];
    pthread_mutex_lock(&address->mutex);
    int r = take(bulk, want, ret_port);
    pthread_mutex_unlock(&address->mutex);
    return r;
}

int bulk_take_block(struct bulk *bulk, const struct bulk_want *want, uint64_t now_ns,
                    struct bulk_port *ret_port)
{
    struct bulk_address *address = &bulk->address[want->address];
    pthread_mutex_lock(&address->mutex);
    int r = take_block(bulk, want, now_ns, ret_port);
    pthread_mutex_unlock(&address->mutex);
    return r;
}

/* The lot of a port from before a restart, made if it is not there. Under the mutex. */
static int restore_lot(struct bulk *bulk, const struct bulk_want *want, const struct bulk_port *port,
                       uint64_t since_ns, uint16_t *ret_first)
{
    int r = make_part(bulk, want->address);
    if (r < 0)
        return r;
    struct part *part = bulk->address[want->address].part;
    uint16_t block = port->port / PORT_BLOCK;
    if (block_owner(bulk->input.blocks, want->address, port->port) == BLOCK_SPLIT) {
        *ret_first = part->first[block];
        return part->lots[*ret_first].code == port->code ? 0 : -EBUSY;
    }
    *ret_first = (uint16_t)(block / width_of(port->code) * width_of(port->code));
    r = make_lot(bulk, want->address, *ret_first, port->code, since_ns);
    if (r < 0)
        return r;
    atomic_store_explicit(&part->lots[*ret_first].told, true, memory_order_relaxed);
    for (uint16_t n = 0; port->code == code_of(bulk->input.size) && n < part->order_count; n++) {
        if (*order_at(part, n) != *ret_first)
            continue;
        unqueue_lot(part, n);
        part->lots[*ret_first].from_order = true;
        break;
    }
    return 0;
}

/* The first binding says whose the lot is; with bindings of two backends it is nobody's. */
static void restore_owner(struct bulk *bulk, const struct bulk_want *want, uint16_t first)
{
    struct part *part = bulk->address[want->address].part;
    struct lot *lot = &part->lots[first];
    struct in6_addr prefix = addr_mask6(want->backend, bulk->input.backend_len);
    if (lot->taken == 0) {
        struct owner *owner = find_owner(bulk, part, &prefix);
        join(bulk, want->address, owner != NULL ? owner : add_owner(bulk, part, &prefix), first);
    } else if (lot->owner != NONE && !addr_equal6(&part->owners[lot->owner - 1].prefix, &prefix)) {
        part_with(bulk, want->address, first);
    }
}

static int restore(struct bulk *bulk, const struct bulk_want *want, const struct bulk_port *port,
                   uint64_t since_ns)
{
    uint16_t first;
    uint64_t bit = UINT64_C(1) << port->port % PORT_BLOCK;
    int r = restore_lot(bulk, want, port, since_ns, &first);
    if (r < 0)
        return r;
    struct part *part = bulk->address[want->address].part;
    if (part->used[port->port / PORT_BLOCK][want->transport] & bit)
        return -EBUSY;
    if (want->backend != NULL)
        restore_owner(bulk, want, first);
    if (since_ns < part->lots[first].since_ns)
        part->lots[first].since_ns = since_ns;
    mark(bulk, want->address, first, want->transport, port->port, want->shard);
    return 0;
}

int bulk_restore(struct bulk *bulk, const struct bulk_want *want, const struct bulk_port *port,
                 uint64_t since_ns)
{
    if (want->address >= bulk->addresses || port->code == BULK_NONE || port->code > BULK_CODE_MAX ||
        block_reserved(bulk->input.blocks, want->address, port->port / PORT_BLOCK, want->transport) >>
                port->port % PORT_BLOCK &
            1)
        return -EINVAL;
    pthread_mutex_lock(&bulk->address[want->address].mutex);
    int r = restore(bulk, want, port, since_ns);
    pthread_mutex_unlock(&bulk->address[want->address].mutex);
    return r;
}

static void describe(const struct bulk *bulk, uint32_t index, uint16_t first, struct bulk_block *ret_block)
{
    const struct part *part = bulk->address[index].part;
    const struct lot *lot = &part->lots[first];
    uint32_t last = (uint32_t)(first + width_of(lot->code)) * PORT_BLOCK - 1;
    *ret_block = (struct bulk_block){
        .address = index,
        .first = (uint16_t)(first * PORT_BLOCK),
        .last = (uint16_t)last,
        .told = atomic_load_explicit(&lot->told, memory_order_relaxed),
        .since_ns = lot->since_ns,
    };
    if (lot->owner != NONE)
        ret_block->backend = part->owners[lot->owner - 1].prefix;
}

bool bulk_give(struct bulk *bulk, uint32_t index, enum transport transport, uint16_t port,
               struct bulk_block *ret_block)
{
    struct bulk_address *address = &bulk->address[index];
    pthread_mutex_lock(&address->mutex);
    struct part *part = address->part;
    uint16_t first = part->first[port / PORT_BLOCK];
    struct lot *lot = &part->lots[first];
    part->used[port / PORT_BLOCK][transport] &= ~(UINT64_C(1) << port % PORT_BLOCK);
    block_set_shard(bulk->input.blocks, index, transport, port, BLOCK_FREE);
    if (lot->owner != NONE)
        part->owners[lot->owner - 1].room[transport]++;
    bool last = --lot->taken == 0;
    if (last) {
        describe(bulk, index, first, ret_block);
        end_lot(bulk, index, first);
    }
    pthread_mutex_unlock(&address->mutex);
    return last;
}

uint8_t bulk_code(const struct bulk *bulk, uint32_t index, uint16_t port)
{
    const struct part *part = bulk->address[index].part;
    return part->lots[part->first[port / PORT_BLOCK]].code;
}

bool bulk_tell(struct bulk *bulk, uint32_t index, uint16_t port, struct bulk_block *ret_block)
{
    struct bulk_address *address = &bulk->address[index];
    uint16_t first = address->part->first[port / PORT_BLOCK];
    struct lot *lot = &address->part->lots[first];
    if (atomic_load_explicit(&lot->told, memory_order_relaxed) || atomic_exchange(&lot->told, true))
        return false;
    pthread_mutex_lock(&address->mutex);
    describe(bulk, index, first, ret_block);
    pthread_mutex_unlock(&address->mutex);
    return true;
}

uint32_t bulk_count(struct bulk *bulk, uint32_t index)
{
    return atomic_load_explicit(&bulk->address[index].lots, memory_order_relaxed);
}

bool bulk_next(const struct bulk *bulk, uint64_t *cursor, struct bulk_block *ret_block)
{
    for (; *cursor < (uint64_t)bulk->addresses * PORT_BLOCKS; ++*cursor) {
        uint32_t index = (uint32_t)(*cursor / PORT_BLOCKS);
        uint16_t block = *cursor % PORT_BLOCKS;
        const struct part *part = bulk->address[index].part;
        if (part == NULL) {
            *cursor += PORT_BLOCKS - 1u - block;
            continue;
        }
        if (block_owner(bulk->input.blocks, index, (uint16_t)(block * PORT_BLOCK)) != BLOCK_SPLIT ||
            part->first[block] != block || part->lots[block].owner == NONE)
            continue;
        describe(bulk, index, block, ret_block);
        ++*cursor;
        return true;
    }
    return false;
}
