/*
 * Layer: pure
 * Specification: RFC 4443 2.4 and 3, RFC 1812 4.3.2, RFC 792
 */
#include "nat64d/packet/icmp_error.h"

#include <string.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"
#include "nat64d/packet/parse.h"

enum {
    HOP_LIMIT = 64, /* RFC 1700 */
    ND_FIRST = 130, /* MLD, then neighbour discovery, up to redirect */
    ND_LAST = 137,
    MLD2_REPORT = 143,
    TYPE4_UNREACHABLE = 3,
    CODE4_PORT = 3,
};

static bool may_answer_icmp6(const struct packet *packet)
{
    uint8_t type = packet_l4(packet)[0];
    return type >= 128 && !(type >= ND_FIRST && type <= ND_LAST) && type != MLD2_REPORT;
}

static bool may_answer6(const struct packet *packet)
{
    static const uint8_t nobody[16];
    const uint8_t *source = parse_source6(packet), *destination = parse_destination6(packet);
    if (destination[0] == 0xff || source[0] == 0xff || memcmp(source, nobody, sizeof(nobody)) == 0)
        return false;
    return packet->protocol != PACKET_PROTO_ICMP6 || (packet->l4_len > 0 && may_answer_icmp6(packet));
}

static bool may_answer4(const struct packet *packet)
{
    uint32_t source = parse_source4(packet), destination = parse_destination4(packet);
    if (source == 0 || source >> 28 >= 0xe || destination >> 28 >= 0xe || source >> 24 == 127)
        return false;
    if (packet->protocol != PACKET_PROTO_ICMP4)
        return true;
    return packet->l4_len > 0 && parse_icmp_kind(packet) != PARSE_ICMP_ERROR;
}

bool icmp_error_may_answer(const struct packet *packet)
{
    if (packet->fragment_offset != 0)
        return false;
    return packet->family == 6 ? may_answer6(packet) : may_answer4(packet);
}

/* Type, code and the second word of an answer. */
struct message {
    uint8_t type, code;
    uint32_t value;
};

static struct message message6(const struct packet *about, enum reason_answer answer, uint32_t mtu)
{
    switch (answer) {
    case REASON_ANSWER_PROHIBITED: return (struct message){1, 1, 0};
    case REASON_ANSWER_ADDRESS: return (struct message){1, 3, 0};
    case REASON_ANSWER_PORT: return (struct message){1, 4, 0};
    case REASON_ANSWER_TOO_BIG: return (struct message){2, 0, mtu};
    case REASON_ANSWER_HOP_LIMIT: return (struct message){3, 0, 0};
    case REASON_ANSWER_PARAMETER: return (struct message){4, 0, about->error_pointer};
    case REASON_ANSWER_PROTOCOL:
    case REASON_ANSWER_SOURCE_ROUTE:
    case REASON_ANSWER_NONE: break;
    }
    return (struct message){1, 0, 0};
}

static struct message message4(enum reason_answer answer, uint32_t mtu)
{
    switch (answer) {
    case REASON_ANSWER_PROTOCOL: return (struct message){3, 2, 0};
    case REASON_ANSWER_PORT: return (struct message){3, 3, 0};
    case REASON_ANSWER_TOO_BIG: return (struct message){3, 4, mtu};
    case REASON_ANSWER_SOURCE_ROUTE: return (struct message){3, 5, 0};
    case REASON_ANSWER_PROHIBITED: return (struct message){3, 13, 0};
    case REASON_ANSWER_HOP_LIMIT: return (struct message){11, 0, 0};
    case REASON_ANSWER_ADDRESS:
    case REASON_ANSWER_PARAMETER:
    case REASON_ANSWER_NONE: break;
    }
    return (struct message){3, 1, 0};
}

/* A partial checksum in what is quoted is left as it is: the sender filled in no other. */
static uint32_t put_message(uint8_t *icmp, const struct message *message, const struct packet *about,
                            uint32_t room)
{
    uint32_t quoted = about->len < room - PACKET_ICMP_HEADER ? about->len : room - PACKET_ICMP_HEADER;
    icmp[0] = message->type;
    icmp[1] = message->code;
    bytes_put16(icmp + 2, 0);
    bytes_put32(icmp + 4, message->value);
    memcpy(icmp + PACKET_ICMP_HEADER, about->data, quoted);
    return PACKET_ICMP_HEADER + quoted;
}

uint32_t icmp_error_build6(const struct packet *about, enum reason_answer answer,
                           const struct in6_addr *source, uint32_t mtu, uint8_t *out)
{
    struct message message = message6(about, answer, mtu);
    uint8_t *icmp = out + PACKET_IPV6_HEADER;
    uint32_t len = put_message(icmp, &message, about, ICMP_ERROR_MAX6 - PACKET_IPV6_HEADER);
    bytes_put32(out, 6u << 28 | (uint32_t)about->traffic_class << 20);
    bytes_put16(out + 4, (uint16_t)len);
    out[6] = PACKET_PROTO_ICMP6;
    out[7] = HOP_LIMIT;
    memcpy(out + 8, source, 16);
    memcpy(out + 24, parse_source6(about), 16);
    uint64_t sum = checksum_pseudo6(out + 8, out + 24, PACKET_PROTO_ICMP6, len);
    bytes_put16(icmp + 2, checksum_finish(checksum_add(sum, icmp, len)));
    return PACKET_IPV6_HEADER + len;
}

static uint32_t build4(const struct packet *about, struct message message, uint32_t source, uint8_t *out)
{
    uint8_t *icmp = out + PACKET_IPV4_HEADER;
    uint32_t len = put_message(icmp, &message, about, ICMP_ERROR_MAX4 - PACKET_IPV4_HEADER);
    memset(out, 0, PACKET_IPV4_HEADER);
    out[0] = 0x45;
    out[1] = about->traffic_class;
    bytes_put16(out + 2, (uint16_t)(PACKET_IPV4_HEADER + len));
    bytes_put16(out + 6, 0x4000); /* DF: an atomic packet needs no identification (RFC 6864 4.1) */
    out[8] = HOP_LIMIT;
    out[9] = PACKET_PROTO_ICMP4;
    bytes_put32(out + 12, source);
    bytes_put32(out + 16, parse_source4(about));
    bytes_put16(out + 10, checksum_finish(checksum_add(0, out, PACKET_IPV4_HEADER)));
    bytes_put16(icmp + 2, checksum_finish(checksum_add(0, icmp, len)));
    return PACKET_IPV4_HEADER + len;
}

uint32_t icmp_error_build4(const struct packet *about, enum reason_answer answer, uint32_t source,
                           uint32_t mtu, uint8_t *out)
{
    return build4(about, message4(answer, mtu), source, out);
}

uint32_t icmp_error_build_port4(const struct packet *about, uint32_t source, uint8_t *out)
{
    return build4(about, (struct message){TYPE4_UNREACHABLE, CODE4_PORT, 0}, source, out);
}
