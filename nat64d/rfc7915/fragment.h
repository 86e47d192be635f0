/*
 * Cutting a translated packet to an MTU, and the header of what was put together.
 *
 * Layer: pure
 * Specification: RFC 7915 4.1 and 5.1.1, RFC 8200 4.5, RFC 791 3.2
 *
 * The packet is whole or itself a fragment; its transport checksum is complete (vnet flag clear).
 */
#ifndef GATE64_NAT64D_RFC7915_FRAGMENT_H
#define GATE64_NAT64D_RFC7915_FRAGMENT_H

#include "nat64d/packet/packet.h"

struct fragment_cut {
    const struct packet *packet;
    uint32_t mtu;
    uint32_t id;     /* IPv6: of the fragment header, where the packet has none yet */
    uint32_t offset; /* of the payload that is next */
};

void fragment_cut_init(struct fragment_cut *cut, const struct packet *packet, uint32_t mtu, uint32_t id);

/* Writes the next piece to `out` (room for `mtu`), its length to *ret_len; false when all are out. */
bool fragment_cut_next(struct fragment_cut *cut, uint8_t *out, uint32_t *ret_len);

/* The header of a datagram's first fragment, `header` bytes, becomes that of the whole, with `payload` bytes:
 * of IPv4 without DF, since it was cut before; of IPv6 an atomic fragment, which keeps the identification. */
void fragment_make_whole(uint8_t *ip, uint32_t header, uint32_t payload, uint8_t traffic_class);

#endif
