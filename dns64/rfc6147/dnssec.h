/*
 * What a client gets of DNSSEC by the flags of its query, as a DNS64 that does not validate gives it.
 *
 * Layer: pure
 * Specification: RFC 6147 3 and 5.5, RFC 4035 3.2, RFC 6840 5.7 and 5.8
 */
#ifndef GATE64_DNS64_RFC6147_DNSSEC_H
#define GATE64_DNS64_RFC6147_DNSSEC_H

#include <stdbool.h>
#include <stdint.h>

struct dnssec_client {
    uint16_t type;     /* that was asked for */
    bool wants_dnssec; /* DO */
    bool knows_ad;     /* AD in the query: "I understand it" */
    bool by_dns64;     /* the answer is one that RFC 6147 5 is about */
};

/* Whether a record of this type may stand in the answer: proofs and signatures are for who wants them, or
 * asked for that very type. */
bool dnssec_keeps(const struct dnssec_client *client, uint16_t record_type);

/* Whether AD is set: `secure` says that a resolver that is trusted said so, `touched` that we left something
 * out or put something in, for which nobody can vouch. */
bool dnssec_says_ad(const struct dnssec_client *client, bool secure, bool touched);

#endif
