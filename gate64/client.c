/*
 * Layer: edge
 * Specification: RFC 9112, RFC 8259, unix(7)
 */
#include "gate64/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate64/reply.h"
#include "gate64/text.h"

enum {
    READ_LEN = 64 * 1024,
    REQUEST_LEN = 1024,
    REFUSAL_LEN = 4096, /* so much of a refusal's body is read */
    STATUS_OK = 200,
    STATUS_CONFLICT = 409,    /* RFC 9110 15.5.10: refused for a reason that the daemon tells */
    STATUS_UNAVAILABLE = 503, /* 15.6.4: the translator is being started */
    AGAIN_MS = 100,
    PATIENCE_MS = 2000, /* a translator is back in a third of a second at a million sessions */
};

/* Bytes of the body that are not done with: a document so far, or the beginning of a record. */
struct body {
    char *bytes;
    size_t len;
    size_t room;
    size_t limit;
};

struct exchange {
    int fd;
    struct reply reply;
    struct body body;
    bool list;
    bool action; /* POST */
    int (*take)(void *context, json_t *record);
    void *context;
    char *error;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct exchange *exchange, int r,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(exchange->error, CLIENT_ERROR_LEN, format, arguments);
    va_end(arguments);
    return r;
}

static int open_socket(struct exchange *exchange, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = CLIENT_TIMEOUT_S};
    if (strlen(path) >= sizeof(address.sun_path))
        return fail(exchange, -ENAMETOOLONG,
                    "the path %s is too long for a socket; choose a shorter state-dir", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    exchange->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (exchange->fd < 0)
        return fail(exchange, -errno, "cannot open a socket: %s", strerror(errno));
    if (setsockopt(exchange->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(exchange->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
        return fail(exchange, -errno, "cannot bound the waiting on %s: %s", path, strerror(errno));
    if (connect(exchange->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    int r = -errno;
    if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOTDIR)
        return fail(exchange, -ENOTCONN, "nobody listens on %s", path);
    if (r == -EACCES)
        return fail(exchange, r, "may not use %s; run gate64 as root", path);
    if (r == -EAGAIN)
        return fail(exchange, -ETIMEDOUT, "no answer on %s within %d s", path, CLIENT_TIMEOUT_S);
    return fail(exchange, r, "cannot connect to %s: %s", path, strerror(-r));
}

static int send_request(const struct exchange *exchange, const char *target)
{
    char request[REQUEST_LEN];
    /* RFC 9112 3.2: a Host field is required; on a Unix socket it names nothing. */
    int len =
        snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
                 exchange->action ? "POST" : "GET", target, exchange->action ? "Content-Length: 0\r\n" : "");
    if (len >= (int)sizeof(request))
        return fail(exchange, -EMSGSIZE, "the request is longer than %d bytes", REQUEST_LEN);
    for (size_t sent = 0; sent < (size_t)len;) {
        ssize_t n = send(exchange->fd, request + sent, (size_t)len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(exchange, -EPIPE, "cannot send the request: %s", strerror(errno));
        sent += (size_t)n;
    }
    return 0;
}

static int body_append(struct exchange *exchange, const char *bytes, size_t len)
{
    struct body *body = &exchange->body;
    if (len > body->limit - body->len)
        return fail(exchange, -EMSGSIZE, "the answer has a part of more than %zu bytes", body->limit);
    if (body->len + len > body->room) {
        size_t room = body->room > 0 ? body->room : 4096;
        while (room < body->len + len)
            room *= 2;
        char *grown = realloc(body->bytes, room);
        if (grown == NULL)
            return fail(exchange, -ENOMEM, "out of memory");
        body->bytes = grown;
        body->room = room;
    }
    memcpy(body->bytes + body->len, bytes, len);
    body->len += len;
    return 0;
}

static int take_record(struct exchange *exchange, const char *bytes, size_t len)
{
    json_error_t why;
    json_t *record = json_loadb(bytes, len, 0, &why);
    if (!json_is_object(record)) {
        char text[JSON_ERROR_TEXT_LENGTH];
        json_decref(record);
        return fail(exchange, -EPROTO, "a record of the list is no JSON object (%s)",
                    record == NULL ? text_clean(why.text, text, sizeof(text)) : "another value");
    }
    int r = exchange->take(exchange->context, record);
    json_decref(record);
    return r;
}

/* Whole lines are records; an unfinished one is kept for what comes next. */
static int take_lines(struct exchange *exchange, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end != NULL ? (size_t)(end - bytes) : len;
        int r = 0;
        if (end == NULL || exchange->body.len > 0)
            r = body_append(exchange, bytes, part);
        if (r < 0)
            return r;
        if (end == NULL)
            return 0;
        if (exchange->body.len > 0)
            r = take_record(exchange, exchange->body.bytes, exchange->body.len);
        else if (part > 0)
            r = take_record(exchange, bytes, part);
        exchange->body.len = 0;
        if (r != CLIENT_MORE)
            return r;
        bytes += part + 1;
        len -= part + 1;
    }
    return 0;
}

static int take_body(struct exchange *exchange, const char *bytes, size_t len)
{
    if (exchange->reply.status != STATUS_OK) {
        size_t room = REFUSAL_LEN - exchange->body.len;
        return body_append(exchange, bytes, len < room ? len : room);
    }
    return exchange->list ? take_lines(exchange, bytes, len) : body_append(exchange, bytes, len);
}

static int take_bytes(struct exchange *exchange, const char *bytes, size_t len)
{
    while (len > 0 && exchange->reply.state != REPLY_COMPLETE) {
        size_t used, body_len;
        int r = reply_feed(&exchange->reply, bytes, len, &used, &body_len);
        if (r < 0)
            return fail(exchange, r, "the answer is %s",
                        r == -EMSGSIZE ? "too large in its head" : "no HTTP that this program understands");
        if (body_len > 0)
            r = take_body(exchange, bytes + used - body_len, body_len);
        if (r != 0)
            return r;
        bytes += used;
        len -= used;
    }
    return 0;
}

/* 0 at the end of the reply, CLIENT_ENOUGH, or negative errno. */
static int read_reply(struct exchange *exchange, char buffer[READ_LEN])
{
    while (exchange->reply.state != REPLY_COMPLETE) {
        ssize_t n = recv(exchange->fd, buffer, READ_LEN, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return fail(exchange, -ETIMEDOUT, "no answer within %d s", CLIENT_TIMEOUT_S);
        if (n <= 0 && reply_close(&exchange->reply) < 0)
            return fail(exchange, -EPIPE, "the answer was cut short; the daemon may have stopped");
        if (n <= 0)
            return 0;
        int r = take_bytes(exchange, buffer, (size_t)n);
        if (r != 0)
            return r;
    }
    return 0;
}

/* What a daemon says when it refuses: {"error": "..."}, else the status alone. */
static int refusal(const struct exchange *exchange)
{
    char text[CLIENT_ERROR_LEN - 64];
    json_t *document =
        json_loadb(exchange->body.bytes != NULL ? exchange->body.bytes : "", exchange->body.len, 0, NULL);
    const char *message = json_string_value(json_object_get(document, "error"));
    int r = -EREMOTEIO;
    if (message == NULL)
        fail(exchange, r, "refused with status %d", exchange->reply.status);
    else if (exchange->reply.status == STATUS_CONFLICT)
        fail(exchange, r, "%s", text_clean(message, text, sizeof(text)));
    else
        fail(exchange, r, "refused with status %d: %s", exchange->reply.status,
             text_clean(message, text, sizeof(text)));
    json_decref(document);
    return r;
}

static int exchange_run(struct exchange *exchange, const char *path, const char *target)
{
    char *buffer = malloc(READ_LEN);
    int r = buffer != NULL ? open_socket(exchange, path) : fail(exchange, -ENOMEM, "out of memory");
    if (r == 0)
        r = send_request(exchange, target);
    if (r == 0)
        r = read_reply(exchange, buffer);
    if (r == 0 && exchange->reply.status != STATUS_OK)
        r = refusal(exchange);
    if (exchange->fd >= 0)
        close(exchange->fd);
    free(buffer);
    return r;
}

/* While nat64d starts its translator again, its keeper refuses every request unread: so it may be made again.
 */
static int run_patiently(struct exchange *exchange, const char *path, const char *target)
{
    for (unsigned waited_ms = 0;; waited_ms += AGAIN_MS) {
        reply_init(&exchange->reply);
        int r = exchange_run(exchange, path, target);
        if (r == 0 || exchange->reply.status != STATUS_UNAVAILABLE || waited_ms >= PATIENCE_MS)
            return r;
        free(exchange->body.bytes);
        exchange->body.bytes = NULL;
        exchange->body.len = 0;
        exchange->body.room = 0;
        exchange->fd = -1;
        usleep(AGAIN_MS * 1000);
    }
}

static int ask_document(const char *socket_path, bool action, const char *target, json_t **ret_document,
                        char error[CLIENT_ERROR_LEN])
{
    struct exchange exchange = {
        .fd = -1, .body.limit = CLIENT_DOCUMENT_LEN, .action = action, .error = error};
    int r = run_patiently(&exchange, socket_path, target);
    if (r < 0)
        goto out;
    json_t *document =
        json_loadb(exchange.body.bytes != NULL ? exchange.body.bytes : "", exchange.body.len, 0, NULL);
    if (!json_is_object(document)) {
        json_decref(document);
        r = fail(&exchange, -EPROTO, "the answer is no JSON object");
        goto out;
    }
    *ret_document = document;
out:
    free(exchange.body.bytes);
    return r;
}

int client_document(const char *socket_path, const char *target, json_t **ret_document,
                    char error[CLIENT_ERROR_LEN])
{
    return ask_document(socket_path, false, target, ret_document, error);
}

int client_action(const char *socket_path, const char *target, json_t **ret_document,
                  char error[CLIENT_ERROR_LEN])
{
    return ask_document(socket_path, true, target, ret_document, error);
}

int client_list(const char *socket_path, const char *target, int (*take)(void *context, json_t *record),
                void *context, char error[CLIENT_ERROR_LEN])
{
    struct exchange exchange = {
        .fd = -1,
        .body.limit = CLIENT_RECORD_LEN,
        .list = true,
        .take = take,
        .context = context,
        .error = error,
    };
    int r = run_patiently(&exchange, socket_path, target);
    if (r == 0 && exchange.body.len > 0) /* the last record may lack its line end */
        r = take_record(&exchange, exchange.body.bytes, exchange.body.len);
    free(exchange.body.bytes);
    return r < 0 ? r : 0;
}
