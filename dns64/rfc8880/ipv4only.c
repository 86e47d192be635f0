/*
 * Layer: pure
 * Specification: RFC 8880 7.1
 */
#include "dns64/rfc8880/ipv4only.h"

#include "common/pref64.h"
#include "dns64/local/soa.h"

static const struct name zone = {.len = 15, .bytes = "\10ipv4only\4arpa"};

bool ipv4only_is_ours(const struct name *name, uint16_t type)
{
    unsigned below;
    return name_under(name, &zone, &below) && (below > 0 || type != MESSAGE_TYPE_DS);
}

static void add_a(struct message_writer *writer, const struct name *name, uint32_t address, uint32_t ttl_s)
{
    uint8_t rdata[4];
    bytes_put32(rdata, address);
    message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_A, ttl_s, rdata, sizeof(rdata));
}

enum message_rcode ipv4only_answer(struct message_writer *writer, const struct name *name, uint16_t type,
                                   uint32_t ttl_s,
                                   const struct addr_prefix6 *(*prefix_at)(const void *context, size_t index),
                                   const void *context, size_t prefixes)
{
    static const uint32_t addresses[] = {(uint32_t)IPV4ONLY_FIRST, (uint32_t)IPV4ONLY_SECOND};
    if (!name_equal(name, &zone)) {
        soa_add(writer, MESSAGE_AUTHORITY, &zone, IPV4ONLY_NEGATIVE_TTL);
        return MESSAGE_NXDOMAIN;
    }
    switch (type) {
    case MESSAGE_TYPE_A:
        add_a(writer, name, addresses[0], ttl_s);
        add_a(writer, name, addresses[1], ttl_s);
        break;
    case MESSAGE_TYPE_AAAA:
        for (size_t i = 0; i < prefixes; i++)
            for (size_t k = 0; k < 2; k++) {
                struct in6_addr image = pref64_embed(prefix_at(context, i), addresses[k]);
                message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_AAAA, ttl_s, &image, sizeof(image));
            }
        break;
    case MESSAGE_TYPE_NS:
    case MESSAGE_TYPE_SOA: soa_add_apex(writer, name, type, IPV4ONLY_NEGATIVE_TTL); break;
    default: soa_add(writer, MESSAGE_AUTHORITY, name, IPV4ONLY_NEGATIVE_TTL); break;
    }
    return MESSAGE_NOERROR;
}
