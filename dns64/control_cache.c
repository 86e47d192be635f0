/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/control_cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/counters.h"
#include "dns64/control_local.h"
#include "dns64/control_record.h"
#include "dns64/server.h"
#include "dns64/wire/type.h"

enum {
    RECORDS_MAX = 1024, /* entries of one name that are told of */
};

static const char *const kinds[] = {[CACHE_DATA] = "reply",
                                    [CACHE_FAILURE] = "failure",
                                    [CACHE_DENIED] = "denied",
                                    [CACHE_ALIAS] = "alias",
                                    [CACHE_ANSWER] = "answer"};

static json_int_t counter(const struct server *server, enum outcome outcome)
{
    unsigned count;
    const struct counters *sets = worker_counters(server->group, &count);
    return (json_int_t)counters_sum(sets, count, outcome);
}

void control_cache_get(struct control_request *request, void *context)
{
    const struct server *server = context;
    struct cache_numbers numbers = worker_cache_numbers(server->group);
    control_reply_json(
        request, 200,
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "size", (json_int_t)numbers.size,
                  "bytes", (json_int_t)numbers.bytes, "entries", (json_int_t)numbers.entries, "answers",
                  counter(server, OUTCOME_CACHE_ANSWERS), "replies", counter(server, OUTCOME_CACHE_DATA),
                  "denied", counter(server, OUTCOME_CACHE_DENIED), "failures",
                  counter(server, OUTCOME_CACHE_FAILURES), "stale", counter(server, OUTCOME_CACHE_STALE),
                  "misses", counter(server, OUTCOME_CACHE_MISSES), "joined",
                  counter(server, OUTCOME_CACHE_JOINED), "refreshed",
                  counter(server, OUTCOME_CACHE_REFRESHED)));
}

/* The parameter `name`; false: the request has its answer. */
static bool take_name(struct control_request *request, struct name *ret_name)
{
    const char *text = control_query(request, "name");
    if (text != NULL && name_from_text(text, ret_name))
        return true;
    control_reply_error(request, 400, "name wants a domain name, such as www.example.com");
    return false;
}

struct flush {
    struct name name;
    bool below;
    size_t dropped;
};

static void flush_one(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    struct flush *flush = context;
    (void)worker;
    (void)now_ns;
    flush->dropped += cache_flush(tasks->cache, &flush->name, flush->below);
}

void control_cache_flush(struct control_request *request, void *context)
{
    struct server *server = context;
    struct flush flush = {.below = control_query(request, "below") != NULL};
    if (!take_name(request, &flush.name))
        return;
    worker_visit_all(server->group, flush_one, &flush);
    control_reply_json(request, 200, json_pack("{s:I}", "dropped", (json_int_t)flush.dropped));
}

struct lookup {
    struct name name;
    json_t *records;
    size_t next;
    unsigned worker;
};

static void see_one(void *context, const struct cache_seen *seen)
{
    struct lookup *lookup = context;
    const struct cache_found *found = &seen->found;
    struct message message = {0};
    char type[TYPE_TEXT_LEN];
    if (json_array_size(lookup->records) >= RECORDS_MAX)
        return;
    bool sound = message_parse(found->bytes, found->len, &message) == MESSAGE_OK;
    json_array_append_new(
        lookup->records,
        json_pack("{s:i, s:s, s:s, s:i, s:b, s:b, s:b, s:I, s:I, s:i, s:I, s:o}", "worker",
                  (int)lookup->worker, "kind", kinds[seen->kind], "type",
                  seen->kind == CACHE_DENIED || seen->kind == CACHE_ALIAS ? "-" : type_text(seen->type, type),
                  "class", seen->class, "do", (seen->flags & CACHE_DO) != 0, "cd",
                  (seen->flags & CACHE_CD) != 0, "edns", (seen->flags & CACHE_EDNS) != 0, "age_s",
                  (json_int_t)found->age_s, "left_s", (json_int_t)found->life_s - (json_int_t)found->age_s,
                  "rcode", sound ? (int)message_rcode(&message) : MESSAGE_SERVFAIL, "bytes",
                  (json_int_t)found->len, "answer", sound ? control_record_answers(&message) : json_array()));
}

static void look_one(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    struct lookup *lookup = context;
    lookup->worker = worker;
    cache_look(tasks->cache, &lookup->name, now_ns, see_one, lookup);
}

static bool next_record(void *cursor, json_t **ret_record)
{
    struct lookup *lookup = cursor;
    json_t *record = json_array_get(lookup->records, lookup->next);
    if (record == NULL)
        return false;
    lookup->next++;
    *ret_record = json_incref(record);
    return true;
}

static void free_lookup(void *cursor)
{
    struct lookup *lookup = cursor;
    json_decref(lookup->records);
    free(lookup);
}

void control_cache_lookup(struct control_request *request, void *context)
{
    struct server *server = context;
    struct name name;
    if (!take_name(request, &name))
        return;
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL || (lookup->records = json_array()) == NULL) {
        free(lookup);
        control_reply_error(request, 500, "out of memory");
        return;
    }
    lookup->name = name;
    pthread_mutex_lock(&server->lock);
    control_local_look(&server->rules->outside.policy, &name, lookup->records);
    pthread_mutex_unlock(&server->lock);
    worker_visit_all(server->group, look_one, lookup);
    control_reply_stream(request, next_record, free_lookup, lookup);
}
