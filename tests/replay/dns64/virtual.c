/*
 * Layer: test
 * Specification: clock_gettime(2), epoll_wait(2), netdevice(7), user_namespaces(7)
 */
#include "tests/replay/dns64/virtual.h"
#include "common/time_units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    START_S = 1000000000, /* in UTC, the year 2001 */
    ROUNDS = 3,           /* SYN, its answer, the answer to that: each goes through the queue */
    ARRIVAL_MS = 10000,   /* real time; it takes microseconds */
    WHOLE_ADDRESS = 128,
    ADDRESS_TRIES = 50000, /* 5 s */
};

static uint64_t now_ns = (uint64_t)START_S * NS_PER_S;
static int barrier = -1;

static void stop(const char *what)
{
    fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
    abort();
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    (void)id;
    time->tv_sec = (time_t)(now_ns / NS_PER_S);
    time->tv_nsec = (long)(now_ns % NS_PER_S);
    return 0;
}

/* What was sent before is in its receiver's buffer, or nobody took it. */
static void settle(void)
{
    struct pollfd arrival = {.fd = barrier, .events = POLLIN};
    char byte = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (send(barrier, &byte, sizeof(byte), 0) != sizeof(byte))
            stop("loopback takes no datagram");
        int n = poll(&arrival, 1, ARRIVAL_MS);
        if (n != 1 || recv(barrier, &byte, sizeof(byte), 0) != sizeof(byte))
            stop("loopback lost a datagram");
    }
}

static int ready_now(int fd, struct epoll_event *events, int room)
{
    return (int)syscall(SYS_epoll_pwait, fd, events, room, 0, NULL, 0);
}

int epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
    int n = ready_now(fd, events, room);
    if (n != 0 || timeout_ms == 0)
        return n;
    settle();
    n = ready_now(fd, events, room);
    if (n != 0)
        return n;
    if (timeout_ms < 0)
        stop("everybody waits, and nothing will come");
    now_ns += (uint64_t)timeout_ms * NS_PER_MS;
    return 0;
}

uint64_t virtual_now_ms(void)
{
    return now_ns / NS_PER_MS;
}

static bool loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

/* A socket that is connected to itself, at this address; negative: it cannot be had. */
static int open_self(const struct in6_addr *address)
{
    struct sockaddr_in6 self = {.sin6_family = AF_INET6, .sin6_addr = *address};
    socklen_t len = sizeof(self);
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&self, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&self, &len) == 0 &&
        connect(fd, (struct sockaddr *)&self, len) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The kernel looks for duplicates even here, beside us, and is soon done. */
static bool await_address(const struct in6_addr *address)
{
    const struct timespec moment = {.tv_nsec = 100000};
    for (int i = 0; i < ADDRESS_TRIES; i++) {
        int fd = open_self(address);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        nanosleep(&moment, NULL);
    }
    return false;
}

static bool add_address(const char *text)
{
    struct in6_ifreq request = {.ifr6_prefixlen = WHOLE_ADDRESS, .ifr6_ifindex = (int)if_nametoindex("lo")};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool added = fd >= 0 && inet_pton(AF_INET6, text, &request.ifr6_addr) == 1 &&
                 (ioctl(fd, SIOCSIFADDR, &request) == 0 || errno == EEXIST);
    if (fd >= 0)
        close(fd);
    return added && await_address(&request.ifr6_addr);
}

bool virtual_begin(const char **ret_reason)
{
    static const char first_address[] = "2001:db8::1";
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    *ret_reason = "no network namespace of our own, neither as root nor in a user namespace";
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return false;
    prctl(PR_SET_DUMPABLE, 1); /* for the leak sanitizer, which traces its own process */
    *ret_reason = "loopback cannot be set up, or has no IPv6";
    return sched_setaffinity(0, sizeof(one), &one) == 0 && loopback_up() &&
           (barrier = open_self(&in6addr_loopback)) >= 0 && add_address(first_address);
}

void virtual_end(void)
{
    close(barrier);
}

void virtual_add_address(const char *text)
{
    if (!add_address(text))
        stop("an address cannot be had");
}
