/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/control_explain.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dns64/explain_json.h"
#include "dns64/server.h"
#include "dns64/wire/type.h"

enum {
    QUESTION_LEN = 512,
    MS_PER_S = 1000,
};

/* Two hold it: the request that waits, and the thread that explains. The last one frees. */
struct job {
    struct counters counters; /* of this query alone */
    atomic_uint holders;
    int ended; /* eventfd */
    struct query_client client;
    uint8_t bytes[QUESTION_LEN];
    size_t len;
    struct explain explain; /* the thread's, until it has ended */
};

static struct job *job_new(void)
{
    struct job *job = aligned_alloc(_Alignof(struct job), sizeof(*job));
    if (job == NULL)
        return NULL;
    memset(job, 0, sizeof(*job));
    job->holders = 1;
    job->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->ended >= 0)
        return job;
    free(job);
    return NULL;
}

static void job_release(struct job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) > 1)
        return;
    explain_done(&job->explain);
    close(job->ended);
    free(job);
}

static void on_took(void *context, const struct query *query, enum query_slot_name slot,
                    const struct known_reply *reply)
{
    struct job *job = context;
    explain_took(&job->explain, query, slot, reply);
}

static void on_end(void *context, const struct query *query, const uint8_t *bytes, size_t len)
{
    struct job *job = context;
    explain_end(&job->explain, query, bytes, len);
    const uint64_t one = 1;
    if (write(job->ended, &one, sizeof(one)) != sizeof(one))
        abort(); /* it was empty */
    job_release(job);
}

static void begin(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    static const struct task_observer observer = {on_took, on_end};
    struct job *job = context;
    (void)worker;
    (void)now_ns;
    job->client.allowed = rules_may_ask(tasks->in_force->rules, &job->client.addr);
    atomic_fetch_add(&job->holders, 1);
    task_observe(tasks, job->bytes, job->len, &job->client, &job->counters, &observer, job);
}

/* False: it took too long. */
static bool wait_for(const struct job *job)
{
    struct pollfd ended = {.fd = job->ended, .events = POLLIN};
    return poll(&ended, 1, CONTROL_EXPLAIN_WAIT_S * MS_PER_S) == 1;
}

/* The thread that knows the most of the name, as each has a cache of its own. */
struct best {
    const struct name *name;
    unsigned worker;
    size_t entries, most;
};

static void see_one(void *context, const struct cache_seen *seen)
{
    struct best *best = context;
    best->entries += seen->kind == CACHE_DATA;
}

static void look_one(void *context, struct task_context *tasks, unsigned worker, uint64_t now_ns)
{
    struct best *best = context;
    best->entries = 0;
    cache_look(tasks->cache, best->name, now_ns, see_one, best);
    if (best->entries <= best->most)
        return;
    best->most = best->entries;
    best->worker = worker;
}

static bool take_flag(struct control_request *request, const char *key)
{
    const char *value = control_query(request, key);
    return value != NULL && strcmp(value, "1") == 0;
}

/* By TCP, so that nothing is cut. False: the request has its answer. */
static bool take_request(struct control_request *request, struct job *job, struct name *ret_name)
{
    struct message_writer writer;
    uint16_t type = MESSAGE_TYPE_AAAA;
    const char *name = control_query(request, "name"), *wanted = control_query(request, "type"),
               *client = control_query(request, "client");
    const char *wrong = NULL;
    if (name == NULL || !name_from_text(name, ret_name))
        wrong = "name wants a domain name, such as www.example.com";
    else if (wanted != NULL && !type_parse(wanted, &type))
        wrong = "type wants a type of DNS, such as AAAA or TYPE65";
    else if (addr_parse(client != NULL ? client : "::1", &job->client.addr) < 0)
        wrong = "client wants an address, such as 2001:db8::5";
    if (wrong != NULL) {
        control_reply_error(request, 400, wrong);
        return false;
    }
    message_begin(&writer, job->bytes, sizeof(job->bytes), 0,
                  (uint16_t)(MESSAGE_RD | (take_flag(request, "cd") ? MESSAGE_CD : 0)), ret_name, type,
                  MESSAGE_CLASS_IN);
    message_add_opt(&writer, QUERY_UDP_PLAIN, 0, take_flag(request, "do") ? MESSAGE_DO : 0, NULL, 0);
    job->len = message_end(&writer);
    return true;
}

static void explain(struct control_request *request, struct server *server, struct job *job,
                    const struct name *name)
{
    struct best best = {.name = name};
    worker_visit_all(server->group, look_one, &best);
    if (!worker_visit_one(server->group, best.worker, begin, job)) {
        control_reply_error(request, 503, "dns64 is about to stop");
        return;
    }
    if (!wait_for(job)) {
        control_reply_error(request, 504, "the resolvers take too long; gate64 status shows how they are");
        return;
    }
    json_t *document = explain_json(&job->explain);
    if (document != NULL)
        json_object_set_new(document, "worker", json_integer(best.worker));
    control_reply_json(request, 200, document);
}

void control_explain_get(struct control_request *request, void *context)
{
    struct name name;
    struct job *job = job_new();
    if (job == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    if (take_request(request, job, &name))
        explain(request, context, job, &name);
    job_release(job);
}
