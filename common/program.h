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

/* What the program is asked to do. */
enum program_mode { PROGRAM_RUN, PROGRAM_HOST_UP, PROGRAM_HOST_DOWN };
struct program_order {
    enum program_mode mode;
    bool foreground; /* -f */
    bool keep;       /* --keep */
};

/* Reads the options and the configuration and opens the log; -T, -h and --version do their work. Returns the
 * exit status, or -1 to go on with *ret_settings. Only a program with `modes` knows --keep and modes other
 * than PROGRAM_RUN. */
int program_begin(const char *name, int argc, char *argv[], bool modes, struct program_order *ret_order,
                  struct settings **ret_settings);

/* Logs what is allowed in a configuration, but worth a word; program_begin has done so with the one it read,
 * where `modes` or -T. */
void program_advise(const struct settings *settings);

/* Locks STATE-DIR/NAME; logs why it could not. The descriptor, or negative errno. */
int program_lock(const char *name, const struct settings *settings) __attribute__((warn_unused_result));

/* Serves `routes` on STATE-DIR/NAME/control; logs why it could not. */
int program_control(const char *name, const struct settings *settings, const struct control_route *routes,
                    void *context, struct control **ret_control) __attribute__((warn_unused_result));

#endif
