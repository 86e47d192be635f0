/*
 * "This backend was told that this IPv4 address is this name": the one thing that the two daemons tell each
 * other, as a table in memory that dns64 writes and others read.
 *
 * Layer: table
 * Specification: RFC 6147 5.4 (the name that was asked), RFC 4343 (without regard to case)
 * Fuzz: fuzz_names
 *
 * Theory: buckets of NAMES_BUCKET slots by a keyed hash of (backend, IPv4 address), so that nobody can aim at
 * one. A bucket begins with a word a slot, of the hash and of when it was told: a hint, which saves looking
 * at the slots. A slot has a sequence word, odd while it is written: a writer takes it by compare-and-swap,
 * so that several threads write without a lock, and gives up after NAMES_SPIN tries; a reader takes what it
 * copied only if the word was even and the same before and after. Everything else is words, loaded and stored
 * whole.
 *
 * A pair may have several names at once (NAMES_PER_PAIR: one address serves many), each in a slot of its own;
 * what is new takes an empty slot, or that of the pair's oldest name if it has so many, or the oldest of the
 * bucket. A name is kept in small letters. Two threads may note the same at once in two slots: harmless, one
 * grows old.
 *
 * The reader trusts no byte: names_open checks and copies the header, and what a slot says is checked after
 * it was copied. Times are whole seconds of CLOCK_BOOTTIME.
 */
#ifndef GATE64_COMMON_NAMES_H
#define GATE64_COMMON_NAMES_H

#include <netinet/in.h>

#include "common/domain.h"
#include "common/siphash.h"

enum {
    NAMES_LAYOUT = 1,
    NAMES_BUCKET = 8,
    NAMES_PER_PAIR = 4,
    NAMES_YOUNG_S = 60, /* for so long what was told is not written again */
    NAMES_SPIN = 64,
    NAMES_SIZE_MIN = 65536,
    NAMES_NAME_WORDS = (DOMAIN_MAX_LEN + 7) / 8,
};

#define NAMES_SIZE_MAX (UINT64_C(1) << 30)

/* A table, as one side knows it. */
struct names {
    void *base;
    struct siphash_key key;
    uint32_t buckets;
    uint64_t instance; /* no two tables have the same */
};

/* A name made ready to be noted, once for all addresses of an answer. */
struct names_name {
    uint8_t len;
    uint64_t words[NAMES_NAME_WORDS];
};

struct names_note {
    struct in6_addr backend;
    uint32_t address; /* IPv4, host order */
    uint32_t told_s;  /* when it was last told, but for NAMES_YOUNG_S */
    uint32_t until_s; /* and for how long it holds: told_s plus the TTL */
    uint8_t len;
    uint8_t name[DOMAIN_MAX_LEN]; /* on the wire */
};

/* Makes an empty table of `len` zero bytes, at least NAMES_SIZE_MIN. */
void names_init(void *base, size_t len, struct siphash_key key, uint64_t instance, struct names *ret_names);

/* `bytes` is an uncompressed name. */
void names_prepare(const uint8_t *bytes, size_t len, struct names_name *ret_name);

enum names_result {
    NAMES_NOTED,
    NAMES_YOUNG, /* it stands there, told a short while ago and to last as long */
    NAMES_BUSY,  /* lost: other threads were at the same slots */
};

/* By any thread of the writer's. */
enum names_result names_note(const struct names *names, const struct in6_addr *backend, uint32_t address,
                             const struct names_name *name, uint32_t now_s, uint32_t until_s);

/* A table of somebody else's: 0, or -EPROTO: no table, of another layout, or of another length. */
int names_open(const void *base, size_t len, struct names *ret_names) __attribute__((warn_unused_result));

/* How many slots there are, and what one holds; false: nothing, or nothing whole. */
size_t names_slots(const struct names *names);
bool names_read(const struct names *names, size_t slot, struct names_note *ret_note);

/* What a backend was told of an address, the newest first. Returns how many. */
size_t names_find(const struct names *names, const struct in6_addr *backend, uint32_t address,
                  struct names_note ret_notes[NAMES_PER_PAIR]);

#endif
