/*
 * Layer: table
 * Specification: RFC 6147 5.4, RFC 4343
 */
#include "common/names.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "common/addr.h"

/* "G64NAMES" */
#define MAGIC UINT64_C(0x53454d414e343647)

enum {
    NAME_MAX = DOMAIN_MAX_LEN,
    TRIES = 4, /* to find a slot anew when another thread took it */
};

/* Words of a slot. */
enum {
    SLOT_SEQUENCE,
    SLOT_BACKEND,                    /* two words */
    SLOT_ADDRESS = SLOT_BACKEND + 2, /* IPv4 address, and the length of the name above it */
    SLOT_TIMES,                      /* told, and until above it */
    SLOT_NAME,
    SLOT_WORDS = 40,
};
static_assert(SLOT_NAME + NAMES_NAME_WORDS <= SLOT_WORDS, "the longest name fits");

typedef _Atomic uint64_t word;

struct header {
    uint64_t magic;
    uint32_t layout, len;
    uint32_t buckets, bucket_len;
    uint64_t k0, k1;
    uint64_t instance;
    uint64_t spare[10];
};
static_assert(sizeof(struct header) == 128, "buckets begin at a cache line");

struct bucket {
    word head[NAMES_BUCKET]; /* hash above, told below; 0: empty */
    word slots[NAMES_BUCKET][SLOT_WORDS];
};
static_assert(sizeof(struct bucket) % 64 == 0, "a bucket's head is one cache line");

/* A pair on its way to its bucket. */
struct pair {
    uint64_t backend[2];
    uint32_t address;
    uint32_t tag; /* never 0 */
    struct bucket *bucket;
};

static uint64_t load(const word *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

static void store(word *at, uint64_t value)
{
    atomic_store_explicit(at, value, memory_order_relaxed);
}

static struct bucket *bucket_at(const struct names *names, size_t index)
{
    return (struct bucket *)((uint8_t *)names->base + sizeof(struct header)) + index;
}

static struct pair pair_of(const struct names *names, const struct in6_addr *backend, uint32_t address)
{
    struct pair pair = {.address = address};
    memcpy(pair.backend, backend, sizeof(pair.backend));
    const uint64_t words[] = {pair.backend[0], pair.backend[1], address};
    uint64_t hash = siphash13_words(names->key, words, sizeof(words) / sizeof(words[0]));
    pair.tag = (uint32_t)(hash >> 32) | 1;
    pair.bucket = bucket_at(names, (size_t)((hash & UINT32_MAX) * names->buckets >> 32));
    return pair;
}

void names_init(void *base, size_t len, struct siphash_key key, uint64_t instance, struct names *ret_names)
{
    struct header *header = base;
    assert(len >= NAMES_SIZE_MIN && len <= NAMES_SIZE_MAX);
    *header = (struct header){
        .magic = MAGIC,
        .layout = NAMES_LAYOUT,
        .len = sizeof(*header),
        .buckets = (uint32_t)((len - sizeof(*header)) / sizeof(struct bucket)),
        .bucket_len = sizeof(struct bucket),
        .k0 = key.k0,
        .k1 = key.k1,
        .instance = instance,
    };
    *ret_names = (struct names){base, key, header->buckets, instance};
}

int names_open(const void *base, size_t len, struct names *ret_names)
{
    struct header header;
    if (len < sizeof(header) || len > NAMES_SIZE_MAX)
        return -EPROTO;
    memcpy(&header, base, sizeof(header)); /* once: the writer may change it */
    if (header.magic != MAGIC || header.layout != NAMES_LAYOUT || header.len != sizeof(header) ||
        header.bucket_len != sizeof(struct bucket) || header.buckets == 0 ||
        header.buckets > (len - sizeof(header)) / sizeof(struct bucket))
        return -EPROTO;
    *ret_names = (struct names){(void *)base, (struct siphash_key){header.k0, header.k1}, header.buckets,
                                header.instance};
    return 0;
}

void names_prepare(const uint8_t *bytes, size_t len, struct names_name *ret_name)
{
    ret_name->len = (uint8_t)len;
    ret_name->words[(len - 1) / 8] = 0;
    domain_fold(bytes, len, (uint8_t *)ret_name->words);
}

static size_t words_of(size_t len)
{
    return (len + 7) / 8;
}

static uint64_t address_word(const struct pair *pair, const struct names_name *name)
{
    return (uint64_t)name->len << 32 | pair->address;
}

static uint64_t times_word(uint32_t told_s, uint32_t until_s)
{
    return (uint64_t)until_s << 32 | told_s;
}

/* What stands in a slot was this sequence's all the time. */
static bool unchanged(const word *slot, uint64_t sequence)
{
    atomic_thread_fence(memory_order_acquire);
    return load(&slot[SLOT_SEQUENCE]) == sequence;
}

/* An even sequence, waited for a little; false: somebody is at it. */
static bool settled(const word *slot, uint64_t *ret_sequence)
{
    for (int i = 0; i < NAMES_SPIN; i++) {
        *ret_sequence = atomic_load_explicit(&slot[SLOT_SEQUENCE], memory_order_acquire);
        if ((*ret_sequence & 1) == 0)
            return true;
    }
    return false;
}

/* Whether a slot holds this; then *ret_times is when. */
static bool holds(const word *slot, const struct pair *pair, const struct names_name *name,
                  uint64_t *ret_sequence, uint64_t *ret_times)
{
    if (!settled(slot, ret_sequence) || load(&slot[SLOT_ADDRESS]) != address_word(pair, name) ||
        load(&slot[SLOT_BACKEND]) != pair->backend[0] || load(&slot[SLOT_BACKEND + 1]) != pair->backend[1])
        return false;
    for (size_t i = 0; i < words_of(name->len); i++)
        if (load(&slot[SLOT_NAME + i]) != name->words[i])
            return false;
    *ret_times = load(&slot[SLOT_TIMES]);
    return unchanged(slot, *ret_sequence);
}

/* Takes a slot that still has this sequence; the stores that follow are seen behind it. */
static bool take(word *slot, uint64_t sequence)
{
    if (!atomic_compare_exchange_strong_explicit(&slot[SLOT_SEQUENCE], &sequence, sequence + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    atomic_thread_fence(memory_order_release);
    return true;
}

static void give_back(word *slot, uint64_t sequence)
{
    atomic_store_explicit(&slot[SLOT_SEQUENCE], sequence + 2, memory_order_release);
}

static uint64_t head_word(const struct pair *pair, uint32_t told_s)
{
    return (uint64_t)pair->tag << 32 | told_s;
}

static bool is_of(const struct pair *pair, uint64_t head)
{
    return head >> 32 == pair->tag;
}

/* The slot for what is new, by the words of the head alone. */
static unsigned victim(const struct pair *pair, const uint64_t heads[NAMES_BUCKET])
{
    unsigned oldest = 0, own_oldest = 0, own = 0;
    for (unsigned i = 0; i < NAMES_BUCKET; i++) {
        if (is_of(pair, heads[i]) && (own++ == 0 || (uint32_t)heads[i] < (uint32_t)heads[own_oldest]))
            own_oldest = i;
        if ((uint32_t)heads[i] < (uint32_t)heads[oldest])
            oldest = i;
    }
    return own >= NAMES_PER_PAIR ? own_oldest : oldest;
}

static bool put(struct bucket *bucket, unsigned at, uint64_t head, const struct pair *pair,
                const struct names_name *name, uint32_t now_s, uint32_t until_s)
{
    word *slot = bucket->slots[at];
    uint64_t sequence;
    if (!settled(slot, &sequence) || load(&bucket->head[at]) != head || !take(slot, sequence))
        return false;
    store(&slot[SLOT_BACKEND], pair->backend[0]);
    store(&slot[SLOT_BACKEND + 1], pair->backend[1]);
    store(&slot[SLOT_ADDRESS], address_word(pair, name));
    store(&slot[SLOT_TIMES], times_word(now_s, until_s));
    for (size_t i = 0; i < words_of(name->len); i++)
        store(&slot[SLOT_NAME + i], name->words[i]);
    store(&bucket->head[at], head_word(pair, now_s));
    give_back(slot, sequence);
    return true;
}

/* The same once more: only the times are written. */
static enum names_result renew(struct bucket *bucket, unsigned at, uint64_t sequence, const struct pair *pair,
                               uint64_t times, uint32_t now_s, uint32_t until_s)
{
    word *slot = bucket->slots[at];
    uint32_t told_s = (uint32_t)times, before_s = (uint32_t)(times >> 32);
    /* What comes from a cache ends at the same time, but for the second that was cut off. */
    if ((int32_t)(now_s - told_s) < NAMES_YOUNG_S && until_s <= before_s + 1)
        return NAMES_YOUNG;
    if (!take(slot, sequence))
        return NAMES_BUSY;
    store(&slot[SLOT_TIMES], times_word(now_s, until_s > before_s ? until_s : before_s));
    store(&bucket->head[at], head_word(pair, now_s));
    give_back(slot, sequence);
    return NAMES_NOTED;
}

static enum names_result try_note(struct pair *pair, const struct names_name *name, uint32_t now_s,
                                  uint32_t until_s)
{
    struct bucket *bucket = pair->bucket;
    uint64_t heads[NAMES_BUCKET], sequence, times;
    for (unsigned i = 0; i < NAMES_BUCKET; i++)
        heads[i] = load(&bucket->head[i]);
    for (unsigned i = 0; i < NAMES_BUCKET; i++)
        if (is_of(pair, heads[i]) && holds(bucket->slots[i], pair, name, &sequence, &times))
            return renew(bucket, i, sequence, pair, times, now_s, until_s);
    unsigned at = victim(pair, heads);
    return put(bucket, at, heads[at], pair, name, now_s, until_s) ? NAMES_NOTED : NAMES_BUSY;
}

enum names_result names_note(const struct names *names, const struct in6_addr *backend, uint32_t address,
                             const struct names_name *name, uint32_t now_s, uint32_t until_s)
{
    struct pair pair = pair_of(names, backend, address);
    enum names_result result = NAMES_BUSY;
    for (int i = 0; result == NAMES_BUSY && i < TRIES; i++)
        result = try_note(&pair, name, now_s, until_s);
    return result;
}

size_t names_slots(const struct names *names)
{
    return (size_t)names->buckets * NAMES_BUCKET;
}

/* What a slot says, checked; false: nothing whole. */
static bool read_slot(const word *slot, struct names_note *note)
{
    uint64_t sequence, words[SLOT_WORDS];
    if (!settled(slot, &sequence) || sequence == 0)
        return false;
    for (size_t i = SLOT_BACKEND; i < SLOT_NAME; i++)
        words[i] = load(&slot[i]);
    size_t len = (size_t)(words[SLOT_ADDRESS] >> 32);
    if (len == 0 || len > NAME_MAX)
        return false;
    for (size_t i = 0; i < words_of(len); i++)
        words[SLOT_NAME + i] = load(&slot[SLOT_NAME + i]);
    if (!unchanged(slot, sequence))
        return false;
    memcpy(&note->backend, &words[SLOT_BACKEND], sizeof(note->backend));
    note->address = (uint32_t)words[SLOT_ADDRESS];
    note->told_s = (uint32_t)words[SLOT_TIMES];
    note->until_s = (uint32_t)(words[SLOT_TIMES] >> 32);
    note->len = (uint8_t)len;
    memcpy(note->name, &words[SLOT_NAME], len);
    return domain_valid(note->name, len);
}

bool names_read(const struct names *names, size_t slot, struct names_note *ret_note)
{
    return read_slot(bucket_at(names, slot / NAMES_BUCKET)->slots[slot % NAMES_BUCKET], ret_note);
}

size_t names_find(const struct names *names, const struct in6_addr *backend, uint32_t address,
                  struct names_note ret_notes[NAMES_PER_PAIR])
{
    struct pair pair = pair_of(names, backend, address);
    struct names_note note;
    size_t count = 0;
    for (unsigned i = 0; i < NAMES_BUCKET; i++) {
        if (!is_of(&pair, load(&pair.bucket->head[i])) || !read_slot(pair.bucket->slots[i], &note) ||
            note.address != address || !addr_equal6(&note.backend, backend))
            continue;
        size_t at = count < NAMES_PER_PAIR ? count++ : count;
        for (; at > 0 && ret_notes[at - 1].told_s < note.told_s; at--)
            if (at < NAMES_PER_PAIR)
                ret_notes[at] = ret_notes[at - 1];
        if (at < NAMES_PER_PAIR)
            ret_notes[at] = note;
    }
    return count;
}
