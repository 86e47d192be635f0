/*
 * Layer: edge
 * Specification: RFC 1035 4.2.1, recvmmsg(2)
 */
#include "dns64/edge/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sockaddr.h"
#include "common/time_units.h"
#include "dns64/access/refusals.h"
#include "dns64/edge/socket.h"

enum {
    BATCH = UDP_SENDER_BATCH,
    BUSY = BATCH / 4,        /* so many at a time: more will follow */
    GROUP = 8,               /* queries whose memory is fetched at a time */
    TURN = 4 * BATCH,        /* queries before other events have their turn */
    QUERY_LEN = 4096,        /* a longer query is none */
    STRIDE = QUERY_LEN + 64, /* by a power of two, all queries would share a few lines of the CPU's cache */
    UNWELCOME_S = 60,        /* for so long it is watched where queries come from */
};

/* A query between its two parts. */
struct udp_pending {
    const struct udp_target *target;
    unsigned actions;
    struct cache_key key;
    struct query query;
};

struct udp_batch {
    struct udp_sender *sender;
    struct udp_pending pending[GROUP];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct udp_target targets[BATCH];
    uint8_t bytes[BATCH][STRIDE];
};

struct udp_listener {
    struct task_context *tasks;
    struct udp_batch *batch;
    int fd;
    uint8_t family;
    bool answers_from;     /* bound to any: an answer says which address of ours it leaves from */
    bool tells_arrival;    /* each query says by which interface it came */
    uint64_t unwelcome_ns; /* the last query of who may not ask */
    struct event *event;
    struct event *turn; /* when busy: the next one */
    bool busy;          /* more queries than can be answered at once: read in turn, not waited for */
    struct refusals refusals;
};

/* Who waits for upstreams. */
struct udp_client {
    struct udp_listener *listener;
    struct udp_target target;
};

struct udp_batch *udp_batch_new(struct event_base *base, struct counters *counters)
{
    struct udp_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL)
        return NULL;
    batch->sender = udp_sender_new(base, counters);
    if (batch->sender == NULL) {
        free(batch);
        return NULL;
    }
    for (unsigned i = 0; i < BATCH; i++) {
        batch->parts[i] = (struct iovec){batch->bytes[i], QUERY_LEN};
        batch->messages[i].msg_hdr = (struct msghdr){.msg_name = &batch->targets[i].address,
                                                     .msg_namelen = sizeof(batch->targets[i].address),
                                                     .msg_iov = &batch->parts[i],
                                                     .msg_iovlen = 1};
    }
    return batch;
}

void udp_batch_free(struct udp_batch *batch)
{
    if (batch == NULL)
        return;
    udp_sender_free(batch->sender);
    free(batch);
}

/* The answer of a task, which may have been asked of long before. */
static void send_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct udp_client *client = context;
    struct udp_sender *sender = client->listener->batch->sender;
    if (len > 0) {
        memcpy(udp_sender_room(sender, client->listener->fd), bytes, len);
        udp_sender_put(sender, &client->target, len);
        udp_sender_flush_later(sender);
    }
    free(client);
}

/* The packet information goes back as it came, without the interface: the route decides that. */
static void keep_local(const struct udp_listener *listener, struct udp_target *target, struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    target->control_len = 0;
    target->arrived = 0;
    if (control == NULL)
        return;
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(control);
        target->arrived = info->ipi6_ifindex;
        if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
            info->ipi6_ifindex = 0;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(control);
        target->arrived = (uint32_t)info->ipi_ifindex;
        info->ipi_spec_dst = info->ipi_addr;
        info->ipi_ifindex = 0;
    } else {
        return;
    }
    if (listener->answers_from)
        target->control_len = message->msg_controllen;
}

/* Whether a client that may not ask is told so now; never one of the Internet. */
static bool may_refuse(struct udp_listener *listener, const struct udp_target *target, uint64_t now_ns)
{
    const struct rules *rules = listener->tasks->in_force->rules;
    listener->unwelcome_ns = now_ns;
    if (!listener->tells_arrival && rules->uplink != 0) {
        listener->tells_arrival = socket_tell_arrival(listener->fd, listener->family, true) == 0;
        return false; /* the next one will tell where it is from */
    }
    if (rules->uplink != 0 && (target->arrived == 0 || target->arrived == rules->uplink))
        return false; /* 0: it came before they told */
    return refusals_take(&listener->refusals, now_ns);
}

/* A socket of one address tells the interface only while somebody asks who may not: it costs something with
 * each query. */
static void tell_arrival_no_longer(struct udp_listener *listener, uint64_t now_ns)
{
    if (!listener->tells_arrival || listener->answers_from ||
        now_ns - listener->unwelcome_ns < UNWELCOME_S * NS_PER_S)
        return;
    listener->tells_arrival = socket_tell_arrival(listener->fd, listener->family, false) < 0;
}

/* When a batch was read. */
struct moment {
    uint64_t now_ns;
    uint32_t utc_s;
};

/* Only who must wait costs memory. */
static void wait_for_answer(struct udp_listener *listener, const struct udp_target *target,
                            const struct query *query, unsigned actions)
{
    struct udp_client *client = malloc(sizeof(*client));
    if (client == NULL)
        return;
    *client = (struct udp_client){listener, *target};
    if (!task_wait(listener->tasks, query, actions, send_reply, client))
        free(client);
}

/* What is known of a query by its bytes alone. */
static void take_query(struct udp_listener *listener, struct udp_pending *pending, const uint8_t *bytes,
                       size_t len, const struct moment *moment)
{
    const struct rules *rules = listener->tasks->in_force->rules;
    const struct udp_target *target = pending->target;
    struct query_client who = {.addr = sockaddr_addr((const struct sockaddr *)&target->address),
                               .udp = true,
                               .utc_s = moment->utc_s};
    size_t out_len = 0;
    who.allowed = rules_may_ask(rules, &who.addr);
    who.limited = rules->rate_limit > 0 &&
                  !rate_take(listener->tasks->rate, &who.addr, rules->rate_limit, moment->now_ns);
    pending->actions = QUERY_DO_DROP;
    if (!who.allowed && !may_refuse(listener, target, moment->now_ns)) {
        counters_add(listener->tasks->counters, OUTCOME_REFUSED_SILENT, 1);
        return;
    }
    pending->actions =
        task_read(listener->tasks, &pending->query, bytes, len, &who, moment->now_ns,
                  udp_sender_room(listener->batch->sender, listener->fd), &out_len, &pending->key);
    if (rules->rate_limit > 0 && !who.limited && pending->query.cookie_valid)
        rate_give(listener->tasks->rate, &who.addr, rules->rate_limit);
    if (pending->actions & QUERY_DO_SEND)
        udp_sender_put(listener->batch->sender, target, out_len);
}

/* What the cache says of it. */
static void finish_query(struct udp_listener *listener, struct udp_pending *pending,
                         const struct moment *moment)
{
    struct udp_sender *sender = listener->batch->sender;
    size_t out_len = 0;
    unsigned actions = task_look(listener->tasks, &pending->query, &pending->key, moment->now_ns,
                                 udp_sender_room(sender, listener->fd), &out_len);
    if (actions & QUERY_DO_SEND) {
        udp_sender_put(sender, pending->target, out_len);
        task_answered(listener->tasks, &pending->query);
    } else if (!(actions & QUERY_DO_DROP)) {
        wait_for_answer(listener, pending->target, &pending->query, actions);
    }
}

/* A few at a time, so that what the cache has of one is fetched while others are read. */
static void take_group(struct udp_listener *listener, unsigned first, unsigned count,
                       const struct moment *moment)
{
    struct udp_batch *batch = listener->batch;
    for (unsigned i = 0; i < count; i++) {
        struct msghdr *message = &batch->messages[first + i].msg_hdr;
        struct udp_target *target = &batch->targets[first + i];
        keep_local(listener, target, message);
        target->address_len = message->msg_namelen;
        message->msg_namelen = sizeof(target->address);
        batch->pending[i].target = target;
        take_query(listener, &batch->pending[i], batch->bytes[first + i], batch->messages[first + i].msg_len,
                   moment);
    }
    for (unsigned i = 0; i < count; i++)
        if (batch->pending[i].actions & QUERY_DO_LOOK && batch->pending[i].query.keep)
            cache_expect_entry(listener->tasks->cache, &batch->pending[i].key);
    for (unsigned i = 0; i < count; i++)
        if (batch->pending[i].actions & QUERY_DO_LOOK)
            finish_query(listener, &batch->pending[i], moment);
}

static void expect_address(struct udp_batch *batch)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch->messages[i].msg_hdr.msg_control = batch->targets[i].control;
        batch->messages[i].msg_hdr.msg_controllen = UDP_CONTROL_LEN;
    }
}

/* How many were read. */
static unsigned read_batch(struct udp_listener *listener)
{
    struct udp_batch *batch = listener->batch;
    if (listener->tells_arrival)
        expect_address(batch);
    int got = recvmmsg(listener->fd, batch->messages, BATCH, 0, NULL);
    if (got <= 0)
        return 0;
    struct moment moment = {clock_now_ns(), (uint32_t)(clock_utc_ns() / NS_PER_S)};
    for (int i = 0; i < got; i += GROUP)
        take_group(listener, (unsigned)i, (unsigned)(got - i < GROUP ? got - i : GROUP), &moment);
    udp_sender_flush(batch->sender);
    observer_sent(&listener->tasks->observer, clock_now_ns() - moment.now_ns);
    tell_arrival_no_longer(listener, moment.now_ns);
    return (unsigned)got;
}

/* A socket that epoll watches tells it of each answer that has left, too. So it is not watched as long as
 * there is always something to read, but has its turn by a timer; one that makes itself active instead keeps
 * libevent from looking at anything else. */
static void take_turns(struct udp_listener *listener, bool busy)
{
    static const struct timeval at_once = {0, 0};
    if (busy && !listener->busy)
        listener->busy = event_del(listener->event) == 0;
    else if (!busy && listener->busy)
        listener->busy = event_add(listener->event, NULL) < 0;
    if (listener->busy && evtimer_add(listener->turn, &at_once) < 0)
        listener->busy = event_add(listener->event, NULL) < 0;
}

/* Where one came alone the next is not there yet: asking would be in vain. */
static void on_readable(evutil_socket_t fd, short events, void *context)
{
    struct udp_listener *listener = context;
    unsigned taken = 0, got;
    bool busy = listener->busy;
    (void)fd;
    (void)events;
    do {
        got = read_batch(listener);
        taken += got;
    } while (got > 1 && taken < TURN);
    take_turns(listener, got >= BUSY || (busy && taken > 0));
}

static void free_events(struct udp_listener *listener)
{
    if (listener->turn != NULL)
        event_free(listener->turn);
    if (listener->event != NULL)
        event_free(listener->event);
}

int udp_new(struct task_context *tasks, struct udp_batch *batch, int fd, const struct addr_endpoint *at,
            struct udp_listener **ret_listener)
{
    struct udp_listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL)
        return -ENOMEM;
    *listener = (struct udp_listener){.tasks = tasks,
                                      .batch = batch,
                                      .fd = fd,
                                      .family = at->addr.family,
                                      .answers_from = addr_is_any(&at->addr),
                                      .tells_arrival = addr_is_any(&at->addr)};
    listener->event = event_new(tasks->base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    listener->turn = evtimer_new(tasks->base, on_readable, listener);
    if (listener->event == NULL || listener->turn == NULL || event_add(listener->event, NULL) < 0) {
        free_events(listener);
        free(listener);
        return -ENOMEM;
    }
    *ret_listener = listener;
    return 0;
}

void udp_free(struct udp_listener *listener)
{
    if (listener == NULL)
        return;
    free_events(listener);
    close(listener->fd);
    free(listener);
}
