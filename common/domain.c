/*
 * Layer: pure
 * Specification: RFC 1035 3.1, 5.1
 */
#include "common/domain.h"

#include <string.h>

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

/* Eight bytes at once: the highest bit of each is borrowed to see which is a capital letter. */
static uint64_t fold_word(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = 0x80 * ones;
    uint64_t low = word & ~high;
    uint64_t from_a = low + (0x80 - 'A') * ones, behind_z = low + (0x7f - 'Z') * ones;
    return word | ((from_a & ~behind_z & ~word & high) >> 2);
}

void domain_fold(const uint8_t *bytes, size_t len, uint8_t *out)
{
    size_t at = 0;
    uint64_t word = 0;
    for (; at + sizeof(word) <= len; at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        word = fold_word(word);
        memcpy(out + at, &word, sizeof(word));
    }
    memcpy(&word, bytes + at, len - at);
    word = fold_word(word);
    memcpy(out + at, &word, len - at);
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
