/*
 * Layer: test
 * Specification: RFC 1035 4.2, RFC 7766 6.2.1
 */
#include "tests/replay/dns64/upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/time_units.h"
#include "tests/replay/dns64/virtual.h"

enum {
    FRAME = 2,
    BACKLOG = 128,
};

struct upstream_connection {
    struct upstream *upstream;
    uint64_t number;
    int fd;
    struct event *event;
    uint8_t *bytes;
    size_t len;
    LIST_ENTRY(upstream_connection) link;
};

/* What is sent later. */
struct sending {
    struct upstream_asker asker;
    enum upstream_from from;
    bool raw;
    uint64_t due_ms;
    struct event *timer;
    size_t len;
    TAILQ_ENTRY(sending) link;
    uint8_t bytes[];
};

struct upstream {
    struct event_base *base;
    struct sockaddr_in6 address;
    upstream_asked *asked;
    void *context;
    int udp, tcp, other_port, other_address;
    struct event *udp_event, *tcp_event;
    unsigned accepted;
    LIST_HEAD(, upstream_connection) connections;
    TAILQ_HEAD(sendings, sending) sendings; /* by time; of equal time, the first first */
};

static void stop(const char *what)
{
    fprintf(stderr, "replay: upstream: %s: %s\n", what, strerror(errno));
    abort();
}

static int open_socket(const struct sockaddr_in6 *address, int type)
{
    int on = 1, fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        stop("a socket cannot be had");
    return fd;
}

static void close_connection(struct upstream_connection *connection)
{
    LIST_REMOVE(connection, link);
    event_free(connection->event);
    close(connection->fd);
    free(connection->bytes);
    free(connection);
}

static struct upstream_connection *find_connection(const struct upstream_asker *asker)
{
    struct upstream_connection *at;
    LIST_FOREACH(at, &asker->upstream->connections, link)
    if (at->number == asker->connection)
        return at;
    return NULL;
}

static void on_datagram(evutil_socket_t fd, short events, void *context)
{
    static uint8_t bytes[UPSTREAM_MESSAGE];
    struct upstream *upstream = context;
    struct upstream_asker asker = {.upstream = upstream};
    socklen_t len = sizeof(asker.address);
    (void)events;
    ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&asker.address, &len);
    if (n > 0)
        upstream->asked(upstream->context, &asker, bytes, (size_t)n);
}

/* False when the connection is gone: who was asked may have closed it. */
static bool take_message(struct upstream_connection *connection)
{
    struct upstream_asker asker = {connection->upstream, true, connection->upstream->address,
                                   connection->number};
    if (connection->len < FRAME)
        return false;
    size_t len = (size_t)connection->bytes[0] << 8 | connection->bytes[1];
    if (connection->len < FRAME + len)
        return false;
    uint8_t *message = malloc(len);
    if (message == NULL)
        stop("a message");
    memcpy(message, connection->bytes + FRAME, len);
    connection->len -= FRAME + len;
    memmove(connection->bytes, connection->bytes + FRAME + len, connection->len);
    connection->upstream->asked(connection->upstream->context, &asker, message, len);
    free(message);
    return find_connection(&asker) != NULL;
}

static void on_stream(evutil_socket_t fd, short events, void *context)
{
    struct upstream_connection *connection = context;
    (void)events;
    ssize_t n = recv(fd, connection->bytes + connection->len, FRAME + UPSTREAM_MESSAGE - connection->len, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        close_connection(connection);
        return;
    }
    connection->len += (size_t)n;
    while (take_message(connection))
        continue;
}

static void on_accept(evutil_socket_t fd, short events, void *context)
{
    struct upstream *upstream = context;
    (void)events;
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0)
        return;
    struct upstream_connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        stop("a connection");
    *connection = (struct upstream_connection){
        .upstream = upstream,
        .number = ++upstream->accepted,
        .fd = accepted,
        .event = event_new(upstream->base, accepted, EV_READ | EV_PERSIST, on_stream, connection),
        .bytes = malloc(FRAME + UPSTREAM_MESSAGE),
    };
    if (connection->event == NULL || connection->bytes == NULL || event_add(connection->event, NULL) < 0)
        stop("a connection's event");
    LIST_INSERT_HEAD(&upstream->connections, connection, link);
}

void upstream_revive(struct upstream *upstream)
{
    upstream->udp = open_socket(&upstream->address, SOCK_DGRAM);
    upstream->tcp = open_socket(&upstream->address, SOCK_STREAM);
    if (listen(upstream->tcp, BACKLOG) < 0)
        stop("listen");
    upstream->udp_event =
        event_new(upstream->base, upstream->udp, EV_READ | EV_PERSIST, on_datagram, upstream);
    upstream->tcp_event = event_new(upstream->base, upstream->tcp, EV_READ | EV_PERSIST, on_accept, upstream);
    if (upstream->udp_event == NULL || upstream->tcp_event == NULL ||
        event_add(upstream->udp_event, NULL) < 0 || event_add(upstream->tcp_event, NULL) < 0)
        stop("events");
}

void upstream_kill(struct upstream *upstream)
{
    if (upstream->udp < 0)
        return;
    while (!LIST_EMPTY(&upstream->connections))
        close_connection(LIST_FIRST(&upstream->connections));
    event_free(upstream->udp_event);
    event_free(upstream->tcp_event);
    close(upstream->udp);
    close(upstream->tcp);
    upstream->udp = -1;
}

struct upstream *upstream_new(struct event_base *base, const char *address, upstream_asked *asked,
                              void *context)
{
    static const char other_address[] = "2001:db8:53::ffff";
    struct upstream *upstream = calloc(1, sizeof(*upstream));
    if (upstream == NULL)
        stop("an upstream");
    *upstream = (struct upstream){.base = base, .asked = asked, .context = context};
    TAILQ_INIT(&upstream->sendings);
    virtual_add_address(address);
    virtual_add_address(other_address);
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, address, &at.sin6_addr);
    upstream->other_port = open_socket(&at, SOCK_DGRAM);
    at.sin6_port = htons(UPSTREAM_PORT);
    upstream->address = at;
    inet_pton(AF_INET6, other_address, &at.sin6_addr);
    upstream->other_address = open_socket(&at, SOCK_DGRAM);
    upstream_revive(upstream);
    return upstream;
}

static void free_sending(struct sending *sending)
{
    TAILQ_REMOVE(&sending->asker.upstream->sendings, sending, link);
    event_free(sending->timer);
    free(sending);
}

void upstream_free(struct upstream *upstream)
{
    upstream_kill(upstream);
    while (!TAILQ_EMPTY(&upstream->sendings))
        free_sending(TAILQ_FIRST(&upstream->sendings));
    close(upstream->other_port);
    close(upstream->other_address);
    free(upstream);
}

static void send_stream(const struct sending *sending)
{
    struct upstream_connection *connection = find_connection(&sending->asker);
    uint8_t frame[FRAME] = {(uint8_t)(sending->len >> 8), (uint8_t)sending->len};
    if (connection == NULL)
        return;
    if (!sending->raw && send(connection->fd, frame, FRAME, MSG_NOSIGNAL | MSG_MORE) != FRAME)
        return; /* the other side is gone */
    if (send(connection->fd, sending->bytes, sending->len, MSG_NOSIGNAL) < 0)
        return;
}

static void send_datagram(const struct sending *sending)
{
    const struct upstream *upstream = sending->asker.upstream;
    int fd = sending->from == UPSTREAM_FROM_RIGHT        ? upstream->udp
             : sending->from == UPSTREAM_FROM_OTHER_PORT ? upstream->other_port
                                                         : upstream->other_address;
    if (fd >= 0)
        sendto(fd, sending->bytes, sending->len, 0, (const struct sockaddr *)&sending->asker.address,
               sizeof(sending->asker.address));
}

static void on_due(evutil_socket_t fd, short events, void *context)
{
    struct upstream *upstream = context;
    struct sending *sending;
    (void)fd;
    (void)events;
    while ((sending = TAILQ_FIRST(&upstream->sendings)) != NULL && sending->due_ms <= virtual_now_ms()) {
        if (sending->asker.tcp)
            send_stream(sending);
        else
            send_datagram(sending);
        free_sending(sending);
    }
}

static void send_later(const struct sending *what, const uint8_t *bytes, uint64_t delay_ms)
{
    struct timeval delay = time_units_timeval(delay_ms * NS_PER_MS);
    struct upstream *upstream = what->asker.upstream;
    struct sending *sending = malloc(sizeof(*sending) + what->len), *before;
    if (sending == NULL)
        stop("a reply");
    *sending = *what;
    memcpy(sending->bytes, bytes, what->len);
    sending->due_ms = virtual_now_ms() + delay_ms;
    sending->timer = evtimer_new(upstream->base, on_due, upstream);
    if (sending->timer == NULL || evtimer_add(sending->timer, &delay) < 0)
        stop("a reply's timer");
    before = TAILQ_LAST(&upstream->sendings, sendings);
    while (before != NULL && before->due_ms > sending->due_ms)
        before = TAILQ_PREV(before, sendings, link);
    if (before != NULL)
        TAILQ_INSERT_AFTER(&upstream->sendings, before, sending, link);
    else
        TAILQ_INSERT_HEAD(&upstream->sendings, sending, link);
}

void upstream_send(const struct upstream_asker *asker, enum upstream_from from, const uint8_t *bytes,
                   size_t len, uint64_t delay_ms)
{
    struct sending sending = {.asker = *asker, .from = from, .len = len};
    send_later(&sending, bytes, delay_ms);
}

void upstream_send_raw(const struct upstream_asker *asker, const uint8_t *bytes, size_t len,
                       uint64_t delay_ms)
{
    struct sending sending = {.asker = *asker, .raw = true, .len = len};
    send_later(&sending, bytes, delay_ms);
}

void upstream_close(const struct upstream_asker *asker)
{
    struct upstream_connection *connection = find_connection(asker);
    if (connection != NULL)
        close_connection(connection);
}

unsigned upstream_connections(const struct upstream *upstream)
{
    return upstream->accepted;
}
