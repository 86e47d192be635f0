/*
 * Packets for tests: built from nothing, checked by an oracle that shares no code with the product.
 *
 * Layer: test
 * Specification: RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792, RFC 4443
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_BUILD_H
#define GATE64_TESTS_UNIT_NAT64D_BUILD_H

#include <arpa/inet.h>
#include <string.h>

#include "nat64d/packet/packet.h"

/* A packet with its buffer. */
struct built {
    uint8_t buffer[PACKET_BUFFER];
    struct packet packet;
};

static inline void build_put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline unsigned build_get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t build_sum(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += (uint32_t)data[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Sum of the pseudo-header of the IP packet at `ip`, upper layer at `l4`. */
static inline uint32_t build_pseudo(const uint8_t *ip, unsigned protocol, uint32_t len)
{
    uint32_t sum = 0;
    if (ip[0] >> 4 == 4)
        sum = protocol == 1
                  ? 0
                  : build_sum(build_sum(0, ip + 12, 8),
                              (uint8_t[]){0, (uint8_t)protocol, (uint8_t)(len >> 8), (uint8_t)len}, 4);
    else
        sum = build_sum(build_sum(0, ip + 8, 32),
                        (uint8_t[]){(uint8_t)(len >> 8), (uint8_t)len, 0, (uint8_t)protocol}, 4);
    return sum;
}

static inline unsigned build_checksum_at(unsigned protocol)
{
    return protocol == 6 ? 16 : protocol == 17 ? 6 : 2;
}

/* Whether the transport checksum of the whole packet is right; `l3` bytes of IP header. */
static inline int build_checksum_good(const uint8_t *ip, unsigned l3, unsigned protocol, uint32_t len)
{
    return build_sum(build_pseudo(ip, protocol, len - l3), ip + l3, len - l3) == 0xffff;
}

static inline void build_fill_checksum(uint8_t *ip, unsigned l3, unsigned protocol, uint32_t len)
{
    uint8_t *field = ip + l3 + build_checksum_at(protocol);
    build_put16(field, 0);
    uint32_t sum = build_sum(build_pseudo(ip, protocol, len - l3), ip + l3, len - l3);
    unsigned checksum = ~sum & 0xffff;
    build_put16(field, checksum == 0 && protocol == 17 ? 0xffff : checksum);
}

static inline void build_header_checksum(uint8_t *ip)
{
    build_put16(ip + 10, 0);
    build_put16(ip + 10, ~build_sum(0, ip, (ip[0] & 15u) * 4) & 0xffff);
}

/* IP header of either family (by the text of the source) with `payload` bytes to come; returns where they go.
 */
static inline uint8_t *build_ip(struct built *built, const char *source, const char *destination,
                                unsigned protocol, uint32_t payload)
{
    uint8_t *ip = built->buffer + PACKET_HEADROOM;
    memset(built->buffer, 0, 4096);
    built->packet = (struct packet){.data = ip};
    if (strchr(source, ':') == NULL) {
        ip[0] = 0x45;
        build_put16(ip + 2, 20 + payload);
        ip[8] = 64;
        ip[9] = (uint8_t)protocol;
        inet_pton(AF_INET, source, ip + 12);
        inet_pton(AF_INET, destination, ip + 16);
        build_header_checksum(ip);
        built->packet.len = 20 + payload;
        return ip + 20;
    }
    ip[0] = 0x60;
    build_put16(ip + 4, payload);
    ip[6] = (uint8_t)protocol;
    ip[7] = 64;
    inet_pton(AF_INET6, source, ip + 8);
    inet_pton(AF_INET6, destination, ip + 24);
    built->packet.len = 40 + payload;
    return ip + 40;
}

/* A fragment of either family: `len` bytes of `l4` from `offset` on. */
static inline void build_fragment(struct built *built, const char *from, const char *to, unsigned protocol,
                                  uint32_t id, const uint8_t *l4, uint32_t offset, uint32_t len, bool more)
{
    if (strchr(from, ':') == NULL) {
        uint8_t *at = build_ip(built, from, to, protocol, len);
        build_put16(built->packet.data + 4, id);
        build_put16(built->packet.data + 6, offset / 8 | (more ? 0x2000 : 0));
        build_header_checksum(built->packet.data);
        memcpy(at, l4 + offset, len);
        return;
    }
    uint8_t *at = build_ip(built, from, to, 44, 8 + len);
    at[0] = (uint8_t)protocol;
    build_put16(at + 2, offset | (more ? 1 : 0));
    build_put16(at + 4, id >> 16);
    build_put16(at + 6, id & 0xffff);
    memcpy(at + 8, l4 + offset, len);
}

static inline void build_udp(struct built *built, const char *source, unsigned source_port,
                             const char *destination, unsigned destination_port, const void *data, size_t len)
{
    uint8_t *udp = build_ip(built, source, destination, 17, (uint32_t)(8 + len));
    build_put16(udp, source_port);
    build_put16(udp + 2, destination_port);
    build_put16(udp + 4, (unsigned)(8 + len));
    memcpy(udp + 8, data, len);
    build_fill_checksum(built->packet.data, (unsigned)(udp - built->packet.data), 17, built->packet.len);
}

static inline void build_tcp(struct built *built, const char *source, unsigned source_port,
                             const char *destination, unsigned destination_port, unsigned flags,
                             const void *data, size_t len)
{
    uint8_t *tcp = build_ip(built, source, destination, 6, (uint32_t)(20 + len));
    build_put16(tcp, source_port);
    build_put16(tcp + 2, destination_port);
    build_put16(tcp + 4, 0x1122);
    build_put16(tcp + 6, 0x3344);
    if (flags & 0x10) { /* each side's SYN had the same number */
        build_put16(tcp + 8, 0x1122);
        build_put16(tcp + 10, 0x3345);
    }
    tcp[12] = 0x50;
    tcp[13] = (uint8_t)flags;
    build_put16(tcp + 14, 0xffff);
    if (len > 0)
        memcpy(tcp + 20, data, len);
    build_fill_checksum(built->packet.data, (unsigned)(tcp - built->packet.data), 6, built->packet.len);
}

static inline void build_icmp(struct built *built, const char *source, const char *destination, unsigned type,
                              unsigned code, uint32_t rest, const void *data, size_t len)
{
    unsigned protocol = strchr(source, ':') == NULL ? 1 : 58;
    uint8_t *icmp = build_ip(built, source, destination, protocol, (uint32_t)(8 + len));
    icmp[0] = (uint8_t)type;
    icmp[1] = (uint8_t)code;
    build_put16(icmp + 4, rest >> 16);
    build_put16(icmp + 6, rest & 0xffff);
    if (len > 0)
        memcpy(icmp + 8, data, len);
    build_fill_checksum(built->packet.data, (unsigned)(icmp - built->packet.data), protocol,
                        built->packet.len);
}

#endif
