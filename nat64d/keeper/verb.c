/*
 * Layer: edge
 * Specification: rtnetlink(7), Linux ip-sysctl.rst
 */
#include "nat64d/keeper/verb.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nat64d/edge/tun.h"
#include "nat64d/keeper/reserved.h"
#include "nat64d/keeper/rules.h"
#include "nat64d/keeper/sysctl.h"

struct verb {
    int (*look)(const struct verb_context *context, struct record_entry *entry); /* NULL: nothing to keep */
    int (*make)(const struct verb_context *context, const struct record_entry *entry);
    int (*undo)(const struct verb_context *context, const struct record_entry *entry);
    bool says; /* by itself what it could not do */
};

/* DEVICE/REST: the device's index, and where REST begins. 0: no such device. */
static uint32_t device_of(const struct record_entry *entry, const char **ret_rest)
{
    char name[IF_NAMESIZE];
    const char *slash = strchr(entry->what, '/');
    size_t len = slash != NULL ? (size_t)(slash - entry->what) : strlen(entry->what);
    if (len >= sizeof(name))
        return 0;
    memcpy(name, entry->what, len);
    name[len] = '\0';
    *ret_rest = slash != NULL ? slash + 1 : "";
    return if_nametoindex(name);
}

static bool has_address(const struct links *links, uint32_t ifindex, uint32_t address)
{
    for (size_t i = 0; i < links->addresses_count; i++)
        if (links->addresses[i].ifindex == ifindex && links->addresses[i].addr.family == AF_INET &&
            links->addresses[i].addr.v4 == address)
            return true;
    return false;
}

/* A route to exactly that prefix, by that device or by another one. */
static bool has_route(const struct links *links, const struct addr_prefix *prefix, uint32_t ifindex,
                      bool other)
{
    for (size_t i = 0; i < links->routes_count; i++)
        if ((links->routes[i].ifindex != ifindex) == other &&
            addr_equal_prefix(&links->routes[i].destination, prefix))
            return true;
    return false;
}

static void set_there(struct record_entry *entry, bool there)
{
    snprintf(entry->before, sizeof(entry->before), "%s", there ? RECORD_THERE : "");
}

static int look_device(const struct verb_context *context, struct record_entry *entry)
{
    (void)context;
    set_there(entry, if_nametoindex(entry->what) != 0);
    return 0;
}

static int make_device(const struct verb_context *context, const struct record_entry *entry)
{
    (void)context;
    return if_nametoindex(entry->what) != 0 ? 0 : tun_make(entry->what);
}

static int undo_device(const struct verb_context *context, const struct record_entry *entry)
{
    uint32_t ifindex = if_nametoindex(entry->what);
    int r = ifindex == 0 ? 0 : netlink_link_drop(context->netlink, ifindex);
    return r == -ENODEV ? 0 : r;
}

static int look_sysctl(const struct verb_context *context, struct record_entry *entry)
{
    int value, r = sysctl_read(entry->what, &value);
    (void)context;
    if (r == 0)
        snprintf(entry->before, sizeof(entry->before), "%d", value);
    return r == -ENOENT ? 0 : r; /* a kernel without IPv6 */
}

static int make_sysctl(const struct verb_context *context, const struct record_entry *entry)
{
    int r = sysctl_ensure(entry->what, atoi(entry->now));
    (void)context;
    return r == -ENOENT ? 0 : r;
}

/* What somebody else has set since is theirs. */
/* accept_ra = 2 of the uplink: it stays while forwarding is on, which it stays, or the host would lose the
 * IPv6 default route that it learns from router advertisements. */
static bool is_needed_still(const struct record_entry *entry)
{
    int forwarding;
    return strstr(entry->what, "/accept_ra") != NULL && atoi(entry->now) == 2 &&
           sysctl_read("ipv6/conf/all/forwarding", &forwarding) == 0 && forwarding == 1;
}

static int undo_sysctl(const struct verb_context *context, const struct record_entry *entry)
{
    int value, r = sysctl_read(entry->what, &value);
    (void)context;
    if (is_needed_still(entry))
        return 0;
    if (r == 0 && value == atoi(entry->now) && entry->before[0] != '\0')
        r = sysctl_ensure(entry->what, atoi(entry->before));
    return r == -ENOENT ? 0 : r;
}

static void print_link(const struct netlink_link *link, char text[RECORD_VALUE_LEN])
{
    snprintf(text, RECORD_VALUE_LEN, "%u/%u/%d", link->mtu, link->queue_len, link->up);
}

static bool parse_link(const char *text, struct netlink_link *ret_link)
{
    unsigned mtu, queue_len, up;
    if (sscanf(text, "%u/%u/%u", &mtu, &queue_len, &up) != 3)
        return false;
    *ret_link = (struct netlink_link){mtu, queue_len, up != 0};
    return true;
}

static int look_link(const struct verb_context *context, struct record_entry *entry)
{
    struct netlink_link link;
    int r = netlink_link_read(context->netlink, if_nametoindex(entry->what), &link);
    if (r == 0)
        print_link(&link, entry->before);
    return r;
}

static int set_link(const struct verb_context *context, const char *name, const char *text)
{
    struct netlink_link link;
    uint32_t ifindex = if_nametoindex(name);
    if (ifindex == 0)
        return -ENODEV;
    return parse_link(text, &link) ? netlink_link_set(context->netlink, ifindex, &link) : -EINVAL;
}

static int make_link(const struct verb_context *context, const struct record_entry *entry)
{
    return set_link(context, entry->what, entry->now);
}

static int undo_link(const struct verb_context *context, const struct record_entry *entry)
{
    int r = set_link(context, entry->what, entry->before);
    return r == -ENODEV ? 0 : r;
}

static int look_address(const struct verb_context *context, struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    if (r == 0)
        set_there(entry, has_address(context->links, ifindex, address));
    return r;
}

static int make_address(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    return r < 0 ? r : netlink_address_add(context->netlink, ifindex, address);
}

static int undo_address(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    if (r == 0 && ifindex != 0)
        r = netlink_address_drop(context->netlink, ifindex, address);
    return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r;
}

static int parse_range(const struct record_entry *entry, struct port_set *ret_set)
{
    struct addr_port_range range;
    int r = addr_parse_port_range(entry->what, &range);
    *ret_set = (struct port_set){0};
    if (r == 0)
        port_set_add(ret_set, &range);
    return r;
}

static int make_reserve(const struct verb_context *context, const struct record_entry *entry)
{
    struct port_set set;
    int r = parse_range(entry, &set);
    (void)context;
    return r < 0 ? r : reserved_add(&set);
}

/* A changed pool has other ranges, which may share ports with this one. */
static int undo_reserve(const struct verb_context *context, const struct record_entry *entry)
{
    struct port_set set, other;
    int r = parse_range(entry, &set);
    for (size_t i = 0; r == 0 && i < record_file_count(context->record); i++) {
        const struct record_entry *kept = record_file_at(context->record, i);
        if (kept->verb == RECORD_RESERVE && !record_same(kept, entry) && parse_range(kept, &other) == 0)
            port_set_subtract(&set, &other);
    }
    return r < 0 ? r : reserved_drop(&set);
}

static int make_rules(const struct verb_context *context, const struct record_entry *entry)
{
    (void)entry;
    return rules_add(context->rules, record_file_lock(context->record));
}

static int undo_rules(const struct verb_context *context, const struct record_entry *entry)
{
    return rules_drop(entry->what, record_file_lock(context->record));
}

static int look_route(const struct verb_context *context, struct record_entry *entry)
{
    const char *rest;
    struct addr_prefix prefix;
    uint32_t ifindex = device_of(entry, &rest);
    int r = addr_parse_prefix(rest, &prefix);
    if (r == 0)
        set_there(entry, has_route(context->links, &prefix, ifindex, false));
    return r;
}

/* -EEXIST is told of one by another device only: that is not ours to change. */
static int make_route(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    struct addr_prefix prefix;
    uint32_t ifindex = device_of(entry, &rest);
    int r = addr_parse_prefix(rest, &prefix);
    if (r == 0)
        r = netlink_route_add(context->netlink, ifindex, &prefix);
    return r == -EEXIST && !has_route(context->links, &prefix, ifindex, true) ? 0 : r;
}

static int undo_route(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    struct addr_prefix prefix;
    uint32_t ifindex = device_of(entry, &rest);
    int r = addr_parse_prefix(rest, &prefix);
    if (r == 0 && ifindex != 0)
        r = netlink_route_drop(context->netlink, ifindex, &prefix);
    return r == -ESRCH || r == -ENODEV ? 0 : r;
}

static int look_proxy(const struct verb_context *context, struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    if (r == 0)
        r = netlink_proxy_has(context->netlink, ifindex, address);
    if (r >= 0)
        set_there(entry, r == 1);
    return r < 0 ? r : 0;
}

static int make_proxy(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    return r < 0 ? r : netlink_proxy_add(context->netlink, ifindex, address);
}

static int undo_proxy(const struct verb_context *context, const struct record_entry *entry)
{
    const char *rest;
    uint32_t address, ifindex = device_of(entry, &rest);
    int r = addr_parse4(rest, &address);
    if (r == 0 && ifindex != 0)
        r = netlink_proxy_drop(context->netlink, ifindex, address);
    return r == -ENOENT || r == -ENODEV ? 0 : r;
}

static const struct verb verbs[RECORD_VERBS] = {
    [RECORD_DEVICE] = {look_device, make_device, undo_device, false},
    [RECORD_SYSCTL] = {look_sysctl, make_sysctl, undo_sysctl, false},
    [RECORD_LINK] = {look_link, make_link, undo_link, false},
    [RECORD_ADDRESS] = {look_address, make_address, undo_address, false},
    [RECORD_RESERVE] = {NULL, make_reserve, undo_reserve, false},
    [RECORD_RULES] = {NULL, make_rules, undo_rules, true},
    [RECORD_ROUTE] = {look_route, make_route, undo_route, false},
    [RECORD_PROXY] = {look_proxy, make_proxy, undo_proxy, false},
};

static const char *advice(int r)
{
    switch (r) {
    case -EEXIST: return "another one is there already; remove it, or the pool or prefix that it is for";
    case -EPERM:
    case -EACCES: return "run nat64d as root or through systemd";
    default: return "see what else changes this host's network";
    }
}

static int tell(const char *what, const struct record_entry *entry, int r)
{
    if (r < 0 && !verbs[entry->verb].says)
        log_error("host", "cannot %s %s %s: %s; %s", what, record_verb_name(entry->verb), entry->what,
                  strerror(-r), advice(r));
    return r;
}

int verb_look(const struct verb_context *context, struct record_entry *entry)
{
    return verbs[entry->verb].look == NULL ? 0
                                           : tell("look at", entry, verbs[entry->verb].look(context, entry));
}

int verb_do(const struct verb_context *context, const struct record_entry *entry)
{
    return tell("set", entry, verbs[entry->verb].make(context, entry));
}

int verb_undo(const struct verb_context *context, const struct record_entry *entry)
{
    if (strcmp(entry->before, RECORD_THERE) == 0)
        return 0;
    return tell("undo", entry, verbs[entry->verb].undo(context, entry));
}
