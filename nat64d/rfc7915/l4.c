/*
 * Layer: pure
 * Specification: RFC 7915 4.5, 5.5; RFC 768; RFC 9293 3.1, 3.7.1
 */
#include "nat64d/rfc7915/l4.h"

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/parse.h"

enum {
    TCP_CHECKSUM = 16,
    UDP_CHECKSUM = 6,
    ICMP_CHECKSUM = 2,
    ICMP_ID = 4,
    ECHO_REPLY4 = 0,
    ECHO_REQUEST4 = 8,
    ECHO_REQUEST6 = 128,
    ECHO_REPLY6 = 129,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_MSS_LEN = 4,
};

/* Addresses of both pseudo-headers; protocol and length are the same in both and cancel out. */
static uint64_t sum4(uint32_t source, uint32_t destination)
{
    return checksum_pseudo4(source, destination, 0, 0);
}

static uint64_t sum6(const void *source, const void *destination)
{
    return checksum_pseudo6(source, destination, 0, 0);
}

/* Replaces addresses (as sums) and ports under the checksum at `field`. */
static void rewrite(struct packet *packet, uint16_t field, uint64_t old, uint64_t new, uint16_t source_port,
                    uint16_t destination_port)
{
    uint8_t *l4 = packet_l4(packet);
    uint16_t checksum = bytes_get16(l4 + field);
    if (packet->vnet.flags & PACKET_VNET_NEEDS_CSUM) {
        checksum = checksum_update_partial(checksum, old, new);
    } else {
        old += (uint64_t)bytes_get16(l4) + bytes_get16(l4 + 2);
        new += (uint64_t)source_port + destination_port;
        checksum = checksum_update(checksum, old, new);
        if (checksum == 0 && packet->protocol == PACKET_PROTO_UDP)
            checksum = 0xffff; /* RFC 768: zero means none */
    }
    bytes_put16(l4, source_port);
    bytes_put16(l4 + 2, destination_port);
    bytes_put16(l4 + field, checksum);
}

static bool has_checksum(const struct packet *packet)
{
    return (packet->vnet.flags & PACKET_VNET_NEEDS_CSUM) ||
           bytes_get16(packet_l4(packet) + UDP_CHECKSUM) != 0;
}

/* RFC 7915 4.5: IPv6 has no UDP without a checksum. */
static enum reason compute_udp(struct packet *packet, const struct translation6 *to,
                               const struct translation_options *options)
{
    uint8_t *l4 = packet_l4(packet);
    uint32_t len = packet_l4_total(packet);
    if (options->drop_zero_checksum || packet_is_fragment(packet))
        return REASON_UDP_ZERO_CHECKSUM;
    bytes_put16(l4, to->source_port);
    bytes_put16(l4 + 2, to->destination_port);
    uint64_t sum = checksum_pseudo6(&to->source, &to->destination, PACKET_PROTO_UDP, len);
    uint16_t checksum = checksum_finish(checksum_add(sum, l4, len));
    bytes_put16(l4 + UDP_CHECKSUM, checksum == 0 ? 0xffff : checksum);
    return REASON_OK;
}

static enum reason echo46(struct packet *packet, const struct translation6 *to)
{
    uint8_t *l4 = packet_l4(packet);
    uint32_t len = packet_l4_total(packet);
    uint64_t old = (uint64_t)bytes_get16(l4) + bytes_get16(l4 + ICMP_ID);
    if (l4[0] == ECHO_REQUEST4)
        l4[0] = ECHO_REQUEST6;
    else if (l4[0] == ECHO_REPLY4)
        l4[0] = ECHO_REPLY6;
    else
        return REASON_ICMP_TYPE;
    bytes_put16(l4 + ICMP_ID, to->source_port);
    uint64_t new = (uint64_t)bytes_get16(l4) + to->source_port +
                   checksum_pseudo6(&to->source, &to->destination, PACKET_PROTO_ICMP6, len);
    bytes_put16(l4 + ICMP_CHECKSUM, checksum_update(bytes_get16(l4 + ICMP_CHECKSUM), old, new));
    return REASON_OK;
}

enum reason l4_translate46(struct packet *packet, const struct translation6 *to,
                           const struct translation_options *options)
{
    uint64_t old = sum4(parse_source4(packet), parse_destination4(packet));
    uint64_t new = sum6(&to->source, &to->destination);
    if (packet->l4_len == 0)
        return REASON_TRANSPORT_HEADER;
    switch (packet->protocol) {
    case PACKET_PROTO_TCP:
        rewrite(packet, TCP_CHECKSUM, old, new, to->source_port, to->destination_port);
        return REASON_OK;
    case PACKET_PROTO_UDP:
        if (!has_checksum(packet))
            return compute_udp(packet, to, options);
        rewrite(packet, UDP_CHECKSUM, old, new, to->source_port, to->destination_port);
        return REASON_OK;
    case PACKET_PROTO_ICMP4: return echo46(packet, to);
    }
    return REASON_TRANSPORT_HEADER;
}

static enum reason echo64(struct packet *packet, const struct translation4 *to)
{
    uint8_t *l4 = packet_l4(packet);
    uint64_t old = (uint64_t)bytes_get16(l4) + bytes_get16(l4 + ICMP_ID) +
                   checksum_pseudo6(parse_source6(packet), parse_destination6(packet), PACKET_PROTO_ICMP6,
                                    packet_l4_total(packet));
    if (l4[0] == ECHO_REQUEST6)
        l4[0] = ECHO_REQUEST4;
    else if (l4[0] == ECHO_REPLY6)
        l4[0] = ECHO_REPLY4;
    else
        return REASON_ICMP_TYPE;
    bytes_put16(l4 + ICMP_ID, to->source_port);
    uint64_t new = (uint64_t)bytes_get16(l4) + to->source_port;
    bytes_put16(l4 + ICMP_CHECKSUM, checksum_update(bytes_get16(l4 + ICMP_CHECKSUM), old, new));
    return REASON_OK;
}

enum reason l4_translate64(struct packet *packet, const struct translation4 *to)
{
    uint64_t old = sum6(parse_source6(packet), parse_destination6(packet));
    uint64_t new = sum4(to->source, to->destination);
    if (packet->l4_len == 0)
        return REASON_TRANSPORT_HEADER;
    switch (packet->protocol) {
    case PACKET_PROTO_TCP:
        rewrite(packet, TCP_CHECKSUM, old, new, to->source_port, to->destination_port);
        return REASON_OK;
    case PACKET_PROTO_UDP:
        if (!has_checksum(packet))
            return REASON_UDP_ZERO_CHECKSUM; /* RFC 8200 8.1: not allowed */
        rewrite(packet, UDP_CHECKSUM, old, new, to->source_port, to->destination_port);
        return REASON_OK;
    case PACKET_PROTO_ICMP6: return echo64(packet, to);
    }
    return REASON_TRANSPORT_HEADER;
}

/* Offset of the MSS value in the TCP header; 0 when there is none. */
static uint32_t find_mss(const struct packet *packet)
{
    const uint8_t *l4 = packet_l4(packet);
    uint32_t at = PACKET_TCP_HEADER, end = packet->l4_len;
    while (at < end && l4[at] != OPTION_END) {
        if (l4[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || l4[at + 1] < 2 || l4[at + 1] > end - at)
            return 0;
        if (l4[at] == OPTION_MSS)
            return l4[at + 1] == OPTION_MSS_LEN ? at + 2 : 0;
        at += l4[at + 1];
    }
    return 0;
}

uint16_t l4_mss(const struct packet *packet)
{
    uint32_t at = find_mss(packet);
    return at == 0 ? 0 : bytes_get16(packet_l4(packet) + at);
}

uint16_t l4_mss_limit(const struct translation_mtu *mtu)
{
    uint32_t by6 = mtu->mtu6 - PACKET_IPV6_HEADER - PACKET_TCP_HEADER;
    uint32_t by4 = mtu->mtu4 - PACKET_IPV4_HEADER - PACKET_TCP_HEADER;
    uint32_t limit = by6 < by4 ? by6 : by4;
    return limit > 0xffff ? 0xffff : (uint16_t)limit;
}

static uint16_t swap(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

bool l4_clamp_mss(struct packet *packet, uint16_t mss)
{
    uint8_t *l4 = packet_l4(packet);
    uint32_t at = find_mss(packet);
    uint16_t old = at == 0 ? 0 : bytes_get16(l4 + at);
    if (old <= mss)
        return false;
    bytes_put16(l4 + at, mss);
    /* A partial checksum has not summed the options yet. At an odd offset the bytes count swapped. */
    if (!(packet->vnet.flags & PACKET_VNET_NEEDS_CSUM)) {
        bool odd = at % 2 != 0;
        uint16_t checksum =
            checksum_update(bytes_get16(l4 + TCP_CHECKSUM), odd ? swap(old) : old, odd ? swap(mss) : mss);
        bytes_put16(l4 + TCP_CHECKSUM, checksum);
    }
    return true;
}

/* The quoted transport in `l4`: its words change from `old` to `new` under the checksum at `field`, if
 * that is there. Zero of UDP is none and stays. */
static void quote_ports(uint8_t *l4, uint32_t len, uint16_t field, bool zero_is_none, uint64_t old,
                        uint64_t new, uint16_t source_port, uint16_t destination_port)
{
    old += (uint64_t)bytes_get16(l4) + bytes_get16(l4 + 2);
    new += (uint64_t)source_port + destination_port;
    bytes_put16(l4, source_port);
    bytes_put16(l4 + 2, destination_port);
    if (len < (uint32_t)field + 2)
        return;
    uint16_t checksum = bytes_get16(l4 + field);
    if (zero_is_none && checksum == 0)
        return;
    checksum = checksum_update(checksum, old, new);
    bytes_put16(l4 + field, zero_is_none && checksum == 0 ? 0xffff : checksum);
}

static void quote_echo(uint8_t *l4, uint8_t type, uint16_t id, uint64_t old, uint64_t new)
{
    old += (uint64_t)bytes_get16(l4) + bytes_get16(l4 + ICMP_ID);
    l4[0] = type;
    bytes_put16(l4 + ICMP_ID, id);
    new += (uint64_t)bytes_get16(l4) + id;
    bytes_put16(l4 + ICMP_CHECKSUM, checksum_update(bytes_get16(l4 + ICMP_CHECKSUM), old, new));
}

void l4_quote46(const struct packet *quoted, const struct translation6 *to, uint8_t *l4, uint32_t len,
                uint32_t claimed)
{
    uint64_t old = sum4(parse_source4(quoted), parse_destination4(quoted));
    uint64_t new = sum6(&to->source, &to->destination);
    if (quoted->protocol == PACKET_PROTO_TCP)
        quote_ports(l4, len, TCP_CHECKSUM, false, old, new, to->source_port, to->destination_port);
    else if (quoted->protocol == PACKET_PROTO_UDP)
        quote_ports(l4, len, UDP_CHECKSUM, true, old, new, to->source_port, to->destination_port);
    else if (quoted->protocol == PACKET_PROTO_ICMP4)
        quote_echo(l4, l4[0] == ECHO_REQUEST4 ? ECHO_REQUEST6 : ECHO_REPLY6, to->source_port, 0,
                   checksum_pseudo6(&to->source, &to->destination, PACKET_PROTO_ICMP6, claimed));
}

void l4_quote64(const struct packet *quoted, const struct translation4 *to, uint8_t *l4, uint32_t len,
                uint32_t claimed)
{
    uint64_t old = sum6(parse_source6(quoted), parse_destination6(quoted));
    uint64_t new = sum4(to->source, to->destination);
    if (quoted->protocol == PACKET_PROTO_TCP)
        quote_ports(l4, len, TCP_CHECKSUM, false, old, new, to->source_port, to->destination_port);
    else if (quoted->protocol == PACKET_PROTO_UDP)
        quote_ports(l4, len, UDP_CHECKSUM, true, old, new, to->source_port, to->destination_port);
    else if (quoted->protocol == PACKET_PROTO_ICMP6)
        quote_echo(
            l4, l4[0] == ECHO_REQUEST6 ? ECHO_REQUEST4 : ECHO_REPLY4, to->source_port,
            checksum_pseudo6(parse_source6(quoted), parse_destination6(quoted), PACKET_PROTO_ICMP6, claimed),
            0);
}
