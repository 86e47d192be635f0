/*
 * Layer: edge
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports)
 */
#include "nat64d/keeper/reserved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH "/proc/sys/net/ipv4/ip_local_reserved_ports"

static int read_all(char *text)
{
    size_t len = 0;
    int r = 0;
    int fd = open(PATH, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    while (len < PORT_SET_TEXT_LEN - 1) {
        ssize_t n = read(fd, text + len, PORT_SET_TEXT_LEN - 1 - len);
        if (n < 0)
            r = -errno;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    text[len] = '\0';
    close(fd);
    return r;
}

/* The kernel takes a page at a time; what follows the first is added to it. */
static int write_all(const char *text)
{
    size_t len = strlen(text);
    int r = 0;
    int fd = open(PATH, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    while (len > 0 && r == 0) {
        ssize_t n = write(fd, text, len);
        if (n <= 0) {
            r = n < 0 ? -errno : -EIO;
        } else {
            text += n;
            len -= (size_t)n;
        }
    }
    close(fd);
    return r;
}

int reserved_read(struct port_set *ret_set)
{
    char *text = malloc(PORT_SET_TEXT_LEN);
    if (text == NULL)
        return -ENOMEM;
    int r = read_all(text);
    if (r == 0)
        r = port_set_parse(text, ret_set);
    free(text);
    return r;
}

static int replace(const struct port_set *old, const struct port_set *set)
{
    if (port_set_equal(old, set))
        return 0;
    char *text = malloc(PORT_SET_TEXT_LEN);
    if (text == NULL)
        return -ENOMEM;
    int r = write_all(port_set_print(set, text));
    free(text);
    return r;
}

int reserved_add(const struct port_set *ports)
{
    struct port_set old, set;
    int r = reserved_read(&old);
    if (r < 0)
        return r;
    set = old;
    port_set_merge(&set, ports);
    return replace(&old, &set);
}

int reserved_drop(const struct port_set *ports)
{
    struct port_set old, set;
    int r = reserved_read(&old);
    if (r < 0)
        return r;
    set = old;
    port_set_subtract(&set, ports);
    return replace(&old, &set);
}
