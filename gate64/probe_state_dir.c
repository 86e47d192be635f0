/*
 * Whether the state-dir has room for the sessions, and lies in memory.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (state-dir, nat64.max-sessions); statfs(2), mountinfo of proc(5)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "gate64/probe.h"

enum {
    SESSION_LEN = 256, /* a session and its share of bindings and indices */
    SESSIONS_DEFAULT = 1048576,
    MEMORY_SHARE = 20, /* max-sessions 0: what a twentieth of the memory holds */
    MB = 1000 * 1000,
    MIB = 1024 * 1024,
    PATH_LEN = SETTINGS_PATH_LEN + 300,
    LINE_LEN = 4096,
};

static uint64_t wanted_bytes(const struct settings *settings)
{
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / MEMORY_SHARE;
    uint64_t sessions = memory / SESSION_LEN < SESSIONS_DEFAULT ? memory / SESSION_LEN : SESSIONS_DEFAULT;
    if (settings->nat64.max_sessions > 0)
        sessions = (uint64_t)settings->nat64.max_sessions;
    return sessions * SESSION_LEN;
}

/* What a running nat64d has taken of it already. */
static uint64_t used_bytes(const char *state_dir)
{
    char path[PATH_LEN];
    const struct dirent *entry;
    struct stat status;
    uint64_t used = 0;
    snprintf(path, sizeof(path), "%s/nat64d", state_dir);
    DIR *folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            used += (uint64_t)status.st_blocks * 512; /* st_blocks counts in 512 bytes, inode(7) */
    if (folder != NULL)
        closedir(folder);
    return used;
}

/* The folder itself, or the nearest one above it that is there: nat64d makes the rest. */
static int stat_nearest(char *path, struct statfs *status)
{
    while (statfs(path, status) < 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == NULL)
            return -errno;
        slash[slash == path ? 1 : 0] = '\0';
    }
    return 0;
}

/* The mount point that `path` lies under; "/" if it is not to be found. */
static void find_mount(const char *path, char mount[PATH_LEN])
{
    char line[LINE_LEN], point[LINE_LEN];
    FILE *file = fopen("/proc/self/mountinfo", "re");
    snprintf(mount, PATH_LEN, "/");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
            continue;
        size_t len = strlen(point);
        if (len >= strlen(mount) && len < PATH_LEN && strncmp(path, point, len) == 0 &&
            (path[len] == '/' || path[len] == '\0'))
            memcpy(mount, point, len + 1);
    }
    if (file != NULL)
        fclose(file);
}

static void tell_small(struct check *check, const char *nearest, const struct statfs *status, uint64_t wanted,
                       uint64_t room)
{
    char mount[PATH_LEN], quoted[PATH_LEN * 2];
    uint64_t total = (uint64_t)status->f_blocks * (uint64_t)status->f_bsize;
    uint64_t size = (total + wanted - room) / MIB + 1;
    find_mount(nearest, mount);
    check_finding(check, "%s has room for %" PRIu64 " MB, and the sessions take up to %" PRIu64 " MB",
                  check->state_dir, room / MB, wanted / MB);
    check_command(check, "mount -o remount,size=%" PRIu64 "M %s", size,
                  check_quote(mount, quoted, sizeof(quoted)));
}

static void tell_on_disk(struct check *check, uint64_t wanted)
{
    char quoted[PATH_LEN * 2];
    check_quote(check->state_dir, quoted, sizeof(quoted));
    check_finding(
        check,
        "%s is not in memory (tmpfs), so the sessions are written to disk all the time; with the daemons "
        "stopped:",
        check->state_dir);
    check_command(check, "mkdir -p %s && mount -t tmpfs -o mode=755,size=%" PRIu64 "M tmpfs %s", quoted,
                  wanted / MIB + wanted / MIB / 4 + 16, quoted);
}

void probe_state_dir(struct check *check)
{
    char nearest[PATH_LEN];
    struct statfs status;
    uint64_t wanted = wanted_bytes(check->settings);
    snprintf(nearest, sizeof(nearest), "%s", check->state_dir);
    int r = stat_nearest(nearest, &status);
    if (r < 0) {
        check_failed(check, "cannot look at %s: %s", check->state_dir, strerror(-r));
        return;
    }
    uint64_t room = (uint64_t)status.f_bavail * (uint64_t)status.f_bsize + used_bytes(check->state_dir);
    bool on_disk = status.f_type != TMPFS_MAGIC && status.f_type != RAMFS_MAGIC;
    /* Under /run memory is expected; any other place was chosen by the operator. */
    if (on_disk && strncmp(check->state_dir, "/run/", strlen("/run/")) == 0)
        tell_on_disk(check, wanted);
    else if (status.f_type == TMPFS_MAGIC && status.f_blocks != 0 && room < wanted) /* 0 blocks: no limit */
        tell_small(check, nearest, &status, wanted, room);
}
