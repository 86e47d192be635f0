/*
 * Rate limits for ICMP errors, those that the gateway makes and those of others that it translates: one
 * bucket for all and one for each network.
 *
 * Layer: table
 * Specification: RFC 4443 2.4 (f), RFC 1812 4.3.2.8
 *
 * Token buckets, burst of one second. Networks are /64 (IPv6) or /32 (IPv4), hashed with a key into a fixed
 * table of RATE_NETWORKS buckets: a collision shares a bucket, an attacker cannot choose it. What tells a
 * backend that there is no port or session for it has a bucket of its own: only who may use the gateway gets
 * it, and one that is not told waits and tries again.
 */
#ifndef GATE64_NAT64D_TABLE_RATE_H
#define GATE64_NAT64D_TABLE_RATE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "common/siphash.h"

enum {
    RATE_NETWORKS = 1024,
};

struct rate_bucket {
    uint64_t filled_ns; /* when it was full enough: tokens are time */
};

/* 0: nothing passes. */
struct rate_limits {
    uint32_t per_second; /* of our own, by all that are to hear them */
    uint32_t per_second_per_network;
    uint32_t refusals_per_second;
    uint32_t relayed_per_second; /* of others, by who sent them */
    uint32_t relayed_per_second_per_network;
};

struct rate_set {
    struct rate_bucket all;
    struct rate_bucket networks[RATE_NETWORKS];
};

struct rate {
    struct siphash_key key;
    struct rate_limits limits;
    struct rate_set own;
    struct rate_set relayed;
    struct rate_bucket refusals;
};

void rate_init(struct rate *rate, struct siphash_key key, uint64_t now_ns);
/* Before the first question, and whenever they change. */
void rate_limit(struct rate *rate, const struct rate_limits *limits);
bool rate_allow6(struct rate *rate, const struct in6_addr *to, uint64_t now_ns);
bool rate_allow_refusal(struct rate *rate, uint64_t now_ns);
bool rate_allow4(struct rate *rate, uint32_t to, uint64_t now_ns);
/* An error of `from` may be translated. */
bool rate_allow_relayed6(struct rate *rate, const struct in6_addr *from, uint64_t now_ns);
bool rate_allow_relayed4(struct rate *rate, uint32_t from, uint64_t now_ns);

#endif
