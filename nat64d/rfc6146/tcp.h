/*
 * Step 2 for TCP: what a segment does to the tables.
 *
 * Layer: path
 * Specification: RFC 6146 3.5.2.2; RFC 5382 REQ-4
 *
 * The states of a session are tcp_state's; here is what happens without one (CLOSED), and a SYN from IPv4
 * that is stored (V4 INIT of RFC 6146 with a stored packet) is an entry of table/stored_syn, not a session.
 */
#ifndef GATE64_NAT64D_RFC6146_TCP_H
#define GATE64_NAT64D_RFC6146_TCP_H

#include "nat64d/rfc6146/flow.h"

/* flow->bib has been looked up; may set flow->bib and flow->session. A segment that passes without a session
 * leaves flow->session STATE_NONE. */
enum reason tcp_from_ipv6(struct steps *steps, struct flow *flow, const struct packet *packet,
                          uint64_t now_ns);
enum reason tcp_from_ipv4(struct steps *steps, struct flow *flow, const struct packet *packet,
                          uint64_t now_ns);

/* Whether an ICMP error that quotes this packet of the session may be genuine, by its sequence number. */
bool tcp_in_flight(const struct session *session, const struct packet *quoted, bool sent_by_backend);

/* A session's time has come (its timer is stopped): true if it stays and a probe is to be sent. */
bool tcp_timeout(struct steps *steps, unsigned shard, uint32_t session, uint64_t now_ns);

#endif
