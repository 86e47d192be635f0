/*
 * What a worker's steps are made of, and their part of the limits that all workers share.
 *
 * Layer: edge
 * Specification: none
 */
#ifndef GATE64_NAT64D_EDGE_WORKER_STEPS_H
#define GATE64_NAT64D_EDGE_WORKER_STEPS_H

#include "nat64d/edge/worker.h"

/* Keyed with randomness of its own. */
int worker_steps_init(struct steps *steps, const struct worker_input *input, unsigned worker)
    __attribute__((warn_unused_result));
/* Accepts what was not made. */
void worker_steps_done(struct steps *steps);

/* Other tables and limits of the same state; the worker is paused. */
void worker_steps_change(struct steps *steps, const struct steps_shared *shared, struct steps_shard *shards,
                         const struct rate_limits *rates);

#endif
