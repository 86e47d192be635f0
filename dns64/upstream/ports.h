/*
 * UDP to one upstream: connected sockets on ports by chance, each for a few questions and a short while.
 *
 * Layer: edge
 * Specification: RFC 5452 9.2 and 10 (ports, IDs), RFC 8085 5.1
 *
 * A port that nobody knows is worth as much for many questions as for one, as long as nobody can find it out:
 * so sockets are few and cheap, a question takes one of them by chance, and each is replaced after PORTS_USES
 * questions, PORTS_LIFE_MS, or some replies that match nothing. The whole range above 1023 is any thread's.
 * IDs are by chance and never used twice on a socket, so a late reply is nobody else's answer.
 */
#ifndef GATE64_DNS64_UPSTREAM_PORTS_H
#define GATE64_DNS64_UPSTREAM_PORTS_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "common/counters.h"
#include "common/random.h"
#include "dns64/upstream/choice.h"

enum {
    PORTS_OPEN = 16, /* at once, besides those that only wait for replies */
    PORTS_USES = 64,
    PORTS_LIFE_MS = 5000,
    PORTS_STRANGE_MAX = 8, /* replies that match nothing */
    /* Sockets of one thread, to all upstreams: each may be replaced while it still waits. */
    PORTS_MAX = 2 * ROUTE_UPSTREAMS_MAX * PORTS_OPEN,
    PORTS_BATCH = 16,
    PORTS_DATAGRAM = 4096, /* more than is asked for */
};

struct ports_socket;
struct ports;
struct resolver;

/* One thread's, for all upstreams. */
struct ports_shared {
    struct event_base *base;
    struct random *random;
    struct counters *counters;
    unsigned open;
    uint8_t buffers[PORTS_BATCH][PORTS_DATAGRAM];
};

/* Who asked: where replies go. `bytes` is NULL when the upstream's host says that nobody is there. It may
 * free the question, or ask others. */
typedef void ports_reply(void *question, unsigned send, uint16_t id, const uint8_t *bytes, size_t len);

struct ports {
    struct ports_shared *shared;
    struct resolver *owner; /* held while replies are given out */
    const struct addr_endpoint *to;
    ports_reply *reply;
    struct choice_upstream *learned; /* its cookie is renewed when our own address is another one */
    struct addr from;
    struct ports_socket *current[PORTS_OPEN];
    struct ports_socket *first; /* of all */
};

/* A question under way; `socket` NULL: none. */
struct ports_ticket {
    struct ports_socket *socket;
    unsigned index;
};

void ports_init(struct ports *ports, struct ports_shared *shared, const struct addr_endpoint *to,
                struct choice_upstream *learned, ports_reply *reply);
void ports_done(struct ports *ports);

/* A socket and an ID for a question: then it may be written, and sent. */
int ports_take(struct ports *ports, uint64_t now_ns, void *question, unsigned send,
               struct ports_ticket *ret_ticket, uint16_t *ret_id) __attribute__((warn_unused_result));
int ports_send(const struct ports_ticket *ticket, const uint8_t *bytes, size_t len)
    __attribute__((warn_unused_result));
/* No reply is wanted any more. Accepts a ticket of none. */
void ports_release(struct ports_ticket *ticket);

#endif
