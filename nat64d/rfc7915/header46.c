/*
 * Layer: pure
 * Specification: RFC 7915 4.1
 */
#include "nat64d/rfc7915/header46.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/vnet.h"

/* Size of one segment as IPv6. */
static uint32_t result_len(const struct packet *packet)
{
    return packet_segment_len(packet) - packet->l3_len + PACKET_IPV6_HEADER +
           (packet_is_fragment(packet) ? PACKET_FRAGMENT_HEADER : 0);
}

enum header46_fit header46_fit(const struct packet *packet, const struct translation_options *options,
                               uint32_t mtu6, uint32_t *ret_mtu)
{
    uint32_t len = result_len(packet);
    uint32_t growth = PACKET_IPV6_HEADER - PACKET_IPV4_HEADER;
    if (packet->dont_fragment) {
        if (len <= mtu6)
            return HEADER46_FITS;
        *ret_mtu = mtu6 - growth - (packet_is_fragment(packet) ? PACKET_FRAGMENT_HEADER : 0);
        return HEADER46_TOO_BIG;
    }
    uint32_t limit = options->lowest_ipv6_mtu < mtu6 ? options->lowest_ipv6_mtu : mtu6;
    if (len <= limit)
        return HEADER46_FITS;
    *ret_mtu = limit;
    return HEADER46_CUT;
}

/* Next Header, which is ICMPv6's own number for ICMP. */
static uint8_t next_header(uint8_t protocol)
{
    return protocol == PACKET_PROTO_ICMP4 ? PACKET_PROTO_ICMP6 : protocol;
}

/* Both headers; returns their length. The flow label is 0. */
static uint32_t build(const struct packet *from, const struct translation6 *to,
                      const struct translation_options *options, uint32_t payload, uint8_t hop_limit,
                      uint8_t *out)
{
    bool fragment = packet_is_fragment(from);
    uint32_t traffic_class = translation_class(&options->traffic_class, from->traffic_class);
    uint8_t next = next_header(from->protocol);
    bytes_put32(out, 6u << 28 | traffic_class << 20);
    bytes_put16(out + 4, (uint16_t)(payload + (fragment ? PACKET_FRAGMENT_HEADER : 0)));
    out[6] = fragment ? PACKET_PROTO_FRAGMENT : next;
    out[7] = hop_limit;
    memcpy(out + 8, &to->source, 16);
    memcpy(out + 24, &to->destination, 16);
    if (!fragment)
        return PACKET_IPV6_HEADER;
    uint8_t *header = out + PACKET_IPV6_HEADER;
    header[0] = next;
    header[1] = 0;
    bytes_put16(header + 2, (uint16_t)(from->fragment_offset | (from->more_fragments ? 1 : 0)));
    bytes_put32(header + 4, from->id & 0xffff);
    return PACKET_IPV6_HEADER + PACKET_FRAGMENT_HEADER;
}

void header46_translate(struct packet *packet, const struct translation6 *to,
                        const struct translation_options *options)
{
    uint8_t header[PACKET_IPV6_HEADER + PACKET_FRAGMENT_HEADER];
    uint32_t payload = packet_l4_total(packet);
    uint8_t hop_limit = packet->hop_limit - (packet->hairpin ? 0 : 1);
    uint32_t len = build(packet, to, options, payload, hop_limit, header);

    packet->data += packet->l3_len - (int32_t)len;
    memcpy(packet->data, header, len);
    packet->len = len + payload;
    packet->l3_len = (uint16_t)len;
    packet->family = 6;
    packet->protocol = next_header(packet->protocol);
    packet->hop_limit = hop_limit;
    packet->fragment_header = packet_is_fragment(packet);
    packet->id &= 0xffff;
    packet->dont_fragment = false;
    vnet_retarget(packet);
}

uint32_t header46_quote(const struct packet *quoted, const struct translation6 *to,
                        const struct translation_options *options, uint32_t payload, uint8_t *out)
{
    return build(quoted, to, options, payload, quoted->hop_limit, out);
}
