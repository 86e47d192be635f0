/*
 * Layer: edge
 * Specification: RFC 6147 5.2
 */
#include "dns64/rules.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pref64.h"
#include "common/settings_file.h"
#include "common/settings_upstream.h"
#include "common/siphash.h"
#include "dns64/edge/local_data.h"
#include "dns64/edge/resolv.h"

/* Of rules made since the start. */
static atomic_uint generations;

enum { KEEPALIVE_UNITS_PER_S = 10 };

/* RFC 9018 4.4: 128 bits, the configured ones, or random ones that stay the same until the end. */
static struct siphash_key cookie_secret(const char *digits)
{
    static uint8_t own[16];
    static bool made;
    uint8_t bytes[sizeof(own)];
    if (!made)
        clock_random(own, sizeof(own));
    made = true;
    for (size_t i = 0; digits[0] != '\0' && i < sizeof(bytes); i++) {
        char pair[] = {digits[2 * i], digits[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return siphash_key_from_bytes(digits[0] != '\0' ? bytes : own);
}

static unsigned worker_count(const struct settings *settings)
{
    cpu_set_t set;
    if (settings->dns64.workers > 0)
        return (unsigned)settings->dns64.workers;
    return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

static unsigned share(int all, unsigned workers)
{
    return (unsigned)all / workers > 0 ? (unsigned)all / workers : 1;
}

/* Backends, and this host itself by each of its addresses. */
static int make_clients(struct rules *rules, const struct settings *settings, const struct links *links)
{
    struct addr_prefix6 *defaults = NULL;
    size_t from_count = settings->backends_count, count = 0;
    const struct addr_prefix6 *from = settings->backends;
    if (from_count == 0) {
        int r = links_default_backends(links, &defaults, &from_count);
        if (r < 0)
            return r;
        from = defaults;
    }
    rules->backends = calloc(from_count + links->addresses_count + 1, sizeof(*rules->backends));
    if (rules->backends == NULL) {
        free(defaults);
        return -ENOMEM;
    }
    for (size_t i = 0; i < from_count; i++)
        rules->backends[count++] = from[i];
    for (size_t i = 0; i < links->addresses_count; i++)
        if (links->addresses[i].addr.family == AF_INET6)
            rules->backends[count++] = (struct addr_prefix6){links->addresses[i].addr.v6, 128};
    free(defaults);
    rules->clients =
        (struct client_list){rules->backends, count, settings->dns64.allow, settings->dns64.allow_count};
    return 0;
}

/* Images are what another DNS64 upstream would have made: under our prefixes and the well-known one. */
static int make_policy(struct rules *rules, const struct settings *settings)
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    size_t count = 0;
    rules->pref64 = calloc(settings->pref64_count + 1, sizeof(*rules->pref64));
    rules->images = calloc(settings->pref64_count + 1, sizeof(*rules->images));
    if (rules->pref64 == NULL || rules->images == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *from = &settings->pref64[i];
        rules->pref64[i] =
            (struct synthesize_pref64){from->prefix,     from->allow4,    from->allow4_count,   from->for4,
                                       from->for4_count, settings->deny4, settings->deny4_count};
        rules->images[count++] = from->prefix;
    }
    rules->images[count++] = pref64_well_known;
    rules->policy = (struct query_policy){
        .pref64 = rules->pref64,
        .pref64_count = settings->pref64_count,
        .view = "",
        .filter = {dns64->exclude_aaaa, dns64->exclude_aaaa_count, rules->images, count},
        .route = &rules->route,
        .on_aaaa_failure = dns64->on_aaaa_failure,
        .reverse = dns64->reverse,
        .local_ttl_s = (uint32_t)dns64->local_ttl,
        .ipv4only_ttl_s = (uint32_t)dns64->ipv4only_ttl,
        .mark_synthetic = dns64->mark_synthetic,
        .edns_size = (uint16_t)dns64->edns_size,
        .cookies = dns64->cookies,
        .cookie_secret = cookie_secret(dns64->cookie_secret),
        .keepalive_100ms = (unsigned)dns64->tcp.idle_s * KEEPALIVE_UNITS_PER_S,
        .aaaa_wait_ms = (uint32_t)dns64->aaaa_wait_ms,
        .negative_ttl_max_s = (uint32_t)dns64->negative_ttl_max,
        .stale_max_s = (uint32_t)dns64->stale_max,
        .stale_wait_ms = (uint32_t)dns64->stale_wait_ms,
        .nxdomain_cut = dns64->nxdomain_cut,
        .prefetch = dns64->prefetch,
        .generation = atomic_fetch_add(&generations, 1),
    };
    return 0;
}

/* A bit each; the list is told in errors by its name and line. */
static int make_set(struct rules *rules, const struct settings_upstream *list, size_t count,
                    const struct settings *settings, int line, struct route_set *ret_set,
                    char error[SETTINGS_ERROR_LEN])
{
    static const struct siphash_key fixed = {1,
                                             2}; /* equal in all rules: nobody outside chooses what goes in */
    char text[SETTINGS_UPSTREAM_TEXT_LEN];
    uint64_t sum = 0;
    *ret_set = (struct route_set){0};
    for (size_t i = 0; i < count; i++) {
        int at = rules_find_upstream(rules, &list[i]);
        if (count > RULES_LIST_MAX || (at < 0 && rules->upstreams_count == ROUTE_UPSTREAMS_MAX)) {
            snprintf(error, SETTINGS_ERROR_LEN,
                     "%s:%d: %zu upstreams; allowed: at most %d in a list, %d in all", settings->file, line,
                     count, RULES_LIST_MAX, ROUTE_UPSTREAMS_MAX);
            return -EINVAL;
        }
        if (list[i].tls) {
            snprintf(error, SETTINGS_ERROR_LEN,
                     "%s:%d: upstreams over TLS cannot be asked yet; allowed: addresses", settings->file,
                     line);
            return -ENOTSUP;
        }
        if (at < 0) {
            at = (int)rules->upstreams_count++;
            rules->upstreams[at] = list[i];
        }
        if (ret_set->members >> at & 1)
            continue;
        ret_set->members |= UINT64_C(1) << at;
        settings_upstream_print(&list[i], text);
        sum += siphash13(fixed, text, strlen(text));
    }
    ret_set->variant = (uint32_t)(sum ^ sum >> 32) | 1;
    return 0;
}

static int longer_first(const void *a, const void *b)
{
    const struct route_forward *x = a, *y = b;
    return (int)y->domain.len - (int)x->domain.len;
}

static int make_forwards(struct rules *rules, const struct settings *settings, char error[SETTINGS_ERROR_LEN])
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    rules->forwards = calloc(dns64->forward_count + 1, sizeof(*rules->forwards));
    if (rules->forwards == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < dns64->forward_count; i++) {
        const struct settings_forward *from = &dns64->forward[i];
        struct route_forward *to = &rules->forwards[i];
        int r = make_set(rules, from->upstream, from->upstream_count, settings, from->line, &to->set, error);
        if (r < 0)
            return r;
        if (!name_from_text(from->domain, &to->domain))
            return -EINVAL; /* settings_domain_is_one let it pass */
        if (to->set.members == rules->route.usual.members)
            to->set.variant = rules->route.usual.variant;
    }
    qsort(rules->forwards, dns64->forward_count, sizeof(*rules->forwards), longer_first);
    rules->route.forwards = rules->forwards;
    rules->route.forwards_count = dns64->forward_count;
    return 0;
}

/* The usual upstreams: of the configuration, or of resolv.conf. */
static int find_upstreams(struct rules *rules, const struct settings *settings, const struct links *links,
                          const char *resolv, char error[SETTINGS_ERROR_LEN])
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    struct addr_endpoint found[RULES_LIST_MAX];
    struct settings_upstream of_host[RULES_LIST_MAX] = {0};
    const struct settings_upstream *list = dns64->upstream;
    size_t count = dns64->upstream_count;
    if (count == 0) {
        count = resolv_read(resolv, links, dns64->listen, dns64->listen_count, found, RULES_LIST_MAX);
        for (size_t i = 0; i < count; i++)
            of_host[i].at = found[i];
        list = of_host;
    }
    if (count == 0) {
        snprintf(error, SETTINGS_ERROR_LEN,
                 "no resolver to ask: %s names none but this host; set dns64.upstream, such as upstream = "
                 "[\"2001:db8::53\"]",
                 resolv);
        return -ENOENT;
    }
    int r = make_set(rules, list, count, settings, 0, &rules->route.usual, error);
    rules->route.usual.variant = 0; /* what was learned stays good when the host's resolvers change */
    return r;
}

int rules_new(struct settings **settings, const struct links *links, const char *resolv,
              struct rules **ret_rules, char error[SETTINGS_ERROR_LEN])
{
    struct rules *rules = calloc(1, sizeof(*rules));
    int r = -ENOMEM;
    if (rules == NULL)
        goto out;
    rules->holders = 1;
    rules->workers = worker_count(*settings);
    rules->tcp = (struct rules_tcp){share((*settings)->dns64.tcp.connections, rules->workers),
                                    share((*settings)->dns64.tcp.connections_per_network, rules->workers),
                                    (unsigned)(*settings)->dns64.tcp.idle_s};
    r = make_clients(rules, *settings, links);
    if (r == 0)
        r = make_policy(rules, *settings);
    if (r == 0)
        r = local_data_load(*settings, &rules->roster, &rules->policy.zones, error);
    rules->policy.roster = rules->roster;
    if (r == 0)
        r = find_upstreams(rules, *settings, links, resolv, error);
    if (r == 0)
        r = make_forwards(rules, *settings, error);
    if (r < 0)
        goto out;
    rules->settings = *settings;
    *settings = NULL;
    *ret_rules = rules;
    return 0;
out:
    if (r == -ENOMEM)
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
    rules_release(rules);
    return r;
}

struct rules *rules_hold(struct rules *rules)
{
    atomic_fetch_add(&rules->holders, 1);
    return rules;
}

void rules_release(struct rules *rules)
{
    if (rules == NULL || atomic_fetch_sub(&rules->holders, 1) > 1)
        return;
    settings_file_free(rules->settings);
    roster_free(rules->roster);
    free(rules->backends);
    free(rules->pref64);
    free(rules->images);
    free(rules->forwards);
    free(rules);
}

int rules_find_upstream(const struct rules *rules, const struct settings_upstream *upstream)
{
    for (unsigned i = 0; i < rules->upstreams_count; i++)
        if (settings_upstream_equal(&rules->upstreams[i], upstream))
            return (int)i;
    return -1;
}

bool rules_same_network(const struct rules *a, const struct rules *b)
{
    if (a->upstreams_count != b->upstreams_count || a->clients.backends_count != b->clients.backends_count)
        return false;
    for (unsigned i = 0; i < a->upstreams_count; i++)
        if (!settings_upstream_equal(&a->upstreams[i], &b->upstreams[i]))
            return false;
    for (size_t i = 0; i < a->clients.backends_count; i++)
        if (a->backends[i].len != b->backends[i].len ||
            !addr_equal6(&a->backends[i].address, &b->backends[i].address))
            return false;
    return true;
}
