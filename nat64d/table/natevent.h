/*
 * The records of the event log, and the ring that a packet worker puts them into for whoever exports them.
 *
 * Layer: table
 * Specification: RFC 8158 (the events and their fields), RFC 6888 REQ-12, RFC 6302
 *
 * Theory: one producer and one consumer a ring, records of one cache line. A producer never waits: a full
 * ring loses the new record and counts it. The consumer looks at records where they lie and gives their room
 * back only once what became of them is safe (natevent_ring_give), so it may look at one twice but skips
 * none. A ring holds no pointers and lies in memory that may outlive the process: the next one goes on where
 * it was left (natevent_ring_open). A record is whole before the tail says that it is there.
 *
 * Records are only made where a binding, a session, a block begins or ends or is refused; the way of an
 * established flow leads past none of this.
 */
#ifndef GATE64_NAT64D_TABLE_NATEVENT_H
#define GATE64_NAT64D_TABLE_NATEVENT_H

#include <assert.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/transport.h"

/* The values of natEvent (IANA IPFIX element 230, RFC 8158 4.3) that a NAT64 has. */
enum natevent_kind {
    NATEVENT_ADDRESSES_EXHAUSTED = 3, /* no address of the pool had a port for a backend without one */
    NATEVENT_SESSION_CREATE = 6,
    NATEVENT_SESSION_DELETE = 7,
    NATEVENT_BIB_CREATE = 10,
    NATEVENT_BIB_DELETE = 11,
    NATEVENT_PORTS_EXHAUSTED = 12, /* no port of `src4` is free in `transport` */
    NATEVENT_QUOTA_EXCEEDED = 13,  /* `detail`: enum natevent_quota */
    NATEVENT_ADDRESS_BIND = 14,    /* the first binding of a backend: `src4` is its address from here on */
    NATEVENT_ADDRESS_UNBIND = 15,  /* its last one ended */
    NATEVENT_BLOCK_ALLOCATED = 16, /* the ports src4_port to src4_last of `src4` are the backend's */
    NATEVENT_BLOCK_FREED = 17,
    NATEVENT_THRESHOLD = 18, /* `detail`: enum natevent_threshold; `limit`: percent */
};

/* natQuotaExceededEvent (466). */
enum natevent_quota {
    NATEVENT_QUOTA_SESSIONS = 1,    /* the table of sessions is full, or as many as there may be */
    NATEVENT_QUOTA_BINDINGS = 2,    /* the table of bindings is full */
    NATEVENT_QUOTA_BACKEND = 3,     /* a backend or network has what it may; `cause` says of what */
    NATEVENT_QUOTA_SUBSCRIBERS = 4, /* too many backends at once */
    NATEVENT_QUOTA_FRAGMENTS = 5,   /* too many datagrams in fragments */
};

/* Of NATEVENT_QUOTA_BACKEND: what there is too much of. */
enum natevent_cause {
    NATEVENT_CAUSE_NONE,
    NATEVENT_CAUSE_PORTS,
    NATEVENT_CAUSE_SESSIONS,
    NATEVENT_CAUSE_UNANSWERED,
    NATEVENT_CAUSE_RATE,
};

/* natThresholdEvent (467). */
enum natevent_threshold {
    NATEVENT_THRESHOLD_POOL_HIGH = 1,
    NATEVENT_THRESHOLD_POOL_LOW = 2,
};

enum {
    NATEVENT_ANY = TRANSPORT_COUNT, /* of no one transport */
    NATEVENT_HOST = 128,            /* prefix_len of a whole address */
    NATEVENT_NO_POOL = 0xff,        /* its pool is not configured any more */
};

/* What is not said of an event is 0 (NATEVENT_ANY, NATEVENT_HOST); ports host order. */
struct natevent {
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
static_assert(sizeof(struct natevent) == 64, "a record is one cache line");

/* "bib-create"; NULL for what is no kind. */
const char *natevent_name(uint8_t kind);

enum {
    NATEVENT_RING_RECORDS = 16384, /* of a worker: a tenth of a second at 160,000 records a second */
};

struct natevent_ring {
    uint64_t layout; /* written last by natevent_ring_init */
    uint32_t capacity;
    _Alignas(64) _Atomic uint64_t head; /* the consumer's: next to be given back */
    _Atomic uint64_t told;              /* the consumer's: lost records that it has told of */
    _Alignas(64) _Atomic uint64_t tail; /* the producer's: next to be put */
    _Atomic uint64_t lost;              /* the producer's */
    _Alignas(64) struct natevent records[];
};

/* Bytes of a ring; `capacity` is a power of two. */
size_t natevent_ring_size(uint32_t capacity);
void natevent_ring_init(struct natevent_ring *ring, uint32_t capacity);
/* A ring of another process that is gone, with its records; made anew when it is none of this size and
 * layout. */
void natevent_ring_open(struct natevent_ring *ring, uint32_t capacity);

/* False when it is full: the record is lost and counted. */
bool natevent_ring_put(struct natevent_ring *ring, const struct natevent *event);

/* The consumer's: the record at a position (the first is natevent_ring_first), or NULL when none is there
 * yet.
 */
static inline uint64_t natevent_ring_first(const struct natevent_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_relaxed);
}
const struct natevent *natevent_ring_at(const struct natevent_ring *ring, uint64_t position);
/* The room of all records before the position is the producer's again. */
void natevent_ring_give(struct natevent_ring *ring, uint64_t position);

static inline uint64_t natevent_ring_lost(const struct natevent_ring *ring)
{
    return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}

/* RFC 8158 asks for a limit where a flood would bring a record a packet. */
struct natevent_limit {
    uint64_t until_ns; /* the second that is counted ends */
    uint32_t count;
    uint32_t suppressed;
};

/* Whether one more is within the rate; then *ret_suppressed is how many were not, since the last one. */
bool natevent_limit_passes(struct natevent_limit *limit, uint32_t per_second, uint64_t now_ns,
                           uint32_t *ret_suppressed);

#endif
