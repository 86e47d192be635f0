/*
 * Step 2 for UDP and, with identifiers for ports, ICMP queries: RFC 6146 gives both the same procedure.
 *
 * Layer: path
 * Specification: RFC 6146 3.5.1 (UDP), 3.5.3 (ICMP query)
 */
#ifndef GATE64_NAT64D_RFC6146_UDP_H
#define GATE64_NAT64D_RFC6146_UDP_H

#include "nat64d/rfc6146/flow.h"

/* flow->bib has been looked up; sets flow->bib and flow->session. */
enum reason udp_from_ipv6(struct steps *steps, struct flow *flow, uint64_t now_ns);
enum reason udp_from_ipv4(struct steps *steps, struct flow *flow, uint64_t now_ns);

#endif
