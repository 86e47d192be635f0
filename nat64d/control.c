/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/pref64.h"
#include "config.h"
#include "nat64d/rfc6146/tcp_state.h"

enum {
    METRICS_LEN = 64 * 1024, /* some 70 counters of 200 bytes each */
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
    return (json_int_t)counters_sum(translator->counters, translator->shared.workers, index);
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
        for (unsigned i = 0; i < translator->shared.shards; i++) {
            const struct steps_shard *shard = &translator->shards[i];
            sum += __atomic_load_n(sessions ? &shard->sessions.count[t] : &shard->bib.count[t],
                                   __ATOMIC_RELAXED);
        }
        json_object_set_new(object, transport_names[t], json_integer(sum));
    }
    if (sessions)
        json_object_set_new(object, "max", json_integer(translator->shared.state.header->session_slots));
    return object;
}

static json_t *pref64_list(const struct translator *translator)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < translator->shared.guard.pref64_count; i++)
        json_array_append_new(
            list, json_string(addr_print_prefix6(&translator->shared.guard.pref64[i].prefix, text)));
    return list;
}

static json_t *backends_list(const struct translator *translator)
{
    char text[ADDR_TEXT_LEN];
    json_t *list = json_array();
    for (size_t i = 0; i < translator->backends_count; i++)
        json_array_append_new(list, json_string(addr_print_prefix6(&translator->backends[i], text)));
    return list;
}

static void get_status(struct control_request *request, void *context)
{
    const struct translator *translator = context;
    json_t *packets =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "from_ipv6", tally(translator, TALLY_FROM_IPV6), "to_ipv4",
                  tally(translator, TALLY_TO_IPV4), "from_ipv4", tally(translator, TALLY_FROM_IPV4),
                  "to_ipv6", tally(translator, TALLY_TO_IPV6), "dropped", dropped(translator));
    json_t *status =
        json_pack("{s:s, s:s, s:i, s:I, s:I, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "program", "nat64d",
                  "version", PACKAGE_VERSION, "pid", (int)getpid(), "started_utc_ms",
                  (json_int_t)(started_utc_ns / CLOCK_NS_PER_MS), "uptime_s",
                  (json_int_t)((clock_now_ns() - started_ns) / CLOCK_NS_PER_S), "tun",
                  translator->settings->nat64.tun, "workers", (int)translator->shared.workers, "pref64",
                  pref64_list(translator), "backends", backends_list(translator), "sessions",
                  counts(translator, true), "bindings", counts(translator, false), "packets", packets);
    control_reply_json(request, 200, status);
}

/* A walk over the slots of a table. */
struct walk {
    const struct translator *translator;
    uint32_t slot;
    bool by_backend;
    struct in6_addr backend;
    int transport; /* -1: all */
};

static struct walk *walk_new(struct control_request *request, const struct translator *translator)
{
    const char *backend = control_query(request, "backend");
    const char *protocol = control_query(request, "protocol");
    struct walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        control_reply_error(request, 500, "out of memory");
        return NULL;
    }
    walk->translator = translator;
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
    const struct guard *guard = &walk->translator->shared.guard;
    unsigned pref64 = session->pref64 < guard->pref64_count ? session->pref64 : 0;
    struct in6_addr image = pref64_embed(&guard->pref64[pref64].prefix, session->dst4);
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

static bool next_session(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    const struct state *state = &walk->translator->shared.state;
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
        control_reply_stream(request, next_session, free, walk);
}

static bool next_binding(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    const struct state *state = &walk->translator->shared.state;
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
                json_string(binding_at(walk->translator->bindings, entry.static_index)->name));
        return true;
    }
    return false;
}

static void get_bindings(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        control_reply_stream(request, next_binding, free, walk);
}

static bool next_address(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
    const struct translator *translator = walk->translator;
    char address[ADDR_TEXT_LEN];
    uint32_t used[TRANSPORT_COUNT] = {0}, held = 0, claimed, total;
    if (walk->slot >= translator->prefixes.addresses)
        return false;
    uint32_t index = walk->slot++;
    const struct prefixes_pool *pool = prefixes_pool_of(&translator->prefixes, index);
    for (unsigned i = 0; i < translator->shared.shards; i++) {
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            used[t] += claim_used(translator->shards[i].claim, index, t);
        held += claim_held(translator->shards[i].claim, index);
    }
    block_count(translator->blocks, index, &claimed, &total);
    *ret_record =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "pool", pool->name, "address",
                  addr_print4(prefixes_address(&translator->prefixes, index), address), "ports",
                  (json_int_t)pool->ports_count, "tcp", (json_int_t)used[TRANSPORT_TCP], "udp",
                  (json_int_t)used[TRANSPORT_UDP], "icmp", (json_int_t)used[TRANSPORT_ICMP], "held",
                  (json_int_t)held, "blocks", (json_int_t)claimed, "blocks_total", (json_int_t)total);
    return true;
}

static void get_pool(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        control_reply_stream(request, next_address, free, walk);
}

static bool next_counter(void *cursor, json_t **ret_record)
{
    struct walk *walk = cursor;
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

static void get_counters(struct control_request *request, void *context)
{
    struct walk *walk = walk_new(request, context);
    if (walk != NULL)
        control_reply_stream(request, next_counter, free, walk);
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
    const struct translator *translator = context;
    struct metrics metrics;
    char *buffer = malloc(METRICS_LEN);
    if (buffer == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
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
    metrics_end(&metrics);
    control_reply_text(request, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", buffer);
    free(buffer);
}

const struct control_route control_routes[] = {
    {"GET", "/v1/status", get_status},
    {"GET", "/v1/sessions", get_sessions},
    {"GET", "/v1/bindings", get_bindings},
    {"GET", "/v1/pool", get_pool},
    {"GET", "/v1/counters", get_counters},
    {"GET", "/metrics", get_metrics},
    {NULL, NULL, NULL},
};
