/*
 * Reads links, addresses and routes from the kernel into a snapshot.
 *
 * Layer: edge
 * Specification: rtnetlink(7) through libmnl
 */
#ifndef GATE64_COMMON_LINKS_NETLINK_H
#define GATE64_COMMON_LINKS_NETLINK_H

#include "common/links.h"

/* Fills the arrays of a zeroed snapshot, interface `except` (may be NULL) left out; the caller frees them,
 * also after an error. 0 or negative errno. */
int links_netlink_dump(struct links *links, const char *except) __attribute__((warn_unused_result));

#endif
