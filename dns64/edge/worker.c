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

#include "common/log.h"
#include "dns64/edge/socket.h"
#include "dns64/edge/udp.h"

enum {
    LISTEN_MAX = 64,
};

struct worker {
    struct task_context tasks;
    struct tcp_server *tcp;
    struct udp_listener *udp[LISTEN_MAX];
    unsigned udp_count;
    struct event *stop;
    int stop_fd;
    pthread_t thread;
    bool started;
};

struct worker_group {
    struct worker *workers;
    struct counters *counters;
    unsigned count;
};

static void on_stop(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    event_base_loopbreak(context);
}

static int listen_one(struct worker *worker, const struct worker_input *input, const struct addr_endpoint *at)
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
    r = udp_new(&worker->tasks, udp, input->clients, &worker->udp[worker->udp_count]);
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

static unsigned share(unsigned all, unsigned workers)
{
    return all / workers > 0 ? all / workers : 1;
}

static int init_worker(struct worker *worker, const struct worker_input *input, struct counters *counters)
{
    struct tcp_limits limits = input->tcp;
    limits.connections = share(limits.connections, input->workers);
    limits.connections_per_network = share(limits.connections_per_network, input->workers);
    worker->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    worker->tasks.base = event_base_new();
    if (worker->stop_fd < 0 || worker->tasks.base == NULL)
        return -ENOMEM;
    worker->tasks.policy = input->policy;
    worker->tasks.counters = counters;
    worker->tasks.exchange = (struct exchange_context){
        .base = worker->tasks.base,
        .upstreams = input->upstreams,
        .upstreams_count = (unsigned)input->upstreams_count,
        .counters = counters,
    };
    choice_init(&worker->tasks.exchange.choice, (unsigned)input->upstreams_count);
    worker->stop = event_new(worker->tasks.base, worker->stop_fd, EV_READ, on_stop, worker->tasks.base);
    if (worker->stop == NULL || event_add(worker->stop, NULL) < 0)
        return -ENOMEM;
    int r = tcp_new(&worker->tasks, input->clients, &limits, &worker->tcp);
    for (size_t i = 0; r == 0 && i < input->listen_count && i < LISTEN_MAX; i++)
        r = listen_one(worker, input, &input->listen[i]);
    return r;
}

int worker_new(const struct worker_input *input, struct worker_group **ret_group)
{
    struct worker_group *group = calloc(1, sizeof(*group));
    int r = -ENOMEM;
    if (group == NULL)
        return r;
    group->workers = calloc(input->workers, sizeof(*group->workers));
    group->counters = aligned_alloc(_Alignof(struct counters), input->workers * sizeof(struct counters));
    if (group->workers == NULL || group->counters == NULL)
        goto out;
    memset(group->counters, 0, input->workers * sizeof(struct counters));
    group->count = input->workers;
    for (unsigned i = 0; i < group->count; i++)
        group->workers[i].stop_fd = -1;
    for (unsigned i = 0; i < group->count; i++) {
        r = init_worker(&group->workers[i], input, &group->counters[i]);
        if (r < 0)
            goto out;
    }
    *ret_group = group;
    return 0;
out:
    worker_stop(group);
    return r;
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

static void done_worker(struct worker *worker)
{
    task_cancel_all(&worker->tasks);
    while (worker->udp_count > 0)
        udp_free(worker->udp[--worker->udp_count]);
    tcp_free(worker->tcp);
    if (worker->stop != NULL)
        event_free(worker->stop);
    if (worker->tasks.base != NULL)
        event_base_free(worker->tasks.base);
    if (worker->stop_fd >= 0)
        close(worker->stop_fd);
}

void worker_stop(struct worker_group *group)
{
    uint64_t one = 1;
    if (group == NULL)
        return;
    for (unsigned i = 0; i < group->count; i++)
        if (group->workers[i].started && write(group->workers[i].stop_fd, &one, sizeof(one)) == sizeof(one))
            pthread_join(group->workers[i].thread, NULL);
    for (unsigned i = 0; i < group->count; i++)
        done_worker(&group->workers[i]);
    free(group->workers);
    free(group->counters);
    free(group);
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
        const struct choice_upstream *at = &group->workers[i].tasks.exchange.choice.upstreams[upstream];
        ret_upstream->sent += at->sent;
        ret_upstream->answered += at->answered;
        ret_upstream->timeouts += at->timeouts;
        latency += at->latency_us;
        measured += at->latency_us != 0;
        bad += at->bad;
    }
    ret_upstream->latency_us = measured > 0 ? (uint32_t)(latency / measured) : 0;
    ret_upstream->bad = bad > 0;
}
