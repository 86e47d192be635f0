/*
 * Names under ip6.arpa that stand for an address under a prefix, and those around them.
 *
 * Layer: pure
 * Specification: RFC 6147 5.3.1, RFC 3596 2.5, RFC 1035 3.5
 */
#ifndef GATE64_DNS64_RFC6147_REVERSE_H
#define GATE64_DNS64_RFC6147_REVERSE_H

#include "common/addr.h"
#include "dns64/wire/name.h"

/* Where a name stands, seen from the zone of a prefix: the name of as many nibbles as the prefix has. */
enum reverse_place {
    REVERSE_OUTSIDE, /* not in the zone; also a whole address that the prefix does not make (RFC 6052 2.2) */
    REVERSE_APEX,
    REVERSE_ABOVE,   /* a part of addresses, with whole ones below it */
    REVERSE_ADDRESS, /* 32 nibbles that hold an IPv4 address */
    REVERSE_NOTHING, /* a label that is no nibble, or more of them than an address has */
};

/* For a place in the zone *ret_apex is where its apex begins in the name, for REVERSE_ADDRESS *ret_address is
 * the IPv4 address. */
enum reverse_place reverse_find(const struct name *name, const struct addr_prefix6 *prefix, size_t *ret_apex,
                                uint32_t *ret_address);

/* d.c.b.a.in-addr.arpa. */
void reverse_name4(uint32_t address, struct name *ret_name);
/* 32 nibbles, then ip6.arpa. */
void reverse_name6(const struct in6_addr *address, struct name *ret_name);

#endif
