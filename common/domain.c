/*
 * Layer: pure
 * Specification: RFC 1035 3.1, 5.1
 */
#include "common/domain.h"

enum {
    LABEL_MAX = 63,
};

bool domain_valid(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    if (len > DOMAIN_MAX_LEN)
        return false;
    while (at < len && bytes[at] != 0) {
        if (bytes[at] > LABEL_MAX)
            return false;
        at += (size_t)bytes[at] + 1;
    }
    return at + 1 == len;
}

char *domain_print(const uint8_t *bytes, size_t len, char text[DOMAIN_TEXT_LEN])
{
    char *out = text;
    for (size_t at = 0; at < len && bytes[at] != 0;) {
        size_t end = at + bytes[at] + 1;
        if (at > 0)
            *out++ = '.';
        for (at++; at < end; at++) {
            uint8_t c = bytes[at];
            if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
                *out++ = (char)c;
                continue;
            }
            *out++ = '\\';
            *out++ = (char)('0' + c / 100);
            *out++ = (char)('0' + c / 10 % 10);
            *out++ = (char)('0' + c % 10);
        }
    }
    if (out == text)
        *out++ = '.';
    *out = '\0';
    return text;
}
