/*
 * Which upstream to ask next, and for how long to wait: learned from real traffic.
 *
 * Layer: table
 * Specification: RFC 6298 2 (smoothed times), RFC 9520 3 (few retries)
 *
 * One for each thread. The quickest is asked. Each other one gets a copy of a question now and then, a probe:
 * so it is known when one becomes quicker, or answers again, and no client waits for it. One that is silent
 * is asked after those that answer, and seldom, but never not at all.
 */
#ifndef GATE64_DNS64_UPSTREAM_CHOICE_H
#define GATE64_DNS64_UPSTREAM_CHOICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/histogram.h"
#include "dns64/upstream/client_cookie.h"
#include "dns64/upstream/route.h"

enum {
    CHOICE_WAIT_MIN_MS = 300, /* never less, whatever was measured */
    CHOICE_WAIT_MAX_MS = 2000,
    CHOICE_WAIT_FIRST_MS = 800, /* nothing measured yet */
    CHOICE_PROBE_MS = 10000,    /* between two probes of one that answers */
    CHOICE_RETRY_MS = 1000,     /* until the probe of one that was silent once; twice as long each time */
    CHOICE_RETRY_MAX_MS = 32000,
    CHOICE_BAD_AFTER = 2, /* questions in a row without an answer */
};

/* Read by others while the owner writes. */
enum choice_counter {
    CHOICE_SENT,     /* questions, each packet of them */
    CHOICE_ANSWERED, /* replies that match */
    CHOICE_TIMEOUTS,
    CHOICE_WRONG,       /* replies that match no question of ours */
    CHOICE_STREAMS,     /* TCP or TLS connections opened */
    CHOICE_STREAM_SENT, /* questions over these */
    CHOICE_RESUMED,     /* TLS sessions taken up again */
    CHOICE_UNTRUSTED,   /* TLS connections refused for their certificate */
    CHOICE_COUNTERS,
};

/* What is known of one upstream. */
struct choice_upstream {
    _Atomic uint64_t counters[CHOICE_COUNTERS];
    _Atomic uint32_t latency_us; /* smoothed; 0: nothing measured */
    struct histogram took;       /* from a question to its reply */
    _Atomic bool bad;
    uint32_t variance_us;
    unsigned silent;      /* questions in a row that it did not answer */
    unsigned rests;       /* how often in a row it was left alone for a while */
    uint64_t measured_ns; /* when its time was taken last */
    uint64_t asked_ns;    /* when last; 0: never */
    uint64_t heard_ns;    /* when it answered last, whatever it said */
    uint64_t retry_ns;    /* when silent: no probe before */
    uint64_t plain_ns;    /* until then without EDNS, which it did not understand (RFC 6891 6.2.2) */
    bool stream_is_open;  /* a connection to it stands */
    struct client_cookie cookie;
};

struct choice {
    unsigned count;
    uint64_t tls;                                           /* a bit for each that is asked over TLS only */
    struct choice_upstream *upstreams[ROUTE_UPSTREAMS_MAX]; /* not owned */
};

/* The best of `candidates` (a bit each); -1: there is none. */
int choice_next(const struct choice *choice, uint64_t candidates);
/* One of `candidates` that a copy should go to; -1: none is due. */
int choice_probe(const struct choice *choice, uint64_t candidates, uint64_t now_ns);
uint32_t choice_wait_ms(const struct choice_upstream *upstream);

void choice_sent(struct choice_upstream *upstream, uint64_t now_ns);
/* What was just sent is a probe: no other one for a while, though its end is not known yet. */
void choice_probed(struct choice_upstream *upstream, uint64_t now_ns);
void choice_answered(struct choice_upstream *upstream, uint64_t latency_ns, uint64_t now_ns);
/* A reply that says that it is there, but not how quick: one with an error may come after a wait for others.
 */
void choice_heard(struct choice_upstream *upstream, uint64_t latency_ns, uint64_t now_ns);
/* It could not be reached. */
void choice_failed(struct choice_upstream *upstream, uint64_t now_ns);
/* Nothing came in time. False: it has answered others since `sent_ns`, so the silence may be the name's, and
 * nothing is concluded unless choice_blame says otherwise. */
bool choice_timed_out(struct choice_upstream *upstream, uint64_t sent_ns, uint64_t now_ns);
/* Another one had an answer, so the silence was its own. */
void choice_blame(struct choice_upstream *upstream, uint64_t now_ns);

static inline void choice_count(struct choice_upstream *upstream, enum choice_counter counter)
{
    uint64_t old = atomic_load_explicit(&upstream->counters[counter], memory_order_relaxed);
    atomic_store_explicit(&upstream->counters[counter], old + 1, memory_order_relaxed);
}

#endif
