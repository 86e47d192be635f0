/*
 * Layer: edge
 * Specification: RFC 6147 5.2
 */
#include "dns64/server.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pref64.h"
#include "dns64/edge/resolv.h"

static unsigned worker_count(const struct settings *settings)
{
    cpu_set_t set;
    if (settings->dns64.workers > 0)
        return (unsigned)settings->dns64.workers;
    return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

/* Backends, and this host itself by each of its addresses. */
static int make_clients(struct server *server, const struct links *links)
{
    const struct settings *settings = server->settings;
    struct addr_prefix6 *defaults = NULL;
    size_t count = settings->backends_count;
    const struct addr_prefix6 *from = settings->backends;
    if (count == 0) {
        int r = links_default_backends(links, &defaults, &count);
        if (r < 0)
            return r;
        from = defaults;
    }
    server->backends = calloc(count + links->addresses_count + 1, sizeof(*server->backends));
    if (server->backends == NULL) {
        free(defaults);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        server->backends[server->backends_count++] = from[i];
    for (size_t i = 0; i < links->addresses_count; i++)
        if (links->addresses[i].addr.family == AF_INET6)
            server->backends[server->backends_count++] =
                (struct addr_prefix6){links->addresses[i].addr.v6, 128};
    free(defaults);
    server->clients = (struct client_list){server->backends, server->backends_count, settings->dns64.allow,
                                           settings->dns64.allow_count};
    return 0;
}

/* exclude-aaaa, and what another DNS64 upstream would have made: images under our prefixes and the well-known
 * one. */
static int make_policy(struct server *server)
{
    const struct settings *settings = server->settings;
    const struct settings_dns64 *dns64 = &settings->dns64;
    size_t count = 0;
    server->pref64 = calloc(settings->pref64_count, sizeof(*server->pref64));
    server->excluded =
        calloc(dns64->exclude_aaaa_count + settings->pref64_count + 1, sizeof(*server->excluded));
    if (server->pref64 == NULL || server->excluded == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < dns64->exclude_aaaa_count; i++)
        server->excluded[count++] = dns64->exclude_aaaa[i];
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *from = &settings->pref64[i];
        server->pref64[i] =
            (struct synthesize_pref64){from->prefix,     from->allow4,    from->allow4_count,   from->for4,
                                       from->for4_count, settings->deny4, settings->deny4_count};
        server->excluded[count++] = from->prefix;
    }
    server->excluded[count++] = pref64_well_known;
    server->policy = (struct query_policy){
        .pref64 = server->pref64,
        .pref64_count = settings->pref64_count,
        .excluded = server->excluded,
        .excluded_count = count,
        .on_aaaa_failure = dns64->on_aaaa_failure,
        .reverse = dns64->reverse,
        .mark_synthetic = dns64->mark_synthetic,
        .edns_size = (uint16_t)dns64->edns_size,
        .aaaa_wait_ms = (uint32_t)dns64->aaaa_wait_ms,
    };
    return 0;
}

static int find_upstreams(struct server *server, const struct links *links)
{
    const struct settings_dns64 *dns64 = &server->settings->dns64;
    if (dns64->upstream_count > CHOICE_MAX) {
        log_error("config", "%zu upstreams; allowed: at most %d in dns64.upstream", dns64->upstream_count,
                  CHOICE_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < dns64->upstream_count; i++)
        server->upstreams[server->upstreams_count++] = dns64->upstream[i];
    if (server->upstreams_count == 0)
        server->upstreams_count = resolv_read("/etc/resolv.conf", links, dns64->listen, dns64->listen_count,
                                              server->upstreams, CHOICE_MAX);
    if (server->upstreams_count == 0) {
        log_error(
            "upstream",
            "no resolver to ask: /etc/resolv.conf names none but this host; set dns64.upstream, such as "
            "upstream = [\"2001:db8::53\"]");
        return -ENOENT;
    }
    return 0;
}

int server_new(const struct settings *settings, const struct links *links, struct server **ret_server)
{
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return -ENOMEM;
    server->settings = settings;
    server->workers = worker_count(settings);
    int r = make_clients(server, links);
    if (r == 0)
        r = make_policy(server);
    if (r == 0)
        r = find_upstreams(server, links);
    struct worker_input input = {
        .workers = server->workers,
        .policy = &server->policy,
        .clients = &server->clients,
        .listen = settings->dns64.listen,
        .listen_count = settings->dns64.listen_count,
        .upstreams = server->upstreams,
        .upstreams_count = server->upstreams_count,
        .tcp = {(unsigned)settings->dns64.tcp.connections,
                (unsigned)settings->dns64.tcp.connections_per_network, (unsigned)settings->dns64.tcp.idle_s},
    };
    if (r == 0)
        r = worker_new(&input, &server->group);
    if (r < 0) {
        server_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    worker_stop(server->group);
    free(server->backends);
    free(server->pref64);
    free(server->excluded);
    free(server);
}
