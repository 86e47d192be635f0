/*
 * Layer: path
 * Specification: RFC 6146 3.6, 3.7, 3.8
 */
#include "nat64d/rfc6146/outgoing.h"

#include "common/pref64.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"
#include "nat64d/rfc7915/l4.h"

/* RFC 6146 3.6.1: v6 to v4, the source is the binding's, the destination the algorithm's. */
void outgoing_tuple4(struct steps *steps, const struct flow *flow, struct translation4 *ret_to)
{
    const struct bib_entry *entry = flow_binding(steps, flow);
    bool icmp = flow->transport == TRANSPORT_ICMP;
    ret_to->source = entry->src4;
    ret_to->source_port = entry->src4_port;
    ret_to->destination = flow->dst4;
    ret_to->destination_port = icmp ? entry->src4_port : flow->dst4_port;
}

/* v4 to v6: the source is the algorithm's, the destination the binding's. */
void outgoing_tuple6(struct steps *steps, const struct flow *flow, struct translation6 *ret_to)
{
    const struct bib_entry *entry = flow_binding(steps, flow);
    bool icmp = flow->transport == TRANSPORT_ICMP;
    ret_to->source = pref64_embed(&steps->shared->guard.pref64[flow->pref64].prefix, flow->dst4);
    ret_to->source_port = icmp ? entry->src6_port : flow->dst4_port;
    ret_to->destination = entry->src6;
    ret_to->destination_port = entry->src6_port;
}

/* A SYN: its MSS option is lowered to what both links and the path carry, and remembered, since NFQUEUE tells
 * no segment size of what the other side sends. */
static void clamp_mss(struct steps *steps, const struct flow *flow, struct packet *packet)
{
    if (flow->transport != TRANSPORT_TCP || packet->fragment_offset != 0 ||
        !(parse_tcp_flags(packet) & PARSE_TCP_SYN))
        return;
    struct translation_mtu mtu = {
        .mtu6 = steps_mtu6(steps, &flow_binding(steps, flow)->src6),
        .mtu4 = network_mtu4(steps->network, flow->dst4),
    };
    if (steps->shared->options.mss_clamp && l4_clamp_mss(packet, l4_mss_limit(&mtu))) {
        steps_count(steps, TALLY_MSS_CLAMPED, 1);
        explain(steps, mss, l4_mss_limit(&mtu));
    }
    if (flow->session == STATE_NONE)
        return;
    struct session *session = session_at(&flow_shard(steps, flow)->sessions, flow->session);
    *(flow->from_ipv6 ? &session->mss6 : &session->mss4) = l4_mss(packet);
}

/* The segments of a super-packet whose size the kernel did not tell: what the backend's SYN asked for, or its
 * path carries, less the options that each segment carries (RFC 6691 2). */
static void size_segments(struct steps *steps, const struct flow *flow, struct packet *packet)
{
    const struct session *session = NULL;
    if (flow->session != STATE_NONE)
        session = session_at(&flow_shard(steps, flow)->sessions, flow->session);
    uint32_t mss = session != NULL && session->mss6 != 0 ? session->mss6 : PACKET_DEFAULT_MSS6;
    uint32_t most =
        steps_mtu6(steps, &flow_binding(steps, flow)->src6) - PACKET_IPV6_HEADER - PACKET_TCP_HEADER;
    if (mss > most)
        mss = most;
    uint32_t options = (uint32_t)(packet->l4_len - PACKET_TCP_HEADER);
    packet->vnet.gso_size = (uint16_t)(mss > 2 * options ? mss - options : options + 1);
    packet->gso_guessed = false;
    if ((uint32_t)packet->l3_len + packet->l4_len + packet->vnet.gso_size >= packet->len)
        packet->vnet.gso_type = packet->vnet.gso_size = 0;
}

static void count_segments(struct session *session, const struct packet *packet, bool from_ipv6)
{
    uint32_t segments = packet_segments(packet);
    _Atomic uint64_t *packets = from_ipv6 ? &session->packets6 : &session->packets4;
    _Atomic uint64_t *bytes = from_ipv6 ? &session->bytes6 : &session->bytes4;
    atomic_store_explicit(packets, atomic_load_explicit(packets, memory_order_relaxed) + segments,
                          memory_order_relaxed);
    atomic_store_explicit(bytes, atomic_load_explicit(bytes, memory_order_relaxed) + packet->len,
                          memory_order_relaxed);
}

/* Counts the packet in its session, and remembers that both sides have spoken. */
static void note_session(struct steps *steps, const struct flow *flow, const struct packet *packet)
{
    if (flow->session == STATE_NONE)
        return;
    struct session *session = session_at(&flow_shard(steps, flow)->sessions, flow->session);
    count_segments(session, packet, flow->from_ipv6);
    uint8_t pref64 = steps->shared->pref64_slot[flow->pref64];
    if (flow->from_ipv6 && session->pref64 != pref64)
        session->pref64 = pref64; /* answers come from the prefix that was asked last */
    if (!(session->flags & SESSION_ANSWERED) && session->packets6 != 0 && session->packets4 != 0) {
        session->flags |= SESSION_ANSWERED;
        quota_session_answered(steps->shared->quota, &flow_binding(steps, flow)->src6);
    }
}

enum reason outgoing_to_ipv4(struct steps *steps, const struct flow *flow, struct packet *packet,
                             uint32_t *ret_mtu)
{
    const struct steps_shared *shared = steps->shared;
    bool hairpin = steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port);
    struct translation4 to;
    uint16_t id = 0;

    if (packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    *ret_mtu = 0;
    if (!hairpin && packet_segment_len(packet) > steps->network->lowest_mtu4) {
        uint32_t mtu, mtu4 = network_mtu4(steps->network, flow->dst4);
        enum header64_fit fit = header64_fit(packet, mtu4, &mtu);
        explain(steps, fit4, packet, fit, mtu4);
        switch (fit) {
        case HEADER64_FITS: break;
        case HEADER64_CUT: *ret_mtu = mtu; break;
        case HEADER64_TOO_BIG: *ret_mtu = mtu; return REASON_TOO_BIG;
        }
    }
    outgoing_tuple4(steps, flow, &to);
    explain(steps, outgoing4, &to, flow->transport == TRANSPORT_ICMP);
    clamp_mss(steps, flow, packet);
    if (packet->fragment_offset == 0) {
        enum reason reason = l4_translate64(packet, &to);
        if (reason != REASON_OK)
            return reason;
    }
    note_session(steps, flow, packet);
    if (header64_needs_id(packet))
        id = identification_next(&steps->identification, to.source, to.destination, (uint8_t)flow->transport,
                                 packet_segments(packet));
    header64_translate(packet, &to, id, &shared->options);
    packet->source_port = to.source_port; /* a fragment that hairpins need not be collected again */
    packet->destination_port = to.destination_port;
    packet->hairpin = hairpin;
    return REASON_OK;
}

/* What is longer than the link that it came by was put together by the kernel (at an address shared with the
 * host), from fragments that had DF: cut it was already, and an MTU told to its sender changes nothing. TCP
 * has no such. */
static void forget_df(const struct steps *steps, const struct flow *flow, struct packet *packet)
{
    if (flow->transport != TRANSPORT_TCP && packet->len > network_mtu4(steps->network, flow->dst4))
        packet->dont_fragment = false;
}

enum reason outgoing_to_ipv6(struct steps *steps, const struct flow *flow, struct packet *packet,
                             uint32_t *ret_mtu)
{
    const struct steps_shared *shared = steps->shared;
    struct translation6 to;

    if (!packet->hairpin && packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    *ret_mtu = 0;
    if (packet->gso_guessed)
        size_segments(steps, flow, packet);
    outgoing_tuple6(steps, flow, &to);
    /* A segment that fits 1280 bytes as IPv6 needs no look at any MTU. */
    uint32_t growth = PACKET_IPV6_HEADER - PACKET_IPV4_HEADER;
    if (packet_is_fragment(packet))
        growth += PACKET_FRAGMENT_HEADER;
    if (packet_segment_len(packet) + growth > PACKET_MIN_IPV6_MTU) {
        uint32_t mtu, mtu6 = steps_mtu6(steps, &to.destination);
        if (packet->dont_fragment && packet->vnet.gso_size == 0 && !packet->hairpin)
            forget_df(steps, flow, packet);
        enum header46_fit fit = header46_fit(packet, &shared->options, mtu6, &mtu);
        explain(steps, fit6, packet, fit, mtu6);
        switch (fit) {
        case HEADER46_FITS: break;
        case HEADER46_CUT: *ret_mtu = mtu; break;
        case HEADER46_TOO_BIG: *ret_mtu = mtu; return REASON_TOO_BIG;
        }
    }
    explain(steps, outgoing6, &to, flow->transport == TRANSPORT_ICMP);
    clamp_mss(steps, flow, packet);
    if (packet->fragment_offset == 0) {
        enum reason reason = l4_translate46(packet, &to, &shared->options);
        if (reason != REASON_OK)
            return reason;
    }
    note_session(steps, flow, packet);
    header46_translate(packet, &to, &shared->options);
    return REASON_OK;
}
