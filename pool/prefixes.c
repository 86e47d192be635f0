/*
 * Layer: table
 * Specification: RFC 6146 3.1, RFC 6888 REQ-3
 */
#include "pool/prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t prefixes_size(const struct prefixes_pool *pool)
{
    return pool->address.len == 0 ? UINT32_MAX : (uint32_t)1 << (32 - pool->address.len);
}

static void set_ports(struct prefixes_pool *pool, const struct prefixes_input *input)
{
    for (uint32_t i = 0; i < input->ports_count; i++)
        for (uint32_t port = input->ports[i].first; port <= input->ports[i].last; port++)
            pool->ports[port / PORT_BLOCK] |= UINT64_C(1) << port % PORT_BLOCK;
    for (unsigned i = 0; i < PORT_BLOCKS; i++)
        pool->ports_count += (uint32_t)__builtin_popcountll(pool->ports[i]);
}

int prefixes_init(struct prefixes *prefixes, const struct prefixes_input *input, uint32_t count)
{
    struct prefixes made = {.pools_count = count};
    made.pools = calloc((size_t)count + 1, sizeof(*made.pools));
    if (made.pools == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct prefixes_pool *pool = &made.pools[i];
        pool->address = input[i].address;
        pool->first_index = made.addresses;
        pool->shared = input[i].shared;
        pool->drain = input[i].drain;
        pool->for6 = input[i].for6;
        pool->for6_count = input[i].for6_count;
        strncpy(pool->name, input[i].name, sizeof(pool->name) - 1);
        set_ports(pool, &input[i]);
        if (prefixes_size(pool) > PREFIXES_MAX_ADDRESSES - made.addresses) {
            free(made.pools);
            return -E2BIG;
        }
        made.addresses += prefixes_size(pool);
    }
    *prefixes = made;
    return 0;
}

void prefixes_done(struct prefixes *prefixes)
{
    free(prefixes->pools);
    *prefixes = (struct prefixes){0};
}

uint32_t prefixes_find(const struct prefixes *prefixes, uint32_t address)
{
    for (uint32_t i = 0; i < prefixes->pools_count; i++) {
        const struct prefixes_pool *pool = &prefixes->pools[i];
        if (addr_in_prefix4(address, &pool->address))
            return pool->first_index + (address - pool->address.address);
    }
    return PREFIXES_NONE;
}

uint32_t prefixes_pool_index(const struct prefixes *prefixes, uint32_t index)
{
    uint32_t i = 0;
    while (i + 1 < prefixes->pools_count && prefixes->pools[i + 1].first_index <= index)
        i++;
    return i;
}

const struct prefixes_pool *prefixes_pool_of(const struct prefixes *prefixes, uint32_t index)
{
    return &prefixes->pools[prefixes_pool_index(prefixes, index)];
}

uint32_t prefixes_address(const struct prefixes *prefixes, uint32_t index)
{
    const struct prefixes_pool *pool = prefixes_pool_of(prefixes, index);
    return pool->address.address + (index - pool->first_index);
}

bool prefixes_port_is_ours(const struct prefixes *prefixes, uint32_t index, uint16_t port)
{
    const struct prefixes_pool *pool = prefixes_pool_of(prefixes, index);
    return pool->ports[port / PORT_BLOCK] >> port % PORT_BLOCK & 1;
}

bool prefixes_holds(const struct prefixes *prefixes, uint32_t address, uint16_t port)
{
    uint32_t index = prefixes_find(prefixes, address);
    if (index == PREFIXES_NONE)
        return false;
    return !prefixes_pool_of(prefixes, index)->shared || prefixes_port_is_ours(prefixes, index, port);
}
