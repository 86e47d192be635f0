/*
 * The nameservers of this host, for when no upstream is configured.
 *
 * Layer: edge
 * Specification: resolv.conf(5)
 */
#ifndef GATE64_DNS64_EDGE_RESOLV_H
#define GATE64_DNS64_EDGE_RESOLV_H

#include "common/links.h"

/* Fills at most `room` endpoints from `path`, leaving out this host's own addresses and loopback addresses
 * that we listen on (never ourselves). Returns how many. */
size_t resolv_read(const char *path, const struct links *links, const struct addr_endpoint *listen,
                   size_t listen_count, struct addr_endpoint *endpoints, size_t room);

#endif
