/*
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gate64/client.h"

enum {
    SOCKET_PATH_LEN = SETTINGS_PATH_LEN + 32,
    TARGET_LEN = 256,
};

const char cmd_nat64d[] = "nat64d";
const char cmd_dns64[] = "dns64";

static void socket_path(const struct cmd_options *options, const char *program, char path[SOCKET_PATH_LEN])
{
    snprintf(path, SOCKET_PATH_LEN, "%s/%s/control", options->state_dir, program);
}

int cmd_programs(const struct cmd_options *options, bool *ret_nat64d, bool *ret_dns64)
{
    bool nat64d = options->operands_count == 0, dns64 = nat64d;
    for (int i = 0; i < options->operands_count; i++) {
        const char *operand = options->operands[i];
        bool is_nat64d = strcmp(operand, cmd_nat64d) == 0, is_dns64 = strcmp(operand, cmd_dns64) == 0;
        if (!is_nat64d && !is_dns64) {
            fprintf(options->err, "gate64: %s is no daemon of gate64; name nat64d, dns64, or none for both\n",
                    operand);
            return CMD_EXIT_USAGE;
        }
        nat64d |= is_nat64d;
        dns64 |= is_dns64;
    }
    *ret_nat64d = nat64d;
    *ret_dns64 = dns64;
    return CMD_EXIT_GOOD;
}

int cmd_combine(int a, int b)
{
    if (a == CMD_EXIT_FINDING || b == CMD_EXIT_FINDING)
        return CMD_EXIT_FINDING;
    return a == CMD_EXIT_GOOD || b == CMD_EXIT_GOOD ? CMD_EXIT_GOOD : CMD_EXIT_NOT_RUNNING;
}

void cmd_start_line(const struct cmd_options *options, const char *program, char *buffer, size_t size)
{
    /* sd_booted(3): this folder is there if and only if systemd runs the host. */
    if (access("/run/systemd/system", F_OK) == 0)
        snprintf(buffer, size, "systemctl start %s", program);
    else if (options->file != NULL)
        snprintf(buffer, size, "%s -c %s -f", program, options->file);
    else
        snprintf(buffer, size, "%s -f", program);
}

void cmd_show_name(const struct cmd_options *options, const char *program)
{
    print_styled(options->out, print_wants_colour(options->out), PRINT_HEADER, program);
    fputs(strcmp(program, cmd_dns64) == 0 ? "   " : "  ", options->out);
}

void cmd_show_not_running(const struct cmd_options *options, const char *program)
{
    char start[SETTINGS_PATH_LEN + 64];
    cmd_start_line(options, program, start, sizeof(start));
    if (options->json) {
        json_t *document = json_pack("{s:s, s:b, s:s}", "program", program, "running", 0, "start", start);
        print_json(options->out, document);
        json_decref(document);
        return;
    }
    cmd_show_name(options, program);
    print_styled(options->out, print_wants_colour(options->out), PRINT_BAD, "not running");
    fprintf(options->out, "; start it: %s\n", start);
}

int cmd_failed(const struct cmd_options *options, const char *program, int r, const char *error)
{
    char start[SETTINGS_PATH_LEN + 64];
    if (r != -ENOTCONN) {
        fprintf(options->err, "gate64: %s: %s\n", program, error);
        return CMD_EXIT_FINDING;
    }
    cmd_start_line(options, program, start, sizeof(start));
    fprintf(options->err, "gate64: %s is not running (%s); start it: %s\n", program, error, start);
    return CMD_EXIT_NOT_RUNNING;
}

int cmd_document(const struct cmd_options *options, const char *program, const char *target,
                 json_t **ret_document, char *error)
{
    char path[SOCKET_PATH_LEN];
    socket_path(options, program, path);
    return client_document(path, target, ret_document, error);
}

int cmd_action(const struct cmd_options *options, const char *program, const char *target,
               json_t **ret_document, char *error)
{
    char path[SOCKET_PATH_LEN];
    socket_path(options, program, path);
    return client_action(path, target, ret_document, error);
}

int cmd_records(const struct cmd_options *options, const char *program, const char *target,
                int (*take)(void *context, json_t *record), void *context, char *error)
{
    char path[SOCKET_PATH_LEN];
    socket_path(options, program, path);
    return client_list(path, target, take, context, error);
}

int cmd_list_begin(struct cmd_list *list)
{
    const struct cmd_options *options = list->options;
    list->left = options->limit;
    list->shown = false;
    list->table = NULL;
    if (options->json)
        return 0;
    list->table = print_table_new(options->out, print_wants_colour(options->out), list->columns);
    return list->table != NULL ? 0 : -ENOMEM;
}

static int show_record(void *context, json_t *record)
{
    struct cmd_list *list = context;
    if (list->wants != NULL && !list->wants(list->options, record))
        return CLIENT_MORE;
    if (list->name_program)
        json_object_set_new(record, "program", json_string(list->program));
    list->shown = true;
    if (list->table != NULL)
        list->fill(record, print_table_row(list->table));
    else
        print_json(list->options->out, record);
    if (ferror(list->options->out))
        return CLIENT_ENOUGH; /* main tells that the output could not be written */
    return list->left > 0 && --list->left == 0 ? CLIENT_ENOUGH : CLIENT_MORE;
}

bool cmd_list_show(struct cmd_list *list, json_t *record)
{
    return show_record(list, record) == CLIENT_MORE;
}

int cmd_list_add(struct cmd_list *list, const char *program, const char *target, char *error)
{
    if (list->left == 0)
        return 0;
    list->program = program;
    return cmd_records(list->options, program, target, show_record, list, error);
}

void cmd_list_end(struct cmd_list *list, bool failed)
{
    if (failed && !list->shown)
        print_table_drop(list->table);
    else
        print_table_finish(list->table);
    list->table = NULL;
}

int cmd_list_run(struct cmd_list *list, const char *path)
{
    const struct cmd_options *options = list->options;
    char target[TARGET_LEN], error[CLIENT_ERROR_LEN] = "out of memory";
    /* main has checked both: an address and a word, so nothing here needs an escape (RFC 3986 3.4). */
    snprintf(target, sizeof(target), "%s%s%s%s%s%s", path, options->backend != NULL ? "?backend=" : "",
             options->backend != NULL ? options->backend : "",
             options->protocol == NULL  ? ""
             : options->backend != NULL ? "&"
                                        : "?",
             options->protocol != NULL ? "protocol=" : "",
             options->protocol != NULL ? options->protocol : "");
    int r = cmd_list_begin(list);
    if (r == 0)
        r = cmd_list_add(list, cmd_nat64d, target, error);
    cmd_list_end(list, r < 0);
    return r == 0 ? CMD_EXIT_GOOD : cmd_failed(options, cmd_nat64d, r, error);
}
