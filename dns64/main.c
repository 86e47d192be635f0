/*
 * dns64: the DNS64 daemon. What happens at start, and nothing else.
 *
 * Layer: edge
 * Specification: man/dns64.8
 */
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/program.h"
#include "common/sandbox.h"
#include "common/service.h"
#include "common/settings_file.h"
#include "config.h"
#include "dns64/control.h"

struct daemon {
    struct settings *settings;
    struct links *links;
    struct server *server;
    struct control *control;
    int lock, signals;
};

static int start(struct daemon *daemon)
{
    static const int kept[] = {CAP_NET_BIND_SERVICE}; /* to listen anew when the configuration changes */
    control_routes_init();
    daemon->lock = program_lock("dns64", daemon->settings);
    if (daemon->lock < 0)
        return daemon->lock;
    daemon->signals = service_signals();
    if (daemon->signals < 0)
        return daemon->signals;
    int r = links_read(NULL, &daemon->links);
    if (r < 0) {
        log_error("links", "cannot read this host's addresses: %s", strerror(-r));
        return r;
    }
    r = server_new(daemon->settings, daemon->links, &daemon->server);
    if (r == 0)
        r = sandbox_keep(kept, sizeof(kept) / sizeof(kept[0]));
    if (r == 0)
        r = worker_run(daemon->server->group);
    if (r == 0)
        r = program_control("dns64", daemon->settings, control_routes, daemon->server, &daemon->control);
    return r;
}

static void run(struct daemon *daemon)
{
    int number;
    service_ready("answering");
    log_info("service", "dns64 %s answers", PACKAGE_VERSION);
    do
        number = service_wait(daemon->signals, -1);
    while (number != SIGTERM && number != SIGINT);
    service_stopping();
}

static void stop(struct daemon *daemon)
{
    control_stop(daemon->control);
    server_free(daemon->server);
    links_free(daemon->links);
    if (daemon->signals >= 0)
        close(daemon->signals);
    if (daemon->lock >= 0)
        close(daemon->lock);
    settings_file_free(daemon->settings);
}

int main(int argc, char *argv[])
{
    struct daemon daemon = {.lock = -1, .signals = -1};
    int status = program_begin("dns64", argc, argv, &daemon.settings);
    if (status >= 0)
        return status;
    status = start(&daemon) < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
    if (status == PROGRAM_GOOD)
        run(&daemon);
    stop(&daemon);
    return status;
}
