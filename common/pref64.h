/*
 * The IPv6 prefix of the translator and the IPv4 address inside an address under it.
 *
 * Layer: pure
 * Specification: RFC 6052 2.1-2.4, 3.1; RFC 8215
 *
 * Six lengths: 32, 40, 48, 56, 64, 96. Byte 8 (bits 64-71, "u") is zero. The suffix is zero when
 * building and ignored when extracting; a non-zero u byte does not match.
 */
#ifndef GATE64_COMMON_PREF64_H
#define GATE64_COMMON_PREF64_H

#include "common/addr.h"

/* 64:ff9b::/96 */
extern const struct addr_prefix6 pref64_well_known;

/* 0, or -EINVAL: length not one of the six, or a bit set in byte 8. */
int pref64_check(const struct addr_prefix6 *prefix);

bool pref64_is_well_known(const struct addr_prefix6 *prefix);

/* The image of `address` under a checked prefix. */
struct in6_addr pref64_embed(const struct addr_prefix6 *prefix, uint32_t address);

/* True and *ret_address set when `addr` lies under the prefix and its u byte is zero. */
bool pref64_extract(const struct addr_prefix6 *prefix, const struct in6_addr *addr, uint32_t *ret_address);

/* Like pref64_extract, but a non-zero suffix does not match either (used for reverse names). */
bool pref64_extract_exact(const struct addr_prefix6 *prefix, const struct in6_addr *addr,
                          uint32_t *ret_address);

#endif
