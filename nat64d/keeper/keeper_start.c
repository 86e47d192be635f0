/*
 * A translator's start and end.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/service.h"
#include "common/time_units.h"
#include "config.h"
#include "nat64d/edge/queue.h"
#include "nat64d/edge/tun.h"
#include "nat64d/keeper/channel.h"
#include "nat64d/keeper/keeper_own.h"
#include "nat64d/keeper/queue_number.h"
#include "nat64d/translate.h"

enum {
    AT_ONCE = 5,         /* restarts in a row without a pause */
    PAUSE_FIRST_MS = 50, /* then it doubles */
    PAUSE_MAX_MS = 1000,
    STEADY_S = 60,        /* a translator that lived so long begins a new row */
    PATIENCE_MS = 2000,   /* between SIGTERM and SIGKILL */
    ALIVE_WAIT_MS = 5000, /* for an earlier translator to be gone */
    ALIVE_MODE = 0600,
};

bool keeper_has_shared(const struct settings *settings)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (settings->pools[i].shared)
            return true;
    return false;
}

static void close_fds(int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

/* The device's queues: those that an earlier keeper left, or new ones; never some of each, since each one
 * gets its share of the flows. */
static int open_tun(struct keeper *keeper)
{
    const char *name = keeper->in_force.effective->nat64.tun;
    struct tun_offloads offloads;
    char label[INHERIT_NAME_LEN + 8];
    bool whole = true;
    if (keeper->tun_fds[0] >= 0)
        return 0;
    for (unsigned i = 0; i < keeper->workers; i++) {
        snprintf(label, sizeof(label), "tun-%u", i);
        keeper->tun_fds[i] = inherit_take(&keeper->inherited, label);
        whole = whole && keeper->tun_fds[i] >= 0 && tun_is_attached(keeper->tun_fds[i], name);
    }
    if (whole)
        return 0;
    close_fds(keeper->tun_fds, keeper->workers);
    int r = tun_open(name, keeper->workers, keeper->tun_fds, &offloads);
    if (r < 0) {
        keeper->tun_fds[0] = -1;
        return r;
    }
    log_info("tun", "device %s with %u queue%s, segmentation offload for %s", name, keeper->workers,
             keeper->workers == 1 ? "" : "s", offloads.uso ? "TCP and UDP" : "TCP (UDP needs Linux 6.2)");
    return 0;
}

static int open_nfqueues(struct keeper *keeper)
{
    char label[INHERIT_NAME_LEN + 8];
    if (!keeper_has_shared(keeper->in_force.effective)) {
        close_fds(keeper->queue_fds, keeper->queues);
        keeper->queues = 0;
        return 0;
    }
    for (; keeper->queues < 2 * keeper->workers; keeper->queues++) {
        unsigned i = keeper->queues;
        uint16_t number = i % 2 == 0 ? queue_number_tcp(i / 2) : queue_number_other(i / 2);
        snprintf(label, sizeof(label), "queue-%u", i);
        keeper->queue_fds[i] = inherit_take(&keeper->inherited, label);
        if (keeper->queue_fds[i] >= 0)
            continue;
        int r = queue_open(number, i % 2 == 0, &keeper->queue_fds[i]);
        if (r < 0) {
            log_error("queue", "cannot bind NFQUEUE %u for the shared address: %s; %s", number, strerror(-r),
                      r == -EBUSY ? "another program has it" : "a kernel with nfnetlink_queue is needed");
            return r;
        }
    }
    return 0;
}

int keeper_open_queues(struct keeper *keeper)
{
    int r = open_tun(keeper);
    return r < 0 ? r : open_nfqueues(keeper);
}

void keeper_list_fds(const struct keeper *keeper, struct inherit *ret_inherit)
{
    char label[INHERIT_NAME_LEN + 8];
    ret_inherit->count = 0;
    for (unsigned i = 0; i < keeper->workers; i++) {
        snprintf(label, sizeof(label), "tun-%u", i);
        inherit_add(ret_inherit, label, keeper->tun_fds[i]);
    }
    for (unsigned i = 0; i < keeper->queues; i++) {
        snprintf(label, sizeof(label), "queue-%u", i);
        inherit_add(ret_inherit, label, keeper->queue_fds[i]);
    }
    inherit_add(ret_inherit, "counters", keeper->counters.fd);
    inherit_add(ret_inherit, "events", keeper->rings.fd);
}

static int send_start(const struct keeper *keeper, int channel)
{
    const struct keeper_settings *in_force = &keeper->in_force;
    struct channel_message start = {
        .kind = CHANNEL_START,
        .workers = keeper->workers,
        .queues = keeper->queues,
        .shards = keeper->store.shape.shards,
        .sessions = keeper->store.shape.session_slots,
        .state = keeper->store.how,
        .uplink4 = in_force->uplink4,
        .foreground = keeper->options->foreground,
        .hash = in_force->hash,
        .started_utc_ns = keeper->started_utc_ns,
    };
    int fds[CHANNEL_FD_TUN + 3 * WORKER_MAX];
    unsigned count = CHANNEL_FD_TUN;
    strcpy(start.name, in_force->file->file);
    fds[CHANNEL_FD_CONTROL] = keeper->control_fd;
    fds[CHANNEL_FD_ALIVE] = keeper->alive_fd;
    fds[CHANNEL_FD_COUNTERS] = keeper->counters.fd;
    fds[CHANNEL_FD_EVENTS] = keeper->rings.fd;
    fds[CHANNEL_FD_SETTINGS] = channel_text("settings", in_force->text, in_force->len);
    fds[CHANNEL_FD_DRAINS] = channel_text("drains", in_force->drains, strlen(in_force->drains));
    fds[CHANNEL_FD_STATE] = keeper->store.fd;
    fds[CHANNEL_FD_OLD_STATE] = keeper->store.old_fd >= 0 ? keeper->store.old_fd : keeper->store.fd;
    for (unsigned i = 0; i < keeper->workers; i++)
        fds[count++] = keeper->tun_fds[i];
    for (unsigned i = 0; i < keeper->queues; i++)
        fds[count++] = keeper->queue_fds[i];
    int r = fds[CHANNEL_FD_SETTINGS] < 0 ? fds[CHANNEL_FD_SETTINGS] : 0;
    if (r == 0)
        r = fds[CHANNEL_FD_DRAINS] < 0 ? fds[CHANNEL_FD_DRAINS] : 0;
    if (r == 0)
        r = channel_send(channel, &start, fds, count);
    close_fds(&fds[CHANNEL_FD_SETTINGS], 2);
    return r;
}

/* A keeper that was killed takes its translator along, but not at the same moment. Nobody else may write to
 * the state, so the lock that only a translator holds must be free. */
static int lock_alive(struct keeper *keeper)
{
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    int waited_ms = 0, r = 0;
    snprintf(path, sizeof(path), "%s/nat64d/translator", keeper->in_force.file->state_dir);
    keeper->alive_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, ALIVE_MODE);
    if (keeper->alive_fd < 0)
        return -errno;
    while (r == 0 && flock(keeper->alive_fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK || waited_ms++ == ALIVE_WAIT_MS)
            r = -errno;
        usleep(1000);
    }
    if (r < 0) {
        log_error("translator", "an earlier translator has not ended: %s; end it, then start nat64d again",
                  strerror(-r));
        close_fds(&keeper->alive_fd, 1);
    }
    return r;
}

int keeper_start_child(struct keeper *keeper)
{
    int ends[2];
    keeper->restart_ns = 0;
    int r = lock_alive(keeper); /* until then the queues are another's, too */
    if (r == 0)
        r = keeper_open_queues(keeper);
    if (r == 0)
        r = channel_pair(ends);
    if (r < 0) {
        close_fds(&keeper->alive_fd, 1);
        return r;
    }
    r = child_start(&keeper->identity, translate_argument, keeper->queues > 0, &ends[1], 1, &keeper->child);
    close(ends[1]);
    if (r == 0)
        r = send_start(keeper, ends[0]);
    close_fds(&keeper->alive_fd, 1); /* the child's alone from here on */
    if (r < 0) {
        log_error("translator", "cannot start it: %s", strerror(-r));
        close(ends[0]);
        return r;
    }
    keeper->channel = ends[0];
    keeper->ready = false;
    keeper->started_ns = clock_now_ns();
    keeper_events_send(keeper);
    return 0;
}

static void forget_child(struct keeper *keeper)
{
    if (keeper->channel >= 0)
        close(keeper->channel);
    keeper->channel = -1;
    keeper->child = 0;
    keeper->ready = false;
}

void keeper_end_child(struct keeper *keeper, bool at_once)
{
    int status, waited_ms = 0;
    if (keeper->child == 0)
        return;
    kill(keeper->child, at_once ? SIGKILL : SIGTERM);
    while (!at_once && waited_ms < PATIENCE_MS && waitpid(keeper->child, &status, WNOHANG) == 0) {
        usleep(1000);
        waited_ms++;
    }
    if (at_once || waited_ms == PATIENCE_MS) {
        kill(keeper->child, SIGKILL);
        waitpid(keeper->child, &status, 0);
    }
    forget_child(keeper);
}

static const char *describe(int status, char text[64])
{
    if (WIFSIGNALED(status))
        snprintf(text, 64, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, 64, "ended with status %d", WEXITSTATUS(status));
    return text;
}

static uint64_t pause_ns(unsigned restarts)
{
    uint64_t pause_ms = PAUSE_FIRST_MS;
    if (restarts < AT_ONCE)
        return 0;
    for (unsigned i = AT_ONCE; i < restarts && pause_ms < PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    return (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS) * NS_PER_MS;
}

int keeper_child_ended(struct keeper *keeper, int status)
{
    char text[64];
    uint64_t now_ns = clock_now_ns();
    bool bad_state = WIFEXITED(status) && WEXITSTATUS(status) == TRANSLATE_BAD_STATE;
    bool was_ready = keeper->ready;
    forget_child(keeper);
    if (!keeper->was_ready && !bad_state && (WIFEXITED(status) || keeper->restarts == AT_ONCE))
        return -ECHILD; /* it has told why */
    if (now_ns - keeper->started_ns > STEADY_S * NS_PER_S)
        keeper->restarts = 0;
    uint64_t wait_ns = pause_ns(keeper->restarts++);
    log_warning("translator", "the translator %s; starting it again%s", describe(status, text),
                wait_ns > 0 ? " after a pause" : "");
    if (WIFEXITED(status) && WEXITSTATUS(status) == TRANSLATE_QUEUE_LOST) {
        log_error("tun", "device %s cannot be read any more: it was removed; making it again",
                  keeper->in_force.effective->nat64.tun);
        close_fds(keeper->tun_fds, keeper->workers);
        struct host_plan plan = keeper_plan(keeper, keeper->in_force.effective);
        int r = host_add(keeper->host, &plan);
        if (r < 0)
            return r;
    }
    if (!was_ready || bad_state) {
        int r = state_store_again(&keeper->store, keeper->in_force.effective, &keeper->shape, bad_state);
        if (r < 0)
            return r;
    }
    keeper->restart_ns = now_ns + wait_ns;
    return 0;
}

void keeper_child_ready(struct keeper *keeper, const struct channel_message *message)
{
    struct inherit list;
    keeper->ready = true;
    if (state_store_settle(&keeper->store) < 0)
        log_warning("state", "continuing; the next start finds the old state");
    if (message->sessions_kept > 0 || message->sessions_dropped > 0 || message->bindings_dropped > 0)
        log_info("state", "kept %u sessions and %u bindings; dropped %u sessions and %u bindings",
                 message->sessions_kept, message->bindings_kept, message->sessions_dropped,
                 message->bindings_dropped);
    if (keeper->was_ready)
        return;
    keeper->was_ready = true;
    keeper_list_fds(keeper, &list);
    inherit_store(&list);
    service_ready("translating");
    log_info("service", "nat64d %s translates", PACKAGE_VERSION);
}
