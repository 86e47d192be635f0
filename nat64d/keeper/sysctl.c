/*
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst
 */
#include "nat64d/keeper/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PATH_LEN = 160,
    VALUE_LEN = 32,
};

static int open_setting(const char *path, int flags)
{
    char name[PATH_LEN];
    if (snprintf(name, sizeof(name), "/proc/sys/net/%s", path) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    int fd = open(name, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int sysctl_read(const char *path, int *ret_value)
{
    char text[VALUE_LEN];
    int fd = open_setting(path, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    int r = n < 0 ? -errno : 0;
    close(fd);
    if (r < 0)
        return r;
    text[n] = '\0';
    *ret_value = atoi(text);
    return 0;
}

int sysctl_write(const char *path, int value)
{
    char text[VALUE_LEN];
    int len = snprintf(text, sizeof(text), "%d\n", value);
    int fd = open_setting(path, O_WRONLY);
    if (fd < 0)
        return fd;
    int r = write(fd, text, (size_t)len) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int sysctl_ensure(const char *path, int value)
{
    int old;
    int r = sysctl_read(path, &old);
    if (r < 0)
        return r;
    return old == value ? 0 : sysctl_write(path, value);
}
