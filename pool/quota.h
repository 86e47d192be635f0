/*
 * What one backend has: its IPv4 address (paired pooling) and how much of the pool.
 *
 * Layer: table
 * Specification: RFC 4787 4.1 (paired), RFC 6888 REQ-2 and REQ-4, RFC 7857 4
 *
 * Shared by all workers and touched only when a binding or session is made or ends; a mutex a stripe.
 * A record exists from a backend's first binding to its last, so a flood of refused packets costs nothing.
 */
#ifndef GATE64_POOL_QUOTA_H
#define GATE64_POOL_QUOTA_H

#include "pool/prefixes.h"

struct quota;

/* At most `records` backends at once; `prefix_len` bits make a backend (128). */
int quota_new(uint32_t records, uint8_t prefix_len, struct siphash_key key, struct quota **ret_quota)
    __attribute__((warn_unused_result));
void quota_free(struct quota *quota);

/* The pool address (index below `addresses`) that the backend's binding must use: the one that it
 * has, else the keyed hash of the backend over the pool plus `attempt` (falling forward when that one is
 * full); *ret_first says that it has none yet, so that another attempt may be made. Counts the binding in.
 * -ENOSPC: no record free. */
int quota_bind(struct quota *quota, const struct in6_addr *backend, uint32_t addresses, uint32_t attempt,
               uint32_t *ret_address, bool *ret_first) __attribute__((warn_unused_result));

/* A binding ended, or could not be made after quota_bind. */
void quota_unbind(struct quota *quota, const struct in6_addr *backend);

/* Session counters of a backend that has a binding. */
void quota_session_add(struct quota *quota, const struct in6_addr *backend);
void quota_session_drop(struct quota *quota, const struct in6_addr *backend);

struct quota_use {
    uint32_t bindings;
    uint32_t sessions;
    uint32_t address;
};
/* False if the backend has nothing. */
bool quota_get(struct quota *quota, const struct in6_addr *backend, struct quota_use *ret_use);

#endif
