/*
 * EDNS: what the OPT record of a query asks for, and the options of our answers to it.
 *
 * Layer: pure
 * Specification: RFC 6891 6.1.2, RFC 7828 3, RFC 7873 4, RFC 8914 2
 * Fuzz: fuzz_dns_edns
 *
 * OPT is between two neighbours: nothing of it is kept for others or passed on (RFC 6891 6.2.6), but for the
 * extended errors, which say of a name what is true for all who ask.
 */
#ifndef GATE64_DNS64_WIRE_EDNS_H
#define GATE64_DNS64_WIRE_EDNS_H

#include "dns64/wire/message.h"

enum {
    EDNS_COOKIE = 10,
    EDNS_TCP_KEEPALIVE = 11,
    EDNS_EDE = 15,

    EDNS_COOKIE_CLIENT = 8, /* RFC 7873 4: a client's alone, or with 8 to 32 of a server */
    EDNS_COOKIE_MIN = 16,
    EDNS_COOKIE_MAX = 40,
    EDNS_TEXT_MAX = 64, /* of an extended error; RFC 8914 3: short */
    EDNS_ROOM = 256,    /* for the options of one answer */
    EDNS_OPT_FIXED = 11,
};

/* RFC 8914 5.2 and its registry. */
enum edns_error {
    EDNS_OTHER = 0,
    EDNS_STALE = 3,
    EDNS_CACHED_ERROR = 13,
    EDNS_BLOCKED = 15,
    EDNS_FILTERED = 17,
    EDNS_PROHIBITED = 18,
    EDNS_STALE_NXDOMAIN = 19,
    EDNS_NOT_AUTHORITATIVE = 20,
    EDNS_NOT_SUPPORTED = 21,
    EDNS_NO_AUTHORITY = 22,
    EDNS_NETWORK_ERROR = 23,
    EDNS_SYNTHESIZED = 29,
};

struct edns_option {
    uint16_t code, len;
    const uint8_t *bytes;
};

struct edns_walk {
    const uint8_t *at;
    size_t left;
};

/* Over the options of a message that parsed; there are none if it has no OPT. */
void edns_walk_init(struct edns_walk *walk, const struct message *message);
bool edns_walk_next(struct edns_walk *walk, struct edns_option *ret_option);

/* What a query asks for; of several options of a kind the first counts. */
struct edns_query {
    uint8_t cookie[EDNS_COOKIE_MAX];
    uint8_t cookie_len; /* 0: there is none */
    bool keepalive;
};

/* False: an option has a length that its RFC does not allow. What is unknown is passed over (RFC 6891
 * 6.1.2), and keepalive by UDP as well (RFC 7828 3.2.2). */
bool edns_query_read(const struct message *message, bool udp, struct edns_query *ret_query);

/* Options as they stand in OPT, one behind the other; what has no room is left out. */
struct edns_options {
    uint16_t len;
    uint8_t bytes[EDNS_ROOM];
};

void edns_put(struct edns_options *options, uint16_t code, const void *bytes, size_t len);
/* An extended error, once for each code; `text` may be NULL. */
void edns_put_error(struct edns_options *options, enum edns_error code, const char *text);
/* The extended errors of an upstream's reply, named as its: all but 29, as what is synthetic is ours. */
void edns_put_errors_of(struct edns_options *options, const struct message *upstream);
/* RFC 7828 3.1: until an idle connection is closed, in units of 100 ms. */
void edns_put_keepalive(struct edns_options *options, unsigned timeout_100ms);

/* OPT with these options, the last record of an answer. */
void edns_add(struct message_writer *writer, uint16_t size, unsigned rcode, uint16_t flags,
              const struct edns_options *first, const struct edns_options *second);

/* More options at the end of a finished message, which ends with its OPT at `opt_at`. Returns the length. */
size_t edns_append(uint8_t *bytes, size_t len, size_t opt_at, const struct edns_options *options);
/* The same, undone. */
size_t edns_remove(uint8_t *bytes, size_t len, size_t opt_at, const struct edns_options *options);

#endif
