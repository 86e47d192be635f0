/*
 * One message with one descriptor over a Unix socket.
 *
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS
 */
#ifndef GATE64_COMMON_DESCRIPTOR_H
#define GATE64_COMMON_DESCRIPTOR_H

#include <stddef.h>

/* Never blocks. `fd` -1: the message alone. 0 or negative errno. */
int descriptor_send(int socket, const void *bytes, size_t len, int fd) __attribute__((warn_unused_result));

/* Waits so long at most for a message of `len` bytes; *ret_fd is -1 if no descriptor came with it.
 * -ETIMEDOUT; -EPROTO: of another length; -EPIPE: nobody is there any more. */
int descriptor_receive(int socket, void *bytes, size_t len, int wait_ms, int *ret_fd)
    __attribute__((warn_unused_result));

#endif
