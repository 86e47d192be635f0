/*
 * Asks a daemon: one HTTP request on its Unix socket, for a document, for a list, or to do something.
 *
 * Layer: edge
 * Specification: RFC 9112 (reply.h takes the reply apart), RFC 8259 (by jansson)
 *
 * A list is handed on record by record as it comes in, so it needs no memory however long it is; while the
 * taker works, the daemon waits. libevent 2.1 has no HTTP client on a Unix socket, so this one is by hand.
 *
 * All return 0 or negative errno with a line for the operator in `error`:
 * -ENOTCONN nobody listens there, -EACCES may not connect, -EREMOTEIO the daemon refused (its own words),
 * -EPROTO what came is no reply of ours, -EMSGSIZE a part of it is too large, -EPIPE it was cut short,
 * -ETIMEDOUT no answer for CLIENT_TIMEOUT_S.
 */
#ifndef GATE64_GATE64_CLIENT_H
#define GATE64_GATE64_CLIENT_H

#include <jansson.h>

enum {
    CLIENT_TIMEOUT_S = 10,
    CLIENT_ERROR_LEN = 512,
    CLIENT_RECORD_LEN = 64 * 1024,     /* longest record of a list */
    CLIENT_DOCUMENT_LEN = 1024 * 1024, /* longest document */
    CLIENT_MORE = 0,                   /* a taker wants the next record */
    CLIENT_ENOUGH = 1,                 /* or none of those that follow */
};

/* `target` is path and query, as it stands in the request. *ret_document is the caller's. */
int client_document(const char *socket_path, const char *target, json_t **ret_document,
                    char error[CLIENT_ERROR_LEN]) __attribute__((warn_unused_result));

/* The same by POST: the daemon does something. When it refuses with 409, `error` is its own line alone. */
int client_action(const char *socket_path, const char *target, json_t **ret_document,
                  char error[CLIENT_ERROR_LEN]) __attribute__((warn_unused_result));

/* Gives each record (an object, lent) to `take`, which returns CLIENT_MORE or CLIENT_ENOUGH. */
int client_list(const char *socket_path, const char *target, int (*take)(void *context, json_t *record),
                void *context, char error[CLIENT_ERROR_LEN]) __attribute__((warn_unused_result));

#endif
