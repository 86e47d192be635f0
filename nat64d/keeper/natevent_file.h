/*
 * The file of the event log, opened by the keeper for a translator that may not.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (log.events), fifo(7)
 */
#ifndef GATE64_NAT64D_KEEPER_NATEVENT_FILE_H
#define GATE64_NAT64D_KEEPER_NATEVENT_FILE_H

#include <sys/types.h>

/* Opens it to append, without ever blocking; made with mode 0640 and this group where it is not there. A last
 * line that was cut short is ended. Returns the descriptor or negative errno; logs nothing. */
int natevent_file_open(const char *path, gid_t group) __attribute__((warn_unused_result));

#endif
