/*
 * Packet threads: each reads its own TUN queue, runs the steps, writes.
 *
 * Layer: edge
 * Specification: doc/house.md (a packet's way)
 *
 * A packet whose flow another worker owns goes to it by a ring with the buffer that it lies in; the buffer
 * comes back by a return ring. Rings are drained before the queue, so that a flow keeps its order. A worker
 * that has nothing to do sleeps in poll(); whoever hands it something then wakes it through an eventfd.
 */
#ifndef GATE64_NAT64D_EDGE_WORKER_H
#define GATE64_NAT64D_EDGE_WORKER_H

#include "nat64d/rfc6146/steps.h"

enum {
    WORKER_MAX = 64,
};

struct worker_group;

/* `shards` are made and filled by the caller, `counters` has one set a worker, `fds` one queue a worker; all
 * outlive the group. `seed` keys each worker's randomness. */
struct worker_input {
    const struct steps_shared *shared;
    struct steps_shard *shards;
    struct counters *counters;
    const int *fds;
    const int *queues; /* two NFQUEUE sockets a worker, of a shared address (TCP; UDP and ICMP); or NULL */
    const struct network *network; /* taken over; freed with `network_free` when replaced */
    void (*network_free)(const struct network *network);
    struct rate_limits rates; /* of ICMP errors, by all workers together */
    struct trace_hub *traces;
};

int worker_start(const struct worker_input *input, struct worker_group **ret_group)
    __attribute__((warn_unused_result));

/* Gives the workers a new view of the network; the old one is freed when none uses it any more. */
void worker_set_network(struct worker_group *group, const struct network *network);

/* Stops all workers between two packets, and lets them go on. */
void worker_pause(struct worker_group *group);
void worker_resume(struct worker_group *group);

/* Other tables and limits of the same state, while they are paused. */
void worker_set_tables(struct worker_group *group, const struct steps_shared *shared,
                       struct steps_shard *shards, const struct rate_limits *rates);

/* The errno of a worker that lost its queue (the device was removed), else 0. */
int worker_failure(struct worker_group *group);

/* Stops and joins all threads. Accepts NULL. */
void worker_stop(struct worker_group *group);

#endif
