/*
 * Layer: edge
 * Specification: RFC 5452 9.2
 */
#include "dns64/edge/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "common/sockaddr.h"

enum {
    BACKLOG = 4096,
    PACKET_OPTIONS_LEN = 256,
    PORT_FIRST = 1024, /* RFC 5452 9.2: the largest range */
    PORT_TRIES = 10,
    DRAIN_MAX = 1024,         /* more than a buffer holds */
    HOP_LIMIT = 64,           /* what the kernel has for all interfaces unless it is told otherwise */
    RECEIVE_BUFFER = 1 << 20, /* bursts of questions */
};

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int socket_tell_arrival(int fd, uint8_t family, bool on)
{
    return family == AF_INET6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on)
                              : set(fd, IPPROTO_IP, IP_PKTINFO, on);
}

/* Answers are not cut into fragments on the way, nor made smaller by what outsiders say of the path; no flow
 * label is made of each client's address and port, and no hop limit looked up for it. */
static int set_datagram_options(int fd, const struct addr_endpoint *at)
{
    int r;
    if (at->addr.family == AF_INET)
        return set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    r = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    if (r == 0)
        r = set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
    if (r == 0)
        r = set(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
    return r < 0 ? r : set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT);
}

/* Several threads share the port; the kernel spreads clients over them. */
static int set_listen_options(int fd, const struct addr_endpoint *at, int type)
{
    int r = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (r == 0 && type == SOCK_STREAM)
        r = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (r == 0 && at->addr.family == AF_INET6)
        r = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (r == 0 && (type == SOCK_STREAM || addr_is_any(&at->addr)))
        r = socket_tell_arrival(fd, at->addr.family, true);
    if (r < 0 || type == SOCK_STREAM)
        return r;
    return set_datagram_options(fd, at);
}

static int listen_on(const struct addr_endpoint *at, int type)
{
    struct sockaddr_storage address;
    socklen_t len = sockaddr_of(at, &address);
    int size = RECEIVE_BUFFER;
    int fd = socket(at->addr.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = set_listen_options(fd, at, type);
    if (r == 0 && bind(fd, (struct sockaddr *)&address, len) < 0)
        r = -errno;
    if (r == 0 && type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        return r;
    }
    if (type == SOCK_DGRAM)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)); /* less will do */
    return fd;
}

uint32_t socket_interface(int fd)
{
    _Alignas(struct cmsghdr) uint8_t control[PACKET_OPTIONS_LEN];
    socklen_t len = sizeof(control);
    if (getsockopt(fd, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, control, &len) < 0) {
        len = sizeof(control);
        if (getsockopt(fd, IPPROTO_IP, IP_PKTOPTIONS, control, &len) < 0)
            return 0;
    }
    struct msghdr message = {.msg_control = control, .msg_controllen = len};
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL)
        return 0;
    if (header->cmsg_level == IPPROTO_IP)
        return (uint32_t)((const struct in_pktinfo *)CMSG_DATA(header))->ipi_ifindex;
    return ((const struct in6_pktinfo *)CMSG_DATA(header))->ipi6_ifindex;
}

void socket_no_delay(int fd)
{
    static const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* else they do wait */
}

int socket_listen_udp(const struct addr_endpoint *at)
{
    return listen_on(at, SOCK_DGRAM);
}

int socket_listen_tcp(const struct addr_endpoint *at)
{
    return listen_on(at, SOCK_STREAM);
}

/* A port that nobody can guess; the kernel chooses when all tries are taken. */
static void bind_random(int fd, uint8_t family, struct random *random)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        struct addr_endpoint from = {.addr = {.family = family}};
        struct sockaddr_storage address;
        uint16_t port = random_16(random);
        if (port < PORT_FIRST)
            continue;
        from.port = port;
        socklen_t len = sockaddr_of(&from, &address);
        if (bind(fd, (struct sockaddr *)&address, len) == 0)
            return;
    }
}

/* What came to the port between bind() and connect() may be anybody's. */
static void drain(int fd)
{
    char byte;
    for (unsigned i = 0; i < DRAIN_MAX && recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0; i++)
        continue;
}

int socket_connect_udp(const struct addr_endpoint *to, struct random *random)
{
    struct sockaddr_storage address;
    socklen_t len = sockaddr_of(to, &address);
    int fd = socket(to->addr.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    bind_random(fd, to->addr.family, random);
    if (connect(fd, (struct sockaddr *)&address, len) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    drain(fd);
    return fd;
}
