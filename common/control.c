/*
 * Layer: edge
 * Specification: RFC 9112, by libevent's evhttp
 */
#include "common/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"

enum {
    HEADERS_MAX = 8 * 1024,
    BODY_MAX = 1024 * 1024,
    TIMEOUT_S = 30,
    CHUNK = 16 * 1024,  /* records are gathered to this size before they are written */
    SWEEP_MS = 50,      /* how often a full house looks for a free place */
    FOLLOW_MS = 20,     /* how often a list that goes on is asked for more */
    FOLLOW_LINES = 150, /* so often without any more that an empty line goes out: 3 s */
};

struct control {
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener; /* evhttp's */
    struct bufferevent *places[CONTROL_CONNECTIONS];
    struct event *sweep;
    struct event *stop;
    int stop_fd;
    pthread_t thread;
    bool started;
    const struct control_route *routes;
    void *context;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct control_request {
    struct evhttp_request *http;
    struct evkeyvalq query;
    bool answered;
    bool terminated; /* the body has its NUL */
};

/* A list that is being written. */
struct stream {
    struct evhttp_request *http;
    bool (*next)(void *cursor, json_t **ret_record);
    enum control_next (*follow)(void *cursor, json_t **ret_record); /* or this */
    void (*done)(void *cursor);
    void *cursor;
    struct event *timer; /* of one that waits for more */
    unsigned waited;     /* times in a row */
};

static void reply(struct evhttp_request *http, int status, const char *type, const char *text, size_t len)
{
    struct evbuffer *body = evbuffer_new();
    evhttp_add_header(evhttp_request_get_output_headers(http), "Content-Type", type);
    if (body != NULL)
        evbuffer_add(body, text, len);
    evhttp_send_reply(http, status, NULL, body);
    if (body != NULL)
        evbuffer_free(body);
}

void control_reply_text(struct control_request *request, int status, const char *content_type,
                        const char *text)
{
    request->answered = true;
    reply(request->http, status, content_type, text, strlen(text));
}

void control_reply_json(struct control_request *request, int status, json_t *document)
{
    char *text = document != NULL ? json_dumps(document, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(document);
    request->answered = true;
    if (text == NULL)
        reply(request->http, 500, "application/json", "{\"error\":\"out of memory\"}", 25);
    else
        reply(request->http, status, "application/json", text, strlen(text));
    free(text);
}

void control_reply_error(struct control_request *request, int status, const char *message)
{
    control_reply_json(request, status, json_pack("{s:s}", "error", message));
}

const char *control_query(struct control_request *request, const char *name)
{
    return evhttp_find_header(&request->query, name);
}

const char *control_body(struct control_request *request, size_t *ret_len)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request->http);
    if (!request->terminated && evbuffer_add(body, "", 1) < 0)
        return NULL;
    request->terminated = true;
    *ret_len = evbuffer_get_length(body) - 1;
    return (const char *)evbuffer_pullup(body, -1);
}

static void stream_free(struct stream *stream)
{
    if (stream->timer != NULL)
        event_free(stream->timer);
    stream->done(stream->cursor);
    free(stream);
}

/* The peer went away in the middle. A request that evhttp took off its connection then is ours to free. */
static void stream_closed(struct evhttp_connection *connection, void *context)
{
    struct stream *stream = context;
    (void)connection;
    if (evhttp_request_get_connection(stream->http) == NULL)
        evhttp_request_free(stream->http);
    stream_free(stream);
}

static enum control_next stream_next(struct stream *stream, json_t **ret_record)
{
    if (stream->follow != NULL)
        return stream->follow(stream->cursor, ret_record);
    return stream->next(stream->cursor, ret_record) ? CONTROL_RECORD : CONTROL_END;
}

/* Gathers what there is, up to a chunk; what comes behind it. */
static enum control_next stream_fill(struct stream *stream, struct evbuffer *chunk)
{
    enum control_next what = CONTROL_RECORD;
    json_t *record;
    while (evbuffer_get_length(chunk) < CHUNK && (what = stream_next(stream, &record)) == CONTROL_RECORD) {
        char *line = json_dumps(record, JSON_COMPACT | JSON_PRESERVE_ORDER);
        if (line != NULL)
            evbuffer_add_printf(chunk, "%s\n", line);
        free(line);
        json_decref(record);
    }
    return what;
}

/* A peer may read what comes when it comes; but what was sent has to be taken within the time. */
static void set_patience(struct evhttp_connection *connection, bool endless)
{
    const struct timeval limit = {.tv_sec = TIMEOUT_S};
    bufferevent_set_timeouts(evhttp_connection_get_bufferevent(connection), endless ? NULL : &limit, &limit);
}

static void stream_end(struct evhttp_connection *connection, struct stream *stream)
{
    evhttp_connection_set_closecb(connection, NULL, NULL);
    set_patience(connection, false);
    evhttp_send_reply_end(stream->http);
    stream_free(stream);
}

/* The next part, once what went before has been written; the last one ends the reply. */
static void stream_more(struct evhttp_connection *connection, void *context)
{
    static const struct timeval soon = {.tv_usec = FOLLOW_MS * 1000};
    struct stream *stream = context;
    struct evbuffer *chunk = evbuffer_new();
    enum control_next what = chunk != NULL ? stream_fill(stream, chunk) : CONTROL_END;
    if (what == CONTROL_WAIT && evbuffer_get_length(chunk) == 0) {
        stream->waited++;
        if (stream->waited % FOLLOW_LINES == 0)
            evbuffer_add(chunk, "\n", 1);
        else
            event_add(stream->timer, &soon);
    }
    if (what == CONTROL_END && chunk != NULL)
        evhttp_send_reply_chunk(stream->http, chunk);
    else if (chunk != NULL && evbuffer_get_length(chunk) > 0)
        evhttp_send_reply_chunk_with_cb(stream->http, chunk, stream_more, stream);
    if (chunk != NULL)
        evbuffer_free(chunk);
    if (what == CONTROL_END)
        stream_end(connection, stream);
}

static void on_follow(evutil_socket_t fd, short events, void *context)
{
    struct stream *stream = context;
    (void)fd;
    (void)events;
    stream_more(evhttp_request_get_connection(stream->http), stream);
}

/* Takes over what it is given. */
static void stream_start(struct control_request *request, const struct stream *model)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request->http);
    struct stream *stream = malloc(sizeof(*stream));
    struct event *timer = NULL;
    if (stream != NULL && model->follow != NULL)
        timer = event_new(evhttp_connection_get_base(connection), -1, EV_TIMEOUT, on_follow, stream);
    if (stream == NULL || (model->follow != NULL && timer == NULL)) {
        free(stream);
        model->done(model->cursor);
        control_reply_error(request, 500, "out of memory");
        return;
    }
    *stream = *model;
    stream->http = request->http;
    stream->timer = timer;
    request->answered = true;
    set_patience(connection, model->follow != NULL);
    evhttp_add_header(evhttp_request_get_output_headers(request->http), "Content-Type",
                      "application/x-ndjson");
    evhttp_connection_set_closecb(connection, stream_closed, stream);
    evhttp_send_reply_start(request->http, 200, NULL);
    stream_more(connection, stream);
}

void control_reply_stream(struct control_request *request, bool (*next)(void *cursor, json_t **ret_record),
                          void (*done)(void *cursor), void *cursor)
{
    stream_start(request, &(struct stream){.next = next, .done = done, .cursor = cursor});
}

void control_reply_follow(struct control_request *request,
                          enum control_next (*next)(void *cursor, json_t **ret_record),
                          void (*done)(void *cursor), void *cursor)
{
    stream_start(request, &(struct stream){.follow = next, .done = done, .cursor = cursor});
}

/* Actions are for root alone, and each is logged. */
static bool may_act(struct evhttp_request *http, const char *path)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(http));
    if (getsockopt(bufferevent_getfd(stream), SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    log_info("control", "%s %s process %d of user %u", path,
             peer.uid == 0 ? "is asked for by" : "is refused to", (int)peer.pid, (unsigned)peer.uid);
    return peer.uid == 0;
}

static const char *method_name(enum evhttp_cmd_type type)
{
    return type == EVHTTP_REQ_GET ? "GET" : type == EVHTTP_REQ_POST ? "POST" : "";
}

/* RFC 9110 15.5.6: a wrong method is told which are right. */
static void reply_wrong_method(const struct control *control, struct control_request *request,
                               const char *path)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request->http);
    for (const struct control_route *route = control->routes; route->path != NULL; route++)
        if (strcmp(route->path, path) == 0)
            evhttp_add_header(headers, "Allow", route->method);
    control_reply_error(request, 405, "wrong method");
}

static void dispatch(struct control *control, struct control_request *request, const char *path)
{
    const char *method = method_name(evhttp_request_get_command(request->http));
    bool known = false;
    for (const struct control_route *route = control->routes; route->path != NULL; route++) {
        if (strcmp(route->path, path) != 0)
            continue;
        known = true;
        if (strcmp(route->method, method) != 0)
            continue;
        if (strcmp(method, "POST") == 0 && !may_act(request->http, path)) {
            control_reply_error(request, 403, "actions need root");
            return;
        }
        route->handle(request, control->context);
        return;
    }
    if (known)
        reply_wrong_method(control, request, path);
    else
        control_reply_error(request, 404, "no such path");
}

static void on_request(struct evhttp_request *http, void *context)
{
    struct control_request request = {.http = http};
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
    if (evhttp_parse_query_str(query != NULL ? query : "", &request.query) < 0) {
        control_reply_error(&request, 400, "malformed query");
        return;
    }
    dispatch(context, &request, path != NULL ? path : "");
    if (!request.answered)
        control_reply_error(&request, 500, "no answer");
    evhttp_clear_headers(&request.query);
}

/* evhttp knows no limit and tells nobody when a connection ends; but it clears the callbacks of the buffers
 * then, and our reference keeps them there to be looked at. */
static bool is_gone(struct bufferevent *place)
{
    bufferevent_event_cb handle;
    bufferevent_getcb(place, NULL, NULL, &handle, NULL);
    return handle == NULL;
}

/* Frees the places of connections that ended; how many are free now. */
static unsigned free_places(struct control *control)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++) {
        if (control->places[i] != NULL && is_gone(control->places[i])) {
            bufferevent_decref(control->places[i]);
            control->places[i] = NULL;
        }
        count += control->places[i] == NULL;
    }
    return count;
}

static void on_sweep(evutil_socket_t fd, short events, void *context)
{
    static const struct timeval soon = {.tv_usec = SWEEP_MS * 1000};
    struct control *control = context;
    (void)fd;
    (void)events;
    if (free_places(control) > 0)
        evconnlistener_enable(control->listener);
    else
        event_add(control->sweep, &soon);
}

/* The buffers of a new connection. With the last place taken, the next peers wait in the socket's queue. */
static struct bufferevent *on_accept(struct event_base *base, void *context)
{
    struct control *control = context;
    struct bufferevent *stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    unsigned free_count = free_places(control), i = 0;
    if (stream == NULL || free_count == 0)
        return stream;
    while (control->places[i] != NULL)
        i++;
    bufferevent_incref(stream);
    control->places[i] = stream;
    if (free_count == 1) {
        evconnlistener_disable(control->listener);
        event_active(control->sweep, EV_TIMEOUT, 0);
    }
    return stream;
}

static void on_stop(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    event_base_loopbreak(context);
}

static void *run(void *context)
{
    struct control *control = context;
    event_base_dispatch(control->base);
    return NULL;
}

/* Whether somebody still answers on a socket that lies there. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool alive = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    close(fd);
    return alive;
}

int control_listen(const char *path, gid_t group, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    if (lstat(path, &there) == 0 && !S_ISSOCK(there.st_mode))
        return -EEXIST; /* no socket of ours: not ours to remove */
    if (is_alive(&address))
        return -EADDRINUSE;
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    /* Nobody can connect before listen, so what the umask left open in between is no matter. */
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0) || chmod(path, 0660) < 0 ||
        listen(fd, CONTROL_CONNECTIONS) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

static int listen_http(struct control *control, int fd)
{
    enum {
        METHODS = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                  EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH
    }; /* what is not served is refused by dispatch */
    control->http = evhttp_new(control->base);
    if (control->http == NULL)
        return -ENOMEM;
    evhttp_set_max_headers_size(control->http, HEADERS_MAX);
    evhttp_set_max_body_size(control->http, BODY_MAX);
    evhttp_set_timeout(control->http, TIMEOUT_S);
    evhttp_set_allowed_methods(control->http, METHODS);
    evhttp_set_bevcb(control->http, on_accept, control);
    evhttp_set_gencb(control->http, on_request, control);
    struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(control->http, fd);
    if (bound == NULL)
        return -ENOMEM;
    control->listener = evhttp_bound_socket_get_listener(bound);
    return 0;
}

static int set_up(struct control *control, int fd)
{
    control->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->base = event_base_new();
    if (control->stop_fd < 0 || control->base == NULL)
        return -ENOMEM;
    control->stop = event_new(control->base, control->stop_fd, EV_READ, on_stop, control->base);
    control->sweep = event_new(control->base, -1, EV_TIMEOUT, on_sweep, control);
    if (control->stop == NULL || control->sweep == NULL || event_add(control->stop, NULL) < 0)
        return -ENOMEM;
    return listen_http(control, fd);
}

/* Takes `fd` over, also on failure. */
static int start(int fd, const struct control_route *routes, void *context, struct control **ret_control)
{
    struct control *control = calloc(1, sizeof(*control));
    if (control == NULL) {
        close(fd);
        return -ENOMEM;
    }
    control->stop_fd = -1;
    control->routes = routes;
    control->context = context;
    int r = set_up(control, fd);
    if (r < 0) {
        close(fd);
        goto out;
    }
    r = -pthread_create(&control->thread, NULL, run, control);
    if (r < 0)
        goto out;
    control->started = true;
    *ret_control = control;
    return 0;
out:
    control_stop(control);
    return r;
}

int control_start(const char *path, const struct control_route *routes, void *context,
                  struct control **ret_control)
{
    int fd, r = control_listen(path, (gid_t)-1, &fd);
    if (r < 0)
        return r;
    r = start(fd, routes, context, ret_control);
    if (r < 0)
        unlink(path);
    else
        strcpy((*ret_control)->path, path);
    return r;
}

int control_start_on(int fd, const struct control_route *routes, void *context, struct control **ret_control)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return -errno;
    /* A peer that left before it was accepted must not hold the thread. */
    if (evutil_make_socket_nonblocking(own) < 0) {
        close(own);
        return -EBADF;
    }
    return start(own, routes, context, ret_control);
}

void control_stop(struct control *control)
{
    uint64_t one = 1;
    if (control == NULL)
        return;
    if (control->started && write(control->stop_fd, &one, sizeof(one)) == sizeof(one))
        pthread_join(control->thread, NULL);
    if (control->http != NULL)
        evhttp_free(control->http);
    for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
        if (control->places[i] != NULL)
            bufferevent_decref(control->places[i]);
    if (control->sweep != NULL)
        event_free(control->sweep);
    if (control->stop != NULL)
        event_free(control->stop);
    if (control->base != NULL)
        event_base_free(control->base);
    if (control->stop_fd >= 0)
        close(control->stop_fd);
    if (control->path[0] != '\0')
        unlink(control->path);
    free(control);
}
