/*
 * Layer: table
 * Specification: RFC 7757 3.2, 3.3
 */
#include "pool/eam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"

enum {
    LEN4 = 32,
    LEN6 = 128,
    WORD = 64,
};

/* One column of the table. */
struct column {
    uint32_t *buckets; /* index of an entry + 1, open addressing; 0 is empty */
    uint8_t lens[LEN6 + 1];
    unsigned lens_count; /* longest first */
};

struct eam {
    struct eam_entry *entries;
    uint32_t count;
    struct siphash_key key;
    uint32_t mask;
    struct column column4, column6;
};

/* An IPv6 address as a number. */
struct wide {
    uint64_t high, low;
};

static uint64_t get64(const uint8_t *at)
{
    return (uint64_t)bytes_get32(at) << 32 | bytes_get32(at + 4);
}

static struct wide wide_of(const struct in6_addr *address)
{
    return (struct wide){get64(address->s6_addr), get64(address->s6_addr + 8)};
}

static uint64_t high_bits(unsigned count)
{
    return count == 0 ? 0 : count >= WORD ? UINT64_MAX : ~(UINT64_MAX >> count);
}

static struct wide masked6(struct wide address, unsigned len)
{
    return (struct wide){address.high & high_bits(len), address.low & high_bits(len > WORD ? len - WORD : 0)};
}

static uint32_t masked4(uint32_t address, unsigned len)
{
    return (uint32_t)(address & high_bits(len) >> 32);
}

static uint32_t place4(const struct eam *eam, uint32_t prefix, unsigned len)
{
    uint64_t word = (uint64_t)prefix << 8 | len;
    return (uint32_t)siphash13_words(eam->key, &word, 1) & eam->mask;
}

static uint32_t place6(const struct eam *eam, struct wide prefix, unsigned len)
{
    uint64_t words[3] = {prefix.high, prefix.low, len};
    return (uint32_t)siphash13_words(eam->key, words, 3) & eam->mask;
}

static void note_len(struct column *column, uint8_t len)
{
    unsigned at = 0;
    while (at < column->lens_count && column->lens[at] > len)
        at++;
    if (at < column->lens_count && column->lens[at] == len)
        return;
    memmove(column->lens + at + 1, column->lens + at, column->lens_count - at);
    column->lens[at] = len;
    column->lens_count++;
}

static void insert(const struct eam *eam, struct column *column, uint32_t place, uint8_t len, uint32_t index)
{
    while (column->buckets[place] != 0)
        place = (place + 1) & eam->mask;
    column->buckets[place] = index + 1;
    note_len(column, len);
}

int eam_new(const struct eam_entry *entries, uint32_t count, struct siphash_key key, struct eam **ret_eam)
{
    struct eam *eam = calloc(1, sizeof(*eam));
    uint32_t size = 16;
    if (eam == NULL)
        return -ENOMEM;
    while (size < count * 2)
        size *= 2;
    eam->count = count;
    eam->key = key;
    eam->mask = size - 1;
    eam->entries = calloc((size_t)count + 1, sizeof(*entries));
    eam->column4.buckets = calloc(size, sizeof(uint32_t));
    eam->column6.buckets = calloc(size, sizeof(uint32_t));
    if (eam->entries == NULL || eam->column4.buckets == NULL || eam->column6.buckets == NULL) {
        eam_free(eam);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct eam_entry *entry = &entries[i];
        eam->entries[i] = *entry;
        insert(eam, &eam->column4, place4(eam, entry->prefix4.address, entry->prefix4.len),
               entry->prefix4.len, i);
        insert(eam, &eam->column6, place6(eam, wide_of(&entry->prefix6.address), entry->prefix6.len),
               entry->prefix6.len, i);
    }
    *ret_eam = eam;
    return 0;
}

void eam_free(struct eam *eam)
{
    if (eam == NULL)
        return;
    free(eam->column4.buckets);
    free(eam->column6.buckets);
    free(eam->entries);
    free(eam);
}

static const struct eam_entry *find_prefix4(const struct eam *eam, uint32_t prefix, unsigned len)
{
    for (uint32_t at = place4(eam, prefix, len); eam->column4.buckets[at] != 0; at = (at + 1) & eam->mask) {
        const struct eam_entry *entry = &eam->entries[eam->column4.buckets[at] - 1];
        if (entry->prefix4.len == len && entry->prefix4.address == prefix)
            return entry;
    }
    return NULL;
}

static const struct eam_entry *find_prefix6(const struct eam *eam, struct wide prefix, unsigned len)
{
    for (uint32_t at = place6(eam, prefix, len); eam->column6.buckets[at] != 0; at = (at + 1) & eam->mask) {
        const struct eam_entry *entry = &eam->entries[eam->column6.buckets[at] - 1];
        struct wide own = wide_of(&entry->prefix6.address);
        if (entry->prefix6.len == len && own.high == prefix.high && own.low == prefix.low)
            return entry;
    }
    return NULL;
}

/* How far the last suffix bit is from the end of the IPv6 address. */
static unsigned shift_of(const struct eam_entry *entry)
{
    return LEN6 - entry->prefix6.len - (LEN4 - entry->prefix4.len);
}

/* RFC 7757 3.3.1: the IPv6 prefix, the IPv4 suffix, zeros. */
static struct in6_addr to6(const struct eam_entry *entry, uint32_t address)
{
    uint64_t suffix = address & ~masked4(UINT32_MAX, entry->prefix4.len);
    struct wide value = wide_of(&entry->prefix6.address);
    unsigned shift = shift_of(entry);
    struct in6_addr result;
    if (shift >= WORD) {
        value.high |= suffix << (shift - WORD);
    } else {
        value.low |= suffix << shift;
        if (shift > 0)
            value.high |= suffix >> (WORD - shift);
    }
    bytes_put32(result.s6_addr, (uint32_t)(value.high >> 32));
    bytes_put32(result.s6_addr + 4, (uint32_t)value.high);
    bytes_put32(result.s6_addr + 8, (uint32_t)(value.low >> 32));
    bytes_put32(result.s6_addr + 12, (uint32_t)value.low);
    return result;
}

/* RFC 7757 3.3.2: the IPv4 prefix, and as much of the IPv6 suffix as there is room for. */
static uint32_t to4(const struct eam_entry *entry, struct wide address)
{
    unsigned shift = shift_of(entry);
    uint64_t suffix;
    if (shift >= WORD)
        suffix = address.high >> (shift - WORD);
    else
        suffix = address.low >> shift | (shift > 0 ? address.high << (WORD - shift) : 0);
    return entry->prefix4.address | ((uint32_t)suffix & ~masked4(UINT32_MAX, entry->prefix4.len));
}

bool eam_find4(const struct eam *eam, uint32_t address, struct in6_addr *ret_address)
{
    for (unsigned i = 0; eam != NULL && i < eam->column4.lens_count; i++) {
        unsigned len = eam->column4.lens[i];
        const struct eam_entry *entry = find_prefix4(eam, masked4(address, len), len);
        if (entry != NULL) {
            *ret_address = to6(entry, address);
            return true;
        }
    }
    return false;
}

bool eam_find6(const struct eam *eam, const struct in6_addr *address, uint32_t *ret_address)
{
    struct wide value = wide_of(address);
    for (unsigned i = 0; eam != NULL && i < eam->column6.lens_count; i++) {
        unsigned len = eam->column6.lens[i];
        const struct eam_entry *entry = find_prefix6(eam, masked6(value, len), len);
        if (entry != NULL) {
            *ret_address = to4(entry, value);
            return true;
        }
    }
    return false;
}
