/*
 * The ICMP errors that the translator makes itself: about a packet that it dropped, about a stored SYN, and
 * the probe of an idle TCP session.
 *
 * Layer: path
 * Specification: RFC 7915 4.4 and 5.4, RFC 4443 2.4, RFC 1812 4.3.2, RFC 6146 3.5.2.2
 */
#ifndef GATE64_NAT64D_RFC6146_ANSWER_H
#define GATE64_NAT64D_RFC6146_ANSWER_H

#include "nat64d/rfc6146/flow.h"

/* Builds in steps->reply what `reason` brings for the sender of `packet` (as it came in); `mtu` for
 * REASON_TOO_BIG. Returns its length, 0 when nothing is to be sent (not called for, not allowed, over the
 * rate). */
uint32_t answer_drop(struct steps *steps, const struct packet *packet, enum reason reason, uint32_t mtu,
                     uint64_t now_ns);

/* ICMPv4 port unreachable about a stored SYN whose 6 s are over. */
uint32_t answer_syn(struct steps *steps, const struct stored_syn *syn, uint64_t now_ns);

/* RFC 6146 3.5.2.2: ACK without data, sequence and acknowledgment 0, to the backend. */
uint32_t answer_probe(struct steps *steps, unsigned shard, uint32_t session);
/* The same to the IPv4 side. */
uint32_t answer_probe4(struct steps *steps, unsigned shard, uint32_t session);

#endif
