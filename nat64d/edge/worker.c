/*
 * Layer: edge
 * Specification: doc/house.md (a packet's way)
 */
#include "nat64d/edge/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/time_units.h"
#include "nat64d/edge/queue.h"
#include "nat64d/edge/send.h"
#include "nat64d/edge/tun.h"
#include "nat64d/edge/worker_steps.h"
#include "nat64d/table/ring.h"

enum {
    QUEUES = 2,            /* NFQUEUE sockets a worker */
    BATCH = 64,            /* packets before the rings and the clock are looked at again */
    BUFFERS = 192,         /* a worker; fewer than RING_SIZE, so a return ring is never full */
    TICK_MS = 50,          /* how often time is looked after */
    TIMEOUT_BUDGET = 4096, /* sessions looked at in one tick */
};

static_assert((int)BUFFERS < (int)RING_SIZE, "a return ring holds all buffers of its owner");

struct buffer {
    struct packet packet;
    unsigned owner; /* the worker whose buffer it is */
    uint8_t bytes[PACKET_BUFFER + QUEUE_OVERHEAD];
};

struct worker {
    struct worker_group *group;
    unsigned index;
    int fd;
    int wake;
    struct queue *queues[QUEUES]; /* NULL without a shared address */
    pthread_t thread;
    bool started;
    struct steps steps;
    struct send *send;
    struct buffer **free;
    unsigned free_count;
    struct buffer *buffers[BUFFERS];
    struct ring *in;   /* [workers]: handed to us by each other worker */
    struct ring *back; /* [workers]: our buffers come back from each other worker */
    uint64_t next_tick_ns;
    _Atomic bool asleep;
    _Atomic(const struct network *) using; /* may not be freed while it stands here */
};

struct worker_group {
    struct worker *workers;
    unsigned count;
    _Atomic bool stopping;
    _Atomic bool pausing;
    pthread_mutex_t mutex; /* of `parked` and both conditions */
    pthread_cond_t changed;
    unsigned parked;
    _Atomic int failure; /* errno of a queue that cannot be read any more */
    _Atomic(const struct network *) network;
    void (*network_free)(const struct network *network);
};

static void wake(struct worker *worker)
{
    uint64_t one = 1;
    /* Full only if it has been woken 2^64 times; nothing to do about a failure. */
    if (write(worker->wake, &one, sizeof(one)) < 0)
        return;
}

/* After the push is visible: the sleeper sets `asleep` before it looks at its rings a last time. */
static void wake_if_asleep(struct worker *worker)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&worker->asleep, memory_order_relaxed))
        wake(worker);
}

static void give_back(struct worker *worker, struct buffer *buffer)
{
    if (buffer->owner == worker->index)
        worker->free[worker->free_count++] = buffer;
    else
        ring_push(&worker->group->workers[buffer->owner].back[worker->index], buffer);
}

static void collect(struct worker *worker)
{
    for (unsigned i = 0; i < worker->group->count; i++) {
        struct buffer *buffer;
        while ((buffer = ring_pop(&worker->back[i])) != NULL)
            worker->free[worker->free_count++] = buffer;
    }
}

static void reply(struct worker *worker, uint8_t *bytes, uint32_t len)
{
    struct packet packet = {.data = bytes, .len = len};
    if (tun_write(worker->fd, &packet) < 0)
        steps_failed(&worker->steps, REASON_WRITE_FAILED);
}

/* True if the buffer went to another worker. */
static bool hand_over(struct worker *worker, struct buffer *buffer, unsigned to)
{
    struct worker *other = &worker->group->workers[to];
    if (!ring_push(&other->in[worker->index], buffer)) {
        steps_failed(&worker->steps, REASON_HANDOVER_FULL);
        return false;
    }
    wake_if_asleep(other);
    return true;
}

/* Consumes the buffer. */
static void take_steps(struct worker *worker, struct buffer *buffer, uint64_t now_ns)
{
    struct steps_result result;
    steps_packet(&worker->steps, &buffer->packet, now_ns, &result);
    switch (result.verdict) {
    case STEPS_SEND:
        if (send_packet(worker->send, worker->fd, &buffer->packet, result.cut_mtu) < 0)
            steps_failed(&worker->steps, REASON_WRITE_FAILED);
        if (result.cut_mtu != 0)
            steps_count(&worker->steps, TALLY_FRAGMENTED, 1);
        break;
    case STEPS_HANDOVER:
        if (hand_over(worker, buffer, result.worker))
            return;
        break;
    case STEPS_KEPT:
    case STEPS_DROP: break;
    }
    if (result.reply_len > 0)
        reply(worker, worker->steps.reply, result.reply_len);
    give_back(worker, buffer);
}

static void process_one(struct worker *worker, struct buffer *buffer, uint64_t now_ns)
{
    take_steps(worker, buffer, now_ns);
    trace_end(&worker->steps.trace);
}

/* A buffer to read into, still in the free list; NULL when all are with others: what waits stays in its
 * queue. */
static struct buffer *next_buffer(struct worker *worker)
{
    if (worker->free_count == 0)
        collect(worker);
    return worker->free_count == 0 ? NULL : worker->free[worker->free_count - 1];
}

/* Fragments that waited for another. */
static bool drain_fragments(struct worker *worker, uint64_t now_ns)
{
    bool any = false;
    struct buffer *buffer;
    while (steps_waiting(&worker->steps) && (buffer = next_buffer(worker)) != NULL) {
        worker->free_count--;
        buffer->packet.data = buffer->bytes + PACKET_HEADROOM;
        steps_take_waiting(&worker->steps, &buffer->packet);
        process_one(worker, buffer, now_ns);
        any = true;
    }
    return any;
}

/* Consumes the buffer. */
static void process(struct worker *worker, struct buffer *buffer, uint64_t now_ns)
{
    process_one(worker, buffer, now_ns);
    drain_fragments(worker, now_ns);
}

static bool drain_rings(struct worker *worker, uint64_t now_ns)
{
    bool any = false;
    for (unsigned i = 0; i < worker->group->count; i++) {
        struct buffer *buffer;
        for (unsigned n = 0; n < BATCH && (buffer = ring_pop(&worker->in[i])) != NULL; n++) {
            process(worker, buffer, now_ns);
            any = true;
        }
    }
    return any;
}

/* What the kernel handed over of a shared address. The verdict on all of it is to drop it: what goes on is
 * the translation. */
static bool drain_nfqueue(struct worker *worker, struct queue *queue, uint64_t now_ns)
{
    bool any = false;
    for (unsigned n = 0; n < BATCH; n++) {
        struct buffer *buffer = next_buffer(worker);
        if (buffer == NULL)
            break;
        int r = queue_read(queue, buffer->bytes, &buffer->packet);
        if (r < 0)
            break;
        if (r == 0)
            continue; /* not a packet, or not the whole of one */
        any = true;
        worker->free_count--;
        process(worker, buffer, now_ns);
    }
    if (any)
        queue_drop(queue);
    return any;
}

static bool drain_queue(struct worker *worker, uint64_t now_ns)
{
    bool any = false;
    for (unsigned n = 0; n < BATCH; n++) {
        struct buffer *buffer = next_buffer(worker);
        if (buffer == NULL)
            break;
        int r = tun_read(worker->fd, buffer->bytes, &buffer->packet);
        if (r == 0)
            break;
        if (r == -EBADMSG) { /* not even an offload header */
            steps_failed(&worker->steps, REASON_TRUNCATED);
            continue;
        }
        if (r < 0) {
            atomic_store(&worker->group->failure, -r);
            usleep(TICK_MS * 1000); /* poll() would return at once */
            break;
        }
        any = true;
        worker->free_count--;
        process(worker, buffer, now_ns);
    }
    return any;
}

static void tick(struct worker *worker, uint64_t now_ns)
{
    unsigned budget = TIMEOUT_BUDGET;
    if (now_ns < worker->next_tick_ns)
        return;
    worker->next_tick_ns = now_ns + TICK_MS * NS_PER_MS;
    while (budget > 0) {
        uint32_t len = steps_timeout(&worker->steps, now_ns, &budget);
        if (len > 0)
            reply(worker, worker->steps.reply, len);
    }
}

static bool rings_empty(struct worker *worker)
{
    for (unsigned i = 0; i < worker->group->count; i++)
        if (!ring_empty(&worker->in[i]))
            return false;
    return true;
}

static void sleep_until_work(struct worker *worker)
{
    struct pollfd fds[2 + QUEUES] = {{.fd = worker->fd, .events = POLLIN},
                                     {.fd = worker->wake, .events = POLLIN}};
    nfds_t fds_count = 2;
    uint64_t count;
    for (unsigned i = 0; i < QUEUES; i++)
        if (worker->queues[i] != NULL)
            fds[fds_count++] = (struct pollfd){.fd = queue_fd(worker->queues[i]), .events = POLLIN};
    atomic_store_explicit(&worker->asleep, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (rings_empty(worker))
        poll(fds, fds_count, TICK_MS);
    atomic_store_explicit(&worker->asleep, false, memory_order_relaxed);
    if ((fds[1].revents & POLLIN) && read(worker->wake, &count, sizeof(count)) < 0)
        return; /* somebody else's wake-up was counted; the rings are looked at anyway */
}

/* The hazard pointer: published, then checked to be still the current one. */
static void use_network(struct worker *worker)
{
    struct worker_group *group = worker->group;
    const struct network *network = atomic_load_explicit(&group->network, memory_order_acquire);
    while (network != worker->steps.network) {
        atomic_store(&worker->using, network);
        worker->steps.network = network;
        network = atomic_load(&group->network);
    }
}

/* Stands still while somebody changes the tables. */
static void park(struct worker_group *group)
{
    pthread_mutex_lock(&group->mutex);
    group->parked++;
    pthread_cond_broadcast(&group->changed);
    while (atomic_load(&group->pausing))
        pthread_cond_wait(&group->changed, &group->mutex);
    group->parked--;
    pthread_mutex_unlock(&group->mutex);
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load_explicit(&worker->group->stopping, memory_order_relaxed)) {
        if (atomic_load_explicit(&worker->group->pausing, memory_order_relaxed))
            park(worker->group);
        use_network(worker);
        trace_refresh(&worker->steps.trace);
        uint64_t now_ns = clock_now_ns();
        collect(worker);
        bool busy = drain_fragments(worker, now_ns); /* those that found no free buffer */
        if (drain_rings(worker, now_ns))
            busy = true;
        if (drain_queue(worker, now_ns))
            busy = true;
        for (unsigned i = 0; i < QUEUES; i++)
            if (worker->queues[i] != NULL && drain_nfqueue(worker, worker->queues[i], now_ns))
                busy = true;
        tick(worker, now_ns);
        if (!busy)
            sleep_until_work(worker);
    }
    return NULL;
}

static int init_buffers(struct worker *worker)
{
    worker->free = calloc(BUFFERS, sizeof(struct buffer *));
    if (worker->free == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < BUFFERS; i++) {
        struct buffer *buffer = malloc(sizeof(*buffer));
        if (buffer == NULL)
            return -ENOMEM;
        buffer->owner = worker->index;
        worker->buffers[i] = buffer;
        worker->free[worker->free_count++] = buffer;
    }
    return 0;
}

static int init_rings(struct worker *worker)
{
    unsigned count = worker->group->count;
    worker->in = aligned_alloc(_Alignof(struct ring), count * sizeof(struct ring));
    worker->back = aligned_alloc(_Alignof(struct ring), count * sizeof(struct ring));
    if (worker->in == NULL || worker->back == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        ring_init(&worker->in[i]);
        ring_init(&worker->back[i]);
    }
    return 0;
}

static int init_worker(struct worker *worker, const struct worker_input *input)
{
    worker->fd = input->fds[worker->index];
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->wake < 0)
        return -errno;
    int r = init_rings(worker);
    if (r == 0)
        r = init_buffers(worker);
    for (unsigned i = 0; r == 0 && input->queues != NULL && i < QUEUES; i++)
        r = queue_new(input->queues[worker->index * QUEUES + i], &worker->queues[i]);
    if (r == 0)
        r = send_new(&worker->send);
    if (r == 0)
        r = worker_steps_init(&worker->steps, input, worker->index);
    return r;
}

int worker_start(const struct worker_input *input, struct worker_group **ret_group)
{
    unsigned count = input->shared->workers;
    struct worker_group *group = calloc(1, sizeof(*group));
    int r = -ENOMEM;
    if (group == NULL)
        return r;
    pthread_mutex_init(&group->mutex, NULL);
    pthread_cond_init(&group->changed, NULL);
    group->network_free = input->network_free;
    atomic_store(&group->network, input->network);
    group->workers = calloc(count, sizeof(*group->workers));
    if (group->workers == NULL)
        goto out;
    group->count = count;
    for (unsigned i = 0; i < count; i++) {
        group->workers[i].group = group;
        group->workers[i].index = i;
        group->workers[i].wake = -1;
    }
    for (unsigned i = 0; i < count; i++) {
        r = init_worker(&group->workers[i], input);
        if (r < 0)
            goto out;
    }
    for (unsigned i = 0; i < count; i++) {
        r = -pthread_create(&group->workers[i].thread, NULL, run, &group->workers[i]);
        if (r < 0)
            goto out;
        group->workers[i].started = true;
    }
    *ret_group = group;
    return 0;
out:
    log_error("worker", "cannot start %u packet threads: %s; lower nat64.workers or give more memory", count,
              strerror(-r));
    worker_stop(group);
    return r;
}

static bool in_use(struct worker_group *group, const struct network *network)
{
    for (unsigned i = 0; i < group->count; i++)
        if (atomic_load(&group->workers[i].using) == network)
            return true;
    return false;
}

void worker_set_network(struct worker_group *group, const struct network *network)
{
    const struct network *old = atomic_exchange(&group->network, network);
    for (unsigned i = 0; i < group->count; i++)
        wake(&group->workers[i]);
    while (in_use(group, old))
        usleep(1000); /* a worker looks at the pointer before each batch */
    group->network_free(old);
}

void worker_pause(struct worker_group *group)
{
    pthread_mutex_lock(&group->mutex);
    atomic_store(&group->pausing, true);
    for (unsigned i = 0; i < group->count; i++)
        wake(&group->workers[i]);
    while (group->parked < group->count)
        pthread_cond_wait(&group->changed, &group->mutex);
    pthread_mutex_unlock(&group->mutex);
}

void worker_resume(struct worker_group *group)
{
    pthread_mutex_lock(&group->mutex);
    atomic_store(&group->pausing, false);
    pthread_cond_broadcast(&group->changed);
    pthread_mutex_unlock(&group->mutex);
}

void worker_set_tables(struct worker_group *group, const struct steps_shared *shared,
                       struct steps_shard *shards, const struct rate_limits *rates)
{
    for (unsigned i = 0; i < group->count; i++)
        worker_steps_change(&group->workers[i].steps, shared, shards, rates);
}

int worker_failure(struct worker_group *group)
{
    return atomic_load(&group->failure);
}

static void done_worker(struct worker *worker)
{
    if (worker->wake >= 0)
        close(worker->wake);
    for (unsigned i = 0; i < BUFFERS; i++)
        free(worker->buffers[i]);
    free(worker->free);
    free(worker->in);
    free(worker->back);
    send_free(worker->send);
    worker_steps_done(&worker->steps);
    for (unsigned i = 0; i < QUEUES; i++)
        queue_free(worker->queues[i]);
}

void worker_stop(struct worker_group *group)
{
    if (group == NULL)
        return;
    atomic_store(&group->stopping, true);
    for (unsigned i = 0; i < group->count; i++)
        if (group->workers[i].started)
            wake(&group->workers[i]);
    for (unsigned i = 0; i < group->count; i++)
        if (group->workers[i].started)
            pthread_join(group->workers[i].thread, NULL);
    for (unsigned i = 0; i < group->count; i++)
        done_worker(&group->workers[i]);
    group->network_free(atomic_load(&group->network));
    pthread_cond_destroy(&group->changed);
    pthread_mutex_destroy(&group->mutex);
    free(group->workers);
    free(group);
}
