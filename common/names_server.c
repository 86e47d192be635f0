/*
 * Layer: edge
 * Specification: memfd_create(2), fcntl(2) F_ADD_SEALS, unix(7) SCM_RIGHTS
 */
#include "common/names_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/control.h"
#include "common/descriptor.h"
#include "common/mapping.h"

enum {
    PATH_LEN = 108, /* of a socket (unix(7)) */
};

struct names_server {
    struct mapping mapping;
    struct names names;
    int listener, poll;
    int readers[NAMES_READERS]; /* -1: none */
    char path[PATH_LEN];
};

int names_server_new(size_t size, struct names_server **ret_server)
{
    struct siphash_key key;
    uint64_t instance;
    struct names_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return -ENOMEM;
    server->listener = -1;
    server->poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < NAMES_READERS; i++)
        server->readers[i] = -1;
    int r = server->poll < 0 ? -errno : mapping_open_shared("gate64-names", size, &server->mapping);
    if (r < 0) {
        names_server_free(server);
        return r;
    }
    clock_random(&key, sizeof(key));
    clock_random(&instance, sizeof(instance));
    names_init(server->mapping.base, server->mapping.len, key, instance, &server->names);
    *ret_server = server;
    return 0;
}

const struct names *names_server_table(const struct names_server *server)
{
    return server != NULL ? &server->names : NULL;
}

int names_server_fd(const struct names_server *server)
{
    return server != NULL ? server->poll : -1;
}

/* `index` is the reader's; NAMES_READERS: the listener. */
static int watch(const struct names_server *server, int fd, uint32_t index)
{
    struct epoll_event event = {.events = index < NAMES_READERS ? EPOLLRDHUP : EPOLLIN, .data.u32 = index};
    return epoll_ctl(server->poll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int names_server_listen(struct names_server *server, const char *path, gid_t group)
{
    if (strlen(path) >= sizeof(server->path))
        return -ENAMETOOLONG;
    int r = control_listen(path, group, &server->listener);
    if (r < 0)
        return r;
    strcpy(server->path, path);
    return watch(server, server->listener, NAMES_READERS);
}

static bool greet(const struct names_server *server, int fd)
{
    struct names_hello hello = {NAMES_HELLO_MAGIC, NAMES_LAYOUT};
    return descriptor_send(fd, &hello, sizeof(hello), server->mapping.fd) == 0;
}

static void admit(struct names_server *server)
{
    uint32_t index = 0;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    while (index < NAMES_READERS && server->readers[index] >= 0)
        index++;
    if (index == NAMES_READERS || watch(server, fd, index) < 0 || !greet(server, fd)) {
        close(fd);
        return;
    }
    server->readers[index] = fd;
}

void names_server_serve(struct names_server *server)
{
    struct epoll_event events[NAMES_READERS + 1];
    int count = epoll_wait(server->poll, events, NAMES_READERS + 1, 0);
    for (int i = 0; i < count; i++) {
        uint32_t index = events[i].data.u32;
        if (index == NAMES_READERS) {
            admit(server);
        } else if (server->readers[index] >= 0) {
            close(server->readers[index]);
            server->readers[index] = -1;
        }
    }
}

void names_server_free(struct names_server *server)
{
    if (server == NULL)
        return;
    for (int i = 0; i < NAMES_READERS; i++)
        if (server->readers[i] >= 0)
            close(server->readers[i]);
    if (server->listener >= 0) {
        unlink(server->path);
        close(server->listener);
    }
    if (server->poll >= 0)
        close(server->poll);
    mapping_close(&server->mapping);
    free(server);
}
