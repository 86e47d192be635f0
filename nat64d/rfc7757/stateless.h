/*
 * The stateless translation of hosts that have an explicit address mapping, and no session.
 *
 * Layer: path
 * Specification: RFC 7757 3.3 and 4 (hairpinning), RFC 7915
 *
 * A packet is ours by its own side: the source of an IPv6 packet or the destination of an IPv4 packet has a
 * mapping; of an ICMP error the other end of the packet that it quotes. The peer's address follows its
 * mapping if it has one, else the prefix (RFC 6052). All other packets are the stateful translator's.
 *
 * Hairpinning: a packet from a mapped host to the image of another comes out as IPv4 and goes in again at
 * once (intrinsic), with its source shown under the prefix, so that the answer comes the same way; or it goes
 * out and comes back by the routes of the host (simple), where sources are always shown so.
 */
#ifndef GATE64_NAT64D_RFC7757_STATELESS_H
#define GATE64_NAT64D_RFC7757_STATELESS_H

#include "nat64d/rfc6146/steps.h"

/* If the packet is ours, *ret_ours is true and it is translated in place; packet->hairpin says that it goes
 * in again on the IPv4 side. *ret_mtu as in rfc6146/outgoing. */
enum reason stateless_to_ipv4(struct steps *steps, struct packet *packet, uint64_t now_ns, uint32_t *ret_mtu,
                              bool *ret_ours);
enum reason stateless_to_ipv6(struct steps *steps, struct packet *packet, uint64_t now_ns, uint32_t *ret_mtu,
                              bool *ret_ours);

#endif
