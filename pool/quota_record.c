/*
 * Layer: table
 * Specification: RFC 6888 REQ-4
 */
#include "pool/quota_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

enum { NONE = 0 }; /* references are index + 1, so that fresh memory is empty */

static int init_stripe(struct quota_stripe *stripe, uint32_t records)
{
    uint32_t buckets = 16;
    while (buckets < records)
        buckets *= 2;
    pthread_mutex_init(&stripe->mutex, NULL);
    stripe->records = calloc(records, sizeof(*stripe->records));
    stripe->buckets = calloc(buckets, sizeof(*stripe->buckets));
    stripe->size = records;
    stripe->mask = buckets - 1;
    return stripe->records == NULL || stripe->buckets == NULL ? -ENOMEM : 0;
}

int quota_records_init(struct quota_records *records, uint32_t count, struct siphash_key key)
{
    records->key = key;
    for (unsigned i = 0; i < QUOTA_RECORD_STRIPES; i++)
        if (init_stripe(&records->stripes[i], count / QUOTA_RECORD_STRIPES + 1) < 0)
            return -ENOMEM;
    return 0;
}

void quota_records_done(struct quota_records *records)
{
    for (unsigned i = 0; i < QUOTA_RECORD_STRIPES; i++) {
        free(records->stripes[i].records);
        free(records->stripes[i].buckets);
    }
}

struct quota_place quota_record_place(struct quota_records *records, const struct in6_addr *prefix,
                                      uint32_t kind)
{
    struct quota_place place = {.prefix = *prefix, .kind = kind};
    uint64_t words[3];
    memcpy(words, prefix, sizeof(*prefix));
    words[2] = kind;
    place.hash = siphash13_words(records->key, words, 3);
    place.stripe = &records->stripes[place.hash % QUOTA_RECORD_STRIPES];
    place.bucket = &place.stripe->buckets[place.hash / QUOTA_RECORD_STRIPES & place.stripe->mask];
    return place;
}

/* The link that points to the record; *link is NONE when there is none. Under the mutex. */
static uint32_t *find_link(const struct quota_place *place)
{
    uint32_t *link = place->bucket;
    while (*link != NONE) {
        struct quota_record *record = &place->stripe->records[*link - 1];
        if (record->kind == place->kind && addr_equal6(&record->prefix, &place->prefix))
            break;
        link = &record->next;
    }
    return link;
}

struct quota_record *quota_record_find(const struct quota_place *place)
{
    uint32_t reference = *find_link(place);
    return reference == NONE ? NULL : &place->stripe->records[reference - 1];
}

static bool chain_is_full(const struct quota_place *place)
{
    unsigned count = 0;
    for (uint32_t at = *place->bucket; at != NONE; at = place->stripe->records[at - 1].next)
        count++;
    return count >= QUOTA_RECORD_CHAIN_MAX;
}

struct quota_record *quota_record_take(const struct quota_place *place)
{
    struct quota_stripe *stripe = place->stripe;
    struct quota_record *record = quota_record_find(place);
    if (record != NULL || chain_is_full(place))
        return record;
    uint32_t reference = stripe->free;
    if (reference != NONE)
        stripe->free = stripe->records[reference - 1].next;
    else if (stripe->fresh < stripe->size)
        reference = ++stripe->fresh;
    else
        return NULL;
    record = &stripe->records[reference - 1];
    *record = (struct quota_record){.prefix = place->prefix, .kind = place->kind, .next = *place->bucket};
    *place->bucket = reference;
    return record;
}

bool quota_record_has_ports(const struct quota_record *record)
{
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
        if (record->ports[t] != 0)
            return true;
    return record->blocks != 0;
}

void quota_record_put(const struct quota_place *place, struct quota_record *record)
{
    struct quota_stripe *stripe = place->stripe;
    if (record->sessions != 0 || quota_record_has_ports(record))
        return;
    uint32_t *link = find_link(place), reference = *link;
    *link = record->next;
    record->next = stripe->free;
    stripe->free = reference;
}
