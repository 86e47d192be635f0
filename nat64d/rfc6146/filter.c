/*
 * Layer: path
 * Specification: RFC 6146 3.5, 5.3
 */
#include "nat64d/rfc6146/filter.h"

#include "nat64d/rfc6146/explain.h"

static bool admits(struct steps *steps, const struct flow *flow)
{
    if (steps->shared->endpoint_independent[flow->transport] || flow_binding(steps, flow)->is_static)
        return true;
    return session_has_peer(&flow_shard(steps, flow)->sessions, flow->bib, flow->dst4);
}

bool filter_passes(struct steps *steps, const struct flow *flow)
{
    bool passes = admits(steps, flow);
    explain(steps, filter, flow, passes);
    return passes;
}

enum reason filter_client(struct steps *steps, const struct flow *flow)
{
    const struct bib_entry *entry = flow_binding(steps, flow);
    if (!entry->is_static)
        return REASON_OK;
    const struct binding *binding = binding_at(steps->shared->bindings, entry->static_index);
    bool admitted = binding_admits(binding, flow->dst4);
    if (binding->from_count > 0)
        explain(steps, client, flow, admitted);
    return admitted ? REASON_OK : REASON_STATIC_FROM;
}

enum reason filter_outbound(struct steps *steps, const struct flow *flow)
{
    const struct steps_shared *shared = steps->shared;
    enum reason reason = guard_source6(&shared->guard, steps->network, &flow->src6);
    explain(steps, source, &flow->src6, reason);
    if (reason != REASON_OK)
        return reason;
    /* RFC 6146 3.8: a pool address is reached by hairpinning, whatever range it lies in. */
    if (steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port)) {
        explain(steps, destination_ours, flow->dst4, TRACE_CAUSE_POOL);
        return REASON_OK;
    }
    reason = guard_destination4(&shared->guard, steps->network, flow->pref64, flow->dst4);
    explain(steps, destination, flow->pref64, flow->dst4, reason);
    return reason;
}

enum reason filter_inbound(struct steps *steps, struct flow *flow)
{
    const struct steps_shared *shared = steps->shared;
    if (flow_binding(steps, flow)->sessions >= STEPS_INBOUND_MAX)
        return REASON_INBOUND_LIMIT;
    if (steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port)) {
        flow->pref64 = 0; /* hairpin: the sender is one of ours */
        return REASON_OK;
    }
    return guard_image_pref64(&shared->guard, flow->dst4, &flow->pref64) ? REASON_OK : REASON_SOURCE_DENIED;
}
