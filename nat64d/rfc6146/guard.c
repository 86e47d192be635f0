/*
 * Layer: pure
 * Specification: RFC 6146 3.5, RFC 6052 3.1
 */
#include "nat64d/rfc6146/guard.h"

#include "common/pref64.h"
#include "common/special.h"

bool guard_find_pref64(const struct guard *guard, const struct in6_addr *address, unsigned *ret_pref64,
                       uint32_t *ret_address4)
{
    for (unsigned i = 0; i < guard->pref64_count; i++)
        if (pref64_extract(&guard->pref64[i].prefix, address, ret_address4)) {
            *ret_pref64 = i;
            return true;
        }
    return false;
}

static bool in_backends(const struct guard *guard, const struct network *network,
                        const struct in6_addr *source)
{
    for (size_t i = 0; i < guard->backends_count; i++)
        if (addr_in_prefix6(source, &guard->backends[i]))
            return true;
    for (size_t i = 0; i < network->backends_count; i++)
        if (addr_in_prefix6(source, &network->backends[i]))
            return true;
    for (size_t i = 0; i < network->own6_count; i++)
        if (addr_equal6(source, &network->own6[i]))
            return true;
    return false;
}

enum reason guard_source6(const struct guard *guard, const struct network *network,
                          const struct in6_addr *source)
{
    if (special_martian6(source))
        return REASON_SOURCE_MARTIAN;
    /* RFC 6146 5.4: a source inside the prefix could loop. The u byte and suffix do not matter here. */
    for (size_t i = 0; i < guard->pref64_count; i++)
        if (addr_in_prefix6(source, &guard->pref64[i].prefix))
            return REASON_SOURCE_IN_PREF64;
    return in_backends(guard, network, source) ? REASON_OK : REASON_SOURCE_NOT_BACKEND;
}

bool guard_may_hold(const struct guard *guard, unsigned pref64, uint32_t source)
{
    const struct guard_pref64 *entry = &guard->pref64[pref64];
    return special_allowed4(source, entry->allow4, entry->allow4_count);
}

/* The gateway's own addresses open only when named exactly (a /32 in allow-ipv4). */
static bool named_exactly(const struct guard_pref64 *pref64, uint32_t address)
{
    for (size_t i = 0; i < pref64->allow4_count; i++)
        if (pref64->allow4[i].len == 32 && pref64->allow4[i].address == address)
            return true;
    return false;
}

enum reason guard_destination4(const struct guard *guard, const struct network *network, unsigned pref64,
                               uint32_t destination)
{
    if (!guard_may_hold(guard, pref64, destination))
        return REASON_DESTINATION_DENIED;
    for (size_t i = 0; i < guard->deny4_count; i++)
        if (addr_in_prefix4(destination, &guard->deny4[i]))
            return REASON_DESTINATION_DENIED;
    if (network_is_own4(network, destination) && !named_exactly(&guard->pref64[pref64], destination))
        return REASON_DESTINATION_OWN;
    return REASON_OK;
}

bool guard_image_pref64(const struct guard *guard, uint32_t source, unsigned *ret_pref64)
{
    for (unsigned i = 0; i < guard->pref64_count; i++)
        if (guard_may_hold(guard, i, source)) {
            *ret_pref64 = i;
            return true;
        }
    return false;
}
