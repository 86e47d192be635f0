/*
 * Layer: table
 * Specification: RFC 4443 2.4 (f)
 */
#include "nat64d/table/rate.h"

#include <string.h>

#include "common/time_units.h"

enum {
    NETWORK_WORD = 8, /* bytes of a /64 */
};

void rate_limit(struct rate *rate, const struct rate_limits *limits)
{
    rate->limits = *limits;
}

static void fill(struct rate_set *set, uint64_t full_ns)
{
    set->all.filled_ns = full_ns;
    for (unsigned i = 0; i < RATE_NETWORKS; i++)
        set->networks[i].filled_ns = full_ns;
}

void rate_init(struct rate *rate, struct siphash_key key, uint64_t now_ns)
{
    memset(rate, 0, sizeof(*rate));
    rate->key = key;
    uint64_t full_ns = now_ns > NS_PER_S ? now_ns - NS_PER_S : 0;
    rate->refusals.filled_ns = full_ns;
    fill(&rate->own, full_ns);
    fill(&rate->relayed, full_ns);
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

static bool allow(struct rate_set *set, struct siphash_key key, uint64_t network, uint32_t per_second,
                  uint32_t per_second_per_network, uint64_t now_ns)
{
    uint64_t hash = siphash13_words(key, &network, 1);
    struct rate_bucket *bucket = &set->networks[hash % RATE_NETWORKS];
    if (!has_token(bucket, per_second_per_network, now_ns) || !has_token(&set->all, per_second, now_ns))
        return false;
    spend(bucket, per_second_per_network);
    spend(&set->all, per_second);
    return true;
}

static bool allow_own(struct rate *rate, uint64_t network, uint64_t now_ns)
{
    return allow(&rate->own, rate->key, network, rate->limits.per_second, rate->limits.per_second_per_network,
                 now_ns);
}

static bool allow_relayed(struct rate *rate, uint64_t network, uint64_t now_ns)
{
    return allow(&rate->relayed, rate->key, network, rate->limits.relayed_per_second,
                 rate->limits.relayed_per_second_per_network, now_ns);
}

static uint64_t network_of(const struct in6_addr *address)
{
    uint64_t network;
    memcpy(&network, address, NETWORK_WORD);
    return network;
}

bool rate_allow6(struct rate *rate, const struct in6_addr *to, uint64_t now_ns)
{
    return allow_own(rate, network_of(to), now_ns);
}

bool rate_allow4(struct rate *rate, uint32_t to, uint64_t now_ns)
{
    return allow_own(rate, to, now_ns);
}

bool rate_allow_relayed6(struct rate *rate, const struct in6_addr *from, uint64_t now_ns)
{
    return allow_relayed(rate, network_of(from), now_ns);
}

bool rate_allow_relayed4(struct rate *rate, uint32_t from, uint64_t now_ns)
{
    return allow_relayed(rate, from, now_ns);
}

bool rate_allow_refusal(struct rate *rate, uint64_t now_ns)
{
    if (!has_token(&rate->refusals, rate->limits.refusals_per_second, now_ns))
        return false;
    spend(&rate->refusals, rate->limits.refusals_per_second);
    return true;
}
