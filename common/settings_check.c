/*
 * Layer: pure
 * Specification: RFC 6052 2.2, RFC 6146 3.1
 */
#include "common/settings_check.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/pref64.h"
#include "common/settings_views.h"
#include "common/special.h"

struct fault {
    int *line;
    char *what;
    size_t size;
};

static int fail(const struct fault *fault, int line, const char *what)
{
    size_t len = strlen(what);
    if (len >= fault->size)
        len = fault->size - 1;
    memcpy(fault->what, what, len);
    fault->what[len] = '\0';
    *fault->line = line;
    return -EINVAL;
}

static int check_prefixes(const struct settings_pref64 *list, size_t count, const struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const struct settings_pref64 *a = &list[i];
        for (size_t k = 0; k < i; k++)
            if (addr_overlap6(&a->prefix, &list[k].prefix))
                return fail(fault, a->line,
                            "pref64 overlaps another one; allowed: prefixes that share no address");
        for (size_t k = 0; k < a->allow4_count; k++)
            if (!special_may_allow4(&a->allow4[k]))
                return fail(
                    fault, a->line,
                    "allow-ipv4 names loopback, multicast, broadcast or the addresses of NAT64 discovery, "
                    "which never open, or a range of "
                    "169.254.0.0/16, which opens by single addresses; allowed: other special-purpose ranges");
    }
    return 0;
}

static int check_pref64(const struct settings *settings, const struct fault *fault)
{
    if (settings->pref64_count == 0 && (settings->pools_count > 0 || settings->eam_count == 0))
        return fail(
            fault, 0,
            "no pref64; allowed: pref64 = () with pools = () and mappings in eam, between which alone "
            "is translated then");
    return check_prefixes(settings->pref64, settings->pref64_count, fault);
}

static bool is_uplink(const struct settings_pool *pool)
{
    return pool->address.len == SETTINGS_UPLINK;
}

static bool pools_overlap(const struct settings_pool *a, const struct settings_pool *b)
{
    if (is_uplink(a) || is_uplink(b))
        return is_uplink(a) && is_uplink(b);
    return addr_overlap4(&a->address, &b->address);
}

static int check_shared(const struct settings *settings, const struct settings_pool *pool,
                        const struct fault *fault)
{
    /* The host would take the answers to tracked packets for its own. */
    if (pool->shared && settings->nat64.conntrack)
        return fail(
            fault, pool->line,
            "pool is shared and nat64.conntrack is true; allowed: conntrack = true with pools that are "
            "not shared");
    if (is_uplink(pool) && !pool->shared)
        return fail(fault, pool->line,
                    "pool has address = \"uplink\" without shared = true; allowed: together");
    if (pool->shared && pool->address.len != 32 && !is_uplink(pool))
        return fail(
            fault, pool->line,
            "pool shares a prefix; allowed: shared = true with one address of this host or \"uplink\"");
    return 0;
}

/* A backend that lay half in a pool's prefix would have two pools. */
static int check_for(const struct settings *settings, const struct settings_pool *pool,
                     const struct fault *fault)
{
    for (size_t i = 0; i < pool->for6_count; i++)
        if (pool->for6[i].len > settings->nat64.limits.backend_prefix)
            return fail(fault, pool->line,
                        "pool: for is longer than nat64.limits.backend-prefix; allowed: prefixes that hold "
                        "whole backends");
    return 0;
}

static int check_pools(const struct settings *settings, const struct fault *fault)
{
    enum { LONGEST_POOL = 16 }; /* 65536 addresses: what an index of the pool holds */
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct settings_pool *a = &settings->pools[i];
        int r = check_shared(settings, a, fault);
        if (r == 0)
            r = check_for(settings, a, fault);
        if (r < 0)
            return r;
        if (a->address.len < LONGEST_POOL)
            return fail(fault, a->line, "pool is larger than a /16; allowed: prefixes of /16 to /32");
        if (!is_uplink(a) && special_martian4(a->address.address))
            return fail(fault, a->line,
                        "pool lies in 0/8, 127/8, 224/4 or 240/4; allowed: unicast addresses");
        for (size_t k = 0; k < i; k++)
            if (pools_overlap(a, &settings->pools[k]))
                return fail(fault, a->line,
                            "pool overlaps another one; allowed: pools that share no address");
    }
    return 0;
}

/* The uplink's address may be any until it is found out; then this is asked again. */
static bool in_pools(const struct settings *settings, uint32_t address)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (is_uplink(&settings->pools[i]) || addr_in_prefix4(address, &settings->pools[i].address))
            return true;
    return false;
}

static bool in_pref64(const struct settings *settings, const struct in6_addr *address)
{
    for (size_t i = 0; i < settings->pref64_count; i++)
        if (addr_in_prefix6(address, &settings->pref64[i].prefix))
            return true;
    return false;
}

static bool is_shared(const struct settings *settings, uint32_t address)
{
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct settings_pool *pool = &settings->pools[i];
        if (pool->shared && (is_uplink(pool) ? address == 0 : pool->address.address == address))
            return true;
    }
    return false;
}

static int check_static(const struct settings *settings, const struct settings_static *a,
                        const struct fault *fault)
{
    if (!in_pools(settings, a->ipv4.addr.v4))
        return fail(fault, a->line, "static: ipv4 is in no pool; allowed: an address of a pool");
    if (special_martian6(&a->ipv6.addr.v6) || in_pref64(settings, &a->ipv6.addr.v6))
        return fail(
            fault, a->line,
            "static: ipv6 is no address of a backend; allowed: not loopback, link-local, multicast or "
            "under pref64");
    if (a->ipv4.ports.last - a->ipv4.ports.first != a->ipv6.ports.last - a->ipv6.ports.first)
        return fail(
            fault, a->line,
            "static: ipv4 and ipv6 have not as many ports; allowed: ranges of the same width, or both "
            "addresses without ports");
    if (settings_span_is_whole(&a->ipv4) && is_shared(settings, a->ipv4.addr.v4))
        return fail(fault, a->line,
                    "static: all ports of an address that is shared with this host; allowed: single ports of "
                    "it, or an address that is not shared");
    return 0;
}

static bool spans_overlap(const struct settings_span *a, const struct settings_span *b)
{
    return addr_equal(&a->addr, &b->addr) && a->ports.first <= b->ports.last &&
           b->ports.first <= a->ports.last;
}

static int check_statics(const struct settings *settings, const struct fault *fault)
{
    for (size_t i = 0; i < settings->statics_count; i++) {
        const struct settings_static *a = &settings->statics[i];
        int r = check_static(settings, a, fault);
        if (r < 0)
            return r;
        for (size_t k = 0; k < i; k++) {
            const struct settings_static *b = &settings->statics[k];
            if (a->protocol != b->protocol && a->protocol != SETTINGS_ANY && b->protocol != SETTINGS_ANY)
                continue;
            if (spans_overlap(&a->ipv4, &b->ipv4))
                return fail(fault, a->line,
                            "static: ipv4 is used twice; allowed: one binding for each protocol, "
                            "address and port");
            if (spans_overlap(&a->ipv6, &b->ipv6))
                return fail(fault, a->line,
                            "static: ipv6 is used twice; allowed: one binding for each protocol, "
                            "address and port");
        }
    }
    return 0;
}

static bool is_static(const struct settings *settings, const struct addr_prefix4 *prefix)
{
    for (size_t i = 0; i < settings->statics_count; i++)
        if (addr_in_prefix4(settings->statics[i].ipv4.addr.v4, prefix))
            return true;
    return false;
}

static bool overlaps_shared(const struct settings *settings, const struct addr_prefix4 *prefix)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (settings->pools[i].shared && !is_uplink(&settings->pools[i]) &&
            addr_overlap4(&settings->pools[i].address, prefix))
            return true;
    return false;
}

static int check_eam(const struct settings *settings, const struct settings_eam *a, const struct fault *fault)
{
    enum { SUFFIX = 128 - 32 };
    if (a->ipv6.len > a->ipv4.len + SUFFIX)
        return fail(fault, a->line,
                    "eam: ipv6 has fewer addresses than ipv4; allowed: as many or more (RFC 7757 3.2)");
    if (special_martian4(a->ipv4.address) || special_martian6(&a->ipv6.address))
        return fail(fault, a->line,
                    "eam: loopback, link-local or multicast addresses; allowed: addresses of hosts");
    if (is_static(settings, &a->ipv4))
        return fail(fault, a->line,
                    "eam: ipv4 holds the address of a static binding; allowed: one of both for an address");
    if (overlaps_shared(settings, &a->ipv4))
        return fail(fault, a->line,
                    "eam: ipv4 holds an address that is shared with this host; allowed: addresses that are "
                    "routed to this gateway");
    return 0;
}

static int check_eams(const struct settings *settings, const struct fault *fault)
{
    for (size_t i = 0; i < settings->eam_count; i++) {
        const struct settings_eam *a = &settings->eam[i];
        int r = check_eam(settings, a, fault);
        if (r < 0)
            return r;
        for (size_t k = 0; k < i; k++) {
            const struct settings_eam *b = &settings->eam[k];
            if (a->ipv4.len == b->ipv4.len && a->ipv4.address == b->ipv4.address)
                return fail(fault, a->line, "eam: ipv4 is used twice; allowed: each prefix once");
            if (a->ipv6.len == b->ipv6.len && addr_equal6(&a->ipv6.address, &b->ipv6.address))
                return fail(fault, a->line, "eam: ipv6 is used twice; allowed: each prefix once");
        }
    }
    return 0;
}

/* Values of single keys that must fit each other. */
static int check_nat64(const struct settings_nat64 *nat64, const struct fault *fault)
{
    if (nat64->limits.network_prefix > nat64->limits.backend_prefix)
        return fail(fault, 0,
                    "nat64.limits.network-prefix is longer than backend-prefix; allowed: at most as long");
    for (size_t i = 0; i < nat64->translation.icmp_source4_count; i++)
        if (special_martian4(nat64->translation.icmp_source4[i].address))
            return fail(fault, 0,
                        "nat64.translation.icmp-source-ipv4 lies in 0/8, 127/8, 224/4 or 240/4; allowed: "
                        "unicast addresses");
    if (nat64->snapshot[0] != '\0' && nat64->snapshot[0] != '/')
        return fail(fault, 0, "nat64.snapshot is no absolute path; allowed: a path that begins with /");
    if (nat64->snapshot_minutes > 0 && nat64->snapshot[0] == '\0')
        return fail(fault, 0, "nat64.snapshot-minutes without nat64.snapshot; allowed: together with a path");
    return 0;
}

/* Two names for the same: case and a dot at the end do not count (RFC 4343). */
static bool same_domain(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    len_a -= a[len_a - 1] == '.';
    len_b -= b[len_b - 1] == '.';
    return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

static int check_forwards(const struct settings_forward *list, size_t count, const struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const struct settings_forward *a = &list[i];
        if (a->upstream_count == 0)
            return fail(fault, a->line, "dns64.forward: no upstream; allowed: at least one resolver");
        for (size_t k = 0; k < i; k++)
            if (same_domain(a->domain, list[k].domain))
                return fail(fault, a->line,
                            "dns64.forward: domain is there twice; allowed: each domain once");
    }
    return 0;
}

static int check_views(const struct settings_dns64 *dns64, const struct fault *fault)
{
    int line, r = 0;
    const char *what = settings_views_check(dns64, &line);
    if (what != NULL)
        return fail(fault, line, what);
    for (size_t i = 0; r == 0 && i < dns64->views_count; i++) {
        const struct settings_view *view = &dns64->views[i];
        r = check_prefixes(view->pref64, view->pref64_count, fault);
        if (r == 0)
            r = check_forwards(view->forward, view->forward_count, fault);
    }
    return r;
}

static int check_listen(const struct settings_dns64 *dns64, const struct fault *fault)
{
    return dns64->listen_count <= SETTINGS_LISTEN_MAX
               ? 0
               : fail(fault, 0, "dns64.listen has more than 64 addresses; allowed: at most 64");
}

static int check_log(const struct settings *settings, const struct fault *fault)
{
    if (settings_has_events(settings) && !settings_events_journal(settings) && settings->log.events[0] != '/')
        return fail(
            fault, 0,
            "log.events is no absolute path; allowed: a path that begins with /, \"journal\" or \"\"");
    if (settings->dns64.query_log[0] != '\0' && settings->dns64.query_log[0] != '/')
        return fail(fault, 0,
                    "dns64.query-log is no absolute path; allowed: a path that begins with /, or \"\"");
    return 0;
}

int settings_check(const struct settings *settings, int *ret_line, char *what, size_t size)
{
    const struct fault fault = {ret_line, what, size};
    int r = check_pref64(settings, &fault);
    if (r == 0)
        r = check_pools(settings, &fault);
    if (r == 0)
        r = check_statics(settings, &fault);
    if (r == 0)
        r = check_eams(settings, &fault);
    if (r == 0)
        r = check_nat64(&settings->nat64, &fault);
    if (r == 0)
        r = check_listen(&settings->dns64, &fault);
    if (r == 0)
        r = check_forwards(settings->dns64.forward, settings->dns64.forward_count, &fault);
    if (r == 0)
        r = check_views(&settings->dns64, &fault);
    if (r == 0)
        r = check_log(settings, &fault);
    return r;
}
