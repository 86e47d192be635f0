/*
 * Layer: table
 * Specification: RFC 1035 3.5, RFC 3596 2.5
 */
#include "dns64/local/roster.h"

#include <errno.h>
#include <stdlib.h>

#include "dns64/rfc6147/reverse.h"

enum {
    SLOTS_FIRST = 64, /* a power of two */
    GROW_FIRST = 64,
    FILTER_BITS = 64,
};

enum kind { KIND_A, KIND_AAAA, KIND_PTR, KINDS };

static const uint16_t types[KINDS] = {
    [KIND_A] = MESSAGE_TYPE_A, [KIND_AAAA] = MESSAGE_TYPE_AAAA, [KIND_PTR] = MESSAGE_TYPE_PTR};

struct roster_entry {
    uint32_t name; /* where it stands in the bytes, in lower case */
    uint8_t len;
    bool above;            /* there are names below it */
    uint8_t counts[KINDS]; /* of records */
    uint32_t first[KINDS]; /* of them, in the order of addition */
    uint32_t last[KINDS];
};

struct record {
    uint32_t next;  /* only meaningful before the last one */
    uint32_t rdata; /* in the bytes */
    uint8_t len;
};

struct roster {
    struct siphash_key secret;
    uint64_t filter; /* the last labels that there are, a bit for each hash of them */
    uint32_t *slots; /* 0: free; else one more than the entry's index */
    size_t slots_count;
    struct roster_entry *entries;
    size_t entries_count, entries_room;
    struct record *records;
    size_t records_count, records_room;
    uint8_t *bytes;
    size_t bytes_count, bytes_room;
    size_t with_records;
};

struct roster *roster_new(struct siphash_key secret)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    if (roster == NULL)
        return NULL;
    roster->secret = secret;
    roster->slots_count = SLOTS_FIRST;
    roster->slots = calloc(roster->slots_count, sizeof(*roster->slots));
    if (roster->slots == NULL) {
        free(roster);
        return NULL;
    }
    return roster;
}

void roster_free(struct roster *roster)
{
    if (roster == NULL)
        return;
    free(roster->slots);
    free(roster->entries);
    free(roster->records);
    free(roster->bytes);
    free(roster);
}

size_t roster_count(const struct roster *roster)
{
    return roster->with_records;
}

/* Room for one more (or `more` bytes) in an array that grows by doubling. */
static int make_room(void **array, size_t count, size_t more, size_t size, size_t *room)
{
    size_t wanted = *room > 0 ? *room : GROW_FIRST;
    while (wanted < count + more)
        wanted *= 2;
    if (wanted == *room)
        return 0;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return -ENOMEM;
    *array = grown;
    *room = wanted;
    return 0;
}

/* Offset of a copy, or negative errno. */
static int64_t keep_bytes(struct roster *roster, const void *bytes, size_t len)
{
    if (make_room((void **)&roster->bytes, roster->bytes_count, len, 1, &roster->bytes_room) < 0)
        return -ENOMEM;
    memcpy(roster->bytes + roster->bytes_count, bytes, len);
    roster->bytes_count += len;
    return (int64_t)(roster->bytes_count - len);
}

/* By the length and two letters of the last label: cheap, and enough to tell .com from .example. */
static uint64_t filter_bit(const struct name *name)
{
    const uint8_t *label = name->bytes + name_last_label(name);
    unsigned len = label[0];
    unsigned hash = len == 0 ? 0 : len * 7 + (label[1] & 31U) * 3 + (label[len] & 31U);
    return UINT64_C(1) << hash % FILTER_BITS;
}

/* The slot of a folded name, or the free one where it belongs. */
static uint32_t *find_slot(const struct roster *roster, const struct name *folded)
{
    size_t at = siphash13(roster->secret, folded->bytes, folded->len) & (roster->slots_count - 1);
    for (;; at = (at + 1) & (roster->slots_count - 1)) {
        uint32_t *slot = &roster->slots[at];
        if (*slot == 0)
            return slot;
        const struct roster_entry *entry = &roster->entries[*slot - 1];
        if (entry->len == folded->len && memcmp(roster->bytes + entry->name, folded->bytes, folded->len) == 0)
            return slot;
    }
}

/* At most half of the slots are taken. */
static int grow_slots(struct roster *roster)
{
    size_t old_count = roster->slots_count;
    uint32_t *old = roster->slots, *slots = calloc(old_count * 2, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    roster->slots = slots;
    roster->slots_count = old_count * 2;
    for (size_t i = 0; i < roster->entries_count; i++) {
        const struct roster_entry *entry = &roster->entries[i];
        struct name name = {.len = entry->len};
        memcpy(name.bytes, roster->bytes + entry->name, entry->len);
        *find_slot(roster, &name) = (uint32_t)i + 1;
    }
    free(old);
    return 0;
}

/* The entry of a folded name, made if it is not there. */
static int take_entry(struct roster *roster, const struct name *folded, struct roster_entry **ret_entry)
{
    uint32_t *slot = find_slot(roster, folded);
    if (*slot == 0) {
        if (roster->entries_count == ROSTER_MAX)
            return -ENOSPC;
        if (roster->entries_count * 2 >= roster->slots_count) {
            if (grow_slots(roster) < 0)
                return -ENOMEM;
            slot = find_slot(roster, folded);
        }
        int64_t at = keep_bytes(roster, folded->bytes, folded->len);
        if (at < 0 || make_room((void **)&roster->entries, roster->entries_count, 1, sizeof(*roster->entries),
                                &roster->entries_room) < 0)
            return -ENOMEM;
        roster->entries[roster->entries_count++] =
            (struct roster_entry){.name = (uint32_t)at, .len = folded->len};
        *slot = (uint32_t)roster->entries_count;
        roster->filter |= filter_bit(folded);
    }
    *ret_entry = &roster->entries[*slot - 1];
    return 0;
}

static bool has_records(const struct roster_entry *entry)
{
    return entry->counts[KIND_A] + entry->counts[KIND_AAAA] + entry->counts[KIND_PTR] > 0;
}

static bool has_record(const struct roster *roster, const struct roster_entry *entry, enum kind kind,
                       const void *rdata, uint8_t len)
{
    uint32_t at = entry->first[kind];
    for (unsigned i = 0; i < entry->counts[kind]; i++, at = roster->records[at].next) {
        const struct record *record = &roster->records[at];
        if (record->len == len && memcmp(roster->bytes + record->rdata, rdata, len) == 0)
            return true;
    }
    return false;
}

/* The names above, up to one that is noted already. */
static int note_above(struct roster *roster, const struct name *folded)
{
    struct name above = *folded;
    while (above.len > 1) {
        struct roster_entry *entry;
        struct name rest;
        name_from_label(&above, (size_t)above.bytes[0] + 1, &rest);
        int r = rest.len == 1 ? 0 : take_entry(roster, &rest, &entry);
        if (r < 0 || rest.len == 1 || entry->above)
            return r;
        entry->above = true;
        above = rest;
    }
    return 0;
}

static int add_record(struct roster *roster, const struct name *owner, enum kind kind, const void *rdata,
                      uint8_t len)
{
    struct name folded;
    struct roster_entry *entry;
    name_fold(owner, &folded);
    int r = take_entry(roster, &folded, &entry);
    if (r < 0)
        return r;
    if (has_record(roster, entry, kind, rdata, len))
        return 0;
    if (entry->counts[kind] == ROSTER_EACH_MAX)
        return -E2BIG;
    int64_t at = keep_bytes(roster, rdata, len);
    if (at < 0 || make_room((void **)&roster->records, roster->records_count, 1, sizeof(*roster->records),
                            &roster->records_room) < 0)
        return -ENOMEM;
    uint32_t record = (uint32_t)roster->records_count++;
    roster->records[record] = (struct record){.rdata = (uint32_t)at, .len = len};
    roster->with_records += !has_records(entry);
    if (entry->counts[kind]++ == 0)
        entry->first[kind] = record;
    else
        roster->records[entry->last[kind]].next = record;
    entry->last[kind] = record;
    return note_above(roster, &folded); /* entries may move: `entry` is not used any more */
}

/* One PTR for an address: many programs look at the first alone. */
static int add_reverse(struct roster *roster, const struct name *name, const struct addr *addr)
{
    struct name reverse;
    if (addr->family == AF_INET)
        reverse_name4(addr->v4, &reverse);
    else
        reverse_name6(&addr->v6, &reverse);
    const struct roster_entry *entry = roster_find(roster, &reverse);
    if (entry != NULL && entry->counts[KIND_PTR] > 0)
        return 0;
    return add_record(roster, &reverse, KIND_PTR, name->bytes, name->len);
}

int roster_add(struct roster *roster, const struct name *name, const struct addr *addr, bool canonical)
{
    static const struct name localhost = {.len = 11, .bytes = "\11localhost"};
    int r = 0;
    if (!name_under(name, &localhost, NULL)) {
        uint8_t v4[4];
        bytes_put32(v4, addr->v4);
        r = addr->family == AF_INET ? add_record(roster, name, KIND_A, v4, sizeof(v4))
                                    : add_record(roster, name, KIND_AAAA, &addr->v6, sizeof(addr->v6));
    }
    return r == 0 && canonical ? add_reverse(roster, name, addr) : r;
}

static const struct roster_entry *find(const struct roster *roster, const struct name *name)
{
    struct name folded;
    if ((roster->filter & filter_bit(name)) == 0)
        return NULL;
    name_fold(name, &folded);
    uint32_t slot = *find_slot(roster, &folded);
    return slot == 0 ? NULL : &roster->entries[slot - 1];
}

const struct roster_entry *roster_find(const struct roster *roster, const struct name *name)
{
    const struct roster_entry *entry = find(roster, name);
    return entry != NULL && has_records(entry) ? entry : NULL;
}

bool roster_below(const struct roster *roster, const struct name *name)
{
    const struct roster_entry *entry = find(roster, name);
    return entry != NULL && entry->above;
}

bool roster_has(const struct roster_entry *entry, uint16_t type)
{
    for (unsigned kind = 0; kind < KINDS; kind++)
        if (types[kind] == type)
            return entry->counts[kind] > 0;
    return false;
}

unsigned roster_put(const struct roster *roster, const struct roster_entry *entry, const struct name *owner,
                    uint16_t type, uint32_t ttl, struct message_writer *writer)
{
    unsigned put = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint32_t at = entry->first[kind];
        if (type != types[kind] && type != MESSAGE_TYPE_ANY)
            continue;
        for (unsigned i = 0; i < entry->counts[kind]; i++, at = roster->records[at].next) {
            const struct record *record = &roster->records[at];
            message_add(writer, MESSAGE_ANSWER, owner, types[kind], ttl, roster->bytes + record->rdata,
                        record->len);
            put++;
        }
    }
    return put;
}
