/*
 * Path MTUs towards backends that have a narrower link behind them than ours, such as a tunnel.
 *
 * Layer: table
 * Specification: RFC 8201 4 and 5.2 (never raised by an error, forgotten after 10 minutes), RFC 5927 4
 *
 * Theory: one table for all workers, since a backend's flows are spread over them. An entry is a word, its
 * address's hash beside the MTU, in a bucket of one cache line: a reader loads the bucket and waits for
 * nobody. Who learns or forgets takes a mutex; that is after an ICMP error, or once a second. With no entry a
 * look-up is one load. The hash is keyed, so nobody can aim at the bucket of another; a full bucket loses
 * what it was told of longest ago. Two addresses of one hash (2^-58 for a pair) share an entry, which only
 * makes packets smaller.
 */
#ifndef GATE64_NAT64D_TABLE_PATH_MTU_H
#define GATE64_NAT64D_TABLE_PATH_MTU_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/siphash.h"

enum {
    PATH_MTU_LEAST = 1280, /* RFC 8200 5 */
    PATH_MTU_LIFETIME_S = 600,
    PATH_MTU_BUCKETS = 1024,
    PATH_MTU_WAYS = 8,
    PATH_MTU_MAX = PATH_MTU_BUCKETS * PATH_MTU_WAYS, /* entries */
};

struct path_mtu;

int path_mtu_new(struct siphash_key key, struct path_mtu **ret_table) __attribute__((warn_unused_result));
/* Accepts NULL. */
void path_mtu_free(struct path_mtu *table);

/* An error that was believed says that no more than `mtu` gets through. Less than PATH_MTU_LEAST is not
 * believed, more than what is known already changes nothing. True when something was learned. */
bool path_mtu_learn(struct path_mtu *table, const struct in6_addr *to, uint32_t mtu, uint64_t now_ns);

/* `mtu`, that of the link, or the path's if that is less. */
uint32_t path_mtu_limit(const struct path_mtu *table, const struct in6_addr *to, uint32_t mtu);

/* Forgets what is too old; to be called by one thread, as often as it likes. */
void path_mtu_expire(struct path_mtu *table, uint64_t now_ns);

uint32_t path_mtu_count(const struct path_mtu *table);

/* For another thread: the entry at `index` < PATH_MTU_MAX; false if there is none. */
struct path_mtu_entry {
    struct in6_addr to;
    uint32_t mtu;
    uint64_t learned_ns;
};
bool path_mtu_peek(struct path_mtu *table, uint32_t index, struct path_mtu_entry *ret_entry);

#endif
