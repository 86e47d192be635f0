/*
 * Layer: pure
 * Specification: SipHash (Aumasson, Bernstein 2012), 2.1 - 2.4
 */
#include "common/siphash.h"

#include <string.h>

struct lanes {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void round_once(struct lanes *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void rounds(struct lanes *s, int count)
{
    for (int i = 0; i < count; i++)
        round_once(s);
}

static inline struct lanes start(struct siphash_key key)
{
    return (struct lanes){
        key.k0 ^ UINT64_C(0x736f6d6570736575),
        key.k1 ^ UINT64_C(0x646f72616e646f6d),
        key.k0 ^ UINT64_C(0x6c7967656e657261),
        key.k1 ^ UINT64_C(0x7465646279746573),
    };
}

static inline void absorb(struct lanes *s, uint64_t word, int count)
{
    s->v3 ^= word;
    rounds(s, count);
    s->v0 ^= word;
}

static inline uint64_t finish(struct lanes *s, int count)
{
    s->v2 ^= 0xff;
    rounds(s, count);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static uint64_t load_le(const uint8_t *bytes, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static uint64_t hash(struct siphash_key key, const void *data, size_t len, int compression, int finalization)
{
    struct lanes s = start(key);
    const uint8_t *bytes = data;
    size_t whole = len / 8 * 8;
    for (size_t i = 0; i < whole; i += 8)
        absorb(&s, load_le(bytes + i, 8), compression);
    absorb(&s, load_le(bytes + whole, len - whole) | (uint64_t)(len & 0xff) << 56, compression);
    return finish(&s, finalization);
}

struct siphash_key siphash_key_from_bytes(const uint8_t bytes[16])
{
    return (struct siphash_key){load_le(bytes, 8), load_le(bytes + 8, 8)};
}

uint64_t siphash24(struct siphash_key key, const void *data, size_t len)
{
    return hash(key, data, len, 2, 4);
}

uint64_t siphash13(struct siphash_key key, const void *data, size_t len)
{
    return hash(key, data, len, 1, 3);
}

uint64_t siphash13_words(struct siphash_key key, const uint64_t *words, size_t count)
{
    struct lanes s = start(key);
    for (size_t i = 0; i < count; i++)
        absorb(&s, words[i], 1);
    absorb(&s, (uint64_t)(count * 8 & 0xff) << 56, 1);
    return finish(&s, 3);
}
