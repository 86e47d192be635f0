/*
 * Layer: edge
 * Specification: sched_getaffinity(2), sysconf(3)
 */
#include "nat64d/keeper/size.h"

#include <sched.h>
#include <unistd.h>

#include "nat64d/edge/worker.h"
#include "nat64d/table/state_file.h"

enum {
    SESSIONS_DEFAULT = 1048576, /* the most that max-sessions = 0 chooses */
    MEMORY_SHARE = 20,          /* one part in 20, 5 % */
    SESSION_COST = 256,         /* bytes: slot, binding slot, indices, timer links */
    SHARDS_MIN = 4,
    WORKERS_MAX = (int)WORKER_MAX < (int)STATE_SHARDS_MAX ? (int)WORKER_MAX : (int)STATE_SHARDS_MAX,
};

/* CPUs that this process may run on. */
static unsigned cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

unsigned size_workers(const struct settings *settings)
{
    unsigned workers = settings->nat64.workers > 0 ? (unsigned)settings->nat64.workers : cpus();
    return workers > WORKERS_MAX ? WORKERS_MAX : workers;
}

unsigned size_shards(unsigned workers)
{
    unsigned shards = SHARDS_MIN, wanted = cpus() > workers ? cpus() : workers;
    while (shards < wanted && shards < STATE_SHARDS_MAX)
        shards *= 2;
    return shards;
}

uint32_t size_sessions(const struct settings *settings)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t affordable = pages * page / MEMORY_SHARE / SESSION_COST;
    if (settings->nat64.max_sessions > 0)
        return (uint32_t)settings->nat64.max_sessions;
    return affordable < SESSIONS_DEFAULT ? (uint32_t)affordable : SESSIONS_DEFAULT;
}

uint32_t size_slots(const struct settings *settings, unsigned shards)
{
    uint32_t slots = size_sessions(settings) + shards * STATE_CHUNK;
    return slots < STATE_SLOTS_MAX ? slots : STATE_SLOTS_MAX - 1;
}
