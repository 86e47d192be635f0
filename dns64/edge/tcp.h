/*
 * TCP clients: pipelined queries, answers as they come, idle and total limits.
 *
 * Layer: edge
 * Specification: RFC 7766 6 and 7
 *
 * A connection is closed when no whole query has come for the idle time and nothing is outstanding; sooner
 * when most places are taken. When all are, the one that has been without a whole query for the longest makes
 * room. What a client network may have is counted over all threads, the total is shared out among them.
 */
#ifndef GATE64_DNS64_EDGE_TCP_H
#define GATE64_DNS64_EDGE_TCP_H

#include "dns64/edge/task.h"

struct tcp_limits;
struct tcp_server;

/* Of all threads; `connections` in all. NULL: no memory. */
struct tcp_limits *tcp_limits_new(size_t connections);
/* After all servers. Accepts NULL. */
void tcp_limits_free(struct tcp_limits *limits);

/* Clients and limits are those in force with `tasks` at each moment. */
int tcp_new(struct task_context *tasks, struct tcp_limits *limits, struct tcp_server **ret_server)
    __attribute__((warn_unused_result));
/* Takes the listening descriptor over. */
int tcp_listen(struct tcp_server *server, int fd) __attribute__((warn_unused_result));
void tcp_free(struct tcp_server *server);

#endif
