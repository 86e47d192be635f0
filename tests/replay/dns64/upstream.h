/*
 * A resolver that is none: sockets of one address, UDP and TCP, in the same loop as what is tested. What it
 * answers is its owner's to say.
 *
 * Layer: test
 * Specification: RFC 1035 4.2
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_UPSTREAM_H
#define GATE64_TESTS_REPLAY_DNS64_UPSTREAM_H

#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UPSTREAM_PORT = 53,
    UPSTREAM_MESSAGE = 65535,
};

struct upstream;
struct upstream_connection;

/* Where an answer goes. A connection may be gone by then; its number says so. */
struct upstream_asker {
    struct upstream *upstream;
    bool tcp;
    struct sockaddr_in6 address;
    uint64_t connection;
};

typedef void upstream_asked(void *context, const struct upstream_asker *asker, const uint8_t *bytes,
                            size_t len);

/* From which socket a datagram comes. */
enum upstream_from { UPSTREAM_FROM_RIGHT, UPSTREAM_FROM_OTHER_PORT, UPSTREAM_FROM_OTHER_ADDRESS };

/* Aborts if the sockets cannot be had. */
struct upstream *upstream_new(struct event_base *base, const char *address, upstream_asked *asked,
                              void *context);
void upstream_free(struct upstream *upstream);

/* The host is up, but nothing listens any more; and again. */
void upstream_kill(struct upstream *upstream);
void upstream_revive(struct upstream *upstream);

/* After `delay_ms`, 0: at once. */
void upstream_send(const struct upstream_asker *asker, enum upstream_from from, const uint8_t *bytes,
                   size_t len, uint64_t delay_ms);
/* On its connection: the bytes as they are, without a length before them. */
void upstream_send_raw(const struct upstream_asker *asker, const uint8_t *bytes, size_t len,
                       uint64_t delay_ms);
void upstream_close(const struct upstream_asker *asker);

/* Accepted so far. */
unsigned upstream_connections(const struct upstream *upstream);

#endif
