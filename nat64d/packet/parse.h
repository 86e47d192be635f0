/*
 * IPv4 and IPv6 headers, extension headers and the transport header, checked and found.
 *
 * Layer: pure
 * Specification: RFC 791 3.1, RFC 1812 5.2.2, RFC 8200 4, RFC 7915 4.1 (options) and 5.1 (headers), RFC 3128
 * 2
 * Fuzz: fuzz_packet
 *
 * Refused with a reason: lengths that do not fit the bytes, an IPv4 header checksum that is wrong, a source
 * route that is not used up, a chain of more than 8 extension headers or 256 bytes, hop-by-hop not first,
 * a routing header with segments left, a transport header that is not whole (in a packet that is whole or
 * a first fragment), data offset below 5, UDP length that does not fit, fragments that are empty, no multiple
 * of 8 long, reach beyond a packet's end or split the TCP header. Bytes after the IP length are cut off. A
 * transport that is none of TCP, UDP, ICMP passes with l4_len 0.
 */
#ifndef GATE64_NAT64D_PACKET_PARSE_H
#define GATE64_NAT64D_PACKET_PARSE_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"

/* packet->data, len and vnet are given; fills the rest. Checks vnet against the packet (REASON_OFFLOAD). */
enum reason parse_packet(struct packet *packet);

/* A quoted packet inside an ICMP error: may be cut short after 8 bytes of transport; its length field and
 * checksum may disagree with the bytes. REASON_ICMP_INNER when even that is not there. packet->len is
 * what is there, *ret_total the length that the header claims. Nothing is written to the bytes. */
enum reason parse_quoted(struct packet *packet, uint8_t family, uint32_t *ret_total);

/* Ports of TCP and UDP, identifier of an ICMP echo (as both). Only with l4_len > 0, or of a collected later
 * fragment. */
uint16_t parse_source_port(const struct packet *packet);
uint16_t parse_destination_port(const struct packet *packet);

uint32_t parse_tcp_sequence(const struct packet *packet);
uint8_t parse_tcp_flags(const struct packet *packet);

enum {
    PARSE_TCP_FIN = 0x01,
    PARSE_TCP_SYN = 0x02,
    PARSE_TCP_RST = 0x04,
    PARSE_TCP_ACK = 0x10,
};

enum parse_icmp {
    PARSE_ICMP_ECHO_REQUEST,
    PARSE_ICMP_ECHO_REPLY,
    PARSE_ICMP_ERROR, /* ICMPv6 type < 128; ICMPv4 3, 4, 5, 11, 12 */
    PARSE_ICMP_OTHER, /* any other message: not translated */
};

/* Only for ICMP packets with l4_len > 0. */
enum parse_icmp parse_icmp_kind(const struct packet *packet);

/* Addresses out of the header. */
uint32_t parse_source4(const struct packet *packet);
uint32_t parse_destination4(const struct packet *packet);
const void *parse_source6(const struct packet *packet);      /* 16 bytes */
const void *parse_destination6(const struct packet *packet); /* 16 bytes */

#endif
