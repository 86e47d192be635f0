/*
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS
 */
#include "nat64d/keeper/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

int channel_pair(int ret_fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0 ? -errno : 0;
}

int channel_text(const char *name, const char *text, size_t len)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, text, len) == (ssize_t)len)
        return fd;
    close(fd);
    return -EIO;
}

int channel_send(int fd, const struct channel_message *message, const int *fds, unsigned fds_count)
{
    union control control = {0};
    struct iovec part = {(void *)message, sizeof(*message)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds_count > CHANNEL_FDS_MAX)
        return -E2BIG;
    if (fds_count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds_count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, fds_count * sizeof(int));
    }
    return sendmsg(fd, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The descriptors of a message: handed on up to `max`, the rest closed. */
static unsigned take_fds(struct msghdr *header, int *ret_fds, unsigned max)
{
    unsigned count = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        unsigned len = (unsigned)((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (unsigned i = 0; i < len; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof(fd));
            if (count < max)
                ret_fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

static bool is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

int channel_receive(int fd, int timeout_ms, struct channel_message *ret_message, int *ret_fds,
                    unsigned fds_max, unsigned *ret_fds_count)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    union control control;
    struct iovec part = {ret_message, sizeof(*ret_message)};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control)};
    int n = poll(&wait, 1, timeout_ms);
    if (n <= 0)
        return n == 0 || errno == EINTR ? 0 : -errno;
    ssize_t len = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
    if (len < 0)
        return errno == ECONNRESET ? -EPIPE : -errno;
    *ret_fds_count = take_fds(&header, ret_fds, fds_max);
    if (len == 0)
        return -EPIPE;
    if (len != sizeof(*ret_message) || !is_terminated(ret_message->name, sizeof(ret_message->name)) ||
        !is_terminated(ret_message->text, sizeof(ret_message->text))) {
        while (*ret_fds_count > 0)
            close(ret_fds[--*ret_fds_count]);
        return -EBADMSG;
    }
    return 1;
}
