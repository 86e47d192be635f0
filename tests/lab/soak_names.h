/*
 * What the authority of the soak says of each name, and what the loader therefore expects: both follow from a
 * seed, the name's number and the time. Data change every SOAK_PERIOD_S, so an answer shows how old it is.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6147 5.1
 */
#ifndef SOAK_NAMES_H
#define SOAK_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
    SOAK_PERIOD_S = 20,
    SOAK_TTL_MIN_S = 20,
    SOAK_TTL_SPAN = 100,
    SOAK_SOA_TTL_S = 60,
    SOAK_ANSWER_MAX = 1232,
    SOAK_PREFIX_LEN = 12, /* 64:ff9b::/96 */
    SOAK_TYPE_A = 1,
    SOAK_TYPE_CNAME = 5,
    SOAK_TYPE_SOA = 6,
    SOAK_TYPE_AAAA = 28,
    SOAK_TYPE_OPT = 41,
    SOAK_NOERROR = 0,
    SOAK_SERVFAIL = 2,
    SOAK_NXDOMAIN = 3,
};

enum soak_kind {
    SOAK_IPV4,       /* two A */
    SOAK_DUAL,       /* two A and an AAAA */
    SOAK_ALIAS,      /* an alias to a name with two A */
    SOAK_NOTHING,    /* NXDOMAIN */
    SOAK_FAILS,      /* SERVFAIL at once */
    SOAK_FAILS_LATE, /* SERVFAIL after SOAK_LATE_MS */
    SOAK_SILENT,     /* no answer */
    SOAK_BREAKS,     /* as SOAK_IPV4 for a while, then SERVFAIL */
    SOAK_KINDS,
};
enum {
    SOAK_LATE_MS = 3000,
};

struct soak_name {
    enum soak_kind kind;
    uint32_t ttl_s;
    uint32_t bits; /* in its addresses */
};

/* Of a seed and a number. */
struct soak_name soak_name(uint64_t seed, uint32_t number);
/* In which period of SOAK_PERIOD_S a moment is, both in nanoseconds of CLOCK_MONOTONIC. */
uint32_t soak_version(uint64_t start_ns, uint64_t now_ns);
/* The two IPv4 addresses of a version, and its IPv6 address. */
void soak_ipv4(const struct soak_name *name, uint32_t version, uint8_t out[2][4]);
void soak_ipv6(const struct soak_name *name, uint32_t version, uint8_t out[16]);
/* LABEL-LETTER and the number, below soak.example, in wire form; how long it is. */
size_t soak_pack_name(char letter, uint32_t number, uint8_t *out);
/* The number of a name in wire form and its first letter; -1 if it is none of ours. */
int64_t soak_number(const uint8_t *name, size_t len, char *ret_letter);
uint64_t soak_now_ns(void);
uint64_t soak_mix(uint64_t value);

#endif
