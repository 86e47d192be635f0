/*
 * Layer: pure
 * Specification: RFC 6147 5.3.1
 */
#include "dns64/rfc6147/reverse.h"

#include <string.h>

#include "common/pref64.h"

enum {
    NIBBLES = 32,
    NIBBLE_BITS = 4,
    LABELS_MAX = 128, /* of a name of 255 bytes */
};

static const struct name ip6_arpa = {.len = 10, .bytes = "\3ip6\4arpa"};

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static unsigned nibble_of(const struct in6_addr *address, unsigned index)
{
    uint8_t octet = address->s6_addr[index / 2];
    return index % 2 == 0 ? octet >> NIBBLE_BITS : octet & 0xfU;
}

/* The labels above ip6.arpa, the last one (which is the first of the address) first. */
struct nibbles {
    unsigned count;         /* of labels */
    unsigned good;          /* of them, from the first on, that are nibbles; at most 32 */
    uint8_t at[LABELS_MAX]; /* where each label begins */
    struct in6_addr address;
};

static bool read_nibbles(const struct name *name, struct nibbles *ret_nibbles)
{
    uint8_t at = 0, begins[LABELS_MAX];
    unsigned count;
    struct nibbles *nibbles = ret_nibbles;
    if (!name_under(name, &ip6_arpa, &count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        begins[i] = at;
        at = (uint8_t)(at + name->bytes[at] + 1);
    }
    *nibbles = (struct nibbles){.count = count};
    for (unsigned i = 0; i < count; i++)
        nibbles->at[i] = begins[count - 1 - i];
    while (nibbles->good < count && nibbles->good < NIBBLES) {
        const uint8_t *label = name->bytes + nibbles->at[nibbles->good];
        int digit = label[0] == 1 ? hex(label[1]) : -1;
        if (digit < 0)
            break;
        nibbles->address.s6_addr[nibbles->good / 2] |=
            (uint8_t)(nibbles->good % 2 == 0 ? digit << NIBBLE_BITS : digit);
        nibbles->good++;
    }
    return true;
}

enum reverse_place reverse_find(const struct name *name, const struct addr_prefix6 *prefix, size_t *ret_apex,
                                uint32_t *ret_address)
{
    struct nibbles nibbles;
    unsigned own = prefix->len / NIBBLE_BITS;
    if (!read_nibbles(name, &nibbles) || nibbles.good < own)
        return REVERSE_OUTSIDE;
    for (unsigned i = 0; i < own; i++)
        if (nibble_of(&nibbles.address, i) != nibble_of(&prefix->address, i))
            return REVERSE_OUTSIDE;
    *ret_apex = nibbles.at[own - 1];
    if (nibbles.good < NIBBLES)
        return nibbles.good < nibbles.count ? REVERSE_NOTHING
               : nibbles.count == own       ? REVERSE_APEX
                                            : REVERSE_ABOVE;
    if (!pref64_extract_exact(prefix, &nibbles.address, ret_address))
        return REVERSE_OUTSIDE;
    return nibbles.count == NIBBLES ? REVERSE_ADDRESS : REVERSE_NOTHING;
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

void reverse_name6(const struct in6_addr *address, struct name *ret_name)
{
    static const char digits[] = "0123456789abcdef";
    ret_name->len = 0;
    for (unsigned i = NIBBLES; i-- > 0;) {
        ret_name->bytes[ret_name->len++] = 1;
        ret_name->bytes[ret_name->len++] = (uint8_t)digits[nibble_of(address, i)];
    }
    memcpy(ret_name->bytes + ret_name->len, ip6_arpa.bytes, ip6_arpa.len);
    ret_name->len = (uint8_t)(ret_name->len + ip6_arpa.len);
}
