/*
 * TCP clients: pipelined queries, answers as they come, idle and total limits.
 *
 * Layer: edge
 * Specification: RFC 7766 6 and 7
 *
 * A connection is closed when no whole query has come for the idle time and nothing is outstanding; when all
 * places are taken, the one that has been without a whole query for the longest makes room.
 */
#ifndef GATE64_DNS64_EDGE_TCP_H
#define GATE64_DNS64_EDGE_TCP_H

#include "dns64/edge/task.h"

struct tcp_server;

/* Clients and limits are those in force with `tasks` at each moment. */
int tcp_new(struct task_context *tasks, struct tcp_server **ret_server) __attribute__((warn_unused_result));
/* Takes the listening descriptor over. */
int tcp_listen(struct tcp_server *server, int fd) __attribute__((warn_unused_result));
void tcp_free(struct tcp_server *server);

#endif
