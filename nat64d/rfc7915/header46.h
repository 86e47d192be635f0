/*
 * The IPv4 header becomes an IPv6 header, in place.
 *
 * Layer: pure
 * Specification: RFC 7915 4.1
 */
#ifndef GATE64_NAT64D_RFC7915_HEADER46_H
#define GATE64_NAT64D_RFC7915_HEADER46_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

enum header46_fit {
    HEADER46_FITS,
    HEADER46_CUT,     /* DF 0: cut the result to *ret_mtu */
    HEADER46_TOO_BIG, /* DF 1: refuse; *ret_mtu is the IPv4 MTU to report */
};

/* What RFC 7915 4.1 says of the size of one segment, before translation. */
enum header46_fit header46_fit(const struct packet *packet, const struct translation_options *options,
                               uint32_t mtu6, uint32_t *ret_mtu);

/* Swaps the header: data and len move, parse's fields follow, hop limit is one less unless the packet
 * hairpins, a fragment gets a fragment header, the vnet description is retargeted. The transport has been
 * translated before (l4_translate46). The hop limit was checked by the caller. */
void header46_translate(struct packet *packet, const struct translation6 *to,
                        const struct translation_options *options);

/* Writes just the header for a quoted packet (hop limit kept): 40 bytes, 48 for a fragment, to `out`;
 * returns the length. `payload` is the transport length that the quoted header claims. */
uint32_t header46_quote(const struct packet *quoted, const struct translation6 *to,
                        const struct translation_options *options, uint32_t payload, uint8_t *out);

#endif
