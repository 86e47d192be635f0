/*
 * Layer: pure
 * Specification: RFC 7915 4.5, 5.5; RFC 4340 9.1, RFC 3828 3.1
 */
#include "nat64d/rfc7915/other.h"

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/parse.h"

enum {
    PROTO_DCCP = 33,
    PROTO_UDP_LITE = 136,
    CHECKSUM = 6, /* of both */
    CHECKSUM_END = 8,
};

/* RFC 7045 2.2: extension headers, which in IPv4 are no protocols. AH covers addresses that change. */
static bool passes(uint8_t protocol)
{
    static const uint8_t refused[] = {PACKET_PROTO_HOP_BY_HOP,
                                      PACKET_PROTO_ICMP4,
                                      PACKET_PROTO_ROUTING,
                                      PACKET_PROTO_FRAGMENT,
                                      PACKET_PROTO_AH,
                                      PACKET_PROTO_ICMP6,
                                      PACKET_PROTO_OPTIONS,
                                      135,
                                      /* mobility */ 139, /* HIP */
                                      140,
                                      /* shim6 */ 253,
                                      254 /* experiments */};
    for (unsigned i = 0; i < sizeof(refused); i++)
        if (protocol == refused[i])
            return false;
    return true;
}

static enum reason update(struct packet *packet, uint64_t old, uint64_t new)
{
    uint8_t *field = packet_l4(packet) + CHECKSUM;
    if (!passes(packet->protocol))
        return REASON_UNKNOWN_PROTOCOL;
    if (packet->fragment_offset != 0 ||
        (packet->protocol != PROTO_DCCP && packet->protocol != PROTO_UDP_LITE))
        return REASON_OK;
    if (packet_l4_total(packet) < CHECKSUM_END)
        return REASON_TRANSPORT_HEADER;
    bytes_put16(field, checksum_update(bytes_get16(field), old, new));
    return REASON_OK;
}

enum reason other_translate46(struct packet *packet, const struct translation6 *to)
{
    return update(packet, checksum_pseudo4(parse_source4(packet), parse_destination4(packet), 0, 0),
                  checksum_pseudo6(&to->source, &to->destination, 0, 0));
}

enum reason other_translate64(struct packet *packet, const struct translation4 *to)
{
    return update(packet, checksum_pseudo6(parse_source6(packet), parse_destination6(packet), 0, 0),
                  checksum_pseudo4(to->source, to->destination, 0, 0));
}
