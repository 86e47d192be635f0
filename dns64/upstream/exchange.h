/*
 * One question to the upstreams: UDP from a random port, the next upstream when one is silent or refuses, TCP
 * when the answer was cut.
 *
 * Layer: edge
 * Specification: RFC 5452 9.2 (ports and IDs), RFC 7766 5 (TCP on truncation), RFC 9520 3
 */
#ifndef GATE64_DNS64_UPSTREAM_EXCHANGE_H
#define GATE64_DNS64_UPSTREAM_EXCHANGE_H

#include <event2/event.h>

#include "common/addr.h"
#include "common/counters.h"
#include "common/settings.h"
#include "dns64/upstream/choice.h"
#include "dns64/wire/message.h"

/* What all exchanges of a thread share. */
struct exchange_context {
    struct event_base *base;
    const struct settings_upstream *upstreams;
    unsigned upstreams_count;
    struct choice choice;
    struct counters *counters;
};

struct exchange;

struct exchange_question {
    const uint8_t *bytes; /* the message; its ID is replaced */
    size_t len;
    struct name name;
    uint16_t type, class;
    uint64_t set; /* whom it may be asked of: a bit for each upstream */
};

/* Called once: `bytes` (malloc'ed, the receiver's to free) is a reply that parses and matches; NULL when
 * there was none. Not called after exchange_cancel. */
typedef void exchange_done(void *context, uint8_t *bytes, size_t len);

/* -ENOMEM, or -ENOENT when there is no upstream. */
int exchange_start(struct exchange_context *shared, const struct exchange_question *question,
                   exchange_done *done, void *context, struct exchange **ret_exchange)
    __attribute__((warn_unused_result));
/* Accepts NULL. */
void exchange_cancel(struct exchange *exchange);

#endif
