/*
 * Whether a TCP segment belongs to its connection, by sequence and acknowledgment numbers.
 *
 * Layer: pure
 * Specification: RFC 6146 5.2 (sequence numbers of SYN, FIN and RST), RFC 7857 2.2, RFC 5961 3 and 4, RFC
 * 5927 4.1
 *
 * Both directions pass the translator, so it knows what each end has sent and has been told. Side 6 is the
 * backend: its address is one of `backends`, so its segments are what the numbers follow, and a picture that
 * went wrong is put right by the next of them; only its FIN and RST are judged. Side 4 may be anybody who
 * knows the addresses and ports: whatever it sends must fit what the backend sent and acknowledged. When
 * nothing is known of the backend yet everything is believed.
 */
#ifndef GATE64_NAT64D_RFC6146_TCP_WINDOW_H
#define GATE64_NAT64D_RFC6146_TCP_WINDOW_H

#include "nat64d/packet/packet.h"

enum {
    TCP_WINDOW_KNOWN6 = 1, /* seq6 and ack4 count */
    TCP_WINDOW_KNOWN4 = 2, /* seq4 and ack6 count */
};

/* `seq` is the number behind the last byte sent (SND.NXT), `ack` the highest acknowledgment sent. */
struct tcp_window {
    uint32_t seq6, ack6, seq4, ack4;
    uint16_t window6, window4; /* as on the wire, of the segment with that acknowledgment */
    uint8_t scale6, scale4;    /* RFC 7323 2.2: shift + 1, 0 not seen, TCP_WINDOW_UNSCALED no option */
    uint8_t known;
};

enum {
    TCP_WINDOW_UNSCALED = 16,
    TCP_WINDOW_SHIFT_MAX = 14, /* RFC 7323 2.3 */
};

/* What matters of a segment, or of a super-packet as one long segment. */
struct tcp_window_segment {
    uint32_t seq;
    uint32_t end; /* behind its data, SYN and FIN */
    uint32_t ack;
    uint16_t window;
    uint8_t flags;
    uint8_t scale; /* of a SYN, coded as in struct tcp_window */
};

/* Reads it from a parsed TCP packet of either family. */
void tcp_window_read(const struct packet *packet, struct tcp_window_segment *ret_segment);

/* True if the segment fits the connection (or nobody can tell); then what it shows is kept. */
bool tcp_window_step6(struct tcp_window *window, const struct tcp_window_segment *segment);
bool tcp_window_step4(struct tcp_window *window, const struct tcp_window_segment *segment);

/* Whether an ICMP error may be about a segment with this sequence number, sent by the backend (or by the
 * IPv4 side): it is in flight, or nobody can tell. */
bool tcp_window_in_flight(const struct tcp_window *window, bool sent_by_backend, uint32_t seq);

#endif
