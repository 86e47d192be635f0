/*
 * gate64 counters: what both daemons have counted, every reason of a drop among it.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd.h"

#include <errno.h>

#include "gate64/client.h"

static const struct print_column columns[] = {
    {"DAEMON", false},  {"COUNTER", false},       {"VALUE", true},
    {"MEANING", false}, {"SPECIFICATION", false}, {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "program");
    print_text(cells[1], record, "name");
    print_count(cells[2], record, "value");
    print_text(cells[3], record, "text");
    print_text(cells[4], record, "section");
}

static bool wants(const struct cmd_options *options, const json_t *record)
{
    return options->all || json_integer_value(json_object_get(record, "value")) != 0;
}

int cmd_counters(const struct cmd_options *options)
{
    const char *const programs[] = {cmd_nat64d, cmd_dns64};
    struct cmd_list list = {
        .options = options, .columns = columns, .fill = fill, .wants = wants, .name_program = true};
    char errors[2][CLIENT_ERROR_LEN] = {"out of memory", "out of memory"};
    bool asked[2];
    int results[2] = {0, 0}, status = CMD_EXIT_NOT_RUNNING;

    int r = cmd_programs(options, &asked[0], &asked[1]);
    if (r != CMD_EXIT_GOOD)
        return r;
    if (cmd_list_begin(&list) < 0)
        return cmd_failed(options, cmd_nat64d, -ENOMEM, errors[0]);
    bool failed = true;
    for (int i = 0; i < 2; i++)
        if (asked[i]) {
            results[i] = cmd_list_add(&list, programs[i], "/v1/counters", errors[i]);
            failed &= results[i] < 0;
        }
    cmd_list_end(&list, failed);
    for (int i = 0; i < 2; i++) {
        int one = CMD_EXIT_NOT_RUNNING;
        if (asked[i])
            one = results[i] == 0 ? CMD_EXIT_GOOD : cmd_failed(options, programs[i], results[i], errors[i]);
        status = cmd_combine(status, one);
    }
    return status;
}
