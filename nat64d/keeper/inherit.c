/*
 * Layer: edge
 * Specification: sd_listen_fds(3), sd_pid_notify_with_fds(3)
 */
#include "nat64d/keeper/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

enum {
    FIRST_FD = 3, /* SD_LISTEN_FDS_START */
};

void inherit_add(struct inherit *inherit, const char *name, int fd)
{
    if (fd < 0 || inherit->count == INHERIT_MAX)
        return;
    inherit->fds[inherit->count] = fd;
    snprintf(inherit->names[inherit->count++], INHERIT_NAME_LEN, "%s", name);
}

/* The names stand between colons, one for each descriptor. */
void inherit_load(struct inherit *inherit)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    inherit->count = 0;
    if (pid != NULL && count != NULL && names != NULL && atoi(pid) == (int)getpid()) {
        for (int i = 0; i < atoi(count) && i < INHERIT_MAX; i++) {
            size_t len = strcspn(names, ":");
            char name[INHERIT_NAME_LEN];
            snprintf(name, sizeof(name), "%.*s", (int)len, names);
            inherit_add(inherit, name, FIRST_FD + i);
            fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
            names += len + (names[len] == ':');
        }
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

int inherit_take(struct inherit *inherit, const char *name)
{
    for (unsigned i = 0; i < inherit->count; i++) {
        int fd = inherit->fds[i];
        if (fd < 0 || strcmp(inherit->names[i], name) != 0)
            continue;
        inherit->fds[i] = -1;
        return fd;
    }
    return -1;
}

void inherit_done(struct inherit *inherit)
{
    for (unsigned i = 0; i < inherit->count; i++)
        if (inherit->fds[i] >= 0)
            close(inherit->fds[i]);
    inherit->count = 0;
}

static int set_environment(const struct inherit *inherit)
{
    char number[16], names[INHERIT_MAX * INHERIT_NAME_LEN] = "";
    size_t len = 0;
    for (unsigned i = 0; i < inherit->count; i++)
        len +=
            (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? ":" : "", inherit->names[i]);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    if (setenv("LISTEN_PID", number, 1) < 0 || setenv("LISTEN_FDNAMES", names, 1) < 0)
        return -errno;
    snprintf(number, sizeof(number), "%u", inherit->count);
    return setenv("LISTEN_FDS", number, 1) < 0 ? -errno : 0;
}

int inherit_exec(const struct inherit *inherit, const char *path, char *const argv[])
{
    int high[INHERIT_MAX];
    int r = set_environment(inherit);
    /* First up, so that none lands on one that is still to be moved. */
    for (unsigned i = 0; r == 0 && i < inherit->count; i++)
        if ((high[i] = fcntl(inherit->fds[i], F_DUPFD_CLOEXEC, FIRST_FD + INHERIT_MAX)) < 0)
            r = -errno;
    for (unsigned i = 0; r == 0 && i < inherit->count; i++)
        if (dup2(high[i], FIRST_FD + (int)i) < 0)
            r = -errno;
    if (r < 0)
        return r;
    execv(path, argv);
    return -errno;
}

/* One message to the service manager about a descriptor of that name. */
static void tell(const char *what, const char *name, const int *fd)
{
#ifdef HAVE_SYSTEMD
    char text[64];
    snprintf(text, sizeof(text), "%s\nFDNAME=%s", what, name);
    sd_pid_notify_with_fds(0, 0, text, fd, fd != NULL);
#else
    (void)what, (void)name, (void)fd;
#endif
}

void inherit_store(const struct inherit *inherit)
{
    inherit_forget(inherit);
    /* FDPOLL=0: a TUN queue without its device shows an error, and stays wanted. */
    for (unsigned i = 0; i < inherit->count; i++)
        tell("FDSTORE=1\nFDPOLL=0", inherit->names[i], &inherit->fds[i]);
}

void inherit_forget(const struct inherit *inherit)
{
    for (unsigned i = 0; i < inherit->count; i++)
        tell("FDSTOREREMOVE=1", inherit->names[i], NULL);
}
