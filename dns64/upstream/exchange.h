/*
 * One question to the upstreams, as attempt decides it: sent, waited for, read.
 *
 * Layer: edge
 * Specification: RFC 5452 9, RFC 7766 5, RFC 9520 3
 */
#ifndef GATE64_DNS64_UPSTREAM_EXCHANGE_H
#define GATE64_DNS64_UPSTREAM_EXCHANGE_H

#include "dns64/upstream/attempt.h"
#include "dns64/upstream/resolver.h"

/* What all exchanges of a thread share, whatever rules they go by. */
struct exchange_thread {
    struct random random;
    struct ports_shared ports;
    struct counters *counters;
};

void exchange_thread_init(struct exchange_thread *thread, struct event_base *base, struct counters *counters);
/* Of one set of rules in one thread. */
struct exchange_context {
    struct exchange_thread *thread;
    struct resolver *resolvers[ROUTE_UPSTREAMS_MAX];
    struct choice choice;
    bool mix_case;
    bool trusted;               /* trusted-upstream */
    struct exchange *lingering; /* answered, and still learning */
};

int exchange_context_init(struct exchange_context *context, struct exchange_thread *thread,
                          const struct settings_upstream *upstreams, unsigned count)
    __attribute__((warn_unused_result));
/* Takes over what another one has of the same upstreams. */
void exchange_context_keep(struct exchange_context *context, const struct exchange_context *old);
/* Ends what lingers; all else must have ended. */
void exchange_context_done(struct exchange_context *context);

struct exchange;

struct exchange_question {
    struct ask ask;
    uint64_t set;      /* whom it may be asked of: a bit for each upstream */
    uint64_t until_ns; /* no longer */
};

/* Called once: `bytes` (malloc'ed, the receiver's to free) is a reply that parses and matches, in the letters
 * of the question; NULL when there was none. AD is as the upstream said if that is trusted and nobody
 * between it and us can have changed it: over TLS or on this host; else it is clear. `from` is whose it is,
 * or NULL. Not called after exchange_cancel. */
typedef void exchange_done(void *context, uint8_t *bytes, size_t len, const struct addr_endpoint *from);

/* Never calls `done` before it returns. -ENOMEM, or -ENOENT when there is no upstream. */
int exchange_start(struct exchange_context *context, const struct exchange_question *question,
                   exchange_done *done, void *done_context, struct exchange **ret_exchange)
    __attribute__((warn_unused_result));
/* Accepts NULL. */
void exchange_cancel(struct exchange *exchange);

#endif
