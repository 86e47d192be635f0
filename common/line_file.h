/*
 * A file that lines are appended to, such as the event log: opened, and written without ever waiting.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (log.events, dns64.query-log), fifo(7), open(2)
 */
#ifndef GATE64_COMMON_LINE_FILE_H
#define GATE64_COMMON_LINE_FILE_H

#include <sys/types.h>

/* Opens it to append, without ever blocking; made with mode 0640 and this group where it is not there. A last
 * line that was cut short is ended. Returns the descriptor or negative errno; logs nothing. */
int line_file_open(const char *path, gid_t group) __attribute__((warn_unused_result));

#endif
