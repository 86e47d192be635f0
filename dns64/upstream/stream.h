/*
 * TCP and TLS to one upstream: few connections, kept, with many questions under way on each.
 *
 * Layer: edge
 * Specification: RFC 7766 6 and 7, RFC 7858 3
 *
 * Answers come in any order and are told apart by their ID, which no two questions under way on a connection
 * share. What a peer left unanswered when it closed is asked again elsewhere by who asked here.
 */
#ifndef GATE64_DNS64_UPSTREAM_STREAM_H
#define GATE64_DNS64_UPSTREAM_STREAM_H

#include <event2/event.h>

#include "common/addr.h"
#include "common/random.h"
#include "dns64/upstream/tls.h"

enum {
    STREAMS_MAX = 4,          /* to one upstream, of one thread (RFC 7766 6.2.2: few) */
    STREAM_QUESTIONS = 1024,  /* under way on one: names that nobody answers do not soon fill it */
    STREAM_CONNECT_MS = 5000, /* until it must stand */
    STREAM_IDLE_MS = 10000,
    STREAM_IDLE_TLS_MS = 30000, /* which costs more to make */
};

struct stream;
struct streams;
struct resolver;

/* As for ports; `bytes` NULL: it broke off. `served`: others had answers of the same connection before. */
typedef void stream_reply(void *question, unsigned send, uint16_t id, const uint8_t *bytes, size_t len,
                          bool served);

struct streams {
    struct resolver *owner; /* held while replies are given out */
    struct event_base *base;
    struct random *random;
    const struct addr_endpoint *to;
    struct tls_client *tls; /* NULL: TCP */
    struct choice_upstream *learned;
    stream_reply *reply;
    struct stream *first;
    unsigned count;
};

struct stream_ticket {
    struct stream *stream; /* NULL: none */
    unsigned index;
};

void streams_init(struct streams *streams, struct event_base *base, struct random *random,
                  const struct addr_endpoint *to, struct tls_client *tls, struct choice_upstream *learned,
                  stream_reply *reply);
/* Closes all; nobody is told. */
void streams_done(struct streams *streams);

/* A place on a connection that stands or is being made. -EMFILE: all are full;
 * another error of connect(): no way there. */
int stream_take(struct streams *streams, void *question, unsigned send, struct stream_ticket *ret_ticket,
                uint16_t *ret_id) __attribute__((warn_unused_result));
int stream_send(const struct stream_ticket *ticket, const uint8_t *bytes, size_t len)
    __attribute__((warn_unused_result));
/* No reply is wanted any more. `silent`: it was waited for in vain. Accepts a ticket of none. */
void stream_release(struct stream_ticket *ticket, bool silent);

#endif
