/*
 * Sockets of the DNS server: listeners, and connections to upstreams.
 *
 * Layer: edge
 * Specification: RFC 5452 9.2 (random ports), ipv6(7) IPV6_V6ONLY and IPV6_RECVPKTINFO
 *
 * All are non-blocking; each returns a descriptor or negative errno.
 */
#ifndef GATE64_DNS64_EDGE_SOCKET_H
#define GATE64_DNS64_EDGE_SOCKET_H

#include <sys/socket.h>

#include "common/addr.h"
#include "common/random.h"

int socket_listen_udp(const struct addr_endpoint *at);
int socket_listen_tcp(const struct addr_endpoint *at);
/* Whether each datagram says which address and interface of this host it came to. It does from the start if
 * the socket is bound to no address. */
int socket_tell_arrival(int fd, uint8_t family, bool on);
/* From a random port above 1023. */
int socket_connect_udp(const struct addr_endpoint *to, struct random *random);

/* The interface that an accepted connection came in by; 0: not known. */
uint32_t socket_interface(int fd);
/* Small answers do not wait for each other (RFC 7766 8). */
void socket_no_delay(int fd);

#endif
