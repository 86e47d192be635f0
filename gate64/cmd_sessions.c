/*
 * gate64 sessions: every flow that nat64d translates now.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 6146 3.2 (session tables)
 */
#include "gate64/cmd.h"

static const struct print_column columns[] = {
    {"PROTOCOL", false}, {"STATE", false}, {"BACKEND", false}, {"APPEARS AS", false}, {"DESTINATION", false},
    {"ENDS IN", true},   {"SENT", true},   {"RECEIVED", true}, {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "protocol");
    print_text(cells[1], record, "state");
    print_endpoint(cells[2], record, "src6", "src6_port");
    print_endpoint(cells[3], record, "src4", "src4_port");
    if (json_integer_value(json_object_get(record, "dst4_port")) != 0)
        print_endpoint(cells[4], record, "dst4", "dst4_port");
    else
        print_text(cells[4], record, "dst4"); /* RFC 6146 3.5.3: a session of ICMP has no port there */
    print_duration(cells[5], record, "expires_s");
    print_bytes(cells[6], record, "bytes6");
    print_bytes(cells[7], record, "bytes4");
}

int cmd_sessions(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    return cmd_list_run(&list, "/v1/sessions");
}
