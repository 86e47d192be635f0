/*
 * gate64 pool: how much of each IPv4 address is in use.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 6146 3.5.1.1, RFC 6888 REQ-8 (ports held down)
 */
#include "gate64/cmd.h"

static const struct print_column columns[] = {
    {"POOL", false}, {"ADDRESS", false}, {"PORTS", true},  {"TCP", true}, {"UDP", true},
    {"ICMP", true},  {"HELD", true},     {"BLOCKS", true}, {"OF", true},  {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "pool");
    print_text(cells[1], record, "address");
    print_count(cells[2], record, "ports");
    print_count(cells[3], record, "tcp");
    print_count(cells[4], record, "udp");
    print_count(cells[5], record, "icmp");
    print_count(cells[6], record, "held");
    print_count(cells[7], record, "blocks");
    print_count(cells[8], record, "blocks_total");
}

int cmd_pool(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    return cmd_list_run(&list, "/v1/pool");
}
