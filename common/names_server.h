/*
 * dns64's side of the names: the memory, and the socket on which others get it.
 *
 * Layer: edge
 * Specification: memfd_create(2), fcntl(2) F_ADD_SEALS, unix(7) SCM_RIGHTS
 *
 * The memory can neither shrink nor grow, and nobody else can ever write to it. Each who connects gets one
 * message, struct names_hello with the descriptor, and then holds the connection: it ends with this process,
 * so that a reader notices that another one has begun. Nothing is ever read from a reader.
 */
#ifndef GATE64_COMMON_NAMES_SERVER_H
#define GATE64_COMMON_NAMES_SERVER_H

#include <sys/types.h>

#include "common/names.h"

enum {
    NAMES_READERS = 16, /* at once; one more is closed at once */
};

#define NAMES_HELLO_MAGIC UINT32_C(0x4736344e)

struct names_hello {
    uint32_t magic;
    uint32_t layout; /* NAMES_LAYOUT */
};

struct names_server;

/* An empty table of about `size` bytes. */
int names_server_new(size_t size, struct names_server **ret_server) __attribute__((warn_unused_result));
/* NULL for NULL. */
const struct names *names_server_table(const struct names_server *server);
/* Listens on `path`, for root, our own user and `group` ((gid_t)-1: our own). */
int names_server_listen(struct names_server *server, const char *path, gid_t group)
    __attribute__((warn_unused_result));
/* Readable when names_server_serve has something to do; -1 for NULL. */
int names_server_fd(const struct names_server *server);
/* Who waits is served, who has gone is forgotten. Never blocks. */
void names_server_serve(struct names_server *server);
/* Removes the socket, too. Accepts NULL. */
void names_server_free(struct names_server *server);

#endif
