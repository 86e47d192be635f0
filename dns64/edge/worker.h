/*
 * Threads of the DNS server: each with its own sockets, event loop and upstream measurements.
 *
 * Layer: edge
 * Specification: socket(7) SO_REUSEPORT
 */
#ifndef GATE64_DNS64_EDGE_WORKER_H
#define GATE64_DNS64_EDGE_WORKER_H

#include "dns64/access/client.h"
#include "dns64/edge/task.h"
#include "dns64/edge/tcp.h"

struct worker_group;

struct worker_input {
    unsigned workers;
    const struct query_policy *policy;
    const struct client_list *clients;
    const struct addr_endpoint *listen;
    size_t listen_count;
    const struct addr_endpoint *upstreams;
    size_t upstreams_count;
    struct tcp_limits tcp; /* of all threads together */
};

/* Opens all sockets, logs which one could not be; threads begin with worker_run. */
int worker_new(const struct worker_input *input, struct worker_group **ret_group)
    __attribute__((warn_unused_result));
int worker_run(struct worker_group *group) __attribute__((warn_unused_result));
/* Stops, joins, closes. Accepts NULL. */
void worker_stop(struct worker_group *group);

/* For the control thread. */
const struct counters *worker_counters(const struct worker_group *group, unsigned *ret_count);
/* Sums over all threads; latency is their mean. */
struct worker_upstream {
    uint64_t sent, answered, timeouts;
    uint32_t latency_us;
    bool bad;
};
void worker_upstream(const struct worker_group *group, unsigned upstream,
                     struct worker_upstream *ret_upstream);

#endif
