/*
 * Layer: table
 * Specification: RFC 6888 4
 */
#include "pool/bulk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct bulk_address {
    pthread_mutex_t mutex;
    struct lots *lots; /* made with its first block */
};

struct bulk {
    struct bulk_input input;
    uint32_t addresses;
    struct bulk_address *address;
};

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
        lots_free(bulk->address[i].lots);
    }
    free(bulk->address);
    free(bulk);
}

uint32_t bulk_size(const struct bulk *bulk)
{
    return bulk->input.size;
}

/* Under the mutex. */
static int make_lots(struct bulk *bulk, uint32_t index)
{
    const struct lots_input input = {
        .blocks = bulk->input.blocks,
        .prefixes = bulk->input.prefixes,
        .address = index,
        .size = bulk->input.size,
        .backend_len = bulk->input.backend_len,
        .key = bulk->input.key,
    };
    return bulk->address[index].lots != NULL ? 0 : lots_new(&input, &bulk->address[index].lots);
}

int bulk_take(struct bulk *bulk, const struct lots_want *want, struct lots_port *ret_port)
{
    struct bulk_address *address = &bulk->address[want->address];
    pthread_mutex_lock(&address->mutex);
    int r = address->lots == NULL ? -ENOSPC : lots_take(address->lots, want, ret_port);
    pthread_mutex_unlock(&address->mutex);
    return r;
}

int bulk_take_block(struct bulk *bulk, const struct lots_want *want, uint64_t now_ns,
                    struct lots_port *ret_port)
{
    struct bulk_address *address = &bulk->address[want->address];
    pthread_mutex_lock(&address->mutex);
    int r = make_lots(bulk, want->address);
    if (r == 0)
        r = lots_take_new(address->lots, want, now_ns, ret_port);
    pthread_mutex_unlock(&address->mutex);
    return r;
}

int bulk_restore(struct bulk *bulk, const struct lots_want *want, const struct lots_port *port,
                 uint64_t since_ns)
{
    uint64_t bit = UINT64_C(1) << port->port % PORT_BLOCK;
    if (want->address >= bulk->addresses || port->code == LOTS_NONE || port->code > LOTS_CODE_MAX ||
        block_reserved(bulk->input.blocks, want->address, port->port / PORT_BLOCK, want->transport) & bit)
        return -EINVAL;
    struct bulk_address *address = &bulk->address[want->address];
    pthread_mutex_lock(&address->mutex);
    int r = make_lots(bulk, want->address);
    if (r == 0)
        r = lots_restore(address->lots, want, port, since_ns);
    pthread_mutex_unlock(&address->mutex);
    return r;
}

bool bulk_give(struct bulk *bulk, uint32_t index, enum transport transport, uint16_t port,
               struct lots_block *ret_block)
{
    struct bulk_address *address = &bulk->address[index];
    pthread_mutex_lock(&address->mutex);
    bool last = lots_give(address->lots, transport, port, ret_block);
    pthread_mutex_unlock(&address->mutex);
    return last;
}

uint8_t bulk_code(const struct bulk *bulk, uint32_t index, uint16_t port)
{
    return lots_code(bulk->address[index].lots, port);
}

bool bulk_tell(struct bulk *bulk, uint32_t index, uint16_t port, struct lots_block *ret_block)
{
    struct bulk_address *address = &bulk->address[index];
    if (!lots_begin_tell(address->lots, port))
        return false;
    pthread_mutex_lock(&address->mutex);
    lots_describe(address->lots, port, ret_block);
    pthread_mutex_unlock(&address->mutex);
    return true;
}

uint32_t bulk_count(struct bulk *bulk, uint32_t index)
{
    struct bulk_address *address = &bulk->address[index];
    pthread_mutex_lock(&address->mutex);
    uint32_t count = address->lots == NULL ? 0 : lots_count(address->lots);
    pthread_mutex_unlock(&address->mutex);
    return count;
}

bool bulk_next(const struct bulk *bulk, uint64_t *cursor, struct lots_block *ret_block)
{
    for (uint32_t i; (i = (uint32_t)(*cursor / PORT_BLOCKS)) < bulk->addresses;) {
        uint16_t block = *cursor % PORT_BLOCKS;
        bool found = bulk->address[i].lots != NULL && lots_next(bulk->address[i].lots, &block, ret_block);
        *cursor = found ? (uint64_t)i * PORT_BLOCKS + block : ((uint64_t)i + 1) * PORT_BLOCKS;
        if (found)
            return true;
    }
    return false;
}
