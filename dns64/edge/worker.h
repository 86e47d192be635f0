/*
 * Threads of the DNS server: each with its own sockets, event loop and upstream measurements.
 *
 * Layer: edge
 * Specification: socket(7) SO_REUSEPORT
 */
#ifndef GATE64_DNS64_EDGE_WORKER_H
#define GATE64_DNS64_EDGE_WORKER_H

#include "common/counters.h"
#include "common/names.h"
#include "dns64/cache/cache.h"
#include "dns64/edge/task.h"
#include "dns64/observe/observer.h"
#include "dns64/rules.h"
#include "dns64/upstream/choice.h"

struct event_base;
struct worker_group;

/* Opens all sockets, logs which one could not be; threads begin with worker_run. */
int worker_new(struct rules *rules, struct worker_group **ret_group) __attribute__((warn_unused_result));
/* Before worker_run: what answers tell is noted there (NULL: nowhere), which outlives the group. */
void worker_set_names(struct worker_group *group, const struct names *names);
/* Before worker_run: where each thread finds its ring of the query log. */
void worker_set_log(struct worker_group *group, struct observer_log *slots);
int worker_run(struct worker_group *group) __attribute__((warn_unused_result));
/* Other rules for all running threads, none of which lose a socket, a client or what they learned of
 * upstreams that stay. Returns when all go by them; -ENOMEM: none does. */
int worker_exchange(struct worker_group *group, struct rules *rules) __attribute__((warn_unused_result));
/* Stops, joins, closes. Accepts NULL. */
void worker_stop(struct worker_group *group);

/* The loop that worker_run dispatches in a thread of this number, for who runs it in a thread of his own. */
struct event_base *worker_base(const struct worker_group *group, unsigned worker);

/* For the control thread; worker_upstream not beside worker_exchange. Tallies and counters: one for each
 * thread. */
const struct tally *worker_tallies(const struct worker_group *group, unsigned *ret_count);
const struct counters *worker_counters(const struct worker_group *group, unsigned *ret_count);
/* Sums over all threads' caches. */
struct cache_numbers worker_cache_numbers(const struct worker_group *group);
/* Has a thread do something with all that it has, between two events; returns when it has. False: it does not
 * run (any more). */
typedef void worker_visit(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns);
bool worker_visit_one(struct worker_group *group, unsigned worker, worker_visit *visit, void *context);
/* Has each running thread do so in turn. */
void worker_visit_all(struct worker_group *group, worker_visit *visit, void *context);

/* Sums over all threads; latency is their mean. */
struct worker_upstream {
    uint64_t counters[CHOICE_COUNTERS];
    uint32_t latency_us;
    bool bad;
    struct histogram_sum took;
};
void worker_upstream(const struct worker_group *group, unsigned upstream,
                     struct worker_upstream *ret_upstream);

#endif
