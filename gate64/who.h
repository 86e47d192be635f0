/*
 * Who had an IPv4 address and port at a time: the lines of the event log, put together.
 *
 * Layer: table
 * Specification: RFC 6888 REQ-12, RFC 6302, man/nat64d.8 (EVENT LOG)
 * Fuzz: fuzz_events
 *
 * Lines are given oldest first, then what is so now. A holder is a backend with the time from which, and
 * until which, it had the address and port: by a binding, by the sessions of one, by a block of ports, by
 * configuration. Lines that are cut short, or of another program, are passed over. A record of an end says
 * when it began, so the answer for a time needs only what was written from then on.
 */
#ifndef GATE64_GATE64_WHO_H
#define GATE64_GATE64_WHO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define WHO_NEVER UINT64_MAX /* of an end: it has not come */

struct who_query {
    uint32_t src4;
    uint16_t port;
    const char *protocol;    /* NULL: each */
    uint64_t from_ns, to_ns; /* the time that is asked about, as long as its text leaves open; UTC */
};

struct who_holder {
    char kind[16];            /* "dynamic", "block", "static", "eam" */
    char protocol[8];         /* "": each */
    char src6[ADDR_TEXT_LEN]; /* an address, or the prefix that makes a backend */
    int src6_port;            /* -1: any */
    char dst4[ADDR_TEXT_LEN]; /* of a session that was logged; else "" */
    int dst4_port;
    char name[32];
    uint64_t since_ns; /* 0: not known */
    uint64_t until_ns; /* WHO_NEVER: not yet */
    bool unsure;       /* it ended at the latest then; with WHO_NEVER: some time after it began */
    bool live;         /* nat64d says so now */
    bool left;         /* of configuration: not in the newest one, so far */
};

struct who;

int who_new(const struct who_query *query, struct who **ret_who) __attribute__((warn_unused_result));
void who_free(struct who *who);

/* One line, without its end. -ENOMEM. */
int who_line(struct who *who, const char *line, size_t len) __attribute__((warn_unused_result));

/* All lines were given. Then what nat64d has now, record by record (/v1/who), if it runs. */
int who_live(struct who *who, const json_t *record) __attribute__((warn_unused_result));

/* All was given; `asked`: nat64d was. */
void who_end(struct who *who, bool asked);

/* Those who had it at the time, in the order in which they got it; NULL behind the last. */
const struct who_holder *who_get(const struct who *who, size_t index);
/* The last that had it before, and the first after; NULL if nobody is known. */
const struct who_holder *who_before(const struct who *who);
const struct who_holder *who_after(const struct who *who);

/* What the log says of itself: records that are missing around the time asked about, and by how much the
 * clock was set later, the first time; 0: nothing. */
uint64_t who_lost(const struct who *who);
int64_t who_clock_step_ms(const struct who *who);

#endif
