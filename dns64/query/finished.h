/*
 * Finished answers: copied from the cache as the bytes that go to the client, and kept there.
 *
 * Layer: path
 * Specification: RFC 1035 4.1, RFC 2181 8
 */
#ifndef GATE64_DNS64_QUERY_FINISHED_H
#define GATE64_DNS64_QUERY_FINISHED_H

#include "dns64/cache/cache.h"
#include "dns64/query/query.h"

/* The length of the answer in `out`; 0: none is kept, or it does not fit this client. */
size_t finished_find(struct query *query, struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                     uint8_t *out);
/* What it is kept by. */
void finished_key(const struct query *query, const struct cache *cache, struct cache_key *ret_key);

/* Keeps the answer that was made from upstreams' replies, if all of them were whole, no failure and not
 * stale. What is its client's alone is taken out of `bytes` meanwhile. */
void finished_keep(const struct query *query, struct cache *cache, uint64_t now_ns, uint8_t *bytes,
                   size_t len);

#endif
