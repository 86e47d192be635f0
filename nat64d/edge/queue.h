/*
 * NFQUEUE: packets to our ports of an address that we share with the host.
 *
 * Layer: edge
 * Specification: Linux include/uapi/linux/netfilter/nfnetlink_queue.h, by libnetfilter_queue
 *
 * The keeper opens the sockets (queue_open) and holds them, so that packets wait while there is no
 * translator; the translator reads them. A queue with GSO hands over TCP super-packets whole and does not
 * tell their segment size; one without gets single packets with whole checksums. Verdicts need CAP_NET_ADMIN.
 */
#ifndef GATE64_NAT64D_EDGE_QUEUE_H
#define GATE64_NAT64D_EDGE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "nat64d/packet/packet.h"

enum {
    QUEUE_OVERHEAD = 512, /* netlink headers and attributes beside the longest packet */
};

/* Binds queue `number`; the socket is the caller's to close. -EBUSY: another program has it. */
int queue_open(uint16_t number, bool gso, int *ret_fd) __attribute__((warn_unused_result));

struct queue;

/* Reads from a socket of queue_open, which stays the caller's. */
int queue_new(int fd, struct queue **ret_queue) __attribute__((warn_unused_result));
void queue_free(struct queue *queue);
int queue_fd(const struct queue *queue);

/* Reads one packet into `buffer` (size PACKET_BUFFER + QUEUE_OVERHEAD). 1; 0 for a message that brings no
 * packet; -EAGAIN when there is none, or another negative errno. */
int queue_read(struct queue *queue, uint8_t *buffer, struct packet *packet);

/* The verdict on all that was read, also by a process before this one: the kernel forgets it. */
void queue_drop(struct queue *queue);

#endif
