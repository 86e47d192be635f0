/*
 * Layer: edge
 * Specification: RFC 5452 9, RFC 7766 5
 */
#include "dns64/upstream/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/settings_upstream.h"
#include "common/time_units.h"
#include "dns64/query/outcome.h"

/* A packet of it, where it is. */
struct way {
    struct resolver *resolver; /* held; NULL: not sent */
    struct ports_ticket port;
    struct stream_ticket stream;
};

struct exchange {
    struct exchange_context *shared;
    struct exchange_thread *thread;
    exchange_done *done; /* NULL: answered, and only lingering */
    void *context;
    struct attempt attempt;
    struct way ways[ATTEMPT_PACKETS];
    struct event timer;
    uint64_t due_ns;           /* when it runs */
    struct addr_endpoint from; /* whose the reply is that is given */
    uint8_t *kept;             /* a reply with an error, given if no upstream does better */
    size_t kept_len;
    struct exchange *next, **link; /* among the lingering */
    struct name asked;             /* in the client's letters */
    struct ask ask;
};

void exchange_thread_init(struct exchange_thread *thread, struct event_base *base, struct counters *counters)
{
    thread->random = (struct random){0};
    thread->ports.base = base;
    thread->ports.random = &thread->random;
    thread->ports.counters = counters;
    thread->ports.open = 0;
    thread->counters = counters;
}

static void count(const struct exchange *exchange, enum outcome outcome)
{
    counters_add(exchange->thread->counters, outcome, 1);
}

/* Its socket or connection serves others from then on. `silent`: it was waited for in vain. */
static void leave(struct way *way, bool silent)
{
    struct resolver *resolver = way->resolver;
    if (resolver == NULL)
        return;
    way->resolver = NULL;
    ports_release(&way->port);
    stream_release(&way->stream, silent);
    resolver_release(resolver);
}

static void free_exchange(struct exchange *exchange)
{
    event_del(&exchange->timer);
    for (unsigned i = 0; i < exchange->attempt.count; i++)
        leave(&exchange->ways[i], exchange->attempt.sends[i].over && !exchange->attempt.sends[i].closed);
    if (exchange->link != NULL) {
        *exchange->link = exchange->next;
        if (exchange->next != NULL)
            exchange->next->link = exchange->link;
    }
    free(exchange->kept);
    free(exchange);
}

void exchange_cancel(struct exchange *exchange)
{
    if (exchange != NULL)
        free_exchange(exchange);
}

/* It goes on without anybody who waits, at most as long as the rules that it began with. */
static void linger(struct exchange *exchange)
{
    struct exchange_context *context = exchange->shared;
    exchange->done = NULL;
    exchange->next = context->lingering;
    exchange->link = &context->lingering;
    if (exchange->next != NULL)
        exchange->next->link = &exchange->next;
    context->lingering = exchange;
}

/* Tells the result; the exchange ends, or lingers for what it can still learn. */
static void finish(struct exchange *exchange, uint8_t *bytes, size_t len)
{
    exchange_done *done = exchange->done;
    void *context = exchange->context;
    struct addr_endpoint from = exchange->from;
    if (attempt_due(&exchange->attempt) != 0)
        linger(exchange);
    else
        free_exchange(exchange);
    done(context, bytes, len, bytes != NULL ? &from : NULL);
}

static void run(struct exchange *exchange, enum attempt_step step);

static int send_datagram(struct exchange *exchange, unsigned i)
{
    const struct attempt_send *send = &exchange->attempt.sends[i];
    struct way *way = &exchange->ways[i];
    uint8_t bytes[ASK_MAX];
    uint16_t id;
    int r = ports_take(&way->resolver->ports, send->sent_ns, exchange, i, &way->port, &id);
    if (r < 0)
        return r;
    size_t len = ask_write(&exchange->ask, id, send->edns,
                           send->cookie ? &way->resolver->learned.cookie : NULL, bytes);
    return ports_send(&way->port, bytes, len);
}

static int send_stream(struct exchange *exchange, unsigned i)
{
    struct way *way = &exchange->ways[i];
    uint8_t bytes[ASK_MAX];
    uint16_t id;
    int r = stream_take(&way->resolver->streams, exchange, i, &way->stream, &id);
    if (r < 0)
        return r;
    count(exchange, OUTCOME_UPSTREAM_TCP);
    size_t len = ask_write(&exchange->ask, id, exchange->attempt.sends[i].edns, NULL, bytes);
    return stream_send(&way->stream, bytes, len);
}

/* The last of the attempt's packets goes out; what cannot be sent is as good as unanswered. */
static enum attempt_step send_last(struct exchange *exchange)
{
    unsigned i = exchange->attempt.count - 1;
    const struct attempt_send *send = &exchange->attempt.sends[i];
    struct way *way = &exchange->ways[i];
    *way = (struct way){.resolver = resolver_hold(exchange->shared->resolvers[send->upstream])};
    count(exchange, OUTCOME_UPSTREAM_SENT);
    int r = send->stream ? send_stream(exchange, i) : send_datagram(exchange, i);
    if (r == 0)
        return ATTEMPT_WAIT;
    leave(way, false);
    bool full = r == -ENOMEM || r == -EMFILE || r == -ENOBUFS || r == -EAGAIN;
    return attempt_broken(&exchange->attempt, i, full ? ATTEMPT_FULL : ATTEMPT_GONE, send->sent_ns);
}

static void set_timer(struct exchange *exchange)
{
    uint64_t due_ns = attempt_due(&exchange->attempt), now_ns = clock_now_ns();
    if (due_ns == exchange->due_ns)
        return;
    exchange->due_ns = due_ns;
    struct timeval wait =
        time_units_timeval((due_ns > now_ns ? due_ns - now_ns : 0) + 1); /* when it is over */
    evtimer_add(&exchange->timer, &wait);
}

/* Does what was decided, until there is something to wait for. The exchange may be gone afterwards. */
static void run(struct exchange *exchange, enum attempt_step step)
{
    while (step == ATTEMPT_SEND)
        step = send_last(exchange);
    if (step != ATTEMPT_END) {
        set_timer(exchange);
        return;
    }
    if (exchange->done == NULL) {
        free_exchange(exchange);
        return;
    }
    uint8_t *kept = exchange->kept;
    exchange->kept = NULL;
    finish(exchange, kept, exchange->kept_len);
}

/* A copy in the client's letters, and with no AD that we do not trust. NULL: no memory. */
static uint8_t *copy_reply(const struct exchange *exchange, unsigned i, const struct message *message)
{
    const struct resolver *resolver = exchange->ways[i].resolver;
    uint8_t *copy = malloc(message->len);
    if (copy == NULL)
        return NULL;
    memcpy(copy, message->bytes, message->len);
    if (exchange->ask.mixed)
        memcpy(copy + MESSAGE_HEADER, exchange->asked.bytes, exchange->asked.len);
    if (!exchange->shared->trusted || (!resolver->at.tls && !addr_is_loopback(&resolver->at.at.addr)))
        bytes_put16(copy + 2, (uint16_t)(message->flags & ~MESSAGE_AD));
    return copy;
}

static void take(struct exchange *exchange, unsigned i, const struct message *message)
{
    uint8_t *copy = copy_reply(exchange, i, message);
    exchange->from = exchange->ways[i].resolver->at.at;
    leave(&exchange->ways[i], false);
    set_timer(exchange);
    finish(exchange, copy, copy != NULL ? message->len : 0);
}

static void keep(struct exchange *exchange, unsigned i, const struct message *message)
{
    free(exchange->kept);
    exchange->kept = copy_reply(exchange, i, message);
    exchange->from = exchange->ways[i].resolver->at.at;
    exchange->kept_len = exchange->kept != NULL ? message->len : 0;
}

static void on_message(struct exchange *exchange, unsigned i, uint16_t id, const uint8_t *bytes, size_t len)
{
    struct message message;
    enum ask_verdict verdict = message_parse(bytes, len, &message) == MESSAGE_OK
                                   ? ask_check(&exchange->ask, id, &message)
                                   : ASK_WRONG;
    enum attempt_step step = attempt_reply(&exchange->attempt, i, &message, verdict, clock_now_ns());
    bool closed = exchange->attempt.sends[i].closed;
    count(exchange, closed ? OUTCOME_UPSTREAM_ANSWERED : OUTCOME_UPSTREAM_WRONG);
    if (step == ATTEMPT_TAKE) {
        take(exchange, i, &message);
        return;
    }
    if (exchange->attempt.keep)
        keep(exchange, i, &message);
    if (closed)
        leave(&exchange->ways[i], false);
    run(exchange, step);
}

static void on_broken(struct exchange *exchange, unsigned i, enum attempt_fault fault)
{
    leave(&exchange->ways[i], false);
    run(exchange, attempt_broken(&exchange->attempt, i, fault, clock_now_ns()));
}

static void on_datagram(void *question, unsigned send, uint16_t id, const uint8_t *bytes, size_t len)
{
    if (bytes != NULL)
        on_message(question, send, id, bytes, len);
    else
        on_broken(question, send, ATTEMPT_GONE);
}

static void on_stream(void *question, unsigned send, uint16_t id, const uint8_t *bytes, size_t len,
                      bool served)
{
    if (bytes != NULL)
        on_message(question, send, id, bytes, len);
    else
        on_broken(question, send, served ? ATTEMPT_CLOSED : ATTEMPT_GONE);
}

static void on_timer(evutil_socket_t fd, short events, void *context)
{
    struct exchange *exchange = context;
    (void)fd;
    (void)events;
    exchange->due_ns = 0;
    for (unsigned i = 0; i < exchange->attempt.count; i++)
        if (!exchange->attempt.sends[i].over && !exchange->attempt.sends[i].closed &&
            exchange->attempt.sends[i].due_ns <= clock_now_ns())
            count(exchange, OUTCOME_UPSTREAM_TIMEOUT);
    run(exchange, attempt_timer(&exchange->attempt, clock_now_ns()));
}

/* The first packets go out at once. If none can, the end is told from the event loop. */
static void begin(struct exchange *exchange, const struct exchange_question *question)
{
    static const struct timeval at_once = {0, 0};
    uint64_t now_ns = clock_now_ns();
    enum attempt_step step = attempt_begin(&exchange->attempt, &exchange->shared->choice, question->set,
                                           question->until_ns, question->ask.dnssec, now_ns);
    while (step == ATTEMPT_SEND)
        step = send_last(exchange);
    if (step == ATTEMPT_WAIT) {
        for (step = attempt_probe(&exchange->attempt, now_ns); step == ATTEMPT_SEND;)
            step = send_last(exchange);
    }
    if (step == ATTEMPT_WAIT)
        set_timer(exchange);
    else
        evtimer_add(&exchange->timer, &at_once);
}

static void mix(struct exchange *exchange)
{
    uint8_t bits[NAME_MAX_LEN / 8 + 1];
    random_bytes(&exchange->thread->random, bits, sizeof(bits));
    ask_mix_case(&exchange->ask.name, bits);
    exchange->ask.mixed = true;
}

int exchange_start(struct exchange_context *context, const struct exchange_question *question,
                   exchange_done *done, void *done_context, struct exchange **ret_exchange)
{
    if (question->set == 0)
        return -ENOENT;
    struct exchange *exchange = malloc(sizeof(*exchange));
    if (exchange == NULL)
        return -ENOMEM;
    exchange->shared = context;
    exchange->thread = context->thread;
    exchange->done = done;
    exchange->context = done_context;
    exchange->due_ns = 0;
    exchange->kept = NULL;
    exchange->kept_len = 0;
    exchange->link = NULL;
    exchange->asked = question->ask.name;
    exchange->ask = question->ask;
    evtimer_assign(&exchange->timer, context->thread->ports.base, on_timer, exchange);
    if (context->mix_case)
        mix(exchange);
    begin(exchange, question);
    *ret_exchange = exchange;
    return 0;
}

int exchange_context_init(struct exchange_context *context, struct exchange_thread *thread,
                          const struct settings_upstream *upstreams, unsigned count_of_them)
{
    context->thread = thread;
    for (unsigned i = 0; i < count_of_them; i++) {
        struct resolver *resolver = resolver_new(&upstreams[i], &thread->ports, on_datagram, on_stream);
        if (resolver == NULL)
            return -ENOMEM;
        context->resolvers[i] = resolver;
        context->choice.upstreams[i] = &resolver->learned;
        context->choice.tls |= (uint64_t)upstreams[i].tls << i;
        context->choice.count++;
    }
    return 0;
}

void exchange_context_keep(struct exchange_context *context, const struct exchange_context *old)
{
    for (unsigned i = 0; i < context->choice.count; i++)
        for (unsigned k = 0; k < old->choice.count; k++) {
            if (!settings_upstream_equal(&context->resolvers[i]->at, &old->resolvers[k]->at))
                continue;
            resolver_release(context->resolvers[i]);
            context->resolvers[i] = resolver_hold(old->resolvers[k]);
            context->choice.upstreams[i] = &context->resolvers[i]->learned;
        }
}

void exchange_context_done(struct exchange_context *context)
{
    while (context->lingering != NULL)
        free_exchange(context->lingering);
    for (unsigned i = 0; i < context->choice.count; i++)
        resolver_release(context->resolvers[i]);
}
