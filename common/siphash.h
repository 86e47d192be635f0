/*
 * Keyed hash for every table that is keyed by outside data.
 *
 * Layer: pure
 * Specification: SipHash (Aumasson, Bernstein 2012); RFC 9018 4.4 for SipHash-2-4
 */
#ifndef GATE64_COMMON_SIPHASH_H
#define GATE64_COMMON_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t k0;
    uint64_t k1;
};

/* The key from 16 bytes, little-endian halves as in the reference vectors. */
struct siphash_key siphash_key_from_bytes(const uint8_t bytes[16]);

uint64_t siphash24(struct siphash_key key, const void *data, size_t len);

/* SipHash-1-3, for tables. */
uint64_t siphash13(struct siphash_key key, const void *data, size_t len);

/* SipHash-1-3 of whole words: no byte loop, no tail. `words` at most 8. */
uint64_t siphash13_words(struct siphash_key key, const uint64_t *words, size_t count);

#endif
