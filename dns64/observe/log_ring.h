/*
 * The records of the query log, and the ring in which a thread leaves them for the one that writes.
 *
 * Layer: table
 * Specification: man/dns64.8 (QUERY LOG)
 *
 * One producer, one consumer. The producer never waits: a full ring loses the new record and counts it.
 */
#ifndef GATE64_DNS64_OBSERVE_LOG_RING_H
#define GATE64_DNS64_OBSERVE_LOG_RING_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/settings.h"
#include "dns64/observe/tally.h"
#include "dns64/wire/name.h"

enum {
    LOG_RING_RECORDS = 4096, /* a power of two */
};

/* One query that was answered. */
struct log_record {
    uint64_t time_ns; /* of the answer, CLOCK_BOOTTIME */
    uint64_t took_ns;
    struct addr client;
    struct name name; /* len 0: there was no question */
    uint16_t type, class, rcode, outcome;
    uint32_t size; /* bytes of the answer */
    enum tally_from from;
    bool udp;
    struct addr_endpoint upstream; /* port 0: none */
    char view[SETTINGS_NAME_LEN];  /* "": none */
};

struct log_ring;

/* NULL: no memory. */
struct log_ring *log_ring_new(void);
/* Accepts NULL. */
void log_ring_free(struct log_ring *ring);

/* The producer's: room for the next record, which is there once it is put; NULL, and one more is lost. */
struct log_record *log_ring_room(struct log_ring *ring);
void log_ring_put(struct log_ring *ring);

/* The consumer's: the oldest record, or NULL; it is gone once it is taken. */
const struct log_record *log_ring_first(const struct log_ring *ring);
void log_ring_take(struct log_ring *ring);
uint64_t log_ring_lost(const struct log_ring *ring);

#endif
