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

static const struct print_column columns[] = {
    {"QUERIES", true}, {"ERROR", true}, {"SHARE", true}, {"NAME", false}, {NULL, false}};
static const struct print_column client_columns[] = {
    {"QUERIES", true}, {"ERROR", true}, {"SHARE", true}, {"CLIENT", false}, {NULL, false}};

static void print_share(char cell[PRINT_CELL_LEN], json_int_t part, json_int_t all)
{
    snprintf(cell, PRINT_CELL_LEN, "%.1f%%", all > 0 ? (double)part * 100 / (double)all : 0.0);
}

static int show_table(const struct cmd_options *options, const json_t *document, bool clients)
{
    char seconds[PRINT_CELL_LEN], queries[PRINT_CELL_LEN];
    json_int_t all = json_integer_value(json_object_get(document, "queries"));
    const json_t *list = json_object_get(document, "top");
    struct print_table *table =
        print_table_new(options->out, print_wants_colour(options->out), clients ? client_columns : columns);
    if (table == NULL)
        return CMD_EXIT_FINDING;
    print_duration(seconds, document, "seconds");
    print_count(queries, document, "queries");
    fprintf(options->out, "%s queries in %s\n", queries, seconds);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        char(*cells)[PRINT_CELL_LEN] = print_table_row(table);
        print_count(cells[0], entry, "queries");
        print_count(cells[1], entry, "error");
        print_share(cells[2], json_integer_value(json_object_get(entry, "queries")), all);
        print_text(cells[3], entry, clients ? "client" : "name");
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
    bool clients = of != NULL && strcmp(of, "clients") == 0;
    if (of != NULL && !clients && strcmp(of, "names") != 0) {
        fputs("gate64: dns top takes one of names, clients\n", options->err);
        return CMD_EXIT_USAGE;
    }
    if (options->reset)
        return reset(options);
    int64_t limit = options->limit < 0 ? LIMIT : options->limit < LIMIT_MAX ? options->limit : LIMIT_MAX;
    snprintf(target, sizeof(target), "/v1/top?of=%s&limit=%d", clients ? "clients" : "names", (int)limit);
    int r = cmd_document(options, cmd_dns64, target, &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    int status = CMD_EXIT_GOOD;
    if (options->json)
        print_json(options->out, document);
    else
        status = show_table(options, document, clients);
    json_decref(document);
    return status;
}
