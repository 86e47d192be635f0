/*
 * Layer: path
 * Specification: RFC 6146 3.5.2.2
 */
#include "nat64d/rfc6146/tcp.h"

#include <errno.h>

#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc6146/filter.h"
#include "nat64d/rfc6146/tcp_state.h"
#include "nat64d/rfc6146/tcp_window.h"

static void apply_lifetime(struct steps_shard *shard, uint32_t slot, enum tcp_lifetime lifetime,
                           uint64_t now_ns)
{
    switch (lifetime) {
    case TCP_LIFETIME_KEEP: break;
    case TCP_LIFETIME_ESTABLISHED:
        expiry_refresh(&shard->expiry, slot, EXPIRY_TCP_ESTABLISHED, now_ns);
        break;
    case TCP_LIFETIME_OPENING: expiry_refresh(&shard->expiry, slot, EXPIRY_TCP_OPENING, now_ns); break;
    case TCP_LIFETIME_CLOSING: expiry_shorten(&shard->expiry, slot, EXPIRY_TCP_CLOSING, now_ns); break;
    case TCP_LIFETIME_REFUSED: expiry_limit(&shard->expiry, slot, EXPIRY_TCP_CLOSING, now_ns); break;
    }
}

static_assert((int)SESSION_KNOWN6 == (int)TCP_WINDOW_KNOWN6 << 1 &&
                  (int)SESSION_KNOWN4 == (int)TCP_WINDOW_KNOWN4 << 1,
              "flags of a session hold what is known of its window");

static struct tcp_window window_of(const struct session *session)
{
    return (struct tcp_window){
        session->seq6,
        session->ack6,
        session->seq4,
        session->ack4,
        session->window6,
        session->window4,
        session->scale6,
        session->scale4,
        (uint8_t)((session->flags & (SESSION_KNOWN6 | SESSION_KNOWN4)) >> 1),
    };
}

/* Whether the segment fits its connection; if so, what it shows is kept. */
static bool follow_window(struct session *session, const struct packet *packet, bool from_ipv6)
{
    struct tcp_window_segment segment;
    struct tcp_window window = window_of(session);
    tcp_window_read(packet, &segment);
    if (!(from_ipv6 ? tcp_window_step6(&window, &segment) : tcp_window_step4(&window, &segment)))
        return false;
    session->seq6 = window.seq6;
    session->ack6 = window.ack6;
    session->seq4 = window.seq4;
    session->ack4 = window.ack4;
    session->window6 = window.window6;
    session->window4 = window.window4;
    session->scale6 = window.scale6;
    session->scale4 = window.scale4;
    session->flags = (uint8_t)((session->flags & ~(SESSION_KNOWN6 | SESSION_KNOWN4)) | window.known << 1);
    return true;
}

static enum reason in_session(struct steps *steps, const struct flow *flow, enum tcp_event event,
                              const struct packet *packet, uint64_t now_ns)
{
    const struct steps_shared *shared = steps->shared;
    struct steps_shard *shard = flow_shard(steps, flow);
    struct session *session = session_at(&shard->sessions, flow->session);
    /* RFC 6146 5.2: what does not fit may still mean something to the other end, but nothing here. */
    if (!follow_window(session, packet, flow->from_ipv6)) {
        steps_count(steps, TALLY_TCP_OUT_OF_WINDOW, 1);
        explain(steps, window, shared->tcp.ignore_window);
        if (!shared->tcp.ignore_window)
            return REASON_OK;
    }
    uint8_t before = session->tcp_state;
    struct tcp_step step = tcp_state_choose(&shared->tcp, before, event);
    bool stays = session->tcp_state == step.next;
    if (!stays)
        session->tcp_state = (uint8_t)step.next;
    bool refreshes = step.lifetime != TCP_LIFETIME_CLOSING && step.lifetime != TCP_LIFETIME_REFUSED;
    if (!stays || flow->from_ipv6 || !shared->outbound_refresh || !refreshes)
        apply_lifetime(shard, flow->session, step.lifetime, now_ns);
    explain(steps, session, flow, TRACE_YES, before, now_ns);
    return REASON_OK;
}

/* A session that the segment makes. */
static enum reason make_session(struct steps *steps, struct flow *flow, enum tcp_state state,
                                enum expiry_lifetime lifetime, const struct packet *packet, uint64_t now_ns)
{
    enum reason reason = allocate_session(steps, flow, state, lifetime, now_ns);
    if (reason == REASON_OK)
        follow_window(session_at(&flow_shard(steps, flow)->sessions, flow->session), packet, flow->from_ipv6);
    return reason;
}

/* CLOSED, SYN from IPv6. A SYN that IPv4 sent before and that is stored makes it a simultaneous open: it is
 * thrown away in silence and the session is established (RFC 5382 REQ-4). */
static enum reason open_from_ipv6(struct steps *steps, struct flow *flow, const struct packet *packet,
                                  uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    bool made;
    enum reason reason = allocate_outbound(steps, flow, now_ns, &made);
    if (reason != REASON_OK)
        return reason;
    const struct bib_entry *entry = flow_binding(steps, flow);
    bool crossed = stored_syn_has(shard->syns, entry->src4, entry->src4_port, flow->dst4, flow->dst4_port);
    reason = make_session(steps, flow, crossed ? TCP_STATE_ESTABLISHED : TCP_STATE_V6_INIT,
                          crossed ? EXPIRY_TCP_ESTABLISHED : EXPIRY_TCP_OPENING, packet, now_ns);
    if (reason != REASON_OK) {
        if (made)
            allocate_undo_binding(steps, flow, now_ns);
        return reason;
    }
    if (crossed)
        stored_syn_drop(shard->syns, entry->src4, entry->src4_port, flow->dst4, flow->dst4_port);
    return REASON_OK;
}

enum reason tcp_from_ipv6(struct steps *steps, struct flow *flow, const struct packet *packet,
                          uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    enum tcp_event event = tcp_state_event(parse_tcp_flags(packet), true);
    if (event == TCP_EVENT_INVALID)
        return REASON_TCP_FLAGS;
    if (flow->bib != STATE_NONE) {
        flow->session = session_find(&shard->sessions, flow->bib, flow->dst4, flow->dst4_port);
        if (flow->session != STATE_NONE)
            return in_session(steps, flow, event, packet, now_ns);
    }
    if (event == TCP_EVENT_V6_SYN)
        return open_from_ipv6(steps, flow, packet, now_ns);
    /* CLOSED, another segment: it may pass on an existing binding, but makes no session. */
    enum reason reason = filter_outbound(steps, flow);
    if (reason != REASON_OK)
        return reason;
    return flow->bib == STATE_NONE ? REASON_NO_SESSION : REASON_OK;
}

/* RFC 6146 3.5.2.2: not answered for 6 s, since the backend may be opening the same connection. */
static enum reason store_syn(struct steps *steps, const struct flow *flow, const struct packet *packet,
                             uint64_t now_ns)
{
    int r = stored_syn_add(flow_shard(steps, flow)->syns, flow->src4, flow->src4_port, flow->dst4,
                           flow->dst4_port, packet->data, packet->len, now_ns + steps->shared->syn_wait_ns);
    if (r == -EEXIST)
        return REASON_SYN_REPEATED;
    return r < 0 ? REASON_SYN_FULL : REASON_SYN_STORED;
}

/* CLOSED, SYN from IPv4. The address-dependent filter is asked first: a host that the backend talks to (and
 * everyone, for a static binding) may connect; RFC 6146 would store its SYN as any other. */
static enum reason open_from_ipv4(struct steps *steps, struct flow *flow, const struct packet *packet,
                                  uint64_t now_ns)
{
    if (flow->bib == STATE_NONE || !filter_passes(steps, flow))
        return store_syn(steps, flow, packet, now_ns);
    enum reason reason = filter_inbound(steps, flow);
    if (reason != REASON_OK)
        return reason;
    reason = make_session(steps, flow, TCP_STATE_V4_INIT, EXPIRY_TCP_OPENING, packet, now_ns);
    /* The same SYN may have been stored when it was not yet let in: its sender gets no error now. */
    if (reason == REASON_OK)
        stored_syn_drop(flow_shard(steps, flow)->syns, flow->src4, flow->src4_port, flow->dst4,
                        flow->dst4_port);
    return reason;
}

enum reason tcp_from_ipv4(struct steps *steps, struct flow *flow, const struct packet *packet,
                          uint64_t now_ns)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    enum tcp_event event = tcp_state_event(parse_tcp_flags(packet), false);
    if (event == TCP_EVENT_INVALID)
        return REASON_TCP_FLAGS;
    if (flow->bib != STATE_NONE) {
        flow->session = session_find(&shard->sessions, flow->bib, flow->dst4, flow->dst4_port);
        if (flow->session != STATE_NONE)
            return in_session(steps, flow, event, packet, now_ns);
        enum reason reason = filter_client(steps, flow);
        if (reason != REASON_OK)
            return reason;
    }
    if (event == TCP_EVENT_V4_SYN)
        return open_from_ipv4(steps, flow, packet, now_ns);
    if (flow->bib == STATE_NONE)
        return REASON_NO_SESSION;
    if (!filter_passes(steps, flow))
        return REASON_FILTERED;
    return filter_inbound(steps, flow);
}

bool tcp_in_flight(const struct session *session, const struct packet *quoted, bool sent_by_backend)
{
    struct tcp_window window = window_of(session);
    return tcp_window_in_flight(&window, sent_by_backend, parse_tcp_sequence(quoted));
}

bool tcp_timeout(struct steps *steps, unsigned shard_index, uint32_t slot, uint64_t now_ns)
{
    struct steps_shard *shard = &steps->shards[shard_index];
    struct session *session = session_at(&shard->sessions, slot);
    struct tcp_step step = tcp_state_step(session->tcp_state, TCP_EVENT_TIMEOUT);
    if (step.action != TCP_ACTION_PROBE)
        return false;
    session->tcp_state = (uint8_t)step.next;
    expiry_start(&shard->expiry, slot, EXPIRY_TCP_CLOSING, now_ns);
    return true;
}
