/*
 * Layer: pure
 * Specification: RFC 791 3.1, RFC 1812 5.2.2, RFC 8200 4, RFC 7915 4.1 and 5.1
 */
#include "nat64d/packet/parse.h"

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/vnet.h"

enum {
    EXTENSIONS_MAX = 8, /* headers: a longer chain is an attack, not a packet */
    EXTENSION_BYTES_MAX = 256,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_LSRR = 131, /* RFC 791 3.1 */
    OPTION_SSRR = 137,
    MORE_FRAGMENTS = 0x2000,
    DONT_FRAGMENT = 0x4000,
    OFFSET_MASK = 0x1fff,
    QUOTED_TRANSPORT = 8, /* what an ICMP error quotes at least (RFC 792) */
    FRAGMENT_UNIT = 8,    /* offsets count in these */
    PAYLOAD_LENGTH_AT = 4,
};

/* A source route whose pointer has not run past its length (RFC 7915 4.1). */
static enum reason check_options(const uint8_t *options, uint32_t len)
{
    uint32_t at = 0;
    while (at < len && options[at] != OPTION_END) {
        if (options[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (len - at < 2 || options[at + 1] < 2 || options[at + 1] > len - at)
            return REASON_IPV4_HEADER;
        if (options[at] == OPTION_LSRR || options[at] == OPTION_SSRR) {
            if (options[at + 1] < 3)
                return REASON_IPV4_HEADER;
            if (options[at + 2] <= options[at + 1])
                return REASON_SOURCE_ROUTE;
        }
        at += options[at + 1];
    }
    return REASON_OK;
}

/* The fields of the fixed IPv4 header; its lengths are the caller's to check. */
static void read_header4(struct packet *packet)
{
    const uint8_t *ip = packet->data;
    uint16_t fragment = bytes_get16(ip + 6);
    packet->family = 4;
    packet->l3_len = (uint16_t)((ip[0] & 0xf) * 4);
    packet->traffic_class = ip[1];
    packet->id = bytes_get16(ip + 4);
    packet->dont_fragment = fragment & DONT_FRAGMENT;
    packet->more_fragments = fragment & MORE_FRAGMENTS;
    packet->fragment_offset = (uint16_t)((fragment & OFFSET_MASK) * 8);
    packet->fragment_header = false;
    packet->hop_limit = ip[8];
    packet->protocol = ip[9];
}

static enum reason parse4(struct packet *packet)
{
    const uint8_t *ip = packet->data;
    if (packet->len < PACKET_IPV4_HEADER)
        return REASON_TRUNCATED;
    read_header4(packet);
    uint32_t total = bytes_get16(ip + 2);
    if (packet->l3_len < PACKET_IPV4_HEADER || total < packet->l3_len)
        return REASON_IPV4_HEADER;
    if (total > packet->len)
        return REASON_TRUNCATED;
    if (checksum_fold(checksum_add(0, ip, packet->l3_len)) != 0xffff)
        return REASON_IPV4_CHECKSUM;
    packet->len = total;
    return check_options(ip + PACKET_IPV4_HEADER, packet->l3_len - PACKET_IPV4_HEADER);
}

/* The walk along the extension headers. */
struct chain {
    uint32_t at;  /* offset of the next header */
    uint32_t end; /* bytes that are there */
    uint8_t next; /* its type */
    unsigned count;
};

static bool is_extension(uint8_t type)
{
    return type == PACKET_PROTO_HOP_BY_HOP || type == PACKET_PROTO_ROUTING || type == PACKET_PROTO_OPTIONS ||
           type == PACKET_PROTO_FRAGMENT;
}

static enum reason fragment_header(struct packet *packet, struct chain *chain)
{
    const uint8_t *header = packet->data + chain->at;
    uint16_t field = bytes_get16(header + 2);
    packet->fragment_header = true;
    packet->fragment_offset = field & 0xfff8;
    packet->more_fragments = field & 1;
    packet->id = bytes_get32(header + 4);
    chain->next = header[0];
    chain->at += PACKET_FRAGMENT_HEADER;
    if (chain->next == PACKET_PROTO_FRAGMENT)
        return REASON_FRAGMENT_HEADERS;
    /* RFC 7915 5.1.1: another extension header behind it is refused. */
    if (is_extension(chain->next) || chain->next == PACKET_PROTO_AH)
        return REASON_EXTENSION_CHAIN;
    return REASON_OK;
}

static enum reason extension(struct packet *packet, struct chain *chain)
{
    const uint8_t *header = packet->data + chain->at;
    uint32_t left = chain->end - chain->at;
    if (left < 8 || ++chain->count > EXTENSIONS_MAX ||
        (chain->next == PACKET_PROTO_HOP_BY_HOP && chain->at != PACKET_IPV6_HEADER))
        return REASON_EXTENSION_CHAIN;
    if (chain->next == PACKET_PROTO_FRAGMENT)
        return fragment_header(packet, chain);
    uint32_t len = ((uint32_t)header[1] + 1) * 8;
    if (len > left || chain->at + len - PACKET_IPV6_HEADER > EXTENSION_BYTES_MAX)
        return REASON_EXTENSION_CHAIN;
    if (chain->next == PACKET_PROTO_ROUTING && header[3] != 0) {
        packet->error_pointer = chain->at + 3;
        return REASON_ROUTING_HEADER;
    }
    chain->next = header[0];
    chain->at += len;
    return REASON_OK;
}

static void read_header6(struct packet *packet)
{
    const uint8_t *ip = packet->data;
    packet->family = 6;
    packet->traffic_class = (uint8_t)(ip[0] << 4 | ip[1] >> 4);
    packet->hop_limit = ip[7];
    packet->dont_fragment = packet->more_fragments = packet->fragment_header = false;
    packet->fragment_offset = 0;
    packet->id = 0;
}

static enum reason walk_chain(struct packet *packet, uint32_t end)
{
    struct chain chain = {.at = PACKET_IPV6_HEADER, .end = end, .next = packet->data[6]};
    packet->protocol = chain.next;
    packet->l3_len = PACKET_IPV6_HEADER;
    /* Behind a later fragment's header comes payload, not another header. */
    while (is_extension(chain.next) && packet->fragment_offset == 0) {
        enum reason reason = extension(packet, &chain);
        packet->protocol = chain.next;
        packet->l3_len = (uint16_t)chain.at;
        if (reason != REASON_OK)
            return reason;
    }
    return REASON_OK;
}

static enum reason parse6(struct packet *packet)
{
    if (packet->len < PACKET_IPV6_HEADER)
        return REASON_TRUNCATED;
    read_header6(packet);
    uint32_t total = PACKET_IPV6_HEADER + (uint32_t)bytes_get16(packet->data + 4);
    if (total > packet->len)
        return REASON_TRUNCATED;
    packet->len = total;
    return walk_chain(packet, total);
}

/* The transport header is cut short, by its sender's fragments or altogether. */
static enum reason too_short(const struct packet *packet)
{
    return packet->more_fragments ? REASON_FRAGMENT_TINY : REASON_TRANSPORT_HEADER;
}

static enum reason find_tcp(struct packet *packet, uint32_t have)
{
    if (have < PACKET_TCP_HEADER)
        return too_short(packet);
    packet->l4_len = (uint16_t)((packet_l4(packet)[12] >> 4) * 4);
    if (packet->l4_len < PACKET_TCP_HEADER)
        return REASON_TRANSPORT_HEADER;
    return packet->l4_len > have ? too_short(packet) : REASON_OK;
}

static enum reason find_udp(struct packet *packet, uint32_t have)
{
    if (have < PACKET_UDP_HEADER)
        return too_short(packet);
    uint16_t len = bytes_get16(packet_l4(packet) + 4);
    packet->l4_len = PACKET_UDP_HEADER;
    if (len < PACKET_UDP_HEADER || (len > have && !packet->more_fragments))
        return REASON_TRANSPORT_HEADER;
    /* Longer than UDP says: RFC 768 leaves nothing behind a datagram, the checksum could not follow. */
    return len < have && packet->vnet.gso_size == 0 ? REASON_TRANSPORT_HEADER : REASON_OK;
}

static enum reason find_transport(struct packet *packet)
{
    uint32_t have = packet_l4_total(packet);
    packet->l4_len = 0;
    if (packet->fragment_offset != 0)
        return REASON_OK;
    switch (packet->protocol) {
    case PACKET_PROTO_TCP: return find_tcp(packet, have);
    case PACKET_PROTO_UDP: return find_udp(packet, have);
    case PACKET_PROTO_ICMP4:
    case PACKET_PROTO_ICMP6:
        if (packet->protocol != (packet->family == 4 ? PACKET_PROTO_ICMP4 : PACKET_PROTO_ICMP6))
            return REASON_OK; /* the other family's: an unknown protocol here */
        if (have < PACKET_ICMP_HEADER)
            return too_short(packet);
        packet->l4_len = PACKET_ICMP_HEADER;
        return REASON_OK;
    }
    return REASON_OK;
}

/* What no honest sender's fragments are (RFC 8200 4.5, RFC 791 3.2, RFC 3128 2). */
static enum reason check_fragment(struct packet *packet)
{
    uint32_t len = packet_l4_total(packet);
    if (len == 0 || (packet->more_fragments && len % FRAGMENT_UNIT != 0)) {
        packet->error_pointer = PAYLOAD_LENGTH_AT;
        return REASON_FRAGMENT_LENGTH;
    }
    if (packet->fragment_offset + len > PACKET_PAYLOAD_MAX)
        return REASON_FRAGMENT_TOO_LONG;
    if (packet->protocol == PACKET_PROTO_TCP && packet->fragment_offset == FRAGMENT_UNIT)
        return REASON_FRAGMENT_TINY; /* would write over the flags */
    return REASON_OK;
}

enum reason parse_packet(struct packet *packet)
{
    enum reason reason = REASON_TRUNCATED;
    packet->family = 0;
    packet->l4_len = 0;
    if (packet->len == 0)
        return reason;
    switch (packet->data[0] >> 4) {
    case 4: reason = parse4(packet); break;
    case 6: reason = parse6(packet); break;
    default: return REASON_NOT_IP;
    }
    if (reason == REASON_OK && packet_is_fragment(packet))
        reason = check_fragment(packet);
    if (reason == REASON_OK)
        reason = find_transport(packet);
    return reason == REASON_OK ? vnet_check(packet) : reason;
}

static enum reason quoted4(struct packet *packet, uint32_t *ret_total)
{
    if (packet->len < PACKET_IPV4_HEADER || packet->data[0] >> 4 != 4)
        return REASON_ICMP_INNER;
    read_header4(packet);
    *ret_total = bytes_get16(packet->data + 2);
    if (packet->l3_len < PACKET_IPV4_HEADER || packet->l3_len > packet->len || *ret_total < packet->l3_len)
        return REASON_ICMP_INNER;
    return REASON_OK;
}

static enum reason quoted6(struct packet *packet, uint32_t *ret_total)
{
    if (packet->len < PACKET_IPV6_HEADER || packet->data[0] >> 4 != 6)
        return REASON_ICMP_INNER;
    read_header6(packet);
    *ret_total = PACKET_IPV6_HEADER + (uint32_t)bytes_get16(packet->data + 4);
    if (walk_chain(packet, packet->len) != REASON_OK || *ret_total < packet->l3_len)
        return REASON_ICMP_INNER;
    return REASON_OK;
}

enum reason parse_quoted(struct packet *packet, uint8_t family, uint32_t *ret_total)
{
    enum reason reason = family == 4 ? quoted4(packet, ret_total) : quoted6(packet, ret_total);
    if (reason != REASON_OK)
        return reason;
    if (packet->len > *ret_total)
        packet->len = *ret_total;
    /* A later fragment names no ports: nobody can say whose it is. */
    if (packet->fragment_offset != 0 || packet->len < (uint32_t)packet->l3_len + QUOTED_TRANSPORT)
        return REASON_ICMP_INNER;
    packet->l4_len = QUOTED_TRANSPORT;
    return REASON_OK;
}

static bool is_icmp(const struct packet *packet)
{
    return packet->protocol == (packet->family == 4 ? PACKET_PROTO_ICMP4 : PACKET_PROTO_ICMP6);
}

uint16_t parse_source_port(const struct packet *packet)
{
    if (packet->fragment_offset != 0)
        return packet->source_port;
    return bytes_get16(packet_l4(packet) + (is_icmp(packet) ? 4 : 0));
}

uint16_t parse_destination_port(const struct packet *packet)
{
    if (packet->fragment_offset != 0)
        return packet->destination_port;
    return bytes_get16(packet_l4(packet) + (is_icmp(packet) ? 4 : 2));
}

uint32_t parse_tcp_sequence(const struct packet *packet)
{
    return bytes_get32(packet_l4(packet) + 4);
}

uint8_t parse_tcp_flags(const struct packet *packet)
{
    return packet_l4(packet)[13];
}

enum parse_icmp parse_icmp_kind(const struct packet *packet)
{
    uint8_t type = packet_l4(packet)[0];
    if (packet->family == 6) {
        if (type < 128)
            return PARSE_ICMP_ERROR;
        return type == 128 ? PARSE_ICMP_ECHO_REQUEST : type == 129 ? PARSE_ICMP_ECHO_REPLY : PARSE_ICMP_OTHER;
    }
    switch (type) {
    case 8: return PARSE_ICMP_ECHO_REQUEST;
    case 0: return PARSE_ICMP_ECHO_REPLY;
    case 3:
    case 4:
    case 5:
    case 11:
    case 12: return PARSE_ICMP_ERROR;
    default: return PARSE_ICMP_OTHER;
    }
}

uint32_t parse_source4(const struct packet *packet)
{
    return bytes_get32(packet->data + 12);
}

uint32_t parse_destination4(const struct packet *packet)
{
    return bytes_get32(packet->data + 16);
}

const void *parse_source6(const struct packet *packet)
{
    return packet->data + 8;
}

const void *parse_destination6(const struct packet *packet)
{
    return packet->data + 24;
}
