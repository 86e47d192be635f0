/*
 * Layer: edge
 * Specification: none
 */
#include "nat64d/edge/worker_steps.h"

#include "common/clock.h"
#include "common/log.h"

/* Each worker keeps its part of a rate or a number, so that none asks another. */
static uint32_t share(uint32_t all, unsigned workers)
{
    return all == 0 ? 0 : all < workers ? 1 : all / workers;
}

static void set_rates(struct steps *steps, const struct rate_limits *rates)
{
    unsigned workers = steps->shared->workers;
    const struct rate_limits limits = {
        .per_second = share(rates->per_second, workers),
        .per_second_per_network = share(rates->per_second_per_network, workers),
        .refusals_per_second = share(rates->refusals_per_second, workers),
        .relayed_per_second = share(rates->relayed_per_second, workers),
        .relayed_per_second_per_network = share(rates->relayed_per_second_per_network, workers),
    };
    rate_limit(&steps->rate, &limits);
}

static void set_events(struct steps *steps)
{
    struct natevent_ring *const *rings = steps->shared->event_rings;
    steps->events = rings == NULL ? NULL : rings[steps->worker];
}

static int make_fragments(struct steps *steps, const struct steps_shared *shared)
{
    struct siphash_key key;
    struct fragments *fragments;
    clock_random(&key, sizeof(key));
    int r = fragments_new(share(shared->fragments_max, shared->workers), key, &fragments);
    if (r < 0)
        return r;
    fragments_free(steps->fragments);
    steps->fragments = fragments;
    return 0;
}

int worker_steps_init(struct steps *steps, const struct worker_input *input, unsigned worker)
{
    struct siphash_key keys[3];
    clock_random(keys, sizeof(keys));
    steps->shared = input->shared;
    steps->worker = worker;
    steps->shards = input->shards;
    steps->counters = &input->counters[worker];
    steps->random = (struct port_random){.key = keys[0]};
    identification_init(&steps->identification, keys[1], worker, input->shared->workers);
    rate_init(&steps->rate, keys[2], clock_now_ns());
    set_rates(steps, &input->rates);
    set_events(steps);
    trace_init(&steps->trace, input->traces, (uint8_t)worker);
    return make_fragments(steps, input->shared);
}

void worker_steps_done(struct steps *steps)
{
    fragments_free(steps->fragments);
    steps->fragments = NULL;
}

void worker_steps_change(struct steps *steps, const struct steps_shared *shared, struct steps_shard *shards,
                         const struct rate_limits *rates)
{
    if (steps->shared->fragments_max != shared->fragments_max && make_fragments(steps, shared) < 0)
        log_warning("worker", "no memory for nat64.limits.fragments = %u; what it was before holds",
                    shared->fragments_max);
    steps->shared = shared;
    steps->shards = shards;
    steps->timeout_shard = 0;
    set_rates(steps, rates);
    set_events(steps);
}
