/*
 * Layer: pure
 * Specification: hosts(5), RFC 1123 2.1
 */
#include "dns64/local/hosts.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word; false: there is none. */
static bool next_word(const char **at, const char *end, const char **ret_word, size_t *ret_len)
{
    while (*at < end && is_space(**at))
        (*at)++;
    *ret_word = *at;
    while (*at < end && !is_space(**at))
        (*at)++;
    *ret_len = (size_t)(*at - *ret_word);
    return *ret_len > 0;
}

/* Letters, digits, hyphens, and the underline that service names have (RFC 2782); no wildcards, no escapes.
 */
static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool parse_name(const char *word, size_t len, struct name *ret_name)
{
    char text[NAME_MAX_LEN + 1];
    if (len >= sizeof(text) || (len == 1 && word[0] == '.'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_host_byte(word[i]))
            return false;
        text[i] = word[i];
    }
    text[len] = '\0';
    return name_from_text(text, ret_name);
}

static bool parse_address(const char *word, size_t len, struct addr *ret_addr)
{
    char text[ADDR_TEXT_LEN];
    if (len >= sizeof(text))
        return false;
    memcpy(text, word, len);
    text[len] = '\0';
    return addr_parse(text, ret_addr) == 0;
}

enum hosts_fault hosts_parse(const char *text, size_t len, struct hosts_line *ret_line)
{
    struct hosts_line line;
    struct name name;
    const char *word, *comment;
    size_t word_len;
    if (len > HOSTS_LINE_MAX)
        return HOSTS_LONG;
    if (memchr(text, '\0', len) != NULL)
        return HOSTS_NUL;
    comment = memchr(text, '#', len);
    line.at = text;
    line.end = comment != NULL ? comment : text + len;
    if (!next_word(&line.at, line.end, &word, &word_len))
        return HOSTS_BLANK;
    if (!parse_address(word, word_len, &line.addr))
        return HOSTS_ADDRESS;
    const char *names = line.at;
    if (!next_word(&line.at, line.end, &word, &word_len))
        return HOSTS_NO_NAME;
    do {
        if (!parse_name(word, word_len, &name))
            return HOSTS_NAME;
    } while (next_word(&line.at, line.end, &word, &word_len));
    line.at = names;
    *ret_line = line;
    return HOSTS_OK;
}

bool hosts_next(struct hosts_line *line, struct name *ret_name)
{
    const char *word;
    size_t len;
    return next_word(&line->at, line->end, &word, &len) && parse_name(word, len, ret_name);
}

const char *hosts_text(enum hosts_fault fault)
{
    switch (fault) {
    case HOSTS_OK:
    case HOSTS_BLANK: break;
    case HOSTS_LONG: return "a line of more than 4096 bytes; allowed: an address and its names";
    case HOSTS_NUL: return "a NUL byte; allowed: text";
    case HOSTS_ADDRESS: return "no address at the beginning; allowed: ADDRESS NAME ..., # for a comment";
    case HOSTS_NO_NAME: return "an address without a name; allowed: ADDRESS NAME ...";
    case HOSTS_NAME:
        return "not a name; allowed: labels of 1 to 63 letters, digits, - and _ with dots between";
    }
    return "";
}
