/*
 * An ICMPv4 error becomes an ICMPv6 error, with the packet that it quotes.
 *
 * Layer: pure
 * Specification: RFC 7915 4.2, 4.3; RFC 4884 4 and 5; RFC 4443 2.4 (c)
 * Fuzz: fuzz_icmp
 */
#ifndef GATE64_NAT64D_RFC7915_ICMP46_H
#define GATE64_NAT64D_RFC7915_ICMP46_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

/* `packet` is a parsed, whole ICMPv4 error; `quoted` what parse_quoted found in it. Builds the whole IPv6
 * packet (outer source and destination; quoted addresses and ports as `inner`, that is, as the backend sent
 * it) into `out`, room for ICMP_ERROR_MAX6. Hop limit: that of the packet minus one. Verifies nothing that
 * icmp46_check has. */
enum reason icmp46_translate(const struct packet *packet, const struct packet *quoted, uint32_t quoted_total,
                             const struct in6_addr *source, const struct in6_addr *destination,
                             const struct translation6 *inner, const struct translation_mtu *mtu,
                             const struct translation_options *options, uint8_t *out, uint32_t *ret_len);

/* Whether the message's own checksum is right (RFC 5508 REQ-3) and its type and code are translated:
 * REASON_ICMP_CHECKSUM, REASON_ICMP_TYPE, REASON_ICMP_INNER (length attribute past the end). On success
 * *ret_quoted_offset and *ret_quoted_len say where the quoted packet lies in packet->data (the RFC 4884
 * padding and extension excluded). */
enum reason icmp46_check(const struct packet *packet, uint32_t *ret_quoted_offset, uint32_t *ret_quoted_len);

/* The map alone: type, code and parameter (pointer or MTU) for tables of tests. False: not translated. */
struct icmp46_map {
    uint8_t type;
    uint8_t code;
    bool has_pointer;
    uint32_t pointer;
    bool has_mtu;
    bool length_attribute; /* RFC 4884 allows an extension in the result */
};
bool icmp46_map(uint8_t type, uint8_t code, uint8_t pointer, struct icmp46_map *ret_map);

#endif
