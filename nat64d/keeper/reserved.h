/*
 * The host's reserved ports (net.ipv4.ip_local_reserved_ports), of which some are ours.
 *
 * Layer: edge
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports)
 *
 * The kernel picks no reserved port for a socket that asks for any; an explicit bind is not stopped.
 */
#ifndef GATE64_NAT64D_KEEPER_RESERVED_H
#define GATE64_NAT64D_KEEPER_RESERVED_H

#include "nat64d/keeper/port_set.h"

int reserved_read(struct port_set *ret_set) __attribute__((warn_unused_result));
int reserved_add(const struct port_set *ports) __attribute__((warn_unused_result));
int reserved_drop(const struct port_set *ports) __attribute__((warn_unused_result));

#endif
