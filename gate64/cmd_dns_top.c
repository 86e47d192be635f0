/*
 * gate64 dns top: what is asked for most, and who asks most.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd_dns.h"

#include <string.h>

#include "gate64/client.h"

enum {
    TARGET_LEN = 64,
    LIMIT_MAX = 1000, /* of the daemon */
    LIMIT = 20,
};

static const struct print_column name_columns[] = {
    {"QUERIES", true}, {"ERROR", true}, {"SHARE", true}, {"NAME", false}, {NULL, false}};
static const struct print_column client_columns[] = {
    {"QUERIES", true}, {"ERROR", true}, {"SHARE", true}, {"CLIENT", false}, {NULL, false}};
static const struct print_column upstream_columns[] = {
    {"SENT", true}, {"ANSWERED", true}, {"TIMEOUTS", true}, {"WRONG", true},     {"50%", true},
    {"95%", true},  {"99%", true},      {"STATE", false},   {"UPSTREAM", false}, {NULL, false}};

static void print_share(char cell[PRINT_CELL_LEN], json_int_t part, json_int_t all)
{
    snprintf(cell, PRINT_CELL_LEN, "%.1f%%", all > 0 ? (double)part * 100 / (double)all : 0.0);
}

static void fill_counted(char (*cells)[PRINT_CELL_LEN], const json_t *entry, const char *key, json_int_t all)
{
    print_count(cells[0], entry, "queries");
    print_count(cells[1], entry, "error");
    print_share(cells[2], json_integer_value(json_object_get(entry, "queries")), all);
    print_text(cells[3], entry, key);
}

/* A step of the histogram: at most so long. */
static void print_step(char cell[PRINT_CELL_LEN], const json_t *entry, const char *key)
{
    if (json_number_value(json_object_get(entry, key)) < 0)
        snprintf(cell, PRINT_CELL_LEN, "-");
    else
        print_milliseconds(cell, entry, key);
}

static void fill_upstream(char (*cells)[PRINT_CELL_LEN], const json_t *entry)
{
    bool untried = json_integer_value(json_object_get(entry, "sent")) == 0;
    print_count(cells[0], entry, "sent");
    print_count(cells[1], entry, "answered");
    print_count(cells[2], entry, "timeouts");
    print_count(cells[3], entry, "wrong");
    print_step(cells[4], entry, "half_ms");
    print_step(cells[5], entry, "most_ms");
    print_step(cells[6], entry, "nearly_all_ms");
    snprintf(cells[7], PRINT_CELL_LEN, "%s",
             untried                                       ? "untried"
             : json_is_true(json_object_get(entry, "bad")) ? "bad"
                                                           : "good");
    print_text(cells[8], entry, "upstream");
}

/* What may be asked for, as the daemon names it. */
enum subject { NAMES, CLIENTS, UPSTREAMS, SUBJECTS };
static const struct {
    const char *name;
    const struct print_column *columns;
} subjects[SUBJECTS] = {
    [NAMES] = {"names", name_columns},
    [CLIENTS] = {"clients", client_columns},
    [UPSTREAMS] = {"upstreams", upstream_columns},
};

static int show_table(const struct cmd_options *options, const json_t *document, enum subject subject)
{
    char seconds[PRINT_CELL_LEN], queries[PRINT_CELL_LEN];
    json_int_t all = json_integer_value(json_object_get(document, "queries"));
    const json_t *list = json_object_get(document, "top");
    struct print_table *table =
        print_table_new(options->out, print_wants_colour(options->out), subjects[subject].columns);
    if (table == NULL)
        return CMD_EXIT_FINDING;
    print_duration(seconds, document, "seconds");
    print_count(queries, document, "queries");
    if (subject != UPSTREAMS)
        fprintf(options->out, "%s queries in %s\n", queries, seconds);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        char(*cells)[PRINT_CELL_LEN] = print_table_row(table);
        if (subject == UPSTREAMS)
            fill_upstream(cells, entry);
        else
            fill_counted(cells, entry, subject == CLIENTS ? "client" : "name", all);
    }
    print_table_finish(table);
    return CMD_EXIT_GOOD;
}

static int reset(const struct cmd_options *options)
{
    char error[CLIENT_ERROR_LEN];
    json_t *document = NULL;
    int r = cmd_action(options, cmd_dns64, "/v1/top/reset", &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    if (options->json)
        print_json(options->out, document);
    json_decref(document);
    return CMD_EXIT_GOOD;
}

int cmd_dns_top(const struct cmd_options *options, const char *of)
{
    char target[TARGET_LEN], error[CLIENT_ERROR_LEN];
    json_t *document = NULL;
    unsigned subject = 0;
    while (of != NULL && subject < SUBJECTS && strcmp(of, subjects[subject].name) != 0)
        subject++;
    if (subject == SUBJECTS) {
        fputs("gate64: dns top takes one of names, clients, upstreams\n", options->err);
        return CMD_EXIT_USAGE;
    }
    if (options->reset)
        return reset(options);
    int64_t limit = options->limit < 0 ? LIMIT : options->limit < LIMIT_MAX ? options->limit : LIMIT_MAX;
    snprintf(target, sizeof(target), "/v1/top?of=%s&limit=%d", subjects[subject].name, (int)limit);
    int r = cmd_document(options, cmd_dns64, target, &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    int status = CMD_EXIT_GOOD;
    if (options->json)
        print_json(options->out, document);
    else
        status = show_table(options, document, (enum subject)subject);
    json_decref(document);
    return status;
}
