/*
 * Layer: pure
 * Specification: RFC 8880 7.1
 */
#include "dns64/rfc8880/ipv4only.h"

#include "common/pref64.h"

static const struct name zone = {.len = 15, .bytes = "\10ipv4only\4arpa"};

bool ipv4only_is_ours(const struct name *name, uint16_t type, uint16_t class)
{
    return class == MESSAGE_CLASS_IN && type != MESSAGE_TYPE_DS && name_under(name, &zone, NULL);
}

/* The SOA of a zone that exists only here. */
static void add_soa(struct message_writer *writer, enum message_section section)
{
    uint8_t rdata[2 * NAME_MAX_LEN];
    static const uint8_t nobody[] = "\6nobody\7invalid"; /* RFC 6303 3 */
    struct bytes_writer bytes;
    bytes_writer_init(&bytes, rdata, sizeof(rdata));
    bytes_write(&bytes, zone.bytes, zone.len);
    bytes_write(&bytes, nobody, sizeof(nobody));
    bytes_write32(&bytes, 1);    /* serial */
    bytes_write32(&bytes, 3600); /* refresh, retry, expire as RFC 6303 3 */
    bytes_write32(&bytes, 1200);
    bytes_write32(&bytes, 604800);
    bytes_write32(&bytes, IPV4ONLY_NEGATIVE_TTL);
    message_add(writer, section, &zone, MESSAGE_TYPE_SOA, IPV4ONLY_NEGATIVE_TTL, rdata,
                (uint16_t)bytes_written(&bytes));
}

static void add_a(struct message_writer *writer, const struct name *name, uint32_t address)
{
    uint8_t rdata[4];
    bytes_put32(rdata, address);
    message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_A, IPV4ONLY_TTL, rdata, sizeof(rdata));
}

enum message_rcode ipv4only_answer(struct message_writer *writer, const struct name *name, uint16_t type,
                                   const struct addr_prefix6 *(*prefix_at)(const void *context, size_t index),
                                   const void *context, size_t prefixes)
{
    static const uint32_t addresses[] = {(uint32_t)IPV4ONLY_FIRST, (uint32_t)IPV4ONLY_SECOND};
    if (!name_equal(name, &zone)) {
        add_soa(writer, MESSAGE_AUTHORITY);
        return MESSAGE_NXDOMAIN;
    }
    switch (type) {
    case MESSAGE_TYPE_A:
        add_a(writer, name, addresses[0]);
        add_a(writer, name, addresses[1]);
        break;
    case MESSAGE_TYPE_AAAA:
        for (size_t i = 0; i < prefixes; i++)
            for (size_t k = 0; k < 2; k++) {
                struct in6_addr image = pref64_embed(prefix_at(context, i), addresses[k]);
                message_add(writer, MESSAGE_ANSWER, name, MESSAGE_TYPE_AAAA, IPV4ONLY_TTL, &image,
                            sizeof(image));
            }
        break;
    case MESSAGE_TYPE_SOA: add_soa(writer, MESSAGE_ANSWER); break;
    default: add_soa(writer, MESSAGE_AUTHORITY); break;
    }
    return MESSAGE_NOERROR;
}
