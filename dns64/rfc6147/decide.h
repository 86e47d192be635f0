/*
 * The AAAA decision: what is done with what AAAA and A gave.
 *
 * Layer: pure
 * Specification: RFC 6147 5.1.1 - 5.1.8, 5.4, 5.5
 */
#ifndef GATE64_DNS64_RFC6147_DECIDE_H
#define GATE64_DNS64_RFC6147_DECIDE_H

#include <stdbool.h>

enum decide_outcome {
    DECIDE_PENDING,  /* not asked, or not answered yet */
    DECIDE_DATA,     /* records that count */
    DECIDE_EXCLUDED, /* AAAA only: records, but all of them excluded (5.1.4) */
    DECIDE_DENIED,   /* A only: records, but none that a prefix may hold */
    DECIDE_EMPTY,    /* NOERROR without records */
    DECIDE_NXDOMAIN,
    DECIDE_ERROR,  /* another RCODE */
    DECIDE_SILENT, /* no answer in time (5.1.3) */
    DECIDE_BROKEN, /* an alias chain that loops or is too long */
    DECIDE_OUTCOMES,
};

enum decide_action {
    DECIDE_WAIT,
    DECIDE_ASK_A,
    DECIDE_PASS_AAAA, /* the reply to AAAA, without excluded records */
    DECIDE_PASS_A,    /* the reply to A, which has no data: its RCODE and authority */
    DECIDE_SYNTHESISE,
    DECIDE_SERVFAIL,
};

struct decide_options {
    bool synthesise;      /* false: plain resolution (other class, CD = 1) */
    bool fail_on_failure; /* on-aaaa-failure = "fail" */
};

enum decide_action decide(enum decide_outcome aaaa, enum decide_outcome a,
                          const struct decide_options *options);

#endif
