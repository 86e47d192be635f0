/*
 * Answers that leave together: written one behind the other, sent by one system call.
 *
 * Layer: edge
 * Specification: sendmmsg(2), ipv6(7) IPV6_PKTINFO
 *
 * One for each thread. Answers are sent when their place is needed, when another socket is to be sent from,
 * when they are asked to go, or, if they are put in from elsewhere, before the thread waits again.
 */
#ifndef GATE64_DNS64_EDGE_UDP_SENDER_H
#define GATE64_DNS64_EDGE_UDP_SENDER_H

#include <event2/event.h>
#include <netinet/in.h>

#include "common/counters.h"

enum {
    UDP_SENDER_BATCH = 64,
    UDP_CONTROL_LEN = 64, /* room for the packet information of either family */
};

/* Where an answer goes: the client, and our address that it asked. */
struct udp_target {
    struct sockaddr_in6 address; /* or a sockaddr_in */
    socklen_t address_len;
    size_t control_len; /* 0: the socket has one address only */
    uint32_t arrived;   /* interface that the query came in by */
    _Alignas(struct cmsghdr) uint8_t control[UDP_CONTROL_LEN];
};

struct udp_sender;

/* Sources that cannot be sent from are counted. NULL: no memory. */
struct udp_sender *udp_sender_new(struct event_base *base, struct counters *counters);
/* What is in it is lost. Accepts NULL. */
void udp_sender_free(struct udp_sender *sender);

/* Room for an answer of MESSAGE_MAX, valid until the next call of any function here. */
uint8_t *udp_sender_room(struct udp_sender *sender, int fd);
/* The answer that was written there, of at most the size that clients are given. */
void udp_sender_put(struct udp_sender *sender, const struct udp_target *target, size_t len);
/* Now. */
void udp_sender_flush(struct udp_sender *sender);
/* Before the thread waits again. */
void udp_sender_flush_later(struct udp_sender *sender);

#endif
