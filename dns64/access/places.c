/*
 * Layer: table
 * Specification: RFC 7766 6.2.2
 */
#include "dns64/access/places.h"

#include <assert.h>
#include <stdlib.h>

#include "dns64/access/client.h"

enum {
    DISTANCE = 16, /* places that are looked at for a network */
    PART = 4,      /* of them this part is in use at most */
};

struct place {
    uint64_t who; /* hash of the network */
    unsigned count;
};

struct places {
    struct siphash_key secret;
    size_t mask;
    struct place at[]; /* a power of two, and the last ones' distance behind */
};

struct places *places_new(size_t most, struct siphash_key secret)
{
    size_t size = DISTANCE;
    while (size < most * PART)
        size *= 2;
    struct places *places = calloc(1, sizeof(*places) + (size + DISTANCE) * sizeof(places->at[0]));
    if (places == NULL)
        return NULL;
    places->secret = secret;
    places->mask = size - 1;
    return places;
}

void places_free(struct places *places)
{
    free(places);
}

int places_take(struct places *places, const struct addr *client, unsigned limit)
{
    uint64_t hash = client_network_hash(client, places->secret);
    struct place *from = &places->at[hash & places->mask], *own = NULL;
    for (struct place *place = from; place < from + DISTANCE; place++) {
        if (place->count > 0 && place->who == hash) {
            own = place;
            break;
        }
        if (place->count == 0 && own == NULL)
            own = place;
    }
    if (own == NULL || own->count >= limit)
        return -1;
    own->who = hash;
    own->count++;
    return (int)(own - places->at);
}

void places_give(struct places *places, int place)
{
    assert(places->at[place].count > 0);
    places->at[place].count--;
}
