/*
 * What the steps tell the event log: each function makes one record of what has just happened.
 *
 * Layer: path
 * Specification: RFC 8158 5 (the records of a NAT64), RFC 6888 REQ-12 (no destinations unless wanted)
 *
 * Nothing is done when nobody logs (steps->events is NULL) or the operator does not want this kind. A record
 * for which there is no room is lost and counted; no call waits. To be called where the tables change, never
 * on the way of an established flow.
 *
 * A binding is told of with its first session and when its last has ended: one that was made for a packet
 * that was refused after all never was. Where destinations are logged the session's records say all that the
 * binding's would, so there are no others (RFC 8158 5).
 */
#ifndef GATE64_NAT64D_RFC8158_EVENTS_H
#define GATE64_NAT64D_RFC8158_EVENTS_H

#include "nat64d/rfc6146/flow.h"
#include "pool/lots.h"

/* The session of a binding was made (NATEVENT_SESSION_CREATE), or ends. */
void events_session(struct steps *steps, bool created, const struct session *session,
                    const struct bib_entry *entry, uint64_t now_ns);
/* A dynamic binding got its first session, or lost its last; not of one in a block of its backend. */
void events_binding(struct steps *steps, bool created, const struct bib_entry *entry, uint64_t now_ns);

/* The pairing of a backend with an address of the pool (by index) begins or ends: NATEVENT_ADDRESS_*. */
void events_address(struct steps *steps, bool bound, const struct in6_addr *backend, uint32_t address,
                    uint64_t now_ns);

/* A block of ports was given to a backend, or has gone back: NATEVENT_BLOCK_*. Its ports are the backend's in
 * every protocol. */
void events_block(struct steps *steps, bool allocated, const struct lots_block *block, uint64_t now_ns);

/* Rate limited. No port for a new flow: NATEVENT_PORTS_EXHAUSTED of the address (by index) tried last, and
 * NATEVENT_ADDRESSES_EXHAUSTED when the backend had none yet and might have got any. */
void events_no_port(struct steps *steps, const struct flow *flow, uint32_t address, bool any_address,
                    uint64_t now_ns);
/* A limit was met: NATEVENT_QUOTA_EXCEEDED. `backend` may be NULL. */
void events_quota(struct steps *steps, enum natevent_quota quota, enum natevent_cause cause,
                  const struct in6_addr *backend, uint8_t transport, uint64_t now_ns);

#endif
