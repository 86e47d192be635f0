/*
 * The TCP and UDP sockets of this host, and whose they are.
 *
 * Layer: edge
 * Specification: proc(5): /proc/net, /proc/PID/fd, comm, stat, cgroup
 */
#ifndef GATE64_GATE64_SOCKETS_H
#define GATE64_GATE64_SOCKETS_H

#include <stddef.h>
#include <sys/types.h>

#include "gate64/socket_line.h"

struct sockets {
    struct socket_line *list;
    size_t count;
};

struct sockets_owner {
    pid_t pid;
    char name[32];
};

/* All that serve. *ret_sockets is to be given to sockets_free. 0 or negative errno. */
int sockets_read(struct sockets *ret_sockets) __attribute__((warn_unused_result));
void sockets_free(struct sockets *sockets);

/* A process that holds the socket; false: none that we may see. */
bool sockets_find_owner(uint64_t inode, struct sockets_owner *ret_owner);

/* The unit of systemd whose main program a process is; false: of none, so that killing it ends it. */
bool sockets_find_unit(pid_t pid, char *buffer, size_t size);

/* Whether some socket stands in the way of binding the IPv4 port on every interface. It tells if a socket on
 * `::` takes IPv4, too, which the lists do not say. */
bool sockets_is_taken4(bool tcp, uint16_t port);

#endif
