/*
 * A model of a stateful NAT64: the tables and steps of RFC 6146 in their plainest form, written from its text
 * and sharing nothing with the product but names of states. Learns from its caller which external ports were
 * chosen. Time in seconds.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 - 3.8; RFC 4787; RFC 5382; RFC 5508; RFC 7857 2
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_RFC6146_MODEL_H
#define GATE64_TESTS_UNIT_NAT64D_RFC6146_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "nat64d/rfc6146/tcp_state.h"

enum {
    MODEL_BINDINGS = 32, /* a protocol */
    MODEL_HOSTS = 3,
    MODEL_REMOTES = 4, /* the last is the pool: hairpins */
    MODEL_POOL = MODEL_REMOTES - 1,
    MODEL_FIN = 1,
    MODEL_SYN = 2,
    MODEL_RST = 4,
    MODEL_ESTABLISHED_S = 7200, /* the longest lifetime */
};

enum model_proto { MODEL_TCP, MODEL_UDP, MODEL_ICMP, MODEL_PROTOS };

/* One packet, in the letters of RFC 6146 3.4. Of ICMP z is 0, and x or t the identifier. */
struct model_event {
    enum model_proto proto;
    bool from6, reply;
    bool stray; /* outside the window of its connection */
    int host, remote;
    unsigned x, t, z, flags;
};

/* What becomes of it. */
struct model_outcome {
    bool passes;
    int family;
    int host, remote; /* receiver and sender */
    unsigned source_port, destination_port;
};

/* A static binding of TCP from the start; filtering by address but for the protocols of the mask. */
void model_init(uint64_t now_s, unsigned independent, int host, unsigned x, unsigned t);

/* `chosen` is the external port of a packet that left for IPv4: new bindings take it, and that it was free is
 * asserted. */
struct model_outcome model_from6(const struct model_event *event, unsigned chosen);
struct model_outcome model_from4(const struct model_event *event);

/* Time goes on by that and, so that no end of a lifetime is within a second, more; the new time. */
uint64_t model_pass(uint64_t seconds);
/* What has ended by now goes; the number of packets that this brings. */
unsigned model_expire(void);

bool model_is_bound(enum model_proto proto, int host, unsigned x);
bool model_is_established(const struct model_event *event);
/* The external port of the binding in that place, of the one that was there, or 0. */
unsigned model_port(enum model_proto proto, unsigned place);
unsigned model_bindings_count(enum model_proto proto);
unsigned model_sessions_count(enum model_proto proto);

#endif
