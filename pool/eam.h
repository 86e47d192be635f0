/*
 * Explicit address mappings: an IPv4 prefix and an IPv6 prefix whose addresses stand for each other.
 *
 * Layer: table
 * Specification: RFC 7757 3.2 (the table), 3.3 (the algorithm)
 *
 * Built from the configuration, then read-only. A look-up is one hash for each length of prefix that the
 * table has, the longest first. Where there is no mapping RFC 6052 holds, which is the caller's.
 */
#ifndef GATE64_POOL_EAM_H
#define GATE64_POOL_EAM_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/siphash.h"

struct eam_entry {
    struct addr_prefix4 prefix4;
    struct addr_prefix6 prefix6; /* has room for the suffix bits of prefix4 */
};

struct eam;

int eam_new(const struct eam_entry *entries, uint32_t count, struct siphash_key key, struct eam **ret_eam)
    __attribute__((warn_unused_result));
void eam_free(struct eam *eam);

/* The address of the other family; false if no mapping has it. NULL is a table without mappings. */
bool eam_find4(const struct eam *eam, uint32_t address, struct in6_addr *ret_address);
bool eam_find6(const struct eam *eam, const struct in6_addr *address, uint32_t *ret_address);

#endif
