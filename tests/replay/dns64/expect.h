/*
 * Whether an answer is what a scenario says: RCODE, flags, extended errors, each record of each section with
 * its TTL, and when it came.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_EXPECT_H
#define GATE64_TESTS_REPLAY_DNS64_EXPECT_H

#include "tests/replay/dns64/client.h"

enum {
    EXPECT_EDES = 8,
    EXPECT_SECTIONS = 3,
};

struct expect {
    const struct text_line *line;
    bool none;          /* no answer */
    bool any;           /* one, whatever it is */
    bool exactly;       /* at the time, not until it */
    uint64_t within_ms; /* UINT64_MAX: whenever */
    int rcode;
    bool aa, ad, tc;
    unsigned edes[EXPECT_EDES];
    size_t edes_count;
    char *same_as;                           /* another question's label; its answer but for ID and TTLs */
    ldns_rr_list *sections[EXPECT_SECTIONS]; /* answer, authority, additional */
};

/* The words of the line behind the label. */
void expect_init(struct expect *expect, const struct text_line *line, char *words);
/* A line below it: answer, authority or additional. False: it is none of them. */
bool expect_record(struct expect *expect, const struct text_line *line);
void expect_done(struct expect *expect);

/* Fails the test if the answer is another. */
void expect_answer(const struct expect *expect, const struct client *client);
void expect_same(const struct expect *expect, const struct client *client, const struct client *other);

#endif
