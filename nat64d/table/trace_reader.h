/*
 * The reading end of traces: whole packets for each of who asked.
 *
 * Layer: table
 * Specification: man/gate64.1 (trace)
 *
 * For the control thread alone. Takes the records out of the hub, joins the two parts of a packet that
 * hairpinned from one worker to another, and queues each for the traces that want it. Bounded: TRACE_MAX
 * traces, a queue for each; what finds it full is counted.
 */
#ifndef GATE64_NAT64D_TABLE_TRACE_READER_H
#define GATE64_NAT64D_TABLE_TRACE_READER_H

#include "nat64d/table/trace.h"

enum {
    TRACE_READER_QUEUE = 256,
    TRACE_READER_JOIN_MS = 200, /* how long one part waits for the other */
};

struct trace_reader;

/* `hub` outlives it. */
int trace_reader_new(struct trace_hub *hub, struct trace_reader **ret_reader)
    __attribute__((warn_unused_result));
/* Ends all traces. Accepts NULL. */
void trace_reader_free(struct trace_reader *reader);

/* From here on packets are traced. -EBUSY: TRACE_MAX traces are on; -ENOMEM. */
int trace_reader_open(struct trace_reader *reader, const struct trace_filter *filter, unsigned *ret_place)
    __attribute__((warn_unused_result));
void trace_reader_close(struct trace_reader *reader, unsigned place);

/* The next packet of this trace; false if there is none yet. */
bool trace_reader_next(struct trace_reader *reader, unsigned place, uint64_t now_ns,
                       struct trace_record *ret_record);
/* Packets that may have been wanted and came faster than they could be taken, since the trace was opened. */
uint64_t trace_reader_missed(const struct trace_reader *reader, unsigned place);

#endif
