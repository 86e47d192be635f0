/*
 * Special-purpose addresses: which IPv4 destinations a backend may reach through a prefix, and which
 * addresses are never a source.
 *
 * Layer: pure
 * Specification: RFC 6890, RFC 8190 and later rows of the IANA registries; RFC 6052 3.1; RFC 5771
 */
#ifndef GATE64_COMMON_SPECIAL_H
#define GATE64_COMMON_SPECIAL_H

#include "common/addr.h"

enum special_class {
    SPECIAL_NONE,       /* global: reachable */
    SPECIAL_DENIED,     /* denied unless `allow-ipv4` of the prefix contains it */
    SPECIAL_EXACT_ONLY, /* link-local and metadata services: only by an entry of full length (/32) */
    SPECIAL_NEVER,      /* loopback, multicast, broadcast: no option opens it */
};

/* The class of an IPv4 destination by the registry (the gateway's own addresses are not known here);
 * *ret_name, if not NULL, is the registry's name for the range. */
enum special_class special_class4(uint32_t address, const char **ret_name);

/* Whether a destination may be reached: not special, or opened by `allow` (count entries). */
bool special_allowed4(uint32_t address, const struct addr_prefix4 *allow, size_t allow_count);

/* Sources that no packet from outside may carry: 0/8, 127/8, multicast, 240/4, broadcast. */
bool special_martian4(uint32_t source);

/* Sources that never are a backend: ::, ::1, multicast, ::ffff:0:0/96, fe80::/10. */
bool special_martian6(const struct in6_addr *source);

/* Whether an `allow` entry may stand in a configuration at all: not if it lies wholly in what never opens, or
 * is a range of what opens by single addresses only, since it would open nothing. */
bool special_may_allow4(const struct addr_prefix4 *allow);

#endif
