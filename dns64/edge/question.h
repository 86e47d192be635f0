/*
 * Questions that are on their way to upstreams: one for all who ask the same, answered from what is known
 * when it comes to nothing.
 *
 * Layer: edge
 * Specification: RFC 5452 5 (one outstanding question), RFC 8767 5 (stale data after a while)
 *
 * A question goes on when nobody waits for it any more: what comes of it is kept for the next.
 */
#ifndef GATE64_DNS64_EDGE_QUESTION_H
#define GATE64_DNS64_EDGE_QUESTION_H

#include "dns64/query/known.h"
#include "dns64/upstream/exchange.h"

enum {
    QUESTION_BUCKETS = 1024,
    QUESTIONS_MAX = 16384, /* outstanding in one thread */
};

struct task_rules;
struct question;

/* One thread's. */
struct question_table {
    struct event_base *base;
    struct cache *cache;
    struct counters *counters;
    unsigned outstanding;
    struct question *buckets[QUESTION_BUCKETS];
};

/* Called once, unless question_leave came first; `reply` has bytes of the waiter's own, or none. */
typedef void question_done(void *context, struct known_reply *reply);

struct question_waiter {
    question_done *done;
    void *context;
    uint64_t since_ns;         /* the client waits */
    struct question *question; /* NULL: not waiting */
    struct question_waiter *next;
};

void question_table_init(struct question_table *table, struct event_base *base, struct cache *cache,
                         struct counters *counters);

/* Joins an equal question, or asks, until `until_ns` at the latest. `waiter` NULL: the cache alone is to
 * learn of it. Never calls `done` before it returns. -ENOMEM, or -ENOENT: no upstream. */
int question_ask(struct question_table *table, struct task_rules *rules, const struct known_question *asked,
                 uint64_t until_ns, struct question_waiter *waiter) __attribute__((warn_unused_result));
/* Whether it waits or not. */
void question_leave(struct question_waiter *waiter);
/* Ends all; nobody may wait. */
void question_table_done(struct question_table *table);

#endif
