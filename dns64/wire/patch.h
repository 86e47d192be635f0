/*
 * A finished message made another client's: its ID and RD, the letters of its question, its
 * TTLs.
 *
 * Layer: pure
 * Specification: RFC 1035 4.1 (offsets), RFC 4343 (case), RFC 2181 8 (TTL)
 * Fuzz: fuzz_dns_cache
 *
 * Offsets are those of TTL fields of a message that parsed; OPT has none (RFC 6891 6.1.3).
 */
#ifndef GATE64_DNS64_WIRE_PATCH_H
#define GATE64_DNS64_WIRE_PATCH_H

#include "dns64/wire/message.h"

enum {
    PATCH_TTLS_MAX = 4096, /* a message of 65535 bytes has more only if nearly all its records are empty */
};

/* Where the TTLs stand, in their order; PATCH_TTLS_MAX + 1 if there are more than that. */
size_t patch_find_ttls(const struct message *message, uint16_t ret_offsets[PATCH_TTLS_MAX]);

/* Whether no name goes through a TTL: a pointer may lead anywhere before it (RFC 9267 2), and a name that did
 * would be another one when the TTL changes. */
bool patch_is_safe(const struct message *message, const uint16_t *offsets, size_t count);

/* Each TTL less by `age_s`, not below 0. */
void patch_age(uint8_t *bytes, const uint16_t *offsets, size_t count, uint32_t age_s);
/* Each TTL this one. */
void patch_set_ttl(uint8_t *bytes, const uint16_t *offsets, size_t count, uint32_t ttl);

/* A message of ours, whose question is the same name without regard to case; RD is the query's. */
void patch_client(uint8_t *bytes, uint16_t id, uint16_t flags, const struct name *question);

/* Question and OPT alone, with TC: what is left of a message of ours that is too long for its way (RFC 6891
 * 7). Returns its length; 0: it is none. */
size_t patch_cut(uint8_t *bytes, size_t len);

#endif
