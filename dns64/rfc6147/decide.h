/*
 * The AAAA decision: what is done with what AAAA and A gave, and why. All that it hangs on stands in one
 * struct.
 *
 * Layer: pure
 * Specification: RFC 6147 3, 5.1.1 - 5.1.8, 5.4, 5.5
 */
#ifndef GATE64_DNS64_RFC6147_DECIDE_H
#define GATE64_DNS64_RFC6147_DECIDE_H

#include <stdbool.h>

enum decide_outcome {
    DECIDE_PENDING,  /* not asked, or not answered yet */
    DECIDE_DATA,     /* records that count */
    DECIDE_EXCLUDED, /* AAAA only: records, but all of them excluded (5.1.4) */
    DECIDE_IMAGES,   /* AAAA only: none that count, but some under a NAT64 prefix: who made them? */
    DECIDE_DENIED,   /* A only: records, but none that a prefix may hold */
    DECIDE_EMPTY,    /* NOERROR without records */
    DECIDE_NXDOMAIN,
    DECIDE_ERROR,  /* another RCODE */
    DECIDE_SILENT, /* no answer in time (5.1.3) */
    DECIDE_BROKEN, /* an alias chain that loops or is too long */
    DECIDE_OUTCOMES,
};

/* What the operator's lists say of the name, or of the first listed name of its chain. */
enum decide_listed { DECIDE_UNLISTED, DECIDE_NEVER, DECIDE_ALWAYS };

struct decide_input {
    enum decide_outcome aaaa, a;
    enum decide_listed listed;
    bool a_signed;          /* RRSIG stand beside the A records */
    bool wants_dnssec;      /* the client set DO */
    bool checking_disabled; /* the client set CD: it validates what there is */
    bool plain;             /* the view goes without DNS64 */
    bool fail_on_failure;   /* on-aaaa-failure = "fail" */
    bool signed_passes;     /* signed-for-do = "pass" */
};

enum decide_action {
    DECIDE_WAIT,
    DECIDE_ASK_A,
    DECIDE_PASS_WHOLE,  /* the reply to AAAA as it came */
    DECIDE_PASS_AAAA,   /* without excluded records and images */
    DECIDE_PASS_IMAGES, /* without excluded records */
    DECIDE_PASS_NONE,   /* without any AAAA record: its aliases alone */
    DECIDE_PASS_A,      /* the reply to A, which has no data: its RCODE and authority */
    DECIDE_SYNTHESISE,
    DECIDE_SERVFAIL,
};

enum decide_reason {
    DECIDE_OPEN, /* not decided yet */
    DECIDE_BY_REAL,
    DECIDE_BY_SYNTHESIS,
    DECIDE_BY_NXDOMAIN,
    DECIDE_BY_VIEW,   /* it goes without DNS64 */
    DECIDE_BY_CD,     /* CD = 1 */
    DECIDE_BY_NEVER,  /* the list */
    DECIDE_BY_SIGNED, /* signed-for-do */
    DECIDE_BY_POLICY, /* on-aaaa-failure */
    DECIDE_BY_DENIED, /* all A records in denied ranges */
    DECIDE_BY_NO_A,
    DECIDE_BY_IMAGES,   /* no A record; the upstream is a DNS64 itself */
    DECIDE_BY_A_FAILED, /* A was needed */
    DECIDE_BY_FAILED,   /* AAAA failed, and there was no A to synthesise from */
    DECIDE_BY_BROKEN,   /* the chain */
    DECIDE_REASONS,
};

struct decide_result {
    enum decide_action action;
    enum decide_reason reason;
};

struct decide_result decide(const struct decide_input *input);

/* Whether A may be asked for before AAAA has said anything (5.1.8). */
bool decide_may_ask_early(const struct decide_input *input);

#endif
