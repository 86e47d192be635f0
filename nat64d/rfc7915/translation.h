/*
 * What the two directions of the translation share: the addresses that the outgoing tuple gives, and the
 * options.
 *
 * Layer: pure
 * Specification: RFC 6146 3.6 (outgoing tuple), RFC 7915 4.1 and 5.1
 */
#ifndef GATE64_NAT64D_RFC7915_TRANSLATION_H
#define GATE64_NAT64D_RFC7915_TRANSLATION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* The outgoing IPv6 tuple. Ports host order; for ICMP queries both are the identifier. */
struct translation6 {
    struct in6_addr source;
    struct in6_addr destination;
    uint16_t source_port;
    uint16_t destination_port;
};

struct translation4 {
    uint32_t source;
    uint32_t destination;
    uint16_t source_port;
    uint16_t destination_port;
};

/* What stands in the place of the other family's traffic class, if it is not copied. */
struct translation_class {
    bool fixed;
    uint8_t value;
};

struct translation_options {
    struct translation_class tos;           /* RFC 7915 5.1, to IPv4 */
    struct translation_class traffic_class; /* RFC 7915 4.1, to IPv6 */
    bool drop_zero_checksum;                /* UDP checksum zero from IPv4: drop instead of compute */
    bool mss_clamp;
    uint32_t lowest_ipv6_mtu; /* RFC 7915 4.1, at least 1280 */
};

static inline uint8_t translation_class(const struct translation_class *choice, uint8_t copied)
{
    return choice->fixed ? choice->value : copied;
}

/* The MTUs of the two links that a flow uses. */
struct translation_mtu {
    uint32_t mtu6;
    uint32_t mtu4;
};

#endif
