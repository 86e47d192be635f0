/*
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst
 */
#include "nat64d/keeper/host.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nat64d/keeper/netlink.h"
#include "nat64d/keeper/plan.h"
#include "nat64d/keeper/record_file.h"
#include "nat64d/keeper/sysctl.h"
#include "nat64d/keeper/verb.h"

enum { FOLDER_LEN = 300 };

struct host {
    struct netlink *netlink;
    struct record_file *record;
};

/* Set at the end of host_add and never undone. */
static const char *const forwarding[] = {"ipv4/ip_forward", "ipv6/conf/all/forwarding"};
enum { FORWARDING_COUNT = sizeof(forwarding) / sizeof(forwarding[0]) };

int host_open(const char *state_dir, struct host **ret_host)
{
    char folder[FOLDER_LEN];
    struct host *host = calloc(1, sizeof(*host));
    if (host == NULL)
        return -ENOMEM;
    snprintf(folder, sizeof(folder), "%s/nat64d", state_dir);
    int r = record_file_open(folder, &host->record);
    if (r == 0) {
        r = netlink_open(&host->netlink);
        if (r < 0)
            log_error("host", "cannot open a netlink socket: %s; allow AF_NETLINK", strerror(-r));
    }
    if (r < 0) {
        host_close(host);
        return r;
    }
    *ret_host = host;
    return 0;
}

void host_close(struct host *host)
{
    if (host == NULL)
        return;
    netlink_close(host->netlink);
    record_file_close(host->record);
    free(host);
}

static bool forwards(void)
{
    for (unsigned i = 0; i < FORWARDING_COUNT; i++) {
        int value, r = sysctl_read(forwarding[i], &value);
        if (r != -ENOENT && (r < 0 || value == 0))
            return false;
    }
    return true;
}

static int enable_forwarding(void)
{
    for (unsigned i = 0; i < FORWARDING_COUNT; i++) {
        int r = sysctl_ensure(forwarding[i], 1);
        if (r < 0 && r != -ENOENT) {
            log_error("host", "cannot turn on forwarding: net/%s: %s; set it to 1 by sysctl", forwarding[i],
                      strerror(-r));
            return r;
        }
    }
    return 0;
}

bool host_has(const struct host *host, const struct host_plan *wanted)
{
    struct plan plan;
    bool has = false;
    if (plan_init(&plan, wanted, host->record) < 0)
        goto out;
    for (size_t i = 0; i < plan.count; i++) {
        const struct record_entry *kept = record_file_find(host->record, &plan.entries[i]);
        if (kept == NULL || !kept->done || strcmp(kept->now, plan.entries[i].now) != 0)
            goto out;
    }
    /* The device takes address and routes along when somebody removes it. */
    has = if_nametoindex(wanted->settings->nat64.tun) != 0 && forwards();
out:
    plan_done(&plan);
    return has;
}

static int add_entry(const struct host *host, const struct verb_context *context, struct record_entry *entry)
{
    const struct record_entry *kept = record_file_find(host->record, entry);
    int r = 0;
    if (kept == NULL)
        r = verb_look(context, entry);
    else
        memcpy(entry->before, kept->before, sizeof(entry->before));
    if (r == 0 && (kept == NULL || strcmp(kept->now, entry->now) != 0)) {
        r = record_file_begin(host->record, entry);
        kept = NULL;
    }
    if (r == 0)
        r = verb_do(context, entry);
    if (r == 0 && (kept == NULL || !kept->done))
        r = record_file_done(host->record, entry);
    return r;
}

int host_add(struct host *host, const struct host_plan *wanted)
{
    struct plan plan;
    struct links *links = NULL;
    int r = plan_init(&plan, wanted, host->record);
    if (r < 0)
        goto out;
    r = links_read(NULL, &links);
    if (r < 0) {
        log_error("host", "cannot read this host's addresses and routes: %s; allow AF_NETLINK", strerror(-r));
        goto out;
    }
    struct verb_context context = {host->netlink, host->record, links, &plan.rules};
    for (size_t i = 0; r == 0 && i < plan.count; i++)
        r = add_entry(host, &context, &plan.entries[i]);
    if (r == 0)
        r = enable_forwarding();
out:
    links_free(links);
    plan_done(&plan);
    return r;
}

static int undo_entry(const struct host *host, const struct record_entry *entry)
{
    struct verb_context context = {.netlink = host->netlink, .record = host->record};
    int r = verb_undo(&context, entry);
    return r < 0 ? r : record_file_undone(host->record, entry);
}

static bool in_plan(const struct plan *plan, const struct record_entry *entry)
{
    for (size_t i = 0; i < plan->count; i++)
        if (record_same(&plan->entries[i], entry))
            return true;
    return false;
}

/* All without a plan. */
static int undo(const struct host *host, const struct plan *plan)
{
    int failure = 0;
    for (size_t i = record_file_count(host->record); i-- > 0;) {
        const struct record_entry *entry = record_file_at(host->record, i);
        if (plan != NULL && in_plan(plan, entry))
            continue;
        int r = undo_entry(host, entry);
        if (failure == 0)
            failure = r;
    }
    return failure;
}

int host_prune(struct host *host, const struct host_plan *wanted)
{
    struct plan plan;
    int r = plan_init(&plan, wanted, host->record);
    if (r == 0)
        r = undo(host, &plan);
    plan_done(&plan);
    return r;
}

int host_down(struct host *host)
{
    int r = undo(host, NULL);
    if (r < 0)
        return r;
    r = record_file_remove(host->record);
    if (r < 0)
        log_error("host", "cannot remove the host record: %s; remove it by hand", strerror(-r));
    return r;
}
