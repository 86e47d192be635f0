/*
 * Layer: edge
 * Specification: write(2), fifo(7)
 */
#include "common/line_writer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/time_units.h"

enum {
    STALL_MS = 1000, /* what takes nothing for so long is told of */
};

int line_writer_init(struct line_writer *writer, const char *area, const char *what, size_t size)
{
    *writer = (struct line_writer){.area = area, .what = what, .fd = -1};
    writer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    writer->buffer = malloc(size);
    return writer->wake < 0 ? -errno : writer->buffer == NULL ? -ENOMEM : 0;
}

void line_writer_done(struct line_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    if (writer->wake >= 0)
        close(writer->wake);
    free(writer->buffer);
}

void line_writer_wake(struct line_writer *writer)
{
    uint64_t one = 1;
    if (write(writer->wake, &one, sizeof(one)) < 0)
        return; /* it looks by itself soon */
}

void line_writer_sleep(struct line_writer *writer, int most_ms)
{
    struct pollfd wake = {.fd = writer->wake, .events = POLLIN};
    uint64_t count;
    if (poll(&wake, 1, most_ms) > 0 && read(writer->wake, &count, sizeof(count)) < 0)
        return; /* somebody woke us, and that is all */
}

int line_writer_flush(struct line_writer *writer)
{
    while (writer->at < writer->len) {
        if (writer->fd < 0)
            return -EBADF;
        ssize_t n = write(writer->fd, writer->buffer + writer->at, writer->len - writer->at);
        if (n < 0 && errno != EINTR)
            return -errno;
        writer->at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

void line_writer_follow(struct line_writer *writer, int error, uint64_t now_ns)
{
    if (error == 0) {
        if (writer->stall_told)
            log_info(writer->area, "%s takes %s again", writer->path, writer->what);
        writer->stalled_ns = 0;
        writer->stall_told = false;
        return;
    }
    if (writer->stalled_ns == 0)
        writer->stalled_ns = now_ns;
    if (writer->stall_told || now_ns - writer->stalled_ns < STALL_MS * NS_PER_MS)
        return;
    writer->stall_told = true;
    log_warning(
        writer->area,
        "cannot write to %s: %s; records wait while there is room for them, then they are lost and counted",
        writer->path,
        error == -EAGAIN  ? "nobody reads from it"
        : error == -EBADF ? "it could not be opened"
                          : strerror(-error));
}

void line_writer_exchange(struct line_writer *writer, int fd)
{
    while (writer->at > 0 && writer->at < writer->len && writer->buffer[writer->at - 1] != '\n')
        writer->at--;
    if (writer->fd >= 0)
        close(writer->fd);
    writer->fd = fd;
    writer->stalled_ns = 0;
    writer->stall_told = false;
}
