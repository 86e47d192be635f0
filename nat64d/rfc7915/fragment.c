/*
 * Layer: pure
 * Specification: RFC 7915 4.1 and 5.1.1, RFC 8200 4.5, RFC 791 3.2
 */
#include "nat64d/rfc7915/fragment.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"

enum {
    MORE_FRAGMENTS4 = 0x2000,
    UNIT = 8, /* offsets count in these */
};

void fragment_cut_init(struct fragment_cut *cut, const struct packet *packet, uint32_t mtu, uint32_t id)
{
    *cut = (struct fragment_cut){.packet = packet, .mtu = mtu, .id = id};
}

static uint32_t put_header6(const struct fragment_cut *cut, uint16_t offset, bool more, uint32_t payload,
                            uint8_t *out)
{
    const struct packet *packet = cut->packet;
    uint8_t *header = out + PACKET_IPV6_HEADER;
    memcpy(out, packet->data, PACKET_IPV6_HEADER);
    bytes_put16(out + 4, (uint16_t)(PACKET_FRAGMENT_HEADER + payload));
    out[6] = PACKET_PROTO_FRAGMENT;
    header[0] = packet->protocol;
    header[1] = 0;
    bytes_put16(header + 2, (uint16_t)(offset | (more ? 1 : 0)));
    bytes_put32(header + 4, packet->fragment_header ? packet->id : cut->id);
    return PACKET_IPV6_HEADER + PACKET_FRAGMENT_HEADER;
}

static uint32_t put_header4(const struct fragment_cut *cut, uint16_t offset, bool more, uint32_t payload,
                            uint8_t *out)
{
    memcpy(out, cut->packet->data, PACKET_IPV4_HEADER);
    bytes_put16(out + 2, (uint16_t)(PACKET_IPV4_HEADER + payload));
    bytes_put16(out + 6, (uint16_t)(offset / UNIT | (more ? MORE_FRAGMENTS4 : 0)));
    bytes_put16(out + 10, 0);
    bytes_put16(out + 10, checksum_finish(checksum_add(0, out, PACKET_IPV4_HEADER)));
    return PACKET_IPV4_HEADER;
}

bool fragment_cut_next(struct fragment_cut *cut, uint8_t *out, uint32_t *ret_len)
{
    const struct packet *packet = cut->packet;
    uint32_t total = packet_l4_total(packet);
    uint32_t header = packet->family == 6 ? PACKET_IPV6_HEADER + PACKET_FRAGMENT_HEADER : PACKET_IPV4_HEADER;
    if (cut->offset >= total || cut->mtu < header + UNIT)
        return false;
    uint32_t payload = total - cut->offset, room = (cut->mtu - header) / UNIT * UNIT;
    bool last = payload <= cut->mtu - header;
    if (!last)
        payload = room;
    uint16_t offset = (uint16_t)(packet->fragment_offset + cut->offset);
    bool more = !last || packet->more_fragments;
    if (packet->family == 6)
        put_header6(cut, offset, more, payload, out);
    else
        put_header4(cut, offset, more, payload, out);
    memcpy(out + header, packet_l4(packet) + cut->offset, payload);
    cut->offset += payload;
    *ret_len = header + payload;
    return true;
}

static void make_whole4(uint8_t *ip, uint32_t header, uint32_t payload, uint8_t traffic_class)
{
    ip[1] = traffic_class;
    bytes_put16(ip + 2, (uint16_t)(header + payload));
    bytes_put16(ip + 6, 0);
    bytes_put16(ip + 10, 0);
    bytes_put16(ip + 10, checksum_finish(checksum_add(0, ip, header)));
}

/* The fragment header is the last one. */
static void make_whole6(uint8_t *ip, uint32_t header, uint32_t payload, uint8_t traffic_class)
{
    ip[0] = (uint8_t)(0x60 | traffic_class >> 4);
    ip[1] = (uint8_t)(traffic_class << 4 | (ip[1] & 0xf));
    bytes_put16(ip + 4, (uint16_t)(header - PACKET_IPV6_HEADER + payload));
    bytes_put16(ip + header - PACKET_FRAGMENT_HEADER + 2, 0);
}

void fragment_make_whole(uint8_t *ip, uint32_t header, uint32_t payload, uint8_t traffic_class)
{
    if (ip[0] >> 4 == 4)
        make_whole4(ip, header, payload, traffic_class);
    else
        make_whole6(ip, header, payload, traffic_class);
}
