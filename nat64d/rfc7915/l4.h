/*
 * Ports, identifiers and checksums of TCP, UDP and ICMP echo.
 *
 * Layer: pure
 * Specification: RFC 7915 4.5, 5.5; RFC 6146 3.7; RFC 768 (zero); RFC 9293 3.7.1 (MSS)
 * Fuzz: fuzz_packet
 *
 * Called before the IP header is swapped: the old pseudo-header is still there to be taken out. Full
 * checksums get the incremental update, partial ones (vnet NEEDS_CSUM) the new pseudo-header. An echo's type
 * changes too.
 */
#ifndef GATE64_NAT64D_RFC7915_L4_H
#define GATE64_NAT64D_RFC7915_L4_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

/* REASON_UDP_ZERO_CHECKSUM, REASON_ICMP_TYPE, REASON_TRANSPORT_HEADER or REASON_OK. A zero UDP checksum
 * from IPv4 is computed over the whole datagram (unless the option says drop). */
enum reason l4_translate46(struct packet *packet, const struct translation6 *to,
                           const struct translation_options *options);
enum reason l4_translate64(struct packet *packet, const struct translation4 *to);

/* Lowers the MSS option of a SYN to `mss`; true if it did. Checksum follows. */
bool l4_clamp_mss(struct packet *packet, uint16_t mss);
/* The MSS that fits both links: min(mtu6 - 60, mtu4 - 40). */
uint16_t l4_mss_limit(const struct translation_mtu *mtu);
/* The MSS option of a SYN; 0 if there is none. */
uint16_t l4_mss(const struct packet *packet);

/* Transport of a quoted packet, `len` bytes there at `l4` (at least 8): ports or identifier and, if its
 * bytes are there, the checksum, from (old pseudo-header of `quoted`) to `to`. UDP zero stays zero; other
 * protocols stay as they are. */
void l4_quote46(const struct packet *quoted, const struct translation6 *to, uint8_t *l4, uint32_t len,
                uint32_t claimed);
void l4_quote64(const struct packet *quoted, const struct translation4 *to, uint8_t *l4, uint32_t len,
                uint32_t claimed);

#endif
