/*
 * A DNS question and what its answer says, for gate64 dns selftest: no more of the protocol than that takes.
 *
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1, RFC 6147 5.3.1 (names of addresses)
 * Fuzz: fuzz_question
 *
 * Written without dns64's own reader, so that the two do not share a mistake.
 */
#ifndef GATE64_GATE64_QUESTION_H
#define GATE64_GATE64_QUESTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUESTION_LEN = 300,
    QUESTION_NAME_LEN = 255,
    QUESTION_RECORDS = 64, /* of an answer that are looked at */

    QUESTION_RD = 0x0100,
    QUESTION_CD = 0x0010,
    QUESTION_NO_EDNS = -1,

    QUESTION_A = 1,
    QUESTION_SOA = 6,
    QUESTION_PTR = 12,
    QUESTION_TXT = 16,
    QUESTION_AAAA = 28,

    QUESTION_NOERROR = 0,
    QUESTION_NXDOMAIN = 3,
    QUESTION_NOTIMP = 4,
    QUESTION_BADVERS = 16,
};

struct question {
    const char *name; /* with dots */
    uint16_t type;
    uint16_t flags; /* with the opcode */
    int edns;       /* its version, or QUESTION_NO_EDNS */
};

/* The message; its length, or 0 if the name is none. */
size_t question_build(const struct question *question, uint16_t id, uint8_t bytes[QUESTION_LEN]);

struct question_record {
    uint16_t type;
    union {
        uint32_t v4; /* of A, host order */
        struct in6_addr v6;
        uint8_t name[QUESTION_NAME_LEN + 1]; /* of PTR: on the wire, without compression */
    } data;
};

struct question_answer {
    uint16_t flags;
    unsigned rcode; /* with EDNS's upper bits */
    bool has_opt;
    uint8_t opt_version;
    bool has_soa; /* in the authority section */
    size_t count; /* records of the answer section: A, AAAA and PTR as `records`, all others counted alone */
    size_t others;
    struct question_record records[QUESTION_RECORDS];
};

/* False: no whole answer to this question. */
bool question_read(const uint8_t *bytes, size_t len, const uint8_t *question, size_t question_len,
                   struct question_answer *ret_answer);

enum {
    QUESTION_REVERSE_LEN = 80,
};
/* "1.0. ... .ip6.arpa". */
void question_reverse(const struct in6_addr *address, char name[QUESTION_REVERSE_LEN]);

#endif
