/*
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "nat64d/edge/recovery.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/clock.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/table/owner.h"

/* One worker's part of a recovery. */
struct recovery {
    struct steps steps;
    struct counters counters; /* what ended is in the recovery's own count */
    struct recover_scratch scratch;
    struct recover_count count;
    pthread_t thread;
};

static void *survey(void *argument)
{
    struct recovery *part = argument;
    recover_survey(&part->steps, &part->scratch, &part->count);
    return NULL;
}

static void *keep_slots(void *argument)
{
    struct recovery *part = argument;
    recover_slots(&part->steps, &part->scratch, clock_now_ns(), &part->count);
    return NULL;
}

static void *keep_rest(void *argument)
{
    struct recovery *part = argument;
    recover_rest(&part->steps, &part->scratch, clock_now_ns(), &part->count);
    return NULL;
}

/* One step by all workers: the first by this thread. */
static int run(struct recovery *parts, unsigned workers, void *(*step)(void *))
{
    unsigned started = 1;
    int r = 0;
    while (started < workers && r == 0) {
        r = -pthread_create(&parts[started].thread, NULL, step, &parts[started]);
        started += r == 0;
    }
    step(&parts[0]);
    while (--started > 0)
        pthread_join(parts[started].thread, NULL);
    return r;
}

static int make_part(struct tables *tables, const struct network *network, unsigned worker,
                     const struct recover_scratch *shared, struct recovery *part)
{
    const struct state_header *header = tables->shared.state.header;
    part->steps.shared = &tables->shared;
    part->steps.shards = tables->shards;
    part->steps.counters = &part->counters;
    part->steps.events = tables->ended != NULL ? tables->ended[worker] : NULL;
    part->steps.network = network;
    part->steps.worker = worker;
    part->scratch = *shared;
    part->scratch.closing = malloc(header->session_slots * sizeof(*part->scratch.closing));
    part->scratch.held = malloc(header->held_slots * sizeof(*part->scratch.held));
    return part->scratch.closing == NULL || part->scratch.held == NULL ? -ENOMEM : 0;
}

/* Room for all that a recovery may end: it has no time to wait for a reader. */
static int make_ended(struct tables *tables)
{
    const struct state_header *header = tables->shared.state.header;
    uint32_t capacity = 1, wanted = header->bib_slots + header->session_slots;
    if (!settings_has_events(tables->settings))
        return 0;
    while (capacity < wanted)
        capacity *= 2;
    tables->ended = calloc(tables->shared.workers, sizeof(struct natevent_ring *));
    for (unsigned i = 0; tables->ended != NULL && i < tables->shared.workers; i++) {
        size_t len = natevent_ring_size(capacity);
        tables->ended[i] = aligned_alloc(_Alignof(struct natevent_ring), len);
        if (tables->ended[i] == NULL)
            return -ENOMEM;
        natevent_ring_init(tables->ended[i], capacity);
    }
    return tables->ended == NULL ? -ENOMEM : 0;
}

static void add_count(struct recover_count *sum, const struct recover_count *part)
{
    sum->bindings += part->bindings;
    sum->sessions += part->sessions;
    sum->bindings_dropped += part->bindings_dropped;
    sum->sessions_dropped += part->sessions_dropped;
    sum->held += part->held;
}

/* All of it, in memory that was made for it. */
static int recover(struct tables *tables, const struct network *network, uint64_t settings_hash,
                   const struct recover_scratch *scratch, struct recovery *parts)
{
    unsigned workers = tables->shared.workers;
    for (unsigned i = 0; i < workers; i++) {
        int r = make_part(tables, network, i, scratch, &parts[i]);
        if (r < 0)
            return r;
    }
    tables->shared.settings_changed = tables->shared.state.header->settings_hash != settings_hash;
    recover_begin(&tables->shared);
    int r = run(parts, workers, survey);
    if (r == 0)
        r = run(parts, workers, keep_slots);
    if (r == 0)
        r = run(parts, workers, keep_rest);
    if (r == 0)
        recover_done(&tables->shared, settings_hash);
    return r;
}

/* Configured bindings of one port go into the tables of the shard that owns their IPv6 side, unless they were
 * recovered; those of more ports port by port, as they are used (allocate_on_demand). */
static int add_statics(struct tables *tables, uint32_t *ret_left_out)
{
    struct steps steps = {.shared = &tables->shared, .shards = tables->shards};
    for (uint32_t i = 0; i < binding_count(tables->bindings); i++) {
        const struct binding *binding = binding_at(tables->bindings, i);
        unsigned shard = owner_shard6(tables->shared.state.header->key, &binding->src6, binding->src6_port,
                                      binding->transport, tables->shared.shards);
        if (binding->more > 0 || bib_find4(&tables->shards[shard].bib, binding->transport, binding->src4,
                                           binding->src4_port) != STATE_NONE)
            continue;
        uint32_t slot;
        int r = allocate_static(&steps, shard, i, binding->src4_port, clock_now_ns(), &slot);
        if (r == -ENOSPC)
            ++*ret_left_out; /* backends keep what they have */
        else if (r < 0)
            return r;
    }
    return 0;
}

int recovery_run(struct tables *tables, const struct network *network, uint64_t settings_hash,
                 struct recover_count *ret_count)
{
    const struct state_header *header = tables->shared.state.header;
    unsigned workers = tables->shared.workers;
    struct recovery *parts = calloc(workers, sizeof(*parts));
    struct recover_scratch scratch = {
        .answered = calloc(header->bib_slots, sizeof(*scratch.answered)),
        .bib_chunks = malloc(header->bib_slots / STATE_CHUNK + 1),
        .session_chunks = malloc(header->session_slots / STATE_CHUNK + 1),
    };
    struct recover_count count = {0};
    int r = -ENOMEM;
    if (parts != NULL && make_ended(tables) == 0 && scratch.answered != NULL && scratch.bib_chunks != NULL &&
        scratch.session_chunks != NULL)
        r = recover(tables, network, settings_hash, &scratch, parts);
    for (unsigned i = 0; parts != NULL && i < workers; i++) {
        add_count(&count, &parts[i].count);
        free(parts[i].scratch.closing);
        free(parts[i].scratch.held);
    }
    free(scratch.session_chunks);
    free(scratch.bib_chunks);
    free(scratch.answered);
    free(parts);
    if (r == 0)
        r = add_statics(tables, &count.statics_left_out);
    if (r == 0)
        *ret_count = count;
    return r;
}
