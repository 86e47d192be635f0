/*
 * What a command prints. Only for what has no other interface, and only to read.
 *
 * Layer: edge
 * Specification: posix_spawn(3)
 */
#ifndef GATE64_GATE64_SPAWN_H
#define GATE64_GATE64_SPAWN_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    SPAWN_LEN = 512 * 1024, /* so much of it is read */
};

/* Runs a command, found in PATH, and hands over the text, to be freed by the caller. -ENOENT: there is no
 * such command; -EIO: it failed; -EFBIG: it prints too much. */
int spawn_read(const char *const *arguments, char **ret_text) __attribute__((warn_unused_result));

/* The same of any length, read as it comes. spawn_close: -EIO when the command failed. */
int spawn_open(const char *const *arguments, FILE **ret_out, pid_t *ret_pid)
    __attribute__((warn_unused_result));
int spawn_close(FILE *out, pid_t pid) __attribute__((warn_unused_result));

#endif
