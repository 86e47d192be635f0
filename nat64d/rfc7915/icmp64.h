/*
 * An ICMPv6 error becomes an ICMPv4 error, with the packet that it quotes.
 *
 * Layer: pure
 * Specification: RFC 7915 5.2, 5.3; RFC 4884 4 and 5; RFC 1812 4.3.2.3
 * Fuzz: fuzz_icmp
 */
#ifndef GATE64_NAT64D_RFC7915_ICMP64_H
#define GATE64_NAT64D_RFC7915_ICMP64_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/rfc7915/translation.h"

/* `packet` is a parsed, whole ICMPv6 error; `quoted` what parse_quoted found in it. Builds the whole IPv4
 * packet (outer source and destination; quoted addresses and ports as `inner`, that is, as the IPv4 host sent
 * it) into `out`, room for ICMP_ERROR_MAX4. Hop limit: that of the packet minus one. Verifies nothing that
 * icmp64_check has. */
enum reason icmp64_translate(const struct packet *packet, const struct packet *quoted, uint32_t quoted_total,
                             uint32_t source, uint32_t destination, const struct translation4 *inner,
                             const struct translation_mtu *mtu, const struct translation_options *options,
                             uint8_t *out, uint32_t *ret_len);

/* Whether the message's own checksum is right (RFC 5508 REQ-3) and its type and code are translated:
 * REASON_ICMP_CHECKSUM, REASON_ICMP_TYPE, REASON_ICMP_MTU (Packet Too Big below 1280), REASON_ICMP_INNER
 * (length attribute past the end). On success *ret_quoted_offset and *ret_quoted_len say where the quoted
 * packet lies in packet->data (the RFC 4884 padding and extension excluded). */
enum reason icmp64_check(const struct packet *packet, uint32_t *ret_quoted_offset, uint32_t *ret_quoted_len);

/* The MTU that a checked Packet Too Big tells; 0 of any other error. */
uint32_t icmp64_path_mtu(const struct packet *packet);

/* The map alone: type, code and parameter (pointer or MTU) for tables of tests. False: not translated. */
struct icmp64_map {
    uint8_t type;
    uint8_t code;
    bool has_pointer;
    uint8_t pointer;
    bool has_mtu;
    bool length_attribute; /* RFC 4884 allows an extension in the result */
};
bool icmp64_map(uint8_t type, uint8_t code, uint32_t pointer, struct icmp64_map *ret_map);

#endif
