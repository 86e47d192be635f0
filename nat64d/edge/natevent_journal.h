/*
 * A line of the event log as an entry of the journal: the line as its message, and each member as a field.
 *
 * Layer: edge
 * Specification: sd_journal_sendv(3), systemd.journal-fields(7)
 */
#ifndef GATE64_NAT64D_EDGE_NATEVENT_JOURNAL_H
#define GATE64_NAT64D_EDGE_NATEVENT_JOURNAL_H

#include <stddef.h>

/* `line` without its end. -ENOTCONN: no journal listens; -ENOTSUP: built without it. */
int natevent_journal_send(const char *line, size_t len) __attribute__((warn_unused_result));

#endif
