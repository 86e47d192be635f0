/*
 * Layer: pure
 * Specification: virtio 1.2 5.1.6; Linux include/linux/virtio_net.h
 */
#include "nat64d/packet/vnet.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"

enum {
    UDP_SEGMENTS_MAX = 128, /* Linux include/linux/udp.h UDP_MAX_SEGMENTS */
    TCP_SEQUENCE = 4,
    TCP_FLAGS = 13,
    TCP_CHECKSUM = 16,
    UDP_LENGTH = 4,
    UDP_CHECKSUM = 6,
    ICMP_CHECKSUM = 2,
    FLAG_FIN = 0x01,
    FLAG_PSH = 0x08,
    FLAG_CWR = 0x80,
};

static bool is_gso(const struct packet *packet)
{
    return (packet->vnet.gso_type & ~PACKET_VNET_GSO_ECN) != PACKET_VNET_GSO_NONE;
}

/* Where the transport keeps its checksum; 0 for a protocol that we do not know. */
static uint16_t checksum_offset(uint8_t protocol)
{
    switch (protocol) {
    case PACKET_PROTO_TCP: return TCP_CHECKSUM;
    case PACKET_PROTO_UDP: return UDP_CHECKSUM;
    case PACKET_PROTO_ICMP4:
    case PACKET_PROTO_ICMP6: return ICMP_CHECKSUM;
    default: return 0;
    }
}

static enum reason check_gso(const struct packet *packet)
{
    uint8_t type = packet->vnet.gso_type & (uint8_t)~PACKET_VNET_GSO_ECN;
    if (packet->vnet.gso_size == 0 || packet_is_fragment(packet) || packet->l4_len == 0 ||
        !(packet->vnet.flags & PACKET_VNET_NEEDS_CSUM))
        return REASON_OFFLOAD;
    if (packet->protocol == PACKET_PROTO_TCP)
        return type == (packet->family == 4 ? PACKET_VNET_GSO_TCP4 : PACKET_VNET_GSO_TCP6) ? REASON_OK
                                                                                           : REASON_OFFLOAD;
    if (packet->protocol == PACKET_PROTO_UDP && type == PACKET_VNET_GSO_UDP_L4)
        return packet_segments(packet) <= UDP_SEGMENTS_MAX ? REASON_OK : REASON_OFFLOAD;
    return REASON_OFFLOAD;
}

enum reason vnet_check(const struct packet *packet)
{
    if (is_gso(packet) || packet->vnet.gso_size != 0) {
        enum reason reason = check_gso(packet);
        if (reason != REASON_OK)
            return reason;
    }
    if (!(packet->vnet.flags & PACKET_VNET_NEEDS_CSUM))
        return REASON_OK;
    uint16_t offset = checksum_offset(packet->protocol);
    if (packet->l4_len == 0 || packet_is_fragment(packet) || packet->vnet.csum_start != packet->l3_len ||
        packet->vnet.csum_offset != offset)
        return REASON_OFFLOAD;
    return REASON_OK;
}

void vnet_complete_checksum(struct packet *packet)
{
    if (!(packet->vnet.flags & PACKET_VNET_NEEDS_CSUM))
        return;
    uint8_t *l4 = packet_l4(packet), *field = l4 + packet->vnet.csum_offset;
    /* The field holds the pseudo-header's sum already, so it is part of the sum. */
    uint16_t checksum = checksum_finish(checksum_add(0, l4, packet_l4_total(packet)));
    if (checksum == 0 && packet->protocol == PACKET_PROTO_UDP)
        checksum = 0xffff; /* RFC 768 */
    bytes_put16(field, checksum);
    packet->vnet = (struct packet_vnet){0};
}

void vnet_retarget(struct packet *packet)
{
    struct packet_vnet *vnet = &packet->vnet;
    if (vnet->flags & PACKET_VNET_NEEDS_CSUM) {
        vnet->flags = PACKET_VNET_NEEDS_CSUM;
        vnet->csum_start = packet->l3_len;
    } else {
        vnet->flags = 0;
    }
    if (!is_gso(packet))
        return;
    uint8_t ecn = vnet->gso_type & PACKET_VNET_GSO_ECN;
    if (packet->protocol == PACKET_PROTO_TCP)
        vnet->gso_type = ecn | (packet->family == 4 ? PACKET_VNET_GSO_TCP4 : PACKET_VNET_GSO_TCP6);
    vnet->hdr_len = (uint16_t)(packet->l3_len + packet->l4_len);
}

/* The transport checksum of a whole packet, from nothing. */
static void fill_checksum(struct packet *packet)
{
    uint8_t *l4 = packet_l4(packet), *field = l4 + checksum_offset(packet->protocol);
    uint32_t len = packet_l4_total(packet);
    uint64_t sum = packet->family == 4
                       ? checksum_pseudo4(bytes_get32(packet->data + 12), bytes_get32(packet->data + 16),
                                          packet->protocol, len)
                       : checksum_pseudo6(packet->data + 8, packet->data + 24, packet->protocol, len);
    bytes_put16(field, 0);
    uint16_t checksum = checksum_finish(checksum_add(sum, l4, len));
    if (checksum == 0 && packet->protocol == PACKET_PROTO_UDP)
        checksum = 0xffff; /* RFC 768 */
    bytes_put16(field, checksum);
}

static void fix_tcp(uint8_t *l4, uint32_t offset, bool first, bool last)
{
    bytes_put32(l4 + TCP_SEQUENCE, bytes_get32(l4 + TCP_SEQUENCE) + offset);
    if (!last)
        l4[TCP_FLAGS] &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
    if (!first)
        l4[TCP_FLAGS] &= (uint8_t)~FLAG_CWR;
}

static void fix_ip(struct packet *segment, uint32_t index)
{
    uint8_t *ip = segment->data;
    if (segment->family == 6) {
        bytes_put16(ip + 4, (uint16_t)(segment->len - PACKET_IPV6_HEADER));
        return;
    }
    bytes_put16(ip + 2, (uint16_t)segment->len);
    bytes_put16(ip + 4, (uint16_t)(bytes_get16(ip + 4) + index));
    bytes_put16(ip + 10, 0);
    bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, segment->l3_len)));
}

void vnet_segment(const struct packet *packet, uint32_t index, uint8_t *out, struct packet *ret_segment)
{
    uint32_t headers = (uint32_t)packet->l3_len + packet->l4_len;
    uint32_t offset = index * packet->vnet.gso_size;
    uint32_t payload = packet->len - headers - offset;
    bool last = payload <= packet->vnet.gso_size;
    struct packet segment = *packet;

    if (!last)
        payload = packet->vnet.gso_size;
    segment.data = out + PACKET_HEADROOM;
    segment.len = headers + payload;
    segment.vnet = (struct packet_vnet){0};
    memcpy(segment.data, packet->data, headers);
    memcpy(segment.data + headers, packet->data + headers + offset, payload);
    fix_ip(&segment, index);
    if (packet->protocol == PACKET_PROTO_TCP)
        fix_tcp(packet_l4(&segment), offset, index == 0, last);
    else
        bytes_put16(packet_l4(&segment) + UDP_LENGTH, (uint16_t)(PACKET_UDP_HEADER + payload));
    fill_checksum(&segment);
    *ret_segment = segment;
}
