/*
 * Names under ip6.arpa that stand for an address under a prefix.
 *
 * Layer: pure
 * Specification: RFC 6147 5.3.1, RFC 3596 2.5, RFC 1035 3.5
 */
#ifndef GATE64_DNS64_RFC6147_REVERSE_H
#define GATE64_DNS64_RFC6147_REVERSE_H

#include "common/addr.h"
#include "dns64/wire/name.h"

/* The IPv4 address that a full ip6.arpa name holds under the prefix; false when it is not such a name. */
bool reverse_extract(const struct name *name, const struct addr_prefix6 *prefix, uint32_t *ret_address);

/* d.c.b.a.in-addr.arpa. */
void reverse_name4(uint32_t address, struct name *ret_name);

#endif
