/*
 * Layer: pure
 * Specification: RFC 8259 7, RFC 3629 4
 */
#include "common/json_line.h"

#include <stdbool.h>
#include <string.h>

#include "common/utc.h"

static void put(struct json_line *line, const char *text, size_t len)
{
    if (len > line->size - 1 - line->len)
        len = line->size - 1 - line->len;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    line->text[line->len] = '\0';
}

void json_line_raw(struct json_line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_key(struct json_line *line, const char *key)
{
    json_line_raw(line, ",\"");
    json_line_raw(line, key);
    json_line_raw(line, "\":");
}

void json_line_text(struct json_line *line, const char *key, const char *text)
{
    put_key(line, key);
    json_line_raw(line, "\"");
    json_line_raw(line, text);
    json_line_raw(line, "\"");
}

static void put_digits(struct json_line *line, uint64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    json_line_raw(line, at);
}

void json_line_number(struct json_line *line, const char *key, uint64_t value)
{
    put_key(line, key);
    put_digits(line, value);
}

void json_line_signed(struct json_line *line, const char *key, int64_t value)
{
    put_key(line, key);
    if (value < 0)
        json_line_raw(line, "-");
    put_digits(line, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_line_thousandths(struct json_line *line, const char *key, uint64_t value)
{
    const char fraction[] = {'.', (char)('0' + value / 100 % 10), (char)('0' + value / 10 % 10),
                             (char)('0' + value % 10)};
    put_key(line, key);
    put_digits(line, value / 1000);
    put(line, fraction, sizeof(fraction));
}

void json_line_time(struct json_line *line, const char *key, uint64_t utc_ns)
{
    char time[UTC_TEXT_LEN];
    json_line_text(line, key, utc_print(utc_ns, time));
}

/* Bytes of the UTF-8 character at `text` (RFC 3629 4); 0 when there is none. */
static size_t character(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4))
        return 0;
    for (size_t i = 1; i <= more; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    unsigned char second = (unsigned char)text[1];
    bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
               (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : more + 1;
}

static void put_control(struct json_line *line, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char escaped[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    put(line, escaped, sizeof(escaped));
}

void json_line_name(struct json_line *line, const char *key, const char *name)
{
    put_key(line, key);
    json_line_raw(line, "\"");
    while (*name != '\0') {
        unsigned char c = (unsigned char)*name;
        size_t len = character(name);
        if (c == '"' || c == '\\')
            put(line, "\\", 1);
        if (c < ' ' || c == 0x7f)
            put_control(line, c);
        else if (len > 0)
            put(line, name, len);
        else
            put(line, "?", 1);
        name += len > 0 ? len : 1;
    }
    json_line_raw(line, "\"");
}

struct json_line json_line_begin(char *text, size_t size, uint64_t utc_ns)
{
    char time[UTC_TEXT_LEN];
    struct json_line line = {.text = text, .size = size};
    json_line_raw(&line, "{\"time\":\"");
    json_line_raw(&line, utc_print(utc_ns, time));
    json_line_raw(&line, "\"");
    return line;
}

size_t json_line_end(struct json_line *line)
{
    json_line_raw(line, "}\n");
    return line->len;
}
