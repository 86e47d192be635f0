/*
 * The host record's lines: what was changed on the host, with what its undoing needs.
 *
 * Layer: pure
 * Specification: none
 * Fuzz: fuzz_host_record
 *
 * `+ VERB WHAT NOW BEFORE` is written before a change, `= VERB WHAT` after it, `- VERB WHAT` after its
 * undoing. VERB and WHAT name a change; no word holds a blank, an empty one is written as `-`.
 */
#ifndef GATE64_NAT64D_KEEPER_RECORD_H
#define GATE64_NAT64D_KEEPER_RECORD_H

#include <stdbool.h>

enum {
    RECORD_WHAT_LEN = 96,
    RECORD_VALUE_LEN = 40,
    RECORD_LINE_LEN = RECORD_WHAT_LEN + 2 * RECORD_VALUE_LEN + 16, /* line feed and NUL included */
};

enum record_verb {
    RECORD_DEVICE,  /* TUN */
    RECORD_SYSCTL,  /* path below /proc/sys/net; its values */
    RECORD_LINK,    /* TUN; MTU/queue/up */
    RECORD_ADDRESS, /* TUN/ADDRESS */
    RECORD_RESERVE, /* FIRST-LAST: ports that the host had not reserved itself */
    RECORD_RULES,   /* TUN; a hash of the rules */
    RECORD_ROUTE,   /* TUN/PREFIX */
    RECORD_PROXY,   /* DEVICE/ADDRESS */
    RECORD_VERBS,
};

enum record_mark { RECORD_BEGUN = '+', RECORD_DONE = '=', RECORD_UNDONE = '-' };

struct record_entry {
    enum record_verb verb;
    bool done;
    char what[RECORD_WHAT_LEN];
    char now[RECORD_VALUE_LEN];
    char before[RECORD_VALUE_LEN]; /* RECORD_THERE: it was, so nothing is to be undone */
};

#define RECORD_THERE "there"

const char *record_verb_name(enum record_verb verb);

/* A line without its line feed; -EINVAL if it is none of ours. Only a begun one has values. */
int record_parse(const char *line, enum record_mark *ret_mark, struct record_entry *ret_entry);

/* Ends in a line feed; returns `buffer`. */
char *record_print(enum record_mark mark, const struct record_entry *entry, char buffer[RECORD_LINE_LEN]);

bool record_same(const struct record_entry *a, const struct record_entry *b);

#endif
