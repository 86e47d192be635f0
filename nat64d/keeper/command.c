/*
 * Layer: edge
 * Specification: posix_spawn(3), memfd_create(2)
 */
#include "nat64d/keeper/command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int command_find(const char *name, char ret_path[COMMAND_PATH_LEN])
{
    static const char debian[] = "/usr/sbin:/usr/bin:/sbin:/bin";
    const char *const lists[] = {getenv("PATH"), debian};
    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *at = lists[i];
        while (at != NULL && *at != '\0') {
            char path[COMMAND_PATH_LEN];
            size_t len = strcspn(at, ":");
            if (at[0] == '/' &&
                snprintf(path, sizeof(path), "%.*s/%s", (int)len, at, name) < (int)sizeof(path) &&
                access(path, X_OK) == 0) {
                memcpy(ret_path, path, sizeof(path));
                return 0;
            }
            at += len + (at[len] == ':');
        }
    }
    return -ENOENT;
}

/* A file in memory: nothing to wait for, however much is written and whoever reads first. */
static int memory_file(const char *text)
{
    int fd = memfd_create("gate64-command", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (size_t len = text != NULL ? strlen(text) : 0; len > 0;) {
        ssize_t n = write(fd, text, len);
        if (n < 0) {
            int r = -errno;
            close(fd);
            return r;
        }
        text += n;
        len -= (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int spawn(const char *const argv[], int in, int out, int keep_fd, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int r = posix_spawn_file_actions_init(&actions);
    if (r != 0)
        return -r;
    r = posix_spawnattr_init(&attributes);
    if (r != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -r;
    }
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    if (keep_fd > STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, keep_fd, keep_fd); /* without close-on-exec */
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    r = posix_spawn(ret_pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* The first line that is not iptables' remark about tables of its other kind. */
static void read_said(int fd, char ret_said[COMMAND_SAID_LEN])
{
    char text[4 * COMMAND_SAID_LEN];
    const char *line = text;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    while (*line == '#' || *line == '\n') {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    snprintf(ret_said, COMMAND_SAID_LEN, "%.*s", (int)strcspn(line, "\n"), line);
}

int command_run(const char *const argv[], const char *input, int keep_fd, char ret_said[COMMAND_SAID_LEN])
{
    pid_t pid;
    int out = -1, r;
    int in = memory_file(input);
    ret_said[0] = '\0';
    if (in < 0)
        return in;
    out = memory_file(NULL);
    r = out < 0 ? out : spawn(argv, in, out, keep_fd, &pid);
    if (r == 0)
        r = wait_for(pid);
    if (r >= 0)
        read_said(out, ret_said);
    if (out >= 0)
        close(out);
    close(in);
    return r;
}
