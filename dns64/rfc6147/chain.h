/*
 * What an upstream's reply says about the name that was asked: the alias chain, and what stands at its end.
 *
 * Layer: pure
 * Specification: RFC 6147 5.1.1 - 5.1.5, RFC 6604 (RCODE of a chain), RFC 1034 3.6.2
 *
 * Only records on the chain from the question count; others in the reply are neither used nor passed on in
 * an answer that we assemble.
 */
#ifndef GATE64_DNS64_RFC6147_CHAIN_H
#define GATE64_DNS64_RFC6147_CHAIN_H

#include "common/addr.h"
#include "dns64/rfc6147/decide.h"
#include "dns64/wire/message.h"

enum {
    CHAIN_MAX = 16,          /* links: a longer chain is a failure */
    CHAIN_ALIASES_MAX = 128, /* records of aliases and their signatures: no chain has more */
};

/* AAAA records that are not taken as they are; all zero: none. */
struct chain_filter {
    const struct addr_prefix6 *excluded; /* never sent */
    size_t excluded_count;
    const struct addr_prefix6 *images; /* NAT64 prefixes: another DNS64 may have made them */
    size_t images_count;
};

struct chain {
    struct name names[CHAIN_MAX + 1]; /* the question, then each target */
    unsigned links;
    unsigned records; /* of the type that was asked, at the end */
    unsigned counted; /* of these, neither excluded nor images */
    unsigned images;  /* of these, not excluded */
    uint32_t ttl;     /* the least of those records */
    bool has_soa;
    uint32_t soa_ttl; /* in the authority section */
    bool broken;      /* loops, or is too long */
};

/* Follows the chain for `type`, whose records at its end are counted. */
void chain_follow(const struct message *message, const struct name *question, uint16_t type,
                  const struct chain_filter *filter, struct chain *ret_chain);

/* The outcome that decide() knows it as. */
enum decide_outcome chain_outcome(const struct message *message, const struct chain *chain);

enum chain_kind { CHAIN_COUNTS, CHAIN_EXCLUDED, CHAIN_IMAGE };

/* What an AAAA record is by its address; what is no AAAA record counts. */
enum chain_kind chain_kind(const struct message *message, const struct message_record *record,
                           const struct chain_filter *filter);

/* Whether signatures stand beside the records of this type at the chain's end. */
bool chain_is_signed(const struct chain *chain, const struct message *message, uint16_t type);

/* Whether a record of the answer section belongs to the chain's aliases (CNAME, DNAME, and their signatures).
 */
bool chain_holds_alias(const struct chain *chain, const struct message *message,
                       const struct message_record *record);
/* Whether it is owned by a name of the chain, or is a DNAME that led on: what else an upstream puts into its
 * answer section belongs to nobody's question. */
bool chain_holds(const struct chain *chain, const struct message *message,
                 const struct message_record *record);
/* Whether it is owned by the chain's end. */
bool chain_ends_at(const struct chain *chain, const struct message *message,
                   const struct message_record *record);

#endif
