/*
 * A query on its way: the path's state machine, its exchanges with upstreams, its two timers, and where the
 * answer goes.
 *
 * Layer: edge
 * Specification: RFC 6147 5.1.8 (A beside a silent AAAA)
 */
#ifndef GATE64_DNS64_EDGE_TASK_H
#define GATE64_DNS64_EDGE_TASK_H

#include "dns64/access/places.h"
#include "dns64/access/rate.h"
#include "dns64/edge/question.h"
#include "dns64/observe/observer.h"
#include "dns64/query/query.h"
#include "dns64/rules.h"
#include "dns64/upstream/exchange.h"

enum {
    TASK_OBSERVED_MS =
        7000,         /* of a query for nobody: who looks on waits no longer than CONTROL_EXPLAIN_WAIT_S */
    TASKS_MAX = 8192, /* outstanding in one thread; more are dropped and counted */
    TASKS_PER_NETWORK = TASKS_MAX / 4 * 3, /* of one client network: something is left for others */
};

/* The rules with what one thread learned of their upstreams. Freed when neither the thread goes by them nor
 * a query is under way that began with them. */
struct task_rules {
    struct rules *rules;
    struct exchange_context exchange;
    unsigned holders;
};

/* One thread's. */
struct task_context {
    struct event_base *base;
    struct task_rules *in_force;
    struct counters *counters;
    struct cache *cache;
    struct observer observer;
    struct places *waiting; /* tasks of each client network */
    struct rate *rate;      /* of all threads */
    struct question_table questions;
    struct exchange_thread exchanges;
    unsigned outstanding;
    struct task *first; /* of all that are outstanding */
    uint8_t out[MESSAGE_MAX];
};

/* Holds the rules for this thread; one holder. NULL: no memory. */
struct task_rules *task_rules_new(struct rules *rules, struct task_context *tasks);
/* By the thread itself, or before it runs and after it ended. Accepts NULL. */
void task_rules_release(struct task_rules *rules);

/* Sends the answer; `len` 0: there is none. Called once for each task that was started. */
typedef void task_reply(void *context, const uint8_t *bytes, size_t len);

/* Begins a query. QUERY_DO_SEND: *ret_len bytes in `out`, which has room for MESSAGE_MAX, are its answer, and
 * task_answered is called when they are on their way; QUERY_DO_DROP: it has none; else task_wait is called.
 */
unsigned task_begin(struct task_context *shared, struct query *ret_query, const uint8_t *bytes, size_t len,
                    const struct query_client *client, uint64_t now_ns, uint8_t *out, size_t *ret_len);
/* The same in two parts, as query_read and query_look; of QUERY_DO_LOOK the place in the cache is expected.
 */
unsigned task_read(struct task_context *shared, struct query *ret_query, const uint8_t *bytes, size_t len,
                   const struct query_client *client, uint64_t now_ns, uint8_t *out, size_t *ret_len,
                   struct cache_key *ret_key);
unsigned task_look(struct task_context *shared, struct query *query, const struct cache_key *key,
                   uint64_t now_ns, uint8_t *out, size_t *ret_len);
void task_answered(struct task_context *shared, const struct query *query);

/* The query needs upstreams, or at least what they said before. `reply` may be called before this returns.
 * `context` is the caller's until then. False if there is no room for it (reply is not called). */
bool task_wait(struct task_context *shared, const struct query *query, unsigned actions, task_reply *reply,
               void *context);

/* All of it, from where the answer is sent at once; `reply` may be called before it returns. `context` is the
 * caller's until then. False if the query was dropped at once (reply is not called). */
bool task_start(struct task_context *shared, const uint8_t *bytes, size_t len,
                const struct query_client *client, task_reply *reply, void *context);

/* Who looks on while a query is answered for nobody: what a slot took, and the end, with bytes NULL if it was
 * given up. Nothing of such a query is kept, noted or counted but what upstreams say. */
struct task_observer {
    void (*took)(void *context, const struct query *query, enum query_slot_name slot,
                 const struct known_reply *reply);
    void (*end)(void *context, const struct query *query, const uint8_t *bytes, size_t len);
};

/* `end` is called once, maybe before this returns; `counters` are the query's own. */
void task_observe(struct task_context *shared, const uint8_t *bytes, size_t len,
                  const struct query_client *client, struct counters *counters,
                  const struct task_observer *observer, void *context);

/* Ends all that is outstanding; each gets its reply call with length 0. */
void task_cancel_all(struct task_context *shared);

#endif
