/*
 * Layer: pure
 * Specification: RFC 7915 4.2 and 5.2, RFC 1191 7.1
 */
#include "nat64d/rfc7915/mtu.h"

#include <stddef.h>

#include "nat64d/packet/packet.h"

enum {
    GROWTH = PACKET_IPV6_HEADER - PACKET_IPV4_HEADER,
    FIELD_MAX = 65535, /* the next-hop MTU has 16 bits */
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* RFC 1191 7.1: the greatest common MTU below the length of what was too big. With none left the backend is
 * told the least that IPv6 has, whose packets may be cut: a little more would come back for ever. */
static uint32_t plateau(uint32_t total)
{
    static const uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002, 1492};
    for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
        if (plateaus[i] < total)
            return plateaus[i];
    return PACKET_MIN_IPV6_MTU - GROWTH;
}

uint32_t mtu_46(uint32_t next_hop_mtu, uint32_t quoted_total, const struct translation_mtu *mtu)
{
    uint32_t path = next_hop_mtu != 0 ? next_hop_mtu : plateau(quoted_total);
    uint32_t result = least(path + GROWTH, least(mtu->mtu6, mtu->mtu4 + GROWTH));
    return result < PACKET_MIN_IPV6_MTU ? PACKET_MIN_IPV6_MTU : result;
}

uint32_t mtu_64(uint32_t mtu, bool fragmented, const struct translation_mtu *links)
{
    uint32_t shrink = GROWTH + (fragmented ? PACKET_FRAGMENT_HEADER : 0);
    uint32_t path = mtu > shrink ? mtu - shrink : 0;
    uint32_t result = least(path, least(links->mtu4, links->mtu6 - GROWTH));
    if (result < PACKET_IPV4_MIN_MTU)
        return PACKET_IPV4_MIN_MTU;
    return least(result, FIELD_MAX);
}
