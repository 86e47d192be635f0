/*
 * Layer: edge
 * Specification: RFC 6147 5.1.8
 */
#include "dns64/edge/task.h"

#include <stdlib.h>

enum {
    QUESTION_LEN = 512,
};

struct task {
    struct task_context *shared;
    struct task_rules *rules; /* those of its beginning */
    struct query query;
    struct exchange *exchange[QUERY_SLOTS];
    struct event *timer;
    bool waited; /* the first of the two timers has run */
    task_reply *reply;
    void *context;
    struct task *next, *previous;
};

struct task_rules *task_rules_new(struct rules *rules, struct event_base *base, struct counters *counters)
{
    struct task_rules *own = calloc(1, sizeof(*own));
    if (own == NULL)
        return NULL;
    own->rules = rules_hold(rules);
    own->exchange = (struct exchange_context){
        .base = base,
        .upstreams = rules->upstreams,
        .upstreams_count = rules->upstreams_count,
        .counters = counters,
    };
    choice_init(&own->exchange.choice, rules->upstreams_count);
    own->holders = 1;
    return own;
}

void task_rules_release(struct task_rules *rules)
{
    if (rules == NULL || --rules->holders > 0)
        return;
    rules_release(rules->rules);
    free(rules);
}

static void task_free(struct task *task)
{
    for (int i = 0; i < QUERY_SLOTS; i++)
        exchange_cancel(task->exchange[i]);
    if (task->timer != NULL)
        event_free(task->timer);
    query_done(&task->query);
    task_rules_release(task->rules);
    task->shared->outstanding--;
    if (task->next != NULL)
        task->next->previous = task->previous;
    *(task->previous != NULL ? &task->previous->next : &task->shared->first) = task->next;
    free(task);
}

static void act(struct task *task, unsigned actions, size_t len);

static void on_reply(struct task *task, enum query_slot_name slot, uint8_t *bytes, size_t len)
{
    size_t out_len = 0;
    task->exchange[slot] = NULL;
    unsigned actions = query_response(&task->query, slot, bytes, len, task->shared->out, &out_len);
    act(task, actions, out_len);
}

static void on_main(void *context, uint8_t *bytes, size_t len)
{
    on_reply(context, QUERY_MAIN, bytes, len);
}

static void on_a(void *context, uint8_t *bytes, size_t len)
{
    on_reply(context, QUERY_A, bytes, len);
}

static void ask(struct task *task, enum query_slot_name slot)
{
    uint8_t bytes[QUESTION_LEN];
    struct exchange_question question = {.bytes = bytes, .class = task->query.class};
    question.len = query_question(&task->query, slot, 0, bytes, sizeof(bytes));
    query_asked(&task->query, slot, &question.name, &question.type);
    if (exchange_start(&task->rules->exchange, &question, slot == QUERY_MAIN ? on_main : on_a, task,
                       &task->exchange[slot]) < 0)
        on_reply(task, slot, NULL, 0);
}

static void arm(struct task *task, uint32_t wait_ms)
{
    struct timeval wait = {wait_ms / 1000, (int)(wait_ms % 1000) * 1000};
    evtimer_add(task->timer, &wait);
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
        actions = query_patience(&task->query, task->shared->out, &len);
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
    if (actions & (QUERY_DO_SEND | QUERY_DO_DROP)) {
        task->reply(task->context, task->shared->out, actions & QUERY_DO_SEND ? len : 0);
        task_free(task);
        return;
    }
    if (actions & QUERY_DO_ASK_MAIN) {
        start_timer(task);
        ask(task, QUERY_MAIN);
    }
    if (actions & QUERY_DO_ASK_A)
        ask(task, QUERY_A);
}

bool task_start(struct task_context *shared, const uint8_t *bytes, size_t len, bool udp, bool allowed,
                task_reply *reply, void *context)
{
    size_t out_len = 0;
    if (shared->outstanding >= TASKS_MAX) {
        counters_add(shared->counters, OUTCOME_OVERLOAD, 1);
        return false;
    }
    struct task *task = calloc(1, sizeof(*task));
    if (task == NULL)
        return false;
    *task = (struct task){.shared = shared,
                          .rules = shared->in_force,
                          .reply = reply,
                          .context = context,
                          .next = shared->first};
    task->rules->holders++;
    if (shared->first != NULL)
        shared->first->previous = task;
    shared->first = task;
    shared->outstanding++;
    unsigned actions = query_begin(&task->query, &task->rules->rules->policy, shared->counters, bytes, len,
                                   udp, allowed, shared->out, &out_len);
    if (actions & QUERY_DO_DROP) {
        task_free(task);
        return false;
    }
    act(task, actions, out_len);
    return true;
}

void task_cancel_all(struct task_context *shared)
{
    while (shared->first != NULL) {
        struct task *task = shared->first;
        task->reply(task->context, shared->out, 0);
        task_free(task);
    }
}
