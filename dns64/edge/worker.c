/*
 * Layer: edge
 * Specification: socket(7) SO_REUSEPORT
 */
#include "dns64/edge/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "dns64/edge/socket.h"
#include "dns64/edge/task.h"
#include "dns64/edge/tcp.h"
#include "dns64/edge/udp.h"

struct worker {
    struct task_context tasks;
    struct tcp_server *tcp;
    struct udp_batch *batch;
    struct udp_listener *udp[SETTINGS_LISTEN_MAX];
    unsigned udp_count;
    struct task_rules *next; /* handed over, not yet in force */
    worker_visit *visit;     /* to be done, and what with */
    void *visit_context;
    bool stopping;
    struct event *wake; /* there is something in these above */
    int wake_fd;
    struct worker_group *group;
    pthread_t thread;
    bool started;
};

struct worker_group {
    struct worker *workers;
    struct counters *counters;
    struct tally *tallies;
    struct rate *rate;
    struct tcp_limits *tcp_limits;
    unsigned count;
    pthread_mutex_t
        lock; /* of `next`, `visit`, `stopping`, and `in_force` as others than its thread see it */
    pthread_cond_t taken; /* a `next` is in force, a `visit` done */
};

/* Between two events, so never in the middle of a query's step. */
static void on_wake(evutil_socket_t fd, short events, void *context)
{
    struct worker *worker = context;
    struct task_rules *old = NULL;
    uint64_t count;
    (void)events;
    if (read(fd, &count, sizeof(count)) != sizeof(count))
        return;
    pthread_mutex_lock(&worker->group->lock);
    if (worker->next != NULL) {
        old = worker->tasks.in_force;
        exchange_context_keep(&worker->next->exchange, &old->exchange);
        worker->tasks.in_force = worker->next;
        worker->next = NULL;
        pthread_cond_broadcast(&worker->group->taken);
    }
    if (worker->visit != NULL) {
        worker->visit(worker->visit_context, &worker->tasks, (unsigned)(worker - worker->group->workers),
                      clock_now_ns());
        worker->visit = NULL;
        pthread_cond_broadcast(&worker->group->taken);
    }
    if (worker->stopping)
        event_base_loopbreak(worker->tasks.base);
    pthread_mutex_unlock(&worker->group->lock);
    task_rules_release(old);
}

static int listen_one(struct worker *worker, const struct addr_endpoint *at)
{
    char text[ADDR_TEXT_LEN];
    int r, udp = socket_listen_udp(at);
    int tcp = udp < 0 ? udp : socket_listen_tcp(at);
    if (tcp < 0) {
        log_error("listen", "cannot listen on %s: %s; %s", addr_print_endpoint(at, text), strerror(-tcp),
                  tcp == -EADDRINUSE
                      ? "another DNS server has the port: stop it, or choose another dns64.listen"
                      : "run dns64 as root or through systemd, or choose another dns64.listen");
        if (udp >= 0)
            close(udp);
        return tcp;
    }
    r = udp_new(&worker->tasks, worker->batch, udp, at, &worker->udp[worker->udp_count]);
    if (r < 0) {
        close(udp);
        close(tcp);
        return r;
    }
    worker->udp_count++;
    r = tcp_listen(worker->tcp, tcp);
    if (r < 0)
        close(tcp);
    return r;
}

static int init_worker(struct worker *worker, struct rules *rules, struct counters *counters)
{
    const struct settings_dns64 *dns64 = &rules->settings->dns64;
    struct siphash_key secret;
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    worker->tasks.base = event_base_new();
    if (worker->wake_fd < 0 || worker->tasks.base == NULL)
        return -ENOMEM;
    worker->tasks.counters = counters;
    worker->batch = udp_batch_new(worker->tasks.base, counters);
    if (worker->batch == NULL)
        return -ENOMEM;
    clock_random(&secret, sizeof(secret));
    worker->tasks.observer = (struct observer){
        .tally = &worker->group->tallies[worker - worker->group->workers],
        .top = top_new(secret, clock_now_ns()),
    };
    if (worker->tasks.observer.top == NULL)
        return -ENOMEM;
    size_t share = dns64->cache_size / rules->workers;
    worker->tasks.cache = cache_new(share > CACHE_SIZE_MIN ? share : CACHE_SIZE_MIN, secret);
    clock_random(&secret, sizeof(secret));
    worker->tasks.waiting = places_new(TASKS_MAX, secret);
    worker->tasks.rate = worker->group->rate;
    if (worker->tasks.cache == NULL || worker->tasks.waiting == NULL)
        return -ENOMEM;
    question_table_init(&worker->tasks.questions, worker->tasks.base, worker->tasks.cache, counters);
    exchange_thread_init(&worker->tasks.exchanges, worker->tasks.base, counters);
    worker->tasks.in_force = task_rules_new(rules, &worker->tasks);
    worker->wake = event_new(worker->tasks.base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
    if (worker->tasks.in_force == NULL || worker->wake == NULL || event_add(worker->wake, NULL) < 0)
        return -ENOMEM;
    int r = tcp_new(&worker->tasks, worker->group->tcp_limits, &worker->tcp);
    for (size_t i = 0; r == 0 && i < dns64->listen_count; i++)
        r = listen_one(worker, &dns64->listen[i]);
    return r;
}

int worker_new(struct rules *rules, struct worker_group **ret_group)
{
    struct worker_group *group = calloc(1, sizeof(*group));
    struct siphash_key secret;
    int r = -ENOMEM;
    if (group == NULL)
        return r;
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->taken, NULL);
    group->workers = calloc(rules->workers, sizeof(*group->workers));
    group->counters = aligned_alloc(_Alignof(struct counters), rules->workers * sizeof(struct counters));
    group->tallies = aligned_alloc(_Alignof(struct tally), rules->workers * sizeof(struct tally));
    clock_random(&secret, sizeof(secret));
    group->rate = rate_new(secret);
    group->tcp_limits = tcp_limits_new((size_t)rules->settings->dns64.tcp.connections + rules->workers);
    if (group->workers == NULL || group->counters == NULL || group->tallies == NULL || group->rate == NULL ||
        group->tcp_limits == NULL)
        goto out;
    memset(group->tallies, 0, rules->workers * sizeof(struct tally));
    memset(group->counters, 0, rules->workers * sizeof(struct counters));
    group->count = rules->workers;
    for (unsigned i = 0; i < group->count; i++) {
        group->workers[i].wake_fd = -1;
        group->workers[i].group = group;
    }
    for (unsigned i = 0; i < group->count; i++) {
        r = init_worker(&group->workers[i], rules, &group->counters[i]);
        if (r < 0)
            goto out;
    }
    *ret_group = group;
    return 0;
out:
    worker_stop(group);
    return r;
}

void worker_set_names(struct worker_group *group, const struct names *names)
{
    for (unsigned i = 0; i < group->count; i++)
        group->workers[i].tasks.observer.names = names;
}

void worker_set_log(struct worker_group *group, struct observer_log *slots)
{
    for (unsigned i = 0; i < group->count; i++)
        group->workers[i].tasks.observer.log = &slots[i];
}

static void *run(void *context)
{
    struct worker *worker = context;
    event_base_dispatch(worker->tasks.base);
    return NULL;
}

int worker_run(struct worker_group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        int r = -pthread_create(&group->workers[i].thread, NULL, run, &group->workers[i]);
        if (r < 0) {
            log_error("worker", "cannot start a thread: %s; lower dns64.workers", strerror(-r));
            return r;
        }
        group->workers[i].started = true;
    }
    return 0;
}

struct event_base *worker_base(const struct worker_group *group, unsigned worker)
{
    return group->workers[worker].tasks.base;
}

static bool wake(const struct worker *worker)
{
    const uint64_t one = 1;
    return write(worker->wake_fd, &one, sizeof(one)) == sizeof(one);
}

static void done_worker(struct worker *worker)
{
    task_cancel_all(&worker->tasks);
    question_table_done(&worker->tasks.questions);
    while (worker->udp_count > 0)
        udp_free(worker->udp[--worker->udp_count]);
    udp_batch_free(worker->batch);
    tcp_free(worker->tcp);
    task_rules_release(worker->tasks.in_force);
    cache_free(worker->tasks.cache);
    top_free(worker->tasks.observer.top);
    places_free(worker->tasks.waiting);
    if (worker->wake != NULL)
        event_free(worker->wake);
    if (worker->tasks.base != NULL)
        event_base_free(worker->tasks.base);
    if (worker->wake_fd >= 0)
        close(worker->wake_fd);
}

void worker_stop(struct worker_group *group)
{
    if (group == NULL)
        return;
    pthread_mutex_lock(&group->lock);
    for (unsigned i = 0; i < group->count; i++)
        group->workers[i].stopping = true;
    pthread_mutex_unlock(&group->lock);
    for (unsigned i = 0; i < group->count; i++)
        if (group->workers[i].started && wake(&group->workers[i]))
            pthread_join(group->workers[i].thread, NULL);
    for (unsigned i = 0; i < group->count; i++)
        done_worker(&group->workers[i]);
    rate_free(group->rate);
    tcp_limits_free(group->tcp_limits);
    free(group->workers);
    free(group->counters);
    free(group->tallies);
    pthread_mutex_destroy(&group->lock);
    pthread_cond_destroy(&group->taken);
    free(group);
}

/* All that can fail comes first. */
static int hand_over(struct worker_group *group, struct rules *rules)
{
    for (unsigned i = 0; i < group->count; i++) {
        struct worker *worker = &group->workers[i];
        worker->next = task_rules_new(rules, &worker->tasks);
        if (worker->next != NULL)
            continue;
        while (i-- > 0) {
            task_rules_release(group->workers[i].next);
            group->workers[i].next = NULL;
        }
        return -ENOMEM;
    }
    for (unsigned i = 0; i < group->count; i++)
        wake(&group->workers[i]);
    return 0;
}

int worker_exchange(struct worker_group *group, struct rules *rules)
{
    pthread_mutex_lock(&group->lock);
    int r = hand_over(group, rules);
    for (unsigned i = 0; r == 0 && i < group->count; i++)
        while (group->workers[i].next != NULL)
            pthread_cond_wait(&group->taken, &group->lock);
    pthread_mutex_unlock(&group->lock);
    return r;
}

bool worker_visit_one(struct worker_group *group, unsigned worker, worker_visit *visit, void *context)
{
    struct worker *at = &group->workers[worker % group->count];
    pthread_mutex_lock(&group->lock);
    bool runs = at->started && !at->stopping;
    if (runs) {
        at->visit = visit;
        at->visit_context = context;
        wake(at);
        while (at->visit != NULL)
            pthread_cond_wait(&group->taken, &group->lock);
    }
    pthread_mutex_unlock(&group->lock);
    return runs;
}

void worker_visit_all(struct worker_group *group, worker_visit *visit, void *context)
{
    for (unsigned i = 0; i < group->count; i++)
        worker_visit_one(group, i, visit, context);
}

struct cache_numbers worker_cache_numbers(const struct worker_group *group)
{
    struct cache_numbers sum = {0};
    for (unsigned i = 0; i < group->count; i++) {
        struct cache_numbers at = cache_numbers(group->workers[i].tasks.cache);
        sum.size += at.size;
        sum.bytes += at.bytes;
        sum.entries += at.entries;
    }
    return sum;
}

const struct tally *worker_tallies(const struct worker_group *group, unsigned *ret_count)
{
    *ret_count = group->count;
    return group->tallies;
}

const struct counters *worker_counters(const struct worker_group *group, unsigned *ret_count)
{
    *ret_count = group->count;
    return group->counters;
}

void worker_upstream(const struct worker_group *group, unsigned upstream,
                     struct worker_upstream *ret_upstream)
{
    uint64_t latency = 0;
    unsigned measured = 0, bad = 0;
    *ret_upstream = (struct worker_upstream){0};
    for (unsigned i = 0; i < group->count; i++) {
        const struct choice_upstream *at =
            group->workers[i].tasks.in_force->exchange.choice.upstreams[upstream];
        for (unsigned k = 0; k < CHOICE_COUNTERS; k++)
            ret_upstream->counters[k] += atomic_load_explicit(&at->counters[k], memory_order_relaxed);
        latency += at->latency_us;
        histogram_collect(&at->took, &ret_upstream->took);
        measured += at->latency_us != 0;
        bad += at->bad;
    }
    ret_upstream->latency_us = measured > 0 ? (uint32_t)(latency / measured) : 0;
    ret_upstream->bad = bad > 0;
}
