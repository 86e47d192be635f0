/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/keeper/keeper.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/control.h"
#include "common/log.h"
#include "common/program.h"
#include "common/reload.h"
#include "common/sandbox.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "common/time_units.h"
#include "nat64d/edge/translator.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/channel.h"
#include "nat64d/keeper/keeper_own.h"
#include "nat64d/keeper/rules.h"
#include "nat64d/keeper/size.h"
#include "nat64d/keeper/snapshot.h"

enum {
    TICK_MS = 1000,
    REQUEST_WAIT_MS = 50, /* for a client of the control socket to have sent its request */
    SNAPSHOT_WAIT_S = 60, /* at a stop */
};

static int open_control(struct keeper *keeper)
{
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    keeper->control_fd = inherit_take(&keeper->inherited, "control");
    if (keeper->control_fd >= 0)
        return 0;
    snprintf(path, sizeof(path), "%s/nat64d/control", keeper->in_force.file->state_dir);
    /* We hold the lock, so whoever still listens is a translator that is about to end. */
    unlink(path);
    int r = control_listen(path, keeper->identity.gid, &keeper->control_fd);
    if (r < 0)
        log_error("control", "cannot listen on %s: %s; choose another state-dir", path, strerror(-r));
    return r;
}

static int open_counters(struct keeper *keeper)
{
    size_t len = TRANSLATOR_COUNTERS * sizeof(struct counters);
    int fd = inherit_take(&keeper->inherited, "counters");
    if (fd < 0)
        return mapping_open_memory("gate64-counters", len, &keeper->counters);
    int r = mapping_open(fd, &keeper->counters);
    if (r == 0 && keeper->counters.len >= len) {
        keeper->counters.fd = fd;
        return 0;
    }
    mapping_close(&keeper->counters);
    close(fd);
    return mapping_open_memory("gate64-counters", len, &keeper->counters);
}

/* The configuration with its text, read once. */
static int load(struct keeper *keeper, struct settings *settings)
{
    struct reload reload;
    char error[SETTINGS_ERROR_LEN];
    int r = reload_read(settings, "dns64", &reload, error);
    if (r == 0)
        r = links_read(settings->nat64.tun, &keeper->links);
    if (r == 0)
        r = keeper_settings_make(&keeper->in_force, reload.settings, reload.text, reload.len, NULL,
                                 effective_uplink4(keeper->links), error);
    if (r < 0) {
        log_error("config", "%s", error);
        reload_done(&reload);
    }
    return r;
}

static int set_host_up(struct keeper *keeper)
{
    struct host_plan plan = keeper_plan(keeper, keeper->in_force.effective);
    int r = host_add(keeper->host, &plan);
    return r < 0 ? r : host_prune(keeper->host, &plan);
}

/* The host's set-up is there already when a translator was kept, or died: then it can begin at once, and what
 * somebody may have taken away is looked after once it translates. */
static int begin(struct keeper *keeper)
{
    struct host_plan plan = keeper_plan(keeper, keeper->in_force.effective);
    keeper->host_unseen = host_has(keeper->host, &plan);
    int r = keeper->host_unseen ? 0 : set_host_up(keeper);
    return r < 0 ? r : keeper_start_child(keeper);
}

static int start(struct keeper *keeper, struct settings *settings)
{
    /* NET_ADMIN: the host's set-up; SETUID, SETGID: the translator's user; KILL: to end what has that user;
     * and only where it is needed NET_RAW. */
    static const int kept[] = {CAP_NET_ADMIN, CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_NET_RAW};
    size_t kept_count = sizeof(kept) / sizeof(kept[0]) - !rules_need_raw();
    inherit_load(&keeper->inherited);
    int r = load(keeper, settings);
    if (r == 0)
        r = child_identity_find(settings->user, &keeper->identity);
    if (r < 0)
        return r;
    keeper->lock = inherit_take(&keeper->inherited, "lock");
    keeper->store.lock = inherit_take(&keeper->inherited, "store-lock");
    if (keeper->lock < 0)
        keeper->lock = program_lock("nat64d", settings);
    if (keeper->lock < 0)
        return keeper->lock;
    keeper->signals = service_signals();
    if (keeper->signals < 0)
        return keeper->signals;
    keeper->watch = links_watch();
    if (keeper->watch < 0)
        return keeper->watch;
    keeper->workers = size_workers(settings);
    unsigned shards = size_shards(keeper->workers);
    uint32_t slots = size_slots(settings, shards);
    keeper->shape = (struct state_shape){slots, slots, shards, STATE_HELD};
    r = open_counters(keeper);
    if (r == 0)
        r = keeper_events_open(keeper);
    if (r == 0)
        r = state_store_open(&keeper->store, keeper->in_force.effective, &keeper->shape);
    if (r == 0 && keeper->workers > keeper->store.shape.shards)
        keeper->workers = keeper->store.shape.shards;
    if (r == 0)
        r = host_open(settings->state_dir, &keeper->host);
    if (r == 0)
        r = open_control(keeper);
    if (r == 0)
        r = sandbox_keep(kept, kept_count);
    if (r == 0)
        r = begin(keeper);
    inherit_done(&keeper->inherited);
    return r;
}

/* While there is no translator, whoever asks is told so. Nothing of the request is looked at. */
static void answer_unavailable(const struct keeper *keeper)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Content-Type: application/json\r\n"
                                 "Content-Length: 44\r\n"
                                 "Retry-After: 1\r\n"
                                 "Connection: close\r\n\r\n"
                                 "{\"error\":\"the translator is being started\"}\n";
    char request[4096];
    int fd = accept4(keeper->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    /* Unread bytes would make the close a reset that overtakes the answer. */
    if (poll(&wait, 1, REQUEST_WAIT_MS) > 0 && read(fd, request, sizeof(request)) >= 0 &&
        write(fd, answer, sizeof(answer) - 1) < 0)
        log_debug("control", "a client went away: %s", strerror(errno));
    close(fd);
}

static void obey(struct keeper *keeper, const struct channel_message *message)
{
    switch (message->kind) {
    case CHANNEL_READY: keeper_child_ready(keeper, message); break;
    case CHANNEL_ALIVE:
        service_alive();
        if (message->drained)
            keeper_drop_drained(keeper);
        break;
    case CHANNEL_ASK_RELOAD: keeper_reload_asked(keeper, message); break;
    case CHANNEL_ASK_UPGRADE: keeper_upgrade_asked(keeper); break;
    default: log_warning("translator", "it sent a message of kind %u, which makes no sense", message->kind);
    }
}

static void hear_child(struct keeper *keeper)
{
    struct channel_message message;
    unsigned count;
    /* Its end comes by SIGCHLD. */
    if (channel_receive(keeper->channel, 0, &message, NULL, 0, &count) == 1)
        obey(keeper, &message);
}

/* What was asked during a reload. */
static void obey_asked(struct keeper *keeper)
{
    struct channel_message message = keeper->asked;
    keeper->asked = (struct channel_message){0};
    if (message.kind == CHANNEL_ASK_RELOAD || message.kind == CHANNEL_ASK_UPGRADE)
        obey(keeper, &message);
}

/* Whoever ended: the translator, or the copy for a snapshot. */
static int reap(struct keeper *keeper)
{
    int status, r = 0;
    pid_t pid;
    while (r == 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == keeper->child) {
            r = keeper_child_ended(keeper, status);
        } else if (pid == keeper->snapshot) {
            keeper->snapshot = 0;
            if (snapshot_finish(keeper->in_force.effective->nat64.snapshot, status) == 0)
                log_debug("snapshot", "written");
        }
    }
    return r;
}

static void start_snapshot(struct keeper *keeper)
{
    const char *path = keeper->in_force.effective->nat64.snapshot;
    if (keeper->snapshot == 0 && path[0] != '\0' && keeper->was_ready &&
        snapshot_start(&keeper->identity, keeper->store.fd, path, &keeper->snapshot) < 0)
        keeper->snapshot = 0;
}

static void tick(struct keeper *keeper, uint64_t now_ns)
{
    if (keeper->events_retry_ns != 0 && keeper->events_retry_ns <= now_ns)
        keeper_events_send(keeper);

    enum { S_PER_MINUTE = 60 };
    uint64_t every_ns =
        (uint64_t)keeper->in_force.effective->nat64.snapshot_minutes * S_PER_MINUTE * NS_PER_S;
    if (every_ns == 0 || keeper->snapshot_ns == 0) {
        keeper->snapshot_ns = now_ns;
    } else if (now_ns - keeper->snapshot_ns >= every_ns) {
        keeper->snapshot_ns = now_ns;
        start_snapshot(keeper);
    }
}

/* Milliseconds until the next thing is due. */
static int next_ms(const struct keeper *keeper, uint64_t now_ns)
{
    if (keeper->restart_ns == 0)
        return TICK_MS;
    return keeper->restart_ns <= now_ns ? 0 : (int)((keeper->restart_ns - now_ns) / NS_PER_MS) + 1;
}

/* Until a signal says stop (0), or there is no point in going on. */
static int run(struct keeper *keeper)
{
    for (;;) {
        struct pollfd fds[4] = {
            {.fd = keeper->signals, .events = POLLIN},
            {.fd = keeper->watch, .events = POLLIN},
            {.fd = keeper->channel, .events = POLLIN},
            {.fd = keeper->ready ? -1 : keeper->control_fd, .events = POLLIN},
        };
        int r = 0;
        if (poll(fds, 4, next_ms(keeper, clock_now_ns())) < 0 && errno != EINTR)
            return -errno;
        if (fds[2].revents & POLLIN)
            hear_child(keeper);
        if (r == 0 && fds[0].revents != 0) {
            int number = service_wait(keeper->signals, 0);
            if (number == SIGTERM || number == SIGINT)
                return 0;
            if (number == SIGHUP)
                keeper_reload(keeper);
        }
        if (r == 0)
            obey_asked(keeper);
        if (r == 0)
            r = reap(keeper);
        if (r == 0 && fds[1].revents != 0)
            keeper_follow_uplink(keeper);
        if (r == 0 && fds[3].revents != 0 && !keeper->ready)
            answer_unavailable(keeper);
        uint64_t now_ns = clock_now_ns();
        if (r == 0 && keeper->restart_ns != 0 && keeper->restart_ns <= now_ns)
            r = keeper_start_child(keeper);
        if (r < 0)
            return r;
        tick(keeper, now_ns);
    }
}

/* The last snapshot: of all that the translator has done. */
static void finish_snapshot(struct keeper *keeper)
{
    int status;
    start_snapshot(keeper);
    for (int i = 0; keeper->snapshot != 0 && i < SNAPSHOT_WAIT_S * 100; i++) {
        if (waitpid(keeper->snapshot, &status, WNOHANG) == keeper->snapshot) {
            keeper->snapshot = 0;
            if (snapshot_finish(keeper->in_force.effective->nat64.snapshot, status) == 0)
                log_info("snapshot", "the sessions are in %s", keeper->in_force.effective->nat64.snapshot);
        }
        usleep(10 * 1000);
    }
}

static void stop(struct keeper *keeper)
{
    const struct settings *settings = keeper->in_force.effective;
    /* Also after a start that failed, if it found the sessions of an earlier one. */
    bool keep = settings != NULL && (settings->nat64.keep || keeper->options->keep) &&
                (keeper->was_ready || keeper->store.how != CHANNEL_STATE_FRESH);
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    service_stopping();
    keeper_end_child(keeper, false);
    if (settings != NULL)
        finish_snapshot(keeper);
    if (!keep) {
        struct inherit list;
        if (keeper->host != NULL)
            host_down(keeper->host);
        keeper_list_fds(keeper, &list);
        inherit_forget(&list);
    }
    host_close(keeper->host);
    state_store_close(&keeper->store, !keep);
    for (unsigned i = 0; i < keeper->workers; i++)
        if (keeper->tun_fds[i] >= 0)
            close(keeper->tun_fds[i]);
    for (unsigned i = 0; i < keeper->queues; i++)
        close(keeper->queue_fds[i]);
    if (keeper->control_fd >= 0) {
        snprintf(path, sizeof(path), "%s/nat64d/control", keeper->in_force.file->state_dir);
        unlink(path);
        close(keeper->control_fd);
        snprintf(path, sizeof(path), "%s/nat64d/translator", keeper->in_force.file->state_dir);
        unlink(path);
    }
    mapping_close(&keeper->counters);
    mapping_close(&keeper->rings);
    links_free(keeper->links);
    keeper_settings_done(&keeper->in_force);
    if (keeper->identity.program > 0)
        close(keeper->identity.program);
    int fds[] = {keeper->watch, keeper->signals, keeper->lock};
    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int keeper_run(struct settings *settings, const struct keeper_options *options)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (keeper == NULL)
        return PROGRAM_FAILED;
    keeper->options = options;
    keeper->lock = keeper->signals = keeper->watch = keeper->control_fd = keeper->channel = keeper->alive_fd =
        -1;
    keeper->counters.fd = keeper->rings.fd = -1;
    keeper->started_utc_ns = clock_utc_ns();
    for (unsigned i = 0; i < WORKER_MAX; i++)
        keeper->tun_fds[i] = -1;
    state_store_init(&keeper->store);
    int r = start(keeper, settings);
    settings_file_free(settings);
    if (r == 0)
        r = run(keeper);
    stop(keeper);
    free(keeper);
    return r < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
}
