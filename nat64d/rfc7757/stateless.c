/*
 * Layer: path
 * Specification: RFC 7757 3.3, 4; RFC 7915 4 and 5
 */
#include "nat64d/rfc7757/stateless.h"

#include <string.h>

#include "common/pref64.h"
#include "common/special.h"
#include "nat64d/packet/parse.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"
#include "nat64d/rfc7915/icmp46.h"
#include "nat64d/rfc7915/icmp64.h"
#include "nat64d/rfc7915/l4.h"
#include "nat64d/rfc7915/other.h"

/* The IPv4 address of a peer, and the prefix that it came by; STEPS_NO_PREF64 when a mapping gave it. */
static bool peer4(const struct steps *steps, const void *address, uint32_t *ret_address, unsigned *ret_pref64)
{
    struct in6_addr copy;
    memcpy(&copy, address, sizeof(copy));
    *ret_pref64 = STEPS_NO_PREF64;
    return eam_find6(steps->shared->eam, &copy, ret_address) ||
           guard_find_pref64(&steps->shared->guard, &copy, ret_pref64, ret_address);
}

/* The IPv6 address of a peer: by its mapping if that may be used, else under a prefix that may hold it. */
static bool peer6(const struct steps *steps, uint32_t address, bool by_mapping, struct in6_addr *ret_address)
{
    const struct guard *guard = &steps->shared->guard;
    unsigned pref64 = 0;
    if (by_mapping && eam_find4(steps->shared->eam, address, ret_address))
        return true;
    if (guard->pref64_count == 0)
        return false;
    bool ours =
        prefixes_find(steps->shared->prefixes, address) != PREFIXES_NONE || steps_is_mapped(steps, address);
    if (!ours && !guard_image_pref64(guard, address, &pref64))
        return false;
    *ret_address = pref64_embed(&guard->pref64[pref64].prefix, address);
    return true;
}

/* RFC 7757 4.2.1: in a hairpin a source is never shown by its mapping, or the answer would not come back. */
static bool shows_sources(const struct steps *steps, const struct packet *packet)
{
    return !packet->hairpin && steps->shared->eam_hairpin != STEPS_EAM_HAIRPIN_SIMPLE;
}

static bool has_ports(const struct packet *packet, enum transport *ret_transport)
{
    if (packet->protocol == PACKET_PROTO_TCP)
        *ret_transport = TRANSPORT_TCP;
    else if (packet->protocol == PACKET_PROTO_UDP)
        *ret_transport = TRANSPORT_UDP;
    else if (packet->protocol == (packet->family == 6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP4))
        *ret_transport = TRANSPORT_ICMP;
    else
        return false;
    return true;
}

/* Whether an IPv4 address (with the packet's port) is for a host behind us. */
static bool is_behind(const struct steps *steps, const struct packet *packet, uint32_t address, bool source)
{
    enum transport transport;
    if (steps_is_mapped(steps, address))
        return steps->shared->eam_hairpin == STEPS_EAM_HAIRPIN_INTRINSIC;
    if (!has_ports(packet, &transport))
        return false;
    return steps_is_pool(steps, transport, address,
                         source ? parse_source_port(packet) : parse_destination_port(packet));
}

static bool is_icmp(const struct packet *packet)
{
    return packet->protocol == (packet->family == 6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP4);
}

static bool is_error(const struct packet *packet)
{
    return is_icmp(packet) && !packet_is_fragment(packet) && packet->l4_len > 0 &&
           parse_icmp_kind(packet) == PARSE_ICMP_ERROR;
}

/* ICMP other than errors. It is whole: its fragments were put together (rfc6146/collect). */
static enum reason check_icmp(const struct steps *steps, struct packet *packet)
{
    if (!is_icmp(packet))
        return REASON_OK;
    if (packet_is_fragment(packet))
        return REASON_TRANSPORT_HEADER;
    vnet_complete_checksum(packet);
    if (parse_icmp_kind(packet) == PARSE_ICMP_OTHER)
        return REASON_ICMP_TYPE;
    return steps->shared->forbids_pings ? REASON_PING : REASON_OK;
}

static void clamp_mss(struct steps *steps, struct packet *packet, const struct in6_addr *host6,
                      uint32_t host4)
{
    if (packet->protocol != PACKET_PROTO_TCP || packet_is_fragment(packet) ||
        !steps->shared->options.mss_clamp || !(parse_tcp_flags(packet) & PARSE_TCP_SYN))
        return;
    struct translation_mtu mtu = {steps_mtu6(steps, host6), network_mtu4(steps->network, host4)};
    if (l4_clamp_mss(packet, l4_mss_limit(&mtu))) {
        steps_count(steps, TALLY_MSS_CLAMPED, 1);
        explain(steps, mss, l4_mss_limit(&mtu));
    }
}

/* It begins behind the ports and the checksum. */
static bool is_later_fragment(const struct packet *packet)
{
    return packet->fragment_offset != 0 &&
           (packet->protocol == PACKET_PROTO_TCP || packet->protocol == PACKET_PROTO_UDP);
}

static enum reason transport64(struct packet *packet, struct translation4 *to)
{
    enum transport transport;
    if (is_later_fragment(packet))
        return REASON_OK;
    if (!has_ports(packet, &transport))
        return other_translate64(packet, to);
    to->source_port = parse_source_port(packet);
    to->destination_port = parse_destination_port(packet);
    return l4_translate64(packet, to);
}

static enum reason transport46(struct steps *steps, struct packet *packet, struct translation6 *to)
{
    enum transport transport;
    if (is_later_fragment(packet))
        return REASON_OK;
    if (!has_ports(packet, &transport))
        return other_translate46(packet, to);
    to->source_port = parse_source_port(packet);
    to->destination_port = parse_destination_port(packet);
    return l4_translate46(packet, to, &steps->shared->options);
}

/* From a mapped host, any packet but an error. */
static enum reason flow_to_ipv4(struct steps *steps, struct packet *packet, uint32_t source,
                                uint32_t *ret_mtu)
{
    struct translation4 to = {.source = source};
    struct in6_addr host;
    unsigned pref64;
    uint16_t id = 0;
    memcpy(&host, parse_source6(packet), sizeof(host));
    if (!peer4(steps, parse_destination6(packet), &to.destination, &pref64))
        return REASON_NOT_PREF64;
    explain(steps, mapping6, &host, source, to.destination, pref64);
    /* RFC 7757 4.2.2: only what was asked for under the prefix turns round here. */
    bool hairpin = pref64 != STEPS_NO_PREF64 && is_behind(steps, packet, to.destination, false);
    enum reason reason = check_icmp(steps, packet);
    if (reason == REASON_OK && pref64 != STEPS_NO_PREF64 && !hairpin &&
        !steps_is_mapped(steps, to.destination)) {
        reason = guard_destination4(&steps->shared->guard, steps->network, pref64, to.destination);
        explain(steps, destination, pref64, to.destination, reason);
    }
    if (reason != REASON_OK)
        return reason;
    if (packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    if (!hairpin && packet_segment_len(packet) > steps->network->lowest_mtu4) {
        uint32_t mtu, mtu4 = network_mtu4(steps->network, to.destination);
        enum header64_fit fit = header64_fit(packet, mtu4, &mtu);
        explain(steps, fit4, packet, fit, mtu4);
        switch (fit) {
        case HEADER64_FITS: break;
        case HEADER64_CUT: *ret_mtu = mtu; break;
        case HEADER64_TOO_BIG: *ret_mtu = mtu; return REASON_TOO_BIG;
        }
    }
    clamp_mss(steps, packet, &host, to.destination);
    reason = transport64(packet, &to);
    if (reason != REASON_OK)
        return reason;
    explain(steps, outgoing4, &to, is_icmp(packet));
    if (header64_needs_id(packet))
        id = identification_next(&steps->identification, to.source, to.destination, packet->protocol,
                                 packet_segments(packet));
    header64_translate(packet, &to, id, &steps->shared->options);
    packet->hairpin = hairpin;
    return REASON_OK;
}

/* To a mapped host, any packet but an error. */
static enum reason flow_to_ipv6(struct steps *steps, struct packet *packet,
                                const struct in6_addr *destination, uint32_t *ret_mtu)
{
    struct translation6 to = {.destination = *destination};
    uint32_t source = parse_source4(packet);
    enum transport transport;
    if (special_martian4(source))
        return REASON_SOURCE_MARTIAN;
    /* A pool address never comes from outside: only our own hairpin carries it. */
    if (!packet->hairpin && !steps_is_mapped(steps, source) && has_ports(packet, &transport) &&
        steps_is_pool(steps, transport, source, parse_source_port(packet)))
        return REASON_SOURCE_MARTIAN;
    if (!peer6(steps, source, shows_sources(steps, packet), &to.source))
        return REASON_SOURCE_DENIED;
    explain(steps, mapping4, parse_destination4(packet), destination, &to.source);
    enum reason reason = check_icmp(steps, packet);
    if (reason != REASON_OK)
        return reason;
    if (!packet->hairpin && packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    if (packet_segment_len(packet) + PACKET_IPV6_HEADER - PACKET_IPV4_HEADER + PACKET_FRAGMENT_HEADER >
        PACKET_MIN_IPV6_MTU) {
        uint32_t mtu, mtu6 = steps_mtu6(steps, destination);
        enum header46_fit fit = header46_fit(packet, &steps->shared->options, mtu6, &mtu);
        explain(steps, fit6, packet, fit, mtu6);
        switch (fit) {
        case HEADER46_FITS: break;
        case HEADER46_CUT: *ret_mtu = mtu; break;
        case HEADER46_TOO_BIG: *ret_mtu = mtu; return REASON_TOO_BIG;
        }
    }
    clamp_mss(steps, packet, destination, source);
    reason = transport46(steps, packet, &to);
    if (reason != REASON_OK)
        return reason;
    explain(steps, outgoing6, &to, is_icmp(packet));
    header46_translate(packet, &to, &steps->shared->options);
    return REASON_OK;
}

/* The packet that an error quotes: never another error. */
static enum reason find_quoted(const struct packet *packet, uint32_t offset, uint32_t len,
                               struct packet *ret_quoted, uint32_t *ret_total)
{
    *ret_quoted = (struct packet){.data = packet->data + offset, .len = len};
    enum reason reason = parse_quoted(ret_quoted, packet->family, ret_total);
    if (reason != REASON_OK || !is_icmp(ret_quoted))
        return reason;
    enum parse_icmp kind = parse_icmp_kind(ret_quoted);
    return kind == PARSE_ICMP_ECHO_REQUEST || kind == PARSE_ICMP_ECHO_REPLY ? REASON_OK : REASON_ICMP_INNER;
}

static void replace(struct packet *packet, const uint8_t *bytes, uint32_t len, uint8_t family)
{
    memcpy(packet->data, bytes, len);
    packet->len = len;
    packet->family = family;
    packet->vnet = (struct packet_vnet){0};
}

/* RFC 6791 3: what stands for a router without an IPv4 address, one of several by chance, since the same for
 * two hops looks like a loop; where none is configured, the host that the packet was for. */
static uint32_t router_source4(struct steps *steps, uint32_t host4)
{
    const struct steps_shared *shared = steps->shared;
    if (shared->icmp_source4_count == 0)
        return host4;
    const struct addr_prefix4 *prefix =
        &shared->icmp_source4[port_random_below(&steps->random, (uint32_t)shared->icmp_source4_count)];
    uint32_t others = addr_last4(prefix) - prefix->address;
    return prefix->address + ((uint32_t)port_random_next(&steps->random) & others);
}

/* An error about a packet that was sent to a mapped host. */
static enum reason error_to_ipv4(struct steps *steps, struct packet *packet, uint64_t now_ns, bool *ret_ours)
{
    struct translation4 inner;
    struct translation_mtu mtu;
    struct packet quoted;
    struct in6_addr host;
    uint32_t offset, len, total, source, destination;
    unsigned pref64, ignored;
    enum reason reason = icmp64_check(packet, &offset, &len);
    if (reason == REASON_OK)
        reason = find_quoted(packet, offset, len, &quoted, &total);
    if (reason != REASON_OK)
        return reason; /* the stateful translator finds the same */
    memcpy(&host, parse_destination6(&quoted), sizeof(host));
    *ret_ours = eam_find6(steps->shared->eam, &host, &inner.destination);
    if (!*ret_ours)
        return REASON_OK;
    explain(steps, mapped_error, &host, inner.destination);
    if (!peer4(steps, parse_source6(&quoted), &inner.source, &pref64) ||
        !peer4(steps, parse_destination6(packet), &destination, &ignored) ||
        memcmp(parse_destination6(packet), parse_source6(&quoted), sizeof(host)) != 0)
        return REASON_ICMP_MISMATCH;
    if (packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    struct in6_addr router;
    memcpy(&router, parse_source6(packet), sizeof(router));
    if (!rate_allow_relayed6(&steps->rate, &router, now_ns))
        return REASON_ICMP_RATE;
    uint32_t path_mtu = icmp64_path_mtu(packet);
    if (path_mtu != 0)
        steps_learn_mtu6(steps, &host, path_mtu, now_ns);
    if (!peer4(steps, &router, &source, &ignored))
        source = router_source4(steps, inner.destination);
    inner.source_port = parse_source_port(&quoted);
    inner.destination_port = parse_destination_port(&quoted);
    bool hairpin = pref64 != STEPS_NO_PREF64 && is_behind(steps, &quoted, inner.source, true);
    mtu = (struct translation_mtu){network_mtu6(steps->network, &host),
                                   network_mtu4(steps->network, destination)};
    reason = icmp64_translate(packet, &quoted, total, source, destination, &inner, &mtu,
                              &steps->shared->options, steps->scratch, &len);
    if (reason != REASON_OK)
        return reason;
    replace(packet, steps->scratch, len, 4);
    explain(steps, relayed4, source, destination);
    packet->hairpin = hairpin;
    return REASON_OK;
}

/* An error about a packet that a mapped host sent. */
static enum reason error_to_ipv6(struct steps *steps, struct packet *packet, uint64_t now_ns, bool *ret_ours)
{
    struct translation6 inner;
    struct translation_mtu mtu;
    struct packet quoted;
    struct in6_addr source, destination;
    uint32_t offset, len, total;
    enum reason reason = icmp46_check(packet, &offset, &len);
    if (reason == REASON_OK)
        reason = find_quoted(packet, offset, len, &quoted, &total);
    if (reason != REASON_OK)
        return reason;
    *ret_ours = eam_find4(steps->shared->eam, parse_source4(&quoted), &inner.source);
    if (!*ret_ours)
        return REASON_OK;
    explain(steps, mapped_error, &inner.source, parse_source4(&quoted));
    bool by_mapping = shows_sources(steps, packet);
    uint32_t router = parse_source4(packet), peer = parse_destination4(&quoted);
    if (parse_destination4(packet) != parse_source4(&quoted) ||
        !peer6(steps, peer, by_mapping, &inner.destination))
        return REASON_ICMP_MISMATCH;
    if (!packet->hairpin && packet->hop_limit <= 1)
        return REASON_HOP_LIMIT;
    if (!packet->hairpin && !rate_allow_relayed4(&steps->rate, router, now_ns))
        return REASON_ICMP_RATE;
    destination = inner.source;
    /* RFC 7757 4.2.1: the peer itself is shown as the packet to it was sent, a router by its mapping. */
    if (!peer6(steps, router, by_mapping || router != peer, &source)) {
        steps_count(steps, TALLY_SOURCE_REPLACED, 1);
        if (!network_source6(steps->network, &destination, &source))
            return REASON_SOURCE_DENIED;
    }
    inner.source_port = parse_source_port(&quoted);
    inner.destination_port = parse_destination_port(&quoted);
    mtu = (struct translation_mtu){network_mtu6(steps->network, &destination),
                                   network_mtu4(steps->network, peer)};
    reason = icmp46_translate(packet, &quoted, total, &source, &destination, &inner, &mtu,
                              &steps->shared->options, steps->scratch, &len);
    if (reason != REASON_OK)
        return reason;
    replace(packet, steps->scratch, len, 6);
    explain(steps, relayed6, &source, &destination);
    return REASON_OK;
}

enum reason stateless_to_ipv4(struct steps *steps, struct packet *packet, uint64_t now_ns, uint32_t *ret_mtu,
                              bool *ret_ours)
{
    struct in6_addr host;
    uint32_t source;
    *ret_ours = false;
    if (steps->shared->eam == NULL)
        return REASON_OK;
    if (is_error(packet)) {
        vnet_complete_checksum(packet);
        return error_to_ipv4(steps, packet, now_ns, ret_ours);
    }
    memcpy(&host, parse_source6(packet), sizeof(host));
    *ret_ours = eam_find6(steps->shared->eam, &host, &source);
    return *ret_ours ? flow_to_ipv4(steps, packet, source, ret_mtu) : REASON_OK;
}

enum reason stateless_to_ipv6(struct steps *steps, struct packet *packet, uint64_t now_ns, uint32_t *ret_mtu,
                              bool *ret_ours)
{
    struct in6_addr host;
    *ret_ours = false;
    if (steps->shared->eam == NULL)
        return REASON_OK;
    if (is_error(packet)) {
        vnet_complete_checksum(packet);
        return error_to_ipv6(steps, packet, now_ns, ret_ours);
    }
    *ret_ours = eam_find4(steps->shared->eam, parse_destination4(packet), &host);
    return *ret_ours ? flow_to_ipv6(steps, packet, &host, ret_mtu) : REASON_OK;
}
