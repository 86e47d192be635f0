/*
 * Layer: pure
 * Specification: RFC 7915 4.2, 4.3
 */
#include "nat64d/rfc7915/icmp46.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/icmp_error.h"
#include "nat64d/rfc7915/extension.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/l4.h"
#include "nat64d/rfc7915/mtu.h"

enum {
    NO_POINTER = 0xff, /* RFC 7915 figure 3: no counterpart */
};

/* RFC 7915 figure 3. */
static uint8_t pointer_of(uint8_t pointer)
{
    static const uint8_t map[20] = {
        0,          1,          4, 4, NO_POINTER, NO_POINTER, NO_POINTER, NO_POINTER, 7,  6,
        NO_POINTER, NO_POINTER, 8, 8, 8,          8,          24,         24,         24, 24,
    };
    return pointer < sizeof(map) ? map[pointer] : NO_POINTER;
}

static bool unreachable(uint8_t code, struct icmp46_map *map)
{
    map->type = 1;
    map->length_attribute = true;
    switch (code) {
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
    case 11:
    case 12: map->code = 0; return true;
    case 3: map->code = 4; return true;
    case 9:
    case 10:
    case 13:
    case 15: map->code = 1; return true;
    case 2: *map = (struct icmp46_map){.type = 4, .code = 1, .has_pointer = true, .pointer = 6}; return true;
    case 4: *map = (struct icmp46_map){.type = 2, .code = 0, .has_mtu = true}; return true;
    default: return false;
    }
}

bool icmp46_map(uint8_t type, uint8_t code, uint8_t pointer, struct icmp46_map *ret_map)
{
    struct icmp46_map map = {0};
    switch (type) {
    case 3:
        if (!unreachable(code, &map))
            return false;
        break;
    case 11:
        if (code > 1)
            return false;
        map = (struct icmp46_map){.type = 3, .code = code, .length_attribute = true};
        break;
    case 12:
        if ((code != 0 && code != 2) || pointer_of(pointer) == NO_POINTER)
            return false;
        map = (struct icmp46_map){.type = 4, .code = 0, .has_pointer = true, .pointer = pointer_of(pointer)};
        break;
    default: return false;
    }
    *ret_map = map;
    return true;
}

enum reason icmp46_check(const struct packet *packet, uint32_t *ret_quoted_offset, uint32_t *ret_quoted_len)
{
    const uint8_t *icmp = packet_l4(packet);
    uint32_t len = packet_l4_total(packet);
    struct extension extension;
    struct icmp46_map map;
    if (checksum_fold(checksum_add(0, icmp, len)) != 0xffff)
        return REASON_ICMP_CHECKSUM;
    if (!icmp46_map(icmp[0], icmp[1], icmp[4], &map))
        return REASON_ICMP_TYPE;
    if (!extension_find(icmp, len, 4, &extension))
        return REASON_ICMP_INNER;
    *ret_quoted_offset = packet->l3_len + PACKET_ICMP_HEADER;
    *ret_quoted_len = extension.quoted_len;
    return REASON_OK;
}

/* The quoted packet as the backend sent it; returns its length. */
static uint32_t put_quoted(const struct packet *quoted, uint32_t total, const struct translation6 *inner,
                           const struct translation_options *options, uint8_t *out, uint32_t room)
{
    uint32_t claimed = total - quoted->l3_len, have = quoted->len - quoted->l3_len;
    uint32_t header = header46_quote(quoted, inner, options, claimed, out);
    if (have > room - header)
        have = room - header;
    memcpy(out + header, packet_l4(quoted), have);
    l4_quote46(quoted, inner, out + header, have, claimed);
    return header + have;
}

enum reason icmp46_translate(const struct packet *packet, const struct packet *quoted, uint32_t quoted_total,
                             const struct in6_addr *source, const struct in6_addr *destination,
                             const struct translation6 *inner, const struct translation_mtu *mtu,
                             const struct translation_options *options, uint8_t *out, uint32_t *ret_len)
{
    const uint8_t *from = packet_l4(packet);
    uint8_t *icmp = out + PACKET_IPV6_HEADER;
    uint32_t room = ICMP_ERROR_MAX6 - PACKET_IPV6_HEADER;
    struct extension extension;
    struct icmp46_map map;

    if (!icmp46_map(from[0], from[1], from[4], &map) ||
        !extension_find(from, packet_l4_total(packet), 4, &extension))
        return REASON_ICMP_TYPE;
    memset(icmp, 0, PACKET_ICMP_HEADER);
    icmp[0] = map.type;
    icmp[1] = map.code;
    if (map.has_pointer)
        bytes_put32(icmp + 4, map.pointer);
    if (map.has_mtu)
        bytes_put32(icmp + 4, mtu_46(bytes_get16(from + 6), quoted_total, mtu));
    uint32_t len = put_quoted(quoted, quoted_total, inner, options, icmp + PACKET_ICMP_HEADER,
                              room - PACKET_ICMP_HEADER);
    len = extension_append(icmp, len, room, 6, map.length_attribute, from + extension.offset, extension.len);

    struct translation6 to = {.source = *source, .destination = *destination};
    struct packet outer = {.protocol = PACKET_PROTO_ICMP4,
                           .traffic_class = packet->traffic_class,
                           .hop_limit = (uint8_t)(packet->hop_limit - (packet->hairpin ? 0 : 1))};
    header46_quote(&outer, &to, options, len, out);
    uint64_t sum = checksum_pseudo6(source, destination, PACKET_PROTO_ICMP6, len);
    bytes_put16(icmp + 2, checksum_finish(checksum_add(sum, icmp, len)));
    *ret_len = PACKET_IPV6_HEADER + len;
    return REASON_OK;
}
