/*
 * Layer: edge
 * Specification: tmpfs(5), posix_fallocate(3)
 */
#include "nat64d/keeper/state_store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mapping.h"
#include "nat64d/edge/boot.h"

static const char fallback_dir[] = "/dev/shm/gate64-nat64d";

enum {
    PATH_LEN = sizeof(((struct state_store *)0)->dir) + 16,
    OWN_DIR_MODE = 0700,
    FILE_MODE = 0600,
    MIB = 1 << 20,
};

static const char *path_of(const struct state_store *store, const char *name, char path[PATH_LEN])
{
    snprintf(path, PATH_LEN, "%s/%s", store->dir, name);
    return path;
}

void state_store_init(struct state_store *store)
{
    *store = (struct state_store){.lock = -1, .fd = -1, .old_fd = -1};
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Whether the folder is a tmpfs that has the state already, or room for it. */
static bool has_room(const struct state_store *store, size_t len)
{
    char path[PATH_LEN];
    struct statfs fs;
    struct stat about = {0};
    if (statfs(store->dir, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
        return false;
    if (stat(path_of(store, "state", path), &about) < 0)
        about.st_size = 0;
    return (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize + (uint64_t)about.st_size >= len;
}

/* The folder in /dev/shm, where anybody may make one of that name before us. */
static int use_fallback(struct state_store *store)
{
    char path[PATH_LEN];
    struct stat about;
    snprintf(store->dir, sizeof(store->dir), "%s", fallback_dir);
    if (mkdir(store->dir, OWN_DIR_MODE) < 0 && errno != EEXIST)
        return -errno;
    if (lstat(store->dir, &about) < 0)
        return -errno;
    if (!S_ISDIR(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 077) != 0) {
        log_error("state", "%s is not a folder of ours alone; remove it, or make state-dir a tmpfs with room",
                  store->dir);
        return -EPERM;
    }
    if (store->lock >= 0)
        return 0;
    store->lock = open(path_of(store, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (store->lock < 0)
        return -errno;
    if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
        close_fd(&store->lock);
        log_error("state", "%s is in use by another nat64d; make state-dir a tmpfs with room", store->dir);
        return -EBUSY;
    }
    return 0;
}

static int choose_dir(struct state_store *store, const struct settings *settings, size_t len)
{
    snprintf(store->dir, sizeof(store->dir), "%s/nat64d", settings->state_dir);
    if (has_room(store, len))
        return 0;
    char first[sizeof(store->dir)];
    strcpy(first, store->dir);
    int r = use_fallback(store);
    if (r == 0 && !has_room(store, len)) {
        log_error("state",
                  "neither %s nor %s is a tmpfs with %zu MiB; lower nat64.max-sessions, or run: "
                  "mount -o remount,size=%zuM /run",
                  first, store->dir, len / MIB + 1, 2 * (len / MIB + 1));
        return -ENOSPC;
    }
    if (r == 0)
        log_info("state", "%s is no tmpfs with %zu MiB; the sessions are kept in %s", first, len / MIB + 1,
                 store->dir);
    return r;
}

static int make(const struct state_store *store, const char *name, size_t len, int *ret_fd)
{
    char path[PATH_LEN];
    unlink(path_of(store, name, path));
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    int r = fd < 0 ? -errno : -posix_fallocate(fd, 0, (off_t)len);
    if (r < 0) {
        log_error("state", "cannot make %s of %zu MiB: %s; lower nat64.max-sessions or give more memory",
                  path, len / MIB + 1, strerror(-r));
        close_fd(&fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

/* What the header says: 0 usable in place, -ESTALE only as a source, -EBADMSG not at all. */
static int look_at(int fd, struct state_shape *ret_shape)
{
    struct mapping mapping = {.fd = -1};
    struct state state;
    struct state_source source;
    uint8_t boot_id[STATE_BOOT_ID];
    int r = boot_id_read(boot_id);
    if (r == 0)
        r = mapping_open_private(fd, &mapping);
    if (r < 0)
        return r == -ENODATA ? -EBADMSG : r;
    r = state_file_open(&state, mapping.base, mapping.len, boot_id, &source);
    if (r != -EBADMSG)
        *ret_shape = (struct state_shape){source.header->bib_slots, source.header->session_slots,
                                          source.header->shards, source.header->held_slots};
    mapping_close(&mapping);
    return r;
}

/* Finds a source: the state that is there (0: it can stay), or a snapshot. -ENOENT: none. */
static int find_source(struct state_store *store, const struct settings *settings,
                       const struct state_shape *wanted, struct state_shape *ret_shape)
{
    char path[PATH_LEN];
    const char *from = path_of(store, "state", path);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && settings->nat64.snapshot[0] != '\0') {
        from = settings->nat64.snapshot;
        fd = open(from, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            log_info("state", "sessions are read back from the snapshot %s", from);
    }
    if (fd < 0)
        return -ENOENT;
    int r = look_at(fd, ret_shape);
    if (r < 0 && r != -ESTALE) {
        log_warning("state", "%s cannot be read by this version, or is damaged; starting without sessions",
                    from);
        close(fd);
        return -ENOENT;
    }
    bool same = ret_shape->bib_slots == wanted->bib_slots &&
                ret_shape->session_slots == wanted->session_slots &&
                ret_shape->held_slots == wanted->held_slots;
    if (r == 0 && same && from == path) {
        store->fd = fd;
        return 0;
    }
    store->old_fd = fd;
    return -ESTALE;
}

int state_store_open(struct state_store *store, const struct settings *settings,
                     const struct state_shape *wanted)
{
    size_t len = state_file_size(wanted);
    struct state_shape found;
    int r = len == 0 ? -EINVAL : choose_dir(store, settings, len);
    if (r < 0)
        return r;
    store->shape = *wanted;
    switch (find_source(store, settings, wanted, &found)) {
    case 0:
        store->how = CHANNEL_STATE_IN_PLACE;
        store->shape = found;
        return 0;
    case -ESTALE:
        /* The shards stay: each session's is its flow's. */
        store->how = CHANNEL_STATE_COPY;
        store->shape.shards = found.shards;
        return make(store, "state.new", state_file_size(&store->shape), &store->fd);
    }
    store->how = CHANNEL_STATE_FRESH;
    return make(store, "state", len, &store->fd);
}

int state_store_settle(struct state_store *store)
{
    char from[PATH_LEN], to[PATH_LEN];
    if (store->how == CHANNEL_STATE_COPY &&
        rename(path_of(store, "state.new", from), path_of(store, "state", to)) < 0) {
        int r = -errno;
        log_error("state", "cannot rename %s: %s", from, strerror(-r));
        return r;
    }
    close_fd(&store->old_fd);
    store->how = CHANNEL_STATE_IN_PLACE;
    return 0;
}

static void remove_files(const struct state_store *store)
{
    char path[PATH_LEN];
    unlink(path_of(store, "state.new", path));
    unlink(path_of(store, "state", path));
}

int state_store_again(struct state_store *store, const struct settings *settings,
                      const struct state_shape *wanted, bool forget)
{
    close_fd(&store->fd);
    close_fd(&store->old_fd);
    if (forget)
        remove_files(store);
    return state_store_open(store, settings, wanted);
}

void state_store_close(struct state_store *store, bool forget)
{
    char path[PATH_LEN];
    if (forget && store->fd >= 0) {
        remove_files(store);
        if (store->lock >= 0) {
            unlink(path_of(store, "lock", path));
            rmdir(store->dir);
        }
    }
    close_fd(&store->fd);
    close_fd(&store->old_fd);
    close_fd(&store->lock);
}

void state_store_remove(const struct settings *settings)
{
    struct state_store store;
    state_store_init(&store);
    snprintf(store.dir, sizeof(store.dir), "%s/nat64d", settings->state_dir);
    remove_files(&store);
    if (access(fallback_dir, F_OK) == 0 && use_fallback(&store) == 0) {
        store.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        state_store_close(&store, true);
    }
}
