/*
 * Path MTU arithmetic of Packet Too Big and Fragmentation Needed.
 *
 * Layer: pure
 * Specification: RFC 7915 4.2 and 5.2, RFC 1191 7.1 (plateau table)
 */
#ifndef GATE64_NAT64D_RFC7915_MTU_H
#define GATE64_NAT64D_RFC7915_MTU_H

#include <stdbool.h>
#include <stdint.h>

#include "nat64d/rfc7915/translation.h"

/* MTU for an ICMPv6 Packet Too Big from an ICMPv4 next-hop MTU (0: an old router; then from the total
 * length of the quoted packet by the plateau table). Never below 1280. */
uint32_t mtu_46(uint32_t next_hop_mtu, uint32_t quoted_total, const struct translation_mtu *mtu);

/* MTU for an ICMPv4 Fragmentation Needed from an ICMPv6 MTU; `fragmented`: the quoted packet has a
 * fragment header. Capped at 65535, never below 68. */
uint32_t mtu_64(uint32_t mtu, bool fragmented, const struct translation_mtu *links);

#endif
