/*
 * Layer: path
 * Specification: RFC 6146 3.5.1, 3.5.3
 */
#include "nat64d/rfc6146/udp.h"

#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc6146/filter.h"

enum {
    PORT_DNS = 53, /* RFC 4787 REQ-5 a: a shorter lifetime where the application is known */
};

static enum expiry_lifetime lifetime_of(const struct flow *flow)
{
    if (flow->transport == TRANSPORT_ICMP)
        return EXPIRY_ICMP;
    return flow->dst4_port == PORT_DNS ? EXPIRY_UDP_DNS : EXPIRY_UDP;
}

enum reason udp_from_ipv6(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    bool made;

    if (flow->bib != STATE_NONE) {
        flow->session = session_find(&shard->sessions, flow->bib, flow->dst4, flow->dst4_port);
        if (flow->session != STATE_NONE) {
            expiry_refresh(&shard->expiry, flow->session, lifetime_of(flow), now_ns);
            explain(steps, session, flow, TRACE_YES, 0, now_ns);
            return REASON_OK;
        }
    }
    enum reason reason = allocate_outbound(steps, flow, now_ns, &made);
    if (reason != REASON_OK)
        return reason;
    reason = allocate_session(steps, flow, 0, lifetime_of(flow), now_ns);
    if (reason != REASON_OK && made)
        allocate_undo_binding(steps, flow, now_ns);
    return reason;
}

enum reason udp_from_ipv4(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);

    if (flow->bib == STATE_NONE)
        return REASON_NO_BINDING;
    flow->session = session_find(&shard->sessions, flow->bib, flow->dst4, flow->dst4_port);
    if (flow->session != STATE_NONE) {
        if (!steps->shared->outbound_refresh)
            expiry_refresh(&shard->expiry, flow->session, lifetime_of(flow), now_ns);
        explain(steps, session, flow, TRACE_YES, 0, now_ns);
        return REASON_OK;
    }
    enum reason reason = filter_client(steps, flow);
    if (reason != REASON_OK)
        return reason;
    if (!filter_passes(steps, flow))
        return REASON_FILTERED;
    reason = filter_inbound(steps, flow);
    if (reason != REASON_OK)
        return reason;
    return allocate_session(steps, flow, 0, lifetime_of(flow), now_ns);
}
