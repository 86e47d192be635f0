/*
 * What the steps note for a trace.
 *
 * Layer: path
 * Specification: RFC 6146 3.3 (the steps), man/gate64.1 (trace)
 *
 * A step calls `explain(steps, what, arguments)` at its decision; that is one test of a pointer as long as no
 * trace wants the packet, and the arguments are not looked at. Why something was refused is found out here, a
 * second time, so that the steps themselves need no more than the reason.
 */
#ifndef GATE64_NAT64D_RFC6146_EXPLAIN_H
#define GATE64_NAT64D_RFC6146_EXPLAIN_H

#include "nat64d/rfc6146/flow.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"

#define explain(steps, what, ...)                                 \
    do {                                                          \
        if (__builtin_expect((steps)->trace.record != NULL, 0))   \
            explain_##what((struct steps *)(steps), __VA_ARGS__); \
    } while (0)

/* The fragment table's answer for a fragment. */
void explain_collect(struct steps *steps, const struct packet *packet, enum reason reason);

/* Step 1 and the look-up of step 2: the incoming tuple and its binding. `step`: TRACE_TUPLE, or TRACE_QUOTED
 * for the tuple of a packet that an ICMP error quotes. */
void explain_tuple(struct steps *steps, const struct flow *flow, enum trace_step step);

/* A host with an explicit mapping, and its peer by a mapping or by a prefix (STEPS_NO_PREF64: a mapping). */
void explain_mapping6(struct steps *steps, const struct in6_addr *host, uint32_t image, uint32_t peer,
                      unsigned pref64);
void explain_mapping4(struct steps *steps, uint32_t image, const struct in6_addr *host,
                      const struct in6_addr *peer);

/* The mapped host whose packet, sent or to be received, an ICMP error quotes. */
void explain_mapped_error(struct steps *steps, const struct in6_addr *host, uint32_t image);

/* The common guards, with their outcome. */
void explain_source(struct steps *steps, const struct in6_addr *source, enum reason reason);
void explain_destination(struct steps *steps, unsigned pref64, uint32_t destination, enum reason reason);
/* A destination that no guard is asked about. */
void explain_destination_ours(struct steps *steps, uint32_t destination, enum trace_cause cause);

/* A binding was made, or not for `reason`. */
void explain_allocation(struct steps *steps, const struct flow *flow, enum reason reason);
void explain_session(struct steps *steps, const struct flow *flow, enum trace_result result, uint8_t before,
                     uint64_t now_ns);
/* A later fragment's session, which it does not change. */
void explain_fragment_session(struct steps *steps, const struct flow *flow);
void explain_session_refused(struct steps *steps, enum reason reason);
/* The segment does not fit its connection; whether it counts all the same. */
void explain_window(struct steps *steps, bool counts);
void explain_filter(struct steps *steps, const struct flow *flow, bool passes);
void explain_client(struct steps *steps, const struct flow *flow, bool admitted);

/* Whether it is short enough for a link of `mtu` bytes. */
void explain_fit4(struct steps *steps, const struct packet *packet, enum header64_fit fit, uint32_t mtu);
void explain_fit6(struct steps *steps, const struct packet *packet, enum header46_fit fit, uint32_t mtu);
/* A router on the way to the backend has told an MTU, which is believed. */
void explain_path(struct steps *steps, uint32_t mtu);
void explain_mss(struct steps *steps, uint32_t limit);
void explain_outgoing4(struct steps *steps, const struct translation4 *to, bool icmp);
void explain_outgoing6(struct steps *steps, const struct translation6 *to, bool icmp);
/* An ICMP error of somebody else, from a router or host to who sent the packet that it quotes. */
void explain_relayed4(struct steps *steps, uint32_t source, uint32_t destination);
void explain_relayed6(struct steps *steps, const struct in6_addr *source, const struct in6_addr *destination);
void explain_hairpin(struct steps *steps, const struct packet *packet);

/* What became of it; a packet that is handed over takes along what its next worker has to know. */
void explain_verdict(struct steps *steps, struct packet *packet, const struct steps_result *result);
/* The edge could not do it. */
void explain_failed(struct steps *steps, enum reason reason);

#endif
