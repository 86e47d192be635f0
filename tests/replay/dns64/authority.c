/*
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 2308 2
 */
#include "tests/replay/dns64/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 12,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_AAAA = 28,
    FLAGS_HIGH = 0x81, /* QR, RD */
    FLAGS_LOW = 0x80,  /* RA */
    SERVFAIL = 2,
    NXDOMAIN = 3,
    SOA_NUMBERS = 5,
    TTL_SHORTEST = 60,
    TTL_STEPS = 40,
    TTL_STEP = 90,
    TARGET_LABEL = 7, /* "t000000": what an alias points at */
};

static uint32_t mix(uint32_t number)
{
    number = (number ^ number >> 16) * 0x45d9f3bU;
    number = (number ^ number >> 16) * 0x45d9f3bU;
    return number ^ number >> 16;
}

enum authority_kind authority_kind_of(uint32_t number)
{
    if (number < AUTHORITY_DENIED)
        return AUTHORITY_GONE;
    if (number < AUTHORITY_DENIED + AUTHORITY_FAILING)
        return number % 2 == 0 ? AUTHORITY_BAD : AUTHORITY_SILENT;
    uint32_t of_ten = mix(number) % 10;
    return of_ten < 6 ? AUTHORITY_IPV4_ONLY : of_ten < 9 ? AUTHORITY_DUAL : AUTHORITY_ALIAS;
}

void authority_name(uint32_t number, char ret_name[AUTHORITY_NAME_LEN])
{
    snprintf(ret_name, AUTHORITY_NAME_LEN, "h%06u.example", (unsigned)number);
}

uint32_t authority_ttl(uint32_t number)
{
    return TTL_SHORTEST + mix(number + 1) % TTL_STEPS * TTL_STEP;
}

uint8_t authority_epoch(uint64_t now_s)
{
    return (uint8_t)(now_s / AUTHORITY_EPOCH_S);
}

void authority_address4(uint32_t number, uint8_t ret_address[4])
{
    uint32_t low = mix(number); /* two may have the same */
    const uint8_t address[4] = {10, (uint8_t)(low >> 8), (uint8_t)low, 0};
    memcpy(ret_address, address, sizeof(address));
}

void authority_address6(uint32_t number, uint8_t ret_address[16])
{
    const uint8_t address[16] = {0x2a,           0, 0, 1, 0, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                                 (uint8_t)number};
    memcpy(ret_address, address, sizeof(address));
}

/* A message while it is written; all fits. */
struct writer {
    uint8_t *at;
    size_t len;
};

static void put(struct writer *writer, const void *bytes, size_t len)
{
    if (writer->len + len > AUTHORITY_MESSAGE)
        abort();
    memcpy(writer->at + writer->len, bytes, len);
    writer->len += len;
}

static void put16(struct writer *writer, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(writer, bytes, sizeof(bytes));
}

/* Up to the data's length. */
static void put_record(struct writer *writer, const uint8_t *owner, size_t owner_len, uint16_t type,
                       uint32_t ttl, uint16_t data_len)
{
    put(writer, owner, owner_len);
    put16(writer, type);
    put16(writer, 1);
    put16(writer, (uint16_t)(ttl >> 16));
    put16(writer, (uint16_t)ttl);
    put16(writer, data_len);
}

/* The root's: two names that are the root, and five numbers, the last of which is the TTL again. */
static void put_soa(struct writer *writer, uint32_t ttl)
{
    static const uint8_t root[] = {0};
    put_record(writer, root, sizeof(root), TYPE_SOA, ttl, 2 * sizeof(root) + SOA_NUMBERS * sizeof(uint32_t));
    put(writer, root, sizeof(root));
    put(writer, root, sizeof(root));
    for (unsigned i = 0; i < SOA_NUMBERS; i++) {
        put16(writer, (uint16_t)(ttl >> 16));
        put16(writer, (uint16_t)ttl);
    }
}

static void put_address(struct writer *writer, const uint8_t *owner, size_t owner_len, uint32_t number,
                        uint16_t type, uint64_t now_s)
{
    uint8_t address[16];
    size_t len = type == TYPE_A ? 4 : 16;
    if (type == TYPE_A)
        authority_address4(number, address);
    else
        authority_address6(number, address);
    address[len - 1] = authority_epoch(now_s);
    put_record(writer, owner, owner_len, type, authority_ttl(number), (uint16_t)len);
    put(writer, address, len);
}

/* Records of a host; returns how many stand in the answer, and 0 if it has none of the type. */
static unsigned put_host(struct writer *writer, uint32_t number, uint16_t type, uint64_t now_s)
{
    static const uint8_t question_name[] = {0xc0, HEADER};
    uint8_t target[TARGET_LABEL + 3] = {TARGET_LABEL};
    const uint8_t *owner = question_name;
    size_t owner_len = sizeof(question_name);
    unsigned count = 0;
    if (authority_kind_of(number) == AUTHORITY_ALIAS) {
        snprintf((char *)target + 1, TARGET_LABEL + 1, "t%06u", (unsigned)number);
        target[TARGET_LABEL + 1] = 0xc0; /* ".example" of the question */
        target[TARGET_LABEL + 2] = HEADER + 1 + TARGET_LABEL;
        put_record(writer, owner, owner_len, TYPE_CNAME, authority_ttl(number), sizeof(target));
        put(writer, target, sizeof(target));
        owner = target;
        owner_len = sizeof(target);
        count++;
    }
    if (type == TYPE_A || (type == TYPE_AAAA && authority_kind_of(number) == AUTHORITY_DUAL)) {
        put_address(writer, owner, owner_len, number, type, now_s);
        count++;
    }
    return count;
}

size_t authority_reply(const uint8_t *question, size_t len, uint64_t now_s,
                       uint8_t ret_reply[AUTHORITY_MESSAGE])
{
    static const uint8_t opt[] = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
    size_t name_len = HEADER;
    while (name_len < len && question[name_len] != 0)
        name_len += question[name_len] + 1U;
    size_t end = name_len + 1 + 2 * sizeof(uint16_t);
    if (end > len || end > AUTHORITY_MESSAGE / 2)
        abort();
    uint32_t number = (uint32_t)strtoul((const char *)question + HEADER + 2, NULL, 10);
    uint16_t type = (uint16_t)(question[name_len + 1] << 8 | question[name_len + 2]);
    enum authority_kind kind = authority_kind_of(number);
    struct writer writer = {ret_reply, 0};
    if (kind == AUTHORITY_SILENT)
        return 0;
    put(&writer, question, end);
    unsigned answers = kind < AUTHORITY_GONE ? put_host(&writer, number, type, now_s) : 0;
    bool has_soa =
        kind == AUTHORITY_GONE || (kind < AUTHORITY_GONE && type == TYPE_AAAA && kind != AUTHORITY_DUAL);
    if (has_soa)
        put_soa(&writer, authority_ttl(number));
    put(&writer, opt, sizeof(opt));
    const uint8_t header[] = {
        FLAGS_HIGH,
        (uint8_t)(FLAGS_LOW | (kind == AUTHORITY_GONE ? NXDOMAIN : kind == AUTHORITY_BAD ? SERVFAIL : 0)),
        0,
        1,
        0,
        (uint8_t)answers,
        0,
        has_soa,
        0,
        1};
    memcpy(ret_reply + sizeof(uint16_t), header, sizeof(header));
    return writer.len;
}

size_t authority_question(uint32_t number, uint16_t type, uint16_t id,
                          uint8_t ret_question[AUTHORITY_MESSAGE])
{
    static const uint8_t header[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 1},
                         opt[] = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
    struct writer writer = {ret_question, 0};
    char name[AUTHORITY_NAME_LEN], *label, *save;
    authority_name(number, name);
    put16(&writer, id);
    put(&writer, header, sizeof(header));
    for (label = strtok_r(name, ".", &save); label != NULL; label = strtok_r(NULL, ".", &save)) {
        uint8_t len = (uint8_t)strlen(label);
        put(&writer, &len, 1);
        put(&writer, label, len);
    }
    put(&writer, "", 1);
    put16(&writer, type);
    put16(&writer, 1);
    put(&writer, opt, sizeof(opt));
    return writer.len;
}
