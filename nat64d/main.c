/*
 * nat64d: the translator daemon. Which of its roles this process has, and nothing else.
 *
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include <stdlib.h>
#include <string.h>

#include "common/program.h"
#include "common/settings_file.h"
#include "nat64d/effective.h"
#include "nat64d/keeper/host_command.h"
#include "nat64d/keeper/keeper.h"
#include "nat64d/keeper/snapshot.h"
#include "nat64d/translate.h"

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
    struct keeper_options options = {.foreground = order.foreground, .keep = order.keep, .argv = argv};
    return keeper_run(settings, &options);
}
