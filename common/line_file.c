/*
 * Layer: edge
 * Specification: fifo(7), open(2)
 */
#include "common/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MODE = 0640, /* it says who talked when */
    FLAGS = O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
};

/* Root without CAP_CHOWN: a file is made with its group, not given to it. */
static int make(const char *path, gid_t group)
{
    gid_t own = getegid();
    if (setegid(group) < 0)
        return -errno;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | FLAGS, FILE_MODE);
    int r = fd < 0 ? -errno : 0;
    if (setegid(own) < 0)
        r = -errno;
    if (r == 0 && fchmod(fd, FILE_MODE) < 0) /* the umask may have taken the group's bits */
        r = -errno;
    if (r < 0 && fd >= 0)
        close(fd);
    return r < 0 ? r : fd;
}

static int open_there(const char *path)
{
    int fd = open(path, O_WRONLY | FLAGS);
    /* A FIFO that nobody reads yet: with both ends ours it keeps what somebody may read later. */
    if (fd < 0 && errno == ENXIO)
        fd = open(path, O_RDWR | FLAGS);
    return fd < 0 ? -errno : fd;
}

/* What was cut short, by a full disk or a power cut, stays a line of its own. */
static int end_line(const char *path, int fd)
{
    struct stat about;
    char last = '\n';
    if (fstat(fd, &about) < 0)
        return -errno;
    if (!S_ISREG(about.st_mode) || about.st_size == 0)
        return 0;
    int reader = open(path, O_RDONLY | FLAGS);
    if (reader < 0)
        return -errno;
    int r = pread(reader, &last, 1, about.st_size - 1) < 0 ? -errno : 0;
    close(reader);
    if (r == 0 && last != '\n' && write(fd, "\n", 1) < 0)
        r = -errno;
    return r;
}

int line_file_open(const char *path, gid_t group)
{
    int fd = make(path, group);
    if (fd == -EEXIST)
        fd = open_there(path);
    if (fd < 0)
        return fd;
    int r = end_line(path, fd);
    if (r < 0 && r != -ENOSPC) {
        close(fd);
        return r;
    }
    return fd;
}
