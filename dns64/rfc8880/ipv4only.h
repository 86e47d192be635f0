/*
 * ipv4only.arpa, by which hosts find out the prefix: answered here and nowhere else.
 *
 * Layer: pure
 * Specification: RFC 8880 7.1, RFC 7050
 */
#ifndef GATE64_DNS64_RFC8880_IPV4ONLY_H
#define GATE64_DNS64_RFC8880_IPV4ONLY_H

#include "common/addr.h"
#include "dns64/wire/message.h"

enum {
    IPV4ONLY_FIRST = (int)0xc00000aa,  /* 192.0.0.170 */
    IPV4ONLY_SECOND = (int)0xc00000ab, /* 192.0.0.171 */
    IPV4ONLY_NEGATIVE_TTL = 60,        /* RFC 8880 A */
};

/* Whether the name is ipv4only.arpa or below it. DS of the former is resolved the normal way: it stands in
 * the zone above. */
bool ipv4only_is_ours(const struct name *name, uint16_t type);

/* Fills the answer's sections; returns its RCODE. `ttl_s` is of the addresses. `prefix_at(context, i)` gives
 * the prefixes. */
enum message_rcode ipv4only_answer(struct message_writer *writer, const struct name *name, uint16_t type,
                                   uint32_t ttl_s,
                                   const struct addr_prefix6 *(*prefix_at)(const void *context, size_t index),
                                   const void *context, size_t prefixes);

#endif
