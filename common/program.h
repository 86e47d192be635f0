/*
 * What both daemons do before anything else: the command line, -T, the lock against a second start.
 *
 * Layer: edge
 * Specification: man/nat64d.8, man/dns64.8 (options and exit status)
 */
#ifndef GATE64_COMMON_PROGRAM_H
#define GATE64_COMMON_PROGRAM_H

#include "common/control.h"
#include "common/settings.h"

enum {
    PROGRAM_GOOD = 0,
    PROGRAM_FAILED = 1,
    PROGRAM_USAGE = 2,
};

/* Reads the options and the configuration and opens the log; -T, -h and --version do their work. Returns the
 * exit status, or -1 to go on with *ret_settings. */
int program_begin(const char *name, int argc, char *argv[], struct settings **ret_settings);

/* Locks STATE-DIR/NAME; logs why it could not. The descriptor, or negative errno. */
int program_lock(const char *name, const struct settings *settings) __attribute__((warn_unused_result));

/* Serves `routes` on STATE-DIR/NAME/control; logs why it could not. */
int program_control(const char *name, const struct settings *settings, const struct control_route *routes,
                    void *context, struct control **ret_control) __attribute__((warn_unused_result));

#endif
