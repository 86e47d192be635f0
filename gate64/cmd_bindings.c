/*
 * gate64 bindings: which backend address and port has which pool address and port.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 6146 3.1 (binding information bases)
 */
#include "gate64/cmd.h"

#include <string.h>

static const struct print_column columns[] = {
    {"PROTOCOL", false}, {"BACKEND", false}, {"APPEARS AS", false}, {"SESSIONS", true},
    {"KIND", false},     {"NAME", false},    {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    const char *kind = json_is_true(json_object_get(record, "static")) ? "static" : "dynamic";
    print_text(cells[0], record, "protocol");
    print_endpoint(cells[1], record, "src6", "src6_port");
    print_endpoint(cells[2], record, "src4", "src4_port");
    print_count(cells[3], record, "sessions");
    memcpy(cells[4], kind, strlen(kind) + 1);
    print_text(cells[5], record, "name");
}

int cmd_bindings(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    return cmd_list_run(&list, "/v1/bindings");
}
