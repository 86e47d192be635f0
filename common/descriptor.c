/*
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS
 */
#include "common/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int descriptor_send(int socket, const void *bytes, size_t len, int fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {(void *)bytes, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fd, sizeof(int));
    }
    ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? -errno : n == (ssize_t)len ? 0 : -EPROTO;
}

/* The one that came with the message, or -1. There is room for two, by the alignment of control data: what
 * was not agreed is closed. */
static int take(struct msghdr *message)
{
    int fd = -1;
    struct cmsghdr *rights = CMSG_FIRSTHDR(message);
    if (rights == NULL || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        return -1;
    size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof(fd));
        if (count > 1)
            close(fd);
    }
    return count == 1 ? fd : -1;
}

int descriptor_receive(int socket, void *bytes, size_t len, int wait_ms, int *ret_fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    struct iovec part = {bytes, len};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    int r = poll(&wait, 1, wait_ms);
    if (r <= 0)
        return r < 0 ? -errno : -ETIMEDOUT;
    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n <= 0)
        return n < 0 ? -errno : -EPIPE;
    *ret_fd = take(&message);
    if (n == (ssize_t)len)
        return 0;
    if (*ret_fd >= 0)
        close(*ret_fd);
    return -EPROTO;
}
