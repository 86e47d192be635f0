/*
 * One query, from the client's bytes to the answer's: a state machine that says what is to be done next.
 *
 * Layer: path
 * Specification: RFC 6147 5, RFC 8880 7.1, RFC 5625, RFC 6891 6
 * Fuzz: fuzz_dns_query
 *
 * No system call and no clock: the edge asks what query_begin and query_response tell it to ask, and sends
 * what they tell it to send. A slot is one question to the upstreams: QUERY_MAIN is what the client asked (or
 * the in-addr.arpa name for a reverse name under the prefix), QUERY_A the A records for an AAAA question.
 */
#ifndef GATE64_DNS64_QUERY_QUERY_H
#define GATE64_DNS64_QUERY_QUERY_H

#include "common/addr.h"
#include "common/counters.h"
#include "common/settings.h"
#include "dns64/access/list.h"
#include "dns64/cache/cache.h"
#include "dns64/local/roster.h"
#include "dns64/local/zones.h"
#include "dns64/query/outcome.h"
#include "dns64/rfc6147/synthesize.h"
#include "dns64/upstream/hops.h"
#include "dns64/upstream/route.h"
#include "dns64/wire/cookie.h"

enum {
    QUERY_UDP_PLAIN = 512,         /* RFC 1035 4.2.1: without EDNS */
    QUERY_AAAA_PATIENCE_MS = 1500, /* A is there, AAAA silent: no longer (the answer comes within 2 s) */
};

/* What holds for the queries of a view; built once. */
struct query_policy {
    const char *view; /* its name; "": of who is in none */
    bool plain;       /* dns64 = false: plain resolution */
    const struct synthesize_pref64 *pref64;
    size_t pref64_count;
    struct chain_filter filter; /* exclude-aaaa; the prefixes of all views and the well-known one */
    const struct list *never, *always, *hide_a; /* NULL: none */
    enum settings_signed signed_for_do;
    const struct route *route;   /* whom a name is asked of */
    uint64_t hop_id;             /* what other dns64 know us by */
    const struct roster *roster; /* the operator's names; NULL: none */
    struct zones zones;          /* which are not answered here */
    uint32_t local_ttl_s, ipv4only_ttl_s;
    enum settings_aaaa_failure on_aaaa_failure;
    enum settings_reverse reverse;
    bool mark_synthetic;
    uint16_t edns_size;
    enum settings_cookies cookies;
    struct siphash_key cookie_secret;
    unsigned keepalive_100ms; /* of idle TCP connections */
    uint32_t aaaa_wait_ms;
    uint32_t negative_ttl_max_s;
    uint32_t stale_max_s; /* 0: never */
    uint32_t stale_wait_ms;
    bool nxdomain_cut, prefetch;
    const struct list *uncut; /* names for which it does not hold; NULL: none */
    uint32_t generation;      /* no two policies have the same: nothing made by one is given by another */
};

enum query_slot_name { QUERY_MAIN, QUERY_A, QUERY_SLOTS };

struct query_slot {
    bool asked;
    bool done;
    uint8_t *bytes; /* the reply; NULL when there was none */
    size_t len;
};

/* Where a slot's reply is from. */
enum query_source_kind {
    QUERY_FROM_UPSTREAM,
    QUERY_FROM_DATA,    /* kept, and still good */
    QUERY_FROM_DENIED,  /* kept, of this name or one above */
    QUERY_FROM_STALE,   /* kept, and over */
    QUERY_FROM_FAILURE, /* kept: upstreams failed a while ago */
};

struct query_source {
    enum query_source_kind kind;
    uint32_t life_s;               /* for how long what is made of it may be kept; 0: not at all */
    struct addr_endpoint upstream; /* that sent it; port 0: none did */
    uint32_t age_s;                /* of what was kept */
};

/* Whose query it is, and by which way it came. */
struct query_client {
    struct addr addr;
    bool udp;
    bool allowed;   /* may ask at all */
    bool limited;   /* had enough answers by UDP, unless its cookie is valid */
    uint32_t utc_s; /* since 1970: of cookies */
};

struct query {
    const struct query_policy *policy;
    struct query_client client;
    struct counters *counters;
    uint16_t id, flags, type, class;
    struct name question;
    bool has_question;
    bool has_opt;
    bool wants_dnssec; /* DO */
    bool checking_disabled;
    bool has_cookie, cookie_valid; /* valid: it comes from its address indeed */
    uint8_t cookie[COOKIE_LEN];    /* to answer with */
    bool keepalive;                /* it asks how long a connection may be idle */
    size_t limit;                  /* bytes of the largest answer that the client takes */
    bool is_aaaa;                  /* the decision of RFC 6147 5.1 is made */
    bool is_any;                   /* answered by what A says of the name (RFC 8482 4) */
    bool cache_only;               /* RD is 0: nobody is asked */
    bool is_local;                 /* the replies are made from the operator's names */
    bool is_reverse;
    struct name target; /* of a reverse name */
    struct hops hops;   /* through whom it came */
    struct query_slot slot[QUERY_SLOTS];
    bool stale, kept_failure;      /* of what the answer is made */
    bool asked_upstream;           /* and that */
    struct addr_endpoint upstream; /* the last that sent something for it; port 0: none */
    bool a_cut;                    /* no upstream gave A whole; AAAA may do without it */
    bool finished;                 /* it was kept as a whole */
    uint32_t life_s;               /* of the answer */
    bool keep;                     /* it is whole, and may be kept */
    bool refresh;                  /* the finished answer is asked for often, and nearly over */
    unsigned outcome;              /* the last that was counted */
    enum decide_reason decided;
};

/* What the edge has to do; several may be set. */
enum {
    QUERY_DO_SEND = 1, /* the answer is ready: *ret_len bytes in `out` */
    QUERY_DO_ASK_MAIN = 2,
    QUERY_DO_ASK_A = 4,
    QUERY_DO_DROP = 8,  /* no answer at all */
    QUERY_DO_LOOK = 16, /* for a finished answer */
};

/* A query has come. `out` has room for MESSAGE_MAX. `cache` may hold a finished answer; NULL: nothing is
 * kept.
 */
unsigned query_begin(struct query *query, const struct query_policy *policy, struct counters *counters,
                     struct cache *cache, uint64_t now_ns, const uint8_t *bytes, size_t len,
                     const struct query_client *client, uint8_t *out, size_t *ret_len);

/* The same in two parts, for who has several queries at hand: query_read does all that needs no memory beyond
 * the query; if it says QUERY_DO_LOOK, query_look has the rest to say, by a key that the cache may be told to
 * expect. */
unsigned query_read(struct query *query, const struct query_policy *policy, struct counters *counters,
                    const struct cache *cache, const uint8_t *bytes, size_t len,
                    const struct query_client *client, uint8_t *out, size_t *ret_len,
                    struct cache_key *ret_key);
unsigned query_look(struct query *query, struct cache *cache, const struct cache_key *key, uint64_t now_ns,
                    uint8_t *out, size_t *ret_len);

/* AAAA has been silent for policy->aaaa_wait_ms: A may be asked. */
unsigned query_waited(struct query *query);
/* ... and for QUERY_AAAA_PATIENCE_MS: it counts as silent if A makes an answer without it. */
unsigned query_patience(struct query *query, uint8_t *out, size_t *ret_len);

/* Where the reply is from that query_response brings next. */
void query_from(struct query *query, const struct query_source *source);

/* The reply of an upstream to a slot: a parsed and matching message (ownership of the malloc'ed bytes goes to
 * the query), or NULL when no upstream answered. */
unsigned query_response(struct query *query, enum query_slot_name slot, uint8_t *bytes, size_t len,
                        uint8_t *out, size_t *ret_len);

/* What no upstream gave whole, not even by TCP, is not used: the client may try for itself. */
unsigned query_cut(struct query *query, uint8_t *out, size_t *ret_len);

/* A query that may not go to upstreams, of which nothing is known. */
unsigned query_unknown(struct query *query, uint8_t *out, size_t *ret_len);

/* Name and type of a slot's question, to check replies by. */
void query_asked(const struct query *query, enum query_slot_name slot, struct name *ret_name,
                 uint16_t *ret_type);

/* In what this query differs from others with the same question: DO, CD, AD as cache keys have them. */
unsigned query_cache_flags(const struct query *query);

/* Counts what became of it. */
void query_count(struct query *query, enum outcome outcome);

void query_done(struct query *query);

#endif
