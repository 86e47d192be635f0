/*
 * Layer: table
 * Specification: RFC 4787 4.1, RFC 6888 REQ-2, RFC 7857 4
 */
#include "pool/quota.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    STRIPES = 64, /* a power of two: mutexes, each for its part of the records */
    NONE = -1,
};

struct quota_record {
    struct in6_addr backend;
    uint32_t bindings;
    uint32_t sessions;
    uint32_t address;
    int32_t next; /* in its bucket, or in the free list */
};

struct quota_stripe {
    pthread_mutex_t mutex;
    struct quota_record *records;
    int32_t *buckets;
    uint32_t mask;
    int32_t free;
};

struct quota {
    struct siphash_key key;
    uint8_t prefix_len;
    struct quota_stripe stripes[STRIPES];
};

static int init_stripe(struct quota_stripe *stripe, uint32_t records)
{
    uint32_t buckets = 16;
    while (buckets < records)
        buckets *= 2;
    pthread_mutex_init(&stripe->mutex, NULL);
    stripe->records = calloc(records, sizeof(*stripe->records));
    stripe->buckets = malloc(buckets * sizeof(*stripe->buckets));
    if (stripe->records == NULL || stripe->buckets == NULL)
        return -ENOMEM;
    stripe->mask = buckets - 1;
    memset(stripe->buckets, 0xff, buckets * sizeof(*stripe->buckets));
    for (uint32_t i = 0; i < records; i++)
        stripe->records[i].next = i + 1 < records ? (int32_t)i + 1 : NONE;
    return 0;
}

int quota_new(uint32_t records, uint8_t prefix_len, struct siphash_key key, struct quota **ret_quota)
{
    struct quota *quota = calloc(1, sizeof(*quota));
    if (quota == NULL)
        return -ENOMEM;
    quota->key = key;
    quota->prefix_len = prefix_len;
    for (unsigned i = 0; i < STRIPES; i++)
        if (init_stripe(&quota->stripes[i], records / STRIPES + 1) < 0) {
            quota_free(quota);
            return -ENOMEM;
        }
    *ret_quota = quota;
    return 0;
}

void quota_free(struct quota *quota)
{
    if (quota == NULL)
        return;
    for (unsigned i = 0; i < STRIPES; i++) {
        free(quota->stripes[i].records);
        free(quota->stripes[i].buckets);
    }
    free(quota);
}

/* Where a backend's record is or would be. */
struct place {
    struct quota_stripe *stripe;
    struct in6_addr backend;
    uint64_t hash;
    int32_t *bucket;
};

static struct place place_of(struct quota *quota, const struct in6_addr *backend)
{
    struct place place = {.backend = addr_mask6(backend, quota->prefix_len)};
    uint64_t words[2];
    memcpy(words, &place.backend, sizeof(words));
    place.hash = siphash13_words(quota->key, words, 2);
    place.stripe = &quota->stripes[place.hash % STRIPES];
    place.bucket = &place.stripe->buckets[place.hash / STRIPES & place.stripe->mask];
    return place;
}

/* The link that points to the record; *link is NONE when there is none. Under the mutex. */
static int32_t *find(const struct place *place)
{
    int32_t *link = place->bucket;
    while (*link != NONE && !addr_equal6(&place->stripe->records[*link].backend, &place->backend))
        link = &place->stripe->records[*link].next;
    return link;
}

static struct quota_record *make(const struct place *place)
{
    struct quota_stripe *stripe = place->stripe;
    int32_t slot = stripe->free;
    if (slot == NONE)
        return NULL;
    struct quota_record *record = &stripe->records[slot];
    stripe->free = record->next;
    *record = (struct quota_record){.backend = place->backend, .next = *place->bucket};
    *place->bucket = slot;
    return record;
}

int quota_bind(struct quota *quota, const struct in6_addr *backend, uint32_t addresses, uint32_t attempt,
               uint32_t *ret_address, bool *ret_first)
{
    struct place place = place_of(quota, backend);
    int r = 0;
    pthread_mutex_lock(&place.stripe->mutex);
    int32_t slot = *find(&place);
    struct quota_record *record = slot != NONE ? &place.stripe->records[slot] : make(&place);
    if (record == NULL) {
        r = -ENOSPC;
    } else {
        if (slot == NONE)
            record->address = (uint32_t)((place.hash >> 32) + attempt) % addresses;
        record->bindings++;
        *ret_address = record->address;
        *ret_first = slot == NONE;
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return r;
}

void quota_unbind(struct quota *quota, const struct in6_addr *backend)
{
    struct place place = place_of(quota, backend);
    pthread_mutex_lock(&place.stripe->mutex);
    int32_t *link = find(&place), slot = *link;
    if (slot != NONE && --place.stripe->records[slot].bindings == 0) {
        *link = place.stripe->records[slot].next;
        place.stripe->records[slot].next = place.stripe->free;
        place.stripe->free = slot;
    }
    pthread_mutex_unlock(&place.stripe->mutex);
}

static void change_sessions(struct quota *quota, const struct in6_addr *backend, int32_t by)
{
    struct place place = place_of(quota, backend);
    pthread_mutex_lock(&place.stripe->mutex);
    int32_t slot = *find(&place);
    if (slot != NONE)
        place.stripe->records[slot].sessions += (uint32_t)by;
    pthread_mutex_unlock(&place.stripe->mutex);
}

void quota_session_add(struct quota *quota, const struct in6_addr *backend)
{
    change_sessions(quota, backend, 1);
}

void quota_session_drop(struct quota *quota, const struct in6_addr *backend)
{
    change_sessions(quota, backend, -1);
}

bool quota_get(struct quota *quota, const struct in6_addr *backend, struct quota_use *ret_use)
{
    struct place place = place_of(quota, backend);
    pthread_mutex_lock(&place.stripe->mutex);
    int32_t slot = *find(&place);
    if (slot != NONE) {
        const struct quota_record *record = &place.stripe->records[slot];
        *ret_use = (struct quota_use){record->bindings, record->sessions, record->address};
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return slot != NONE;
}
