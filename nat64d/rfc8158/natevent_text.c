/*
 * Layer: path
 * Specification: RFC 8158 5, RFC 8259
 */
#include "nat64d/rfc8158/natevent_text.h"

#include <string.h>

#include "common/json_line.h"

static const char *const transports[] = {"tcp", "udp", "icmp"};
static_assert(sizeof(transports) / sizeof(transports[0]) == TRANSPORT_COUNT, "a name for each transport");

static struct json_line begin(char text[NATEVENT_TEXT_LEN], uint64_t utc_ns, const char *event)
{
    struct json_line line = json_line_begin(text, NATEVENT_TEXT_LEN, utc_ns);
    json_line_text(&line, "event", event);
    return line;
}

static void put_address4(struct json_line *line, const char *key, uint32_t address)
{
    char text[ADDR_TEXT_LEN];
    json_line_text(line, key, addr_print4(address, text));
}

static void put_backend(struct json_line *line, const struct in6_addr *address, uint8_t len)
{
    char text[ADDR_TEXT_LEN];
    const struct addr_prefix6 prefix = {addr_mask6(address, len), len};
    json_line_text(line, "src6",
                   len == NATEVENT_HOST ? addr_print6(address, text) : addr_print_prefix6(&prefix, text));
}

static void put_pool(struct json_line *line, const struct natevent_pools *pools, uint32_t address)
{
    for (size_t i = 0; i < pools->count; i++)
        if (addr_in_prefix4(address, &pools->pools[i].address)) {
            json_line_name(line, "pool", pools->pools[i].name);
            return;
        }
}

/* (X',x) and (T,t). */
static void put_binding(struct json_line *line, const struct natevent *event)
{
    put_backend(line, &event->src6, event->prefix_len);
    json_line_number(line, "src6_port", event->src6_port);
    put_address4(line, "src4", event->src4);
    json_line_number(line, "src4_port", event->src4_port);
}

static void put_quota(struct json_line *line, const struct natevent *event)
{
    static const char *const quotas[] = {
        [NATEVENT_QUOTA_SESSIONS] = "sessions",   [NATEVENT_QUOTA_BINDINGS] = "bindings",
        [NATEVENT_QUOTA_BACKEND] = "backend",     [NATEVENT_QUOTA_SUBSCRIBERS] = "backends",
        [NATEVENT_QUOTA_FRAGMENTS] = "fragments",
    };
    static const char *const causes[] = {
        [NATEVENT_CAUSE_NONE] = "",
        [NATEVENT_CAUSE_PORTS] = "ports",
        [NATEVENT_CAUSE_SESSIONS] = "sessions",
        [NATEVENT_CAUSE_UNANSWERED] = "unanswered",
        [NATEVENT_CAUSE_RATE] = "rate",
    };
    static const struct in6_addr nobody;
    json_line_number(line, "quota_event", event->detail);
    json_line_text(line, "quota", quotas[event->detail]);
    if (event->cause != NATEVENT_CAUSE_NONE)
        json_line_text(line, "limit", causes[event->cause]);
    if (!addr_equal6(&event->src6, &nobody))
        put_backend(line, &event->src6, event->prefix_len);
}

static void put_members(struct json_line *line, const struct natevent *event)
{
    switch ((enum natevent_kind)event->kind) {
    case NATEVENT_BIB_CREATE:
    case NATEVENT_BIB_DELETE: put_binding(line, event); return;
    case NATEVENT_SESSION_CREATE:
    case NATEVENT_SESSION_DELETE:
        put_binding(line, event);
        put_address4(line, "dst4", event->dst4);
        json_line_number(line, "dst4_port", event->dst4_port);
        return;
    case NATEVENT_ADDRESSES_EXHAUSTED: put_backend(line, &event->src6, event->prefix_len); return;
    case NATEVENT_PORTS_EXHAUSTED:
        put_backend(line, &event->src6, event->prefix_len);
        put_address4(line, "src4", event->src4);
        return;
    case NATEVENT_QUOTA_EXCEEDED: put_quota(line, event); return;
    case NATEVENT_ADDRESS_BIND:
    case NATEVENT_ADDRESS_UNBIND:
        put_backend(line, &event->src6, event->prefix_len);
        put_address4(line, "src4", event->src4);
        return;
    case NATEVENT_BLOCK_ALLOCATED:
    case NATEVENT_BLOCK_FREED:
        put_backend(line, &event->src6, event->prefix_len);
        put_address4(line, "src4", event->src4);
        json_line_number(line, "src4_port", event->src4_port);
        json_line_number(line, "src4_last", event->src4_last);
        return;
    case NATEVENT_THRESHOLD:
        json_line_number(line, "threshold_event", event->detail);
        json_line_text(line, "threshold",
                       event->detail == NATEVENT_THRESHOLD_POOL_HIGH ? "pool-high" : "pool-low");
        json_line_number(line, "percent", event->limit);
        return;
    }
}

size_t natevent_text_record(const struct natevent *event, const struct natevent_pools *pools,
                            const struct natevent_clock *clock, char text[NATEVENT_TEXT_LEN])
{
    struct json_line line =
        begin(text, natevent_clock_utc(clock, event->time_ns), natevent_name(event->kind));
    json_line_number(&line, "nat_event", event->kind);
    if (event->transport < TRANSPORT_COUNT)
        json_line_text(&line, "protocol", transports[event->transport]);
    put_members(&line, event);
    if (event->src4 != 0)
        put_pool(&line, pools, event->src4);
    if (event->since_ns != 0)
        json_line_time(&line, "since", natevent_clock_utc(clock, event->since_ns));
    if (event->suppressed != 0)
        json_line_number(&line, "suppressed", event->suppressed);
    return json_line_end(&line);
}

size_t natevent_text_begin(uint64_t utc_ns, const char *event, uint32_t bindings,
                           char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, event);
    json_line_number(&line, "bindings", bindings);
    return json_line_end(&line);
}

size_t natevent_text_stop(uint64_t utc_ns, char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, "stop");
    return json_line_end(&line);
}

size_t natevent_text_static(uint64_t utc_ns, const struct settings_static *binding,
                            char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, "static");
    char address[ADDR_TEXT_LEN];
    if (binding->protocol != SETTINGS_ANY)
        json_line_text(&line, "protocol", transports[binding->protocol]);
    json_line_name(&line, "name", binding->name);
    json_line_text(&line, "src6", addr_print6(&binding->ipv6.addr.v6, address));
    json_line_number(&line, "src6_port", binding->ipv6.ports.first);
    put_address4(&line, "src4", binding->ipv4.addr.v4);
    json_line_number(&line, "src4_port", binding->ipv4.ports.first);
    json_line_number(&line, "src4_last", binding->ipv4.ports.last);
    return json_line_end(&line);
}

size_t natevent_text_eam(uint64_t utc_ns, const struct settings_eam *eam, char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, "eam");
    char prefix[ADDR_TEXT_LEN];
    json_line_text(&line, "src6", addr_print_prefix6(&eam->ipv6, prefix));
    json_line_text(&line, "src4", addr_print_prefix4(&eam->ipv4, prefix));
    return json_line_end(&line);
}

size_t natevent_text_lost(uint64_t utc_ns, uint64_t since_utc_ns, uint64_t count,
                          char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, "lost");
    json_line_number(&line, "count", count);
    json_line_time(&line, "since", since_utc_ns);
    return json_line_end(&line);
}

size_t natevent_text_clock(uint64_t utc_ns, int64_t step_ms, char text[NATEVENT_TEXT_LEN])
{
    struct json_line line = begin(text, utc_ns, "clock");
    json_line_signed(&line, "step_ms", step_ms);
    return json_line_end(&line);
}
