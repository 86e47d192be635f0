/*
 * Traces: which packets are wanted, and the way of their records from the workers to who asked.
 *
 * Layer: table
 * Specification: man/gate64.1 (trace)
 *
 * The control thread puts filters into the hub; each worker copies them when their generation has changed,
 * which it looks at once a batch. While there is none, `record` is NULL and that is all that a packet costs.
 * With one, the record of each packet is written in place in the worker's ring, and given up at the end if no
 * filter was matched on its way: that a packet from IPv4 is for a backend is known only when its binding is.
 * No lock and no allocation in a worker; a full ring costs records, which are counted, not packets. A worker
 * makes no more records for a filter than it asks for.
 */
#ifndef GATE64_NAT64D_TABLE_TRACE_H
#define GATE64_NAT64D_TABLE_TRACE_H

#include <stdatomic.h>

#include "common/addr.h"
#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"
#include "nat64d/packet/trace_record.h"

struct trace_filter {
    uint8_t family; /* 4 or 6; 0: no trace in this place */
    struct addr_prefix6 v6;
    uint32_t v4;
    uint16_t port;  /* of v4; 0: any */
    uint32_t count; /* packets that are wanted, of each worker */
};

struct trace_hub;

int trace_hub_new(unsigned workers, struct trace_hub **ret_hub) __attribute__((warn_unused_result));
void trace_hub_free(struct trace_hub *hub);

/* For one thread at a time: puts a filter into one of TRACE_MAX places, or takes it out (NULL). Returns the
 * generation since when it stands there. */
uint32_t trace_hub_set(struct trace_hub *hub, unsigned place, const struct trace_filter *filter);

/* The same thread: the oldest record of all workers, by time; false if there is none. */
bool trace_hub_take(struct trace_hub *hub, struct trace_record *ret_record);
/* Packets that nobody looked at since a ring was full. */
uint64_t trace_hub_missed(const struct trace_hub *hub);

/* One worker's part. All 0: it never traces. */
struct trace {
    struct trace_record *record; /* of the packet that is in the steps now; NULL: it is not traced */
    unsigned wanting;            /* filters that still want packets */
    uint32_t generation;
    struct trace_hub *hub;
    uint8_t worker;
    bool handed; /* the packet went to a worker that makes a record of its own */
    uint32_t last_id;
    uint32_t since[TRACE_MAX];
    uint32_t left[TRACE_MAX];
    struct trace_filter filters[TRACE_MAX];
};

void trace_init(struct trace *trace, struct trace_hub *hub, uint8_t worker);

void trace_copy_filters(struct trace *trace, uint32_t generation);
uint32_t trace_hub_generation(const struct trace_hub *hub);

/* Before each batch. */
static inline void trace_refresh(struct trace *trace)
{
    uint32_t generation = trace->hub != NULL ? trace_hub_generation(trace->hub) : 0;
    if (generation != trace->generation)
        trace_copy_filters(trace, generation);
}

/* A packet as it came in, parsed with this outcome. Only when `wanting`. */
void trace_begin(struct trace *trace, const struct packet *packet, enum reason parsed, uint64_t now_ns);

/* These only with a record. A point that the packet has to do with; wanted if a filter matches it. */
void trace_see(struct trace *trace, const struct trace_point *point);
/* A point of the note is seen too. */
void trace_add(struct trace *trace, const struct trace_note *note);

void trace_finish(struct trace *trace);

/* The packet is done with. */
static inline void trace_end(struct trace *trace)
{
    if (__builtin_expect(trace->record != NULL, 0))
        trace_finish(trace);
}

#endif
