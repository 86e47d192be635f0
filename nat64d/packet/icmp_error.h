/*
 * An ICMP error of our own about a packet.
 *
 * Layer: pure
 * Specification: RFC 4443 2.4 and 3, RFC 1812 4.3.2, RFC 792
 */
#ifndef GATE64_NAT64D_PACKET_ICMP_ERROR_H
#define GATE64_NAT64D_PACKET_ICMP_ERROR_H

#include <netinet/in.h>

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"

enum {
    ICMP_ERROR_MAX6 = 1280, /* RFC 4443 2.4 (c) */
    ICMP_ERROR_MAX4 = 576,  /* RFC 1812 4.3.2.3 */
};

/* Whether RFC 4443 2.4 (e) and RFC 1812 4.3.2.7 let us answer this packet at all: not an ICMP error or
 * redirect, neighbour discovery or MLD, not to or from multicast, broadcast or nobody, not a later
 * fragment. (Packet Too Big to multicast is not made either.) */
bool icmp_error_may_answer(const struct packet *packet);

/* Builds the answer to an IPv6 packet; `mtu` for Packet Too Big. Quotes what fits; copies the traffic
 * class; hop limit 64. `out` has room for ICMP_ERROR_MAX6. Returns the length. */
uint32_t icmp_error_build6(const struct packet *about, enum reason_answer answer,
                           const struct in6_addr *source, uint32_t mtu, uint8_t *out);

/* The same to an IPv4 packet, from `source`. */
uint32_t icmp_error_build4(const struct packet *about, enum reason_answer answer, uint32_t source,
                           uint32_t mtu, uint8_t *out);

/* ICMPv4 type 3 code 3 about a stored SYN (RFC 6146 3.5.2.2, TCP_INCOMING_SYN). */
uint32_t icmp_error_build_port4(const struct packet *about, uint32_t source, uint8_t *out);

#endif
