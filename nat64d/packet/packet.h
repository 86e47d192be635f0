/*
 * A packet as the pure layer sees it: where its bytes are, what the kernel said about offloads, and what
 * parse found.
 *
 * Layer: pure
 * Specification: RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792, RFC 4443; virtio 1.2 5.1.6 (offloads)
 *
 * Shapes: `data` points at the IP header. At least PACKET_HEADROOM writable bytes lie before it and
 * PACKET_TAILROOM after the longest packet, so a header may grow in place and the payload never moves.
 * A super-packet (vnet.gso_size > 0) is one header and many segments: every size rule applies to one
 * segment, packet_segment_len().
 */
#ifndef GATE64_NAT64D_PACKET_PACKET_H
#define GATE64_NAT64D_PACKET_PACKET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACKET_HEADROOM = 128, /* IPv6 + fragment header is 28 longer than the shortest IPv4 header */
    PACKET_TAILROOM = 64,
    PACKET_MAX = 65535 + 40, /* IPv6 payload length is 16 bits, its header beside it */
    PACKET_BUFFER = PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM,

    PACKET_IPV4_HEADER = 20,
    PACKET_IPV6_HEADER = 40,
    PACKET_FRAGMENT_HEADER = 8,
    PACKET_TCP_HEADER = 20,
    PACKET_UDP_HEADER = 8,
    PACKET_ICMP_HEADER = 8,

    PACKET_MIN_IPV6_MTU = 1280,                      /* RFC 8200 5 */
    PACKET_IPV4_MIN_MTU = 68,                        /* RFC 791 3.2 */
    PACKET_DEFAULT_MSS6 = 1220,                      /* RFC 9293 3.7.1: what passes every IPv6 link */
    PACKET_PAYLOAD_MAX = 65535 - PACKET_IPV4_HEADER, /* of a datagram that is translated */

    PACKET_PROTO_HOP_BY_HOP = 0,
    PACKET_PROTO_ICMP4 = 1,
    PACKET_PROTO_IGMP = 2,
    PACKET_PROTO_TCP = 6,
    PACKET_PROTO_UDP = 17,
    PACKET_PROTO_ROUTING = 43,
    PACKET_PROTO_FRAGMENT = 44,
    PACKET_PROTO_ESP = 50,
    PACKET_PROTO_AH = 51,
    PACKET_PROTO_ICMP6 = 58,
    PACKET_PROTO_NONE = 59,
    PACKET_PROTO_OPTIONS = 60,
};

/* The virtio_net_hdr that goes before each packet on the TUN, host order; same layout. */
struct packet_vnet {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
};

enum {
    PACKET_VNET_NEEDS_CSUM = 1,
    PACKET_VNET_GSO_NONE = 0,
    PACKET_VNET_GSO_TCP4 = 1,
    PACKET_VNET_GSO_TCP6 = 4,
    PACKET_VNET_GSO_UDP_L4 = 5,
    PACKET_VNET_GSO_ECN = 0x80,
};

/* What a trace knows of a packet that another worker has had (table/trace). */
struct packet_trace {
    uint32_t id;
    uint32_t generation; /* of the filters that mask is about */
    uint8_t mask;        /* who wants it; 0 until somebody does */
    uint8_t from;        /* the worker that handed it over, and 1; 0: none */
};

struct packet {
    uint8_t *data;
    uint32_t len; /* from data to the end of the IP packet */
    struct packet_vnet vnet;
    bool hairpin;   /* came out of our own IPv6 to IPv4 translation (RFC 6146 3.8) */
    bool counted;   /* as it came in; a hand-over or a wait for other fragments is behind it */
    bool collected; /* a fragment that has been through table/fragments */
    uint16_t source_port, destination_port; /* a collected fragment's datagram's */
    struct packet_trace trace;
    bool gso_guessed; /* a TCP super-packet whose gso_size nobody told: PACKET_DEFAULT_MSS6 stands for it */

    /* Found by parse: */
    uint8_t family;        /* 4 or 6 */
    uint8_t protocol;      /* upper-layer protocol, as numbered in its own family */
    uint8_t traffic_class; /* TOS */
    uint8_t hop_limit;     /* TTL */
    uint16_t l3_len;       /* IP header with options or extension headers: offset of the transport */
    uint16_t l4_len;       /* transport header: TCP with options, UDP 8, ICMP 8; 0 when not known */
    bool dont_fragment;    /* IPv4 DF */
    bool fragment_header;  /* IPv6: has one (atomic fragments too) */
    bool more_fragments;
    uint16_t fragment_offset; /* bytes */
    uint32_t id;              /* IPv4 identification, or that of the fragment header */
    uint32_t error_pointer;   /* with REASON_ROUTING_HEADER: where the problem is */
};

static inline bool packet_is_fragment(const struct packet *packet)
{
    return packet->more_fragments || packet->fragment_offset != 0;
}

static inline uint8_t *packet_l4(const struct packet *packet)
{
    return packet->data + packet->l3_len;
}

/* Whether the fragment table has to see it first. An atomic fragment (RFC 6946) is none in this sense. */
static inline bool packet_wants_collecting(const struct packet *packet)
{
    return packet_is_fragment(packet) && !packet->collected;
}

/* Length of the transport header and payload. */
static inline uint32_t packet_l4_total(const struct packet *packet)
{
    return packet->len - packet->l3_len;
}

/* Length of the largest IP packet on the wire that this one stands for. */
uint32_t packet_segment_len(const struct packet *packet);

/* Number of IP packets on the wire that this one stands for; 1 without GSO. */
uint32_t packet_segments(const struct packet *packet);

#endif
