/*
 * A question as it goes to an upstream, and whether a reply answers it.
 *
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 5452 9.1, RFC 6891 6.2.3, RFC 7873 5.1, RFC 5625 6
 * Fuzz: fuzz_dns_reply
 *
 * Address and port are the connected socket's to check.
 */
#ifndef GATE64_DNS64_UPSTREAM_ASK_H
#define GATE64_DNS64_UPSTREAM_ASK_H

#include "dns64/upstream/client_cookie.h"
#include "dns64/upstream/hops.h"

enum {
    ASK_MAX = 512, /* header, longest name, OPT with all options */
};

struct ask {
    struct name name; /* in the letters that are sent */
    uint16_t type, class;
    uint16_t flags; /* CD and AD, as the client had them */
    bool dnssec;    /* DO */
    bool mixed;     /* the letters are ours: a reply must have them (0x20) */
    uint16_t edns_size;
    uint64_t own_hop; /* what we are known by among dns64 */
    struct hops hops; /* through whom it came */
};

/* Letters large or small by chance; `bits` has one for each byte of a name. */
void ask_mix_case(struct name *name, const uint8_t bits[NAME_MAX_LEN / 8 + 1]);

/* `cookie` NULL: without one. Returns the length. */
size_t ask_write(const struct ask *ask, uint16_t id, bool edns, const struct client_cookie *cookie,
                 uint8_t out[ASK_MAX]);

enum ask_verdict {
    ASK_ANSWERED,
    ASK_WRONG,     /* not an answer to this */
    ASK_CASE,      /* but for the letters it would be */
    ASK_NOT_KNOWN, /* a server that did not read as far as the question: FORMERR or NOTIMP, without it */
};

enum ask_verdict ask_check(const struct ask *ask, uint16_t id, const struct message *reply);

#endif
