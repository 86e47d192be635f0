/*
 * Transport protocols that a stateless translator passes besides TCP, UDP and ICMP.
 *
 * Layer: pure
 * Specification: RFC 7915 1.1, 4.5, 5.5; RFC 4340 9.1 (DCCP), RFC 3828 3.1 (UDP-Lite)
 *
 * Of SCTP, GRE, ESP and others the bytes stay as they are: no pseudo-header is under their checksums. DCCP
 * and UDP-Lite have the addresses under theirs, which is updated.
 */
#ifndef GATE64_NAT64D_RFC7915_OTHER_H
#define GATE64_NAT64D_RFC7915_OTHER_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

/* Called before the IP header is swapped. REASON_UNKNOWN_PROTOCOL for what is a header of IPv6 itself or ICMP
 * of the other family, REASON_TRANSPORT_HEADER when the checksum is not there. */
enum reason other_translate46(struct packet *packet, const struct translation6 *to);
enum reason other_translate64(struct packet *packet, const struct translation4 *to);

#endif
