/*
 * Layer: edge
 * Specification: RFC 6147 5.1.8
 */
#include "dns64/edge/task.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "dns64/query/finished.h"

struct task {
    struct task_context *shared;
    struct task_rules *rules; /* those of its beginning */
    uint64_t started_ns;
    struct query query;
    struct question_waiter waiter[QUERY_SLOTS];
    struct event *timer;
    bool waited; /* the first of the two timers has run */
    uint64_t until_ns;
    task_reply *reply;
    const struct task_observer *observer; /* in the place of `reply`; NULL: none */
    void *context;
    int place; /* of its client network */
    struct task *next, *previous;
};

struct task_rules *task_rules_new(struct rules *rules, struct task_context *tasks)
{
    struct task_rules *own = calloc(1, sizeof(*own));
    if (own == NULL)
        return NULL;
    own->rules = rules_hold(rules);
    own->holders = 1;
    own->exchange.mix_case = rules->settings->dns64.case_randomisation;
    own->exchange.trusted = rules->settings->dns64.trusted_upstream;
    if (exchange_context_init(&own->exchange, &tasks->exchanges, rules->upstreams, rules->upstreams_count) <
        0) {
        task_rules_release(own);
        return NULL;
    }
    return own;
}

void task_rules_release(struct task_rules *rules)
{
    if (rules == NULL || --rules->holders > 0)
        return;
    exchange_context_done(&rules->exchange);
    rules_release(rules->rules);
    free(rules);
}

static void task_free(struct task *task)
{
    for (int i = 0; i < QUERY_SLOTS; i++)
        question_leave(&task->waiter[i]);
    if (task->timer != NULL)
        event_free(task->timer);
    query_done(&task->query);
    task_rules_release(task->rules);
    task->shared->outstanding--;
    places_give(task->shared->waiting, task->place);
    if (task->next != NULL)
        task->next->previous = task->previous;
    *(task->previous != NULL ? &task->previous->next : &task->shared->first) = task->next;
    free(task);
}

static void act(struct task *task, unsigned actions, size_t len);

static unsigned take(struct task *task, enum query_slot_name slot, const struct known_reply *reply,
                     size_t *ret_len)
{
    if (task->observer != NULL)
        task->observer->took(task->context, &task->query, slot, reply);
    query_from(&task->query, &reply->source);
    return query_response(&task->query, slot, reply->bytes, reply->len, task->shared->out, ret_len);
}

static void on_reply(struct task *task, enum query_slot_name slot, const struct known_reply *reply)
{
    size_t len = 0;
    unsigned actions = take(task, slot, reply, &len);
    act(task, actions, len);
}

static void on_main(void *context, struct known_reply *reply)
{
    on_reply(context, QUERY_MAIN, reply);
}

static void on_a(void *context, struct known_reply *reply)
{
    on_reply(context, QUERY_A, reply);
}

/* Upstreams are asked for the cache alone. */
static void refresh(struct task_context *shared, struct task_rules *rules, const struct query_policy *policy,
                    const struct known_question *question)
{
    uint64_t until_ns = clock_now_ns() + ATTEMPT_BUDGET_MS * NS_PER_MS;
    if (policy->prefetch && question_ask(&shared->questions, rules, question, until_ns, NULL) == 0)
        counters_add(shared->counters, OUTCOME_CACHE_REFRESHED, 1);
}

static void count_known(struct counters *counters, enum query_source_kind kind)
{
    static const enum outcome outcomes[] = {
        [QUERY_FROM_UPSTREAM] = OUTCOME_CACHE_MISSES,  [QUERY_FROM_DATA] = OUTCOME_CACHE_DATA,
        [QUERY_FROM_DENIED] = OUTCOME_CACHE_DENIED,    [QUERY_FROM_STALE] = OUTCOME_CACHE_STALE,
        [QUERY_FROM_FAILURE] = OUTCOME_CACHE_FAILURES,
    };
    counters_add(counters, outcomes[kind], 1);
}

static void start_timer(struct task *task);

/* What is known is taken at once; the actions that follow from it are returned. */
static unsigned ask(struct task *task, enum query_slot_name slot, size_t *ret_len)
{
    static const struct known_reply nothing;
    struct task_context *shared = task->shared;
    struct known_question question = known_question(&task->query, slot);
    struct known_reply reply = {.source = {.kind = QUERY_FROM_UPSTREAM}};
    bool known = known_find(shared->cache, task->query.policy, &question, clock_now_ns(), &reply);
    count_known(shared->counters, reply.source.kind);
    if (task->query.cache_only &&
        (!known || reply.source.kind == QUERY_FROM_STALE || reply.source.kind == QUERY_FROM_FAILURE)) {
        free(reply.bytes); /* RFC 8767 5: without RD nothing stale */
        return query_unknown(&task->query, shared->out, ret_len);
    }
    if (known) {
        if (reply.refresh && !task->query.cache_only)
            refresh(shared, task->rules, task->query.policy, &question);
        return take(task, slot, &reply, ret_len);
    }
    task->waiter[slot] = (struct question_waiter){
        .done = slot == QUERY_MAIN ? on_main : on_a, .context = task, .since_ns = task->started_ns};
    if (question_ask(&shared->questions, task->rules, &question, task->until_ns, &task->waiter[slot]) < 0)
        return take(task, slot, &nothing, ret_len);
    if (slot == QUERY_MAIN)
        start_timer(task);
    return 0;
}

static void arm(struct task *task, uint32_t wait_ms)
{
    struct timeval wait = time_units_timeval(wait_ms * NS_PER_MS);
    evtimer_add(task->timer, &wait);
}

/* AAAA was silent for long enough: what was real of it before goes before anything synthetic. */
static unsigned lose_patience(struct task *task, size_t *ret_len)
{
    struct known_question question = known_question(&task->query, QUERY_MAIN);
    struct known_reply stale;
    if (!task->query.slot[QUERY_A].done || task->query.slot[QUERY_MAIN].done ||
        !known_find_stale(task->shared->cache, task->query.policy, &question, clock_now_ns(), &stale))
        return query_patience(&task->query, task->shared->out, ret_len);
    question_leave(&task->waiter[QUERY_MAIN]);
    count_known(task->shared->counters, stale.source.kind);
    return take(task, QUERY_MAIN, &stale, ret_len);
}

/* All the time that a query has is over: what has not come does not come. */
static unsigned give_up(struct task *task, size_t *ret_len)
{
    static const struct known_reply nothing;
    unsigned actions = 0;
    for (int i = 0; i < QUERY_SLOTS && !(actions & QUERY_DO_SEND); i++) {
        if (!task->query.slot[i].asked || task->query.slot[i].done)
            continue;
        question_leave(&task->waiter[i]);
        actions |= take(task, (enum query_slot_name)i, &nothing, ret_len);
    }
    return actions;
}

/* First A is asked beside the silent AAAA, later AAAA counts as silent if A has come. */
static void on_timer(evutil_socket_t fd, short events, void *context)
{
    struct task *task = context;
    size_t len = 0;
    unsigned actions;
    (void)fd;
    (void)events;
    if (!task->waited) {
        task->waited = true;
        arm(task, QUERY_AAAA_PATIENCE_MS - (task->query.policy->aaaa_wait_ms < QUERY_AAAA_PATIENCE_MS
                                                ? task->query.policy->aaaa_wait_ms
                                                : 0));
        actions = query_waited(&task->query);
    } else {
        arm(task, QUERY_AAAA_PATIENCE_MS / 4);
        actions = clock_now_ns() < task->until_ns ? lose_patience(task, &len) : give_up(task, &len);
    }
    act(task, actions, len);
}

static void start_timer(struct task *task)
{
    if (!task->query.is_aaaa)
        return;
    task->timer = evtimer_new(task->shared->base, on_timer, task);
    if (task->timer != NULL)
        arm(task, task->query.policy->aaaa_wait_ms);
}

/* The task may be gone afterwards. */
static void act(struct task *task, unsigned actions, size_t len)
{
    while (actions & (QUERY_DO_ASK_MAIN | QUERY_DO_ASK_A) && !(actions & (QUERY_DO_SEND | QUERY_DO_DROP))) {
        unsigned action = actions & QUERY_DO_ASK_MAIN ? QUERY_DO_ASK_MAIN : QUERY_DO_ASK_A;
        actions &= ~action;
        actions |= ask(task, action == QUERY_DO_ASK_MAIN ? QUERY_MAIN : QUERY_A, &len);
    }
    if (!(actions & (QUERY_DO_SEND | QUERY_DO_DROP)))
        return;
    if (task->observer != NULL) {
        task->observer->end(task->context, &task->query, actions & QUERY_DO_SEND ? task->shared->out : NULL,
                            len);
        task_free(task);
        return;
    }
    if (actions & QUERY_DO_SEND) {
        uint64_t now_ns = clock_now_ns();
        finished_keep(&task->query, task->shared->cache, now_ns, task->shared->out, len);
        observer_late_answer(&task->shared->observer, &task->query, task->shared->out, len, task->started_ns,
                             now_ns);
    }
    task->reply(task->context, task->shared->out, actions & QUERY_DO_SEND ? len : 0);
    task_free(task);
}

/* A finished answer was given shortly before its end: all that it is made of is asked for again. */
static void refresh_parts(struct task_context *shared, const struct query *query)
{
    struct known_question question = known_question(query, QUERY_MAIN);
    struct cache_found found;
    refresh(shared, shared->in_force, query->policy, &question);
    if (!query->is_aaaa)
        return;
    question = known_question(query, QUERY_A);
    struct cache_key key = known_key(shared->cache, &question);
    if (cache_find(shared->cache, &key, clock_now_ns(), &found))
        refresh(shared, shared->in_force, query->policy, &question);
}

/* NULL: there is no room for it. */
static struct task *task_new(struct task_context *shared, const struct query *query)
{
    int place = shared->outstanding < TASKS_MAX
                    ? places_take(shared->waiting, &query->client.addr, TASKS_PER_NETWORK)
                    : -1;
    struct task *task = place >= 0 ? calloc(1, sizeof(*task)) : NULL;
    if (task == NULL) {
        if (place >= 0)
            places_give(shared->waiting, place);
        counters_add(shared->counters, OUTCOME_OVERLOAD, 1);
        return NULL;
    }
    uint64_t now_ns = clock_now_ns();
    *task = (struct task){.shared = shared,
                          .rules = shared->in_force,
                          .started_ns = now_ns,
                          .query = *query,
                          .until_ns = now_ns + ATTEMPT_BUDGET_MS * NS_PER_MS,
                          .place = place,
                          .next = shared->first};
    task->rules->holders++;
    if (shared->first != NULL)
        shared->first->previous = task;
    shared->first = task;
    shared->outstanding++;
    return task;
}

bool task_wait(struct task_context *shared, const struct query *query, unsigned actions, task_reply *reply,
               void *context)
{
    struct task *task = task_new(shared, query);
    if (task == NULL)
        return false;
    task->reply = reply;
    task->context = context;
    act(task, actions, 0);
    return true;
}

void task_observe(struct task_context *shared, const uint8_t *bytes, size_t len,
                  const struct query_client *client, struct counters *counters,
                  const struct task_observer *observer, void *context)
{
    struct query query;
    size_t out_len = 0;
    unsigned actions = query_begin(&query, rules_policy(shared->in_force->rules, &client->addr), counters,
                                   NULL, clock_now_ns(), bytes, len, client, shared->out, &out_len);
    struct task *task = actions & (QUERY_DO_SEND | QUERY_DO_DROP) ? NULL : task_new(shared, &query);
    if (task == NULL) {
        observer->end(context, &query, actions & QUERY_DO_SEND ? shared->out : NULL, out_len);
        return;
    }
    task->observer = observer;
    task->context = context;
    task->until_ns = task->started_ns + TASK_OBSERVED_MS * NS_PER_MS;
    act(task, actions, 0);
}

unsigned task_read(struct task_context *shared, struct query *ret_query, const uint8_t *bytes, size_t len,
                   const struct query_client *client, uint64_t now_ns, uint8_t *out, size_t *ret_len,
                   struct cache_key *ret_key)
{
    unsigned actions = query_read(ret_query, rules_policy(shared->in_force->rules, &client->addr),
                                  shared->counters, shared->cache, bytes, len, client, out, ret_len, ret_key);
    if (actions & QUERY_DO_SEND)
        observer_answer(&shared->observer, ret_query, out, *ret_len, now_ns);
    if (actions & QUERY_DO_LOOK && ret_query->keep)
        cache_expect(shared->cache, ret_key);
    return actions;
}

unsigned task_look(struct task_context *shared, struct query *query, const struct cache_key *key,
                   uint64_t now_ns, uint8_t *out, size_t *ret_len)
{
    unsigned actions = query_look(query, shared->cache, key, now_ns, out, ret_len);
    if (actions & QUERY_DO_SEND)
        observer_answer(&shared->observer, query, out, *ret_len, now_ns);
    return actions;
}

unsigned task_begin(struct task_context *shared, struct query *ret_query, const uint8_t *bytes, size_t len,
                    const struct query_client *client, uint64_t now_ns, uint8_t *out, size_t *ret_len)
{
    struct cache_key key;
    unsigned actions = task_read(shared, ret_query, bytes, len, client, now_ns, out, ret_len, &key);
    return actions & QUERY_DO_LOOK ? task_look(shared, ret_query, &key, now_ns, out, ret_len) : actions;
}

void task_answered(struct task_context *shared, const struct query *query)
{
    if (query->refresh && !query->cache_only)
        refresh_parts(shared, query);
}

bool task_start(struct task_context *shared, const uint8_t *bytes, size_t len,
                const struct query_client *client, task_reply *reply, void *context)
{
    struct query query;
    size_t out_len = 0;
    uint64_t now_ns = clock_now_ns();
    unsigned actions = task_begin(shared, &query, bytes, len, client, now_ns, shared->out, &out_len);
    if (actions & QUERY_DO_DROP)
        return false;
    if (!(actions & QUERY_DO_SEND))
        return task_wait(shared, &query, actions, reply, context);
    reply(context, shared->out, out_len);
    observer_sent(&shared->observer, clock_now_ns() - now_ns);
    task_answered(shared, &query);
    return true;
}

void task_cancel_all(struct task_context *shared)
{
    while (shared->first != NULL) {
        struct task *task = shared->first;
        if (task->observer != NULL)
            task->observer->end(task->context, &task->query, NULL, 0);
        else
            task->reply(task->context, shared->out, 0);
        task_free(task);
    }
}
