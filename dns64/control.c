/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/settings_upstream.h"
#include "common/time_units.h"
#include "config.h"
#include "dns64/control_cache.h"
#include "dns64/control_explain.h"
#include "dns64/control_metrics.h"
#include "dns64/control_top.h"

enum {
    US_PER_MS = 1000,
};

static uint64_t started_ns;
static uint64_t started_utc_ns;

void control_routes_init(void)
{
    started_ns = clock_now_ns();
    started_utc_ns = clock_utc_ns();
}

static json_int_t counter(const struct server *server, enum outcome outcome)
{
    unsigned count;
    const struct counters *sets = worker_counters(server->group, &count);
    return (json_int_t)counters_sum(sets, count, outcome);
}

static json_t *pref64_list(const struct server *server)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < server->rules->outside.policy.pref64_count; i++)
        json_array_append_new(
            list, json_string(addr_print_prefix6(&server->rules->outside.pref64[i].prefix, text)));
    return list;
}

static json_t *listen_list(const struct server *server)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < server->rules->settings->dns64.listen_count; i++)
        json_array_append_new(
            list, json_string(addr_print_endpoint(&server->rules->settings->dns64.listen[i], text)));
    return list;
}

static json_t *upstream_list(const struct server *server)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < server->rules->upstreams_count; i++) {
        char text[SETTINGS_UPSTREAM_TEXT_LEN];
        struct worker_upstream at;
        worker_upstream(server->group, i, &at);
        const char *state = at.counters[CHOICE_SENT] == 0 ? "untried" : at.bad ? "bad" : "good";
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:I, s:I, s:I}", "address",
                                              settings_upstream_print(&server->rules->upstreams[i], text),
                                              "state", state, "latency_ms", (double)at.latency_us / US_PER_MS,
                                              "sent", (json_int_t)at.counters[CHOICE_SENT], "answered",
                                              (json_int_t)at.counters[CHOICE_ANSWERED], "timeouts",
                                              (json_int_t)at.counters[CHOICE_TIMEOUTS]));
    }
    return list;
}

static void get_status(struct control_request *request, void *context)
{
    struct server *server = context;
    pthread_mutex_lock(&server->lock);
    json_t *status = json_pack("{s:s, s:s, s:i, s:I, s:I, s:i, s:o, s:o, s:o, s:I, s:I}", "program", "dns64",
                               "version", PACKAGE_VERSION, "pid", (int)getpid(), "started_utc_ms",
                               (json_int_t)(started_utc_ns / NS_PER_MS), "uptime_s",
                               (json_int_t)((clock_now_ns() - started_ns) / NS_PER_S), "workers",
                               (int)server->rules->workers, "pref64", pref64_list(server), "listen",
                               listen_list(server), "upstream", upstream_list(server), "queries",
                               counter(server, OUTCOME_QUERIES_UDP) + counter(server, OUTCOME_QUERIES_TCP),
                               "synthesised", counter(server, OUTCOME_AAAA_SYNTHESISED));
    pthread_mutex_unlock(&server->lock);
    control_reply_json(request, 200, status);
}

static void get_settings(struct control_request *request, void *context)
{
    struct server *server = context;
    pthread_mutex_lock(&server->lock);
    reload_reply_settings(request, server->rules->settings);
    pthread_mutex_unlock(&server->lock);
}

static void post_reload(struct control_request *request, void *context)
{
    struct reload_order order;
    struct reload_outcome outcome;
    if (!reload_parse(request, &order))
        return;
    int r = server_reload(context, &order, &outcome);
    reload_reply(request, &order, r, &outcome);
}

const struct control_route control_routes[] = {
    {"GET", "/v1/status", get_status},
    {"GET", "/v1/settings", get_settings},
    {"POST", "/v1/reload", post_reload},
    {"GET", "/v1/counters", control_metrics_counters},
    {"GET", "/v1/cache", control_cache_get},
    {"GET", "/v1/cache/lookup", control_cache_lookup},
    {"POST", "/v1/cache/flush", control_cache_flush},
    {"GET", "/v1/explain", control_explain_get},
    {"GET", "/v1/top", control_top_get},
    {"POST", "/v1/top/reset", control_top_reset},
    {"GET", "/metrics", control_metrics_get},
    {NULL, NULL, NULL},
};
