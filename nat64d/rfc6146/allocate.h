/*
 * Making and ending bindings and sessions.
 *
 * Layer: path
 * Specification: RFC 6146 3.5.1.1 (UDP), 3.5.2.3 (TCP), 3.5.3 (ICMP); RFC 4787 REQ-2; RFC 7857 4
 */
#ifndef GATE64_NAT64D_RFC6146_ALLOCATE_H
#define GATE64_NAT64D_RFC6146_ALLOCATE_H

#include "nat64d/rfc6146/flow.h"

/* Gives (X',x) a binding and sets flow->bib: REASON_NO_PORT, REASON_TABLE_FULL or REASON_LIMIT_* when it
 * cannot. A backend keeps its IPv4 address; only one without any binding may go on to another address of the
 * pool. */
enum reason allocate_binding(struct steps *steps, struct flow *flow, uint64_t now_ns);

/* What every new flow from IPv6 begins with: the guards of filter_outbound, and a binding if (X',x) has none
 * yet; *ret_made says that it was made, so that it can be undone. */
enum reason allocate_outbound(struct steps *steps, struct flow *flow, uint64_t now_ns, bool *ret_made);

/* Ends hold-downs that are due, and what a block of ports that goes with them brings. */
void allocate_advance(struct steps *steps, unsigned shard, uint64_t now_ns);
/* A port of the shard came back: if it was the last of its backend's block, that has ended. */
void allocate_end_block(struct steps *steps, unsigned shard, uint64_t now_ns);

/* Adds the session of flow->bib with its first lifetime and sets flow->session. REASON_TABLE_FULL,
 * REASON_LIMIT_*. */
enum reason allocate_session(struct steps *steps, struct flow *flow, uint8_t tcp_state,
                             enum expiry_lifetime lifetime, uint64_t now_ns);

/* The binding was made for this packet and has no session: it goes again. */
void allocate_undo_binding(struct steps *steps, struct flow *flow, uint64_t now_ns);

/* A session whose timer was taken out; its binding goes with it if it was the last and is dynamic. */
void allocate_end_session(struct steps *steps, unsigned shard, uint32_t session, uint64_t now_ns);

/* The entry of a configured binding for one of its IPv4 ports. */
int allocate_static(struct steps *steps, unsigned shard, uint32_t index, uint16_t src4_port, uint64_t now_ns,
                    uint32_t *ret_slot) __attribute__((warn_unused_result));

/* A configured binding of more ports than one has an entry for a port only while that has sessions. For a
 * flow without a binding: if a configured one covers it, its entry is made and set in flow->bib. */
enum reason allocate_on_demand(struct steps *steps, struct flow *flow, uint64_t now_ns);
/* At the end of the packet: the entry goes again if no session was made. */
void allocate_settle(struct steps *steps, struct flow *flow);

#endif
