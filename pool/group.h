/*
 * Which pools are for which backends.
 *
 * Layer: table
 * Specification: RFC 4787 4.1 (a backend's address comes from these), RFC 6888 REQ-4
 *
 * A group is the pools that some backends share: those whose `for` has the longest prefix that holds the
 * backend; group 0 is the pools without `for`, for everybody else. Pools that drain are in none, and of a
 * pool only those addresses count that have ports to give. Built from the configuration, then read-only. A
 * look-up is a binary search, and a step for each prefix that lies around another.
 */
#ifndef GATE64_POOL_GROUP_H
#define GATE64_POOL_GROUP_H

#include "pool/block.h"

enum { GROUP_DEFAULT = 0 };

struct group_table;

/* `blocks` says which addresses have ports to give; NULL: all. The prefixes outlive it. */
int group_new(const struct prefixes *prefixes, const struct block_table *blocks,
              struct group_table **ret_table) __attribute__((warn_unused_result));
void group_free(struct group_table *table);

uint32_t group_count(const struct group_table *table);
/* The group that a backend uses. */
uint32_t group_find(const struct group_table *table, const struct in6_addr *backend);

/* Its addresses, and the index of the n-th of these. */
uint32_t group_addresses(const struct group_table *table, uint32_t group);
uint32_t group_address(const struct group_table *table, uint32_t group, uint32_t n);
/* Whether the address with this index is one of them. */
bool group_holds(const struct group_table *table, uint32_t group, uint32_t index);

/* Ports of all its addresses, and of those of the pool that has this address. */
uint64_t group_ports(const struct group_table *table, uint32_t group);
uint64_t group_pool_ports(const struct group_table *table, uint32_t index);

#endif
