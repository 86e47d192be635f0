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
#include "common/settings_file.h"
#include "common/settings_upstream.h"
#include "common/siphash.h"
#include "dns64/edge/resolv.h"

/* Of the host, what rules are made of. */
struct rules_host {
    const struct links *links;
    const char *resolv;
};

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

/* Of this process, as long as it runs. */
static uint64_t hop_id(void)
{
    static uint64_t own;
    if (own == 0)
        clock_random(&own, sizeof(own));
    return own;
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

/* What is the same in all views. */
static struct query_policy base_policy(const struct rules *rules, const struct settings *settings)
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    return (struct query_policy){
        .filter = {.images = rules->images, .images_count = rules->images_count},
        .hop_id = hop_id(),
        .reverse = dns64->reverse,
        .local_ttl_s = (uint32_t)dns64->local_ttl,
        .ipv4only_ttl_s = (uint32_t)dns64->ipv4only_ttl,
        .mark_synthetic = dns64->mark_synthetic,
        .edns_size = (uint16_t)dns64->edns_size,
        .cookies = dns64->cookies,
        .cookie_secret = cookie_secret(dns64->cookie_secret),
        .keepalive_100ms = (unsigned)dns64->tcp.idle_s * KEEPALIVE_UNITS_PER_S,
        .negative_ttl_max_s = (uint32_t)dns64->negative_ttl_max,
        .stale_max_s = (uint32_t)dns64->stale_max,
        .stale_wait_ms = (uint32_t)dns64->stale_wait_ms,
        .nxdomain_cut = dns64->nxdomain_cut,
        .prefetch = dns64->prefetch,
    };
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

static int make_forwards(struct rules *rules, const struct settings *settings,
                         const struct settings_view *from, struct rules_view *view,
                         char error[SETTINGS_ERROR_LEN])
{
    view->forwards = calloc(from->forward_count + 1, sizeof(*view->forwards));
    if (view->forwards == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < from->forward_count; i++) {
        const struct settings_forward *at = &from->forward[i];
        struct route_forward *to = &view->forwards[i];
        int r = make_set(rules, at->upstream, at->upstream_count, settings, at->line, &to->set, error);
        if (r < 0)
            return r;
        if (!name_from_text(at->domain, &to->domain))
            return -EINVAL; /* settings_domain_is_one let it pass */
    }
    qsort(view->forwards, from->forward_count, sizeof(*view->forwards), longer_first);
    view->route.forwards = view->forwards;
    view->route.forwards_count = from->forward_count;
    return 0;
}

/* The usual upstreams: of the configuration, or of resolv.conf. */
static int find_upstreams(struct rules *rules, const struct settings *settings,
                          const struct settings_view *from, const struct rules_host *host,
                          struct route_set *ret_set, char error[SETTINGS_ERROR_LEN])
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    struct addr_endpoint found[RULES_LIST_MAX];
    struct settings_upstream of_host[RULES_LIST_MAX] = {0};
    const struct settings_upstream *list = from->upstream;
    size_t count = from->upstream_count;
    if (count == 0) {
        count =
            resolv_read(host->resolv, host->links, dns64->listen, dns64->listen_count, found, RULES_LIST_MAX);
        for (size_t i = 0; i < count; i++)
            of_host[i].at = found[i];
        list = of_host;
    }
    if (count == 0) {
        snprintf(error, SETTINGS_ERROR_LEN,
                 "no resolver to ask: %s names none but this host; set dns64.upstream, such as upstream = "
                 "[\"2001:db8::53\"]",
                 host->resolv);
        return -ENOENT;
    }
    return make_set(rules, list, count, settings, from->line, ret_set, error);
}

/* What was learned of the host's resolvers stays good when they change with the network. Of configured ones
 * it is shared by all that ask the same, and by nobody else, in these rules or the next. */
static int make_view(struct rules *rules, const struct settings *settings, const struct settings_view *from,
                     const struct rules_host *host, struct rules_view *view, char error[SETTINGS_ERROR_LEN])
{
    view->policy = base_policy(rules, settings);
    int r = rules_view_make(settings, from, rules->lists, view, error);
    if (r == 0)
        r = find_upstreams(rules, settings, from, host, &view->route.usual, error);
    if (r == 0 && from->upstream_count == 0)
        view->route.usual.variant = 0;
    return r == 0 ? make_forwards(rules, settings, from, view, error) : r;
}

static int make_views(struct rules *rules, const struct settings *settings, const struct rules_host *host,
                      char error[SETTINGS_ERROR_LEN])
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    const struct settings_view outside = rules_view_outside(settings);
    rules->images = rules_view_images(settings, &rules->images_count);
    rules->views = calloc(dns64->views_count + 1, sizeof(*rules->views));
    if (rules->images == NULL || rules->views == NULL)
        return -ENOMEM;
    int r = make_view(rules, settings, &outside, host, &rules->outside, error);
    rules->outside.policy.view = "";
    for (size_t i = 0; r == 0 && i < dns64->views_count; i++) {
        rules->views_count = i + 1; /* also of one that is half made */
        r = make_view(rules, settings, &dns64->views[i], host, &rules->views[i], error);
    }
    return r;
}

static int index_views(struct rules *rules, const struct settings_dns64 *dns64)
{
    size_t count = 0;
    for (size_t i = 0; i < dns64->views_count; i++)
        count += dns64->views[i].clients_count;
    if (count == 0)
        return 0;
    struct view_client *clients = calloc(count, sizeof(*clients));
    if (clients == NULL)
        return -ENOMEM;
    count = 0;
    for (unsigned i = 0; i < dns64->views_count; i++)
        for (size_t k = 0; k < dns64->views[i].clients_count; k++)
            clients[count++] = (struct view_client){dns64->views[i].clients[k], i};
    rules->view_of = view_table_new(clients, count);
    free(clients);
    return rules->view_of == NULL ? -ENOMEM : 0;
}

static const struct rules_view *view_of(const struct rules *rules, const struct addr *client)
{
    unsigned view;
    return view_find(rules->view_of, client, &view) ? &rules->views[view] : &rules->outside;
}

const struct query_policy *rules_policy(const struct rules *rules, const struct addr *client)
{
    return &view_of(rules, client)->policy;
}

bool rules_may_ask(const struct rules *rules, const struct addr *client)
{
    return client_allowed(&rules->clients, client) && !view_of(rules, client)->refuse;
}

/* Takes `lists`, which may be NULL. */
static int make_rules(struct rules_lists *lists, struct settings **settings, const struct rules_host *host,
                      struct rules **ret_rules, char error[SETTINGS_ERROR_LEN])
{
    const struct links *links = host->links;
    struct rules *rules = calloc(1, sizeof(*rules));
    int r = -ENOMEM;
    if (lists == NULL || rules == NULL)
        goto out;
    rules->holders = 1;
    rules->lists = lists;
    lists = NULL;
    rules->workers = worker_count(*settings);
    rules->tcp = (struct rules_tcp){share((*settings)->dns64.tcp.connections, rules->workers),
                                    (unsigned)(*settings)->dns64.tcp.connections_per_network,
                                    (unsigned)(*settings)->dns64.tcp.idle_s};
    rules->rate_limit = (uint32_t)(*settings)->dns64.rate_limit;
    rules->uplink = links->uplink4;
    r = make_clients(rules, *settings, links);
    if (r == 0)
        r = make_views(rules, *settings, host, error);
    if (r == 0)
        r = index_views(rules, &(*settings)->dns64);
    if (r < 0)
        goto out;
    rules->settings = *settings;
    *settings = NULL;
    *ret_rules = rules;
    return 0;
out:
    if (r == -ENOMEM)
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
    rules_lists_release(lists);
    rules_release(rules);
    return r;
}

int rules_new(struct settings **settings, const struct links *links, const char *resolv,
              struct rules **ret_rules, char error[SETTINGS_ERROR_LEN])
{
    const struct rules_host host = {links, resolv};
    return make_rules(rules_lists_new(), settings, &host, ret_rules, error);
}

int rules_follow(const struct rules *old, struct settings **settings, const struct links *links,
                 const char *resolv, struct rules **ret_rules, char error[SETTINGS_ERROR_LEN])
{
    const struct rules_host host = {links, resolv};
    return make_rules(rules_lists_hold(old->lists), settings, &host, ret_rules, error);
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
    free(rules->backends);
    rules_view_done(&rules->outside);
    for (size_t i = 0; i < rules->views_count; i++)
        rules_view_done(&rules->views[i]);
    free(rules->views);
    view_table_free(rules->view_of);
    rules_lists_release(rules->lists);
    free(rules->images);
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
    if (a->upstreams_count != b->upstreams_count || a->clients.backends_count != b->clients.backends_count ||
        a->uplink != b->uplink)
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
