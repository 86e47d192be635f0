/*
 * UDP clients: queries are read and answers sent in batches; each answer leaves from the address that was
 * asked.
 *
 * Layer: edge
 * Specification: RFC 1035 4.2.1, recvmmsg(2), ipv6(7) IPV6_PKTINFO
 *
 * What can be answered at once is written to where it is sent from, without any memory of its own.
 */
#ifndef GATE64_DNS64_EDGE_UDP_H
#define GATE64_DNS64_EDGE_UDP_H

#include "dns64/edge/task.h"
#include "dns64/edge/udp_sender.h"

struct udp_batch;
struct udp_listener;

/* Where queries are read to and answers written; one for all listeners of a thread. NULL: no memory. */
struct udp_batch *udp_batch_new(struct event_base *base, struct counters *counters);
/* After its listeners. Accepts NULL. */
void udp_batch_free(struct udp_batch *batch);

/* Takes the descriptor over, of socket_listen_udp(`at`). */
int udp_new(struct task_context *tasks, struct udp_batch *batch, int fd, const struct addr_endpoint *at,
            struct udp_listener **ret_listener) __attribute__((warn_unused_result));
void udp_free(struct udp_listener *listener);

#endif
