/*
 * When sessions end: a timing wheel for one shard, and the facts that move a lifetime.
 *
 * Layer: table
 * Specification: RFC 6146 4 (timers), RFC 4787 4.3, RFC 5382 5, RFC 7857 2
 *
 * The only owner of timers. A packet only stores a new expiry time in its session; the wheel finds out when
 * the old time comes (so the packet path touches no list). A lifetime that becomes shorter moves the session
 * in the wheel at once. Work a call is bounded; what is left comes with the next call.
 *
 * EXPIRY_TCP_CLOSING is not in the wheel: how long it is follows the use of the session's pool at every
 * moment, for sessions that close already too (RFC 7857 2.1 lets it go below 240 s). So each pool has a list
 * of its closing sessions, oldest first, and the head is due when closing_ns of now has gone by.
 */
#ifndef GATE64_NAT64D_TABLE_EXPIRY_H
#define GATE64_NAT64D_TABLE_EXPIRY_H

#include "nat64d/table/state_file.h"

enum expiry_lifetime {
    EXPIRY_UDP,
    EXPIRY_UDP_DNS,
    EXPIRY_ICMP,
    EXPIRY_TCP_ESTABLISHED,
    EXPIRY_TCP_OPENING, /* TCP_TRANS before it was established */
    EXPIRY_TCP_CLOSING, /* TCP_TRANS after */
    EXPIRY_LIFETIMES,
};

enum {
    EXPIRY_TICK_NS = 250000000, /* a quarter second */
    EXPIRY_WHEEL = 32768,       /* ticks round the wheel: 8192 s; longer lifetimes go round again */
    EXPIRY_POOLS = 256,         /* session->pool is a byte */
};

struct expiry_link {
    uint32_t next;
    uint32_t previous;
};

struct expiry {
    struct session *sessions;
    struct expiry_link *links; /* by slot; shared array */
    struct expiry_link *ends;  /* of each ring: EXPIRY_WHEEL buckets, then EXPIRY_POOLS closing lists */
    uint64_t tick;             /* the next one to look at */
    uint64_t lifetime_ns[EXPIRY_LIFETIMES];
    uint64_t closing_ns[EXPIRY_POOLS]; /* EXPIRY_TCP_CLOSING of each pool now */
    unsigned closing_pool;             /* where expiry_next goes on */
};

/* `links` has one for each session slot and is shared by the shards; every pool closes in the lifetime. */
int expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns)
    __attribute__((warn_unused_result));
void expiry_done(struct expiry *expiry);

/* A new session, with its first lifetime. */
void expiry_start(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns);

/* A packet that refreshes: the lifetime runs anew from now; never shortens a longer one that is running
 * (RFC 6146 says "at least"). EXPIRY_TCP_CLOSING is begun by expiry_shorten or expiry_start, not here. */
void expiry_refresh(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns);

/* RST, second FIN: the lifetime is this one from now, also when that is sooner. */
void expiry_shorten(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns);

/* As expiry_shorten for a session that has longer to live than that; nothing for another. */
void expiry_limit(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns);

/* The session ends for another reason. */
void expiry_stop(struct expiry *expiry, uint32_t slot);

/* The next session whose time has come, or STATE_NONE: taken out of the wheel; the caller drops it or starts
 * it again. `budget` counts down for each one looked at; at 0 the call returns STATE_NONE. */
uint32_t expiry_next(struct expiry *expiry, uint64_t now_ns, unsigned *budget);

/* How long closing takes in a pool that has so many of its ports in use: `lifetime_ns` while it is at most
 * half full, from there falling evenly to `full_ns`. */
uint64_t expiry_closing(uint64_t lifetime_ns, uint64_t full_ns, uint32_t used, uint32_t ports);

/* Its lifetime is another than when its time was set: as much longer or shorter. Not armed yet. */
void expiry_shift(struct expiry *expiry, uint32_t slot, int64_t shift_ns);

/* Arms a session of before a restart by its stored time: due at once when that is past or its lifetime is
 * none that is known, and never later than its lifetime from now. Those that close: in the order of their
 * closed_ns. */
void expiry_restore(struct expiry *expiry, uint32_t slot, uint64_t now_ns);

/* Seconds until a session's end, for people; 0 when due. */
uint32_t expiry_left_s(const struct session *session, uint64_t now_ns);

#endif
