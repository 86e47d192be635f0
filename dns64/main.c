/*
 * dns64: the DNS64 daemon. What happens at start, and nothing else.
 *
 * Layer: edge
 * Specification: man/dns64.8
 */
#include <linux/capability.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/links.h"
#include "common/log.h"
#include "common/program.h"
#include "common/sandbox.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "config.h"
#include "dns64/control.h"
#include "dns64/edge/opener.h"

struct daemon {
    struct settings *settings;
    struct server *server;
    struct control *control;
    int lock, signals, network, opener;
};

static int start(struct daemon *daemon)
{
    static const int kept[] = {CAP_NET_BIND_SERVICE}; /* to listen anew when the configuration changes */
    /* The control socket's name, with its owner and mode. */
    static const int calls[] = {SCMP_SYS(chmod),    SCMP_SYS(chown),    SCMP_SYS(unlink),
                                SCMP_SYS(fchmodat), SCMP_SYS(fchownat), SCMP_SYS(unlinkat)};
    control_routes_init();
    daemon->lock = program_lock("dns64", daemon->settings);
    if (daemon->lock < 0)
        return daemon->lock;
    daemon->signals = service_signals();
    if (daemon->signals < 0)
        return daemon->signals;
    daemon->opener = opener_start(daemon->settings->file);
    if (daemon->opener < 0) {
        log_error("service", "cannot start a process: %s", strerror(-daemon->opener));
        return daemon->opener;
    }
    daemon->network = links_watch(); /* before it is read, so that no change falls between */
    if (daemon->network < 0)
        log_warning("links", "cannot watch this host's network: %s; continuing without following it",
                    strerror(-daemon->network));
    int r = server_new(&daemon->settings, daemon->opener, &daemon->server);
    if (r == 0)
        r = sandbox_keep(kept, sizeof(kept) / sizeof(kept[0]));
    if (r == 0)
        r = sandbox_restrict(calls, sizeof(calls) / sizeof(calls[0]));
    if (r == 0) {
        server_open_log(daemon->server);
        r = worker_run(daemon->server->group);
    }
    if (r == 0)
        r = program_control("dns64", daemon->server->rules->settings, control_routes, daemon->server,
                            &daemon->control);
    return r;
}

/* False: the end. */
static bool take_signal(struct daemon *daemon)
{
    static const struct reload_order all;
    struct reload_outcome outcome;
    int number = service_wait(daemon->signals, 0);
    if (number == SIGHUP)
        server_reload(daemon->server, &all, &outcome);
    return number != SIGTERM && number != SIGINT;
}

/* One change of the network is many messages: what comes within a while is followed once. */
static void run(struct daemon *daemon)
{
    enum { SETTLE_MS = 1000 };
    struct names_server *names = daemon->server->names;
    struct pollfd wait[] = {{.fd = daemon->signals, .events = POLLIN},
                            {.fd = daemon->network, .events = POLLIN},
                            {.fd = names_server_fd(names), .events = POLLIN}};
    bool changed = false;
    service_ready("answering");
    log_info("service", "dns64 %s answers", PACKAGE_VERSION);
    do {
        wait[1].fd = changed ? -1 : daemon->network;
        int count = poll(wait, sizeof(wait) / sizeof(wait[0]), changed ? SETTLE_MS : -1);
        if (changed && count == 0) {
            links_changed(daemon->network);
            server_follow_network(daemon->server);
            changed = false;
        } else if (count > 0 && wait[1].revents != 0) {
            changed = true;
        }
        if (count > 0 && wait[2].revents != 0)
            names_server_serve(names);
    } while (take_signal(daemon));
    service_stopping();
}

static void stop(struct daemon *daemon)
{
    control_stop(daemon->control);
    server_free(daemon->server);
    if (daemon->network >= 0)
        close(daemon->network);
    if (daemon->signals >= 0)
        close(daemon->signals);
    if (daemon->opener >= 0)
        close(daemon->opener);
    if (daemon->lock >= 0)
        close(daemon->lock);
    settings_file_free(daemon->settings);
}

int main(int argc, char *argv[])
{
    struct daemon daemon = {.lock = -1, .signals = -1, .network = -1, .opener = -1};
    struct program_order order;
    int status = program_begin("dns64", argc, argv, false, &order, &daemon.settings);
    if (status >= 0)
        return status;
    status = start(&daemon) < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
    if (status == PROGRAM_GOOD)
        run(&daemon);
    stop(&daemon);
    return status;
}
