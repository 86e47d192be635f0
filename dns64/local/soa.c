/*
 * Layer: pure
 * Specification: RFC 6303 3
 */
#include "dns64/local/soa.h"

enum {
    SERIAL = 1,
    REFRESH = 3600,
    RETRY = 1200,
    EXPIRE = 604800,
    RDATA_MAX = 2 * NAME_MAX_LEN + 20,
};

void soa_add(struct message_writer *writer, enum message_section section, const struct name *zone,
             uint32_t ttl)
{
    static const uint8_t nobody[] = "\6nobody\7invalid";
    uint8_t rdata[RDATA_MAX];
    struct bytes_writer bytes;
    bytes_writer_init(&bytes, rdata, sizeof(rdata));
    bytes_write(&bytes, zone->bytes, zone->len);
    bytes_write(&bytes, nobody, sizeof(nobody));
    bytes_write32(&bytes, SERIAL);
    bytes_write32(&bytes, REFRESH);
    bytes_write32(&bytes, RETRY);
    bytes_write32(&bytes, EXPIRE);
    bytes_write32(&bytes, ttl);
    message_add(writer, section, zone, MESSAGE_TYPE_SOA, ttl, rdata, (uint16_t)bytes_written(&bytes));
}

void soa_add_ns(struct message_writer *writer, enum message_section section, const struct name *zone,
                uint32_t ttl)
{
    message_add(writer, section, zone, MESSAGE_TYPE_NS, ttl, zone->bytes, zone->len);
}

void soa_add_apex(struct message_writer *writer, const struct name *zone, uint16_t type, uint32_t ttl)
{
    bool any = type == MESSAGE_TYPE_ANY;
    if (type == MESSAGE_TYPE_NS || any)
        soa_add_ns(writer, MESSAGE_ANSWER, zone, ttl);
    if (type != MESSAGE_TYPE_NS)
        soa_add(writer, type == MESSAGE_TYPE_SOA || any ? MESSAGE_ANSWER : MESSAGE_AUTHORITY, zone, ttl);
}
