/*
 * The sessions on disk, for a reboot.
 *
 * Layer: edge
 * Specification: fsync(2), rename(2)
 *
 * A process of its own copies the live slots of the state into PATH.new while the translator goes on, and
 * syncs it; then the keeper renames it and syncs the folder. So PATH is always whole, an old one or the new
 * one.
 */
#ifndef GATE64_NAT64D_KEEPER_SNAPSHOT_H
#define GATE64_NAT64D_KEEPER_SNAPSHOT_H

#include "nat64d/keeper/child.h"

/* argv[1] of the copying process. */
extern const char snapshot_argument[];

/* Starts the copy of the state in `state_fd`; *ret_pid is the process to wait for. */
int snapshot_start(const struct child_identity *identity, int state_fd, const char *path, pid_t *ret_pid)
    __attribute__((warn_unused_result));
/* It has ended, with this status of waitpid(2). */
int snapshot_finish(const char *path, int status) __attribute__((warn_unused_result));

/* The copying process: descriptor 3 is the state, 4 the new file. Returns the exit status. */
int snapshot_run(void);

#endif
