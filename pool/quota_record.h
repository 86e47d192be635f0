/*
 * The records of backends and networks: found by prefix, there while they have anything.
 *
 * Layer: table
 * Specification: RFC 6888 REQ-4 (what is counted)
 *
 * Part of pool/quota. A hash by a secret key into stripes, each with a mutex, records and chains of its own;
 * whoever finds, takes or puts a record holds the mutex of its place. A chain has at most
 * QUOTA_RECORD_CHAIN_MAX records: beyond that there is none for a newcomer.
 */
#ifndef GATE64_POOL_QUOTA_RECORD_H
#define GATE64_POOL_QUOTA_RECORD_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/siphash.h"
#include "common/transport.h"

enum {
    QUOTA_RECORD_STRIPES = 64, /* a power of two */
    QUOTA_RECORD_CHAIN_MAX = 64,
};

struct quota_record {
    struct in6_addr prefix;
    uint32_t ports[TRANSPORT_COUNT];
    uint32_t sessions;
    uint32_t unanswered;
    uint32_t address;
    uint32_t blocks; /* ports of its blocks (pool/bulk) */
    uint32_t next;   /* in its bucket, or in the free list */
    uint32_t kind;   /* enum quota_level, or the ports that a network has of another group than the default */
    uint64_t next_ns; /* when the next new session is due at the full rate */
};

struct quota_stripe {
    pthread_mutex_t mutex;
    struct quota_record *records;
    uint32_t *buckets;
    uint32_t mask;
    uint32_t size;
    uint32_t fresh; /* records from here on were never used */
    uint32_t free;
};

struct quota_records {
    struct siphash_key key;
    struct quota_stripe stripes[QUOTA_RECORD_STRIPES];
};

/* Where a record is or would be. */
struct quota_place {
    struct quota_stripe *stripe;
    struct in6_addr prefix;
    uint32_t kind;
    uint64_t hash;
    uint32_t *bucket;
};

/* About `count` records. What is half made quota_records_done takes, too. */
int quota_records_init(struct quota_records *records, uint32_t count, struct siphash_key key)
    __attribute__((warn_unused_result));
void quota_records_done(struct quota_records *records);

struct quota_place quota_record_place(struct quota_records *records, const struct in6_addr *prefix,
                                      uint32_t kind);

/* NULL when it is not there. */
struct quota_record *quota_record_find(const struct quota_place *place);
/* The record, made when it is not there; NULL when none is free or the chain is at its bound. */
struct quota_record *quota_record_take(const struct quota_place *place);
/* It goes when it has nothing any more. */
void quota_record_put(const struct quota_place *place, struct quota_record *record);
/* Ports or blocks. */
bool quota_record_has_ports(const struct quota_record *record);

#endif
