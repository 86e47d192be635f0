/*
 * gate64 trace: the next packets of a backend, step by step.
 *
 * Layer: edge
 * Specification: man/gate64.1 (trace); man/nat64d.8 (GET /v1/trace)
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/client.h"
#include "gate64/cmd.h"
#include "gate64/trace_show.h"

enum {
    TARGET_LEN = 256,
    COUNT_DEFAULT = 20,
    SECONDS_DEFAULT = 60,
    POLL_MS = 100,
    WAIT_S = 5, /* for the next translator, when one has ended */
};

struct watch {
    const struct cmd_options *options;
    bool colour;
    bool begun, ended;
    int64_t packets; /* shown */
    int64_t count;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct watch *watch, const char *format, ...)
{
    va_list arguments;
    if (watch->options->json)
        return;
    fflush(watch->options->out);
    va_start(arguments, format);
    vfprintf(watch->options->err, format, arguments);
    va_end(arguments);
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void tell_end(const struct watch *watch, const json_t *event)
{
    int64_t missed = number_of(event, "missed");
    if (watch->packets == 0)
        tell(watch, "No packet of %s came. If it sends, its packets do not reach nat64d: see gate64 check.\n",
             watch->options->operands[0]);
    else
        tell(watch, "%lld %s.\n", (long long)watch->packets, watch->packets == 1 ? "packet" : "packets");
    if (missed > 0)
        tell(watch, "%lld more came too fast to be looked at.\n", (long long)missed);
}

static int take(void *context, json_t *record)
{
    struct watch *watch = context;
    const char *event = json_string_value(json_object_get(record, "event"));
    if (event == NULL)
        event = "";
    if (watch->options->json)
        print_json(watch->options->out, record);
    if (strcmp(event, "packet") == 0) {
        watch->packets++;
        if (!watch->options->json)
            trace_show_packet(watch->options->out, watch->colour, record);
    } else if (strcmp(event, "begin") == 0) {
        if (!watch->begun)
            tell(watch, "Waiting for %lld %s of %s, %lld s at most.\n", (long long)watch->count,
                 watch->count == 1 ? "packet" : "packets", watch->options->operands[0],
                 (long long)number_of(record, "seconds"));
        watch->begun = true;
    } else if (strcmp(event, "reload") == 0) {
        tell(watch, "The configuration was reloaded; what follows met the new one.\n");
    } else if (strcmp(event, "end") == 0) {
        watch->ended = true;
        tell_end(watch, record);
    }
    fflush(watch->options->out);
    return ferror(watch->options->out) ? CLIENT_ENOUGH : CLIENT_MORE;
}

/* RFC 3986 3.4: the # before a port would begin a fragment. */
static void make_target(const struct watch *watch, int64_t seconds, char target[TARGET_LEN])
{
    const char *address = watch->options->operands[0], *port = strchr(address, '#');
    int len = port != NULL ? (int)(port - address) : (int)strlen(address);
    snprintf(target, TARGET_LEN, "/v1/trace?address=%.*s%s%s&count=%lld&seconds=%lld", len, address,
             port != NULL ? "%23" : "", port != NULL ? port + 1 : "",
             (long long)(watch->count - watch->packets), (long long)seconds);
}

static bool is_address(const char *text)
{
    struct addr_prefix prefix;
    struct addr_endpoint endpoint;
    if (strlen(text) >= ADDR_TEXT_LEN)
        return false;
    if (addr_parse_prefix(text, &prefix) == 0)
        return prefix.family == AF_INET6 || strchr(text, '/') == NULL;
    return addr_parse_endpoint(text, 0, &endpoint) == 0 && endpoint.addr.family == AF_INET;
}

/* The translator went in the middle: true if another answers. */
static bool wait_for_next(const struct watch *watch)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * (long)NS_PER_MS};
    char error[CLIENT_ERROR_LEN];
    uint64_t until = clock_now_ns() + WAIT_S * NS_PER_S;
    tell(watch, "nat64d has ended its translator; waiting for the next one.\n");
    do {
        json_t *document = NULL;
        nanosleep(&pause, NULL);
        if (cmd_document(watch->options, cmd_nat64d, "/v1/status", &document, error) == 0) {
            json_decref(document);
            tell(watch, "nat64d has started a translator anew; the trace goes on.\n");
            return true;
        }
    } while (clock_now_ns() < until);
    return false;
}

static void say_restart(const struct watch *watch)
{
    if (!watch->options->json)
        return;
    json_t *event = json_pack("{s:s}", "event", "restart");
    print_json(watch->options->out, event);
    fflush(watch->options->out);
    json_decref(event);
}

static int follow(struct watch *watch, int64_t seconds)
{
    uint64_t end_ns = clock_now_ns() + (uint64_t)seconds * NS_PER_S;
    char target[TARGET_LEN], error[CLIENT_ERROR_LEN] = "";
    for (;;) {
        make_target(watch, seconds, target);
        int r = cmd_records(watch->options, cmd_nat64d, target, take, watch, error);
        if (watch->ended || ferror(watch->options->out))
            return CMD_EXIT_GOOD;
        if (!watch->begun || r != -EPIPE || !wait_for_next(watch))
            return cmd_failed(watch->options, cmd_nat64d, r != 0 ? r : -EPROTO, error);
        say_restart(watch);
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= end_ns || watch->packets >= watch->count)
            return CMD_EXIT_GOOD;
        seconds = (int64_t)((end_ns - now_ns - 1) / NS_PER_S) + 1;
    }
}

int cmd_trace(const struct cmd_options *options)
{
    struct watch watch = {
        .options = options,
        .colour = print_wants_colour(options->out),
        .count = options->count > 0 ? options->count : COUNT_DEFAULT,
    };
    if (options->operands_count != 1 || !is_address(options->operands[0])) {
        fputs("gate64: trace takes an IPv6 address or prefix, or an IPv4 address with or without #PORT\n",
              options->err);
        return CMD_EXIT_USAGE;
    }
    return follow(&watch, options->seconds > 0 ? options->seconds : SECONDS_DEFAULT);
}
