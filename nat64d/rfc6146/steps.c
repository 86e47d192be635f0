/*
 * Layer: path
 * Specification: RFC 6146 3.3 - 3.8
 */
#include "nat64d/rfc6146/steps.h"

#include <string.h>

#include "common/special.h"
#include "nat64d/packet/parse.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/answer.h"
#include "nat64d/rfc6146/collect.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc6146/filter.h"
#include "nat64d/rfc6146/flow.h"
#include "nat64d/rfc6146/outgoing.h"
#include "nat64d/rfc6146/relay.h"
#include "nat64d/rfc6146/tcp.h"
#include "nat64d/rfc6146/udp.h"
#include "nat64d/rfc7757/stateless.h"
#include "nat64d/table/owner.h"

/* What a packet turned out to be. */
enum kind { KIND_FLOW, KIND_ERROR };

/* Step 1: the transport, and whether it is an ICMP error. A quoted packet comes later. */
static enum reason classify(const struct steps *steps, struct packet *packet, struct flow *flow,
                            enum kind *ret_kind)
{
    *ret_kind = KIND_FLOW;
    if (packet->protocol == PACKET_PROTO_TCP)
        flow->transport = TRANSPORT_TCP;
    else if (packet->protocol == PACKET_PROTO_UDP)
        flow->transport = TRANSPORT_UDP;
    else if (packet->protocol == (packet->family == 6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP4)) {
        flow->transport = TRANSPORT_ICMP;
        vnet_complete_checksum(packet);
        switch (parse_icmp_kind(packet)) {
        case PARSE_ICMP_ECHO_REQUEST:
        case PARSE_ICMP_ECHO_REPLY: return steps->shared->forbids_pings ? REASON_PING : REASON_OK;
        case PARSE_ICMP_ERROR: *ret_kind = KIND_ERROR; break;
        case PARSE_ICMP_OTHER: return REASON_ICMP_TYPE;
        }
    } else if (packet->family == 4 && packet->protocol == PACKET_PROTO_IGMP) {
        return REASON_ICMP_TYPE; /* RFC 7915 4.2: in silence, unlike other protocols */
    } else {
        return REASON_UNKNOWN_PROTOCOL;
    }
    return REASON_OK;
}

static bool to_owner(const struct steps *steps, struct flow *flow, unsigned shard,
                     struct steps_result *result)
{
    flow->shard = shard;
    if (steps_owns(steps, shard))
        return true;
    result->verdict = STEPS_HANDOVER;
    result->worker = owner_worker(shard, steps->shared->workers);
    return false;
}

/* The shard of (X',x). */
static unsigned shard6(const struct steps *steps, enum transport transport, const struct in6_addr *src6,
                       uint16_t port)
{
    return owner_shard6(steps->shared->state.header->key, src6, port, transport, steps->shared->shards);
}

/* The shard of (T,t): a static binding's IPv6 side decides, else the port's block. */
static unsigned shard4(const struct steps *steps, const struct flow *flow)
{
    const struct binding *binding =
        binding_find4(steps->shared->bindings, flow->transport, flow->src4, flow->src4_port);
    if (binding != NULL)
        return shard6(steps, flow->transport, &binding->src6, binding_port6(binding, flow->src4_port));
    return block_shard(steps->shared->blocks, flow->address, flow->transport, flow->src4_port);
}

static void look_up6(struct steps *steps, struct flow *flow)
{
    flow->session = STATE_NONE;
    flow->bib = bib_find6(&flow_shard(steps, flow)->bib, flow->transport, &flow->src6, flow->src6_port);
}

static void look_up4(struct steps *steps, struct flow *flow)
{
    flow->session = STATE_NONE;
    flow->bib = bib_find4(&flow_shard(steps, flow)->bib, flow->transport, flow->src4, flow->src4_port);
}

/* A later fragment makes no session and moves none. */
static enum reason later_fragment(struct steps *steps, struct flow *flow)
{
    if (flow->bib != STATE_NONE)
        flow->session =
            session_find(&flow_shard(steps, flow)->sessions, flow->bib, flow->dst4, flow->dst4_port);
    explain(steps, fragment_session, flow);
    return flow->session == STATE_NONE ? REASON_FRAGMENT_NO_SESSION : REASON_OK;
}

static enum reason step2_from_ipv6(struct steps *steps, struct flow *flow, const struct packet *packet,
                                   uint64_t now_ns)
{
    if (packet->fragment_offset != 0)
        return later_fragment(steps, flow);
    return flow->transport == TRANSPORT_TCP ? tcp_from_ipv6(steps, flow, packet, now_ns)
                                            : udp_from_ipv6(steps, flow, now_ns);
}

static enum reason step2_from_ipv4(struct steps *steps, struct flow *flow, const struct packet *packet,
                                   uint64_t now_ns)
{
    if (packet->fragment_offset != 0)
        return later_fragment(steps, flow);
    return flow->transport == TRANSPORT_TCP ? tcp_from_ipv4(steps, flow, packet, now_ns)
                                            : udp_from_ipv4(steps, flow, now_ns);
}

static enum reason tuple6(const struct steps *steps, const struct packet *packet, struct flow *flow)
{
    struct in6_addr destination;
    memcpy(&flow->src6, parse_source6(packet), sizeof(flow->src6));
    memcpy(&destination, parse_destination6(packet), sizeof(destination));
    if (!guard_find_pref64(&steps->shared->guard, &destination, &flow->pref64, &flow->dst4))
        return REASON_NOT_PREF64;
    flow->src6_port = parse_source_port(packet);
    flow->dst4_port = flow->transport == TRANSPORT_ICMP ? 0 : parse_destination_port(packet);
    return REASON_OK;
}

static enum reason tuple4(const struct steps *steps, const struct packet *packet, struct flow *flow)
{
    const struct steps_shared *shared = steps->shared;
    flow->src4 = parse_destination4(packet);
    flow->address = prefixes_find(shared->prefixes, flow->src4);
    if (flow->address == PREFIXES_NONE)
        return REASON_NOT_POOL;
    flow->src4_port = parse_destination_port(packet);
    if (!steps_is_pool(steps, flow->transport, flow->src4, flow->src4_port))
        return REASON_NOT_POOL;
    flow->dst4 = parse_source4(packet);
    flow->dst4_port = flow->transport == TRANSPORT_ICMP ? 0 : parse_source_port(packet);
    if (special_martian4(flow->dst4))
        return REASON_SOURCE_MARTIAN;
    /* What is a backend's never comes from outside: only our own hairpin carries it. */
    if (!packet->hairpin && steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port))
        return REASON_SOURCE_MARTIAN;
    return REASON_OK;
}

static enum reason from_ipv4(struct steps *steps, struct packet *packet, uint64_t now_ns,
                             struct steps_result *result);

/* Step 5: what came out for a pool address goes in again on the IPv4 side. */
static enum reason hairpin(struct steps *steps, struct packet *packet, uint64_t now_ns,
                           struct steps_result *result)
{
    steps_count(steps, TALLY_HAIRPINS, 1);
    explain(steps, hairpin, packet);
    enum reason reason = parse_packet(packet);
    if (reason != REASON_OK)
        return reason;
    return from_ipv4(steps, packet, now_ns, result);
}

static enum reason error_from_ipv6(struct steps *steps, struct packet *packet, struct flow *flow,
                                   uint64_t now_ns, struct steps_result *result)
{
    struct relay relay;
    enum reason reason = relay_tuple6(steps, packet, flow, &relay);
    if (reason != REASON_OK)
        return reason;
    if (!to_owner(steps, flow, shard6(steps, flow->transport, &flow->src6, flow->src6_port), result))
        return REASON_OK;
    look_up6(steps, flow);
    explain(steps, tuple, flow, TRACE_QUOTED);
    reason = relay_to_ipv4(steps, flow, packet, &relay, now_ns);
    if (reason == REASON_OK && packet->hairpin)
        return hairpin(steps, packet, now_ns, result);
    return reason;
}

/* A translator without pool has nothing for hosts without a mapping. */
static enum reason refuse_unmapped(struct steps *steps, const struct packet *packet)
{
    struct in6_addr source;
    memcpy(&source, parse_source6(packet), sizeof(source));
    enum reason reason = guard_source6(&steps->shared->guard, steps->network, &source);
    explain(steps, source, &source, reason);
    return reason == REASON_OK ? REASON_NO_MAPPING : reason;
}

static enum reason from_ipv6(struct steps *steps, struct packet *packet, uint64_t now_ns,
                             struct steps_result *result)
{
    struct flow flow = {.from_ipv6 = true, .bib = STATE_NONE, .session = STATE_NONE};
    enum kind kind;
    bool ours;
    enum reason reason = stateless_to_ipv4(steps, packet, now_ns, &result->cut_mtu, &ours);
    if (ours)
        return reason == REASON_OK && packet->hairpin ? hairpin(steps, packet, now_ns, result) : reason;
    if (steps->shared->prefixes->addresses == 0)
        return refuse_unmapped(steps, packet);
    reason = classify(steps, packet, &flow, &kind);
    if (reason == REASON_UNKNOWN_PROTOCOL) {
        /* Only a backend is told that its protocol does not pass. */
        memcpy(&flow.src6, parse_source6(packet), sizeof(flow.src6));
        enum reason refused = guard_source6(&steps->shared->guard, steps->network, &flow.src6);
        explain(steps, source, &flow.src6, refused);
        return refused != REASON_OK ? refused : reason;
    }
    if (reason != REASON_OK)
        return reason;
    if (kind == KIND_ERROR)
        return error_from_ipv6(steps, packet, &flow, now_ns, result);
    reason = tuple6(steps, packet, &flow);
    if (reason != REASON_OK)
        return reason;
    if (!to_owner(steps, &flow, shard6(steps, flow.transport, &flow.src6, flow.src6_port), result))
        return REASON_OK;
    look_up6(steps, &flow);
    explain(steps, tuple, &flow, TRACE_TUPLE);
    reason = allocate_on_demand(steps, &flow, now_ns);
    if (reason == REASON_OK)
        reason = step2_from_ipv6(steps, &flow, packet, now_ns);
    if (reason == REASON_OK)
        reason = outgoing_to_ipv4(steps, &flow, packet, &result->cut_mtu);
    allocate_settle(steps, &flow);
    if (reason == REASON_OK && packet->hairpin)
        return hairpin(steps, packet, now_ns, result);
    return reason;
}

static enum reason error_from_ipv4(struct steps *steps, struct packet *packet, struct flow *flow,
                                   uint64_t now_ns, struct steps_result *result)
{
    struct relay relay;
    enum reason reason = relay_tuple4(steps, packet, flow, &relay);
    if (reason != REASON_OK)
        return reason;
    flow->address = prefixes_find(steps->shared->prefixes, flow->src4);
    if (flow->address == PREFIXES_NONE || !steps_is_pool(steps, flow->transport, flow->src4, flow->src4_port))
        return REASON_NOT_POOL;
    if (!to_owner(steps, flow, shard4(steps, flow), result))
        return REASON_OK;
    look_up4(steps, flow);
    explain(steps, tuple, flow, TRACE_QUOTED);
    return relay_to_ipv6(steps, flow, packet, &relay, now_ns);
}

static enum reason from_ipv4(struct steps *steps, struct packet *packet, uint64_t now_ns,
                             struct steps_result *result)
{
    struct flow flow = {.bib = STATE_NONE, .session = STATE_NONE};
    enum kind kind;
    bool ours;
    enum reason reason = stateless_to_ipv6(steps, packet, now_ns, &result->cut_mtu, &ours);
    if (ours)
        return reason;
    reason = classify(steps, packet, &flow, &kind);
    if (reason != REASON_OK)
        return reason;
    if (kind == KIND_ERROR)
        return error_from_ipv4(steps, packet, &flow, now_ns, result);
    reason = tuple4(steps, packet, &flow);
    if (reason != REASON_OK)
        return reason;
    if (!to_owner(steps, &flow, shard4(steps, &flow), result))
        return REASON_OK;
    look_up4(steps, &flow);
    explain(steps, tuple, &flow, TRACE_TUPLE);
    reason = allocate_on_demand(steps, &flow, now_ns);
    if (reason == REASON_OK)
        reason = step2_from_ipv4(steps, &flow, packet, now_ns);
    /* Answers to a session come from the prefix that the backend asked. */
    if (flow.session != STATE_NONE)
        flow.pref64 = steps_pref64(steps, session_at(&flow_shard(steps, &flow)->sessions, flow.session));
    if (reason == REASON_OK)
        reason = outgoing_to_ipv6(steps, &flow, packet, &result->cut_mtu);
    allocate_settle(steps, &flow);
    return reason;
}

/* What came in, before translation changed it. */
struct arrival {
    uint8_t family;
    uint32_t len;
    uint32_t segments;
};

static void count_in(struct steps *steps, const struct arrival *arrival)
{
    bool v6 = arrival->family == 6;
    if (arrival->family == 0)
        return;
    steps_count(steps, v6 ? TALLY_FROM_IPV6 : TALLY_FROM_IPV4, arrival->segments);
    steps_count(steps, v6 ? TALLY_BYTES_FROM_IPV6 : TALLY_BYTES_FROM_IPV4, arrival->len);
    if (arrival->segments > 1)
        steps_count(steps, TALLY_SUPER_PACKETS, 1);
}

void steps_failed(struct steps *steps, enum reason reason)
{
    counters_add(steps->counters, reason, 1);
    explain(steps, failed, reason);
}

void steps_learn_mtu6(struct steps *steps, const struct in6_addr *backend, uint32_t mtu, uint64_t now_ns)
{
    if (mtu < network_mtu6(steps->network, backend) &&
        path_mtu_learn(steps->shared->path_mtus, backend, mtu, now_ns))
        steps_count(steps, TALLY_PATH_MTUS, 1);
}

static void drop(struct steps *steps, const struct packet *packet, uint64_t now_ns,
                 struct steps_result *result)
{
    result->verdict = STEPS_DROP;
    result->reply_len = answer_drop(steps, packet, result->reason, result->cut_mtu, now_ns);
    result->cut_mtu = 0;
}

/* Step 1 for a fragment that was not collected yet; all steps for everything else. */
static enum reason take_steps(struct steps *steps, struct packet *packet, uint64_t now_ns,
                              struct steps_result *result)
{
    if (packet_wants_collecting(packet)) {
        enum reason reason = collect_fragment(steps, packet, now_ns, result);
        if (reason != REASON_OK || result->verdict != STEPS_SEND)
            return reason;
    }
    return packet->family == 6 ? from_ipv6(steps, packet, now_ns, result)
                               : from_ipv4(steps, packet, now_ns, result);
}

/* Counts what became of it, and finds the answer to a packet that is dropped. */
static void conclude(struct steps *steps, const struct packet *packet, uint64_t now_ns,
                     struct steps_result *result)
{
    enum reason reason = result->reason;
    if (reason == REASON_OK && result->verdict == STEPS_KEPT)
        return;
    if (reason == REASON_OK && result->verdict == STEPS_HANDOVER) {
        steps_count(steps, TALLY_HANDOVERS, 1);
        return; /* its owner counts what becomes of it */
    }
    counters_add(steps->counters, reason, 1);
    if (reason == REASON_OK)
        steps_count(steps, packet->family == 6 ? TALLY_TO_IPV6 : TALLY_TO_IPV4, packet_segments(packet));
    else
        drop(steps, packet, now_ns, result);
}

void steps_packet(struct steps *steps, struct packet *packet, uint64_t now_ns,
                  struct steps_result *ret_result)
{
    struct arrival arrival = {0};
    *ret_result = (struct steps_result){.verdict = STEPS_SEND};

    enum reason reason = parse_packet(packet);
    if (__builtin_expect(steps->trace.wanting != 0, 0))
        trace_begin(&steps->trace, packet, reason, now_ns);
    if (reason == REASON_OK) {
        arrival = (struct arrival){packet->family, packet->len, packet_segments(packet)};
        reason = take_steps(steps, packet, now_ns, ret_result);
    }
    ret_result->reason = reason;
    if (!packet->counted && (ret_result->verdict != STEPS_HANDOVER || packet->hairpin)) {
        count_in(steps, &arrival);
        packet->counted = true;
    }
    conclude(steps, packet, now_ns, ret_result);
    explain(steps, verdict, packet, ret_result);
}

/* RFC 6146 3.5.2.2 asks the backend; the operator may choose the other side, both, or none. Of two packets
 * the second comes with the next call. */
static uint32_t probe4_due(struct steps *steps, unsigned shard)
{
    if (!steps->probe4_due)
        return 0;
    steps->probe4_due = false;
    return answer_probe4(steps, shard, steps->probe4_session);
}

static uint32_t probe(struct steps *steps, unsigned shard, uint32_t slot)
{
    enum tcp_probe who = steps->shared->tcp.probe;
    steps->probe4_due = who == TCP_PROBE_IPV4 || who == TCP_PROBE_BOTH;
    steps->probe4_session = slot;
    if (who == TCP_PROBE_IPV6 || who == TCP_PROBE_BOTH)
        return answer_probe(steps, shard, slot);
    return probe4_due(steps, shard);
}

/* One shard: stored SYNs first, then sessions. */
static uint32_t shard_timeout(struct steps *steps, unsigned index, uint64_t now_ns, unsigned *budget)
{
    struct steps_shard *shard = &steps->shards[index];
    struct stored_syn syn;
    uint32_t slot, len;
    while (*budget > 0 && stored_syn_next(shard->syns, now_ns, &syn)) {
        (*budget)--;
        len = answer_syn(steps, &syn, now_ns);
        if (len > 0)
            return len;
    }
    len = probe4_due(steps, index);
    while (len == 0 && (slot = expiry_next(&shard->expiry, now_ns, budget)) != STATE_NONE) {
        if (session_at(&shard->sessions, slot)->transport == TRANSPORT_TCP &&
            tcp_timeout(steps, index, slot, now_ns))
            len = probe(steps, index, slot);
        else
            allocate_end_session(steps, index, slot, now_ns);
    }
    return len;
}

/* RFC 7857 2.1: the fuller a pool, the shorter its connections close. */
static void follow_use(const struct steps_shared *shared, struct expiry *expiry)
{
    for (uint32_t i = 0; i < shared->prefixes->pools_count; i++)
        expiry->closing_ns[i] =
            expiry_closing(shared->lifetime_ns[EXPIRY_TCP_CLOSING], shared->closing_full_ns,
                           block_use(shared->blocks, i, TRANSPORT_TCP), block_pool_ports(shared->blocks, i));
}

bool steps_waiting(const struct steps *steps)
{
    return fragments_ready(steps->fragments);
}

void steps_take_waiting(struct steps *steps, struct packet *packet)
{
    if (fragments_take(steps->fragments, packet))
        steps_count(steps, TALLY_REASSEMBLED, 1);
}

uint32_t steps_timeout(struct steps *steps, uint64_t now_ns, unsigned *budget)
{
    counters_add(steps->counters, REASON_FRAGMENT_TIMEOUT,
                 fragments_expire(steps->fragments, now_ns, steps->shared->fragment_ns));
    if (steps->worker == 0)
        path_mtu_expire(steps->shared->path_mtus, now_ns);
    while (steps->timeout_shard < steps->shared->shards) {
        if (steps_owns(steps, steps->timeout_shard)) {
            follow_use(steps->shared, &steps->shards[steps->timeout_shard].expiry);
            uint32_t len = shard_timeout(steps, steps->timeout_shard, now_ns, budget);
            if (len > 0 || *budget == 0)
                return len;
            allocate_advance(steps, steps->timeout_shard, now_ns);
        }
        steps->timeout_shard++;
    }
    steps->timeout_shard = 0;
    *budget = 0;
    return 0;
}
