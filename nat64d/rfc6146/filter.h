/*
 * Step 2, what UDP, TCP and ICMP have in common: may this flow begin.
 *
 * Layer: path
 * Specification: RFC 6146 3.5 (filtering), 5.3 (limits), RFC 4787 5
 */
#ifndef GATE64_NAT64D_RFC6146_FILTER_H
#define GATE64_NAT64D_RFC6146_FILTER_H

#include "nat64d/rfc6146/flow.h"

/* Whether the binding lets this sender in: endpoint-independent or static bindings let in everyone, else
 * one session with the sender's address is needed (address-dependent filtering). */
bool filter_passes(struct steps *steps, const struct flow *flow);

/* Who may reach a static binding is in the configuration: REASON_STATIC_FROM for others. */
enum reason filter_client(struct steps *steps, const struct flow *flow);

/* A new flow from IPv6: source and destination are allowed. */
enum reason filter_outbound(struct steps *steps, const struct flow *flow);

/* A new session from IPv4 on a binding: sets flow->pref64 to a prefix that may show the sender, and keeps
 * the bound on what strangers make. */
enum reason filter_inbound(struct steps *steps, struct flow *flow);

#endif
