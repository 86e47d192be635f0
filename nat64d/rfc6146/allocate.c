/*
 * Layer: path
 * Specification: RFC 6146 3.5.1.1, 3.5.2.3, 3.5.3
 */
#include "nat64d/rfc6146/allocate.h"

#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc6146/filter.h"
#include "nat64d/rfc8158/events.h"

enum {
    ADDRESS_ATTEMPTS = 8, /* of the pool, for a backend that has none yet: bounded work a packet */
};

static enum reason refused_by(enum quota_result result)
{
    switch (result) {
    case QUOTA_OK: return REASON_OK;
    case QUOTA_NO_RECORD: return REASON_LIMIT_RECORDS;
    case QUOTA_NO_ADDRESS: return REASON_NO_PORT;
    case QUOTA_PORTS: return REASON_LIMIT_PORTS;
    case QUOTA_SESSIONS: return REASON_LIMIT_SESSIONS;
    case QUOTA_UNANSWERED: return REASON_LIMIT_UNANSWERED;
    case QUOTA_RATE: return REASON_LIMIT_RATE;
    case QUOTA_TABLE: return REASON_TABLE_FULL;
    }
    return REASON_LIMIT_RECORDS;
}

/* The event log is told which limit it was. */
static enum reason refuse(struct steps *steps, enum quota_result result, const struct in6_addr *backend,
                          enum transport transport, uint64_t now_ns)
{
    static const struct {
        enum natevent_quota quota;
        enum natevent_cause cause;
    } events[] = {
        [QUOTA_NO_RECORD] = {NATEVENT_QUOTA_SUBSCRIBERS, NATEVENT_CAUSE_NONE},
        [QUOTA_PORTS] = {NATEVENT_QUOTA_BACKEND, NATEVENT_CAUSE_PORTS},
        [QUOTA_SESSIONS] = {NATEVENT_QUOTA_BACKEND, NATEVENT_CAUSE_SESSIONS},
        [QUOTA_UNANSWERED] = {NATEVENT_QUOTA_BACKEND, NATEVENT_CAUSE_UNANSWERED},
        [QUOTA_RATE] = {NATEVENT_QUOTA_BACKEND, NATEVENT_CAUSE_RATE},
        [QUOTA_TABLE] = {NATEVENT_QUOTA_SESSIONS, NATEVENT_CAUSE_NONE},
    };
    /* That no pool is for it is no limit that it has met. */
    if (result != QUOTA_OK && result != QUOTA_NO_ADDRESS)
        events_quota(steps, events[result].quota, events[result].cause, backend, (uint8_t)transport, now_ns);
    return refused_by(result);
}

/* Addresses that may be tried for one packet. */
static uint32_t attempts(const struct steps_shared *shared, const struct flow *flow)
{
    uint32_t addresses = group_addresses(shared->groups, group_find(shared->groups, &flow->src6));
    return addresses == 0 ? 1 : addresses < ADDRESS_ATTEMPTS ? addresses : ADDRESS_ATTEMPTS;
}

static bool ended(struct steps *steps, unsigned shard, uint64_t now_ns)
{
    static const struct in6_addr nobody;
    struct lots_block block;
    if (!claim_ended(steps->shards[shard].claim, &block))
        return false;
    uint32_t ports = (uint32_t)block.last - block.first + 1;
    if (block.told)
        events_block(steps, false, &block, now_ns);
    if (!addr_equal6(&block.backend, &nobody) &&
        quota_block_drop(steps->shared->quota, &block.backend, ports) && block.told)
        events_address(steps, false, &block.backend, block.address, now_ns);
    return true;
}

void allocate_end_block(struct steps *steps, unsigned shard, uint64_t now_ns)
{
    ended(steps, shard, now_ns);
}

void allocate_advance(struct steps *steps, unsigned shard, uint64_t now_ns)
{
    do
        claim_advance(steps->shards[shard].claim, now_ns);
    while (ended(steps, shard, now_ns));
}

/* With blocks: a port of the backend's, and when these have none of another, which its limits and those of
 * its network must allow. */
static enum quota_result take_in_block(struct steps *steps, const struct flow *flow,
                                       struct bib_values *values, uint64_t now_ns, bool *ret_taken)
{
    struct quota *quota = steps->shared->quota;
    struct claim *claim = steps->shards[flow->shard].claim;
    const struct lots_want want = {values->address_index, &flow->src6, flow->transport, flow->src6_port,
                                   flow->shard};
    struct lots_port port;
    uint32_t size = bulk_size(steps->shared->bulk);
    *ret_taken = claim_take_bulk(claim, &want, false, now_ns, &port) == 0;
    if (!*ret_taken) {
        enum quota_result result = quota_block_add(quota, &flow->src6, values->address_index, size);
        if (result != QUOTA_OK)
            return result;
        *ret_taken = claim_take_bulk(claim, &want, true, now_ns, &port) == 0;
        if (!*ret_taken || !port.is_first)
            quota_block_drop(quota, &flow->src6, size);
    }
    if (*ret_taken) {
        values->src4_port = port.port;
        values->port_block = port.code;
    }
    return QUOTA_OK;
}

static enum quota_result take_at(struct steps *steps, const struct flow *flow, struct bib_values *values,
                                 uint64_t now_ns, bool *ret_taken)
{
    if (bulk_size(steps->shared->bulk) > 0)
        return take_in_block(steps, flow, values, now_ns, ret_taken);
    *ret_taken = claim_take(steps->shards[flow->shard].claim, values->address_index, flow->transport,
                            flow->src6_port, &values->src4_port) == 0;
    return QUOTA_OK;
}

/* RFC 6146 3.5.1.1: the address that the backend has; only without one may another be tried. */
static enum reason take_port(struct steps *steps, struct flow *flow, struct bib_values *values,
                             uint64_t now_ns)
{
    const struct steps_shared *shared = steps->shared;
    for (uint32_t attempt = 0, end = attempts(shared, flow); attempt < end; attempt++) {
        enum quota_result result = quota_bind(shared->quota, &flow->src6, flow->transport, attempt,
                                              &values->address_index, &flow->pairs);
        if (result != QUOTA_OK)
            return refuse(steps, result, &flow->src6, flow->transport, now_ns);
        bool taken = false;
        result = take_at(steps, flow, values, now_ns, &taken);
        if (taken)
            return REASON_OK;
        quota_unbind(shared->quota, &flow->src6, flow->transport);
        if (result != QUOTA_OK)
            return refuse(steps, result, &flow->src6, flow->transport, now_ns);
        if (!flow->pairs)
            break;
    }
    events_no_port(steps, flow, values->address_index, flow->pairs, now_ns);
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
    enum reason reason = take_port(steps, flow, &values, now_ns);
    if (reason != REASON_OK)
        return reason;
    values.src4 = prefixes_address(steps->shared->prefixes, values.address_index);
    if (bib_add(&shard->bib, &values, now_ns, &flow->bib) < 0) {
        claim_forget(shard->claim, values.address_index, flow->transport, values.src4_port);
        allocate_end_block(steps, flow->shard, now_ns);
        quota_unbind(steps->shared->quota, &flow->src6, flow->transport);
        events_quota(steps, NATEVENT_QUOTA_BINDINGS, NATEVENT_CAUSE_NONE, &flow->src6,
                     (uint8_t)flow->transport, now_ns);
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
    explain(steps, allocation, flow, reason);
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
    allocate_end_block(steps, shard_index, now_ns);
    bib_drop(&shard->bib, slot);
    bool last = quota_unbind(steps->shared->quota, &backend, transport);
    if (used && last)
        events_address(steps, false, &backend, address, now_ns);
    steps_count(steps, TALLY_BINDINGS_ENDED, 1);
}

void allocate_undo_binding(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    drop_binding(steps, flow->shard, flow->bib, false, now_ns);
    flow->bib = STATE_NONE;
}

/* A block is told of with the first session in it. */
static void tell_block(struct steps *steps, const struct bib_entry *entry, uint64_t now_ns)
{
    struct lots_block block;
    if (bulk_tell(steps->shared->bulk, entry->address_index, entry->src4_port, &block))
        events_block(steps, true, &block, now_ns);
}

/* A session was made, and with it perhaps what it needs. */
static void tell_session(struct steps *steps, const struct flow *flow, const struct bib_entry *entry,
                         uint64_t now_ns)
{
    if (flow->pairs)
        events_address(steps, true, &entry->src6, entry->address_index, now_ns);
    if (entry->sessions == 1 && entry->port_block != BULK_NONE)
        tell_block(steps, entry, now_ns);
    if (entry->sessions == 1 && !entry->is_static)
        events_binding(steps, true, entry, now_ns);
    events_session(steps, true, session_at(&flow_shard(steps, flow)->sessions, flow->session), entry, now_ns);
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
    enum reason reason = refuse(steps, quota_session_add(steps->shared->quota, &entry->src6, now_ns),
                                &entry->src6, flow->transport, now_ns);
    if (reason != REASON_OK) {
        explain(steps, session_refused, reason);
        return reason;
    }
    if (session_add(&shard->sessions, &values, entry, now_ns, &flow->session) < 0) {
        quota_session_drop(steps->shared->quota, &entry->src6, false);
        flow->session = STATE_NONE;
        events_quota(steps, NATEVENT_QUOTA_SESSIONS, NATEVENT_CAUSE_NONE, &entry->src6,
                     (uint8_t)flow->transport, now_ns);
        explain(steps, session_refused, REASON_TABLE_FULL);
        return REASON_TABLE_FULL;
    }
    expiry_start(&shard->expiry, flow->session, lifetime, now_ns);
    tell_session(steps, flow, entry, now_ns);
    steps_count(steps, TALLY_SESSIONS_CREATED, 1);
    explain(steps, session, flow, TRACE_MADE, 0, now_ns);
    return REASON_OK;
}

/* Whether the entry stands for a port among others of its binding. */
static bool is_on_demand(const struct steps *steps, const struct bib_entry *entry)
{
    return entry->is_static && binding_at(steps->shared->bindings, entry->static_index)->more > 0;
}

void allocate_end_session(struct steps *steps, unsigned shard_index, uint32_t slot, uint64_t now_ns)
{
    struct steps_shard *shard = &steps->shards[shard_index];
    const struct session *session = session_at(&shard->sessions, slot);
    uint32_t bib = session->bib;
    struct bib_entry *entry = bib_entry(&shard->bib, bib);
    struct in6_addr backend = entry->src6;
    bool stays = entry->is_static && !is_on_demand(steps, entry), is_static = entry->is_static;

    quota_session_drop(steps->shared->quota, &backend, session->flags & SESSION_ANSWERED);
    steps_count(steps, TALLY_SESSIONS_ENDED, 1);
    events_session(steps, false, session, entry, now_ns);
    if (!session_drop(&shard->sessions, slot, entry) || stays)
        return;
    if (is_static) {
        bib_drop(&shard->bib, bib);
        return;
    }
    events_binding(steps, false, entry, now_ns);
    drop_binding(steps, shard_index, bib, true, now_ns);
}

int allocate_static(struct steps *steps, unsigned shard_index, uint32_t index, uint16_t src4_port,
                    uint64_t now_ns, uint32_t *ret_slot)
{
    const struct binding *binding = binding_at(steps->shared->bindings, index);
    struct bib_values values = {
        .transport = binding->transport,
        .src6 = binding->src6,
        .src6_port = binding_port6(binding, src4_port),
        .src4 = binding->src4,
        .src4_port = src4_port,
        .address_index = prefixes_find(steps->shared->prefixes, binding->src4),
        .is_static = true,
        .static_index = index,
    };
    return bib_add(&steps->shards[shard_index].bib, &values, now_ns, ret_slot);
}

enum reason allocate_on_demand(struct steps *steps, struct flow *flow, uint64_t now_ns)
{
    const struct binding_table *bindings = steps->shared->bindings;
    if (flow->bib != STATE_NONE || binding_count(bindings) == 0)
        return REASON_OK;
    const struct binding *binding =
        flow->from_ipv6 ? binding_find6(bindings, flow->transport, &flow->src6, flow->src6_port)
                        : binding_find4(bindings, flow->transport, flow->src4, flow->src4_port);
    if (binding == NULL)
        return REASON_OK;
    uint16_t port = flow->from_ipv6 ? binding_port4(binding, flow->src6_port) : flow->src4_port;
    int r = allocate_static(steps, flow->shard, binding_index(bindings, binding), port, now_ns, &flow->bib);
    enum reason reason = r < 0 ? REASON_TABLE_FULL : REASON_OK;
    explain(steps, allocation, flow, reason);
    return reason;
}

void allocate_settle(struct steps *steps, struct flow *flow)
{
    if (flow->bib == STATE_NONE)
        return;
    const struct bib_entry *entry = flow_binding(steps, flow);
    if (entry->sessions == 0 && is_on_demand(steps, entry))
        bib_drop(&flow_shard(steps, flow)->bib, flow->bib);
}
