/*
 * Layer: edge
 * Specification: RFC 7600 (192.0.0.8), Linux ip-sysctl.rst
 */
#include "nat64d/keeper/plan.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nat64d/keeper/reserved.h"
#include "nat64d/keeper/rules.h"
#include "nat64d/keeper/sysctl.h"

/* 192.0.0.8: the IPv4 dummy address, for the kernel's own errors. */
#define TUN_ADDRESS "192.0.0.8"
/* MTU, so that every size rule is ours; queue, so that 300,000 packets/s wait for the 60 ms that a new
 * translator takes to start; up. */
#define TUN_LINK "65535/20000/1"

enum {
    LONGEST_PROXIED = 16, /* prefixes of more addresses are no subnet's spare ones */
};

static int add(struct plan *plan, const struct record_entry *entry)
{
    if (plan->count == plan->size) {
        size_t size = plan->size == 0 ? 64 : plan->size * 2;
        struct record_entry *entries = realloc(plan->entries, size * sizeof(*entries));
        if (entries == NULL)
            return -ENOMEM;
        plan->entries = entries;
        plan->size = size;
    }
    plan->entries[plan->count++] = *entry;
    return 0;
}

__attribute__((format(printf, 4, 5))) static int want(struct plan *plan, enum record_verb verb,
                                                      const char *now, const char *format, ...)
{
    struct record_entry entry = {.verb = verb};
    va_list values;
    va_start(values, format);
    vsnprintf(entry.what, sizeof(entry.what), format, values);
    va_end(values);
    snprintf(entry.now, sizeof(entry.now), "%s", now);
    return add(plan, &entry);
}

/* Before the device is up: it gets no IPv6 address, and takes back errors that are signed with an address
 * of this host (they would be lost as martians). */
static int want_device(struct plan *plan, const char *tun)
{
    int r = want(plan, RECORD_DEVICE, "", "%s", tun);
    if (r == 0)
        r = want(plan, RECORD_SYSCTL, "1", "ipv6/conf/%s/addr_gen_mode", tun);
    if (r == 0)
        r = want(plan, RECORD_SYSCTL, "0", "ipv6/conf/%s/accept_ra", tun);
    if (r == 0)
        r = want(plan, RECORD_SYSCTL, "1", "ipv4/conf/%s/accept_local", tun);
    if (r == 0)
        r = want(plan, RECORD_SYSCTL, "2", "ipv4/conf/%s/rp_filter", tun);
    if (r == 0)
        r = want(plan, RECORD_LINK, TUN_LINK, "%s", tun);
    return r == 0 ? want(plan, RECORD_ADDRESS, "", "%s/" TUN_ADDRESS, tun) : r;
}

static void add_ports(const struct settings *settings, const struct settings_pool *pool,
                      struct rules_shared *shared)
{
    struct port_set *sets[SETTINGS_PROTOCOLS] = {
        [SETTINGS_TCP] = &shared->tcp, [SETTINGS_UDP] = &shared->udp, [SETTINGS_ICMP] = &shared->icmp};
    shared->address = pool->address.address;
    for (size_t i = 0; i < pool->ports_count; i++)
        for (int k = 0; k < SETTINGS_PROTOCOLS; k++)
            port_set_add(sets[k], &pool->ports[i]);
    for (size_t i = 0; i < settings->statics_count; i++) {
        const struct settings_static *binding = &settings->statics[i];
        for (int k = 0; binding->ipv4.addr.v4 == shared->address && k < SETTINGS_PROTOCOLS; k++)
            if (binding->protocol == SETTINGS_ANY || (int)binding->protocol == k)
                port_set_add(sets[k], &binding->ipv4.ports);
    }
}

static int collect_shared(struct plan *plan, const struct host_plan *wanted)
{
    const struct settings *settings = wanted->settings;
    plan->shared = calloc(settings->pools_count + 1, sizeof(*plan->shared));
    if (plan->shared == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pools_count; i++) {
        if (settings->pools[i].address.len == SETTINGS_UPLINK)
            return -EADDRNOTAVAIL;
        if (settings->pools[i].shared)
            add_ports(settings, &settings->pools[i], &plan->shared[plan->rules.shared_count++]);
    }
    return 0;
}

/* What the host has reserved without us: all but what the record says that we added. */
static int read_host_ports(const struct record_file *record, struct port_set *ret_set)
{
    int r = reserved_read(ret_set);
    for (size_t i = 0; r == 0 && i < record_file_count(record); i++) {
        const struct record_entry *entry = record_file_at(record, i);
        struct addr_port_range range;
        struct port_set ours = {0};
        if (entry->verb != RECORD_RESERVE || addr_parse_port_range(entry->what, &range) < 0)
            continue;
        port_set_add(&ours, &range);
        port_set_subtract(ret_set, &ours);
    }
    return r;
}

static int want_reserved(struct plan *plan, const struct record_file *record)
{
    struct port_set ours = {0}, host;
    struct addr_port_range range;
    if (plan->rules.shared_count == 0)
        return 0;
    for (size_t i = 0; i < plan->rules.shared_count; i++) {
        port_set_merge(&ours, &plan->shared[i].tcp);
        port_set_merge(&ours, &plan->shared[i].udp);
    }
    int r = read_host_ports(record, &host);
    if (r < 0)
        return r;
    port_set_subtract(&ours, &host);
    for (uint32_t from = 0; r == 0 && port_set_next(&ours, from, &range); from = range.last + 1u)
        r = want(plan, RECORD_RESERVE, "", "%u-%u", range.first, range.last);
    return r;
}

static int want_rules(struct plan *plan, const struct host_plan *wanted)
{
    const struct settings *settings = wanted->settings;
    struct rules_plan *rules = &plan->rules;
    struct addr_prefix6 *prefixes = calloc(settings->pref64_count + 1, sizeof(*prefixes));
    char hash[17];
    if (prefixes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pref64_count; i++)
        prefixes[i] = settings->pref64[i].prefix;
    rules->tun = settings->nat64.tun;
    rules->pref64 = prefixes;
    rules->pref64_count = settings->pref64_count;
    rules->shared = plan->shared;
    rules->workers = wanted->workers;
    rules->shards = wanted->shards;
    rules->notrack = !settings->nat64.conntrack;
    rules_hash(rules, hash);
    return hash[0] == '\0' ? -ENOMEM : want(plan, RECORD_RULES, hash, "%s", rules->tun);
}

/* Whether a pool has the same route. */
static bool is_pool(const struct settings *settings, const struct addr_prefix4 *prefix)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (settings->pools[i].address.len == prefix->len &&
            settings->pools[i].address.address == prefix->address)
            return true;
    return false;
}

/* Whether its addresses are among a pool's. */
static bool in_pool(const struct settings *settings, const struct addr_prefix4 *prefix)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (prefix->len >= settings->pools[i].address.len &&
            addr_in_prefix4(prefix->address, &settings->pools[i].address))
            return true;
    return false;
}

/* A shared pool has no route: its address is the host's own. */
static int want_routes(struct plan *plan, const struct settings *settings)
{
    char text[ADDR_TEXT_LEN];
    int r = 0;
    for (size_t i = 0; r == 0 && i < settings->pref64_count; i++)
        r = want(plan, RECORD_ROUTE, "", "%s/%s", settings->nat64.tun,
                 addr_print_prefix6(&settings->pref64[i].prefix, text));
    for (size_t i = 0; r == 0 && i < settings->pools_count; i++)
        if (!settings->pools[i].shared)
            r = want(plan, RECORD_ROUTE, "", "%s/%s", settings->nat64.tun,
                     addr_print_prefix4(&settings->pools[i].address, text));
    for (size_t i = 0; r == 0 && i < settings->eam_count; i++)
        if (!is_pool(settings, &settings->eam[i].ipv4))
            r = want(plan, RECORD_ROUTE, "", "%s/%s", settings->nat64.tun,
                     addr_print_prefix4(&settings->eam[i].ipv4, text));
    return r;
}

/* The link on whose subnet an address lies, so that somebody there will ask for it by ARP; 0 if none. */
static uint32_t on_link4(const struct links *links, uint32_t address)
{
    for (size_t i = 0; i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        if (own->subnet.family == AF_INET && own->subnet.v4.len < 32 && !own->host_scope &&
            addr_in_prefix4(address, &own->subnet.v4))
            return own->ifindex;
    }
    return 0;
}

static int want_pool_proxies(struct plan *plan, const struct links *links, const struct addr_prefix4 *pool)
{
    uint32_t last = addr_last4(pool);
    for (uint32_t address = pool->address;; address++) {
        char name[IF_NAMESIZE], text[ADDR_TEXT_LEN];
        uint32_t ifindex = on_link4(links, address);
        int r = ifindex != 0 && if_indextoname(ifindex, name) != NULL
                    ? want(plan, RECORD_PROXY, "", "%s/%s", name, addr_print4(address, text))
                    : 0;
        if (r < 0 || address == last)
            return r;
    }
}

/* Spare addresses of a subnet that we are on: the gateway answers ARP for them. */
static int want_proxies(struct plan *plan, const struct host_plan *wanted)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < wanted->settings->pools_count; i++)
        if (!wanted->settings->pools[i].shared)
            r = want_pool_proxies(plan, wanted->links, &wanted->settings->pools[i].address);
    for (size_t i = 0; r == 0 && i < wanted->settings->eam_count; i++)
        if (wanted->settings->eam[i].ipv4.len >= LONGEST_PROXIED &&
            !in_pool(wanted->settings, &wanted->settings->eam[i].ipv4))
            r = want_pool_proxies(plan, wanted->links, &wanted->settings->eam[i].ipv4);
    return r;
}

/* A host that forwards ignores router advertisements, and would lose the route that it learnt from them. */
static int want_uplink(struct plan *plan, const struct links *links, const struct record_file *record)
{
    struct record_entry entry = {.verb = RECORD_SYSCTL, .now = "2"};
    char name[IF_NAMESIZE];
    int accept, forwarding;
    if (links->uplink6 == 0 || if_indextoname(links->uplink6, name) == NULL)
        return 0;
    snprintf(entry.what, sizeof(entry.what), "ipv6/conf/%s/accept_ra", name);
    if (record_file_find(record, &entry) == NULL &&
        (sysctl_read(entry.what, &accept) < 0 || accept != 1 ||
         sysctl_read("ipv6/conf/all/forwarding", &forwarding) < 0 || forwarding == 1))
        return 0;
    return add(plan, &entry);
}

int plan_init(struct plan *plan, const struct host_plan *wanted, const struct record_file *record)
{
    *plan = (struct plan){0};
    int r = collect_shared(plan, wanted);
    if (r == 0)
        r = want_device(plan, wanted->settings->nat64.tun);
    if (r == 0)
        r = want_reserved(plan, record);
    if (r == 0)
        r = want_rules(plan, wanted);
    if (r == 0)
        r = want_routes(plan, wanted->settings);
    if (r == 0)
        r = want_proxies(plan, wanted);
    if (r == 0)
        r = want_uplink(plan, wanted->links, record);
    if (r == -EADDRNOTAVAIL)
        log_error("host",
                  "a pool follows the uplink's address, and there is none: the host has no IPv4 default "
                  "route; add one, or name the address");
    else if (r < 0)
        log_error("host",
                  "cannot tell what to set on this host: %s; see net.ipv4.ip_local_reserved_ports and "
                  "the free memory",
                  strerror(-r));
    return r;
}

void plan_done(struct plan *plan)
{
    free((void *)plan->rules.pref64);
    free(plan->shared);
    free(plan->entries);
}
