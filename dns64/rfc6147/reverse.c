/*
 * Layer: pure
 * Specification: RFC 6147 5.3.1
 */
#include "dns64/rfc6147/reverse.h"

#include <string.h>

#include "common/pref64.h"

enum {
    NIBBLES = 32,
};

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 32 labels of one hex digit each, least significant first, then ip6.arpa. */
static bool parse_address(const struct name *name, struct in6_addr *ret_address)
{
    static const uint8_t suffix[] = "\3ip6\4arpa";
    struct name tail = {.len = sizeof(suffix)}, rest = {0};
    struct in6_addr address = {0};
    memcpy(tail.bytes, suffix, sizeof(suffix));
    if (name->len != NIBBLES * 2 + tail.len)
        return false;
    for (int i = 0; i < NIBBLES; i++) {
        int digit = hex(name->bytes[2 * i + 1]);
        if (name->bytes[2 * i] != 1 || digit < 0)
            return false;
        int at = NIBBLES - 1 - i;
        address.s6_addr[at / 2] |= (uint8_t)(at % 2 == 0 ? digit << 4 : digit);
    }
    rest.len = tail.len;
    memcpy(rest.bytes, name->bytes + NIBBLES * 2, tail.len);
    if (!name_equal(&rest, &tail))
        return false;
    *ret_address = address;
    return true;
}

bool reverse_extract(const struct name *name, const struct addr_prefix6 *prefix, uint32_t *ret_address)
{
    struct in6_addr address;
    return parse_address(name, &address) && pref64_extract_exact(prefix, &address, ret_address);
}

void reverse_name4(uint32_t address, struct name *ret_name)
{
    static const uint8_t suffix[] = "\7in-addr\4arpa";
    struct name name = {0};
    for (int i = 0; i < 4; i++) {
        char text[4];
        uint8_t len = 0, octet = (uint8_t)(address >> 8 * i);
        if (octet >= 100)
            text[len++] = (char)('0' + octet / 100);
        if (octet >= 10)
            text[len++] = (char)('0' + octet / 10 % 10);
        text[len++] = (char)('0' + octet % 10);
        name.bytes[name.len++] = len;
        memcpy(name.bytes + name.len, text, len);
        name.len = (uint8_t)(name.len + len);
    }
    memcpy(name.bytes + name.len, suffix, sizeof(suffix));
    name.len = (uint8_t)(name.len + sizeof(suffix));
    *ret_name = name;
}
