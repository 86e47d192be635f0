/*
 * Who may use the translator and what it may reach.
 *
 * Layer: pure
 * Specification: RFC 6146 3.5 (common guards) and 5.4, RFC 6052 3.1 and 5.1, RFC 6888 REQ-6
 *
 * Asked when a session is made, not for each packet: who was refused has no session.
 */
#ifndef GATE64_NAT64D_RFC6146_GUARD_H
#define GATE64_NAT64D_RFC6146_GUARD_H

#include "nat64d/packet/reason.h"
#include "nat64d/rfc6146/network.h"

struct guard_pref64 {
    struct addr_prefix6 prefix;
    const struct addr_prefix4 *allow4;
    size_t allow4_count;
};

struct guard {
    const struct guard_pref64 *pref64;
    size_t pref64_count;
    const struct addr_prefix6 *backends; /* none: those of network */
    size_t backends_count;
    const struct addr_prefix4 *deny4;
    size_t deny4_count;
};

/* The prefix that holds `address`: its index, and the IPv4 address inside; false if none does. */
bool guard_find_pref64(const struct guard *guard, const struct in6_addr *address, unsigned *ret_pref64,
                       uint32_t *ret_address4);

/* A source from IPv6: REASON_SOURCE_MARTIAN, REASON_SOURCE_IN_PREF64, REASON_SOURCE_NOT_BACKEND. */
enum reason guard_source6(const struct guard *guard, const struct network *network,
                          const struct in6_addr *source);

/* A destination asked for through prefix `pref64`: REASON_DESTINATION_DENIED, REASON_DESTINATION_OWN. A pool
 * address is for the caller to know first (it hairpins). */
enum reason guard_destination4(const struct guard *guard, const struct network *network, unsigned pref64,
                               uint32_t destination);

/* The first prefix in which an IPv4 host may appear as a source; false if none may hold it. */
bool guard_image_pref64(const struct guard *guard, uint32_t source, unsigned *ret_pref64);
/* Whether this one may. */
bool guard_may_hold(const struct guard *guard, unsigned pref64, uint32_t source);

#endif
