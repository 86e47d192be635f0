/*
 * Layer: edge
 * Specification: RFC 7857 2.1, RFC 6888 REQ-10
 */
#include "nat64d/edge/pool_watch.h"

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/time_units.h"

enum {
    SECONDS = 60,
    PERCENT = 100,
};

/* Where a line is written; the last is a full pool. */
static const unsigned steps_percent[] = {50, 75, 90, 100};
enum { STEPS = sizeof(steps_percent) / sizeof(steps_percent[0]) };

struct pool_watch_pool {
    uint32_t used[SECONDS]; /* most used protocol, a ring */
    uint32_t now;
    uint32_t ports;
    unsigned step; /* how many of steps_percent have been told */
};

struct pool_watch {
    struct pool_watch_pool *pools;
    uint32_t count;
    uint32_t looks;
};

int pool_watch_new(const struct prefixes *prefixes, struct pool_watch **ret_watch)
{
    struct pool_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return -ENOMEM;
    watch->pools = calloc((size_t)prefixes->pools_count + 1, sizeof(*watch->pools));
    if (watch->pools == NULL) {
        free(watch);
        return -ENOMEM;
    }
    watch->count = prefixes->pools_count;
    *ret_watch = watch;
    return 0;
}

void pool_watch_free(struct pool_watch *watch)
{
    if (watch == NULL)
        return;
    free(watch->pools);
    free(watch);
}

static uint32_t most_used(const struct steps_shared *shared, uint32_t pool)
{
    uint32_t most = 0;
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        if (block_use(shared->blocks, pool, t) > most)
            most = block_use(shared->blocks, pool, t);
    return most;
}

static unsigned percent_of(const struct pool_watch_pool *pool)
{
    return pool->ports == 0 ? 0 : (unsigned)((uint64_t)pool->now * PERCENT / pool->ports);
}

static void put_event(struct natevent_ring *events, const struct prefixes *prefixes, uint32_t pool,
                      enum natevent_threshold threshold, unsigned percent)
{
    struct natevent event = {
        .time_ns = clock_now_ns(),
        .src4 = prefixes_address(prefixes, prefixes->pools[pool].first_index),
        .kind = NATEVENT_THRESHOLD,
        .transport = NATEVENT_ANY,
        .pool = (uint8_t)pool,
        .detail = (uint8_t)threshold,
        .limit = percent,
    };
    if (events != NULL)
        natevent_ring_put(events, &event);
}

/* A line for each step up, and one when it is over; a pool that stays near a step says nothing more. Returns
 * the step that was passed in percent, below 0 when it is over, or 0. */
static int tell(struct pool_watch_pool *pool, const char *name, uint64_t closing_ns)
{
    unsigned percent = percent_of(pool), step = pool->step;
    enum { BACK = 10 }; /* so far below the first step it is over */
    while (step < STEPS && percent >= steps_percent[step])
        step++;
    if (step > pool->step) {
        log_warning("pool",
                    "pool %s: %u %% of its ports are in use%s; closed connections keep their port for %u s; "
                    "add addresses or ports to pools",
                    name, percent, percent >= PERCENT ? ", new flows are refused" : "",
                    (unsigned)(closing_ns / NS_PER_S));
        pool->step = step;
        return (int)steps_percent[step - 1];
    } else if (pool->step > 0 && percent + BACK < steps_percent[0]) {
        log_info("pool", "pool %s: %u %% of its ports are in use again", name, percent);
        pool->step = 0;
        return -1;
    }
    return 0;
}

void pool_watch_look(struct pool_watch *watch, const struct steps_shared *shared,
                     struct natevent_ring *events)
{
    for (uint32_t i = 0; i < watch->count; i++) {
        struct pool_watch_pool *pool = &watch->pools[i];
        pool->ports = block_pool_ports(shared->blocks, i);
        pool->now = most_used(shared, i);
        if (watch->looks == 0)
            for (unsigned k = 0; k < SECONDS; k++)
                pool->used[k] = pool->now;
        pool->used[watch->looks % SECONDS] = pool->now;
        /* One that drains only gets emptier. */
        if (shared->prefixes->pools[i].drain)
            continue;
        int step = tell(pool, shared->prefixes->pools[i].name,
                        expiry_closing(shared->lifetime_ns[EXPIRY_TCP_CLOSING], shared->closing_full_ns,
                                       block_use(shared->blocks, i, TRANSPORT_TCP), pool->ports));
        if (step > 0)
            put_event(events, shared->prefixes, i, NATEVENT_THRESHOLD_POOL_HIGH, (unsigned)step);
        else if (step < 0)
            put_event(events, shared->prefixes, i, NATEVENT_THRESHOLD_POOL_LOW, steps_percent[0]);
    }
    watch->looks++;
}

void pool_watch_get(const struct pool_watch *watch, uint32_t index, struct pool_watch_use *ret_use)
{
    const struct pool_watch_pool *pool = &watch->pools[index];
    int64_t change = (int64_t)pool->now - pool->used[watch->looks % SECONDS];
    ret_use->percent = percent_of(pool);
    ret_use->per_minute = change;
    ret_use->lasts_s = change > 0 ? (int64_t)(pool->ports - pool->now) * SECONDS / change : -1;
}
