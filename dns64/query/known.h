/*
 * What is known of a question before any upstream is asked, and what is kept of what they say.
 *
 * Layer: path
 * Specification: RFC 2308 5, RFC 8020 2, RFC 8767 4 and 5, RFC 9520 3
 * Fuzz: fuzz_dns_cache
 *
 * Only what upstreams said stands here, once for all clients; what is made of it is query/finished's.
 */
#ifndef GATE64_DNS64_QUERY_KNOWN_H
#define GATE64_DNS64_QUERY_KNOWN_H

#include "dns64/cache/cache.h"
#include "dns64/query/query.h"
#include "dns64/upstream/ask.h"

/* A question to upstreams; `flags` as in cache keys: DO, CD, AD. */
struct known_question {
    struct name name;
    uint16_t type, class;
    unsigned flags;
    struct route_set set; /* whom it is asked of */
    uint8_t apex;         /* length of the domain that the set is for */
    struct hops hops;     /* through whom it came: of no matter for what is kept */
};

struct known_question known_question(const struct query *query, enum query_slot_name slot);
/* What an upstream says to it stands in the cache under this key. */
struct cache_key known_key(const struct cache *cache, const struct known_question *question);
/* The same for an upstream: each side has its own EDNS (RFC 6891 6.2.6), and the flags are the client's (RFC
 * 5625 4.1). */
void known_ask(const struct known_question *question, const struct query_policy *policy, struct ask *ret_ask);

/* `bytes` are malloc'ed and the receiver's; NULL: no upstream answered. */
struct known_reply {
    uint8_t *bytes;
    size_t len;
    struct query_source source;
    bool refresh; /* it is asked for often, and nearly over */
};

/* Whether upstreams need not be asked: fresh data, a denied name above it, or a failure that is young (then
 * stale data, or the failure itself). */
bool known_find(struct cache *cache, const struct query_policy *policy, const struct known_question *question,
                uint64_t now_ns, struct known_reply *ret_reply);

/* Stale data, for when an answer does not come (RFC 8767 5). */
bool known_find_stale(struct cache *cache, const struct query_policy *policy,
                      const struct known_question *question, uint64_t now_ns, struct known_reply *ret_reply);

/* Takes what came (malloc'ed; NULL: nothing): keeps it, brings its TTLs within their bounds, and says what
 * the askers get, which is stale data if there are such and upstreams failed. */
struct known_reply known_take(struct cache *cache, const struct query_policy *policy,
                              const struct known_question *question, uint64_t now_ns, uint8_t *bytes,
                              size_t len);

#endif
