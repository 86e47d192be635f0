/*
 * Layer: edge
 * Specification: RFC 6146 3.1, RFC 7757 3.2
 */
#include "nat64d/edge/fixed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

static struct siphash_key random_key(void)
{
    struct siphash_key key;
    clock_random(&key, sizeof(key));
    return key;
}

/* The bindings of one entry of the file: "any" is one for each protocol. */
static uint32_t read_static(const struct settings_static *from, struct binding *bindings)
{
    uint32_t count = 0;
    for (int i = 0; i < SETTINGS_PROTOCOLS; i++) {
        if (from->protocol != SETTINGS_ANY && (int)from->protocol != i)
            continue;
        struct binding *binding = &bindings[count++];
        *binding = (struct binding){
            .transport = (enum transport)i,
            .src6 = from->ipv6.addr.v6,
            .src6_port = from->ipv6.ports.first,
            .src4 = from->ipv4.addr.v4,
            .src4_port = from->ipv4.ports.first,
            .more = (uint16_t)(from->ipv4.ports.last - from->ipv4.ports.first),
            .from = from->from,
            .from_count = from->from_count,
        };
        memcpy(binding->name, from->name, sizeof(binding->name));
    }
    return count;
}

int fixed_bindings(struct tables *tables)
{
    const struct settings *settings = tables->settings;
    struct binding *input = calloc(settings->statics_count * SETTINGS_PROTOCOLS + 1, sizeof(*input));
    uint32_t count = 0;
    if (input == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->statics_count; i++)
        count += read_static(&settings->statics[i], input + count);
    int r = binding_new(input, count, random_key(), &tables->bindings);
    free(input);
    return r;
}

int fixed_reserve(struct tables *tables)
{
    for (uint32_t i = 0; i < binding_count(tables->bindings); i++) {
        const struct binding *binding = binding_at(tables->bindings, i);
        int r = block_reserve(tables->blocks, prefixes_find(&tables->prefixes, binding->src4),
                              binding->transport, binding->src4_port, binding->more);
        if (r < 0)
            return r;
    }
    /* Of a whole address nothing is left to give. */
    for (size_t i = 0; i < tables->settings->statics_count; i++) {
        const struct settings_static *from = &tables->settings->statics[i];
        if (from->protocol == SETTINGS_ANY && settings_span_is_whole(&from->ipv4))
            block_withdraw(tables->blocks, prefixes_find(&tables->prefixes, from->ipv4.addr.v4));
    }
    return 0;
}

/* What is mapped is taken out of the pools. */
int fixed_mappings(struct tables *tables)
{
    const struct settings *settings = tables->settings;
    struct in6_addr image;
    if (settings->eam_count == 0)
        return 0;
    struct eam_entry *entries = calloc(settings->eam_count, sizeof(*entries));
    if (entries == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->eam_count; i++)
        entries[i] = (struct eam_entry){settings->eam[i].ipv4, settings->eam[i].ipv6};
    int r = eam_new(entries, (uint32_t)settings->eam_count, random_key(), &tables->eam);
    free(entries);
    for (uint32_t i = 0; r == 0 && i < tables->prefixes.addresses; i++)
        if (eam_find4(tables->eam, prefixes_address(&tables->prefixes, i), &image))
            block_withdraw(tables->blocks, i);
    return r;
}
