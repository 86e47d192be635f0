/*
 * A question of a client, from a socket of its own, and what came back.
 *
 * Layer: test
 * Specification: RFC 1035 4.2, RFC 6891 6.1
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_CLIENT_H
#define GATE64_TESTS_REPLAY_DNS64_CLIENT_H

#include <event2/event.h>

#include "tests/replay/dns64/text.h"

struct client_question {
    const char *name;
    ldns_rr_type type;
    ldns_rr_class class;
    bool dnssec_ok, checking_disabled, authentic, recursion, edns, tcp;
    uint16_t size; /* that EDNS tells */
};

struct client {
    struct client_question question;
    uint64_t asked_ms, answered_ms;
    unsigned answers;
    uint8_t *answer; /* the first */
    size_t answer_len;
    uint8_t *query;
    size_t query_len;
    int fd;
    struct event *event;
    uint8_t *stream; /* over TCP */
    size_t stream_len;
};

/* Sends it at once. Aborts if there are no sockets. */
struct client *client_new(struct event_base *base, const char *address,
                          const struct client_question *question);
void client_free(struct client *client);
/* For gateway_run. */
bool client_answered(const void *client);

#endif
