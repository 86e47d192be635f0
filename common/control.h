/*
 * The control server: HTTP over a Unix socket, on a thread of its own, with a table of routes.
 *
 * Layer: edge
 * Specification: RFC 9112 (by libevent's evhttp)
 * Fuzz: fuzz_control
 *
 * One reply for each request: a JSON document, a text, or a list streamed record by record as JSON
 * lines (application/x-ndjson), so that a million sessions need no memory. Limits: CONTROL_CONNECTIONS
 * at once, 8 KiB of headers, 1 MiB of body, 30 s without progress. A handler runs on the control
 * thread and must not block. Actions (method POST) need uid 0 by SO_PEERCRED and are logged;
 * other peers get 403.
 */
#ifndef GATE64_COMMON_CONTROL_H
#define GATE64_COMMON_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    CONTROL_CONNECTIONS = 32,
};

struct control;
struct control_request;

struct control_route {
    const char *method; /* "GET" or "POST" */
    const char *path;   /* exact, e.g. "/v1/status" */
    void (*handle)(struct control_request *request, void *context);
};

/* Binds `path` (0660 and `group`, (gid_t)-1: left as it is; the folder must exist; a dead socket of ours
 * there is replaced, a living one is -EADDRINUSE, what is no socket -EEXIST) and listens. */
int control_listen(const char *path, gid_t group, int *ret_fd) __attribute__((warn_unused_result));

/* control_listen, and a thread that serves. `routes` ends with a NULL path and must outlive the server. */
int control_start(const char *path, const struct control_route *routes, void *context,
                  struct control **ret_control) __attribute__((warn_unused_result));
/* The same on a listening Unix socket of the caller's, which stays open, and its path there, when the server
 * stops. */
int control_start_on(int fd, const struct control_route *routes, void *context, struct control **ret_control)
    __attribute__((warn_unused_result));
/* Stops the thread, closes, removes the socket that control_start made. Accepts NULL. */
void control_stop(struct control *control);

/* Value of a query parameter, or NULL. Lives as long as the request. */
const char *control_query(struct control_request *request, const char *name);
/* The request's body as NUL-terminated bytes; lives as long as the request. */
const char *control_body(struct control_request *request, size_t *ret_len);

/* Exactly one of these for each request. */
void control_reply_json(struct control_request *request, int status, json_t *document /* taken */);
void control_reply_text(struct control_request *request, int status, const char *content_type,
                        const char *text);
void control_reply_error(struct control_request *request, int status, const char *message);
/* `next` fills *ret_record (taken) and returns true, or returns false at the end; called as the peer
 * reads, so memory stays bounded. `done` frees the cursor, also when the peer goes away. */
void control_reply_stream(struct control_request *request, bool (*next)(void *cursor, json_t **ret_record),
                          void (*done)(void *cursor), void *cursor);

/* The same for what is not there yet: with CONTROL_WAIT `next` is asked again in a moment, for as long as the
 * peer stays, and an empty line goes out now and then, so that both ends know of each other. */
enum control_next { CONTROL_RECORD, CONTROL_WAIT, CONTROL_END };
void control_reply_follow(struct control_request *request,
                          enum control_next (*next)(void *cursor, json_t **ret_record),
                          void (*done)(void *cursor), void *cursor);

#endif
