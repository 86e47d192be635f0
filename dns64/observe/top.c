/*
 * Layer: table
 * Specification: space-saving (Metwally, Agrawal, El Abbadi 2005)
 */
#include "dns64/observe/top.h"

#include <stdlib.h>
#include <string.h>

#include "common/time_units.h"

enum {
    BUCKETS = 2 * TOP_ENTRIES,
    NONE = UINT16_MAX,
};

/* A counter; what it is of lies apart, so that a search for the smallest goes over little memory. */
struct counter {
    uint64_t hash;
    uint64_t count, error;
    uint16_t next; /* in its bucket */
};

struct sketch {
    unsigned used;
    uint16_t buckets[BUCKETS];
    struct counter counters[TOP_ENTRIES];
};

struct top {
    struct siphash_key secret;
    struct top_numbers numbers;
    uint64_t second;    /* that is counted */
    unsigned in_second; /* queries of it */
    uint32_t random;
    unsigned gap; /* queries until one counts again */
    struct sketch sketches[TOP_SUBJECTS];
    struct name names[TOP_ENTRIES];
    struct addr clients[TOP_ENTRIES];
};

static void clear(struct sketch *sketch)
{
    sketch->used = 0;
    memset(sketch->buckets, UINT8_MAX, sizeof(sketch->buckets));
}

struct top *top_new(struct siphash_key secret, uint64_t now_ns)
{
    struct top *top = calloc(1, sizeof(*top));
    if (top == NULL)
        return NULL;
    top->secret = secret;
    top->random = (uint32_t)secret.k0 | 1;
    top_reset(top, now_ns);
    return top;
}

void top_free(struct top *top)
{
    free(top);
}

void top_reset(struct top *top, uint64_t now_ns)
{
    top->numbers = (struct top_numbers){.since_ns = now_ns};
    for (int i = 0; i < TOP_SUBJECTS; i++)
        clear(&top->sketches[i]);
}

/* xorshift (Marsaglia 2003): the gaps need not be secret, only no rhythm of the queries'. */
static unsigned next_gap(struct top *top)
{
    top->random ^= top->random << 13;
    top->random ^= top->random >> 17;
    top->random ^= top->random << 5;
    return top->random % (2 * TOP_SAMPLE - 1);
}

unsigned top_weight(struct top *top, uint64_t now_ns)
{
    top->numbers.queries++;
    if (now_ns - top->second >= NS_PER_S) {
        top->second = now_ns;
        top->in_second = 0;
    }
    if (top->in_second < TOP_EVERY_ONE) {
        top->in_second++;
        return 1;
    }
    if (top->gap > 0) {
        top->gap--;
        return 0;
    }
    top->gap = next_gap(top);
    return TOP_SAMPLE;
}

static uint16_t *bucket_of(struct sketch *sketch, uint64_t hash)
{
    return &sketch->buckets[hash % BUCKETS];
}

/* The smallest counter, taken out of its bucket. */
static unsigned take_smallest(struct sketch *sketch)
{
    unsigned smallest = 0;
    for (unsigned i = 1; i < TOP_ENTRIES; i++)
        if (sketch->counters[i].count < sketch->counters[smallest].count)
            smallest = i;
    uint16_t *link = bucket_of(sketch, sketch->counters[smallest].hash);
    while (*link != smallest)
        link = &sketch->counters[*link].next;
    *link = sketch->counters[smallest].next;
    return smallest;
}

/* The counter of this hash, raised; *ret_new: it was another one's, or nobody's. */
static unsigned raise_counter(struct sketch *sketch, uint64_t hash, unsigned weight, bool *ret_new)
{
    uint16_t *bucket = bucket_of(sketch, hash);
    uint16_t at = *bucket;
    while (at != NONE && sketch->counters[at].hash != hash)
        at = sketch->counters[at].next;
    *ret_new = at == NONE;
    if (at != NONE) {
        sketch->counters[at].count += weight;
        return at;
    }
    bool full = sketch->used == TOP_ENTRIES;
    unsigned taken = full ? take_smallest(sketch) : sketch->used++;
    uint64_t error = full ? sketch->counters[taken].count : 0;
    sketch->counters[taken] = (struct counter){hash, error + weight, error, *bucket};
    *bucket = (uint16_t)taken;
    return taken;
}

static uint64_t hash_client(struct siphash_key secret, const struct addr *client)
{
    uint64_t words[3] = {client->family, client->v4};
    if (client->family == AF_INET6)
        memcpy(&words[1], &client->v6, sizeof(client->v6));
    return siphash13_words(secret, words, sizeof(words) / sizeof(words[0]));
}

void top_count(struct top *top, const struct name *name, const struct addr *client, unsigned weight)
{
    struct name folded;
    bool is_new;
    name_fold(name, &folded);
    unsigned at = raise_counter(&top->sketches[TOP_NAMES], siphash13(top->secret, folded.bytes, folded.len),
                                weight, &is_new);
    if (is_new)
        memcpy(&top->names[at], &folded, (size_t)folded.len + 1);
    at = raise_counter(&top->sketches[TOP_CLIENTS], hash_client(top->secret, client), weight, &is_new);
    if (is_new)
        top->clients[at] = *client;
}

struct top_numbers top_numbers(const struct top *top)
{
    return top->numbers;
}

size_t top_entries(const struct top *top, enum top_subject subject, struct top_entry ret_entries[TOP_ENTRIES])
{
    const struct sketch *sketch = &top->sketches[subject];
    for (unsigned i = 0; i < sketch->used; i++) {
        ret_entries[i].subject = subject;
        ret_entries[i].count = sketch->counters[i].count;
        ret_entries[i].error = sketch->counters[i].error;
        if (subject == TOP_NAMES)
            ret_entries[i].name = top->names[i];
        else
            ret_entries[i].client = top->clients[i];
    }
    return sketch->used;
}

/* What entries are of, in some order. */
static int compare_keys(const void *left, const void *right)
{
    const struct top_entry *a = left, *b = right;
    if (a->subject == TOP_NAMES)
        return a->name.len != b->name.len ? a->name.len - b->name.len
                                          : memcmp(a->name.bytes, b->name.bytes, a->name.len);
    if (a->client.family != b->client.family)
        return a->client.family - b->client.family;
    if (a->client.family == AF_INET)
        return a->client.v4 < b->client.v4 ? -1 : a->client.v4 > b->client.v4;
    return memcmp(&a->client.v6, &b->client.v6, sizeof(a->client.v6));
}

static int compare_counts(const void *left, const void *right)
{
    const struct top_entry *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return compare_keys(left, right);
}

size_t top_merge(struct top_entry *entries, size_t count)
{
    size_t left = 0;
    if (count == 0)
        return 0;
    qsort(entries, count, sizeof(*entries), compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (compare_keys(&entries[left], &entries[i]) == 0) {
            entries[left].count += entries[i].count;
            entries[left].error += entries[i].error;
        } else {
            entries[++left] = entries[i];
        }
    }
    qsort(entries, left + 1, sizeof(*entries), compare_counts);
    return left + 1;
}
