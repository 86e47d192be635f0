/*
 * Layer: edge
 * Specification: man/dns64.8, OpenMetrics 1.0
 */
#include "dns64/control_metrics.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics.h"
#include "common/settings_upstream.h"
#include "dns64/server.h"

enum {
    METRICS_LEN = 1024 * 1024, /* for as many upstreams as there can be, with the longest names */
};

static uint64_t outcome_count(const struct server *server, enum outcome outcome)
{
    unsigned count;
    const struct counters *sets = worker_counters(server->group, &count);
    return counters_sum(sets, count, outcome);
}

struct walk {
    const struct server *server;
    unsigned index; /* of an outcome; behind them the types, then the RCODEs */
};

static json_t *counter_record(const char *prefix, const char *name, uint64_t value, const char *text)
{
    return json_pack("{s:o, s:I, s:s}", "name", json_sprintf("%s%s", prefix, name), "value",
                     (json_int_t)value, "text", text);
}

static bool next_counter(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    unsigned count, index = walk->index++;
    const struct tally *tallies = worker_tallies(walk->server->group, &count);
    if (index < OUTCOME_COUNT) {
        *ret_record = counter_record("", outcome_info[index].name, outcome_count(walk->server, index),
                                     outcome_info[index].text);
        return true;
    }
    index -= OUTCOME_COUNT;
    if (index < TYPE_KINDS) {
        *ret_record = counter_record("type_", type_kind_text(index), tally_types(tallies, count, index),
                                     "queries of this type that were answered");
        return true;
    }
    index -= TYPE_KINDS;
    if (index >= TYPE_RCODES)
        return false;
    *ret_record = counter_record("rcode_", type_rcode_kind_text(index), tally_rcodes(tallies, count, index),
                                 "answers with this RCODE");
    return true;
}

void control_metrics_counters(struct control_request *request, void *context)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    walk->server = context;
    control_reply_stream(request, next_counter, free, walk);
}

static void put_events(struct metrics *metrics, const struct server *server)
{
    metrics_family(metrics, "dns64_events", "counter", "queries, answers and failures by kind");
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        metrics_sample(metrics, "dns64_events", true, "kind", outcome_info[i].name, outcome_count(server, i));
}

static void put_gauge(struct metrics *metrics, const char *name, const char *help, uint64_t value)
{
    metrics_family(metrics, name, "gauge", help);
    metrics_sample(metrics, name, false, NULL, NULL, value);
}

static void put_cache(struct metrics *metrics, const struct server *server)
{
    struct cache_numbers cache = worker_cache_numbers(server->group);
    put_gauge(metrics, "dns64_cache_bytes", "memory of the cache that is in use", cache.bytes);
    put_gauge(metrics, "dns64_cache_size_bytes", "memory that the cache may take", cache.size);
    put_gauge(metrics, "dns64_cache_entries", "what the cache holds", cache.entries);
}

/* With the whole cache in it, used or not; without the table of names, which is a file in memory. */
static void put_memory(struct metrics *metrics)
{
    struct mallinfo2 info = mallinfo2();
    put_gauge(metrics, "dns64_allocated_bytes", "memory that the allocator has given out",
              info.uordblks + info.hblkhd);
}

static void put_tallies(struct metrics *metrics, const struct server *server)
{
    unsigned count;
    const struct tally *tallies = worker_tallies(server->group, &count);
    metrics_family(metrics, "dns64_queries", "counter", "queries that were answered, by type");
    for (unsigned i = 0; i < TYPE_KINDS; i++)
        metrics_sample(metrics, "dns64_queries", true, "type", type_kind_text(i),
                       tally_types(tallies, count, i));
    metrics_family(metrics, "dns64_answers", "counter", "answers by RCODE");
    for (unsigned i = 0; i < TYPE_RCODES; i++)
        metrics_sample(metrics, "dns64_answers", true, "rcode", type_rcode_kind_text(i),
                       tally_rcodes(tallies, count, i));
    metrics_family(metrics, "dns64_answer_seconds", "histogram",
                   "from the query to its answer, by what that was made of");
    for (unsigned from = 0; from < TALLY_FROM_COUNT; from++) {
        struct histogram_sum sum = {0};
        for (unsigned i = 0; i < count; i++)
            histogram_collect(&tallies[i].took[from], &sum);
        metrics_histogram(metrics, "dns64_answer_seconds", "from", tally_from_text(from), histogram_bounds_s,
                          HISTOGRAM_BOUNDS, sum.counts, sum.sum_ns);
    }
}

/* The upstreams in force, one after the other, with one of their numbers each. */
static void put_upstream_counter(struct metrics *metrics, const struct server *server, const char *name,
                                 const char *help, enum choice_counter counter)
{
    char text[SETTINGS_UPSTREAM_TEXT_LEN];
    struct worker_upstream at;
    metrics_family(metrics, name, "counter", help);
    for (unsigned i = 0; i < server->rules->upstreams_count; i++) {
        worker_upstream(server->group, i, &at);
        metrics_sample(metrics, name, true, "upstream",
                       settings_upstream_print(&server->rules->upstreams[i], text), at.counters[counter]);
    }
}

static void put_upstreams(struct metrics *metrics, const struct server *server)
{
    char text[SETTINGS_UPSTREAM_TEXT_LEN];
    put_upstream_counter(metrics, server, "dns64_upstream_sent", "questions sent to this resolver",
                         CHOICE_SENT);
    put_upstream_counter(metrics, server, "dns64_upstream_answered", "its replies that matched",
                         CHOICE_ANSWERED);
    put_upstream_counter(metrics, server, "dns64_upstream_timeouts",
                         "questions that it did not answer in time", CHOICE_TIMEOUTS);
    put_upstream_counter(metrics, server, "dns64_upstream_wrong", "replies that matched no question",
                         CHOICE_WRONG);
    metrics_family(metrics, "dns64_upstream_seconds", "histogram",
                   "from a question to this resolver's reply");
    for (unsigned i = 0; i < server->rules->upstreams_count; i++) {
        struct worker_upstream at;
        worker_upstream(server->group, i, &at);
        metrics_histogram(metrics, "dns64_upstream_seconds", "upstream",
                          settings_upstream_print(&server->rules->upstreams[i], text), histogram_bounds_s,
                          HISTOGRAM_BOUNDS, at.took.counts, at.took.sum_ns);
    }
}

void control_metrics_get(struct control_request *request, void *context)
{
    struct server *server = context;
    struct metrics metrics;
    char *buffer = malloc(METRICS_LEN);
    if (buffer == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    metrics_init(&metrics, buffer, METRICS_LEN);
    put_events(&metrics, server);
    put_tallies(&metrics, server);
    put_cache(&metrics, server);
    put_memory(&metrics);
    pthread_mutex_lock(&server->lock);
    put_upstreams(&metrics, server);
    pthread_mutex_unlock(&server->lock);
    metrics_end(&metrics);
    control_reply_text(request, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", buffer);
    free(buffer);
}
