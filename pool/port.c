/*
 * Layer: pure
 * Specification: RFC 6056 3.3, RFC 4787 4.2.2, RFC 6146 3.5.1.1
 */
#include "pool/port.h"

uint64_t port_random_next(struct port_random *random)
{
    uint64_t word = random->counter++;
    return siphash13_words(random->key, &word, 1);
}

uint32_t port_random_below(struct port_random *random, uint32_t bound)
{
    /* The high half of a 32 by 32 bit product: as even as 32 random bits allow. */
    return (uint32_t)((port_random_next(random) >> 32) * bound >> 32);
}

uint64_t port_parity_mask(enum transport transport, uint16_t source_port)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    if (transport != TRANSPORT_UDP)
        return UINT64_MAX;
    return source_port % 2 == 0 ? even : ~even;
}

bool port_wants_well_known(enum transport transport, uint16_t source_port)
{
    return transport != TRANSPORT_ICMP && source_port < PORT_WELL_KNOWN;
}

unsigned port_pick(uint64_t mask, struct port_random *random)
{
    uint32_t skip = port_random_below(random, (uint32_t)__builtin_popcountll(mask));
    while (skip-- > 0)
        mask &= mask - 1;
    return (unsigned)__builtin_ctzll(mask);
}
