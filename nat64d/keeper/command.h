/*
 * Runs a command of the system: no shell, its errors caught.
 *
 * Layer: edge
 * Specification: posix_spawn(3), memfd_create(2)
 */
#ifndef GATE64_NAT64D_KEEPER_COMMAND_H
#define GATE64_NAT64D_KEEPER_COMMAND_H

enum {
    COMMAND_PATH_LEN = 256,
    COMMAND_SAID_LEN = 256,
};

/* Looks through the absolute folders of PATH, then those where Debian has it. -ENOENT if it is nowhere. */
int command_find(const char *name, char ret_path[COMMAND_PATH_LEN]) __attribute__((warn_unused_result));

/* Runs argv[0], an absolute path, with `input` (may be NULL) as standard input; it inherits `keep_fd` and no
 * other descriptor. Returns its exit status, or negative errno; ret_said is the first line that it
 * wrote. */
int command_run(const char *const argv[], const char *input, int keep_fd, char ret_said[COMMAND_SAID_LEN])
    __attribute__((warn_unused_result));

#endif
