/*
 * Layer: path
 * Specification: RFC 6146 3.5.1.1, 3.5.2.3, 3.5.3
 */
#include "nat64d/rfc6146/allocate.h"

#include "nat64d/rfc6146/filter.h"

enum {
    ADDRESS_ATTEMPTS = 8, /* of the pool, for a backend that has none yet: bounded work a packet */
};

static enum reason refused_by(enum quota_result result)
{
    switch (result) {
    case QUOTA_OK: return REASON_OK;
    case QUOTA_NO_RECORD: return REASON_LIMIT_RECORDS;
    case QUOTA_PORTS: return REASON_LIMIT_PORTS;
    case QUOTA_SESSIONS: return REASON_LIMIT_SESSIONS;
    case QUOTA_UNANSWERED: return REASON_LIMIT_UNANSWERED;
    case QUOTA_RATE: return REASON_LIMIT_RATE;
    case QUOTA_TABLE: return REASON_TABLE_FULL;
    }
    return REASON_LIMIT_RECORDS;
}

/* RFC 6146 3.5.1.1: the address that the backend has; only without one may another be tried. */
static enum reason take_port(struct steps *steps, const struct flow *flow, struct bib_values *values)
{
    const struct steps_shared *shared = steps->shared;
    struct steps_shard *shard = &steps->shards[flow->shard];
    uint32_t addresses = shared->prefixes->active;
    for (uint32_t attempt = 0; attempt < addresses && attempt < ADDRESS_ATTEMPTS; attempt++) {
        bool first;
        enum quota_result result = quota_bind(shared->quota, &flow->src6, flow->transport, shared->prefixes,
                                              attempt, &values->address_index, &first);
        if (result != QUOTA_OK)
            return refused_by(result);
        if (claim_take(shard->claim, values->address_index, flow->transport, flow->src6_port,
                       &values->src4_port) == 0)
            return REASON_OK;
        quota_unbind(shared->quota, &flow->src6, flow->transport);
        if (!first)
            break;
    }
    return REASON_NO_PORT;
}

enum reason allocate_binding(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    struct bib_values values = {
        .transport = flow->transport,
        .src6 = flow->src6,
        .src6_port = flow->src6_port,
    };
    enum reason reason = take_port(steps, flow, &values);
    if (reason != REASON_OK)
        return reason;
    values.src4 = prefixes_address(steps->shared->prefixes, values.address_index);
    if (bib_add(&shard->bib, &values, now_ns, &flow->bib) < 0) {
        claim_forget(shard->claim, values.address_index, flow->transport, values.src4_port);
        quota_unbind(steps->shared->quota, &flow->src6, flow->transport);
        return REASON_TABLE_FULL;
    }
    steps_count(steps, TALLY_BINDINGS_CREATED, 1);
    return REASON_OK;
}

enum reason allocate_outbound(struct steps *steps, struct flow *flow, uint64_t now_ns, bool *ret_made)
{
    enum reason reason = filter_outbound(steps, flow);
    *ret_made = false;
    if (reason != REASON_OK || flow->bib != STATE_NONE)
        return reason;
    reason = allocate_binding(steps, flow, now_ns);
    *ret_made = reason == REASON_OK;
    return reason;
}

/* A dynamic binding goes: its port is given back exactly once, before the binding is cleared, so that a death
 * in between frees it for nobody. RFC 6888 REQ-8 holds down what the world has seen; the port of a flow that
 * was refused was never used, and holding it would let a backend that is over its limit take every port of
 * the pool. */
static void drop_binding(struct steps *steps, unsigned shard_index, uint32_t slot, bool used, uint64_t now_ns)
{
    struct steps_shard *shard = &steps->shards[shard_index];
    struct bib_entry *entry = bib_entry(&shard->bib, slot);
    struct in6_addr backend = entry->src6;
    uint32_t address = entry->address_index;
    uint16_t port = entry->src4_port;
    enum transport transport = entry->transport;

    if (used)
        claim_release(shard->claim, address, transport, port, now_ns);
    else
        claim_forget(shard->claim, address, transport, port);
    bib_drop(&shard->bib, slot);
    quota_unbind(steps->shared->quota, &backend, transport);
    steps_count(steps, TALLY_BINDINGS_ENDED, 1);
}

void allocate_undo_binding(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    drop_binding(steps, flow->shard, flow->bib, false, now_ns);
    flow->bib = STATE_NONE;
}

enum reason allocate_session(struct steps *steps, struct flow *flow, uint8_t tcp_state,
                             enum expiry_lifetime lifetime, uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    struct bib_entry *entry = flow_binding(steps, flow);
    struct session_values values = {
        .transport = flow->transport,
        .bib = flow->bib,
        .dst4 = flow->dst4,
        .dst_port = flow->dst4_port,
        .pref64 = steps->shared->pref64_slot[flow->pref64],
        .tcp_state = tcp_state,
        .pool = (uint8_t)prefixes_pool_index(steps->shared->prefixes, entry->address_index),
    };
    enum reason reason = refused_by(quota_session_add(steps->shared->quota, &entry->src6, now_ns));
    if (reason != REASON_OK)
        return reason;
    if (session_add(&shard->sessions, &values, entry, now_ns, &flow->session) < 0) {
        quota_session_drop(steps->shared->quota, &entry->src6, false);
        flow->session = STATE_NONE;
        return REASON_TABLE_FULL;
    }
    expiry_start(&shard->expiry, flow->session, lifetime, now_ns);
    steps_count(steps, TALLY_SESSIONS_CREATED, 1);
    return REASON_OK;
}

void allocate_end_session(struct steps *steps, unsigned shard_index, uint32_t slot, uint64_t now_ns)
{
    struct steps_shard *shard = &steps->shards[shard_index];
    const struct session *session = session_at(&shard->sessions, slot);
    uint32_t bib = session->bib;
    struct bib_entry *entry = bib_entry(&shard->bib, bib);
    struct in6_addr backend = entry->src6;
    bool is_static = entry->is_static;

    quota_session_drop(steps->shared->quota, &backend, session->flags & SESSION_ANSWERED);
    steps_count(steps, TALLY_SESSIONS_ENDED, 1);
    if (session_drop(&shard->sessions, slot, entry) && !is_static)
        drop_binding(steps, shard_index, bib, true, now_ns);
}

int allocate_static(struct steps *steps, unsigned shard_index, uint32_t index, uint64_t now_ns)
{
    const struct binding *binding = binding_at(steps->shared->bindings, index);
    struct bib_values values = {
        .transport = binding->transport,
        .src6 = binding->src6,
        .src6_port = binding->src6_port,
        .src4 = binding->src4,
        .src4_port = binding->src4_port,
        .address_index = prefixes_find(steps->shared->prefixes, binding->src4),
        .is_static = true,
        .static_index = index,
    };
    uint32_t slot;
    return bib_add(&steps->shards[shard_index].bib, &values, now_ns, &slot);
}
