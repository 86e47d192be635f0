/*
 * The answers that a query can get, as bytes for its client: header by role, EDNS only to those who speak it,
 * cut to the client's size.
 *
 * Layer: path
 * Specification: RFC 1035 4.1, RFC 6891 6 and 7, RFC 6147 5.4, RFC 8914
 * Fuzz: fuzz_dns_reply
 *
 * `out` has room for MESSAGE_MAX; each returns the length.
 */
#ifndef GATE64_DNS64_QUERY_REPLY_H
#define GATE64_DNS64_QUERY_REPLY_H

#include "dns64/query/query.h"

enum {
    REPLY_REVERSE_TTL = 600, /* of a reverse name's CNAME: as RFC 6147 5.1.7 bounds what it does not know */
    REPLY_NO_EDE = -1,       /* else an edns_error */
};

/* What this client alone gets in OPT: its cookie, and how long its connection may be idle. */
void reply_options(const struct query *query, struct edns_options *ret_options);

/* Nothing but TC: the client may try by TCP. */
size_t reply_cut(const struct query *query, uint8_t *out);
size_t reply_error(const struct query *query, unsigned rcode, int ede, uint8_t *out);
/* ANY by UDP, from the reply for A: the alias of the name, or a record that says no more than that there is a
 * name; its absence and failures as they are (RFC 8482 4.2). */
size_t reply_any(const struct query *query, const struct message *a, uint8_t *out);
/* SERVFAIL; `said` is the reply that failed, with its own reasons, or NULL when there was none. */
size_t reply_failed(const struct query *query, int ede, const struct message *said, uint8_t *out);

/* Fills the sections of an answer of our own and returns its RCODE. */
typedef enum message_rcode reply_fill(const struct query *query, const void *context,
                                      struct message_writer *writer);
/* Authoritative, with what `fill` puts into it. */
size_t reply_own(const struct query *query, reply_fill *fill, const void *context, uint8_t *out);
/* The upstream's reply as it is, without what stands beside the chain; EDNS is the client's. */
size_t reply_pass(const struct query *query, const struct message *message, const struct chain *chain,
                  uint8_t *out);
/* The AAAA reply with its chain, with the records that the decision leaves, without strange ones. */
size_t reply_aaaa(const struct query *query, const struct message *message, const struct chain *chain,
                  const struct decide_result *result, uint8_t *out);
/* An A reply without its A records. */
size_t reply_hidden(const struct query *query, const struct message *message, const struct chain *chain,
                    uint8_t *out);
/* The A reply as the base of a negative answer. */
size_t reply_negative(const struct query *query, const struct message *a, const struct chain *chain,
                      uint8_t *out);
size_t reply_synthetic(const struct query *query, const struct message *a, const struct chain *chain,
                       uint32_t ttl, uint8_t *out);
/* CNAME to the in-addr.arpa name, and what the upstream says of that. */
size_t reply_reverse(const struct query *query, const struct message *message, const struct chain *chain,
                     uint8_t *out);

#endif
