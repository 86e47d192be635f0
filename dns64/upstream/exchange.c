/*
 * Layer: edge
 * Specification: RFC 5452 9.2, RFC 7766 5
 */
#include "dns64/upstream/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "dns64/edge/socket.h"
#include "dns64/query/outcome.h"
#include "dns64/upstream/match.h"

enum {
    QUESTION_MAX = 512, /* header, longest name, OPT */
    TCP_WAIT_MS = 2000,
    FRAME = 2, /* length before a message on TCP (RFC 1035 4.2.2) */
};

struct exchange {
    struct exchange_context *shared;
    exchange_done *done;
    void *context;
    uint8_t question[FRAME + QUESTION_MAX];
    size_t len;
    struct name name;
    uint16_t type, class, id;
    uint64_t set, tried;
    unsigned tries;
    unsigned upstream;
    uint64_t sent_ns;
    int fd;
    struct event *event;
    bool tcp;
    uint8_t *stream; /* what came over TCP so far */
    size_t stream_len;
    uint8_t *failure; /* a reply with an error RCODE, given if no upstream does better */
    size_t failure_len;
};

static void count(struct exchange *exchange, enum outcome outcome)
{
    counters_add(exchange->shared->counters, outcome, 1);
}

static void close_try(struct exchange *exchange)
{
    if (exchange->event != NULL)
        event_free(exchange->event);
    if (exchange->fd >= 0)
        close(exchange->fd);
    free(exchange->stream);
    exchange->event = NULL;
    exchange->fd = -1;
    exchange->stream = NULL;
    exchange->stream_len = 0;
}

static void free_exchange(struct exchange *exchange)
{
    close_try(exchange);
    free(exchange->failure);
    free(exchange);
}

void exchange_cancel(struct exchange *exchange)
{
    if (exchange != NULL)
        free_exchange(exchange);
}

/* Tells the result and ends. */
static void finish(struct exchange *exchange, uint8_t *bytes, size_t len)
{
    exchange_done *done = exchange->done;
    void *context = exchange->context;
    if (bytes == NULL && exchange->failure != NULL) {
        bytes = exchange->failure;
        len = exchange->failure_len;
        exchange->failure = NULL;
    }
    free_exchange(exchange);
    done(context, bytes, len);
}

static void next_try(struct exchange *exchange);

static void on_event(evutil_socket_t fd, short events, void *context);

static int watch(struct exchange *exchange, short events, uint32_t wait_ms)
{
    struct timeval wait = {wait_ms / 1000, (int)(wait_ms % 1000) * 1000};
    exchange->event =
        event_new(exchange->shared->base, exchange->fd, (short)(events | EV_PERSIST), on_event, exchange);
    return exchange->event == NULL || event_add(exchange->event, &wait) < 0 ? -ENOMEM : 0;
}

static int start_udp(struct exchange *exchange)
{
    const struct addr_endpoint *to = &exchange->shared->upstreams[exchange->upstream].at;
    exchange->tcp = false;
    exchange->fd = socket_connect_udp(to);
    if (exchange->fd < 0)
        return exchange->fd;
    clock_random(&exchange->id, sizeof(exchange->id));
    bytes_put16(exchange->question + FRAME, exchange->id);
    exchange->sent_ns = clock_now_ns();
    if (send(exchange->fd, exchange->question + FRAME, exchange->len, 0) < 0)
        return -errno;
    return watch(exchange, EV_READ, choice_wait_ms(&exchange->shared->choice, exchange->upstream));
}

static int start_tcp(struct exchange *exchange)
{
    const struct addr_endpoint *to = &exchange->shared->upstreams[exchange->upstream].at;
    close_try(exchange);
    count(exchange, OUTCOME_UPSTREAM_TCP);
    exchange->tcp = true;
    exchange->fd = socket_connect_tcp(to);
    if (exchange->fd < 0)
        return exchange->fd;
    exchange->stream = malloc(FRAME + MESSAGE_MAX);
    if (exchange->stream == NULL)
        return -ENOMEM;
    return watch(exchange, EV_WRITE, TCP_WAIT_MS);
}

/* This upstream is not to be had: another one, or the end. */
static void fail_try(struct exchange *exchange)
{
    choice_failed(&exchange->shared->choice, exchange->upstream, clock_now_ns());
    next_try(exchange);
}

static void next_try(struct exchange *exchange)
{
    struct choice *choice = &exchange->shared->choice;
    close_try(exchange);
    while (exchange->tries < CHOICE_TRIES) {
        int next = choice_next(choice, exchange->set & ~exchange->tried, clock_now_ns());
        if (next < 0 && exchange->failure == NULL) {
            exchange->tried = 0; /* all were silent: once more from the start, within the tries */
            next = choice_next(choice, exchange->set, clock_now_ns());
        }
        if (next < 0)
            break;
        exchange->upstream = (unsigned)next;
        exchange->tried |= UINT64_C(1) << next;
        exchange->tries++;
        choice_sent(choice, exchange->upstream);
        count(exchange, OUTCOME_UPSTREAM_SENT);
        if (start_udp(exchange) == 0)
            return;
        close_try(exchange);
        choice_failed(choice, exchange->upstream, clock_now_ns());
    }
    finish(exchange, NULL, 0);
}

/* A reply that matches: data and NXDOMAIN are taken, another RCODE only if nobody does better. */
static void take_reply(struct exchange *exchange, const struct message *message)
{
    unsigned rcode = message_rcode(message);
    uint8_t *copy = malloc(message->len);
    count(exchange, OUTCOME_UPSTREAM_ANSWERED);
    choice_answered(&exchange->shared->choice, exchange->upstream, clock_now_ns() - exchange->sent_ns);
    if (copy != NULL)
        memcpy(copy, message->bytes, message->len);
    if (copy == NULL || rcode == MESSAGE_NOERROR || rcode == MESSAGE_NXDOMAIN) {
        finish(exchange, copy, copy != NULL ? message->len : 0);
        return;
    }
    free(exchange->failure);
    exchange->failure = copy;
    exchange->failure_len = message->len;
    next_try(exchange);
}

/* True when the exchange went on to something else (and may be gone). */
static bool take_bytes(struct exchange *exchange, const uint8_t *bytes, size_t len)
{
    struct message message;
    if (message_parse(bytes, len, &message) != MESSAGE_OK ||
        !match_reply(&message, exchange->id, &exchange->name, exchange->type, exchange->class)) {
        count(exchange, OUTCOME_UPSTREAM_WRONG);
        return false; /* does not end the wait for the right one */
    }
    if ((message.flags & MESSAGE_TC) && !exchange->tcp) {
        if (start_tcp(exchange) < 0)
            fail_try(exchange);
        return true;
    }
    take_reply(exchange, &message);
    return true;
}

static void read_udp(struct exchange *exchange)
{
    uint8_t buffer[MESSAGE_MAX];
    ssize_t n = recv(exchange->fd, buffer, sizeof(buffer), 0);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        fail_try(exchange); /* port unreachable, most likely */
    else if (n > 0)
        take_bytes(exchange, buffer, (size_t)n);
}

/* Connected: the question goes out in one write, then the answer is awaited. */
static void write_tcp(struct exchange *exchange)
{
    bytes_put16(exchange->question, (uint16_t)exchange->len);
    ssize_t n = send(exchange->fd, exchange->question, FRAME + exchange->len, MSG_NOSIGNAL);
    event_free(exchange->event);
    exchange->event = NULL;
    if (n != (ssize_t)(FRAME + exchange->len) || watch(exchange, EV_READ, TCP_WAIT_MS) < 0)
        fail_try(exchange);
}

static void read_tcp(struct exchange *exchange)
{
    ssize_t n = recv(exchange->fd, exchange->stream + exchange->stream_len,
                     FRAME + MESSAGE_MAX - exchange->stream_len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        fail_try(exchange);
        return;
    }
    exchange->stream_len += (size_t)n;
    if (exchange->stream_len < FRAME)
        return;
    size_t len = bytes_get16(exchange->stream);
    if (exchange->stream_len < FRAME + len)
        return;
    if (!take_bytes(exchange, exchange->stream + FRAME, len))
        fail_try(exchange);
}

static void on_event(evutil_socket_t fd, short events, void *context)
{
    struct exchange *exchange = context;
    (void)fd;
    if (events & EV_TIMEOUT) {
        count(exchange, OUTCOME_UPSTREAM_TIMEOUT);
        fail_try(exchange);
    } else if (!exchange->tcp) {
        read_udp(exchange);
    } else if (events & EV_WRITE) {
        write_tcp(exchange);
    } else {
        read_tcp(exchange);
    }
}

/* The first try begins from the event loop, so that `done` is never called before exchange_start returns. */
static void on_begin(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    next_try(context);
}

int exchange_start(struct exchange_context *shared, const struct exchange_question *question,
                   exchange_done *done, void *context, struct exchange **ret_exchange)
{
    static const struct timeval now = {0, 0};
    if (question->set == 0)
        return -ENOENT;
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL || question->len > QUESTION_MAX) {
        free(exchange);
        return -ENOMEM;
    }
    exchange->shared = shared;
    exchange->done = done;
    exchange->context = context;
    exchange->fd = -1;
    exchange->len = question->len;
    exchange->name = question->name;
    exchange->type = question->type;
    exchange->class = question->class;
    exchange->set = question->set;
    memcpy(exchange->question + FRAME, question->bytes, question->len);
    exchange->event = evtimer_new(shared->base, on_begin, exchange);
    if (exchange->event == NULL || evtimer_add(exchange->event, &now) < 0) {
        free_exchange(exchange);
        return -ENOMEM;
    }
    *ret_exchange = exchange;
    return 0;
}
