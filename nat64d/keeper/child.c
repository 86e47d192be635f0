/*
 * Layer: edge
 * Specification: execveat(2), capabilities(7)
 */
#include "nat64d/keeper/child.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

enum {
    FIRST_FD = 3,
    HIGH_FD = 64, /* above all that a role gets */
    EXEC_FAILED = 126,
};

int child_identity_find(const char *user, struct child_identity *ret_identity)
{
    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL) {
        log_error("service",
                  "there is no user %s, whom packets are handled as; run: useradd --system --no-create-home "
                  "--shell /usr/sbin/nologin %s",
                  user, user);
        return errno != 0 ? -errno : -ENOENT;
    }
    int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int high = program < 0 ? -1 : fcntl(program, F_DUPFD_CLOEXEC, HIGH_FD);
    int r = high < 0 ? -errno : 0;
    if (program >= 0)
        close(program);
    if (r < 0) {
        log_error("service", "cannot open /proc/self/exe: %s; mount /proc", strerror(-r));
        return r;
    }
    *ret_identity = (struct child_identity){entry->pw_uid, entry->pw_gid, high};
    return 0;
}

/* In the child: the user, with CAP_NET_ADMIN or nothing. */
static int become(const struct child_identity *identity, bool net_admin)
{
    if (identity->uid == geteuid())
        return 0;
    capng_clear(CAPNG_SELECT_BOTH);
    if (net_admin)
        capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE),
                     CAP_NET_ADMIN);
    if (capng_change_id((int)identity->uid, (int)identity->gid, CAPNG_DROP_SUPP_GRP) < 0)
        return -EPERM;
    /* Ambient, since an exec by a user who is not root drops all else. */
    if (net_admin && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) < 0)
        return -errno;
    return 0;
}

/* Moves the descriptors to 3, 4, ...; first up, so that none lands on one that is still to be moved. */
static int place(const int *fds, unsigned count)
{
    int high[HIGH_FD];
    for (unsigned i = 0; i < count; i++)
        if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
            return -errno;
    for (unsigned i = 0; i < count; i++)
        if (dup2(high[i], FIRST_FD + (int)i) < 0)
            return -errno;
    return 0;
}

static void run(const struct child_identity *identity, const char *role, bool net_admin, const int *fds,
                unsigned fds_count, pid_t parent)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", (int)parent);
    char name[] = "nat64d";
    char *argv[] = {name, (char *)role, number, NULL};
    int r = place(fds, fds_count);
    if (r == 0)
        r = become(identity, net_admin);
    if (r == 0) {
        syscall(SYS_execveat, identity->program, "", argv, environ, AT_EMPTY_PATH);
        r = -errno;
    }
    log_error("service", "cannot start %s: %s", role, strerror(-r));
    _exit(EXEC_FAILED);
}

int child_start(const struct child_identity *identity, const char *role, bool net_admin, const int *fds,
                unsigned fds_count, pid_t *ret_pid)
{
    pid_t parent = getpid();
    if (fds_count > HIGH_FD)
        return -E2BIG;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        run(identity, role, net_admin, fds, fds_count, parent);
    *ret_pid = pid;
    return 0;
}
