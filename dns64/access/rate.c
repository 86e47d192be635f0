/*
 * Layer: table
 * Specification: RFC 5358 4
 *
 * Of a network one time is kept: when its answers so far would have been given out at the limit's pace. It
 * may be ahead of now by a second's worth; each answer moves it by its share of a second.
 */
#include "dns64/access/rate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/time_units.h"
#include "dns64/access/client.h"

enum {
    WAYS = 4, /* 64 bytes */
    SETS = RATE_NETWORKS / WAYS,
};

struct place {
    _Atomic uint64_t who;      /* hash of the network; 0: nobody's */
    _Atomic uint64_t until_ns; /* when what it was given is paid for */
};

struct set {
    _Alignas(64) struct place places[WAYS];
};

struct rate {
    struct siphash_key secret;
    struct set sets[SETS];
};

struct rate *rate_new(struct siphash_key secret)
{
    struct rate *rate = aligned_alloc(_Alignof(struct rate), sizeof(*rate));
    if (rate == NULL)
        return NULL;
    rate->secret = secret;
    for (size_t i = 0; i < SETS; i++)
        for (size_t j = 0; j < WAYS; j++) {
            atomic_init(&rate->sets[i].places[j].who, 0);
            atomic_init(&rate->sets[i].places[j].until_ns, 0);
        }
    return rate;
}

void rate_free(struct rate *rate)
{
    free(rate);
}

/* The network's place, or the one that it takes over. */
static struct place *find(struct set *set, uint64_t who)
{
    struct place *oldest = &set->places[0];
    for (unsigned i = 0; i < WAYS; i++) {
        struct place *place = &set->places[i];
        if (atomic_load_explicit(&place->who, memory_order_relaxed) == who)
            return place;
        if (atomic_load_explicit(&place->until_ns, memory_order_relaxed) <
            atomic_load_explicit(&oldest->until_ns, memory_order_relaxed))
            oldest = place;
    }
    atomic_store_explicit(&oldest->who, who, memory_order_relaxed);
    atomic_store_explicit(&oldest->until_ns, 0, memory_order_relaxed);
    return oldest;
}

void rate_give(struct rate *rate, const struct addr *client, uint32_t per_second)
{
    uint64_t hash = client_network_hash(client, rate->secret);
    struct set *set = &rate->sets[hash % SETS];
    for (unsigned i = 0; i < WAYS; i++) {
        struct place *place = &set->places[i];
        uint64_t until_ns = atomic_load_explicit(&place->until_ns, memory_order_relaxed);
        if (atomic_load_explicit(&place->who, memory_order_relaxed) == (hash | 1) &&
            until_ns > NS_PER_S / per_second)
            atomic_store_explicit(&place->until_ns, until_ns - NS_PER_S / per_second, memory_order_relaxed);
    }
}

bool rate_take(struct rate *rate, const struct addr *client, uint32_t per_second, uint64_t now_ns)
{
    uint64_t hash = client_network_hash(client, rate->secret);
    struct place *place = find(&rate->sets[hash % SETS], hash | 1);
    uint64_t until_ns = atomic_load_explicit(&place->until_ns, memory_order_relaxed);
    if (until_ns < now_ns)
        until_ns = now_ns;
    until_ns += NS_PER_S / per_second;
    if (until_ns > now_ns + NS_PER_S)
        return false;
    atomic_store_explicit(&place->until_ns, until_ns, memory_order_relaxed);
    return true;
}
