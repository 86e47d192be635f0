/*
 * IPv4 and IPv6 addresses, prefixes, port ranges and endpoints: parse, print, match.
 *
 * Layer: pure
 * Specification: RFC 4291 2.2 (text), RFC 5952 (printing), RFC 4632 3.1 (prefixes)
 * Fuzz: fuzz_settings
 *
 * Shapes: an IPv4 address and a port are values in host order everywhere above the bytes of a packet;
 * an IPv6 address is struct in6_addr in network order. Text of an endpoint is `ADDRESS#PORT`.
 * Parsers take NUL-terminated text, refuse anything after the value, return 0 or -EINVAL and leave
 * *ret_x untouched on failure. Printers write a NUL-terminated text and return `buffer`.
 */
#ifndef GATE64_COMMON_ADDR_H
#define GATE64_COMMON_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDR_TEXT_LEN = 64, /* room for any text that this module prints, NUL included */
};

struct addr_prefix4 {
    uint32_t address; /* bits beyond len are 0 */
    uint8_t len;      /* 0..32 */
};

struct addr_prefix6 {
    struct in6_addr address; /* bits beyond len are 0 */
    uint8_t len;             /* 0..128 */
};

/* An address of either family. */
struct addr {
    uint8_t family; /* AF_INET or AF_INET6 */
    uint32_t v4;    /* when AF_INET */
    struct in6_addr v6;
};

/* A prefix of either family. */
struct addr_prefix {
    uint8_t family;
    struct addr_prefix4 v4;
    struct addr_prefix6 v6;
};

struct addr_endpoint {
    struct addr addr;
    uint16_t port;
};

struct addr_port_range {
    uint16_t first;
    uint16_t last; /* >= first */
};

int addr_parse(const char *text, struct addr *ret_addr);
int addr_parse4(const char *text, uint32_t *ret_addr);
int addr_parse6(const char *text, struct in6_addr *ret_addr);

/* `ADDRESS/LEN`, or `ADDRESS` alone for the full length. Bits set beyond LEN are -EINVAL. */
int addr_parse_prefix(const char *text, struct addr_prefix *ret_prefix);
int addr_parse_prefix4(const char *text, struct addr_prefix4 *ret_prefix);
int addr_parse_prefix6(const char *text, struct addr_prefix6 *ret_prefix);

/* `ADDRESS#PORT`; `default_port` 0 means that the port must be given. Port 0 is -EINVAL. */
int addr_parse_endpoint(const char *text, uint16_t default_port, struct addr_endpoint *ret_endpoint);

/* `FIRST-LAST` or one port. */
int addr_parse_port_range(const char *text, struct addr_port_range *ret_range);

char *addr_print(const struct addr *addr, char buffer[ADDR_TEXT_LEN]);
char *addr_print4(uint32_t addr, char buffer[ADDR_TEXT_LEN]);
char *addr_print6(const struct in6_addr *addr, char buffer[ADDR_TEXT_LEN]);
char *addr_print_prefix(const struct addr_prefix *prefix, char buffer[ADDR_TEXT_LEN]);
char *addr_print_prefix4(const struct addr_prefix4 *prefix, char buffer[ADDR_TEXT_LEN]);
char *addr_print_prefix6(const struct addr_prefix6 *prefix, char buffer[ADDR_TEXT_LEN]);
char *addr_print_endpoint(const struct addr_endpoint *endpoint, char buffer[ADDR_TEXT_LEN]);

bool addr_in_prefix4(uint32_t addr, const struct addr_prefix4 *prefix);
bool addr_in_prefix6(const struct in6_addr *addr, const struct addr_prefix6 *prefix);
bool addr_in_prefix(const struct addr *addr, const struct addr_prefix *prefix);

/* Whether two prefixes share an address. */
bool addr_overlap4(const struct addr_prefix4 *a, const struct addr_prefix4 *b);
bool addr_overlap6(const struct addr_prefix6 *a, const struct addr_prefix6 *b);

/* 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct addr *addr);
/* 0.0.0.0 or ::, which sockets are bound to that take all addresses. */
bool addr_is_any(const struct addr *addr);

bool addr_equal6(const struct in6_addr *a, const struct in6_addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_equal_prefix(const struct addr_prefix *a, const struct addr_prefix *b);

/* The first `len` bits of `addr`, the rest 0. */
struct in6_addr addr_mask6(const struct in6_addr *addr, uint8_t len);
uint32_t addr_mask4(uint32_t addr, uint8_t len);

/* Last address of a prefix. */
uint32_t addr_last4(const struct addr_prefix4 *prefix);

#endif
