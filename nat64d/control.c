/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/pref64.h"
#include "common/reload.h"
#include "common/time_units.h"
#include "config.h"
#include "nat64d/control_trace.h"
#include "nat64d/control_who.h"
#include "nat64d/keeper/size.h"
#include "nat64d/rfc6146/tcp_state.h"

enum {
    METRICS_LEN = 256 * 1024, /* some 100 counters of 200 bytes each, and 5 values of each pool */
};

static uint64_t started_ns;
static uint64_t started_utc_ns;

void control_routes_init(void)
{
    started_ns = clock_now_ns();
    started_utc_ns = clock_utc_ns();
}

static const char *const transport_names[TRANSPORT_COUNT] = {"tcp", "udp", "icmp"};

static json_int_t counter(const struct translator *translator, unsigned index)
{
    return (json_int_t)counters_sum(translator->counters, WORKER_MAX, index);
}

static json_int_t tally(const struct translator *translator, enum tally which)
{
    return counter(translator, REASON_COUNT + which);
}

static json_int_t dropped(const struct translator *translator)
{
    json_int_t sum = 0;
    for (unsigned i = REASON_OK + 1; i < REASON_COUNT; i++)
        sum += counter(translator, i);
    return sum;
}

/* Entries of one protocol over all shards: a worker changes its own at will, so this is a recent value. */
static json_t *counts(const struct translator *translator, bool sessions)
{
    json_t *object = json_object();
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        json_int_t sum = 0;
        for (unsigned i = 0; i < translator->tables->shared.shards; i++) {
            const struct steps_shard *shard = &translator->tables->shards[i];
            sum += __atomic_load_n(sessions ? &shard->sessions.count[t] : &shard->bib.count[t],
                                   __ATOMIC_RELAXED);
        }
        json_object_set_new(object, transport_names[t], json_integer(sum));
    }
    if (sessions)
        json_object_set_new(object, "max",
                            json_integer(translator->tables->shared.state.header->session_slots));
    return object;
}

static json_t *pref64_list(const struct translator *translator)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < translator->tables->shared.guard.pref64_count; i++)
        json_array_append_new(
            list, json_string(addr_print_prefix6(&translator->tables->shared.guard.pref64[i].prefix, text)));
    return list;
}

static json_t *prefixes_list(const struct addr_prefix6 *prefixes, size_t count)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(addr_print_prefix6(&prefixes[i], text)));
    return list;
}

/* The tables are those of one configuration from here to end(). */
static const struct translator *begin(void *context)
{
    struct translator *translator = ((const struct control_target *)context)->translator;
    pthread_mutex_lock(&translator->mutex);
    return translator;
}

static void end(const struct translator *translator)
{
    pthread_mutex_unlock((pthread_mutex_t *)&translator->mutex);
}

static void get_status(struct control_request *request, void *context)
{
    const struct control_target *target = context;
    const struct translator *translator = begin(context);
    json_t *packets =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "from_ipv6", tally(translator, TALLY_FROM_IPV6), "to_ipv4",
                  tally(translator, TALLY_TO_IPV4), "from_ipv4", tally(translator, TALLY_FROM_IPV4),
                  "to_ipv6", tally(translator, TALLY_TO_IPV6), "dropped", dropped(translator));
    json_t *status = json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "program", "nat64d", "version",
        PACKAGE_VERSION, "pid", (int)getpid(), "started_utc_ms", (json_int_t)(started_utc_ns / NS_PER_MS),
        "uptime_s", (json_int_t)((clock_now_ns() - started_ns) / NS_PER_S), "tun",
        translator->settings->nat64.tun, "workers", (int)translator->tables->shared.workers, "pref64",
        pref64_list(translator), "backends", prefixes_list(translator->backends, translator->backends_count),
        "sessions", counts(translator, true), "bindings", counts(translator, false), "packets", packets);
    json_object_set_new(status, "keeper_started_utc_ms",
                        json_integer((json_int_t)(target->keeper_started_utc_ns / NS_PER_MS)));
    json_object_set_new(status, "path_mtus",
                        json_integer((json_int_t)path_mtu_count(translator->tables->path_mtus)));
    end(translator);
    control_reply_json(request, 200, status);
}

/* A walk over the slots of a table. */
struct walk {
    void *context;                       /* struct control_target */
    const struct translator *translator; /* while a record is made */
    uint32_t slot;
    bool by_backend;
    struct in6_addr backend;
    int transport; /* -1: all */
    bool (*make)(struct walk *walk, json_t **ret_record);
};

static struct walk *walk_new(struct control_request *request, void *context)
{
    const char *backend = control_query(request, "backend");
    const char *protocol = control_query(request, "protocol");
    struct walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        control_reply_error(request, 500, "out of memory");
        return NULL;
    }
    walk->context = context;
    walk->transport = -1;
    walk->by_backend = backend != NULL;
    for (int t = 0; protocol != NULL && t < TRANSPORT_COUNT; t++)
        if (strcmp(protocol, transport_names[t]) == 0)
            walk->transport = t;
    if (protocol != NULL && walk->transport < 0) {
        control_reply_error(request, 400, "protocol: one of tcp, udp, icmp");
    } else if (backend != NULL && addr_parse6(backend, &walk->backend) < 0) {
        control_reply_error(request, 400, "backend: an IPv6 address");
    } else {
        return walk;
    }
    free(walk);
    return NULL;
}

/* One record, of tables that stand still meanwhile. */
static bool walk_next(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    walk->translator = begin(walk->context);
    bool more = walk->make(walk, ret_record);
    end(walk->translator);
    return more;
}

static void reply_list(struct control_request *request, bool (*make)(struct walk *walk, json_t **ret_record),
                       struct walk *walk)
{
    walk->make = make;
    control_reply_stream(request, walk_next, free, walk);
}

static bool walk_wants(const struct walk *walk, const struct bib_entry *entry)
{
    if (walk->transport >= 0 && entry->transport != walk->transport)
        return false;
    return !walk->by_backend || addr_equal6(&entry->src6, &walk->backend);
}

static const char *state_name(const struct session *session)
{
    if (session->transport == TRANSPORT_TCP)
        return tcp_state_name(session->tcp_state);
    return session->flags & SESSION_ANSWERED ? "answered" : "open";
}

static json_t *session_record(const struct walk *walk, const struct session *session,
                              const struct bib_entry *entry)
{
    char src6[ADDR_TEXT_LEN], dst6[ADDR_TEXT_LEN], src4[ADDR_TEXT_LEN], dst4[ADDR_TEXT_LEN];
    const struct steps_shared *shared = &walk->translator->tables->shared;
    unsigned pref64 = shared->pref64_index[session->pref64 % STATE_PREF64_MAX];
    struct in6_addr image =
        pref64_embed(&shared->guard.pref64[pref64 % shared->guard.pref64_count].prefix, session->dst4);
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:i, s:s, s:i, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:b}", "protocol",
        transport_names[session->transport], "state", state_name(session), "src6",
        addr_print6(&entry->src6, src6), "src6_port", entry->src6_port, "dst6", addr_print6(&image, dst6),
        "dst6_port", session->dst_port, "src4", addr_print4(entry->src4, src4), "src4_port", entry->src4_port,
        "dst4", addr_print4(session->dst4, dst4), "dst4_port", session->dst_port, "expires_s",
        (json_int_t)expiry_left_s(session, clock_now_ns()), "packets6", (json_int_t)session->packets6,
        "bytes6", (json_int_t)session->bytes6, "packets4", (json_int_t)session->packets4, "bytes4",
        (json_int_t)session->bytes4, "static", entry->is_static);
}

static bool make_session(struct walk *walk, json_t **ret_record)
{
    const struct state *state = &walk->translator->tables->shared.state;
    while (walk->slot < state->header->session_slots) {
        struct session session;
        struct bib_entry entry;
        if (session_peek(state->sessions, walk->slot++, &session) && session.bib < state->header->bib_slots &&
            session.transport < TRANSPORT_COUNT && bib_peek(state->bib, session.bib, &entry) &&
            walk_wants(walk, &entry)) {
            *ret_record = session_record(walk, &session, &entry);
            return true;
        }
    }
    return false;
}

static void get_sessions(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        reply_list(request, make_session, walk);
}

static bool make_binding(struct walk *walk, json_t **ret_record)
{
    const struct state *state = &walk->translator->tables->shared.state;
    char src6[ADDR_TEXT_LEN], src4[ADDR_TEXT_LEN];
    while (walk->slot < state->header->bib_slots) {
        struct bib_entry entry;
        if (!bib_peek(state->bib, walk->slot++, &entry) || entry.transport >= TRANSPORT_COUNT ||
            !walk_wants(walk, &entry))
            continue;
        *ret_record =
            json_pack("{s:s, s:s, s:i, s:s, s:i, s:I, s:b}", "protocol", transport_names[entry.transport],
                      "src6", addr_print6(&entry.src6, src6), "src6_port", entry.src6_port, "src4",
                      addr_print4(entry.src4, src4), "src4_port", entry.src4_port, "sessions",
                      (json_int_t)entry.sessions, "static", entry.is_static);
        if (entry.is_static)
            json_object_set_new(
                *ret_record, "name",
                json_string(binding_at(walk->translator->tables->bindings, entry.static_index)->name));
        return true;
    }
    return false;
}

static void get_bindings(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        reply_list(request, make_binding, walk);
}

/* What the pool of the address has, beside the address's own numbers. */
static void add_pool(json_t *record, const struct translator *translator, uint32_t index)
{
    const struct tables *tables = translator->tables;
    uint32_t pool_index = prefixes_pool_index(&tables->prefixes, index);
    const struct prefixes_pool *pool = &tables->prefixes.pools[pool_index];
    const struct steps_shared *shared = &tables->shared;
    uint64_t closing_ns = expiry_closing(shared->lifetime_ns[EXPIRY_TCP_CLOSING], shared->closing_full_ns,
                                         block_use(tables->blocks, pool_index, TRANSPORT_TCP),
                                         block_pool_ports(tables->blocks, pool_index));
    uint32_t host = 0;
    struct pool_watch_use use;
    pool_watch_get(translator->watch, pool_index, &use);
    for (uint16_t block = 0; block < PORT_BLOCKS; block++)
        host += (uint32_t)__builtin_popcountll((block_host(tables->blocks, index, block, TRANSPORT_TCP) |
                                                block_host(tables->blocks, index, block, TRANSPORT_UDP)) &
                                               pool->ports[block]);
    json_t *more =
        json_pack("{s:b, s:b, s:o, s:I, s:I, s:I, s:I, s:o}", "shared", pool->shared, "drains", pool->drain,
                  "for", prefixes_list(pool->for6, pool->for6_count), "host", (json_int_t)host, "percent",
                  (json_int_t)use.percent, "tcp_closing_s", (json_int_t)(closing_ns / NS_PER_S), "per_minute",
                  (json_int_t)use.per_minute, "lasts_s",
                  use.lasts_s < 0 ? json_null() : json_integer((json_int_t)use.lasts_s));
    json_object_update(record, more);
    json_decref(more);
}

static bool make_address(struct walk *walk, json_t **ret_record)
{
    const struct translator *translator = walk->translator;
    const struct tables *tables = translator->tables;
    char address[ADDR_TEXT_LEN];
    uint32_t used[TRANSPORT_COUNT] = {0}, held = 0, claimed, total;
    if (walk->slot >= tables->prefixes.addresses)
        return false;
    uint32_t index = walk->slot++;
    const struct prefixes_pool *pool = prefixes_pool_of(&tables->prefixes, index);
    for (unsigned i = 0; i < tables->shared.shards; i++) {
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            used[t] += claim_used(tables->shards[i].claim, index, t);
        held += claim_held(tables->shards[i].claim, index);
    }
    block_count(tables->blocks, index, &claimed, &total);
    *ret_record =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "pool", pool->name, "address",
                  addr_print4(prefixes_address(&tables->prefixes, index), address), "ports",
                  (json_int_t)pool->ports_count, "tcp", (json_int_t)used[TRANSPORT_TCP], "udp",
                  (json_int_t)used[TRANSPORT_UDP], "icmp", (json_int_t)used[TRANSPORT_ICMP], "held",
                  (json_int_t)held, "blocks", (json_int_t)claimed, "blocks_total", (json_int_t)total);
    json_object_set_new(*ret_record, "backend_blocks",
                        json_integer((json_int_t)bulk_count(tables->bulk, index)));
    add_pool(*ret_record, translator, index);
    return true;
}

static void get_pool(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        reply_list(request, make_address, walk);
}

static bool make_counter(struct walk *walk, json_t **ret_record)
{
    uint32_t index = walk->slot++;
    if (index >= REASON_COUNT + TALLY_COUNT)
        return false;
    bool is_reason = index < REASON_COUNT;
    const char *name = is_reason ? reason_info[index].name : tally_info[index - REASON_COUNT].name;
    const char *text = is_reason ? reason_info[index].text : tally_info[index - REASON_COUNT].text;
    *ret_record =
        json_pack("{s:s, s:I, s:s}", "name", name, "value", counter(walk->translator, index), "text", text);
    if (is_reason)
        json_object_set_new(*ret_record, "section", json_string(reason_info[index].section));
    return true;
}

/* How long ago the router said so. */
static json_int_t age_s(uint64_t learned_ns)
{
    uint64_t now_ns = clock_now_ns();
    return now_ns > learned_ns ? (json_int_t)((now_ns - learned_ns) / NS_PER_S) : 0;
}

static bool make_path_mtu(struct walk *walk, json_t **ret_record)
{
    struct path_mtu *table = walk->translator->tables->path_mtus;
    struct path_mtu_entry entry;
    char backend[ADDR_TEXT_LEN];
    while (walk->slot < PATH_MTU_MAX) {
        if (!path_mtu_peek(table, walk->slot++, &entry))
            continue;
        *ret_record = json_pack("{s:s, s:I, s:I}", "backend", addr_print6(&entry.to, backend), "mtu",
                                (json_int_t)entry.mtu, "age_s", age_s(entry.learned_ns));
        return true;
    }
    return false;
}

static void get_path_mtus(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        reply_list(request, make_path_mtu, walk);
}

static void get_counters(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        reply_list(request, make_counter, walk);
}

/* A pool's ports in use of one protocol; of TRANSPORT_COUNT: all that it has. */
static void add_pools(struct metrics *metrics, const struct translator *translator, const char *name,
                      const char *help, unsigned transport)
{
    const struct tables *tables = translator->tables;
    metrics_family(metrics, name, "gauge", help);
    for (uint32_t i = 0; i < tables->prefixes.pools_count; i++)
        metrics_sample(metrics, name, false, "pool", tables->prefixes.pools[i].name,
                       transport < TRANSPORT_COUNT ? block_use(tables->blocks, i, transport)
                                                   : block_pool_ports(tables->blocks, i));
}

/* SEC-24: how much there is, and how much of it is in use. */
static void add_limits(struct metrics *metrics, const struct translator *translator)
{
    metrics_family(metrics, "nat64d_sessions_max", "gauge", "sessions that there is room for");
    metrics_sample(metrics, "nat64d_sessions_max", false, NULL, NULL,
                   translator->tables->shared.state.header->session_slots);
    add_pools(metrics, translator, "nat64d_pool_ports", "ports of each protocol in the pool",
              TRANSPORT_COUNT);
    add_pools(metrics, translator, "nat64d_pool_tcp", "TCP ports of the pool in use", TRANSPORT_TCP);
    add_pools(metrics, translator, "nat64d_pool_udp", "UDP ports of the pool in use", TRANSPORT_UDP);
    add_pools(metrics, translator, "nat64d_pool_icmp", "ICMP identifiers of the pool in use", TRANSPORT_ICMP);
}

static void add_gauges(struct metrics *metrics, const struct translator *translator)
{
    for (int kind = 0; kind < 2; kind++) {
        const char *name = kind == 0 ? "nat64d_sessions" : "nat64d_bindings";
        json_t *values = counts(translator, kind == 0);
        metrics_family(metrics, name, "gauge", kind == 0 ? "sessions in the table" : "bindings in the table");
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            metrics_sample(metrics, name, false, "protocol", transport_names[t],
                           (uint64_t)json_integer_value(json_object_get(values, transport_names[t])));
        json_decref(values);
    }
}

static void get_metrics(struct control_request *request, void *context)
{
    struct metrics metrics;
    char *buffer = malloc(METRICS_LEN);
    if (buffer == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    const struct translator *translator = begin(context);
    metrics_init(&metrics, buffer, METRICS_LEN);
    metrics_family(&metrics, "nat64d_packets_dropped", "counter", "packets not translated, by reason");
    for (unsigned i = REASON_OK + 1; i < REASON_COUNT; i++)
        metrics_sample(&metrics, "nat64d_packets_dropped", true, "reason", reason_info[i].name,
                       (uint64_t)counter(translator, i));
    for (unsigned i = 0; i < TALLY_COUNT; i++) {
        char name[64] = "nat64d_";
        strncat(name, tally_info[i].name, sizeof(name) - sizeof("nat64d_"));
        metrics_family(&metrics, name, "counter", tally_info[i].text);
        metrics_sample(&metrics, name, true, NULL, NULL, (uint64_t)tally(translator, i));
    }
    add_gauges(&metrics, translator);
    add_limits(&metrics, translator);
    metrics_end(&metrics);
    end(translator);
    control_reply_text(request, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", buffer);
    free(buffer);
}

static void get_settings(struct control_request *request, void *context)
{
    const struct translator *translator = begin(context);
    reload_reply_printed(request, translator->printed);
    end(translator);
}

/* Asks the keeper; false when the request was answered because that failed. */
static bool ask(struct control_request *request, const struct control_target *target,
                const struct channel_message *question, struct channel_message *ret_answer)
{
    int r = ask_keeper(target->ask, question, ret_answer);
    if (r < 0)
        control_reply_error(request, 500, r == -ETIMEDOUT ? "the keeper does not answer" : strerror(-r));
    return r == 0;
}

static void post_reload(struct control_request *request, void *context)
{
    struct reload_order order;
    struct channel_message question = {.kind = CHANNEL_ASK_RELOAD}, answer;
    if (!reload_parse(request, &order))
        return;
    question.check = order.check;
    question.hash = order.hash;
    question.changed = order.hashed;
    if (!ask(request, context, &question, &answer))
        return;
    struct reload_outcome outcome = {.hash = answer.hash, .changed = answer.changed};
    strcpy(outcome.text, answer.text);
    reload_reply(request, &order, answer.good ? 0 : -EINVAL, &outcome);
}

static void post_upgrade(struct control_request *request, void *context)
{
    struct channel_message question = {.kind = CHANNEL_ASK_UPGRADE}, answer;
    if (!ask(request, context, &question, &answer))
        return;
    if (answer.good)
        control_reply_json(request, 200, json_pack("{s:s}", "text", answer.text));
    else
        control_reply_error(request, 409, answer.text);
}

const struct control_route control_routes[] = {
    {"GET", "/v1/status", get_status},
    {"GET", "/v1/settings", get_settings},
    {"GET", "/v1/sessions", get_sessions},
    {"GET", "/v1/bindings", get_bindings},
    {"GET", "/v1/pool", get_pool},
    {"GET", "/v1/counters", get_counters},
    {"GET", "/v1/mtu", get_path_mtus},
    {"GET", "/v1/trace", control_trace},
    {"GET", "/v1/who", control_who},
    {"GET", "/metrics", get_metrics},
    {"POST", "/v1/reload", post_reload},
    {"POST", "/v1/upgrade", post_upgrade},
    {NULL, NULL, NULL},
};
