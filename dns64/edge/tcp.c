/*
 * Layer: edge
 * Specification: RFC 7766 6 and 7
 */
#include "dns64/edge/tcp.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sockaddr.h"
#include "common/time_units.h"
#include "dns64/access/refusals.h"
#include "dns64/edge/socket.h"

enum {
    FRAME = 2,             /* RFC 1035 4.2.2: length before each message */
    QUERY_LEN = 4096,      /* a longer query is none */
    OUTSTANDING_MAX = 100, /* pipelined queries of one connection; more wait in the socket */
    OUTPUT_MAX = 1 << 20,  /* bytes that a client does not read before it is closed */
    LONGEST_S = 3600,      /* a connection takes no more queries then */
    ACCEPTS_AT_ONCE = 32,  /* then those who are in already are heard */
    SPARED_MAX = 16,       /* connections found with a query in the socket, for one that is to make room */
    CROWDED_PART = 4,      /* when less than this part of the places is free, the idle time is this part */
};

struct tcp_limits {
    pthread_mutex_t lock; /* at the beginning and end of a connection only */
    struct places *networks;
};

struct tcp_connection {
    struct tcp_server *server;
    struct bufferevent *stream;
    struct addr client;
    int place; /* of its network */
    uint64_t opened_ns;
    uint64_t last_query_ns, last_answer_ns;
    unsigned outstanding;
    bool reading;                         /* its queries are being taken */
    bool ended;                           /* it sends no more, or is not heard any more */
    bool closed;                          /* freed when the last outstanding answer has come */
    struct tcp_connection *newer, *older; /* by last whole query */
};

struct tcp_server {
    struct task_context *tasks;
    struct tcp_limits *limits;
    struct event *listeners[SETTINGS_LISTEN_MAX];
    unsigned listeners_count;
    struct event *sweep;
    struct tcp_connection *newest, *oldest;
    unsigned count;
    struct refusals refusals;
};

struct tcp_limits *tcp_limits_new(size_t connections)
{
    struct siphash_key secret;
    struct tcp_limits *limits = calloc(1, sizeof(*limits));
    if (limits == NULL)
        return NULL;
    clock_random(&secret, sizeof(secret));
    limits->networks = places_new(connections, secret);
    if (limits->networks == NULL) {
        free(limits);
        return NULL;
    }
    pthread_mutex_init(&limits->lock, NULL);
    return limits;
}

void tcp_limits_free(struct tcp_limits *limits)
{
    if (limits == NULL)
        return;
    places_free(limits->networks);
    pthread_mutex_destroy(&limits->lock);
    free(limits);
}

static int take_place(struct tcp_limits *limits, const struct addr *client, unsigned most)
{
    pthread_mutex_lock(&limits->lock);
    int place = places_take(limits->networks, client, most);
    pthread_mutex_unlock(&limits->lock);
    return place;
}

static void give_place(struct tcp_limits *limits, int place)
{
    pthread_mutex_lock(&limits->lock);
    places_give(limits->networks, place);
    pthread_mutex_unlock(&limits->lock);
}

static const struct rules *in_force(const struct tcp_server *server)
{
    return server->tasks->in_force->rules;
}

static void count(struct tcp_server *server, enum outcome outcome)
{
    counters_add(server->tasks->counters, outcome, 1);
}

static void list_remove(struct tcp_connection *connection)
{
    struct tcp_server *server = connection->server;
    *(connection->newer != NULL ? &connection->newer->older : &server->newest) = connection->older;
    *(connection->older != NULL ? &connection->older->newer : &server->oldest) = connection->newer;
}

static void list_push(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_server *server = connection->server;
    connection->newer = NULL;
    connection->older = server->newest;
    *(server->newest != NULL ? &server->newest->newer : &server->oldest) = connection;
    server->newest = connection;
    connection->last_query_ns = now_ns;
}

/* libevent ends a stream when all events of this round have run, among them those of many new clients: the
 * descriptor goes before that. */
static void close_stream(struct bufferevent *stream)
{
    evutil_socket_t fd = bufferevent_getfd(stream);
    bufferevent_setfd(stream, -1);
    close(fd);
    bufferevent_free(stream);
}

/* The stream goes at once; the rest with the last answer that is still under way. */
static void close_connection(struct tcp_connection *connection)
{
    if (!connection->closed) {
        connection->closed = true;
        list_remove(connection);
        connection->server->count--;
        give_place(connection->server->limits, connection->place);
        close_stream(connection->stream);
    }
    if (connection->outstanding == 0 && !connection->reading)
        free(connection);
}

/* RFC 7766 6.2.4: who has said all may still be waiting for answers. The connection may be gone afterwards.
 */
static void settle(struct tcp_connection *connection)
{
    bool over = connection->ended && connection->outstanding == 0 &&
                evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0;
    if (over && !connection->reading)
        close_connection(connection);
}

/* RFC 7766 8: length and message in one piece. False: the client does not read its answers. */
static bool put_answer(struct tcp_connection *connection, const uint8_t *bytes, size_t len)
{
    struct evbuffer *output = bufferevent_get_output(connection->stream);
    struct evbuffer_iovec piece;
    if (evbuffer_get_length(output) + FRAME + len > OUTPUT_MAX ||
        evbuffer_reserve_space(output, (ev_ssize_t)(FRAME + len), &piece, 1) != 1)
        return false;
    bytes_put16(piece.iov_base, (uint16_t)len);
    memcpy((uint8_t *)piece.iov_base + FRAME, bytes, len);
    piece.iov_len = FRAME + len;
    return evbuffer_commit_space(output, &piece, 1) == 0;
}

static void read_queries(struct tcp_connection *connection);

static void send_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct tcp_connection *connection = context;
    connection->outstanding--;
    connection->last_answer_ns = clock_now_ns();
    if (connection->closed || (len > 0 && !put_answer(connection, bytes, len)))
        close_connection(connection);
    else if (!connection->reading)
        read_queries(connection); /* what waited for a place, or the end */
}

/* One whole message out of the input; false when there is none, or none that may be taken now. */
static bool take_query(struct tcp_connection *connection)
{
    struct tcp_server *server = connection->server;
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct query_client who = {.addr = connection->client, .utc_s = (uint32_t)(clock_utc_ns() / NS_PER_S)};
    uint8_t frame[FRAME];
    uint64_t now_ns = clock_now_ns();
    if (connection->outstanding >= OUTSTANDING_MAX ||
        evbuffer_copyout(input, frame, sizeof(frame)) < (ssize_t)sizeof(frame))
        return false;
    size_t len = bytes_get16(frame);
    if (evbuffer_get_length(input) < FRAME + len && len <= QUERY_LEN)
        return false;
    const uint8_t *bytes = len <= QUERY_LEN ? evbuffer_pullup(input, (ev_ssize_t)(FRAME + len)) : NULL;
    if (bytes == NULL) {
        close_connection(connection);
        return false;
    }
    list_remove(connection);
    list_push(connection, now_ns);
    connection->outstanding++;
    who.allowed = rules_may_ask(in_force(server), &who.addr);
    if (!task_start(server->tasks, bytes + FRAME, len, &who, send_reply, connection)) {
        connection->outstanding--;
        close_connection(connection); /* no DNS, or too much of it */
        return false;
    }
    if (connection->closed)
        return false;
    evbuffer_drain(input, FRAME + len);
    return true;
}

/* `reading` keeps an answer that is given at once from freeing the connection under the loop. */
static void read_queries(struct tcp_connection *connection)
{
    connection->reading = true;
    while (!connection->closed && take_query(connection))
        continue;
    connection->reading = false;
    if (connection->closed) {
        close_connection(connection);
        return;
    }
    if (clock_now_ns() - connection->opened_ns > LONGEST_S * NS_PER_S) {
        bufferevent_disable(connection->stream, EV_READ);
        connection->ended = true;
    }
    settle(connection);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    read_queries(context);
}

/* All is written. */
static void on_written(struct bufferevent *stream, void *context)
{
    (void)stream;
    settle(context);
}

static void on_event(struct bufferevent *stream, short events, void *context)
{
    struct tcp_connection *connection = context;
    (void)stream;
    if (events & BEV_EVENT_EOF && !(events & BEV_EVENT_ERROR)) {
        connection->ended = true;
        settle(connection);
    } else if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        close_connection(connection);
    }
}

/* Whether a client that may not ask is heard, and so told; never one of the Internet. */
static bool may_refuse(struct tcp_server *server, int fd)
{
    const struct rules *rules = in_force(server);
    if (rules->uplink != 0 && socket_interface(fd) == rules->uplink)
        return false;
    return refusals_take(&server->refusals, clock_now_ns());
}

/* A whole query that has come but has not been read yet, as when many came in at once (RFC 7766 6.2.4). */
static bool has_asked(struct tcp_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    uint8_t bytes[FRAME + QUERY_LEN];
    size_t len = evbuffer_get_length(input);
    if (connection->ended)
        return false;
    if (len >= sizeof(bytes))
        return true;
    evbuffer_copyout(input, bytes, len);
    ssize_t more = recv(bufferevent_getfd(connection->stream), bytes + len, sizeof(bytes) - len,
                        MSG_PEEK | MSG_DONTWAIT);
    len += more > 0 ? (size_t)more : 0;
    return len >= FRAME && len >= FRAME + (size_t)bytes_get16(bytes);
}

static void close_oldest(struct tcp_server *server)
{
    for (unsigned i = 0; i < SPARED_MAX && has_asked(server->oldest); i++) {
        struct tcp_connection *spared = server->oldest;
        list_remove(spared);
        list_push(spared, clock_now_ns());
    }
    count(server, OUTCOME_TCP_CLOSED);
    close_connection(server->oldest);
}

static void open_connection(struct tcp_server *server, int fd, const struct addr *client, int place)
{
    struct tcp_connection *connection = calloc(1, sizeof(*connection));
    struct bufferevent *stream =
        connection != NULL ? bufferevent_socket_new(server->tasks->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
    if (stream == NULL) {
        give_place(server->limits, place);
        free(connection);
        close(fd);
        return;
    }
    count(server, OUTCOME_TCP_CONNECTIONS);
    *connection = (struct tcp_connection){
        .server = server, .stream = stream, .client = *client, .place = place, .opened_ns = clock_now_ns()};
    list_push(connection, connection->opened_ns);
    server->count++;
    bufferevent_setcb(stream, on_read, on_written, on_event, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, FRAME + QUERY_LEN);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void take_client(struct tcp_server *server, int fd, const struct addr *client)
{
    bool heard = rules_may_ask(in_force(server), client) || may_refuse(server, fd);
    int place =
        heard ? take_place(server->limits, client, in_force(server)->tcp.connections_per_network) : -1;
    if (place < 0) {
        count(server, OUTCOME_TCP_REFUSED);
        close(fd);
        return;
    }
    socket_no_delay(fd);
    if (server->count >= in_force(server)->tcp.connections)
        close_oldest(server);
    open_connection(server, fd, client, place);
}

/* No descriptor or memory for another connection. One of ours gives it up; where there is none, others must
 * first, and asking again at once would be in vain. */
static void make_do(struct tcp_server *server)
{
    if (server->oldest != NULL) {
        close_oldest(server);
        return;
    }
    for (unsigned i = 0; i < server->listeners_count; i++)
        event_del(server->listeners[i]); /* until on_sweep */
}

/* A few at a time: in a storm of new clients one that has just come is still heard before others take its
 * place. What is left brings the event again. */
static void on_listen(evutil_socket_t listener, short events, void *context)
{
    struct tcp_server *server = context;
    (void)events;
    for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof(address);
        int fd = accept4(listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            make_do(server);
        if (fd < 0 && errno != ECONNABORTED) /* that one alone has gone again */
            return;
        if (fd < 0)
            continue;
        struct addr client = sockaddr_addr((struct sockaddr *)&address);
        take_client(server, fd, &client);
    }
}

/* RFC 7766 6.2.3: less patience under load. */
static uint64_t idle_ns(const struct tcp_server *server)
{
    const struct rules_tcp *tcp = &in_force(server)->tcp;
    uint64_t idle = (uint64_t)tcp->idle_s * NS_PER_S;
    return server->count > tcp->connections - tcp->connections / CROWDED_PART ? idle / CROWDED_PART : idle;
}

/* Every second: who has been idle for too long. The list is in order, so it ends at the first who has not.
 * And listeners that make_do has stopped go on. */
static void on_sweep(evutil_socket_t fd, short events, void *context)
{
    struct tcp_server *server = context;
    uint64_t limit_ns = idle_ns(server), now_ns = clock_now_ns();
    (void)fd;
    (void)events;
    for (unsigned i = 0; i < server->listeners_count; i++)
        event_add(server->listeners[i], NULL);
    for (struct tcp_connection *at = server->oldest, *newer; at != NULL; at = newer) {
        newer = at->newer;
        if (now_ns - at->last_query_ns < limit_ns)
            break;
        if (at->outstanding > 0 || (at->last_answer_ns > 0 && now_ns - at->last_answer_ns < limit_ns))
            continue;
        count(server, OUTCOME_TCP_CLOSED);
        close_connection(at);
    }
}

int tcp_new(struct task_context *tasks, struct tcp_limits *limits, struct tcp_server **ret_server)
{
    static const struct timeval second = {1, 0};
    struct tcp_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return -ENOMEM;
    server->tasks = tasks;
    server->limits = limits;
    server->sweep = event_new(tasks->base, -1, EV_PERSIST, on_sweep, server);
    if (server->sweep == NULL || event_add(server->sweep, &second) < 0) {
        tcp_free(server);
        return -ENOMEM;
    }
    *ret_server = server;
    return 0;
}

int tcp_listen(struct tcp_server *server, int fd)
{
    if (server->listeners_count == SETTINGS_LISTEN_MAX)
        return -E2BIG;
    struct event *listener = event_new(server->tasks->base, fd, EV_READ | EV_PERSIST, on_listen, server);
    if (listener == NULL)
        return -ENOMEM;
    if (event_add(listener, NULL) < 0) {
        event_free(listener);
        return -ENOMEM;
    }
    server->listeners[server->listeners_count++] = listener;
    return 0;
}

static void close_listener(struct event *listener)
{
    evutil_socket_t fd = event_get_fd(listener);
    event_free(listener);
    close(fd);
}

void tcp_free(struct tcp_server *server)
{
    if (server == NULL)
        return;
    while (server->listeners_count > 0)
        close_listener(server->listeners[--server->listeners_count]);
    while (server->newest != NULL)
        close_connection(server->newest);
    if (server->sweep != NULL)
        event_free(server->sweep);
    free(server);
}
