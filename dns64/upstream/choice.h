/*
 * Which upstream to ask next, and for how long to wait: learned from real traffic.
 *
 * Layer: table
 * Specification: RFC 6298 2 (smoothed times), RFC 9520 3 (few retries)
 *
 * One for each thread. An upstream that did not answer is asked last for a while, but never not at all.
 */
#ifndef GATE64_DNS64_UPSTREAM_CHOICE_H
#define GATE64_DNS64_UPSTREAM_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CHOICE_MAX = 64,
    CHOICE_TRIES = 3,         /* for one question, over all upstreams */
    CHOICE_WAIT_MIN_MS = 300, /* never less, whatever was measured */
    CHOICE_WAIT_MAX_MS = 2000,
    CHOICE_WAIT_FIRST_MS = 800, /* nothing measured yet */
    CHOICE_BAD_MS = 10000,      /* after a failure; then it is tried again */
};

struct choice_upstream {
    _Atomic uint64_t sent, answered, timeouts;
    _Atomic uint32_t latency_us; /* smoothed; 0: nothing measured */
    uint32_t variance_us;
    uint64_t bad_until_ns;
    _Atomic bool bad;
};

struct choice {
    unsigned count;
    struct choice_upstream upstreams[CHOICE_MAX];
};

void choice_init(struct choice *choice, unsigned count);

/* What was learned of an upstream in another table. */
void choice_keep(struct choice *choice, unsigned upstream, const struct choice *from, unsigned from_upstream);

/* The best of `candidates` (a bit each); -1: there is none. Good before bad, then by latency. */
int choice_next(const struct choice *choice, uint64_t candidates, uint64_t now_ns);
uint32_t choice_wait_ms(const struct choice *choice, unsigned upstream);

void choice_sent(struct choice *choice, unsigned upstream);
void choice_answered(struct choice *choice, unsigned upstream, uint64_t latency_ns);
void choice_failed(struct choice *choice, unsigned upstream, uint64_t now_ns);

#endif
