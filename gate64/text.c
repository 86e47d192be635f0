/*
 * Layer: pure
 * Specification: RFC 3629 4, ECMA-48
 */
#include "gate64/text.h"

#include <stdbool.h>
#include <string.h>

enum {
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400,
    ESCAPE_LEN = 16, /* "\u{10ffff}" and a NUL */
};

static const char cut_mark[] = "...";

/* Decimal digits, at least `width` of them; returns the end. */
static char *put_digits(char *at, uint64_t value, unsigned width)
{
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || n < width);
    while (n > 0)
        *at++ = digits[--n];
    *at = '\0';
    return at;
}

static char *put_sign(char *at, int64_t value, uint64_t *ret_size)
{
    *ret_size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (value < 0)
        *at++ = '-';
    return at;
}

char *text_count(int64_t value, char buffer[TEXT_LEN])
{
    char digits[24];
    uint64_t size;
    char *at = put_sign(buffer, value, &size);
    size_t n = (size_t)(put_digits(digits, size, 1) - digits);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return buffer;
}

/* "1h59m": a count of one unit, and of the next one in two digits. */
static void put_two(char *at, uint64_t first, char unit, uint64_t second, char lesser)
{
    at = put_digits(at, first, 1);
    *at++ = unit;
    at = put_digits(at, second, 2);
    *at++ = lesser;
    *at = '\0';
}

char *text_duration(int64_t seconds, char buffer[TEXT_LEN])
{
    uint64_t s;
    char *at = put_sign(buffer, seconds, &s);
    if (s >= DAY_S)
        put_two(at, s / DAY_S, 'd', s % DAY_S / HOUR_S, 'h');
    else if (s >= HOUR_S)
        put_two(at, s / HOUR_S, 'h', s % HOUR_S / MINUTE_S, 'm');
    else if (s >= MINUTE_S)
        put_two(at, s / MINUTE_S, 'm', s % MINUTE_S, 's');
    else
        memcpy(put_digits(at, s, 1), "s", sizeof("s"));
    return buffer;
}

char *text_bytes(int64_t bytes, char buffer[TEXT_LEN])
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
    unsigned unit = 0;
    uint64_t whole, tenth = 0;
    char *at = put_sign(buffer, bytes, &whole);
    while (whole >= 1000) {
        tenth = whole % 1000 / 100;
        whole /= 1000;
        unit++;
    }
    at = put_digits(at, whole, 1);
    if (unit > 0 && whole < 10) {
        *at++ = '.';
        at = put_digits(at, tenth, 1);
    }
    memcpy(at, units[unit], strlen(units[unit]) + 1);
    return buffer;
}

char *text_tenths(int64_t tenths, char buffer[TEXT_LEN])
{
    uint64_t size;
    char *at = put_sign(buffer, tenths, &size);
    at = put_digits(at, size / 10, 1);
    *at++ = '.';
    put_digits(at, size % 10, 1);
    return buffer;
}

/* Bytes that the first one of a character announces (RFC 3629 3); 0 for none that may stand first. */
static size_t character_len(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* One character of UTF-8; 0 if the bytes are none (overlong forms, surrogates, a cut end). */
static size_t decode(const char *source, uint32_t *ret_character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)source[0];
    size_t len = character_len(first);
    if (len == 0)
        return 0;
    uint32_t character = len == 1 ? first : first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((source[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (source[i] & 0x3f);
    }
    if (character < least[len] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return len;
}

/* Whether a character steers the terminal, has no width, or turns the direction of writing. */
static bool is_harmful(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},        {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
        {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

static char *put_hex(char *at, uint32_t value, unsigned width)
{
    static const char digits[] = "0123456789abcdef";
    while (width < 8 && value >> (4 * width) != 0)
        width++;
    while (width > 0)
        *at++ = digits[value >> (4 * --width) & 0xf];
    return at;
}

/* The text that stands for what `source` begins with; *ret_used bytes of it are done with. */
static size_t spell(const char *source, char out[ESCAPE_LEN], size_t *ret_used)
{
    uint32_t character;
    size_t len = decode(source, &character);
    char *at = out;
    *ret_used = len > 0 ? len : 1;
    if (len > 0 && character != '\\' && !is_harmful(character)) {
        memcpy(out, source, len);
        return len;
    }
    *at++ = '\\';
    if (len > 0 && character == '\\') {
        *at++ = '\\';
    } else if (len > 1) {
        *at++ = 'u';
        *at++ = '{';
        at = put_hex(at, character, 4);
        *at++ = '}';
    } else {
        *at++ = 'x';
        at = put_hex(at, (unsigned char)source[0], 2);
    }
    return (size_t)(at - out);
}

char *text_clean(const char *source, char *buffer, size_t size)
{
    size_t used = 0, fits = 0; /* `fits`: so much may stay when the rest has to be cut */
    while (*source != '\0') {
        char part[ESCAPE_LEN];
        size_t taken, len = spell(source, part, &taken);
        if (used + len >= size) {
            memcpy(buffer + fits, cut_mark, sizeof(cut_mark));
            return buffer;
        }
        memcpy(buffer + used, part, len);
        used += len;
        if (used + sizeof(cut_mark) <= size)
            fits = used;
        source += taken;
    }
    buffer[used] = '\0';
    return buffer;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += (*text & 0xc0) != 0x80;
    return columns;
}
