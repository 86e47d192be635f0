/*
 * Layer: edge
 * Specification: proc(5), ipv6(7) (IPV6_V6ONLY)
 */
#include "gate64/sockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate64/host_file.h"

enum {
    PATH_LEN = 320,
    LINK_LEN = 64,
    LINE_LEN = 1024,
};

static int add(struct sockets *sockets, const struct socket_line *one)
{
    struct socket_line *grown = sockets->list;
    if (sockets->count % 64 == 0)
        grown = realloc(sockets->list, (sockets->count + 64) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    sockets->list = grown;
    grown[sockets->count++] = *one;
    return 0;
}

static int read_list(struct sockets *sockets, const char *path, int family, bool tcp)
{
    char *text, *rest, *line;
    struct socket_line one;
    int r = host_file_read(path, &text);
    if (r < 0)
        return r == -ENOENT && family == AF_INET6 ? 0 : r; /* a host without IPv6 */
    for (rest = text; r == 0 && (line = strtok_r(rest, "\n", &rest)) != NULL;)
        if (socket_line_parse(line, family, tcp, &one) && one.serves)
            r = add(sockets, &one);
    free(text);
    return r;
}

int sockets_read(struct sockets *ret_sockets)
{
    struct sockets sockets = {NULL, 0};
    int r = read_list(&sockets, "/proc/net/tcp", AF_INET, true);
    if (r == 0)
        r = read_list(&sockets, "/proc/net/tcp6", AF_INET6, true);
    if (r == 0)
        r = read_list(&sockets, "/proc/net/udp", AF_INET, false);
    if (r == 0)
        r = read_list(&sockets, "/proc/net/udp6", AF_INET6, false);
    if (r < 0) {
        sockets_free(&sockets);
        return r;
    }
    *ret_sockets = sockets;
    return 0;
}

void sockets_free(struct sockets *sockets)
{
    free(sockets->list);
    *sockets = (struct sockets){NULL, 0};
}

static bool holds(const char *pid, const char *wanted)
{
    char path[PATH_LEN], target[LINK_LEN];
    const struct dirent *entry;
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    DIR *folder = opendir(path);
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        ssize_t len = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        found = strcmp(target, wanted) == 0;
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

bool sockets_find_owner(uint64_t inode, struct sockets_owner *ret_owner)
{
    char wanted[LINK_LEN], path[PATH_LEN];
    const struct dirent *entry;
    struct sockets_owner owner = {0, "?"};
    DIR *folder = opendir("/proc");
    snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)inode);
    while (folder != NULL && owner.pid == 0 && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && holds(entry->d_name, wanted)) {
            owner.pid = (pid_t)atol(entry->d_name);
            snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
            if (host_file_line(path, owner.name, sizeof(owner.name)) < 0)
                snprintf(owner.name, sizeof(owner.name), "?");
        }
    if (folder != NULL)
        closedir(folder);
    if (owner.pid != 0)
        *ret_owner = owner;
    return owner.pid != 0;
}

/* Its parent is systemd itself, so it was not started by a job or a session of some service. */
static bool is_child_of_init(pid_t pid)
{
    char path[PATH_LEN], line[LINE_LEN];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (host_file_line(path, line, sizeof(line)) < 0)
        return false;
    const char *behind_name = strrchr(line, ')'); /* the name may have blanks and brackets */
    return behind_name != NULL && sscanf(behind_name, ") %*c %d", &parent) == 1 && parent == 1;
}

bool sockets_find_unit(pid_t pid, char *buffer, size_t size)
{
    static const char suffix[] = ".service";
    char path[PATH_LEN], line[LINE_LEN];
    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    if (access("/run/systemd/system", F_OK) < 0 || !is_child_of_init(pid) ||
        host_file_line(path, line, sizeof(line)) < 0)
        return false;
    const char *name = strrchr(line, '/');
    size_t len = name != NULL ? strlen(++name) : 0;
    if (len < sizeof(suffix) || len >= size || strcmp(name + len - strlen(suffix), suffix) != 0)
        return false;
    memcpy(buffer, name, len + 1);
    return true;
}

bool sockets_is_taken4(bool tcp, uint16_t port)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool taken = bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 && errno == EADDRINUSE;
    close(fd);
    return taken;
}
