/*
 * gate64 names: which backend was told which name of an IPv4 address.
 *
 * Layer: edge
 * Specification: man/gate64.1; common/names.h
 *
 * Read where dns64 writes it: dns64 is asked for the memory and for nothing else.
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <string.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/names_reader.h"
#include "common/time_units.h"
#include "gate64/client.h"

enum {
    PATH_LEN = SETTINGS_PATH_LEN + 32,
};

static const struct print_column columns[] = {
    {"BACKEND", false}, {"ADDRESS", false}, {"TOLD", true}, {"LEFT", true}, {"NAME", false}, {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    print_text(cells[0], record, "backend");
    print_text(cells[1], record, "address");
    print_duration(cells[2], record, "told_s");
    if (json_integer_value(json_object_get(record, "left_s")) > 0)
        print_duration(cells[3], record, "left_s");
    else
        snprintf(cells[3], PRINT_CELL_LEN, "over");
    print_text(cells[4], record, "name");
}

/* What the options ask for. */
struct filter {
    bool has_backend, has_address;
    struct in6_addr backend;
    uint32_t address;
};

static bool wanted(const struct filter *filter, const struct names_note *note)
{
    return (!filter->has_backend || addr_equal6(&filter->backend, &note->backend)) &&
           (!filter->has_address || filter->address == note->address);
}

/* False when no more are wanted. */
static bool show(struct cmd_list *list, const struct names_note *note, uint32_t now_s)
{
    char backend[ADDR_TEXT_LEN], address[ADDR_TEXT_LEN], name[DOMAIN_TEXT_LEN];
    json_t *record =
        json_pack("{s:s, s:s, s:I, s:I, s:s}", "backend", addr_print6(&note->backend, backend), "address",
                  addr_print4(note->address, address), "told_s", (json_int_t)now_s - note->told_s, "left_s",
                  (json_int_t)note->until_s - now_s, "name", domain_print(note->name, note->len, name));
    bool more = cmd_list_show(list, record);
    json_decref(record);
    return more;
}

static void show_all(struct cmd_list *list, const struct names *names, const struct filter *filter,
                     uint32_t now_s)
{
    struct names_note notes[NAMES_PER_PAIR];
    size_t count = 0;
    if (filter->has_backend && filter->has_address) {
        count = names_find(names, &filter->backend, filter->address, notes);
        for (size_t i = 0; i < count && show(list, &notes[i], now_s); i++)
            continue;
        return;
    }
    for (size_t slot = 0; slot < names_slots(names); slot++)
        if (names_read(names, slot, &notes[0]) && wanted(filter, &notes[0]) && !show(list, &notes[0], now_s))
            return;
}

/* Why there is nothing to read: dns64 does not run, or it notes nothing. */
static int failed(const struct cmd_options *options, int r)
{
    char error[CLIENT_ERROR_LEN];
    json_t *document;
    if (r == -ENOENT || r == -ECONNREFUSED) {
        r = cmd_document(options, cmd_dns64, "/v1/status", &document, error);
        if (r == 0) {
            json_decref(document);
            r = -ENODATA;
            snprintf(error, sizeof(error), "it notes no names; dns64.names is \"0\"");
        }
        return cmd_failed(options, cmd_dns64, r, error);
    }
    snprintf(error, sizeof(error), "%s/dns64/names: %s", options->state_dir,
             r == -EPROTO ? "what came is no table of names that this version knows" : strerror(-r));
    return cmd_failed(options, cmd_dns64, r, error);
}

int cmd_names(const struct cmd_options *options)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    struct filter filter = {.has_backend = options->backend != NULL, .has_address = options->address != NULL};
    struct names_reader reader;
    char path[PATH_LEN];
    /* main has checked both. */
    if ((filter.has_backend && addr_parse6(options->backend, &filter.backend) < 0) ||
        (filter.has_address && addr_parse4(options->address, &filter.address) < 0))
        return CMD_EXIT_USAGE;
    snprintf(path, sizeof(path), "%s/dns64/names", options->state_dir);
    int r = names_reader_open(path, &reader);
    if (r < 0)
        return failed(options, r);
    r = cmd_list_begin(&list);
    if (r == 0)
        show_all(&list, &reader.names, &filter, (uint32_t)(clock_now_ns() / NS_PER_S));
    cmd_list_end(&list, r < 0);
    names_reader_close(&reader);
    return r == 0 ? CMD_EXIT_GOOD : cmd_failed(options, cmd_dns64, r, "out of memory");
}
