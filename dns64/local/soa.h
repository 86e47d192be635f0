/*
 * SOA and NS of a zone that exists only here.
 *
 * Layer: pure
 * Specification: RFC 6303 3
 */
#ifndef GATE64_DNS64_LOCAL_SOA_H
#define GATE64_DNS64_LOCAL_SOA_H

#include "dns64/wire/message.h"

enum {
    SOA_TTL = 10800, /* seconds, as the minimum: RFC 6303 3 */
};

/* The SOA of `zone`, with this TTL and minimum. */
void soa_add(struct message_writer *writer, enum message_section section, const struct name *zone,
             uint32_t ttl);
/* NS: the zone is its own name server, which has no address. */
void soa_add_ns(struct message_writer *writer, enum message_section section, const struct name *zone,
                uint32_t ttl);

/* What there is at the apex of such a zone: SOA, NS, both for ANY; the SOA as a denial for any other type. */
void soa_add_apex(struct message_writer *writer, const struct name *zone, uint16_t type, uint32_t ttl);

#endif
