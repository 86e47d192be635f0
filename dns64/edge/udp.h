/*
 * UDP clients: each answer leaves from the address that was asked.
 *
 * Layer: edge
 * Specification: RFC 1035 4.2.1, ipv6(7) IPV6_PKTINFO
 */
#ifndef GATE64_DNS64_EDGE_UDP_H
#define GATE64_DNS64_EDGE_UDP_H

#include "dns64/edge/task.h"

struct udp_listener;

/* Takes the descriptor over. */
int udp_new(struct task_context *tasks, int fd, struct udp_listener **ret_listener)
    __attribute__((warn_unused_result));
void udp_free(struct udp_listener *listener);

#endif
