/*
 * A fake upstream's reply, made of the items of a rule: right ones, and each kind of wrong one.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md, RFC 5452 9.1
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_REPLY_H
#define GATE64_TESTS_REPLAY_DNS64_REPLY_H

#include "tests/replay/dns64/text.h"
#include "tests/replay/dns64/upstream.h"

enum {
    REPLY_ITEMS = 640,
};

enum reply_kind {
    REPLY_RCODE,      /* number */
    REPLY_ANSWER,     /* text: a record */
    REPLY_AUTHORITY,  /* likewise */
    REPLY_ADDITIONAL, /* likewise */
    REPLY_SOA,        /* text: ZONE TTL MINIMUM */
    REPLY_FLAG,       /* number: a bit of the header */
    REPLY_EDE,        /* number */
    REPLY_NO_EDNS,
    REPLY_DELAY, /* number: ms */
    REPLY_SILENT,
    REPLY_TRUNCATE, /* over UDP: TC, and `number` records of the answer */
    REPLY_TWICE,    /* number: ms after the first */
    REPLY_FIRST,    /* text: a wrong one, at once */
    REPLY_ONLY,     /* text: a wrong one and nothing more */
    REPLY_TCP,      /* text: what goes wrong over TCP */
    REPLY_RAW,      /* text: hex, but for the ID */
};

struct reply_item {
    const struct text_line *line;
    enum reply_kind kind;
    uint64_t number;
    char *text;
};

/* Fails the test if there is no such item. */
struct reply_item reply_item(const struct text_line *line, char *text);
void reply_item_done(struct reply_item *item);

void reply_give(const struct upstream_asker *asker, const ldns_pkt *query, const struct reply_item *items,
                size_t count);

#endif
