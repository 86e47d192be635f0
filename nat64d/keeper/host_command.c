/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/keeper/host_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/links.h"
#include "common/log.h"
#include "common/program.h"
#include "common/settings_file.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/host.h"
#include "nat64d/keeper/size.h"
#include "nat64d/keeper/state_store.h"

static int open_alone(const struct settings *settings, int *ret_lock, struct host **ret_host)
{
    *ret_lock = program_lock("nat64d", settings);
    if (*ret_lock < 0)
        return *ret_lock;
    return host_open(settings->state_dir, ret_host);
}

static int set_up(const struct settings *settings, const struct links *links)
{
    unsigned workers = size_workers(settings);
    struct host_plan plan = {settings, links, workers, size_shards(workers)};
    struct host *host = NULL;
    int lock = -1;
    int r = open_alone(settings, &lock, &host);
    if (r == 0)
        r = host_add(host, &plan);
    if (r == 0)
        r = host_prune(host, &plan);
    host_close(host);
    if (lock >= 0)
        close(lock);
    return r;
}

int host_command_up(struct settings *settings)
{
    struct links *links = NULL;
    char error[SETTINGS_ERROR_LEN];
    int r = links_read(settings->nat64.tun, &links);
    if (r < 0) {
        log_error("links", "cannot read this host's addresses and routes: %s", strerror(-r));
    } else {
        r = effective_resolve(settings, effective_uplink4(links), error);
        if (r < 0)
            log_error("config", "%s", error);
    }
    if (r == 0)
        r = set_up(settings, links);
    links_free(links);
    settings_file_free(settings);
    return r < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
}

/* What a nat64d that was killed left in its folders. */
static void remove_files(const struct settings *settings)
{
    static const char *const names[] = {"control", "translator"};
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    state_store_remove(settings);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/nat64d/%s", settings->state_dir, names[i]);
        unlink(path);
    }
}

int host_command_down(struct settings *settings)
{
    struct host *host = NULL;
    int lock = -1;
    int r = open_alone(settings, &lock, &host);
    if (r == 0)
        r = host_down(host);
    host_close(host);
    if (r == 0)
        remove_files(settings);
    if (lock >= 0)
        close(lock);
    settings_file_free(settings);
    return r < 0 ? PROGRAM_FAILED : PROGRAM_GOOD;
}
