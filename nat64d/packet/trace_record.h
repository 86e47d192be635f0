/*
 * What a trace remembers of one packet: as it came in, what each step decided, and what became of it.
 *
 * Layer: pure
 * Specification: RFC 6146 3.3 (the steps)
 *
 * Fixed size, values only: written by a worker in place (table/trace), turned into words (trace_text) by who
 * reads it. A packet that hairpins to another worker leaves two records, parts 0 and 1 of one id.
 */
#ifndef GATE64_NAT64D_PACKET_TRACE_RECORD_H
#define GATE64_NAT64D_PACKET_TRACE_RECORD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    TRACE_MAX = 4,    /* traces at once */
    TRACE_NOTES = 24, /* a packet: a SYN that hairpins to a backend of another worker takes 20 */
};

/* What a note is about, in the order of a packet's way. */
#define TRACE_STEP_LIST(X)        \
    X(HANDOVER, "hand-over")      \
    X(WAITED, "waited")           \
    X(COLLECT, "collect")         \
    X(MAPPING, "mapping")         \
    X(TUPLE, "tuple")             \
    X(QUOTED, "quoted")           \
    X(SOURCE, "source")           \
    X(DESTINATION, "destination") \
    X(BINDING, "binding")         \
    X(SESSION, "session")         \
    X(WINDOW, "window")           \
    X(FILTER, "filter")           \
    X(PATH, "path")               \
    X(MTU, "mtu")                 \
    X(MSS, "mss")                 \
    X(OUTGOING, "outgoing")       \
    X(HAIRPIN, "hairpin")

enum trace_step {
#define TRACE_STEP_ENUM(name, text) TRACE_##name,
    TRACE_STEP_LIST(TRACE_STEP_ENUM)
#undef TRACE_STEP_ENUM
        TRACE_STEPS,
};

enum trace_result {
    TRACE_YES,  /* allowed, found, fits */
    TRACE_NO,   /* refused, missing, too big */
    TRACE_MADE, /* an entry was created; a packet is cut to fit */
};

/* Why: what `cause` of a note says, by its step. */
enum trace_cause {
    TRACE_CAUSE_NONE,
    TRACE_CAUSE_ENTRY,    /* SOURCE, DESTINATION: the entry of a list in `where` */
    TRACE_CAUSE_OWN,      /* SOURCE, DESTINATION: an address of the gateway itself */
    TRACE_CAUSE_POOL,     /* DESTINATION: a pool address, reached by hairpinning */
    TRACE_CAUSE_SPECIAL,  /* SOURCE, DESTINATION: a special-purpose address */
    TRACE_CAUSE_MAPPED,   /* DESTINATION: a mapped address */
    TRACE_CAUSE_STATIC,   /* BINDING, FILTER: configured */
    TRACE_CAUSE_ENDPOINT, /* FILTER: endpoint-independent filtering */
    TRACE_CAUSE_PEER,     /* FILTER: the backend has a session with the address, or has none */
    TRACE_CAUSE_FROM,     /* FILTER: `from` of the static binding */
};

struct trace_point {
    uint8_t family; /* 4 or 6; 0: none */
    uint8_t len;    /* of a prefix */
    uint16_t port;  /* or identifier */
    uint32_t v4;
    struct in6_addr v6;
};

struct trace_note {
    uint8_t step;          /* enum trace_step */
    uint8_t result;        /* enum trace_result */
    uint8_t cause;         /* enum trace_cause */
    uint8_t reason;        /* enum reason, of a refusal */
    uint8_t transport;     /* enum transport: BINDING, SESSION */
    uint8_t before, after; /* SESSION: enum tcp_state; before is 0 of a session that was made */
    uint32_t value[2]; /* SESSION: seconds left; MTU: bytes, MTU; PATH: MTU; MSS: the limit; HANDOVER: from
                        * worker; COLLECT, WAITED: ports of the datagram */
    struct trace_point a, b, where;
};

struct trace_arrival {
    struct trace_point source, destination;
    uint32_t len, segments, segment_len;
    uint32_t fragment_id;
    uint16_t fragment_offset;
    uint8_t family; /* 0: no IP packet */
    uint8_t protocol;
    uint8_t tcp_flags;
    uint8_t icmp_type, icmp_code;
    uint8_t hop_limit;
    bool fragment, more_fragments, dont_fragment;
    bool transport; /* ports, flags, type and code are there */
};

enum trace_verdict {
    TRACE_SENT,
    TRACE_DROPPED,
    TRACE_WAITS,  /* a fragment */
    TRACE_HANDED, /* what the next worker did with it was not told */
};

/* The ICMP error that the sender got. */
struct trace_answer {
    uint8_t family; /* 0: none */
    uint8_t type, code;
    bool suppressed; /* one was due, but may not be sent or is over the rate */
    uint32_t mtu;    /* of a Packet Too Big or Fragmentation Needed */
};

struct trace_record {
    uint64_t time_ns; /* as `now_ns` of the steps */
    uint32_t id;
    uint32_t generation; /* of the filters that `mask` is about */
    uint8_t mask;        /* a bit for each trace that wants it */
    uint8_t worker;
    uint8_t part;
    bool last; /* no part follows */
    uint8_t verdict;
    uint8_t reason; /* enum reason */
    uint8_t out_family;
    uint32_t out_len, out_segments, cut_mtu;
    struct trace_answer answer;
    struct trace_arrival arrival;
    uint32_t notes_count;
    struct trace_note notes[TRACE_NOTES];
};

static inline struct trace_point trace_point6(const struct in6_addr *address, uint16_t port)
{
    return (struct trace_point){.family = 6, .port = port, .v6 = *address};
}

static inline struct trace_point trace_point4(uint32_t address, uint16_t port)
{
    return (struct trace_point){.family = 4, .port = port, .v4 = address};
}

#endif
