/*
 * One question on its way through the upstreams: whom it is sent to, for how long each has time, what a reply
 * means, and when it is over.
 *
 * Layer: path
 * Specification: RFC 5452 9 and 9.3, RFC 7766 5, RFC 7873 5.3, RFC 6891 6.2.2 and 7, RFC 9520 3.1
 * Fuzz: fuzz_dns_upstream
 *
 * No system call and no clock: the edge carries out what is decided here. At most ATTEMPT_PACKETS questions
 * go out for one, whatever comes back. A reply to any of them counts for as long as the whole is not over:
 * one that comes late is still an answer, and what does not match ends no wait.
 */
#ifndef GATE64_DNS64_UPSTREAM_ATTEMPT_H
#define GATE64_DNS64_UPSTREAM_ATTEMPT_H

#include "dns64/upstream/ask.h"
#include "dns64/upstream/choice.h"

enum {
    ATTEMPT_PACKETS = 3,
    ATTEMPT_BUDGET_MS = 10000, /* RFC 8767 5: 10 to 30 s; RFC 5625: no longer than that */
    ATTEMPT_LAST_MS = 2000,    /* for the last one, as nobody else is asked then */
    ATTEMPT_STREAM_MS = 1500,  /* at least, for a connection that must be made first */
    ATTEMPT_WRONG_MAX = 8,     /* replies that do not match: somebody guesses, so TCP (RFC 5452 9.3) */
    ATTEMPT_PLAIN_MS = 300000, /* for how long an upstream without EDNS is remembered */
};

enum attempt_step {
    ATTEMPT_WAIT,
    ATTEMPT_SEND, /* the last of `sends` is to go out */
    ATTEMPT_TAKE, /* the reply that just came is the answer */
    ATTEMPT_END,  /* nothing more will come: what was kept is the answer, if there is such */
};

/* One packet of it. */
struct attempt_send {
    uint8_t upstream;
    bool stream, edns, cookie;
    bool over;   /* its time is, though a reply is still welcome */
    bool doubt;  /* ... and whether for the upstream's sake or the name's is open */
    bool closed; /* a reply has come, or cannot come any more */
    uint64_t sent_ns, due_ns;
};

struct attempt {
    const struct choice *choice;
    uint64_t set, tried, broken; /* bits of upstreams; broken: nothing can be sent there */
    uint64_t until_ns;
    bool dnssec;
    bool done;          /* answered: what is left is to learn from */
    bool bad_cookie;    /* BADCOOKIE has come once */
    bool has_failure;   /* a reply with an error was kept */
    bool has_truncated; /* one that did not fit was */
    bool keep;          /* the reply that just came is to be kept, in the place of what was */
    unsigned wrong;
    unsigned count;
    struct attempt_send sends[ATTEMPT_PACKETS];
};

enum attempt_step attempt_begin(struct attempt *attempt, const struct choice *choice, uint64_t set,
                                uint64_t until_ns, bool dnssec, uint64_t now_ns);
/* Once, behind attempt_begin: whether a copy is to go to one that is to be measured. */
enum attempt_step attempt_probe(struct attempt *attempt, uint64_t now_ns);

/* A message has come for `sends[i]`, with what ask_check says of it. Sets `keep`. */
enum attempt_step attempt_reply(struct attempt *attempt, unsigned i, const struct message *message,
                                enum ask_verdict verdict, uint64_t now_ns);
/* Why nothing comes of a packet. */
enum attempt_fault {
    ATTEMPT_GONE,   /* it could not be sent there, or nobody is there */
    ATTEMPT_CLOSED, /* its connection had served others and was closed: nobody's fault (RFC 7766 6.2.4) */
    ATTEMPT_FULL,   /* we have no room for it: not the upstream's fault */
};
enum attempt_step attempt_broken(struct attempt *attempt, unsigned i, enum attempt_fault fault,
                                 uint64_t now_ns);
/* The time of attempt_due has come; if the timer was early, the wait goes on. */
enum attempt_step attempt_timer(struct attempt *attempt, uint64_t now_ns);

/* When the next one's time is over; 0: none is waited for. */
uint64_t attempt_due(const struct attempt *attempt);

#endif
