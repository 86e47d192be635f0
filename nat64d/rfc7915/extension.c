/*
 * Layer: pure
 * Specification: RFC 4884 3 - 5
 */
#include "nat64d/rfc7915/extension.h"

#include <string.h>

enum {
    HEADER = 8,
    EXTENSION_HEADER = 4,
};

/* Which messages have a length attribute, where, and its unit. */
static bool attribute(uint8_t family, uint8_t type, uint32_t *ret_at, uint32_t *ret_unit)
{
    if (family == 4 && (type == 3 || type == 11 || type == 12)) {
        *ret_at = 5;
        *ret_unit = 4;
        return true;
    }
    if (family == 6 && (type == 1 || type == 3)) {
        *ret_at = 4;
        *ret_unit = 8;
        return true;
    }
    return false;
}

bool extension_find(const uint8_t *message, uint32_t len, uint8_t family, struct extension *ret_extension)
{
    uint32_t at, unit;
    *ret_extension = (struct extension){.quoted_len = len - HEADER};
    if (!attribute(family, message[0], &at, &unit) || message[at] == 0)
        return true;
    uint32_t quoted = message[at] * unit;
    if (quoted > len - HEADER)
        return false;
    ret_extension->quoted_len = quoted;
    if (len - HEADER - quoted >= EXTENSION_HEADER) {
        ret_extension->offset = HEADER + quoted;
        ret_extension->len = len - HEADER - quoted;
    }
    return true;
}

uint32_t extension_append(uint8_t *message, uint32_t quoted_len, uint32_t room, uint8_t family, bool allowed,
                          const uint8_t *extension, uint32_t extension_len)
{
    uint32_t at, unit;
    if (!allowed || extension_len == 0 || !attribute(family, message[0], &at, &unit))
        return HEADER + quoted_len;
    uint32_t padded = (quoted_len + unit - 1) / unit * unit;
    if (padded < EXTENSION_QUOTED_MIN)
        padded = EXTENSION_QUOTED_MIN;
    /* RFC 7915 4.3: what does not fit is the extension, not the quoted packet. */
    if (HEADER + padded + extension_len > room || padded / unit > 255)
        return HEADER + quoted_len;
    memset(message + HEADER + quoted_len, 0, padded - quoted_len);
    memcpy(message + HEADER + padded, extension, extension_len);
    message[at] = (uint8_t)(padded / unit);
    return HEADER + padded + extension_len;
}
