/*
 * Layer: pure
 * Specification: RFC 7915 5.2, 5.3
 */
#include "nat64d/rfc7915/icmp64.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc7915/extension.h"
#include "nat64d/rfc7915/header64.h"
#include "nat64d/rfc7915/l4.h"
#include "nat64d/rfc7915/mtu.h"

enum {
    NO_POINTER = 0xff, /* RFC 7915 figure 6: no counterpart */
    TYPE_TOO_BIG = 2,
};

/* RFC 7915 figure 6. */
static uint8_t pointer_of(uint32_t pointer)
{
    static const uint8_t map[8] = {0, 1, NO_POINTER, NO_POINTER, 2, 2, 9, 8};
    if (pointer < sizeof(map))
        return map[pointer];
    if (pointer < 24)
        return 12;
    return pointer < 40 ? 16 : NO_POINTER;
}

static bool unreachable(uint8_t code, struct icmp64_map *map)
{
    static const uint8_t codes[] = {1, 10, 1, 1, 3}; /* RFC 7915 5.2, codes 0 to 4 */
    if (code >= sizeof(codes))
        return false;
    *map = (struct icmp64_map){.type = 3, .code = codes[code], .length_attribute = true};
    return true;
}

static bool parameter_problem(uint8_t code, uint32_t pointer, struct icmp64_map *map)
{
    if (code == 1) {
        *map = (struct icmp64_map){.type = 3, .code = 2, .length_attribute = false};
        return true;
    }
    if (code != 0 || pointer_of(pointer) == NO_POINTER)
        return false;
    *map = (struct icmp64_map){.type = 12, .code = 0, .has_pointer = true, .pointer = pointer_of(pointer)};
    return true;
}

bool icmp64_map(uint8_t type, uint8_t code, uint32_t pointer, struct icmp64_map *ret_map)
{
    struct icmp64_map map = {0};
    bool known;
    switch (type) {
    case 1: known = unreachable(code, &map); break;
    case TYPE_TOO_BIG:
        map = (struct icmp64_map){.type = 3, .code = 4, .has_mtu = true};
        known = true;
        break;
    case 3:
        map = (struct icmp64_map){.type = 11, .code = code, .length_attribute = true};
        known = code <= 1;
        break;
    case 4: known = parameter_problem(code, pointer, &map); break;
    default: known = false;
    }
    if (known)
        *ret_map = map;
    return known;
}

enum reason icmp64_check(const struct packet *packet, uint32_t *ret_quoted_offset, uint32_t *ret_quoted_len)
{
    const uint8_t *icmp = packet_l4(packet);
    uint32_t len = packet_l4_total(packet);
    struct extension extension;
    struct icmp64_map map;
    uint64_t sum =
        checksum_pseudo6(parse_source6(packet), parse_destination6(packet), PACKET_PROTO_ICMP6, len);
    if (checksum_fold(checksum_add(sum, icmp, len)) != 0xffff)
        return REASON_ICMP_CHECKSUM;
    if (!icmp64_map(icmp[0], icmp[1], bytes_get32(icmp + 4), &map))
        return REASON_ICMP_TYPE;
    /* RFC 8201 4: below what every IPv6 link carries it says nothing true. */
    if (icmp[0] == TYPE_TOO_BIG && bytes_get32(icmp + 4) < PACKET_MIN_IPV6_MTU)
        return REASON_ICMP_MTU;
    if (!extension_find(icmp, len, 6, &extension))
        return REASON_ICMP_INNER;
    *ret_quoted_offset = packet->l3_len + PACKET_ICMP_HEADER;
    *ret_quoted_len = extension.quoted_len;
    return REASON_OK;
}

uint32_t icmp64_path_mtu(const struct packet *packet)
{
    const uint8_t *icmp = packet_l4(packet);
    return icmp[0] == TYPE_TOO_BIG ? bytes_get32(icmp + 4) : 0;
}

/* The quoted packet as the IPv4 host sent it; returns its length. */
static uint32_t put_quoted(const struct packet *quoted, uint32_t total, const struct translation4 *inner,
                           const struct translation_options *options, uint8_t *out, uint32_t room)
{
    uint32_t claimed = total - quoted->l3_len, have = quoted->len - quoted->l3_len;
    uint32_t header = header64_quote(quoted, inner, options, claimed, out);
    if (have > room - header)
        have = room - header;
    memcpy(out + header, packet_l4(quoted), have);
    l4_quote64(quoted, inner, out + header, have, claimed);
    return header + have;
}

static void put_parameters(uint8_t *icmp, const struct icmp64_map *map, const uint8_t *from,
                           const struct packet *quoted, const struct translation_mtu *mtu)
{
    memset(icmp, 0, PACKET_ICMP_HEADER);
    icmp[0] = map->type;
    icmp[1] = map->code;
    if (map->has_pointer)
        icmp[4] = map->pointer;
    if (map->has_mtu)
        bytes_put16(icmp + 6, (uint16_t)mtu_64(bytes_get32(from + 4), quoted->fragment_header, mtu));
}

enum reason icmp64_translate(const struct packet *packet, const struct packet *quoted, uint32_t quoted_total,
                             uint32_t source, uint32_t destination, const struct translation4 *inner,
                             const struct translation_mtu *mtu, const struct translation_options *options,
                             uint8_t *out, uint32_t *ret_len)
{
    const uint8_t *from = packet_l4(packet);
    uint8_t *icmp = out + PACKET_IPV4_HEADER;
    uint32_t room = ICMP_ERROR_MAX4 - PACKET_IPV4_HEADER;
    struct extension extension;
    struct icmp64_map map;

    if (!icmp64_map(from[0], from[1], bytes_get32(from + 4), &map) ||
        !extension_find(from, packet_l4_total(packet), 6, &extension))
        return REASON_ICMP_TYPE;
    put_parameters(icmp, &map, from, quoted, mtu);
    uint32_t len = put_quoted(quoted, quoted_total, inner, options, icmp + PACKET_ICMP_HEADER,
                              room - PACKET_ICMP_HEADER);
    len = extension_append(icmp, len, room, 4, map.length_attribute, from + extension.offset, extension.len);
    bytes_put16(icmp + 2, checksum_finish(checksum_add(0, icmp, len)));

    struct translation4 to = {.source = source, .destination = destination};
    struct packet outer = {.protocol = PACKET_PROTO_ICMP6,
                           .traffic_class = packet->traffic_class,
                           .hop_limit = (uint8_t)(packet->hop_limit - 1)};
    header64_quote(&outer, &to, options, len, out);
    *ret_len = PACKET_IPV4_HEADER + len;
    return REASON_OK;
}
