/*
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS, fork(2), prctl(2)
 */
#include "dns64/edge/opener.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/descriptor.h"
#include "common/line_file.h"
#include "common/sandbox.h"
#include "common/settings_file.h"

enum {
    WAIT_MS = 2000,
};

struct opener_reply {
    int result;
    unsigned char request; /* that it answers */
    char path[SETTINGS_PATH_LEN];
};

/* The file that the configuration names now. */
static int open_log(const char *config, struct opener_reply *reply)
{
    char error[SETTINGS_ERROR_LEN];
    struct settings *settings;
    int r = settings_file_load(config[0] != '\0' ? config : NULL, &settings, error);
    if (r < 0)
        return r;
    memcpy(reply->path, settings->dns64.query_log, sizeof(reply->path));
    settings_file_free(settings);
    return reply->path[0] != '\0' ? line_file_open(reply->path, getegid()) : -ENOENT;
}

static void serve(int socket, const char *config)
{
    unsigned char request;
    while (recv(socket, &request, sizeof(request), 0) > 0) {
        struct opener_reply reply = {.request = request};
        int fd = open_log(config, &reply);
        reply.result = fd < 0 ? fd : 0;
        if (descriptor_send(socket, &reply, sizeof(reply), fd) < 0)
            return;
        if (fd >= 0)
            close(fd);
    }
}

__attribute__((noreturn)) static void be_opener(int socket, const char *config)
{
    static const int calls[] = {SCMP_SYS(openat), SCMP_SYS(fchmod), SCMP_SYS(setresgid), SCMP_SYS(setregid)};
    prctl(PR_SET_NAME, "dns64-opener");
    /* Locks and whatever else is dns64's alone. */
    if ((socket > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0) < 0) ||
        close_range((unsigned)socket + 1, ~0U, 0) < 0 || sandbox_keep(NULL, 0) < 0 ||
        sandbox_restrict(calls, sizeof(calls) / sizeof(calls[0])) < 0)
        _exit(1);
    serve(socket, config);
    _exit(0);
}

int opener_start(const char *config)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        be_opener(sockets[1], config);
    int r = pid < 0 ? -errno : sockets[0];
    close(sockets[1]);
    if (r < 0)
        close(sockets[0]);
    return r;
}

int opener_ask(int opener, const char *path)
{
    static unsigned char request; /* the callers ask one after the other */
    struct opener_reply reply;
    int fd = -1, r;
    request++;
    if (send(opener, &request, sizeof(request), MSG_NOSIGNAL) < 0)
        return -errno;
    while ((r = descriptor_receive(opener, &reply, sizeof(reply), WAIT_MS, &fd)) == 0 &&
           reply.request != request)
        if (fd >= 0)
            close(fd); /* it comes too late for one that did not wait */
    if (r < 0)
        return r;
    if (reply.result == 0 && (fd < 0 || strncmp(reply.path, path, sizeof(reply.path)) != 0))
        reply.result = -ESTALE;
    if (reply.result == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return reply.result;
}
