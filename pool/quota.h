/*
 * What one backend, and the network that it lies in, has: its IPv4 address (paired pooling) and how much of
 * the pool and of the tables.
 *
 * Layer: table
 * Specification: RFC 4787 4.1 (paired), RFC 6888 REQ-2, REQ-4, REQ-5 and REQ-11, RFC 7857 4
 *
 * Shared by all workers and touched only when a binding or session is made, answered or ends; a mutex a
 * stripe, so limits are exact with any number of workers. A record exists while its backend or network has
 * anything, so a flood of refused packets leaves none behind. What a network is refused, its backend did not
 * take either.
 */
#ifndef GATE64_POOL_QUOTA_H
#define GATE64_POOL_QUOTA_H

#include "common/settings.h"
#include "common/transport.h"
#include "pool/group.h"

enum quota_level { QUOTA_BACKEND, QUOTA_NETWORK, QUOTA_LEVELS };

struct quota_limits {
    uint8_t prefix_len[QUOTA_LEVELS];          /* bits of an address that make one */
    struct settings_share ports[QUOTA_LEVELS]; /* of one transport; a share is of the ports of the backend's
                                                * pool, for a network of its backend's group of pools, and
                                                * each group has a count of its own */
    uint32_t sessions[QUOTA_LEVELS];
    uint32_t sessions_in_all;
    uint32_t unanswered[QUOTA_LEVELS]; /* sessions that only one side has spoken in */
    uint32_t rate[QUOTA_LEVELS];       /* new sessions a second, and as many at once */
};

enum quota_result {
    QUOTA_OK,
    QUOTA_NO_RECORD,  /* the table of records is full */
    QUOTA_NO_ADDRESS, /* no pool is for the backend */
    QUOTA_PORTS,
    QUOTA_SESSIONS,
    QUOTA_UNANSWERED,
    QUOTA_RATE,
    QUOTA_TABLE, /* as many sessions as there may be in all */
};

struct quota;

/* At most `records` backends and networks at once; with more groups than one a network has another record for
 * each that it uses. `groups` outlives it. */
int quota_new(uint32_t records, const struct quota_limits *limits, struct siphash_key key,
              const struct group_table *groups, struct quota **ret_quota) __attribute__((warn_unused_result));
void quota_free(struct quota *quota);

/* Counts a new session in, not answered yet. */
enum quota_result quota_session_add(struct quota *quota, const struct in6_addr *backend, uint64_t now_ns);
/* Its other side has spoken. */
void quota_session_answered(struct quota *quota, const struct in6_addr *backend);
void quota_session_drop(struct quota *quota, const struct in6_addr *backend, bool answered);

/* Counts a binding in and names the pool address (index) that it must use: the one that the backend has, if
 * its group holds that, else the keyed hash of the backend over the addresses of its group plus `attempt`
 * (falling forward when that one is full); *ret_first says that it has none yet, so that another attempt may
 * be made. */
enum quota_result quota_bind(struct quota *quota, const struct in6_addr *backend, enum transport transport,
                             uint32_t attempt, uint32_t *ret_address, bool *ret_first);
/* A binding ended, or could not be made after quota_bind. True: it was the last that the backend had. */
bool quota_unbind(struct quota *quota, const struct in6_addr *backend, enum transport transport);

/* Counts a block of `ports` ports in that the backend is to have at its address: what it may have of blocks
 * is what it may have of ports. QUOTA_PORTS, QUOTA_NO_RECORD. Between quota_bind and quota_unbind. */
enum quota_result quota_block_add(struct quota *quota, const struct in6_addr *backend, uint32_t address,
                                  uint32_t ports);
/* A block ended, or was not to be had. True: the backend has neither blocks nor bindings any more. */
bool quota_block_drop(struct quota *quota, const struct in6_addr *backend, uint32_t ports);
/* One from before a restart; no limit is asked. After all quota_restore. */
void quota_block_restore(struct quota *quota, const struct in6_addr *backend, uint32_t ports);

/* A binding with its sessions from before a restart; no limit is asked. `address` is NULL for a static one,
 * which takes no port of the backend's. False when no record is free, and nothing is counted then. */
bool quota_restore(struct quota *quota, const struct in6_addr *backend, enum transport transport,
                   const uint32_t *address, uint32_t sessions, uint32_t answered);

struct quota_use {
    uint32_t ports[TRANSPORT_COUNT];
    uint32_t sessions;
    uint32_t unanswered;
    uint32_t address;
    uint32_t blocks; /* ports of its blocks */
};
/* False if it has nothing. The ports of a network are those of its backend's group. */
bool quota_get(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
               struct quota_use *ret_use);

#endif
