/*
 * Layer: pure
 * Specification: proc(5)
 */
#include "gate64/socket_line.h"

#include <string.h>

enum {
    WORDS = 10,
    WORD_LOCAL = 1,
    WORD_REMOTE = 2,
    WORD_STATE = 3,
    WORD_INODE = 9,
    LISTEN = 0x0a, /* TCP_LISTEN */
};

/* Digits of a base up to 16; *ret_end is behind them. */
static uint64_t take_number(const char *at, unsigned base, unsigned digits_max, const char **ret_end)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    for (; digits_max > 0 && *at != '\0'; at++, digits_max--) {
        char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
        const char *digit = strchr(digits, c);
        if (digit == NULL || (unsigned)(digit - digits) >= base)
            break;
        value = value * base + (unsigned)(digit - digits);
    }
    *ret_end = at;
    return value;
}

/* Each 32 bits are printed as the number that they are in this machine's memory. */
static const char *take_address(const char *at, int family, struct addr *ret_addr)
{
    size_t len = family == AF_INET ? 4 : 16;
    uint8_t bytes[16] = {0};
    struct addr addr = {.family = (uint8_t)family};
    for (size_t i = 0; i < len; i += 4) {
        const char *end;
        uint32_t word = (uint32_t)take_number(at, 16, 8, &end);
        if (end != at + 8)
            return NULL;
        memcpy(bytes + i, &word, sizeof(word));
        at = end;
    }
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; /* RFC 4291 2.5.5.2 */
    const uint8_t *v4 = bytes;
    if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        addr.family = AF_INET;
        v4 = bytes + sizeof(mapped);
    }
    if (addr.family == AF_INET)
        addr.v4 = (uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 | (uint32_t)v4[2] << 8 | v4[3];
    else
        memcpy(&addr.v6, bytes, sizeof(addr.v6));
    *ret_addr = addr;
    return at;
}

/* ADDRESS:PORT */
static bool take_endpoint(const char *at, int family, struct addr *ret_addr, uint16_t *ret_port)
{
    const char *end;
    at = take_address(at, family, ret_addr);
    if (at == NULL || *at != ':')
        return false;
    *ret_port = (uint16_t)take_number(at + 1, 16, 4, &end);
    return end == at + 5;
}

static bool split(const char *line, const char *words[WORDS])
{
    for (int i = 0; i < WORDS; i++) {
        while (*line == ' ')
            line++;
        if (*line == '\0' || *line == '\n')
            return false;
        words[i] = line;
        while (*line != ' ' && *line != '\0' && *line != '\n')
            line++;
    }
    return true;
}

bool socket_line_parse(const char *line, int family, bool tcp, struct socket_line *ret_socket)
{
    const char *words[WORDS], *end;
    struct socket_line result = {.tcp = tcp};
    struct addr remote;
    uint16_t remote_port;
    if (!split(line, words) || !take_endpoint(words[WORD_LOCAL], family, &result.addr, &result.port) ||
        !take_endpoint(words[WORD_REMOTE], family, &remote, &remote_port))
        return false;
    uint64_t state = take_number(words[WORD_STATE], 16, 2, &end);
    result.serves = tcp ? state == LISTEN : remote_port == 0;
    result.inode = take_number(words[WORD_INODE], 10, 19, &end);
    *ret_socket = result;
    return true;
}
