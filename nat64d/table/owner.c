/*
 * Layer: pure
 * Specification: none
 */
#include "nat64d/table/owner.h"

#include <string.h>

unsigned owner_shard6(struct siphash_key key, const struct in6_addr *src6, uint16_t src6_port,
                      enum transport transport, unsigned shards)
{
    uint64_t words[3];
    memcpy(words, src6, sizeof(*src6));
    words[2] = (uint64_t)src6_port << 8 | transport;
    return (unsigned)(siphash13_words(key, words, 3) >> 32) & (shards - 1);
}
