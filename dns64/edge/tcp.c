/*
 * Layer: edge
 * Specification: RFC 7766 6 and 7
 */
#include "dns64/edge/tcp.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "dns64/edge/socket.h"

enum {
    FRAME = 2, /* RFC 1035 4.2.2: length before each message */
    LISTENERS_MAX = 64,
    OUTSTANDING_MAX = 100, /* pipelined queries of one connection; more wait in the socket */
    OUTPUT_MAX = 1 << 20,  /* bytes that a client does not read before it is closed */
};

struct tcp_connection {
    struct tcp_server *server;
    struct bufferevent *stream;
    struct addr client;
    struct addr network;
    uint64_t last_query_ns;
    unsigned outstanding;
    bool closed;                          /* freed when the last outstanding answer has come */
    struct tcp_connection *newer, *older; /* by last whole query */
};

struct tcp_server {
    struct task_context *tasks;
    struct evconnlistener *listeners[LISTENERS_MAX];
    unsigned listeners_count;
    struct event *sweep;
    struct tcp_connection *newest, *oldest;
    unsigned count;
};

static const struct rules *in_force(const struct tcp_server *server)
{
    return server->tasks->in_force->rules;
}

static void list_remove(struct tcp_connection *connection)
{
    struct tcp_server *server = connection->server;
    *(connection->newer != NULL ? &connection->newer->older : &server->newest) = connection->older;
    *(connection->older != NULL ? &connection->older->newer : &server->oldest) = connection->newer;
}

static void list_push(struct tcp_connection *connection)
{
    struct tcp_server *server = connection->server;
    connection->newer = NULL;
    connection->older = server->newest;
    *(server->newest != NULL ? &server->newest->newer : &server->oldest) = connection;
    server->newest = connection;
    connection->last_query_ns = clock_now_ns();
}

/* The stream goes at once; the rest with the last answer that is still under way. */
static void close_connection(struct tcp_connection *connection)
{
    if (!connection->closed) {
        connection->closed = true;
        list_remove(connection);
        connection->server->count--;
        bufferevent_free(connection->stream);
    }
    if (connection->outstanding == 0)
        free(connection);
}

static void read_queries(struct tcp_connection *connection);

static void send_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct tcp_connection *connection = context;
    connection->outstanding--;
    if (connection->closed) {
        close_connection(connection);
        return;
    }
    struct evbuffer *output = bufferevent_get_output(connection->stream);
    uint8_t frame[FRAME];
    bytes_put16(frame, (uint16_t)len);
    if (len > 0 && (evbuffer_add(output, frame, sizeof(frame)) < 0 || evbuffer_add(output, bytes, len) < 0 ||
                    evbuffer_get_length(output) > OUTPUT_MAX))
        close_connection(connection);
}

/* One whole message out of the input; false when there is none yet. The connection may be gone afterwards. */
static bool take_query(struct tcp_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    uint8_t frame[FRAME];
    if (evbuffer_copyout(input, frame, sizeof(frame)) < (ssize_t)sizeof(frame))
        return false;
    size_t len = bytes_get16(frame);
    if (evbuffer_get_length(input) < FRAME + len)
        return false;
    uint8_t *bytes = malloc(len + 1);
    if (bytes == NULL)
        return false;
    evbuffer_drain(input, FRAME);
    evbuffer_remove(input, bytes, len);
    list_remove(connection);
    list_push(connection);
    connection->outstanding++;
    struct query_client who = {.addr = connection->client,
                               .utc_s = (uint32_t)(clock_utc_ns() / CLOCK_NS_PER_S)};
    who.allowed = client_allowed(&in_force(connection->server)->clients, &who.addr);
    if (!task_start(connection->server->tasks, bytes, len, &who, send_reply, connection)) {
        connection->outstanding--;
        close_connection(connection); /* no DNS, or too much of it */
        free(bytes);
        return false;
    }
    free(bytes);
    return true;
}

/* `outstanding` is held up by one so that an answer given at once cannot free the connection under the loop.
 */
static void read_queries(struct tcp_connection *connection)
{
    connection->outstanding++;
    while (!connection->closed && connection->outstanding <= OUTSTANDING_MAX && take_query(connection))
        continue;
    connection->outstanding--;
    if (connection->closed && connection->outstanding == 0)
        free(connection);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    read_queries(context);
}

static void on_event(struct bufferevent *stream, short events, void *context)
{
    (void)stream;
    if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        close_connection(context);
}

static unsigned count_network(const struct tcp_server *server, const struct addr *network)
{
    unsigned count = 0;
    for (const struct tcp_connection *at = server->newest; at != NULL; at = at->older)
        if (at->network.family == network->family && at->network.v4 == network->v4 &&
            addr_equal6(&at->network.v6, &network->v6))
            count++;
    return count;
}

/* Room for one more: the longest without a whole query goes. */
static bool make_room(struct tcp_server *server, const struct addr *network)
{
    if (count_network(server, network) >= in_force(server)->tcp.connections_per_network)
        return false;
    if (server->count < in_force(server)->tcp.connections)
        return true;
    counters_add(server->tasks->counters, OUTCOME_TCP_CLOSED, 1);
    close_connection(server->oldest);
    return true;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                      void *context)
{
    struct tcp_server *server = context;
    struct sockaddr_storage from = {0};
    struct addr_endpoint client;
    (void)listener;
    memcpy(&from, address, (size_t)len < sizeof(from) ? (size_t)len : sizeof(from));
    socket_from_sockaddr(&from, &client);
    struct addr network = client_network(&client.addr);
    struct tcp_connection *connection = make_room(server, &network) ? calloc(1, sizeof(*connection)) : NULL;
    struct bufferevent *stream =
        connection != NULL ? bufferevent_socket_new(server->tasks->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
    if (stream == NULL) {
        counters_add(server->tasks->counters, OUTCOME_TCP_CLOSED, 1);
        free(connection);
        close(fd);
        return;
    }
    counters_add(server->tasks->counters, OUTCOME_TCP_CONNECTIONS, 1);
    *connection = (struct tcp_connection){
        .server = server, .stream = stream, .client = client.addr, .network = network};
    list_push(connection);
    server->count++;
    bufferevent_setcb(stream, on_read, NULL, on_event, connection);
    bufferevent_setwatermark(stream, EV_READ, 0, FRAME + MESSAGE_MAX);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

/* Every second: who has been idle for too long. The list is in order, so it ends at the first who has not. */
static void on_sweep(evutil_socket_t fd, short events, void *context)
{
    struct tcp_server *server = context;
    uint64_t limit_ns = (uint64_t)in_force(server)->tcp.idle_s * CLOCK_NS_PER_S, now_ns = clock_now_ns();
    (void)fd;
    (void)events;
    for (struct tcp_connection *at = server->oldest, *newer; at != NULL; at = newer) {
        newer = at->newer;
        if (now_ns - at->last_query_ns < limit_ns)
            break;
        if (at->outstanding > 0)
            continue;
        counters_add(server->tasks->counters, OUTCOME_TCP_CLOSED, 1);
        close_connection(at);
    }
}

int tcp_new(struct task_context *tasks, struct tcp_server **ret_server)
{
    static const struct timeval second = {1, 0};
    struct tcp_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return -ENOMEM;
    server->tasks = tasks;
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
    if (server->listeners_count == LISTENERS_MAX)
        return -E2BIG;
    struct evconnlistener *listener = evconnlistener_new(
        server->tasks->base, on_accept, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (listener == NULL)
        return -ENOMEM;
    server->listeners[server->listeners_count++] = listener;
    return 0;
}

void tcp_free(struct tcp_server *server)
{
    if (server == NULL)
        return;
    while (server->listeners_count > 0)
        evconnlistener_free(server->listeners[--server->listeners_count]);
    while (server->newest != NULL)
        close_connection(server->newest);
    if (server->sweep != NULL)
        event_free(server->sweep);
    free(server);
}
