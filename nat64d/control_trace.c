/*
 * Layer: edge
 * Specification: man/nat64d.8 (GET /v1/trace)
 */
#include "nat64d/control_trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "nat64d/control.h"
#include "nat64d/edge/trace_json.h"
#include "nat64d/table/trace_reader.h"

/* Writing packets down costs more than translating them: at full rate it would take the CPU from the workers.
 * What waits for its turn waits in the rings, and what finds those full is counted. */
enum {
    PACKETS_PER_S = 1000,
    BURST = 256,
};
static const uint64_t packet_ns = NS_PER_S / PACKETS_PER_S;

/* One trace that somebody reads. */
struct follow {
    const struct control_target *target;
    unsigned place;
    bool begun, ended;
    uint32_t count, packets;
    uint32_t seconds;
    uint64_t end_ns;
    uint64_t paid_ns; /* until when the packets so far use up the rate */
    uint64_t utc_ns;  /* what the two clocks are apart; asked once, or packets would jump about */
    unsigned reloads; /* of the translator, when it was last looked at */
};

static bool parse_address(const char *text, struct trace_filter *filter)
{
    struct addr_prefix prefix;
    struct addr_endpoint endpoint;
    if (addr_parse_prefix(text, &prefix) == 0 && prefix.family == AF_INET6) {
        filter->family = 6;
        filter->v6 = prefix.v6;
        return true;
    }
    uint32_t address;
    filter->family = 4;
    if (addr_parse4(text, &address) == 0) {
        filter->v4 = address;
        return true;
    }
    if (addr_parse_endpoint(text, 0, &endpoint) < 0 || endpoint.addr.family != AF_INET)
        return false;
    filter->v4 = endpoint.addr.v4;
    filter->port = endpoint.port;
    return true;
}

static bool parse_number(const char *text, uint32_t max, uint32_t default_value, uint32_t *ret_number)
{
    char *end;
    *ret_number = default_value;
    if (text == NULL)
        return true;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *ret_number = (uint32_t)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number >= 1 && number <= max;
}

static json_t *end_object(const struct follow *follow, bool by_time)
{
    return json_pack("{s:s, s:s, s:I, s:I}", "event", "end", "why", by_time ? "time" : "count", "packets",
                     (json_int_t)follow->packets, "missed",
                     (json_int_t)trace_reader_missed(follow->target->traces, follow->place));
}

/* What happens around the packets; NULL: nothing. */
static json_t *next_event(struct follow *follow, unsigned reloads, uint64_t now_ns)
{
    if (!follow->begun) {
        follow->begun = true;
        return json_pack("{s:s, s:I, s:I}", "event", "begin", "count", (json_int_t)follow->count, "seconds",
                         (json_int_t)follow->seconds);
    }
    if (follow->reloads != reloads) {
        follow->reloads = reloads;
        return json_pack("{s:s}", "event", "reload");
    }
    if (follow->packets < follow->count && now_ns < follow->end_ns)
        return NULL;
    follow->ended = true;
    return end_object(follow, follow->packets < follow->count);
}

/* Whether it is another packet's turn. */
static bool may_take(struct follow *follow, uint64_t now_ns)
{
    if (follow->paid_ns + BURST * packet_ns < now_ns)
        follow->paid_ns = now_ns - BURST * packet_ns;
    return follow->paid_ns + packet_ns <= now_ns;
}

static enum control_next next(void *cursor, json_t **ret_record)
{
    struct follow *follow = cursor;
    struct translator *translator = follow->target->translator;
    struct trace_record record;
    uint64_t now_ns = clock_now_ns();
    if (follow->ended)
        return CONTROL_END;
    pthread_mutex_lock(&translator->mutex);
    json_t *object = next_event(follow, translator->reloads, now_ns);
    if (object == NULL && may_take(follow, now_ns) &&
        trace_reader_next(follow->target->traces, follow->place, now_ns, &record)) {
        follow->packets++;
        follow->paid_ns += packet_ns;
        object = trace_json_packet(&record, translator->tables, follow->utc_ns + record.time_ns);
    }
    pthread_mutex_unlock(&translator->mutex);
    *ret_record = object;
    return object != NULL ? CONTROL_RECORD : CONTROL_WAIT;
}

static void done(void *cursor)
{
    struct follow *follow = cursor;
    trace_reader_close(follow->target->traces, follow->place);
    free(follow);
}

static bool parse_request(struct control_request *request, struct trace_filter *filter, struct follow *follow)
{
    const char *address = control_query(request, "address");
    if (address == NULL || !parse_address(address, filter)) {
        control_reply_error(request, 400,
                            "address: an IPv6 address or prefix, or an IPv4 address with or without #PORT");
        return false;
    }
    if (!parse_number(control_query(request, "count"), CONTROL_TRACE_COUNT_MAX, CONTROL_TRACE_COUNT,
                      &follow->count)) {
        control_reply_error(request, 400, "count: 1 to 100000 packets");
        return false;
    }
    if (!parse_number(control_query(request, "seconds"), CONTROL_TRACE_SECONDS_MAX, CONTROL_TRACE_SECONDS,
                      &follow->seconds)) {
        control_reply_error(request, 400, "seconds: 1 to 3600");
        return false;
    }
    filter->count = follow->count;
    return true;
}

void control_trace(struct control_request *request, void *context)
{
    const struct control_target *target = context;
    struct trace_filter filter = {0};
    struct follow ask = {.target = target}, *follow;
    if (!parse_request(request, &filter, &ask))
        return;
    pthread_mutex_lock(&target->translator->mutex);
    ask.reloads = target->translator->reloads;
    pthread_mutex_unlock(&target->translator->mutex);
    uint64_t now_ns = clock_now_ns();
    ask.utc_ns = clock_utc_ns() - now_ns;
    ask.end_ns = now_ns + ask.seconds * NS_PER_S;
    int r = trace_reader_open(target->traces, &filter, &ask.place);
    if (r < 0) {
        control_reply_error(request, r == -EBUSY ? 409 : 500,
                            r == -EBUSY ? "four traces are on already; wait until one ends" : strerror(-r));
        return;
    }
    follow = malloc(sizeof(*follow));
    if (follow == NULL) {
        trace_reader_close(target->traces, ask.place);
        control_reply_error(request, 500, "out of memory");
        return;
    }
    *follow = ask;
    control_reply_follow(request, next, done, follow);
}
