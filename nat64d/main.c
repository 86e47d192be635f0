/*
 * nat64d: the translator daemon. What happens at start, and nothing else.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/pref64.h"
#include "common/program.h"
#include "common/sandbox.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "config.h"
#include "nat64d/control.h"
#include "nat64d/edge/translator.h"
#include "nat64d/edge/tun.h"
#include "nat64d/keeper/host.h"

enum {
    WATCH_MS = 1000, /* how often changes of the host's network are looked for */
};

struct daemon {
    struct settings *settings;
    struct links *links;
    struct host *host;
    struct translator *translator;
    struct control *control;
    int lock, signals, watch;
    int queues[WORKER_MAX];
    unsigned queues_count;
};

static int check_settings(const struct settings *settings)
{
    if (settings->pools_count > 0)
        return 0;
    log_error("config",
              "%s: no pools; name at least one IPv4 address that is routed to this gateway, such as "
              "pools = ( { name = \"main\", address = \"192.0.2.1\" } )",
              settings->file[0] != '\0' ? settings->file : SYSCONFDIR "/gate64/gate64.conf (not there)");
    return -EINVAL;
}

/* RFC 6052 3.1: what the operator opened is said at every start. */
static void tell_opened_ranges(const struct settings *settings)
{
    char prefix[ADDR_TEXT_LEN], range[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *pref64 = &settings->pref64[i];
        bool well_known = pref64_is_well_known(&pref64->prefix);
        for (size_t k = 0; k < pref64->allow4_count; k++)
            log_line(well_known ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "config",
                     "%s may be reached through %s%s", addr_print_prefix4(&pref64->allow4[k], range),
                     addr_print_prefix6(&pref64->prefix, prefix),
                     well_known ? ", although RFC 6052 3.1 keeps the well-known prefix to global addresses; "
                                  "64:ff9b:1::/48 is meant for this"
                                : "");
    }
}

static int start_network(struct daemon *daemon)
{
    struct tun_offloads offloads;
    const char *tun = daemon->settings->nat64.tun;
    int r = links_read(tun, &daemon->links);
    if (r < 0) {
        log_error("links", "cannot read this host's addresses and routes: %s", strerror(-r));
        return r;
    }
    r = translator_new(daemon->settings, daemon->links, &daemon->translator);
    if (r < 0)
        return r;
    unsigned workers = translator_workers(daemon->settings);
    r = tun_open(tun, workers, daemon->queues, &offloads);
    if (r < 0)
        return r;
    daemon->queues_count = workers;
    r = host_up(daemon->settings, daemon->links, &daemon->host);
    if (r < 0)
        return r;
    log_info("tun", "device %s with %u queue%s, segmentation offload for %s", tun, workers,
             workers == 1 ? "" : "s", offloads.uso ? "TCP and UDP" : "TCP (UDP needs Linux 6.2)");
    return translator_start(daemon->translator, daemon->links, daemon->queues);
}

static int start(struct daemon *daemon)
{
    static const int kept[] = {CAP_NET_ADMIN}; /* for the teardown of routes and neighbours */
    int r = check_settings(daemon->settings);
    if (r < 0)
        return r;
    tell_opened_ranges(daemon->settings);
    control_routes_init();
    daemon->lock = program_lock("nat64d", daemon->settings);
    if (daemon->lock < 0)
        return daemon->lock;
    daemon->signals = service_signals();
    if (daemon->signals < 0)
        return daemon->signals;
    daemon->watch = links_watch();
    if (daemon->watch < 0)
        return daemon->watch;
    r = start_network(daemon);
    if (r == 0)
        r = program_control("nat64d", daemon->settings, control_routes, daemon->translator, &daemon->control);
    if (r == 0)
        r = sandbox_keep(kept, sizeof(kept) / sizeof(kept[0]));
    return r;
}

/* New addresses or routes: the workers get a new picture of them. */
static void follow_network(struct daemon *daemon)
{
    struct links *links;
    if (!links_changed(daemon->watch))
        return;
    int r = links_read(daemon->settings->nat64.tun, &links);
    if (r == 0)
        r = translator_network_changed(daemon->translator, links);
    if (r < 0) {
        log_warning("links",
                    "cannot follow a change of this host's network: %s; continuing with what was known",
                    strerror(-r));
        return;
    }
    links_free(daemon->links);
    daemon->links = links;
}

/* Until a signal says stop (0), or the device is gone (negative errno). */
static int run(struct daemon *daemon)
{
    int failure = 0;
    service_ready("translating");
    log_info("service", "nat64d %s translates", PACKAGE_VERSION);
    while (failure == 0) {
        int number = service_wait(daemon->signals, WATCH_MS);
        if (number == SIGTERM || number == SIGINT)
            break;
        follow_network(daemon);
        failure = worker_failure(daemon->translator->workers);
    }
    if (failure != 0)
        log_error("tun", "device %s cannot be read any more: %s; it was removed, start nat64d again",
                  daemon->settings->nat64.tun, strerror(failure));
    service_stopping();
    return -failure;
}

static void stop(struct daemon *daemon)
{
    control_stop(daemon->control);
    translator_free(daemon->translator);
    host_down(daemon->host);
    while (daemon->queues_count > 0)
        close(daemon->queues[--daemon->queues_count]);
    links_free(daemon->links);
    if (daemon->watch >= 0)
        close(daemon->watch);
    if (daemon->signals >= 0)
        close(daemon->signals);
    if (daemon->lock >= 0)
        close(daemon->lock);
    settings_file_free(daemon->settings);
}

int main(int argc, char *argv[])
{
    struct daemon daemon = {.lock = -1, .signals = -1, .watch = -1};
    int status = program_begin("nat64d", argc, argv, &daemon.settings);
    if (status >= 0)
        return status;
    status = start(&daemon) < 0 || run(&daemon) < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
    stop(&daemon);
    return status;
}
