/*
 * gate64 mtu: backends with a narrower link behind them, as their routers told.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 8201 4 (path MTU)
 */
#include "gate64/cmd.h"

static const struct print_column columns[] = {
    {"BACKEND", false},
    {"MTU", true},
    {"AGE", true},
    {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "backend");
    print_number(cells[1], record, "mtu");
    print_duration(cells[2], record, "age_s");
}

int cmd_mtu(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    return cmd_list_run(&list, "/v1/mtu");
}
