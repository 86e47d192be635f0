/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/settings_upstream.h"
#include "config.h"
#include "dns64/control_cache.h"

enum {
    METRICS_LEN = 16 * 1024,
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
                               (json_int_t)(started_utc_ns / CLOCK_NS_PER_MS), "uptime_s",
                               (json_int_t)((clock_now_ns() - started_ns) / CLOCK_NS_PER_S), "workers",
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

struct walk {
    const struct server *server;
    unsigned index;
};

static bool next_counter(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    if (walk->index >= OUTCOME_COUNT)
        return false;
    unsigned index = walk->index++;
    *ret_record = json_pack("{s:s, s:I, s:s}", "name", outcome_info[index].name, "value",
                            counter(walk->server, index), "text", outcome_info[index].text);
    return true;
}

static void get_counters(struct control_request *request, void *context)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    walk->server = context;
    control_reply_stream(request, next_counter, free, walk);
}

static void get_metrics(struct control_request *request, void *context)
{
    const struct server *server = context;
    struct metrics metrics;
    char *buffer = malloc(METRICS_LEN);
    if (buffer == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    metrics_init(&metrics, buffer, METRICS_LEN);
    metrics_family(&metrics, "dns64_events", "counter", "queries, answers and failures by kind");
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        metrics_sample(&metrics, "dns64_events", true, "kind", outcome_info[i].name,
                       (uint64_t)counter(server, i));
    struct cache_numbers cache = worker_cache_numbers(server->group);
    metrics_family(&metrics, "dns64_cache_bytes", "gauge", "memory of the cache that is in use");
    metrics_sample(&metrics, "dns64_cache_bytes", false, NULL, NULL, cache.bytes);
    metrics_family(&metrics, "dns64_cache_size_bytes", "gauge", "memory that the cache may take");
    metrics_sample(&metrics, "dns64_cache_size_bytes", false, NULL, NULL, cache.size);
    metrics_family(&metrics, "dns64_cache_entries", "gauge", "what the cache holds");
    metrics_sample(&metrics, "dns64_cache_entries", false, NULL, NULL, cache.entries);
    metrics_end(&metrics);
    control_reply_text(request, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", buffer);
    free(buffer);
}

const struct control_route control_routes[] = {
    {"GET", "/v1/status", get_status},
    {"GET", "/v1/settings", get_settings},
    {"POST", "/v1/reload", post_reload},
    {"GET", "/v1/counters", get_counters},
    {"GET", "/v1/cache", control_cache_get},
    {"GET", "/v1/cache/lookup", control_cache_lookup},
    {"POST", "/v1/cache/flush", control_cache_flush},
    {"GET", "/metrics", get_metrics},
    {NULL, NULL, NULL},
};
