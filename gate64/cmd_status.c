/*
 * gate64 status: both daemons at a glance.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <string.h>

#include "gate64/client.h"
#include "gate64/text.h"

enum {
    LABEL_COLUMNS = 12,
};

/* A line "  label       " that the caller goes on with. */
static void label(FILE *out, const char *name)
{
    fprintf(out, "  %-*s", LABEL_COLUMNS, name);
}

/* The texts of a list, or "-". */
static void print_names(FILE *out, const json_t *document, const char *key, const char *name)
{
    char text[PRINT_CELL_LEN];
    const json_t *list = json_object_get(document, key);
    size_t shown = 0;
    label(out, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *value = json_string_value(json_array_get(list, i));
        if (value == NULL)
            continue;
        fprintf(out, "%s%s", shown++ > 0 ? ", " : "", text_clean(value, text, sizeof(text)));
    }
    fputs(shown > 0 ? "\n" : "-\n", out);
}

/* "nat64d  runs for 1h59m, process 4242, version 0.1.0" */
static void print_head(const struct cmd_options *options, bool colour, const json_t *document,
                       const char *program)
{
    char uptime[PRINT_CELL_LEN], version[PRINT_CELL_LEN], pid[PRINT_CELL_LEN];
    print_duration(uptime, document, "uptime_s");
    print_text(version, document, "version");
    print_number(pid, document, "pid");
    cmd_show_name(options, program);
    print_styled(options->out, colour, PRINT_GOOD, "runs");
    fprintf(options->out, " for %s, process %s, version %s\n", uptime, pid, version);
}

/* "1,234 (tcp 1,000, udp 200, icmp 34)", and "of 1,048,576" if there is a limit. */
static void print_by_protocol(FILE *out, const json_t *document, const char *key)
{
    static const char *const protocols[] = {"tcp", "udp", "icmp"};
    char cells[3][PRINT_CELL_LEN], text[TEXT_LEN], max[PRINT_CELL_LEN];
    const json_t *counts = json_object_get(document, key);
    uint64_t sum = 0; /* of values that may be anything: it wraps, it does not overflow */
    for (size_t i = 0; i < 3; i++) {
        sum += (uint64_t)json_integer_value(json_object_get(counts, protocols[i]));
        print_count(cells[i], counts, protocols[i]);
    }
    print_count(max, counts, "max");
    label(out, key);
    fputs(json_is_object(counts) ? text_count((int64_t)sum, text) : "-", out);
    if (json_object_get(counts, "max") != NULL)
        fprintf(out, " of %s", max);
    fprintf(out, " (tcp %s, udp %s, icmp %s)\n", cells[0], cells[1], cells[2]);
}

static void print_packets(FILE *out, const json_t *document)
{
    const json_t *packets = json_object_get(document, "packets");
    char cells[5][PRINT_CELL_LEN];
    print_count(cells[0], packets, "from_ipv6");
    print_count(cells[1], packets, "to_ipv4");
    print_count(cells[2], packets, "from_ipv4");
    print_count(cells[3], packets, "to_ipv6");
    print_count(cells[4], packets, "dropped");
    label(out, "packets");
    fprintf(out, "from IPv6 %s, to IPv4 %s; from IPv4 %s, to IPv6 %s; dropped %s\n", cells[0], cells[1],
            cells[2], cells[3], cells[4]);
}

static void show_nat64d(FILE *out, bool colour, const json_t *document)
{
    char tun[PRINT_CELL_LEN], workers[PRINT_CELL_LEN];
    (void)colour;
    print_text(tun, document, "tun");
    print_count(workers, document, "workers");
    label(out, "device");
    fprintf(out, "%s, workers: %s\n", tun, workers);
    print_names(out, document, "pref64", "prefixes");
    print_names(out, document, "backends", "backends");
    print_by_protocol(out, document, "sessions");
    print_by_protocol(out, document, "bindings");
    print_packets(out, document);
}

static void show_upstream(FILE *out, bool colour, const json_t *upstream)
{
    char address[PRINT_CELL_LEN], state[PRINT_CELL_LEN], latency[PRINT_CELL_LEN];
    char sent[PRINT_CELL_LEN], answered[PRINT_CELL_LEN], timeouts[PRINT_CELL_LEN];
    print_text(address, upstream, "address");
    print_text(state, upstream, "state");
    if (json_integer_value(json_object_get(upstream, "sent")) > 0)
        print_milliseconds(latency, upstream, "latency_ms");
    else
        memcpy(latency, "-", sizeof("-")); /* nothing was asked yet, so nothing was measured */
    print_count(sent, upstream, "sent");
    print_count(answered, upstream, "answered");
    print_count(timeouts, upstream, "timeouts");
    enum print_style style = strcmp(state, "bad") == 0    ? PRINT_BAD
                             : strcmp(state, "good") == 0 ? PRINT_GOOD
                                                          : PRINT_PLAIN;
    label(out, "upstream");
    fprintf(out, "%s ", address);
    print_styled(out, colour, style, state);
    fprintf(out, ", latency %s, sent %s, answered %s, timeouts %s\n", latency, sent, answered, timeouts);
}

static void show_dns64(FILE *out, bool colour, const json_t *document)
{
    char workers[PRINT_CELL_LEN], queries[PRINT_CELL_LEN], synthesised[PRINT_CELL_LEN];
    const json_t *upstreams = json_object_get(document, "upstream");
    print_count(workers, document, "workers");
    print_count(queries, document, "queries");
    print_count(synthesised, document, "synthesised");
    print_names(out, document, "listen", "listens on");
    label(out, "workers");
    fprintf(out, "%s\n", workers);
    print_names(out, document, "pref64", "prefixes");
    for (size_t i = 0; i < json_array_size(upstreams); i++)
        show_upstream(out, colour, json_array_get(upstreams, i));
    label(out, "queries");
    fprintf(out, "%s, answers made from A records: %s\n", queries, synthesised);
}

static int show(const struct cmd_options *options, const char *program,
                void (*rest)(FILE *out, bool colour, const json_t *document))
{
    char error[CLIENT_ERROR_LEN];
    bool colour = print_wants_colour(options->out);
    json_t *document;
    int r = cmd_document(options, program, "/v1/status", &document, error);
    if (r == -ENOTCONN) {
        cmd_show_not_running(options, program);
        return CMD_EXIT_NOT_RUNNING;
    }
    if (r < 0)
        return cmd_failed(options, program, r, error);
    if (options->json) {
        print_json(options->out, document);
    } else {
        print_head(options, colour, document, program);
        rest(options->out, colour, document);
    }
    json_decref(document);
    return CMD_EXIT_GOOD;
}

int cmd_status(const struct cmd_options *options)
{
    bool nat64d, dns64;
    int status = cmd_programs(options, &nat64d, &dns64);
    if (status != CMD_EXIT_GOOD)
        return status;
    status = CMD_EXIT_NOT_RUNNING;
    if (nat64d)
        status = cmd_combine(status, show(options, cmd_nat64d, show_nat64d));
    if (dns64)
        status = cmd_combine(status, show(options, cmd_dns64, show_dns64));
    return status;
}
