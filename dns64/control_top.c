/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/control_top.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/settings_upstream.h"
#include "common/time_units.h"
#include "dns64/server.h"

enum {
    LIMIT = 20,       /* entries, if nothing is said */
    LIMIT_MAX = 1000, /* a reply is one document */
};

static const char *const subjects[TOP_SUBJECTS] = {[TOP_NAMES] = "names", [TOP_CLIENTS] = "clients"};

/* What all threads have. */
struct collection {
    enum top_subject subject;
    struct top_entry *entries;
    size_t count;
    uint64_t queries, since_ns;
};

static void collect_one(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    struct collection *collection = context;
    const struct top *top = tasks->observer.top;
    struct top_numbers numbers = top_numbers(top);
    (void)worker;
    (void)now_ns;
    collection->count += top_entries(top, collection->subject, collection->entries + collection->count);
    collection->queries += numbers.queries;
    if (numbers.since_ns < collection->since_ns)
        collection->since_ns = numbers.since_ns;
}

static json_t *entry_json(const struct top_entry *entry)
{
    char name[NAME_TEXT_LEN], client[ADDR_TEXT_LEN];
    bool is_name = entry->subject == TOP_NAMES;
    return json_pack("{s:s, s:I, s:I}", is_name ? "name" : "client",
                     is_name ? name_print(&entry->name, name) : addr_print(&entry->client, client), "queries",
                     (json_int_t)entry->count, "error", (json_int_t)entry->error);
}

static json_t *collection_json(struct collection *collection, size_t limit)
{
    json_t *list = json_array();
    collection->count = top_merge(collection->entries, collection->count);
    for (size_t i = 0; i < collection->count && i < limit; i++)
        json_array_append_new(list, entry_json(&collection->entries[i]));
    return json_pack("{s:s, s:I, s:I, s:o}", "of", subjects[collection->subject], "seconds",
                     (json_int_t)((clock_now_ns() - collection->since_ns) / NS_PER_S), "queries",
                     (json_int_t)collection->queries, "top", list);
}

/* At most so many milliseconds; -1: nothing was measured, or more than the histogram tells. */
static double percentile_ms(const struct histogram_sum *took, unsigned percent)
{
    uint64_t ns = histogram_percentile_ns(took, percent);
    return ns == 0 || ns == UINT64_MAX ? -1 : (double)ns / NS_PER_MS;
}

static json_t *upstream_json(const struct server *server, unsigned index)
{
    char text[SETTINGS_UPSTREAM_TEXT_LEN];
    struct worker_upstream at;
    worker_upstream(server->group, index, &at);
    return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "upstream",
                     settings_upstream_print(&server->rules->upstreams[index], text), "bad", at.bad, "sent",
                     (json_int_t)at.counters[CHOICE_SENT], "answered",
                     (json_int_t)at.counters[CHOICE_ANSWERED], "timeouts",
                     (json_int_t)at.counters[CHOICE_TIMEOUTS], "wrong", (json_int_t)at.counters[CHOICE_WRONG],
                     "half_ms", percentile_ms(&at.took, 50), "most_ms", percentile_ms(&at.took, 95),
                     "nearly_all_ms", percentile_ms(&at.took, 99));
}

static void reply_upstreams(struct control_request *request, struct server *server)
{
    json_t *list = json_array();
    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0; i < server->rules->upstreams_count; i++)
        json_array_append_new(list, upstream_json(server, i));
    pthread_mutex_unlock(&server->lock);
    control_reply_json(request, 200, json_pack("{s:s, s:o}", "of", "upstreams", "top", list));
}

/* The parameters; false: the request has its answer. */
static bool take_parameters(struct control_request *request, enum top_subject *ret_subject, size_t *ret_limit)
{
    const char *of = control_query(request, "of"), *limit = control_query(request, "limit");
    unsigned subject = 0;
    while (subject < TOP_SUBJECTS && (of == NULL || strcmp(of, subjects[subject]) != 0))
        subject++;
    *ret_limit = limit != NULL ? strtoul(limit, NULL, 10) : LIMIT;
    if (subject<TOP_SUBJECTS && * ret_limit> 0 && *ret_limit <= LIMIT_MAX) {
        *ret_subject = (enum top_subject)subject;
        return true;
    }
    control_reply_error(request, 400, "of is names, clients or upstreams, limit a number from 1 to 1000");
    return false;
}

void control_top_get(struct control_request *request, void *context)
{
    struct server *server = context;
    struct collection collection = {.since_ns = UINT64_MAX};
    unsigned workers;
    size_t limit;
    const char *of = control_query(request, "of");
    if (of != NULL && strcmp(of, "upstreams") == 0) {
        reply_upstreams(request, server);
        return;
    }
    if (!take_parameters(request, &collection.subject, &limit))
        return;
    worker_counters(server->group, &workers);
    collection.entries = calloc((size_t)workers * TOP_ENTRIES, sizeof(*collection.entries));
    if (collection.entries == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    worker_visit_all(server->group, collect_one, &collection);
    control_reply_json(request, 200, collection_json(&collection, limit));
    free(collection.entries);
}

static void reset_one(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    (void)context;
    (void)worker;
    top_reset(tasks->observer.top, now_ns);
}

void control_top_reset(struct control_request *request, void *context)
{
    struct server *server = context;
    worker_visit_all(server->group, reset_one, NULL);
    control_reply_json(request, 200, json_pack("{s:b}", "reset", 1));
}
