/*
 * Steps 3 to 5 for packets that are not ICMP errors: outgoing tuple, translation, hairpin.
 *
 * Layer: path
 * Specification: RFC 6146 3.6, 3.7, 3.8; RFC 7915 4 and 5
 */
#ifndef GATE64_NAT64D_RFC6146_OUTGOING_H
#define GATE64_NAT64D_RFC6146_OUTGOING_H

#include "nat64d/rfc6146/flow.h"

/* Both translate `packet` in place. On REASON_OK *ret_mtu is the MTU to cut it to, or 0; on REASON_TOO_BIG
 * the MTU to report. The order is ours: checks that refuse first, then hop limit, then size. */
enum reason outgoing_to_ipv4(struct steps *steps, const struct flow *flow, struct packet *packet,
                             uint32_t *ret_mtu);
enum reason outgoing_to_ipv6(struct steps *steps, const struct flow *flow, struct packet *packet,
                             uint32_t *ret_mtu);

/* The addresses and ports of the flow as each side sees them, backend's packet first. */
void outgoing_tuple4(struct steps *steps, const struct flow *flow, struct translation4 *ret_to);
void outgoing_tuple6(struct steps *steps, const struct flow *flow, struct translation6 *ret_to);

#endif
