/*
 * Fragments before the five steps: which worker sees all of a datagram, and what waits for what.
 *
 * Layer: path
 * Specification: RFC 6146 3.4 (fragments), RFC 7915 4.5, RFC 8200 4.5
 *
 * All fragments of a datagram go to one worker, its home, by a hash of what they have in common. There
 * TCP and UDP with a checksum are translated fragment by fragment, with the ports of the first. ICMP, whose
 * checksum needs the length of the whole, and UDP from IPv4 without a checksum are put together first. What
 * leaves the home is a fragment that knows its ports, or a whole packet; both go on to the owner of their
 * flow. Who may not use the translator leaves nothing here.
 */
#ifndef GATE64_NAT64D_RFC6146_COLLECT_H
#define GATE64_NAT64D_RFC6146_COLLECT_H

#include "nat64d/rfc6146/steps.h"

/* For a packet that packet_wants_collecting. REASON_OK with result->verdict STEPS_SEND: it goes on;
 * STEPS_HANDOVER: to its home; STEPS_KEPT: it waits. */
enum reason collect_fragment(struct steps *steps, struct packet *packet, uint64_t now_ns,
                             struct steps_result *result);

#endif
