/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/translate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/program.h"
#include "common/sandbox.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "common/time_units.h"
#include "nat64d/control.h"
#include "nat64d/edge/ports.h"
#include "nat64d/edge/translator.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/channel.h"

const char translate_argument[] = "--translator";

enum {
    LOOK_MS = 1000, /* how often ports, pools and the host's network are looked at */
};

struct process {
    int signals, watch;
    bool ports_failed; /* said once */
    struct settings *settings;
    char *printed;
    struct links *links;
    struct channel_message start;
    int fds[CHANNEL_FDS_MAX];
    unsigned fds_count;
    struct translator *translator;
    struct ask *ask;
    struct trace_reader *traces;
    struct control_target target;
    struct control *control;
};

/* Ends with the keeper: PDEATHSIG is lost by a change of user, so it is set here, and the keeper may have
 * gone before. */
static int tie_to_parent(int parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -errno;
    return getppid() == parent ? 0 : -ESRCH;
}

/* The text in a descriptor of the message. */
static int read_text(int fd, char **ret_text, size_t *ret_len)
{
    struct mapping mapping;
    int r = mapping_open_private(fd, &mapping);
    if (r == -ENODATA) { /* an empty file cannot be mapped */
        *ret_text = calloc(1, 1);
        *ret_len = 0;
        return *ret_text == NULL ? -ENOMEM : 0;
    }
    if (r < 0)
        return r;
    *ret_text = malloc(mapping.len);
    *ret_len = mapping.len;
    if (*ret_text != NULL)
        memcpy(*ret_text, mapping.base, mapping.len);
    mapping_close(&mapping);
    return *ret_text == NULL ? -ENOMEM : 0;
}

/* The effective configuration, and the file's as it is printed; the keeper has checked it before. */
static int load_settings(const struct channel_message *message, int settings_fd, int drains_fd,
                         struct settings **ret_settings, char **ret_printed, char error[SETTINGS_ERROR_LEN])
{
    char *text = NULL, *drains = NULL, *printed = NULL;
    size_t len, drains_len;
    struct settings *settings = NULL;
    strcpy(error, "out of memory");
    int r = read_text(settings_fd, &text, &len);
    if (r == 0)
        r = read_text(drains_fd, &drains, &drains_len);
    if (r == 0)
        r = settings_file_load_text(text, len, message->name, &settings, error);
    if (r == 0 && (printed = settings_file_show(settings)) == NULL)
        r = -ENOMEM;
    if (r == 0)
        r = effective_resolve(settings, message->uplink4, error);
    if (r == 0 && drains_len > 0)
        r = effective_add_drains(settings, drains, drains_len);
    free(text);
    free(drains);
    if (r < 0) {
        settings_file_free(settings);
        free(printed);
        return r;
    }
    *ret_settings = settings;
    *ret_printed = printed;
    return 0;
}

static int receive_start(struct process *process)
{
    enum { START_WAIT_MS = 10000 };
    char error[SETTINGS_ERROR_LEN];
    int r = channel_receive(TRANSLATE_FD, START_WAIT_MS, &process->start, process->fds, CHANNEL_FDS_MAX,
                            &process->fds_count);
    if (r <= 0)
        return r == 0 ? -ETIMEDOUT : r;
    const struct channel_message *start = &process->start;
    if (start->kind != CHANNEL_START ||
        process->fds_count != CHANNEL_FD_TUN + start->workers + start->queues ||
        (start->queues != 0 && start->queues != 2 * start->workers))
        return -EBADMSG;
    r = load_settings(start, process->fds[CHANNEL_FD_SETTINGS], process->fds[CHANNEL_FD_DRAINS],
                      &process->settings, &process->printed, error);
    if (r < 0) {
        log_error("config", "%s", error);
        return r;
    }
    log_open("nat64d", process->settings->log.level,
             start->foreground ? LOG_SINK_STDERR : process->settings->log.sink);
    return 0;
}

static int start_translator(struct process *process, struct recover_count *ret_count)
{
    const struct channel_message *start = &process->start;
    struct translator_input input = {
        .settings = process->settings,
        .printed = process->printed,
        .settings_hash = start->hash,
        .links = process->links,
        .state_fd = process->fds[CHANNEL_FD_STATE],
        .old_state_fd = start->state == CHANNEL_STATE_COPY ? process->fds[CHANNEL_FD_OLD_STATE] : -1,
        .fresh = start->state == CHANNEL_STATE_FRESH,
        .shape = {start->sessions, start->sessions, start->shards, STATE_HELD},
        .counters_fd = process->fds[CHANNEL_FD_COUNTERS],
        .rings_fd = process->fds[CHANNEL_FD_EVENTS],
        .workers = start->workers,
        .tun_fds = process->fds + CHANNEL_FD_TUN,
        .queue_fds = start->queues > 0 ? process->fds + CHANNEL_FD_TUN + start->workers : NULL,
    };
    process->settings = NULL; /* the translator's from here on */
    process->printed = NULL;
    return translator_new(&input, ret_count, &process->translator);
}

static int start_control(struct process *process)
{
    int r = ask_new(TRANSLATE_FD, &process->ask);
    if (r < 0)
        return r;
    r = trace_reader_new(process->translator->traces, &process->traces);
    if (r < 0)
        return r;
    process->target = (struct control_target){process->translator, process->ask, process->traces,
                                              process->start.started_utc_ns};
    control_routes_init();
    return control_start_on(process->fds[CHANNEL_FD_CONTROL], control_routes, &process->target,
                            &process->control);
}

static int tell_ready(const struct process *process, const struct recover_count *count)
{
    struct channel_message message = {
        .kind = CHANNEL_READY,
        .sessions_kept = count->sessions,
        .bindings_kept = count->bindings,
        .sessions_dropped = count->sessions_dropped,
        .bindings_dropped = count->bindings_dropped,
    };
    (void)process;
    return channel_send(TRANSLATE_FD, &message, NULL, 0);
}

/* Ports that the host has bound are looked up before the first packet. */
static void look_at_ports(struct process *process)
{
    int r = ports_look(&process->translator->tables->shared);
    if (r < 0 && !process->ports_failed)
        log_warning("ports",
                    "cannot see which ports programs of this host have bound: %s; continuing, with those "
                    "known before",
                    strerror(-r));
    process->ports_failed = r < 0;
}

static int start(struct process *process, int parent)
{
    struct recover_count count;
    int r = tie_to_parent(parent);
    if (r == 0)
        r = sandbox_restrict(NULL, 0);
    if (r == 0)
        r = process->signals = service_signals();
    if (r >= 0)
        r = receive_start(process);
    if (r >= 0)
        r = process->watch = links_watch();
    if (r >= 0)
        r = links_read(process->settings->nat64.tun, &process->links);
    if (r >= 0)
        r = start_translator(process, &count);
    if (r >= 0)
        r = tell_ready(process, &count);
    if (r < 0)
        return r;
    look_at_ports(process);
    return start_control(process);
}

/* New addresses or routes: the workers get a new picture of them. */
static void follow_network(struct process *process)
{
    struct links *links;
    if (!links_changed(process->watch))
        return;
    int r = links_read(process->translator->settings->nat64.tun, &links);
    if (r == 0)
        r = translator_network_changed(process->translator, links);
    if (r < 0) {
        log_warning("links",
                    "cannot follow a change of this host's network: %s; continuing with what was known",
                    strerror(-r));
        return;
    }
    links_free(process->links);
    process->links = links;
}

static void refuse(const char *why)
{
    struct channel_message answer = {.kind = CHANNEL_RELOADED};
    snprintf(answer.text, sizeof(answer.text), "%s", why);
    channel_send(TRANSLATE_FD, &answer, NULL, 0);
}

static int reload(struct process *process, const struct channel_message *message, const int fds[2])
{
    struct settings *settings;
    struct recover_count count;
    char *printed, error[SETTINGS_ERROR_LEN];
    int r = load_settings(message, fds[0], fds[1], &settings, &printed, error);
    if (r < 0) {
        refuse(error);
        return 0;
    }
    enum log_level level = settings->log.level;
    r = translator_reload(process->translator, settings, printed, message->hash, process->links, &count);
    if (r < 0) {
        settings_file_free(settings);
        free(printed);
        refuse(strerror(-r));
        return r == -ENOTRECOVERABLE ? r : 0;
    }
    log_set_level(level);
    look_at_ports(process);
    struct channel_message answer = {
        .kind = CHANNEL_RELOADED,
        .good = true,
        .sessions_kept = count.sessions,
        .bindings_kept = count.bindings,
        .sessions_dropped = count.sessions_dropped,
        .bindings_dropped = count.bindings_dropped,
    };
    return channel_send(TRANSLATE_FD, &answer, NULL, 0);
}

/* One message of the keeper. */
static int obey(struct process *process, const struct channel_message *message, int *fds, unsigned *fds_count)
{
    switch (message->kind) {
    case CHANNEL_EVENTS:
        translator_event_file(process->translator, *fds_count > 0 ? fds[0] : -1);
        *fds_count -= *fds_count > 0; /* taken */
        return 0;
    case CHANNEL_RELOAD: return *fds_count == 2 ? reload(process, message, fds) : -EBADMSG;
    case CHANNEL_ANSWER: ask_answered(process->ask, message); return 0;
    }
    return -EBADMSG;
}

static int listen_to_keeper(struct process *process)
{
    struct channel_message message;
    int fds[2];
    unsigned fds_count = 0;
    int r = channel_receive(TRANSLATE_FD, 0, &message, fds, 2, &fds_count);
    if (r == 1)
        r = obey(process, &message, fds, &fds_count);
    while (fds_count > 0)
        close(fds[--fds_count]);
    return r;
}

/* What is due once a second. */
static int look_around(struct process *process)
{
    struct translator *translator = process->translator;
    struct channel_message alive = {.kind = CHANNEL_ALIVE};
    bool drained;
    look_at_ports(process);
    pthread_mutex_lock(&translator->mutex);
    pool_watch_look(translator->watch, &translator->tables->shared,
                    settings_has_events(translator->settings) ? translator->rings[0] : NULL);
    pthread_mutex_unlock(&translator->mutex);
    alive.drained = translator_drains(translator, &drained) && drained;
    return channel_send(TRANSLATE_FD, &alive, NULL, 0);
}

/* Waits for a signal, the keeper or a change of the network, at most until `due_ns`. */
static void wait_for_work(const struct process *process, uint64_t due_ns)
{
    struct pollfd fds[] = {{.fd = process->signals, .events = POLLIN},
                           {.fd = TRANSLATE_FD, .events = POLLIN},
                           {.fd = process->watch, .events = POLLIN}};
    uint64_t now_ns = clock_now_ns();
    poll(fds, sizeof(fds) / sizeof(fds[0]), due_ns > now_ns ? (int)((due_ns - now_ns) / NS_PER_MS) + 1 : 0);
}

/* Until a signal says stop (0), the device is gone (-EBADFD) or the keeper does not answer. */
static int run(struct process *process)
{
    uint64_t due_ns = 0;
    for (;;) {
        int number = service_wait(process->signals, 0), r = 0;
        if (number == SIGTERM || number == SIGINT)
            return 0;
        if (worker_failure(process->translator->workers) != 0)
            return -EBADFD;
        follow_network(process);
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= due_ns) {
            r = look_around(process);
            due_ns = now_ns + LOOK_MS * NS_PER_MS;
        }
        if (r == 0)
            r = listen_to_keeper(process);
        if (r < 0)
            return r;
        wait_for_work(process, due_ns);
    }
}

static void stop(struct process *process)
{
    control_stop(process->control);
    trace_reader_free(process->traces);
    translator_free(process->translator);
    ask_free(process->ask);
    links_free(process->links);
    settings_file_free(process->settings);
    free(process->printed);
    while (process->fds_count > 0)
        close(process->fds[--process->fds_count]);
}

int translate_run(int parent)
{
    struct process process = {.signals = -1, .watch = -1};
    int status = PROGRAM_GOOD;
    int r = start(&process, parent);
    if (r < 0) {
        log_error("translator", "cannot start: %s", strerror(-r));
        status = r == -EBADMSG ? TRANSLATE_BAD_STATE : PROGRAM_FAILED;
    } else {
        r = run(&process);
        if (r < 0)
            status = r == -EBADFD ? TRANSLATE_QUEUE_LOST : PROGRAM_FAILED;
    }
    stop(&process);
    return status;
}
