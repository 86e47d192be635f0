/*
 * Layer: pure
 * Specification: RFC 1035 4.1
 */
#include "dns64/wire/patch.h"

enum {
    TTL_BEFORE_RDATA = 6, /* TTL and length */
    FLAGS_AT = 2,
    COUNTS_AT = 6, /* of the records of the three sections */
    ADDITIONAL_AT = 10,
    TTL_LEN = 4,
    POINTER = 0xc0, /* RFC 1035 4.1.4 */
    POINTER_TARGET = 0x3fff,
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

/* Whether any of these bytes belongs to a TTL; the offsets rise. */
static bool touches(size_t begin, size_t end, const uint16_t *offsets, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) { /* the first TTL that ends behind `begin` */
        size_t middle = low + (high - low) / 2;
        if ((size_t)offsets[middle] + TTL_LEN > begin)
            high = middle;
        else
            low = middle + 1;
    }
    return low < count && offsets[low] < end;
}

/* Offsets from which names have been followed: what many names end with is looked at once. */
struct followed {
    uint8_t bits[NAME_POINTER_TARGETS / 8];
};

static bool follow(struct followed *followed, size_t at)
{
    if (at >= NAME_POINTER_TARGETS)
        return true;
    uint8_t bit = (uint8_t)(1 << at % 8);
    bool first = !(followed->bits[at / 8] & bit);
    followed->bits[at / 8] |= bit;
    return first;
}

/* Follows a name that name_read could read. */
static bool name_is_safe(const uint8_t *bytes, size_t at, const uint16_t *offsets, size_t count,
                         struct followed *followed)
{
    while (follow(followed, at)) {
        bool pointer = (bytes[at] & POINTER) == POINTER;
        size_t end = at + (pointer ? 2 : 1 + (size_t)bytes[at]);
        if (touches(at, end, offsets, count))
            return false;
        if (bytes[at] == 0)
            return true;
        at = pointer ? bytes_get16(bytes + at) & POINTER_TARGET : end;
    }
    return true;
}

bool patch_is_safe(const struct message *message, const uint16_t *offsets, size_t count)
{
    struct message_walk walk;
    struct message_record record;
    struct followed followed = {{0}};
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record)) {
        size_t at;
        unsigned names = message_rdata_names(message, &record, &at);
        if (!name_is_safe(message->bytes, record.at, offsets, count, &followed))
            return false;
        for (; names > 0; names--) {
            size_t start = at;
            if (!name_is_safe(message->bytes, start, offsets, count, &followed) ||
                !name_skip(message->bytes, record.end, start, &at))
                return false;
        }
    }
    return true;
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

void patch_client(uint8_t *bytes, uint16_t id, uint16_t flags, const struct name *question)
{
    uint16_t kept = bytes_get16(bytes + 2);
    bytes_put16(bytes, id);
    bytes_put16(bytes + 2, (uint16_t)((kept & ~MESSAGE_RD) | (flags & MESSAGE_RD)));
    memcpy(bytes + MESSAGE_HEADER, question->bytes, question->len);
}

size_t patch_cut(uint8_t *bytes, size_t len)
{
    struct message message;
    if (message_parse(bytes, len, &message) != MESSAGE_OK)
        return 0;
    size_t opt_len = message.has_opt ? message.opt_end - message.opt_at : 0;
    if (opt_len > 0)
        memmove(bytes + message.records, bytes + message.opt_at, opt_len);
    bytes_put16(bytes + FLAGS_AT, message.flags | MESSAGE_TC);
    memset(bytes + COUNTS_AT, 0, MESSAGE_HEADER - COUNTS_AT);
    bytes_put16(bytes + ADDITIONAL_AT, message.has_opt);
    return message.records + opt_len;
}
