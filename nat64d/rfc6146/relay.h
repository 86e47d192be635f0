/*
 * ICMP errors of others through the translator: judged and addressed by the packet that they quote.
 *
 * Layer: path
 * Specification: RFC 6146 3.4 (tuple of the quoted packet), 3.5, 3.6, 3.7; RFC 5508 4; RFC 5927 4
 *
 * They change no binding and no session's life; a Packet Too Big lowers the path MTU towards the backend.
 * Here we differ from the letter of RFC 6146 3.6: the outer source of a translated ICMPv4 error is the image
 * of the router that sent it, not of the quoted destination, or traceroute would show the same address for
 * each hop.
 */
#ifndef GATE64_NAT64D_RFC6146_RELAY_H
#define GATE64_NAT64D_RFC6146_RELAY_H

#include "nat64d/rfc6146/flow.h"

/* What was found of the quoted packet. */
struct relay {
    struct packet quoted;
    uint32_t total; /* length that the quoted header claims */
};

/* Step 1: fills flow's tuple from the quoted packet, seen as the flow's own direction: src6 or src4 is the
 * side that the error goes to. */
enum reason relay_tuple6(struct steps *steps, const struct packet *packet, struct flow *flow,
                         struct relay *ret_relay);
enum reason relay_tuple4(struct steps *steps, const struct packet *packet, struct flow *flow,
                         struct relay *ret_relay);

/* Steps 2 to 4, by the worker that owns the flow (flow->bib looked up): the packet becomes the translated
 * error, in place. */
enum reason relay_to_ipv4(struct steps *steps, struct flow *flow, struct packet *packet,
                          const struct relay *relay, uint64_t now_ns);
enum reason relay_to_ipv6(struct steps *steps, struct flow *flow, struct packet *packet,
                          const struct relay *relay, uint64_t now_ns);

#endif
