/*
 * What an answer tells its client of IPv4 addresses, noted for nat64d before the answer leaves.
 *
 * Layer: path
 * Specification: RFC 6147 5.4, RFC 6052 2.2; common/names.h
 *
 * The name is the one that was asked, wherever aliases led. AAAA records under a prefix count, synthesised
 * here or not, and A records: a host that translates by itself (RFC 6877) asks for nothing else. On the way
 * of an answer from the cache this is a walk over its records, and a look at a slot for each.
 */
#ifndef GATE64_DNS64_QUERY_TOLD_H
#define GATE64_DNS64_QUERY_TOLD_H

#include "common/names.h"
#include "dns64/query/query.h"

/* `bytes` is the query's answer as we wrote it. `names` NULL: nothing is noted. */
void told_note(const struct names *names, const struct query *query, const uint8_t *bytes, size_t len,
               uint64_t now_ns);

#endif
