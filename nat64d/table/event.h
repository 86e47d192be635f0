/*
 * The records of the event log, and the ring that a packet worker puts them into for whoever exports them.
 *
 * Layer: table
 * Specification: RFC 8158 (the events and their fields), RFC 6888 REQ-12, RFC 6302
 *
 * Theory: one producer and one consumer a ring, records of one cache line. A producer never waits: a full
 * ring loses the new record and counts it. The consumer looks at records where they lie and gives their room
 * back only once what became of them is safe (event_ring_give), so it may look at one twice but skips none.
 * A ring holds no pointers and lies in memory that may outlive the process: the next one goes on where it was
 * left (event_ring_open). A record is whole before the tail says that it is there.
 *
 * Records are only made where a binding, a session, a block begins or ends or is refused; the way of an
 * established flow leads past none of this.
 */
#ifndef GATE64_NAT64D_TABLE_EVENT_H
#define GATE64_NAT64D_TABLE_EVENT_H

#include <assert.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/transport.h"

/* The values of natEvent (IANA IPFIX element 230, RFC 8158 4.3) that a NAT64 has. */
enum event_kind {
    EVENT_ADDRESSES_EXHAUSTED = 3, /* no address of the pool had a port for a backend without one */
    EVENT_SESSION_CREATE = 6,
    EVENT_SESSION_DELETE = 7,
    EVENT_BIB_CREATE = 10,
    EVENT_BIB_DELETE = 11,
    EVENT_PORTS_EXHAUSTED = 12, /* no port of `src4` is free in `transport` */
    EVENT_QUOTA_EXCEEDED = 13,  /* `detail`: enum event_quota */
    EVENT_ADDRESS_BIND = 14,    /* the first binding of a backend: `src4` is its address from here on */
    EVENT_ADDRESS_UNBIND = 15,  /* its last one ended */
    EVENT_BLOCK_ALLOCATED = 16, /* the ports src4_port to src4_last of `src4` are the backend's */
    EVENT_BLOCK_FREED = 17,
    EVENT_THRESHOLD = 18, /* `detail`: enum event_threshold; `limit`: percent */
};

/* natQuotaExceededEvent (466). */
enum event_quota {
    EVENT_QUOTA_SESSIONS = 1,    /* the table of sessions is full, or as many as there may be */
    EVENT_QUOTA_BINDINGS = 2,    /* the table of bindings is full */
    EVENT_QUOTA_BACKEND = 3,     /* a backend or network has what it may; `cause` says of what */
    EVENT_QUOTA_SUBSCRIBERS = 4, /* too many backends at once */
    EVENT_QUOTA_FRAGMENTS = 5,   /* too many datagrams in fragments */
};

/* Of EVENT_QUOTA_BACKEND: what there is too much of. */
enum event_cause {
    EVENT_CAUSE_NONE,
    EVENT_CAUSE_PORTS,
    EVENT_CAUSE_SESSIONS,
    EVENT_CAUSE_UNANSWERED,
    EVENT_CAUSE_RATE,
};

/* natThresholdEvent (467). */
enum event_threshold {
    EVENT_THRESHOLD_POOL_HIGH = 1,
    EVENT_THRESHOLD_POOL_LOW = 2,
};

enum {
    EVENT_ANY = TRANSPORT_COUNT, /* of no one transport */
    EVENT_HOST = 128,            /* prefix_len of a whole address */
};

/* What is not said of an event is 0 (EVENT_ANY, EVENT_HOST); ports host order. */
struct event {
    uint64_t time_ns;     /* CLOCK_BOOTTIME */
    uint64_t since_ns;    /* of what ends: when it began */
    struct in6_addr src6; /* X', or the prefix that makes a backend */
    uint32_t src4;        /* T; of what concerns a whole pool: its first address */
    uint32_t dst4;        /* Z */
    uint32_t limit;       /* of a threshold */
    uint32_t suppressed;  /* records of this kind that the rate limit has kept back since the last one */
    uint16_t src6_port;
    uint16_t src4_port;
    uint16_t src4_last; /* of a block */
    uint16_t dst4_port;
    uint8_t kind;
    uint8_t transport;
    uint8_t pool; /* number of the pool in the configuration */
    uint8_t detail;
    uint8_t cause;
    uint8_t prefix_len; /* of src6 */
    uint8_t spare[2];
};
static_assert(sizeof(struct event) == 64, "a record is one cache line");

/* "bib-create"; NULL for what is no kind. */
const char *event_name(uint8_t kind);

enum {
    EVENT_RING_RECORDS = 16384, /* of a worker: a tenth of a second at 160,000 records a second */
};

struct event_ring {
    uint64_t layout; /* written last by event_ring_init */
    uint32_t capacity;
    _Alignas(64) _Atomic uint64_t head; /* the consumer's: next to be given back */
    _Atomic uint64_t told;              /* the consumer's: lost records that it has told of */
    _Alignas(64) _Atomic uint64_t tail; /* the producer's: next to be put */
    _Atomic uint64_t lost;              /* the producer's */
    _Alignas(64) struct event records[];
};

/* Bytes of a ring; `capacity` is a power of two. */
size_t event_ring_size(uint32_t capacity);
void event_ring_init(struct event_ring *ring, uint32_t capacity);
/* A ring of another process that is gone, with its records; made anew when it is none of this size and
 * layout. */
void event_ring_open(struct event_ring *ring, uint32_t capacity);

/* False when it is full: the record is lost and counted. */
bool event_ring_put(struct event_ring *ring, const struct event *event);

/* The consumer's: the record at a position (the first is event_ring_first), or NULL when none is there yet.
 */
static inline uint64_t event_ring_first(const struct event_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_relaxed);
}
const struct event *event_ring_at(const struct event_ring *ring, uint64_t position);
/* The room of all records before the position is the producer's again. */
void event_ring_give(struct event_ring *ring, uint64_t position);

static inline uint64_t event_ring_lost(const struct event_ring *ring)
{
    return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}

/* RFC 8158 asks for a limit where a flood would bring a record a packet. */
struct event_limit {
    uint64_t until_ns; /* the second that is counted ends */
    uint32_t count;
    uint32_t suppressed;
};

/* Whether one more is within the rate; then *ret_suppressed is how many were not, since the last one. */
bool event_limit_passes(struct event_limit *limit, uint32_t per_second, uint64_t now_ns,
                        uint32_t *ret_suppressed);

#endif
