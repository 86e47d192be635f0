/*
 * Who asks most and what is asked for most, in a fixed amount of memory.
 *
 * Layer: table
 * Specification: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data
 * streams" (2005): space-saving
 *
 * One for each thread, which alone touches it. A sketch has TOP_ENTRIES counters; what is new and finds all
 * of them taken gets the smallest one, with what that had as its error. So an entry's count is at most
 * `error` too high, and whatever is more than one in TOP_ENTRIES of all stands there for certain.
 *
 * In the first TOP_EVERY_ONE queries of a second each one counts; of those behind it one in TOP_SAMPLE, at
 * random, for TOP_SAMPLE: many queries cost little, few are counted exactly.
 */
#ifndef GATE64_DNS64_OBSERVE_TOP_H
#define GATE64_DNS64_OBSERVE_TOP_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/siphash.h"
#include "dns64/wire/name.h"

enum {
    TOP_ENTRIES = 256,
    TOP_EVERY_ONE = 1000,
    TOP_SAMPLE = 16,
};

enum top_subject { TOP_NAMES, TOP_CLIENTS, TOP_SUBJECTS };

struct top;

struct top_entry {
    enum top_subject subject;
    uint64_t count, error;
    struct name name;   /* in small letters */
    struct addr client; /* a whole address */
};

/* NULL: no memory. `secret` is the hash's. */
struct top *top_new(struct siphash_key secret, uint64_t now_ns);
/* Accepts NULL. */
void top_free(struct top *top);

/* Whether this query counts, and for how many; 0: it does not. */
unsigned top_weight(struct top *top, uint64_t now_ns);
void top_count(struct top *top, const struct name *name, const struct addr *client, unsigned weight);

/* From nothing again. */
void top_reset(struct top *top, uint64_t now_ns);

struct top_numbers {
    uint64_t since_ns; /* of the last reset */
    uint64_t queries;  /* all since then, whether they counted or not */
};
struct top_numbers top_numbers(const struct top *top);

/* The entries of one subject, in no order. Returns how many. */
size_t top_entries(const struct top *top, enum top_subject subject,
                   struct top_entry ret_entries[TOP_ENTRIES]);

/* Of several threads: what is the same is added up, the most asked for stands first. Returns how many are
 * left. What one of them has no counter for was asked there at most as often as its smallest one. */
size_t top_merge(struct top_entry *entries, size_t count);

#endif
