/*
 * Which ports of a shared address programs of the host have bound.
 *
 * Layer: edge
 * Specification: sock_diag(7)
 */
#ifndef GATE64_NAT64D_EDGE_PORTS_H
#define GATE64_NAT64D_EDGE_PORTS_H

#include "nat64d/rfc6146/steps.h"

/* Asks the kernel for every TCP and UDP socket on each shared address or on the wildcard, of both families,
 * and marks their ports as the host's. Negative errno: the marks stay as they were. */
int ports_look(const struct steps_shared *shared) __attribute__((warn_unused_result));

#endif
