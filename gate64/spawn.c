/*
 * Layer: edge
 * Specification: posix_spawn(3)
 */
#include "gate64/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 or negative errno. */
static int read_all(int fd, char text[SPAWN_LEN + 1])
{
    size_t len = 0;
    ssize_t n;
    while (len < SPAWN_LEN && (n = read(fd, text + len, SPAWN_LEN - len)) != 0)
        if (n > 0)
            len += (size_t)n;
        else if (errno != EINTR)
            return -errno;
    text[len] = '\0';
    return len < SPAWN_LEN ? 0 : -EFBIG;
}

static int start(const char *const *arguments, const int pipes[2], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    posix_spawn_file_actions_addclose(&actions, pipes[1]);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int r = -posix_spawnp(ret_pid, arguments[0], &actions, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

int spawn_read(const char *const *arguments, char **ret_text)
{
    int pipes[2], status = 0, failure = 0;
    pid_t pid;
    char *text = malloc(SPAWN_LEN + 1);
    if (text == NULL)
        return -ENOMEM;
    int r = pipe2(pipes, O_CLOEXEC) < 0 ? -errno : 0;
    if (r < 0)
        goto out;
    r = start(arguments, pipes, &pid);
    close(pipes[1]);
    if (r == 0)
        failure = read_all(pipes[0], text);
    close(pipes[0]); /* one that still prints is ended by that */
    if (r == 0 && (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
        r = -EIO;
    if (failure < 0)
        r = failure;
out:
    if (r < 0)
        free(text);
    else
        *ret_text = text;
    return r;
}

int spawn_open(const char *const *arguments, FILE **ret_out, pid_t *ret_pid)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return -errno;
    int r = start(arguments, pipes, ret_pid);
    close(pipes[1]);
    if (r == 0 && (*ret_out = fdopen(pipes[0], "r")) != NULL)
        return 0;
    close(pipes[0]);
    if (r == 0)
        waitpid(*ret_pid, NULL, 0);
    return r < 0 ? r : -ENOMEM;
}

int spawn_close(FILE *out, pid_t pid)
{
    int status;
    fclose(out); /* one that still prints is ended by that */
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}
