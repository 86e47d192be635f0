/*
 * Layer: edge
 * Specification: fsync(2), rename(2)
 */
#include "nat64d/keeper/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mapping.h"
#include "common/settings.h"
#include "nat64d/edge/boot.h"
#include "nat64d/table/slot_word.h"

const char snapshot_argument[] = "--snapshot";

enum {
    STATE_FD = 3,
    OUT_FD = 4,
    PATH_LEN = SETTINGS_PATH_LEN + 8,
    FILE_MODE = 0600,
};

int snapshot_start(const struct child_identity *identity, int state_fd, const char *path, pid_t *ret_pid)
{
    char name[PATH_LEN];
    snprintf(name, sizeof(name), "%s.new", path);
    int out = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (out < 0) {
        int r = -errno;
        log_warning("snapshot", "cannot write %s: %s; continuing without a snapshot", name, strerror(-r));
        return r;
    }
    int fds[] = {state_fd, out};
    int r = child_start(identity, snapshot_argument, false, fds, 2, ret_pid);
    close(out);
    if (r < 0)
        log_warning("snapshot", "cannot start the copy: %s; continuing without a snapshot", strerror(-r));
    return r;
}

static int sync_folder(const char *path)
{
    char name[PATH_LEN];
    snprintf(name, sizeof(name), "%s", path);
    int fd = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int snapshot_finish(const char *path, int status)
{
    char name[PATH_LEN];
    int r = 0;
    snprintf(name, sizeof(name), "%s.new", path);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        r = -EIO;
    else if (rename(name, path) < 0)
        r = -errno;
    else
        r = sync_folder(path);
    if (r < 0) {
        log_warning("snapshot", "no new snapshot in %s: %s; the last one stays", path, strerror(-r));
        unlink(name);
    }
    return r;
}

/* Slots that the copy needs: every shard fills chunks of its own. */
static uint32_t slots_for(uint32_t live, uint32_t shards)
{
    uint64_t slots = (uint64_t)live + (uint64_t)shards * STATE_CHUNK;
    return slots < STATE_SLOTS_MAX ? (uint32_t)slots : STATE_SLOTS_MAX - 1;
}

static struct state_shape shape_of(const struct state *state)
{
    uint32_t bindings = 0, sessions = 0, word;
    for (uint32_t i = 0; i < state->header->bib_slots; i++)
        bindings += slot_word_begin(&state->bib[i].word, &word);
    for (uint32_t i = 0; i < state->header->session_slots; i++)
        sessions += slot_word_begin(&state->sessions[i].word, &word);
    uint32_t shards = state->header->shards;
    return (struct state_shape){slots_for(bindings, shards), slots_for(sessions, shards), shards,
                                state->header->held_slots};
}

static int copy(const struct state *state, const struct state_source *source)
{
    struct state_shape shape = shape_of(state);
    struct mapping out = {.fd = -1};
    struct state to;
    size_t len = state_file_size(&shape);
    uint32_t *map = malloc(source->header->bib_slots * sizeof(*map));
    int r = map == NULL ? -ENOMEM : -posix_fallocate(OUT_FD, 0, (off_t)len);
    if (r == 0)
        r = mapping_open(OUT_FD, &out);
    if (r == 0)
        r = state_file_init(&to, out.base, out.len, &shape, source->header->key, source->header->boot_id,
                            source->header->created_ns);
    if (r == 0) {
        to.header->saved_ns = clock_now_ns();
        to.header->saved_utc_ns = clock_utc_ns();
        state_copy(source, &to, 0, map);
        r = msync(out.base, out.len, MS_SYNC) < 0 || fsync(OUT_FD) < 0 ? -errno : 0;
    }
    mapping_close(&out);
    free(map);
    return r;
}

int snapshot_run(void)
{
    struct mapping mapping = {.fd = -1};
    struct state state;
    struct state_source source;
    uint8_t boot_id[STATE_BOOT_ID];
    int r = boot_id_read(boot_id);
    if (r == 0)
        r = mapping_open_private(STATE_FD, &mapping);
    if (r == 0)
        r = state_file_open(&state, mapping.base, mapping.len, boot_id, &source);
    if (r == 0)
        r = copy(&state, &source);
    mapping_close(&mapping);
    if (r < 0)
        log_warning("snapshot", "cannot copy the sessions: %s", strerror(-r));
    return r < 0 ? 1 : 0;
}
