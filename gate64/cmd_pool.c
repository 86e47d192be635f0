/*
 * gate64 pool: how much of each IPv4 address is in use, and how long it lasts.
 *
 * Layer: edge
 * Specification: man/gate64.1; RFC 6146 3.5.1.1, RFC 6888 REQ-8 (ports held down), RFC 7857 2.1 (closing
 * time)
 */
#include "gate64/cmd.h"

#include <string.h>

#include "gate64/text.h"

static const struct print_column columns[] = {
    {"POOL", false}, {"ADDRESS", false}, {"PORTS", true}, {"USED", true},  {"TCP", true},
    {"UDP", true},   {"ICMP", true},     {"HELD", true},  {"CLOSE", true}, {"A MINUTE", true},
    {"LASTS", true}, {"NOTE", false},    {NULL, false},
};

static void add_note(char cell[PRINT_CELL_LEN], const char *note)
{
    size_t len = strlen(cell);
    snprintf(cell + len, PRINT_CELL_LEN - len, "%s%s", len > 0 ? ", " : "", note);
}

/* "for 2001:db8:5::/48", and how many prefixes there are more. */
static void add_for(char cell[PRINT_CELL_LEN], const json_t *prefixes)
{
    char note[PRINT_CELL_LEN];
    size_t count = json_array_size(prefixes);
    const char *first = json_string_value(json_array_get(prefixes, 0));
    if (first == NULL)
        return;
    if (count > 1)
        snprintf(note, sizeof(note), "for %s and %zu more", first, count - 1);
    else
        snprintf(note, sizeof(note), "for %s", first);
    add_note(cell, note);
}

/* What sets an address apart: "shared, host 12" (ports that the host's own programs have), "drains", and the
 * backends that it is for. */
static void print_note(char cell[PRINT_CELL_LEN], const json_t *record)
{
    char host[TEXT_LEN + sizeof("host ")] = "host ", digits[TEXT_LEN];
    int64_t bound = json_integer_value(json_object_get(record, "host"));
    if (json_is_true(json_object_get(record, "shared")))
        add_note(cell, "shared");
    if (bound > 0)
        add_note(cell, strcat(host, text_count(bound, digits)));
    if (json_is_true(json_object_get(record, "drains")))
        add_note(cell, "drains");
    add_for(cell, json_object_get(record, "for"));
    if (cell[0] == '\0')
        add_note(cell, "-");
}

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "pool");
    print_text(cells[1], record, "address");
    print_count(cells[2], record, "ports");
    print_percent(cells[3], record, "percent");
    print_count(cells[4], record, "tcp");
    print_count(cells[5], record, "udp");
    print_count(cells[6], record, "icmp");
    print_count(cells[7], record, "held");
    print_duration(cells[8], record, "tcp_closing_s");
    print_change(cells[9], record, "per_minute");
    print_duration(cells[10], record, "lasts_s");
    print_note(cells[11], record);
}

int cmd_pool(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    return cmd_list_run(&list, "/v1/pool");
}
