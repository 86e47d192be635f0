/*
 * Sending a translated packet: whole, or cut to an MTU.
 *
 * Layer: edge
 * Specification: RFC 7915 4.1 and 5.1.1 (fragments)
 */
#ifndef GATE64_NAT64D_EDGE_SEND_H
#define GATE64_NAT64D_EDGE_SEND_H

#include "nat64d/packet/packet.h"

struct send; /* room for the pieces */

int send_new(struct send **ret_send) __attribute__((warn_unused_result));
void send_free(struct send *send);

/* Writes the packet to the TUN queue; with `cut_mtu` not 0 in pieces of at most that size (a super-packet
 * segment by segment). 0 or negative errno of the first write that failed. */
int send_packet(struct send *send, int fd, struct packet *packet, uint32_t cut_mtu);

#endif
