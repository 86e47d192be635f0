/*
 * The IPv6 header becomes an IPv4 header, in place.
 *
 * Layer: pure
 * Specification: RFC 7915 5.1, 5.1.1
 */
#ifndef GATE64_NAT64D_RFC7915_HEADER64_H
#define GATE64_NAT64D_RFC7915_HEADER64_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

enum header64_fit {
    HEADER64_FITS,
    HEADER64_CUT,     /* DF 0: cut the result to *ret_mtu (that of IPv4) */
    HEADER64_TOO_BIG, /* refuse; *ret_mtu is the IPv6 MTU to report, at least 1280 */
};

enum header64_fit header64_fit(const struct packet *packet, uint32_t mtu4, uint32_t *ret_mtu);

/* Whether the result carries DF 0, so that its identification must be unique (RFC 6864 4.1). */
bool header64_needs_id(const struct packet *packet);

/* Swaps the header; extension headers go; `id` is the identification of a packet without a fragment
 * header (of the first segment of a super-packet). */
void header64_translate(struct packet *packet, const struct translation4 *to, uint16_t id,
                        const struct translation_options *options);

/* Just the header for a quoted packet (hop limit kept): 20 bytes to `out`. */
uint32_t header64_quote(const struct packet *quoted, const struct translation4 *to,
                        const struct translation_options *options, uint32_t payload, uint8_t *out);

#endif
