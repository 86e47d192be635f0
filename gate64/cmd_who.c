/*
 * gate64 who: which backend had an IPv4 address and port at a time.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 6888 REQ-12, RFC 6302
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "common/utc.h"
#include "gate64/client.h"
#include "gate64/cmd.h"
#include "gate64/event_files.h"
#include "gate64/who.h"

enum {
    TARGET_LEN = 128,
    ERROR_LEN = (int)EVENT_FILES_ERROR_LEN > (int)CLIENT_ERROR_LEN ? (int)EVENT_FILES_ERROR_LEN
                                                                   : (int)CLIENT_ERROR_LEN,
};

static const struct print_column columns[] = {
    {"PROTOCOL", false}, {"BACKEND", false}, {"SINCE", false}, {"UNTIL", false},
    {"KIND", false},     {"NAME", false},    {NULL, false},
};

/* ADDRESS#PORT; the port of an echo is its identifier, which may be 0. */
static int parse_endpoint(const struct cmd_options *options, struct who_query *query)
{
    const char *text = options->operands_count > 0 ? options->operands[0] : "";
    char address[ADDR_TEXT_LEN], *end = NULL;
    const char *hash = strchr(text, '#');
    unsigned long port = 0;
    if (hash != NULL && hash - text < (int)sizeof(address) && hash[1] >= '0' && hash[1] <= '9') {
        snprintf(address, sizeof(address), "%.*s", (int)(hash - text), text);
        port = strtoul(hash + 1, &end, 10);
    }
    if (end == NULL || *end != '\0' || port > UINT16_MAX || addr_parse4(address, &query->src4) < 0) {
        fprintf(options->err, "gate64: who takes an IPv4 address and a port, such as 192.0.2.7#31337%s%s\n",
                text[0] != '\0' ? ": " : "", text);
        return CMD_EXIT_USAGE;
    }
    query->port = (uint16_t)port;
    return CMD_EXIT_GOOD;
}

/* Without --at: now, which is what nat64d itself says. */
static int parse_time(const struct cmd_options *options, struct who_query *query)
{
    uint64_t span_ns;
    query->from_ns = clock_utc_ns();
    query->to_ns = query->from_ns + NS_PER_S;
    if (options->at == NULL)
        return CMD_EXIT_GOOD;
    if (utc_parse(options->at, &query->from_ns, &span_ns) < 0) {
        fprintf(options->err,
                "gate64: --at takes a time, such as 2026-11-26T12:30:15Z or 2026-11-26T13:30:15+01:00: %s\n",
                options->at);
        return CMD_EXIT_USAGE;
    }
    query->to_ns = query->from_ns + span_ns;
    return CMD_EXIT_GOOD;
}

static int take_line(void *context, const char *line, size_t len)
{
    return who_line(context, line, len);
}

static int read_files(const struct cmd_options *options, struct who *who, char error[ERROR_LEN])
{
    int r = 0;
    for (size_t i = 0; i < options->files_count && r == 0; i++)
        r = event_files_read(options->files[i], take_line, who, error);
    if (options->files_count == 0 && settings_has_events(options->settings))
        r = event_files_read_log(options->settings->log.events, take_line, who, error);
    return r;
}

static int take_live(void *context, json_t *record)
{
    int *result = ((void **)context)[1];
    *result = who_live(((void **)context)[0], record);
    return *result == 0 ? CLIENT_MORE : CLIENT_ENOUGH;
}

/* What nat64d has now; -ENOTCONN when it does not run. */
static int ask(const struct cmd_options *options, const struct who_query *query, struct who *who,
               char error[ERROR_LEN])
{
    char target[TARGET_LEN], address[ADDR_TEXT_LEN];
    int result = 0;
    void *context[] = {who, &result};
    snprintf(target, sizeof(target), "/v1/who?address=%s&port=%u%s%s", addr_print4(query->src4, address),
             query->port, query->protocol != NULL ? "&protocol=" : "",
             query->protocol != NULL ? query->protocol : "");
    int r = cmd_records(options, cmd_nat64d, target, take_live, context, error);
    return r < 0 ? r : result;
}

static const char *print_time(uint64_t utc_ns, char text[UTC_TEXT_LEN])
{
    return utc_ns == 0 ? "-" : utc_print(utc_ns, text);
}

static const char *end_of(const struct who_holder *holder, char text[UTC_TEXT_LEN])
{
    if (holder->until_ns != WHO_NEVER)
        return utc_print(holder->until_ns, text);
    return holder->live ? "now" : holder->unsure ? "not known" : "open";
}

static json_t *record_of(const struct who_query *query, const struct who_holder *holder)
{
    char address[ADDR_TEXT_LEN], text[UTC_TEXT_LEN];
    json_t *record = json_pack("{s:s, s:s, s:s, s:i}", "kind", holder->kind, "src6", holder->src6, "src4",
                               addr_print4(query->src4, address), "src4_port", query->port);
    if (holder->src6_port >= 0)
        json_object_set_new(record, "src6_port", json_integer(holder->src6_port));
    if (holder->protocol[0] != '\0')
        json_object_set_new(record, "protocol", json_string(holder->protocol));
    if (holder->dst4[0] != '\0') {
        json_object_set_new(record, "dst4", json_string(holder->dst4));
        json_object_set_new(record, "dst4_port", json_integer(holder->dst4_port));
    }
    if (holder->name[0] != '\0')
        json_object_set_new(record, "name", json_string(holder->name));
    if (holder->since_ns != 0)
        json_object_set_new(record, "since", json_string(utc_print(holder->since_ns, text)));
    if (holder->until_ns != WHO_NEVER)
        json_object_set_new(record, "until", json_string(utc_print(holder->until_ns, text)));
    json_object_set_new(record, "live", json_boolean(holder->live));
    json_object_set_new(record, "end_known", json_boolean(!holder->unsure));
    return record;
}

static void fill(const struct who_query *query, const struct who_holder *holder,
                 char (*cells)[PRINT_CELL_LEN])
{
    char text[UTC_TEXT_LEN];
    json_t *record = record_of(query, holder);
    if (holder->protocol[0] == '\0')
        memcpy(cells[0], "any", sizeof("any"));
    else
        print_text(cells[0], record, "protocol");
    print_endpoint(cells[1], record, "src6", "src6_port");
    snprintf(cells[2], PRINT_CELL_LEN, "%s", print_time(holder->since_ns, text));
    snprintf(cells[3], PRINT_CELL_LEN, "%s%s", end_of(holder, text),
             holder->unsure && holder->until_ns != WHO_NEVER ? " at the latest" : "");
    print_text(cells[4], record, "kind");
    print_text(cells[5], record, "name");
    json_decref(record);
}

static int show_found(const struct cmd_options *options, const struct who_query *query, const struct who *who)
{
    const struct who_holder *holder;
    struct print_table *table = NULL;
    if (!options->json &&
        (table = print_table_new(options->out, print_wants_colour(options->out), columns)) == NULL)
        return -ENOMEM;
    for (size_t i = 0; (holder = who_get(who, i)) != NULL; i++) {
        if (table != NULL) {
            fill(query, holder, print_table_row(table));
            continue;
        }
        json_t *record = record_of(query, holder);
        print_json(options->out, record);
        json_decref(record);
    }
    print_table_finish(table);
    return 0;
}

static void show_neighbour(const struct cmd_options *options, const char *when,
                           const struct who_holder *holder)
{
    char since[UTC_TEXT_LEN], until[UTC_TEXT_LEN];
    if (holder != NULL)
        fprintf(options->err, "gate64: %s, %s had it from %s until %s\n", when, holder->src6,
                print_time(holder->since_ns, since), end_of(holder, until));
}

static void show_nobody(const struct cmd_options *options, const struct who_query *query,
                        const struct who *who)
{
    char address[ADDR_TEXT_LEN], time[UTC_TEXT_LEN];
    fprintf(options->err, "gate64: nobody is known to have had %s#%u at %s\n",
            addr_print4(query->src4, address), query->port, utc_print(query->from_ns, time));
    show_neighbour(options, "before that", who_before(who));
    show_neighbour(options, "after that", who_after(who));
}

static void show_doubts(const struct cmd_options *options, const struct who *who)
{
    if (who_lost(who) > 0)
        fprintf(options->err,
                "gate64: %llu records of around that time were lost, so the answer may not be whole\n",
                (unsigned long long)who_lost(who));
    if (who_clock_step_ms(who) != 0)
        fprintf(options->err,
                "gate64: later the gateway's clock was set by %lld ms; it may have been wrong at that time\n",
                (long long)who_clock_step_ms(who));
}

/* Whether there is anything but the daemon to ask. */
static bool has_log(const struct cmd_options *options)
{
    return options->files_count > 0 || settings_has_events(options->settings);
}

static int answer(const struct cmd_options *options, const struct who_query *query, struct who *who)
{
    char error[ERROR_LEN] = "out of memory";
    int r = read_files(options, who, error);
    if (r < 0) {
        fprintf(options->err, "gate64: %s\n", error);
        return CMD_EXIT_FINDING;
    }
    /* Files that were named are all that is asked about, unless it is about now. */
    bool wants_live = options->files_count == 0 || options->at == NULL;
    r = wants_live ? ask(options, query, who, error) : -ENOTCONN;
    if (r < 0 && (r != -ENOTCONN || !has_log(options) || options->at == NULL))
        return cmd_failed(options, cmd_nat64d, r, error);
    who_end(who, r == 0);
    show_doubts(options, who);
    if (who_get(who, 0) == NULL) {
        show_nobody(options, query, who);
        return CMD_EXIT_FINDING;
    }
    return show_found(options, query, who) < 0 ? CMD_EXIT_FINDING : CMD_EXIT_GOOD;
}

int cmd_who(const struct cmd_options *options)
{
    struct who_query query = {.protocol = options->protocol};
    struct who *who;
    int status = parse_endpoint(options, &query);
    if (status == CMD_EXIT_GOOD)
        status = parse_time(options, &query);
    if (status != CMD_EXIT_GOOD)
        return status;
    if (who_new(&query, &who) < 0) {
        fputs("gate64: out of memory\n", options->err);
        return CMD_EXIT_FINDING;
    }
    status = answer(options, &query, who);
    who_free(who);
    return status;
}
