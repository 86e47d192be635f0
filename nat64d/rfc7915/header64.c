/*
 * Layer: pure
 * Specification: RFC 7915 5.1, 5.1.1
 */
#include "nat64d/rfc7915/header64.h"

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/vnet.h"

enum {
    ATOMIC_ABOVE = 1260, /* RFC 7915 5.1: longer than this as IPv4 has DF set */
    DONT_FRAGMENT = 0x4000,
    MORE_FRAGMENTS = 0x2000,
};

static uint32_t result_len(const struct packet *packet)
{
    return packet_segment_len(packet) - packet->l3_len + PACKET_IPV4_HEADER;
}

static bool sets_df(const struct packet *packet, uint32_t len)
{
    return !packet->fragment_header && len > ATOMIC_ABOVE;
}

enum header64_fit header64_fit(const struct packet *packet, uint32_t mtu4, uint32_t *ret_mtu)
{
    uint32_t len = result_len(packet), grown = mtu4 + PACKET_IPV6_HEADER - PACKET_IPV4_HEADER;
    if (len <= mtu4)
        return HEADER64_FITS;
    if (!sets_df(packet, len)) {
        *ret_mtu = mtu4;
        return HEADER64_CUT;
    }
    *ret_mtu = grown < PACKET_MIN_IPV6_MTU ? PACKET_MIN_IPV6_MTU : grown;
    return HEADER64_TOO_BIG;
}

bool header64_needs_id(const struct packet *packet)
{
    return !packet->fragment_header && !sets_df(packet, result_len(packet));
}

static uint8_t protocol_number(uint8_t next_header)
{
    return next_header == PACKET_PROTO_ICMP6 ? PACKET_PROTO_ICMP4 : next_header;
}

static void build(const struct packet *from, const struct translation4 *to,
                  const struct translation_options *options, uint32_t total, uint16_t id, bool df,
                  uint8_t hop_limit, uint8_t *out)
{
    uint16_t fragment = (uint16_t)(from->fragment_offset / 8);
    if (df)
        fragment |= DONT_FRAGMENT;
    if (from->more_fragments)
        fragment |= MORE_FRAGMENTS;
    out[0] = 0x45;
    out[1] = translation_class(&options->tos, from->traffic_class);
    bytes_put16(out + 2, (uint16_t)total);
    bytes_put16(out + 4, id);
    bytes_put16(out + 6, fragment);
    out[8] = hop_limit;
    out[9] = protocol_number(from->protocol);
    bytes_put16(out + 10, 0);
    bytes_put32(out + 12, to->source);
    bytes_put32(out + 16, to->destination);
    bytes_put16(out + 10, checksum_finish(checksum_add(0, out, PACKET_IPV4_HEADER)));
}

void header64_translate(struct packet *packet, const struct translation4 *to, uint16_t id,
                        const struct translation_options *options)
{
    uint32_t payload = packet_l4_total(packet), total = PACKET_IPV4_HEADER + payload;
    bool df = sets_df(packet, result_len(packet));
    uint8_t hop_limit = packet->hop_limit - 1;
    uint16_t used = packet->fragment_header ? (uint16_t)packet->id : id;

    packet->data += packet->l3_len - PACKET_IPV4_HEADER;
    build(packet, to, options, total, used, df, hop_limit, packet->data);
    packet->len = total;
    packet->l3_len = PACKET_IPV4_HEADER;
    packet->family = 4;
    packet->protocol = protocol_number(packet->protocol);
    packet->hop_limit = hop_limit;
    packet->dont_fragment = df;
    packet->fragment_header = false;
    packet->id = used;
    vnet_retarget(packet);
}

uint32_t header64_quote(const struct packet *quoted, const struct translation4 *to,
                        const struct translation_options *options, uint32_t payload, uint8_t *out)
{
    uint32_t total = PACKET_IPV4_HEADER + payload;
    bool df = !quoted->fragment_header && total > ATOMIC_ABOVE;
    build(quoted, to, options, total, quoted->fragment_header ? (uint16_t)quoted->id : 0, df,
          quoted->hop_limit, out);
    return PACKET_IPV4_HEADER;
}
