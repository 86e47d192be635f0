/*
 * Layer: path
 * Specification: RFC 6146 3.4, RFC 7915 4.5, RFC 8200 4.5
 */
#include "nat64d/rfc6146/collect.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/explain.h"
#include "nat64d/rfc8158/events.h"

enum {
    UDP_CHECKSUM = 6,
};

static bool is_icmp(const struct packet *packet)
{
    return packet->protocol == (packet->family == 6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP4);
}

/* A protocol that does not pass is refused by the steps, without being collected. */
static bool is_known(const struct packet *packet)
{
    return packet->protocol == PACKET_PROTO_TCP || packet->protocol == PACKET_PROTO_UDP || is_icmp(packet);
}

static enum reason check6(struct steps *steps, const struct packet *packet)
{
    struct in6_addr source, destination;
    unsigned pref64;
    uint32_t dst4;
    memcpy(&source, parse_source6(packet), sizeof(source));
    memcpy(&destination, parse_destination6(packet), sizeof(destination));
    if (eam_find6(steps->shared->eam, &source, &dst4))
        return REASON_OK;
    if (!guard_find_pref64(&steps->shared->guard, &destination, &pref64, &dst4))
        return REASON_NOT_PREF64;
    enum reason reason = guard_source6(&steps->shared->guard, steps->network, &source);
    if (reason != REASON_OK)
        explain(steps, source, &source, reason);
    return reason;
}

static enum reason check4(const struct steps *steps, const struct packet *packet)
{
    uint32_t destination = parse_destination4(packet);
    return prefixes_find(steps->shared->prefixes, destination) == PREFIXES_NONE &&
                   !steps_is_mapped(steps, destination)
               ? REASON_NOT_POOL
               : REASON_OK;
}

/* Whether the checksum cannot be had without the rest of the datagram. */
static bool needs_whole(const struct packet *packet)
{
    if (is_icmp(packet))
        return true;
    return packet->family == 4 && packet->protocol == PACKET_PROTO_UDP && packet->fragment_offset == 0 &&
           bytes_get16(packet_l4(packet) + UDP_CHECKSUM) == 0;
}

static unsigned home(const struct steps *steps, const struct packet *packet)
{
    return (unsigned)(fragments_hash(steps->shared->state.header->key, packet) % steps->shared->workers);
}

/* RFC 8158: too many datagrams wait for their fragments. */
static void tell_full(struct steps *steps, const struct packet *packet, uint64_t now_ns)
{
    struct in6_addr source;
    bool from_backend = packet->family == 6;
    if (from_backend)
        memcpy(&source, parse_source6(packet), sizeof(source));
    events_quota(steps, NATEVENT_QUOTA_FRAGMENTS, NATEVENT_CAUSE_NONE, from_backend ? &source : NULL,
                 NATEVENT_ANY, now_ns);
}

enum reason collect_fragment(struct steps *steps, struct packet *packet, uint64_t now_ns,
                             struct steps_result *result)
{
    enum fragments_fate fate = FRAGMENTS_PASSES;
    uint32_t dropped;
    if (!is_known(packet))
        return REASON_OK;
    enum reason reason = packet->family == 6 ? check6(steps, packet) : check4(steps, packet);
    if (reason != REASON_OK)
        return reason;
    unsigned worker = home(steps, packet);
    if (worker != steps->worker) {
        result->verdict = STEPS_HANDOVER;
        result->worker = worker;
        return REASON_OK;
    }
    bool whole = needs_whole(packet);
    if (whole && packet->protocol == PACKET_PROTO_UDP && steps->shared->options.drop_zero_checksum)
        return REASON_UDP_ZERO_CHECKSUM;
    reason = fragments_add(steps->fragments, packet, whole, now_ns, &fate, &dropped);
    counters_add(steps->counters, reason, dropped);
    if (reason == REASON_FRAGMENT_LIMIT || reason == REASON_FRAGMENT_MEMORY)
        tell_full(steps, packet, now_ns);
    explain(steps, collect, packet, reason);
    if (reason == REASON_OK && fate == FRAGMENTS_KEPT) {
        steps_count(steps, TALLY_FRAGMENTS_KEPT, 1);
        result->verdict = STEPS_KEPT;
    }
    return reason;
}
