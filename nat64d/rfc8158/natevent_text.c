/*
 * Layer: path
 * Specification: RFC 8158 5, RFC 8259
 */
#include "nat64d/rfc8158/natevent_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utc.h"

static const char *const transports[] = {"tcp", "udp", "icmp"};
static_assert(sizeof(transports) / sizeof(transports[0]) == TRANSPORT_COUNT, "a name for each transport");

/* A line in the making. No member is as long as what is left by then. */
struct line {
    char *text;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->text + line->len, NATEVENT_TEXT_LEN - line->len, format, arguments);
    va_end(arguments);
    line->len += n < 0 ? 0 : (size_t)n;
    if (line->len >= NATEVENT_TEXT_LEN)
        line->len = NATEVENT_TEXT_LEN - 1;
}

static void put_raw(struct line *line, const char *text)
{
    size_t len = strlen(text);
    if (len > NATEVENT_TEXT_LEN - 1 - line->len)
        len = NATEVENT_TEXT_LEN - 1 - line->len;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    line->text[line->len] = '\0';
}

/* ,"key":"text" of a text that needs no escape. */
static void put_text(struct line *line, const char *key, const char *text)
{
    put_raw(line, ",\"");
    put_raw(line, key);
    put_raw(line, "\":\"");
    put_raw(line, text);
    put_raw(line, "\"");
}

static void put_number(struct line *line, const char *key, uint64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_raw(line, ",\"");
    put_raw(line, key);
    put_raw(line, "\":");
    put_raw(line, at);
}

/* Bytes of the UTF-8 character at `text` (RFC 3629 4); 0 when there is none. */
static size_t character(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4))
        return 0;
    for (size_t i = 1; i <= more; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    unsigned char second = (unsigned char)text[1];
    bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
               (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : more + 1;
}

/* A name of the configuration. What JSON (RFC 8259 7) would take for something else is escaped; what is no
 * text is a question mark, so that the line can be read in any case. */
static void put_name(struct line *line, const char *key, const char *name)
{
    put(line, ",\"%s\":\"", key);
    while (*name != '\0') {
        unsigned char c = (unsigned char)*name;
        size_t len = character(name);
        if (c == '"' || c == '\\')
            put(line, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            put(line, "\\u%04x", c);
        else
            put(line, "%.*s", len > 0 ? (int)len : 1, len > 0 ? name : "?");
        name += len > 0 ? len : 1;
    }
    put_raw(line, "\"");
}

static void put_time(struct line *line, const char *key, uint64_t utc_ns)
{
    char time[UTC_TEXT_LEN];
    put_text(line, key, utc_print(utc_ns, time));
}

static struct line begin(char text[NATEVENT_TEXT_LEN], uint64_t utc_ns, const char *event)
{
    char time[UTC_TEXT_LEN];
    struct line line = {.text = text};
    put_raw(&line, "{\"time\":\"");
    put_raw(&line, utc_print(utc_ns, time));
    put_raw(&line, "\"");
    put_text(&line, "event", event);
    return line;
}

static size_t end(struct line *line)
{
    put_raw(line, "}\n");
    return line->len;
}

static void put_address4(struct line *line, const char *key, uint32_t address)
{
    char text[ADDR_TEXT_LEN];
    put_text(line, key, addr_print4(address, text));
}

static void put_backend(struct line *line, const struct in6_addr *address, uint8_t len)
{
    char text[ADDR_TEXT_LEN];
    const struct addr_prefix6 prefix = {addr_mask6(address, len), len};
    put_text(line, "src6",
             len == NATEVENT_HOST ? addr_print6(address, text) : addr_print_prefix6(&prefix, text));
}

static void put_pool(struct line *line, const struct natevent_pools *pools, uint32_t address)
{
    for (size_t i = 0; i < pools->count; i++)
        if (addr_in_prefix4(address, &pools->pools[i].address)) {
            put_name(line, "pool", pools->pools[i].name);
            return;
        }
}

/* (X',x) and (T,t). */
static void put_binding(struct line *line, const struct natevent *event)
{
    put_backend(line, &event->src6, event->prefix_len);
    put_number(line, "src6_port", event->src6_port);
    put_address4(line, "src4", event->src4);
    put_number(line, "src4_port", event->src4_port);
}

static void put_quota(struct line *line, const struct natevent *event)
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
    put_number(line, "quota_event", event->detail);
    put_text(line, "quota", quotas[event->detail]);
    if (event->cause != NATEVENT_CAUSE_NONE)
        put_text(line, "limit", causes[event->cause]);
    if (!addr_equal6(&event->src6, &nobody))
        put_backend(line, &event->src6, event->prefix_len);
}

static void put_members(struct line *line, const struct natevent *event)
{
    switch ((enum natevent_kind)event->kind) {
    case NATEVENT_BIB_CREATE:
    case NATEVENT_BIB_DELETE: put_binding(line, event); return;
    case NATEVENT_SESSION_CREATE:
    case NATEVENT_SESSION_DELETE:
        put_binding(line, event);
        put_address4(line, "dst4", event->dst4);
        put_number(line, "dst4_port", event->dst4_port);
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
        put_number(line, "src4_port", event->src4_port);
        put_number(line, "src4_last", event->src4_last);
        return;
    case NATEVENT_THRESHOLD:
        put_number(line, "threshold_event", event->detail);
        put_text(line, "threshold", event->detail == NATEVENT_THRESHOLD_POOL_HIGH ? "pool-high" : "pool-low");
        put_number(line, "percent", event->limit);
        return;
    }
}

size_t natevent_text_record(const struct natevent *event, const struct natevent_pools *pools,
                            const struct natevent_clock *clock, char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, natevent_clock_utc(clock, event->time_ns), natevent_name(event->kind));
    put_number(&line, "nat_event", event->kind);
    if (event->transport < TRANSPORT_COUNT)
        put_text(&line, "protocol", transports[event->transport]);
    put_members(&line, event);
    if (event->src4 != 0)
        put_pool(&line, pools, event->src4);
    if (event->since_ns != 0)
        put_time(&line, "since", natevent_clock_utc(clock, event->since_ns));
    if (event->suppressed != 0)
        put_number(&line, "suppressed", event->suppressed);
    return end(&line);
}

size_t natevent_text_begin(uint64_t utc_ns, const char *event, uint32_t bindings,
                           char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, event);
    put_number(&line, "bindings", bindings);
    return end(&line);
}

size_t natevent_text_stop(uint64_t utc_ns, char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, "stop");
    return end(&line);
}

size_t natevent_text_static(uint64_t utc_ns, const struct settings_static *binding,
                            char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, "static");
    char address[ADDR_TEXT_LEN];
    if (binding->protocol != SETTINGS_ANY)
        put_text(&line, "protocol", transports[binding->protocol]);
    put_name(&line, "name", binding->name);
    put_text(&line, "src6", addr_print6(&binding->ipv6.addr.v6, address));
    put_number(&line, "src6_port", binding->ipv6.ports.first);
    put_address4(&line, "src4", binding->ipv4.addr.v4);
    put_number(&line, "src4_port", binding->ipv4.ports.first);
    put_number(&line, "src4_last", binding->ipv4.ports.last);
    return end(&line);
}

size_t natevent_text_eam(uint64_t utc_ns, const struct settings_eam *eam, char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, "eam");
    char prefix[ADDR_TEXT_LEN];
    put_text(&line, "src6", addr_print_prefix6(&eam->ipv6, prefix));
    put_text(&line, "src4", addr_print_prefix4(&eam->ipv4, prefix));
    return end(&line);
}

size_t natevent_text_lost(uint64_t utc_ns, uint64_t since_utc_ns, uint64_t count,
                          char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, "lost");
    put_number(&line, "count", count);
    put_time(&line, "since", since_utc_ns);
    return end(&line);
}

size_t natevent_text_clock(uint64_t utc_ns, int64_t step_ms, char text[NATEVENT_TEXT_LEN])
{
    struct line line = begin(text, utc_ns, "clock");
    put(&line, ",\"step_ms\":%" PRId64, step_ms);
    return end(&line);
}
