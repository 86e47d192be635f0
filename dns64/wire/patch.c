/*
 * Layer: pure
 * Specification: RFC 1035 4.1
 */
#include "dns64/wire/patch.h"

enum {
    TTL_BEFORE_RDATA = 6, /* TTL and length */
};

size_t patch_find_ttls(const struct message *message, uint16_t ret_offsets[PATCH_TTLS_MAX])
{
    struct message_walk walk;
    struct message_record record;
    size_t count = 0;
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record)) {
        if (record.type == MESSAGE_TYPE_OPT)
            continue;
        if (count == PATCH_TTLS_MAX)
            return PATCH_TTLS_MAX + 1;
        ret_offsets[count++] = (uint16_t)(record.rdata - TTL_BEFORE_RDATA);
    }
    return count;
}

void patch_age(uint8_t *bytes, const uint16_t *offsets, size_t count, uint32_t age_s)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t ttl = bytes_get32(bytes + offsets[i]);
        bytes_put32(bytes + offsets[i], ttl > age_s ? ttl - age_s : 0);
    }
}

void patch_set_ttl(uint8_t *bytes, const uint16_t *offsets, size_t count, uint32_t ttl)
{
    for (size_t i = 0; i < count; i++)
        bytes_put32(bytes + offsets[i], ttl);
}

void patch_client(uint8_t *bytes, uint16_t id, const struct name *question)
{
    bytes_put16(bytes, id);
    memcpy(bytes + MESSAGE_HEADER, question->bytes, question->len);
}
