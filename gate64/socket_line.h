/*
 * A line of the kernel's lists of sockets.
 *
 * Layer: pure
 * Specification: proc(5): /proc/net/tcp, tcp6, udp, udp6
 * Fuzz: fuzz_host_text
 */
#ifndef GATE64_GATE64_SOCKET_LINE_H
#define GATE64_GATE64_SOCKET_LINE_H

#include "common/addr.h"

struct socket_line {
    bool tcp;
    struct addr addr; /* an IPv4 address that is mapped into IPv6 is an IPv4 one here */
    uint16_t port;
    bool serves; /* listens, or takes datagrams from anybody */
    uint64_t inode;
};

/* `family` and `tcp` say which list it is. False: no socket stands there, as in the first line. */
bool socket_line_parse(const char *line, int family, bool tcp, struct socket_line *ret_socket);

#endif
