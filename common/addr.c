/*
 * Layer: pure
 * Specification: RFC 4291 2.2, RFC 5952 4, RFC 4632 3.1
 */
#include "common/addr.h"

#include <errno.h>
#include <string.h>

enum {
    DEC_MAX = 10, /* digits of a 32-bit number */
    GROUPS = 8,   /* 16-bit groups of an IPv6 address */
};

/* Decimal digits without a leading zero, up to `max`; advances *text. */
static int parse_number(const char **text, uint32_t max, uint32_t *ret_value)
{
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return -EINVAL;
    while (*p >= '0' && *p <= '9') {
        value = value * 10 + (uint64_t)(*p++ - '0');
        if (value > max)
            return -EINVAL;
    }
    *text = p;
    *ret_value = (uint32_t)value;
    return 0;
}

/* Four decimal octets; stops behind the last. */
static int parse_dotted(const char **text, uint32_t *ret_addr)
{
    const char *p = *text;
    uint32_t addr = 0, octet;
    for (int i = 0; i < 4; i++) {
        if (i > 0 && *p++ != '.')
            return -EINVAL;
        if (parse_number(&p, 255, &octet) < 0)
            return -EINVAL;
        addr = addr << 8 | octet;
    }
    *text = p;
    *ret_addr = addr;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int parse_group(const char **text, uint32_t *ret_group)
{
    const char *p = *text;
    uint32_t value = 0;
    int digits = 0;
    while (hex_digit(*p) >= 0 && digits < 4) {
        value = value << 4 | (uint32_t)hex_digit(*p++);
        digits++;
    }
    if (digits == 0 || hex_digit(*p) >= 0)
        return -EINVAL;
    *text = p;
    *ret_group = value;
    return 0;
}

static bool has_dot_before_colon(const char *p)
{
    while (hex_digit(*p) >= 0)
        p++;
    return *p == '.';
}

/* What stands so far of an address: groups before and after `::`. */
struct groups {
    uint16_t value[GROUPS];
    int count;
    int gap; /* where `::` stood; -1 none */
};

/* One group, or a dotted quad that counts for the last two. */
static int parse_part(const char **p, struct groups *groups)
{
    uint32_t value;
    if (groups->count >= GROUPS)
        return -EINVAL;
    if (groups->count <= GROUPS - 2 && has_dot_before_colon(*p)) {
        if (parse_dotted(p, &value) < 0)
            return -EINVAL;
        groups->value[groups->count++] = (uint16_t)(value >> 16);
        groups->value[groups->count++] = (uint16_t)value;
        return 1; /* nothing may follow */
    }
    if (parse_group(p, &value) < 0)
        return -EINVAL;
    groups->value[groups->count++] = (uint16_t)value;
    return 0;
}

static int parse_groups(const char **text, struct groups *groups)
{
    const char *p = *text;
    if (p[0] == ':') {
        if (p[1] != ':')
            return -EINVAL;
        groups->gap = 0;
        p += 2;
    }
    while (hex_digit(*p) >= 0) {
        int r = parse_part(&p, groups);
        if (r < 0)
            return r;
        if (r > 0 || *p != ':')
            break;
        p++;
        if (*p == ':') {
            if (groups->gap >= 0)
                return -EINVAL;
            groups->gap = groups->count;
            p++;
        } else if (hex_digit(*p) < 0) {
            return -EINVAL; /* a single colon at the end */
        }
    }
    *text = p;
    return 0;
}

static int parse6(const char **text, struct in6_addr *ret_addr)
{
    struct groups groups = {.gap = -1};
    struct in6_addr addr = {0};
    int r = parse_groups(text, &groups);
    if (r < 0)
        return r;
    if (groups.gap < 0 ? groups.count != GROUPS : groups.count >= GROUPS)
        return -EINVAL;
    int shift = GROUPS - groups.count;
    for (int i = 0; i < groups.count; i++) {
        int at = groups.gap >= 0 && i >= groups.gap ? i + shift : i;
        addr.s6_addr[2 * at] = (uint8_t)(groups.value[i] >> 8);
        addr.s6_addr[2 * at + 1] = (uint8_t)groups.value[i];
    }
    *ret_addr = addr;
    return 0;
}

static int parse_any(const char **text, struct addr *ret_addr)
{
    struct addr addr = {0};
    int r;
    if (strchr(*text, ':') != NULL) {
        addr.family = AF_INET6;
        r = parse6(text, &addr.v6);
    } else {
        addr.family = AF_INET;
        r = parse_dotted(text, &addr.v4);
    }
    if (r == 0)
        *ret_addr = addr;
    return r;
}

int addr_parse(const char *text, struct addr *ret_addr)
{
    struct addr addr;
    if (parse_any(&text, &addr) < 0 || *text != '\0')
        return -EINVAL;
    *ret_addr = addr;
    return 0;
}

int addr_parse4(const char *text, uint32_t *ret_addr)
{
    uint32_t addr;
    if (parse_dotted(&text, &addr) < 0 || *text != '\0')
        return -EINVAL;
    *ret_addr = addr;
    return 0;
}

int addr_parse6(const char *text, struct in6_addr *ret_addr)
{
    struct addr addr;
    if (addr_parse(text, &addr) < 0 || addr.family != AF_INET6)
        return -EINVAL;
    *ret_addr = addr.v6;
    return 0;
}

int addr_parse_prefix(const char *text, struct addr_prefix *ret_prefix)
{
    struct addr addr;
    uint32_t len, max;
    if (parse_any(&text, &addr) < 0)
        return -EINVAL;
    len = max = addr.family == AF_INET ? 32 : 128;
    if (*text == '/') {
        text++;
        if (parse_number(&text, max, &len) < 0)
            return -EINVAL;
    }
    if (*text != '\0')
        return -EINVAL;
    struct in6_addr masked = addr_mask6(&addr.v6, (uint8_t)len);
    if (addr.family == AF_INET ? addr_mask4(addr.v4, (uint8_t)len) != addr.v4
                               : !addr_equal6(&masked, &addr.v6))
        return -EINVAL;
    *ret_prefix = (struct addr_prefix){
        .family = addr.family,
        .v4 = {addr.family == AF_INET ? addr.v4 : 0, addr.family == AF_INET ? (uint8_t)len : 0},
        .v6 = {addr.v6, addr.family == AF_INET6 ? (uint8_t)len : 0},
    };
    return 0;
}

int addr_parse_prefix4(const char *text, struct addr_prefix4 *ret_prefix)
{
    struct addr_prefix prefix;
    if (addr_parse_prefix(text, &prefix) < 0 || prefix.family != AF_INET)
        return -EINVAL;
    *ret_prefix = prefix.v4;
    return 0;
}

int addr_parse_prefix6(const char *text, struct addr_prefix6 *ret_prefix)
{
    struct addr_prefix prefix;
    if (addr_parse_prefix(text, &prefix) < 0 || prefix.family != AF_INET6)
        return -EINVAL;
    *ret_prefix = prefix.v6;
    return 0;
}

int addr_parse_endpoint(const char *text, uint16_t default_port, struct addr_endpoint *ret_endpoint)
{
    struct addr addr;
    uint32_t port = default_port;
    if (parse_any(&text, &addr) < 0)
        return -EINVAL;
    if (*text == '#') {
        text++;
        if (parse_number(&text, 65535, &port) < 0)
            return -EINVAL;
    }
    if (*text != '\0' || port == 0)
        return -EINVAL;
    *ret_endpoint = (struct addr_endpoint){addr, (uint16_t)port};
    return 0;
}

int addr_parse_port_range(const char *text, struct addr_port_range *ret_range)
{
    uint32_t first, last;
    if (parse_number(&text, 65535, &first) < 0)
        return -EINVAL;
    last = first;
    if (*text == '-') {
        text++;
        if (parse_number(&text, 65535, &last) < 0)
            return -EINVAL;
    }
    if (*text != '\0' || last < first)
        return -EINVAL;
    *ret_range = (struct addr_port_range){(uint16_t)first, (uint16_t)last};
    return 0;
}

static char *print_number(char *p, uint32_t value)
{
    char digits[DEC_MAX];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        *p++ = digits[--count];
    *p = '\0';
    return p;
}

static char *print4(char *p, uint32_t addr)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *p++ = '.';
        p = print_number(p, addr >> (24 - 8 * i) & 0xff);
    }
    return p;
}

static char *print_group(char *p, unsigned value)
{
    static const char hex[] = "0123456789abcdef";
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 0xf;
        if (digit != 0 || started || shift == 0) {
            *p++ = hex[digit];
            started = true;
        }
    }
    *p = '\0';
    return p;
}

/* RFC 5952 4.2: the longest run of at least two zero groups, the first of equals. */
static void longest_zero_run(const struct in6_addr *addr, int *ret_start, int *ret_len)
{
    *ret_start = -1;
    *ret_len = 1;
    for (int i = 0; i < GROUPS; i++) {
        int len = 0;
        while (i + len < GROUPS && addr->s6_addr[2 * (i + len)] == 0 && addr->s6_addr[2 * (i + len) + 1] == 0)
            len++;
        if (len > *ret_len) {
            *ret_start = i;
            *ret_len = len;
        }
    }
}

static char *print6(char *p, const struct in6_addr *addr)
{
    int start, len;
    longest_zero_run(addr, &start, &len);
    for (int i = 0; i < GROUPS;) {
        if (i == start) {
            *p++ = ':';
            *p++ = ':';
            i += len;
            continue;
        }
        if (i > 0 && (start < 0 || i != start + len))
            *p++ = ':';
        p = print_group(p, (unsigned)addr->s6_addr[2 * i] << 8 | addr->s6_addr[2 * i + 1]);
        i++;
    }
    *p = '\0';
    return p;
}

static char *print_any(char *p, const struct addr *addr)
{
    return addr->family == AF_INET ? print4(p, addr->v4) : print6(p, &addr->v6);
}

char *addr_print(const struct addr *addr, char buffer[ADDR_TEXT_LEN])
{
    print_any(buffer, addr);
    return buffer;
}

char *addr_print4(uint32_t addr, char buffer[ADDR_TEXT_LEN])
{
    print4(buffer, addr);
    return buffer;
}

char *addr_print6(const struct in6_addr *addr, char buffer[ADDR_TEXT_LEN])
{
    print6(buffer, addr);
    return buffer;
}

char *addr_print_prefix4(const struct addr_prefix4 *prefix, char buffer[ADDR_TEXT_LEN])
{
    char *p = print4(buffer, prefix->address);
    *p++ = '/';
    print_number(p, prefix->len);
    return buffer;
}

char *addr_print_prefix6(const struct addr_prefix6 *prefix, char buffer[ADDR_TEXT_LEN])
{
    char *p = print6(buffer, &prefix->address);
    *p++ = '/';
    print_number(p, prefix->len);
    return buffer;
}

char *addr_print_prefix(const struct addr_prefix *prefix, char buffer[ADDR_TEXT_LEN])
{
    return prefix->family == AF_INET ? addr_print_prefix4(&prefix->v4, buffer)
                                     : addr_print_prefix6(&prefix->v6, buffer);
}

char *addr_print_endpoint(const struct addr_endpoint *endpoint, char buffer[ADDR_TEXT_LEN])
{
    char *p = print_any(buffer, &endpoint->addr);
    *p++ = '#';
    print_number(p, endpoint->port);
    return buffer;
}

uint32_t addr_mask4(uint32_t addr, uint8_t len)
{
    return len == 0 ? 0 : addr & (0xffffffffu << (32 - len));
}

struct in6_addr addr_mask6(const struct in6_addr *addr, uint8_t len)
{
    struct in6_addr masked = {0};
    memcpy(&masked, addr, len / 8);
    if (len % 8 != 0)
        masked.s6_addr[len / 8] = (uint8_t)(addr->s6_addr[len / 8] & 0xff << (8 - len % 8));
    return masked;
}

uint32_t addr_last4(const struct addr_prefix4 *prefix)
{
    return prefix->address | (prefix->len == 32 ? 0 : 0xffffffffu >> prefix->len);
}

bool addr_equal6(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && (a->family == AF_INET ? a->v4 == b->v4 : addr_equal6(&a->v6, &b->v6));
}

bool addr_equal_prefix(const struct addr_prefix *a, const struct addr_prefix *b)
{
    if (a->family != b->family)
        return false;
    return a->family == AF_INET ? a->v4.len == b->v4.len && a->v4.address == b->v4.address
                                : a->v6.len == b->v6.len && addr_equal6(&a->v6.address, &b->v6.address);
}

bool addr_in_prefix4(uint32_t addr, const struct addr_prefix4 *prefix)
{
    return addr_mask4(addr, prefix->len) == prefix->address;
}

bool addr_in_prefix6(const struct in6_addr *addr, const struct addr_prefix6 *prefix)
{
    unsigned whole = prefix->len / 8, bits = prefix->len % 8;
    if (memcmp(addr, &prefix->address, whole) != 0)
        return false;
    return bits == 0 || (addr->s6_addr[whole] ^ prefix->address.s6_addr[whole]) >> (8 - bits) == 0;
}

bool addr_in_prefix(const struct addr *addr, const struct addr_prefix *prefix)
{
    if (addr->family != prefix->family)
        return false;
    return addr->family == AF_INET ? addr_in_prefix4(addr->v4, &prefix->v4)
                                   : addr_in_prefix6(&addr->v6, &prefix->v6);
}

bool addr_overlap4(const struct addr_prefix4 *a, const struct addr_prefix4 *b)
{
    return a->len < b->len ? addr_in_prefix4(b->address, a) : addr_in_prefix4(a->address, b);
}

bool addr_overlap6(const struct addr_prefix6 *a, const struct addr_prefix6 *b)
{
    return a->len < b->len ? addr_in_prefix6(&b->address, a) : addr_in_prefix6(&a->address, b);
}

bool addr_is_loopback(const struct addr *addr)
{
    static const struct in6_addr loopback = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
    return addr->family == AF_INET ? addr->v4 >> 24 == 127 : addr_equal6(&addr->v6, &loopback);
}

bool addr_is_any(const struct addr *addr)
{
    static const struct in6_addr any;
    return addr->family == AF_INET ? addr->v4 == 0 : addr_equal6(&addr->v6, &any);
}
