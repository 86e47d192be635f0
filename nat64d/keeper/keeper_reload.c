/*
 * Another configuration, another program.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 *
 * What a configuration needs of the host is added before the translator goes by it, and what the old one
 * needed is taken away after; if the translator cannot, what was added goes again. So the host always has
 * what the tables in force need.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/program.h"
#include "common/reload.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "common/settings_uplink.h"
#include "common/siphash.h"
#include "common/time_units.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/channel.h"
#include "nat64d/keeper/keeper_own.h"

enum {
    ANSWER_WAIT_MS = 10000, /* for the translator to take a configuration */
    CHECK_WAIT_MS = 10000,  /* for a new program to say that it can read the configuration */
    LAST_WORDS_MS = 100,    /* for the translator to pass an answer on before it ends */
};

static const char other_daemon[] = "dns64";

struct host_plan keeper_plan(const struct keeper *keeper, const struct settings *effective)
{
    return (struct host_plan){effective, keeper->links, keeper->workers, keeper->store.shape.shards};
}

void keeper_settings_done(struct keeper_settings *settings)
{
    settings_file_free(settings->file);
    settings_file_free(settings->effective);
    free(settings->text);
    free(settings->drains);
    *settings = (struct keeper_settings){0};
}

int keeper_settings_make(struct keeper_settings *made, struct settings *file, char *text, size_t len,
                         const struct settings *old, uint32_t uplink4, char error[SETTINGS_ERROR_LEN])
{
    struct settings *effective = NULL;
    char *drains = NULL;
    int r = settings_file_load_text(text, len, file->file, &effective, error);
    if (r == 0)
        r = effective_resolve(effective, uplink4, error);
    if (r == 0) {
        drains = effective_drains(old != NULL ? old : effective, effective);
        r = drains == NULL ? -ENOMEM : effective_add_drains(effective, drains, strlen(drains));
        if (r < 0)
            snprintf(error, SETTINGS_ERROR_LEN, "the pools that drain: %s", strerror(-r));
    }
    if (r < 0) {
        settings_file_free(effective);
        free(drains);
        return r;
    }
    *made = (struct keeper_settings){
        .file = file,
        .effective = effective,
        .text = text,
        .len = len,
        .drains = drains,
        .hash = siphash13((struct siphash_key){0}, text, len),
        .uplink4 = uplink4,
    };
    return 0;
}

static int send_reload(const struct keeper *keeper, const struct keeper_settings *new)
{
    struct channel_message message = {.kind = CHANNEL_RELOAD, .uplink4 = new->uplink4, .hash = new->hash};
    strcpy(message.name, new->file->file);
    int fds[2] = {channel_text("settings", new->text, new->len), -1};
    int r = fds[0] < 0 ? fds[0] : 0;
    if (r == 0) {
        fds[1] = channel_text("drains", new->drains, strlen(new->drains));
        r = fds[1] < 0 ? fds[1] : channel_send(keeper->channel, &message, fds, 2);
    }
    for (unsigned i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return r;
}

/* What the translator says to it. */
static int wait_reloaded(struct keeper *keeper, char error[SETTINGS_ERROR_LEN])
{
    uint64_t until_ns = clock_now_ns() + ANSWER_WAIT_MS * NS_PER_MS;
    strcpy(error, "the translator does not answer");
    while (clock_now_ns() < until_ns) {
        struct channel_message message;
        unsigned count;
        int r = channel_receive(keeper->channel, ANSWER_WAIT_MS, &message, NULL, 0, &count);
        if (r < 0) {
            strcpy(error, "the translator ended meanwhile");
            return r;
        }
        /* An operator asks meanwhile: one question at a time, and its turn comes after this. */
        if (r == 1 && (message.kind == CHANNEL_ASK_RELOAD || message.kind == CHANNEL_ASK_UPGRADE))
            keeper->asked = message;
        if (r == 0 || message.kind != CHANNEL_RELOADED)
            continue;
        if (message.good && (message.sessions_dropped > 0 || message.bindings_dropped > 0))
            log_info("reload", "%u sessions and %u bindings do not fit the new configuration and were ended",
                     message.sessions_dropped, message.bindings_dropped);
        strcpy(error, message.text);
        return message.good ? 0 : -EINVAL;
    }
    return -ETIMEDOUT;
}

/* A shared address that comes brings other descriptors and a capability: a new translator. When it goes they
 * stay until the next one, which is no reason to make one now. */
static bool needs_new_child(const struct keeper *keeper, const struct keeper_settings *new)
{
    return keeper->child == 0 || !keeper->ready || (keeper->queues == 0 && keeper_has_shared(new->effective));
}

/* What cannot be taken away now is told, and tried again with the next reload. */
static void prune(const struct keeper *keeper, const struct host_plan *plan)
{
    int r = host_prune(keeper->host, plan);
    if (r < 0)
        log_warning("host", "something of an earlier configuration is left: %s; continuing", strerror(-r));
}

/* As it was: what was added goes, what was put in the place of something (rules) is that again. */
static void restore_host(const struct keeper *keeper)
{
    struct host_plan plan = keeper_plan(keeper, keeper->in_force.effective);
    int r = host_add(keeper->host, &plan);
    if (r < 0)
        log_warning("host", "cannot go back to the configuration in force: %s; continuing", strerror(-r));
    prune(keeper, &plan);
}

static void adopt(struct keeper *keeper, struct keeper_settings *new)
{
    struct keeper_settings old = keeper->in_force;
    keeper->in_force = *new;
    keeper_settings_done(&old);
    struct host_plan plan = keeper_plan(keeper, keeper->in_force.effective);
    prune(keeper, &plan);
    log_set_level(keeper->in_force.effective->log.level);
}

/* Puts `new` (taken on success) into force, or changes nothing. */
static int switch_to(struct keeper *keeper, struct keeper_settings *new, char error[SETTINGS_ERROR_LEN])
{
    struct host_plan plan = keeper_plan(keeper, new->effective);
    int r = keeper_events_reserve(keeper, new->effective);
    if (r < 0) {
        snprintf(error, SETTINGS_ERROR_LEN, "no memory for the rings of log.events: %s", strerror(-r));
        return r;
    }
    r = host_add(keeper->host, &plan);
    if (r < 0) {
        snprintf(error, SETTINGS_ERROR_LEN, "the host cannot be set up for it: %s; the log says more",
                 strerror(-r));
        restore_host(keeper);
        return r;
    }
    if (needs_new_child(keeper, new)) {
        keeper->replace = true;
        adopt(keeper, new);
        return 0;
    }
    r = send_reload(keeper, new);
    if (r == 0)
        r = wait_reloaded(keeper, error);
    else
        snprintf(error, SETTINGS_ERROR_LEN, "the translator cannot be told: %s", strerror(-r));
    if (r < 0) {
        restore_host(keeper);
        return r;
    }
    adopt(keeper, new);
    return 0;
}

/* Ends a translator that cannot take the configuration in force; the next one starts with it. */
static void replace_child(struct keeper *keeper)
{
    if (!keeper->replace)
        return;
    keeper->replace = false;
    keeper_end_child(keeper, true);
    keeper->restart_ns = clock_now_ns();
}

/* reload_run's: of the file's settings to the effective ones and into force. */
static int apply(void *context, struct reload *reload, bool check, char error[SETTINGS_ERROR_LEN])
{
    struct keeper *keeper = context;
    struct keeper_settings new = {0};
    int r = keeper_settings_make(&new, reload->settings, reload->text, reload->len,
                                 keeper->in_force.effective, effective_uplink4(keeper->links), error);
    if (r == 0 && !check)
        r = switch_to(keeper, &new, error);
    if (r == 0 && !check) {
        reload->settings = NULL; /* taken */
        reload->text = NULL;
    } else if (r == 0 || new.effective != NULL) {
        new.file = NULL; /* reload's */
        new.text = NULL;
        keeper_settings_done(&new);
    }
    return r;
}

static int run(struct keeper *keeper, const struct reload_order *order, struct reload_outcome *ret_outcome)
{
    struct reload_target target = {keeper->in_force.file, other_daemon, apply, keeper};
    service_reloading();
    int r = reload_run(&target, order, ret_outcome);
    service_ready("translating");
    if (r < 0) {
        log_error("reload", "%s; nothing was changed", ret_outcome->text);
    } else if (!order->check) {
        log_info("reload", "%s", ret_outcome->text);
        program_advise(keeper->in_force.file);
    }
    return r;
}

void keeper_reload(struct keeper *keeper)
{
    struct reload_order order = {0};
    struct reload_outcome outcome;
    run(keeper, &order, &outcome);
    keeper_events_send(keeper);
    replace_child(keeper);
}

void keeper_reload_asked(struct keeper *keeper, const struct channel_message *question)
{
    struct reload_order order = {
        .check = question->check, .hashed = question->changed, .hash = question->hash};
    struct reload_outcome outcome = {0};
    struct channel_message answer = {.kind = CHANNEL_ANSWER};
    answer.good = run(keeper, &order, &outcome) == 0;
    answer.hash = outcome.hash;
    answer.changed = outcome.changed;
    strcpy(answer.text, outcome.text);
    if (!order.check)
        keeper_events_send(keeper);
    if (keeper->channel >= 0 && channel_send(keeper->channel, &answer, NULL, 0) == 0 && keeper->replace)
        usleep(LAST_WORDS_MS * 1000);
    replace_child(keeper);
}

/* The same file again, with what is true of the host now and without pools that are empty. */
static void make_anew(struct keeper *keeper, const struct settings *old, const char *why)
{
    struct reload reload = {0};
    struct keeper_settings new = {0};
    char error[SETTINGS_ERROR_LEN];
    const struct keeper_settings *in_force = &keeper->in_force;
    char *text = malloc(in_force->len + 1);
    int r = -ENOMEM;
    strcpy(error, "out of memory");
    if (text != NULL) {
        memcpy(text, in_force->text, in_force->len);
        r = settings_file_load_text(text, in_force->len, in_force->file->file, &reload.settings, error);
    }
    if (r == 0)
        r = keeper_settings_make(&new, reload.settings, text, in_force->len, old,
                                 effective_uplink4(keeper->links), error);
    if (r == 0)
        r = switch_to(keeper, &new, error);
    replace_child(keeper);
    if (r == 0) {
        log_info("reload", "%s", why);
        return;
    }
    log_error("reload", "%s: %s; continuing with what was", why, error);
    if (new.effective != NULL) {
        keeper_settings_done(&new);
    } else {
        settings_file_free(reload.settings);
        free(text);
    }
}

void keeper_follow_uplink(struct keeper *keeper)
{
    struct links *links;
    char why[128], address[ADDR_TEXT_LEN];
    if (!links_changed(keeper->watch))
        return;
    int r = links_read(keeper->in_force.effective->nat64.tun, &links);
    if (r < 0) {
        log_warning("links", "cannot read this host's addresses: %s; continuing with what was known",
                    strerror(-r));
        return;
    }
    links_free(keeper->links);
    keeper->links = links;
    uint32_t uplink4 = effective_uplink4(links);
    if (uplink4 == keeper->in_force.uplink4 || uplink4 == 0 || !settings_uplink_wanted(keeper->in_force.file))
        return;
    snprintf(why, sizeof(why), "the address of the uplink is %s now", addr_print4(uplink4, address));
    make_anew(keeper, keeper->in_force.effective, why);
}

void keeper_drop_drained(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->in_force.effective->pools_count; i++)
        if (keeper->in_force.effective->pools[i].drain) {
            make_anew(keeper, NULL, "the pools that were taken out of the file have no binding left");
            return;
        }
}

/* Whether the program that lies at our path now can read the configuration. */
static int check_program(const struct keeper *keeper, const char *path)
{
    const char *file = keeper->in_force.file->file;
    char name[] = "nat64d", test[] = "-T", option[] = "-c";
    char *with_file[] = {name, test, option, (char *)file, NULL}, *without[] = {name, test, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0, waited_ms = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
    int r = -posix_spawn(&pid, path, &actions, NULL, file[0] != '\0' ? with_file : without, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (r < 0)
        return r;
    while (waited_ms < CHECK_WAIT_MS && waitpid(pid, &status, WNOHANG) == 0) {
        usleep(1000);
        waited_ms++;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && waited_ms < CHECK_WAIT_MS ? 0 : -EINVAL;
}

/* The path that this program was started from: what lies there now may be another. */
static int own_path(char path[SETTINGS_PATH_LEN])
{
    static const char deleted[] = " (deleted)";
    ssize_t len = readlink("/proc/self/exe", path, SETTINGS_PATH_LEN - 1);
    if (len < 0)
        return -errno;
    path[len] = '\0';
    char *end = strstr(path, deleted);
    if (end != NULL && end[sizeof(deleted) - 1] == '\0')
        *end = '\0';
    return 0;
}

static void answer_upgrade(const struct keeper *keeper, bool good, const char *text)
{
    struct channel_message answer = {.kind = CHANNEL_ANSWER, .good = good};
    snprintf(answer.text, sizeof(answer.text), "%s", text);
    channel_send(keeper->channel, &answer, NULL, 0);
}

void keeper_upgrade_asked(struct keeper *keeper)
{
    char path[SETTINGS_PATH_LEN];
    struct inherit list;
    int r = own_path(path);
    if (r == 0)
        r = check_program(keeper, path);
    if (r < 0) {
        log_error("upgrade", "%s -T did not succeed; going on with the program that runs", path);
        answer_upgrade(keeper, false, "the new program does not accept the configuration (nat64d -T)");
        return;
    }
    log_info("upgrade", "%s takes over", path);
    answer_upgrade(keeper, true, "the new program takes over");
    usleep(LAST_WORDS_MS * 1000);
    keeper_end_child(keeper, true);
    keeper_list_fds(keeper, &list);
    inherit_add(&list, "control", keeper->control_fd);
    inherit_add(&list, "lock", keeper->lock);
    inherit_add(&list, "store-lock", keeper->store.lock);
    r = inherit_exec(&list, path, keeper->options->argv);
    log_error("upgrade", "cannot run %s: %s; going on with the program that runs", path, strerror(-r));
    keeper->restart_ns = clock_now_ns();
}
