/*
 * Sets of ports: merge, subtract, and the kernel's text form of them.
 *
 * Layer: pure
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports)
 * Fuzz: fuzz_host_text
 *
 * One bit a port, so that overlapping, unsorted and adjacent ranges need no thought.
 */
#ifndef GATE64_NAT64D_KEEPER_PORT_SET_H
#define GATE64_NAT64D_KEEPER_PORT_SET_H

#include "common/addr.h"

enum {
    PORT_SET_PORTS = 65536,
    PORT_SET_TEXT_LEN = PORT_SET_PORTS / 2 * 6 + 2, /* every second port by itself, line feed, NUL */
};

struct port_set {
    uint64_t bits[PORT_SET_PORTS / 64];
};

void port_set_add(struct port_set *set, const struct addr_port_range *range);
void port_set_merge(struct port_set *set, const struct port_set *other);
void port_set_subtract(struct port_set *set, const struct port_set *other);
bool port_set_has(const struct port_set *set, uint16_t port);
bool port_set_equal(const struct port_set *a, const struct port_set *b);

/* The first whole range that begins at `from` (0..65536) or later; false if there is none. */
bool port_set_next(const struct port_set *set, uint32_t from, struct addr_port_range *ret_range);

/* `1-3,7`, a line feed may follow; nothing is the empty set. -EINVAL for anything else. */
int port_set_parse(const char *text, struct port_set *ret_set);

/* Ends in a line feed; returns `buffer`. */
char *port_set_print(const struct port_set *set, char buffer[PORT_SET_TEXT_LEN]);

#endif
