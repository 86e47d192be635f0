/*
 * Layer: edge
 * Specification: RFC 5452 5, RFC 8767 5
 */
#include "dns64/edge/question.h"

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "dns64/edge/task.h"

enum {
    BUCKET_MAX = 64, /* questions in a bucket; sixteen of them when all are taken */
};

struct question {
    struct question_table *table;
    struct task_rules *rules; /* those of its beginning */
    struct known_question asked;
    struct question **bucket;
    struct question *next;
    struct exchange *exchange;
    struct question_waiter *first, **last;
    struct event *stale_timer; /* NULL: there was nothing stale, or nobody waits for it */
    uint64_t stale_due_ns;     /* when it runs, or did: who comes later need not wait */
};

void question_table_init(struct question_table *table, struct event_base *base, struct cache *cache,
                         struct counters *counters)
{
    *table = (struct question_table){.base = base, .cache = cache, .counters = counters};
}

/* What it goes by is the same in all views. */
static const struct query_policy *policy_of(const struct question *question)
{
    return &question->rules->rules->outside.policy;
}

static struct question **find_bucket(struct question_table *table, const struct known_question *asked)
{
    return &table->buckets[known_key(table->cache, asked).hash % QUESTION_BUCKETS];
}

static bool same(const struct known_question *a, const struct known_question *b)
{
    return a->type == b->type && a->class == b->class && a->flags == b->flags &&
           a->set.variant == b->set.variant && name_equal(&a->name, &b->name);
}

/* Nobody joins it from then on. */
static void leave_table(struct question *question)
{
    struct question **link = question->bucket;
    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    question->table->outstanding--;
}

static void question_free(struct question *question)
{
    exchange_cancel(question->exchange);
    if (question->stale_timer != NULL)
        event_free(question->stale_timer);
    task_rules_release(question->rules);
    free(question);
}

/* Each waiter gets a copy; one without memory for it gets none. One after the other is taken out, since what
 * `done` does may make others leave. */
static void give(struct question *question, const struct known_reply *reply)
{
    while (question->first != NULL) {
        struct question_waiter *waiter = question->first;
        struct known_reply own = {.source = reply->source};
        question_leave(waiter);
        own.bytes = reply->bytes != NULL ? malloc(reply->len) : NULL;
        if (own.bytes != NULL) {
            own.len = reply->len;
            memcpy(own.bytes, reply->bytes, reply->len);
        }
        waiter->done(waiter->context, &own);
    }
}

static void on_answer(void *context, uint8_t *bytes, size_t len, const struct addr_endpoint *from)
{
    struct question *question = context;
    question->exchange = NULL;
    struct known_reply reply =
        known_take(question->table->cache, policy_of(question), &question->asked, clock_now_ns(), bytes, len);
    if (reply.source.kind == QUERY_FROM_STALE)
        counters_add(question->table->counters, OUTCOME_CACHE_STALE, 1);
    else if (from != NULL)
        reply.source.upstream = *from;
    leave_table(question);
    give(question, &reply);
    free(reply.bytes);
    question_free(question);
}

/* RFC 8767 5: the clients do not wait any longer, the question goes on. */
static void on_stale_timer(evutil_socket_t fd, short events, void *context)
{
    struct question *question = context;
    struct known_reply reply;
    (void)fd;
    (void)events;
    if (question->first == NULL || !known_find_stale(question->table->cache, policy_of(question),
                                                     &question->asked, clock_now_ns(), &reply))
        return;
    counters_add(question->table->counters, OUTCOME_CACHE_STALE, 1);
    give(question, &reply);
    free(reply.bytes);
}

static int start(struct question_table *table, struct task_rules *rules, const struct known_question *asked,
                 uint64_t until_ns, struct question **bucket, struct question **ret_question)
{
    struct exchange_question message = {.set = asked->set.members, .until_ns = until_ns};
    struct question *question = table->outstanding < QUESTIONS_MAX ? calloc(1, sizeof(*question)) : NULL;
    if (question == NULL)
        return -ENOMEM;
    *question = (struct question){.table = table,
                                  .rules = rules,
                                  .asked = *asked,
                                  .bucket = bucket,
                                  .next = *bucket,
                                  .last = &question->first};
    rules->holders++;
    table->outstanding++;
    *bucket = question;
    known_ask(asked, policy_of(question), &message.ask);
    int r = exchange_start(&rules->exchange, &message, on_answer, question, &question->exchange);
    if (r < 0) {
        leave_table(question);
        question_free(question);
        return r;
    }
    *ret_question = question;
    return 0;
}

static void arm(struct question *question, uint64_t due_ns, uint64_t now_ns)
{
    struct timeval wait = time_units_timeval(due_ns > now_ns ? due_ns - now_ns : 0);
    question->stale_due_ns = due_ns;
    if (question->stale_timer == NULL)
        question->stale_timer = evtimer_new(question->table->base, on_stale_timer, question);
    if (question->stale_timer != NULL)
        evtimer_add(question->stale_timer, &wait);
}

/* RFC 8767 5: what counts is how long a client has waited for its answer, not each question of it. */
static void watch_stale(struct question *question, uint64_t since_ns)
{
    const struct query_policy *policy = policy_of(question);
    uint64_t now_ns = clock_now_ns(), due_ns = since_ns + policy->stale_wait_ms * NS_PER_MS;
    struct known_reply stale;
    if (question->stale_timer != NULL && question->stale_due_ns <= due_ns && question->stale_due_ns > now_ns)
        return; /* it runs soon enough */
    if (!known_find_stale(question->table->cache, policy, &question->asked, now_ns, &stale))
        return;
    free(stale.bytes);
    if (question->stale_timer != NULL && question->stale_due_ns <= now_ns)
        due_ns = now_ns;
    arm(question, due_ns, now_ns);
}

static void wait_for(struct question *question, struct question_waiter *waiter)
{
    waiter->question = question;
    waiter->next = NULL;
    *question->last = waiter;
    question->last = &waiter->next;
    watch_stale(question, waiter->since_ns);
}

int question_ask(struct question_table *table, struct task_rules *rules, const struct known_question *asked,
                 uint64_t until_ns, struct question_waiter *waiter)
{
    struct question **bucket = find_bucket(table, asked), *question = *bucket;
    for (unsigned length = 0; question != NULL && !same(&question->asked, asked); question = question->next)
        if (++length == BUCKET_MAX) {
            counters_add(table->counters, OUTCOME_OVERLOAD, 1);
            return -EBUSY;
        }
    if (question != NULL) {
        counters_add(table->counters, OUTCOME_CACHE_JOINED, 1);
    } else {
        int r = start(table, rules, asked, until_ns, bucket, &question);
        if (r < 0)
            return r;
    }
    if (waiter != NULL)
        wait_for(question, waiter);
    return 0;
}

void question_leave(struct question_waiter *waiter)
{
    if (waiter->question == NULL)
        return;
    struct question *question = waiter->question;
    struct question_waiter **link = &question->first;
    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (waiter->next == NULL)
        question->last = link;
    waiter->question = NULL;
}

void question_table_done(struct question_table *table)
{
    for (unsigned i = 0; i < QUESTION_BUCKETS; i++)
        while (table->buckets[i] != NULL) {
            struct question *question = table->buckets[i];
            leave_table(question);
            question_free(question);
        }
}
