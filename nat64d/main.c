/*
 * nat64d: the translator daemon. Which of its roles this process has, and nothing else.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pref64.h"
#include "common/program.h"
#include "common/settings_file.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/host_command.h"
#include "nat64d/keeper/keeper.h"
#include "nat64d/keeper/snapshot.h"
#include "nat64d/translate.h"

/* RFC 6052 3.1: what the operator opened is said at every start. */
static void tell_opened_ranges(const struct settings *settings)
{
    char prefix[ADDR_TEXT_LEN], range[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *pref64 = &settings->pref64[i];
        bool well_known = pref64_is_well_known(&pref64->prefix);
        for (size_t k = 0; k < pref64->allow4_count; k++)
            log_line(well_known ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "config",
                     "%s may be reached through %s%s", addr_print_prefix4(&pref64->allow4[k], range),
                     addr_print_prefix6(&pref64->prefix, prefix),
                     well_known ? ", although RFC 6052 3.1 keeps the well-known prefix to global addresses; "
                                  "64:ff9b:1::/48 is meant for this"
                                : "");
    }
}

/* RFC 7757 3.2: mappings may lie within one another, which may be meant or not. */
static void tell_nested_mappings(const struct settings *settings)
{
    char inner[ADDR_TEXT_LEN], outer[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->eam_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct settings_eam *a = &settings->eam[i], *b = &settings->eam[k];
            bool four = addr_overlap4(&a->ipv4, &b->ipv4);
            if (four || addr_overlap6(&a->ipv6, &b->ipv6))
                log_warning("config",
                            "eam: %s and %s overlap; the longer one holds for the addresses of both",
                            four ? addr_print_prefix4(&a->ipv4, inner) : addr_print_prefix6(&a->ipv6, inner),
                            four ? addr_print_prefix4(&b->ipv4, outer) : addr_print_prefix6(&b->ipv6, outer));
        }
}

/* The parts of this program that it starts itself, as another user. */
static int run_role(int argc, char *argv[])
{
    if (argc != 3)
        return -1;
    if (strcmp(argv[1], translate_argument) == 0)
        return translate_run(atoi(argv[2]));
    return strcmp(argv[1], snapshot_argument) == 0 ? snapshot_run() : -1;
}

int main(int argc, char *argv[])
{
    struct program_order order;
    struct settings *settings;
    int status = run_role(argc, argv);
    if (status < 0)
        status = program_begin("nat64d", argc, argv, true, &order, &settings);
    if (status >= 0)
        return status;
    switch (order.mode) {
    case PROGRAM_RUN: break;
    case PROGRAM_HOST_UP: return host_command_up(settings);
    case PROGRAM_HOST_DOWN: return host_command_down(settings);
    }
    tell_opened_ranges(settings);
    tell_nested_mappings(settings);
    struct keeper_options options = {.foreground = order.foreground, .keep = order.keep, .argv = argv};
    return keeper_run(settings, &options);
}
