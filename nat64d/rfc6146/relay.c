/*
 * Layer: path
 * Specification: RFC 6146 3.4 - 3.7, RFC 5508 4
 */
#include "nat64d/rfc6146/relay.h"

#include <string.h>

#include "common/pref64.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc6146/filter.h"
#include "nat64d/rfc6146/outgoing.h"
#include "nat64d/rfc6146/tcp.h"
#include "nat64d/rfc7915/icmp46.h"
#include "nat64d/rfc7915/icmp64.h"

/* The transport of a quoted packet; an ICMP message must be an echo, and never another error. */
static enum reason quoted_transport(const struct packet *quoted, enum transport *ret_transport)
{
    switch (quoted->protocol) {
    case PACKET_PROTO_TCP: *ret_transport = TRANSPORT_TCP; return REASON_OK;
    case PACKET_PROTO_UDP: *ret_transport = TRANSPORT_UDP; return REASON_OK;
    case PACKET_PROTO_ICMP4:
    case PACKET_PROTO_ICMP6:
        if (quoted->protocol != (quoted->family == 4 ? PACKET_PROTO_ICMP4 : PACKET_PROTO_ICMP6))
            return REASON_ICMP_INNER;
        switch (parse_icmp_kind(quoted)) {
        case PARSE_ICMP_ECHO_REQUEST:
        case PARSE_ICMP_ECHO_REPLY: *ret_transport = TRANSPORT_ICMP; return REASON_OK;
        case PARSE_ICMP_ERROR:
        case PARSE_ICMP_OTHER: break;
        }
        return REASON_ICMP_INNER;
    }
    return REASON_ICMP_INNER;
}

static enum reason find_quoted(const struct packet *packet, uint32_t offset, uint32_t len,
                               struct relay *ret_relay, enum transport *ret_transport)
{
    ret_relay->quoted = (struct packet){.data = packet->data + offset, .len = len};
    enum reason reason = parse_quoted(&ret_relay->quoted, packet->family, &ret_relay->total);
    if (reason != REASON_OK)
        return reason;
    return quoted_transport(&ret_relay->quoted, ret_transport);
}

/* The quoted packet went to the backend: its destination is (X',x), its source the image of (Z,z). */
enum reason relay_tuple6(struct steps *steps, const struct packet *packet, struct flow *flow,
                         struct relay *ret_relay)
{
    uint32_t offset, len, quoted_source;
    unsigned pref64;
    enum reason reason = icmp64_check(packet, &offset, &len);
    if (reason == REASON_OK)
        reason = find_quoted(packet, offset, len, ret_relay, &flow->transport);
    if (reason != REASON_OK)
        return reason;
    const struct packet *quoted = &ret_relay->quoted;
    struct in6_addr source;
    memcpy(&source, parse_source6(quoted), sizeof(source));
    if (!guard_find_pref64(&steps->shared->guard, &source, &pref64, &quoted_source) ||
        memcmp(parse_destination6(packet), &source, sizeof(source)) != 0)
        return REASON_ICMP_MISMATCH;
    memcpy(&flow->src6, parse_destination6(quoted), sizeof(flow->src6));
    flow->src6_port = parse_destination_port(quoted);
    flow->dst4 = quoted_source;
    flow->dst4_port = flow->transport == TRANSPORT_ICMP ? 0 : parse_source_port(quoted);
    flow->pref64 = pref64;
    return REASON_OK;
}

/* The quoted packet came from the backend: its source is (T,t), its destination (Z,z). */
enum reason relay_tuple4(struct steps *steps, const struct packet *packet, struct flow *flow,
                         struct relay *ret_relay)
{
    uint32_t offset, len;
    (void)steps;
    enum reason reason = icmp46_check(packet, &offset, &len);
    if (reason == REASON_OK)
        reason = find_quoted(packet, offset, len, ret_relay, &flow->transport);
    if (reason != REASON_OK)
        return reason;
    const struct packet *quoted = &ret_relay->quoted;
    if (parse_source4(quoted) != parse_destination4(packet))
        return REASON_ICMP_MISMATCH;
    flow->src4 = parse_source4(quoted);
    flow->src4_port = parse_source_port(quoted);
    flow->dst4 = parse_destination4(quoted);
    flow->dst4_port = flow->transport == TRANSPORT_ICMP ? 0 : parse_destination_port(quoted);
    return REASON_OK;
}

/* The translated error takes the packet's place in its buffer. */
static void replace(struct packet *packet, const uint8_t *bytes, uint32_t len, uint8_t family)
{
    memcpy(packet->data, bytes, len);
    packet->len = len;
    packet->family = family;
    packet->vnet = (struct packet_vnet){0};
}

static void link_mtu(const struct steps *steps, const struct in6_addr *backend, uint32_t dst4,
                     struct translation_mtu *ret_mtu)
{
    ret_mtu->mtu6 = network_mtu6(steps->network, backend);
    ret_mtu->mtu4 = network_mtu4(steps->network, dst4);
}

/* The session that an error speaks of; NULL if its binding has none with that peer. */
static struct session *quoted_session(struct steps *steps, const struct flow *flow)
{
    struct steps_shard *shard = flow_shard(steps, flow);
    uint32_t slot = session_find(&shard->sessions, flow->bib, flow->dst4, flow->dst4_port);
    return slot == STATE_NONE ? NULL : session_at(&shard->sessions, slot);
}

/* RFC 5927 4.1: an error about TCP is believed only about what is in flight. */
static bool is_credible(const struct steps *steps, const struct session *session, const struct packet *quoted,
                        bool sent_by_backend)
{
    return session == NULL || session->transport != TRANSPORT_TCP || steps->shared->tcp.ignore_window ||
           tcp_in_flight(session, quoted, sent_by_backend);
}

static bool within_rate6(struct steps *steps, const struct packet *packet, uint64_t now_ns)
{
    struct in6_addr from;
    memcpy(&from, parse_source6(packet), sizeof(from));
    return rate_allow_relayed6(&steps->rate, &from, now_ns);
}

/* A router on the way to the backend carries less than our link: whatever goes there from now on keeps to it,
 * by any worker. A TCP session keeps it for good: of its super-packets NFQUEUE does not tell the segment
 * size, and each would be too big again (RFC 8201 4). */
static void follow_path(struct steps *steps, const struct flow *flow, struct session *session, uint32_t mtu,
                        uint64_t now_ns)
{
    uint32_t mss = mtu - PACKET_IPV6_HEADER - PACKET_TCP_HEADER;
    steps_learn_mtu6(steps, &flow->src6, mtu, now_ns);
    explain(steps, path, mtu);
    if (session->transport == TRANSPORT_TCP && mss < session->mss6)
        session->mss6 = (uint16_t)mss;
}

enum reason relay_to_ipv4(struct steps *steps, struct flow *flow, struct packet *packet,
                          const struct relay *relay, uint64_t now_ns)
{
    struct translation_mtu mtu;
    struct translation4 inner;
    uint32_t len;
    if (flow->bib == STATE_NONE)
        return REASON_ICMP_NO_BINDING;
    if (packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    struct session *session = quoted_session(steps, flow);
    if (!is_credible(steps, session, &relay->quoted, false))
        return REASON_ICMP_SEQUENCE;
    if (!within_rate6(steps, packet, now_ns))
        return REASON_ICMP_RATE;
    uint32_t path_mtu = icmp64_path_mtu(packet);
    if (session != NULL && path_mtu != 0)
        follow_path(steps, flow, session, path_mtu, now_ns);
    const struct bib_entry *entry = flow_binding(steps, flow);
    link_mtu(steps, &flow->src6, flow->dst4, &mtu);
    /* As the IPv4 host sent it: from (Z,z) to (T,t). */
    inner.source = flow->dst4;
    inner.source_port = flow->transport == TRANSPORT_ICMP ? entry->src4_port : flow->dst4_port;
    inner.destination = entry->src4;
    inner.destination_port = entry->src4_port;
    enum reason reason = icmp64_translate(packet, &relay->quoted, relay->total, entry->src4, flow->dst4,
                                          &inner, &mtu, &steps->shared->options, steps->scratch, &len);
    if (reason != REASON_OK)
        return reason;
    replace(packet, steps->scratch, len, 4);
    explain(steps, relayed4, entry->src4, flow->dst4);
    packet->hairpin = steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port);
    return REASON_OK;
}

/* Which prefix shows the remote host: the session's, if there is one; else any that may. */
static bool choose_pref64(struct steps *steps, struct flow *flow, const struct session *session)
{
    if (session != NULL) {
        flow->pref64 = steps_pref64(steps, session);
        return true;
    }
    if (steps_is_pool(steps, flow->transport, flow->dst4, flow->dst4_port)) {
        flow->pref64 = 0;
        return true;
    }
    return guard_image_pref64(&steps->shared->guard, flow->dst4, &flow->pref64);
}

/* The router's image, or the gateway's own address where the prefix may not hold it: an error is never
 * dropped for its sender, since path MTU discovery lives on it. */
static bool choose_source(struct steps *steps, const struct flow *flow, uint32_t router,
                          const struct in6_addr *backend, struct in6_addr *ret_source)
{
    const struct guard *guard = &steps->shared->guard;
    if (prefixes_find(steps->shared->prefixes, router) != PREFIXES_NONE ||
        guard_may_hold(guard, flow->pref64, router)) {
        *ret_source = pref64_embed(&guard->pref64[flow->pref64].prefix, router);
        return true;
    }
    steps_count(steps, TALLY_SOURCE_REPLACED, 1);
    return network_source6(steps->network, backend, ret_source);
}

enum reason relay_to_ipv6(struct steps *steps, struct flow *flow, struct packet *packet,
                          const struct relay *relay, uint64_t now_ns)
{
    struct translation_mtu mtu;
    struct translation6 to, inner;
    struct in6_addr source;
    uint32_t len;
    if (flow->bib == STATE_NONE || !filter_passes(steps, flow))
        return REASON_ICMP_NO_BINDING;
    const struct session *session = quoted_session(steps, flow);
    if (!choose_pref64(steps, flow, session))
        return REASON_ICMP_NO_BINDING;
    if (!packet->hairpin && packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    if (!is_credible(steps, session, &relay->quoted, true))
        return REASON_ICMP_SEQUENCE;
    if (!packet->hairpin && !rate_allow_relayed4(&steps->rate, parse_source4(packet), now_ns))
        return REASON_ICMP_RATE;
    outgoing_tuple6(steps, flow, &to);
    if (!choose_source(steps, flow, parse_source4(packet), &to.destination, &source))
        return REASON_SOURCE_DENIED;
    link_mtu(steps, &to.destination, flow->dst4, &mtu);
    /* As the backend sent it: from (X',x) to (Y',y). */
    inner.source = to.destination;
    inner.source_port = to.destination_port;
    inner.destination = to.source;
    inner.destination_port = to.source_port;
    enum reason reason = icmp46_translate(packet, &relay->quoted, relay->total, &source, &to.destination,
                                          &inner, &mtu, &steps->shared->options, steps->scratch, &len);
    if (reason != REASON_OK)
        return reason;
    explain(steps, relayed6, &source, &to.destination);
    replace(packet, steps->scratch, len, 6);
    return REASON_OK;
}
