/*
 * Why a query is answered as it is: what was noted of it on its way, for who asks (`gate64 dns explain`).
 *
 * Layer: path
 * Specification: RFC 6147 5, man/dns64.8
 *
 * Everything is a copy, so that it outlives the query and the rules that it went by.
 */
#ifndef GATE64_DNS64_QUERY_EXPLAIN_H
#define GATE64_DNS64_QUERY_EXPLAIN_H

#include "dns64/query/aaaa.h"
#include "dns64/query/known.h"

/* One question that the answer hangs on. */
struct explain_part {
    bool asked;
    bool came; /* something is known of it: a reply, or that there was none */
    uint16_t type;
    struct name name;
    struct query_source source;
    uint8_t *bytes; /* the reply; NULL: none */
    size_t len;
};

struct explain {
    struct name name;
    uint16_t type;
    struct query_client client;
    bool wants_dnssec, checking_disabled;
    char view[SETTINGS_NAME_LEN];
    bool plain;
    bool local; /* answered from names of the operator */
    struct addr_prefix6 pref64[SETTINGS_PREF64_MAX];
    size_t pref64_count;
    const char *list; /* "never", "always" or "hide-a"; NULL: the name is on none that counts */
    struct list_match entry;
    struct name listed; /* which name of the chain the entry matched */
    struct explain_part part[QUERY_SLOTS];
    enum outcome rule; /* what decided, as it is counted */
    uint8_t *answer;   /* NULL: there was none */
    size_t answer_len;
};

/* Of a slot: where its reply came from, and a copy of it. */
void explain_took(struct explain *explain, const struct query *query, enum query_slot_name slot,
                  const struct known_reply *reply);
/* The answer; its parts are still in the query. `bytes` NULL: it was given up. */
void explain_end(struct explain *explain, const struct query *query, const uint8_t *bytes, size_t len);

void explain_done(struct explain *explain);

#endif
