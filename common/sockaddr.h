/*
 * Addresses as the kernel takes them.
 *
 * Layer: pure
 * Specification: ip(7), ipv6(7)
 */
#ifndef GATE64_COMMON_SOCKADDR_H
#define GATE64_COMMON_SOCKADDR_H

#include <sys/socket.h>

#include "common/addr.h"

/* Returns how much of it is used. */
socklen_t sockaddr_of(const struct addr_endpoint *endpoint, struct sockaddr_storage *ret_address);
/* The address without its port; AF_INET or AF_INET6. */
struct addr sockaddr_addr(const struct sockaddr *address);

#endif
