/*
 * What a compromised daemon may still do.
 *
 * Layer: edge
 * Specification: capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS, seccomp(2)
 */
#ifndef GATE64_COMMON_SANDBOX_H
#define GATE64_COMMON_SANDBOX_H

#include <stddef.h>

/* Keeps only `capabilities` (numbers of capability.h; permitted and effective, nothing inheritable, the
 * bounding set cleared to them) and sets no-new-privs, for all threads that start later. 0 or negative
 * errno, logged. */
int sandbox_keep(const int *capabilities, size_t count) __attribute__((warn_unused_result));

/* From here on the calling thread, and all that it starts, make only the system calls of a daemon that has
 * started: memory, threads, clocks, sockets of the families that it serves, files for reading; and those of
 * `more` (SCMP_SYS numbers). Any other fails with EPERM: no program is run, no file written, no memory made
 * executable. Sets no-new-privs, too. 0 or negative errno, logged. */
int sandbox_restrict(const int *more, size_t count) __attribute__((warn_unused_result));

#endif
