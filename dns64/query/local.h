/*
 * What is answered from our own knowledge: ipv4only.arpa, the operator's names, names under the reverse zones
 * of the prefixes, and the zones that belong to nobody on the Internet; in this order.
 *
 * Layer: path
 * Specification: RFC 8880 7.1, RFC 6147 5.3.1, RFC 6303, RFC 6761 6
 */
#ifndef GATE64_DNS64_QUERY_LOCAL_H
#define GATE64_DNS64_QUERY_LOCAL_H

#include "dns64/query/query.h"

/* Whether the answer is in `out`. False: the query goes on; the question about an address under a prefix then
 * as one about query->target. */
bool local_answer(struct query *query, uint8_t *out, size_t *ret_len);

/* A name above one of the operator's exists, whatever upstreams say of it (RFC 8020 2): their NXDOMAIN
 * becomes NODATA, lest clients conclude that nothing is below. A client that set DO gets what they say. */
void local_mend(const struct query *query, uint8_t *bytes, size_t len);

#endif
