/*
 * Layer: table
 * Specification: RFC 4443 2.4 (f)
 */
#include "nat64d/table/rate.h"

#include <string.h>

enum {
    NS_PER_S = 1000000000, /* also the burst: one second's worth */
    NETWORK_WORD = 8,      /* bytes of a /64 */
};

void rate_set(struct rate *rate, uint32_t per_second, uint32_t per_second_per_network,
              uint32_t refusals_per_second)
{
    rate->per_second = per_second;
    rate->per_second_per_network = per_second_per_network;
    rate->refusals_per_second = refusals_per_second;
}

void rate_init(struct rate *rate, struct siphash_key key, uint64_t now_ns)
{
    memset(rate, 0, sizeof(*rate));
    rate->key = key;
    uint64_t full_ns = now_ns > NS_PER_S ? now_ns - NS_PER_S : 0;
    rate->all.filled_ns = rate->refusals.filled_ns = full_ns;
    for (unsigned i = 0; i < RATE_NETWORKS; i++)
        rate->networks[i].filled_ns = full_ns;
}

/* A bucket is the time up to which its tokens are spent; one costs 1 s / rate, and never more than a second's
 * worth is saved. */
static bool has_token(struct rate_bucket *bucket, uint32_t per_second, uint64_t now_ns)
{
    if (per_second == 0)
        return false;
    if (bucket->filled_ns + NS_PER_S < now_ns)
        bucket->filled_ns = now_ns - NS_PER_S;
    return bucket->filled_ns + NS_PER_S / per_second <= now_ns;
}

static void spend(struct rate_bucket *bucket, uint32_t per_second)
{
    bucket->filled_ns += NS_PER_S / per_second;
}

static bool allow(struct rate *rate, uint64_t network, uint64_t now_ns)
{
    uint64_t hash = siphash13_words(rate->key, &network, 1);
    struct rate_bucket *bucket = &rate->networks[hash % RATE_NETWORKS];
    if (!has_token(bucket, rate->per_second_per_network, now_ns) ||
        !has_token(&rate->all, rate->per_second, now_ns))
        return false;
    spend(bucket, rate->per_second_per_network);
    spend(&rate->all, rate->per_second);
    return true;
}

bool rate_allow6(struct rate *rate, const struct in6_addr *to, uint64_t now_ns)
{
    uint64_t network;
    memcpy(&network, to, NETWORK_WORD);
    return allow(rate, network, now_ns);
}

bool rate_allow_refusal(struct rate *rate, uint64_t now_ns)
{
    if (!has_token(&rate->refusals, rate->refusals_per_second, now_ns))
        return false;
    spend(&rate->refusals, rate->refusals_per_second);
    return true;
}

bool rate_allow4(struct rate *rate, uint32_t to, uint64_t now_ns)
{
    return allow(rate, to, now_ns);
}
