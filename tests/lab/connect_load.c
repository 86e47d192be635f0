/*
 * Many connections for lab tests: a service that answers with what it got, and a client that opens flows at a
 * rate from several addresses and says what became of them. Bounded: a number of flows, a rate, a patience.
 *
 *   connect_load serve ADDRESS PORT
 *   connect_load tcp|udp DESTINATION PORT COUNT RATE PATIENCE-MS STOP SOURCE...
 *
 * COUNT flows from each SOURCE, RATE a second in all. A TCP flow is served when it connects, a UDP flow when
 * it is answered; refused: ICMPv6 1/3 (EHOSTUNREACH). STOP "-": each flow is closed at once, and the end is
 * when all are settled. Else flows stay open and are spoken to each second until a file STOP exists; then the
 * number of those that were lost meanwhile is printed.
 *
 * Layer: edge
 * Specification: RFC 4443 3.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FLOWS_MAX = 200000,
    SOURCES_MAX = 64,
    EVENTS = 256,
    BACKLOG = 4096,
    LAST_WORDS_MS = 5000,
    MS_PER_S = 1000,
    FILES = 100000,
    UNREACHABLE = 1,        /* ICMPv6 type */
    ADDRESS_UNREACHABLE = 3 /* its code */
};

enum flow_state { FLOW_NONE, FLOW_OPENING, FLOW_OPEN, FLOW_CLOSED };

struct flow {
    int fd;
    uint8_t state;
    bool waits; /* for an answer */
    uint32_t source;
    uint64_t began_ms;
};

struct result {
    unsigned served, refused, late, other;
};

static struct flow *flows;
static struct result results[SOURCES_MAX];
static struct in6_addr sources[SOURCES_MAX];
static unsigned sources_count, flows_count, lost, slowest_ms, refused_slowest_ms;
static bool udp, keep;
static struct sockaddr_in6 destination = {.sin6_family = AF_INET6};
static int poller;

static uint64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * MS_PER_S + (uint64_t)time.tv_nsec / 1000000;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int fd, uint32_t events, uint32_t number)
{
    struct epoll_event event = {.events = events, .data.u32 = number};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

/* The service: TCP and UDP on one port. */

static int listen_on(const char *address, const char *port, int type)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int one = 1, fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
        fail(address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        fail("bind");
    if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
        fail("listen");
    watch(fd, EPOLLIN, (uint32_t)fd);
    return fd;
}

static void answer_stream(int fd)
{
    char buffer[2048];
    ssize_t len = read(fd, buffer, sizeof(buffer));
    if (len > 0 && write(fd, buffer, (size_t)len) == len)
        return;
    if (len < 0 && errno == EAGAIN)
        return;
    close(fd);
}

static void answer_datagrams(int fd)
{
    char buffer[2048];
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t len;
    while ((len = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &size)) > 0)
        if (sendto(fd, buffer, (size_t)len, 0, (struct sockaddr *)&from, size) < 0)
            return;
}

static _Noreturn void serve(const char *address, const char *port)
{
    int stream = listen_on(address, port, SOCK_STREAM), datagrams = listen_on(address, port, SOCK_DGRAM);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = (int)events[i].data.u32, new;
            if (fd == datagrams)
                answer_datagrams(fd);
            else if (fd != stream)
                answer_stream(fd);
            else
                while ((new = accept4(stream, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                    watch(new, EPOLLIN, (uint32_t) new);
        }
    }
}

/* The client. */

static void end_flow(struct flow *flow)
{
    close(flow->fd);
    flow->state = FLOW_CLOSED;
}

static void say(struct flow *flow)
{
    if (send(flow->fd, "hello", 5, MSG_NOSIGNAL) == 5)
        flow->waits = true;
}

static void settle(struct flow *flow, unsigned *count)
{
    unsigned took_ms = (unsigned)(now_ms() - flow->began_ms);
    struct result *result = &results[flow->source];
    (*count)++;
    if (count == &result->served && took_ms > slowest_ms)
        slowest_ms = took_ms;
    if (count == &result->refused && took_ms > refused_slowest_ms)
        refused_slowest_ms = took_ms;
    /* A UDP port that was closed would come again, and find the session that it had. */
    if (count == &result->served && (keep || udp))
        flow->state = FLOW_OPEN;
    else
        end_flow(flow);
}

/* Whether the error that came is the one that a NAT64 without room must send. */
static bool is_refusal(const struct flow *flow, int error)
{
    char control[512];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
    if (!udp)
        return error == EHOSTUNREACH;
    if (recvmsg(flow->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
        struct sock_extended_err what;
        if (part->cmsg_level != SOL_IPV6 || part->cmsg_type != IPV6_RECVERR)
            continue;
        memcpy(&what, CMSG_DATA(part), sizeof(what));
        return what.ee_origin == SO_EE_ORIGIN_ICMP6 && what.ee_type == UNREACHABLE &&
               what.ee_code == ADDRESS_UNREACHABLE;
    }
    return false;
}

static void settle_error(struct flow *flow)
{
    struct result *result = &results[flow->source];
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(flow->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (is_refusal(flow, error)) {
        settle(flow, &result->refused);
        return;
    }
    fprintf(stderr, "flow: %s\n", strerror(error));
    settle(flow, &result->other);
}

static void handle(struct flow *flow, uint32_t events)
{
    char buffer[64];
    if (flow->state == FLOW_OPENING && events & EPOLLERR) {
        settle_error(flow);
    } else if (flow->state == FLOW_OPENING && events & (udp ? EPOLLIN : EPOLLOUT)) {
        if (keep && !udp) {
            struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)(flow - flows)};
            epoll_ctl(poller, EPOLL_CTL_MOD, flow->fd, &event);
        } else if (udp) {
            flow->waits = recv(flow->fd, buffer, sizeof(buffer), 0) != 5;
        }
        settle(flow, &results[flow->source].served);
    } else if (flow->state == FLOW_OPEN) {
        ssize_t len = recv(flow->fd, buffer, sizeof(buffer), 0);
        if (len > 0) {
            flow->waits = false;
        } else if (len == 0 || errno != EAGAIN) {
            fprintf(stderr, "open flow: %s\n", len == 0 ? "closed" : strerror(errno));
            lost++;
            end_flow(flow);
        }
    }
}

static void open_flow(uint32_t number)
{
    struct flow *flow = &flows[number];
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    int one = 1, type = udp ? SOCK_DGRAM : SOCK_STREAM;
    flow->source = number % sources_count;
    flow->began_ms = now_ms();
    flow->fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0);
    flow->state = FLOW_OPENING;
    from.sin6_addr = sources[flow->source];
    if (flow->fd < 0)
        fail("socket");
    setsockopt(flow->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (udp)
        setsockopt(flow->fd, SOL_IPV6, IPV6_RECVERR, &one, sizeof(one));
    if (bind(flow->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
        fail("bind");
    if (connect(flow->fd, (struct sockaddr *)&destination, sizeof(destination)) < 0 && errno != EINPROGRESS) {
        fprintf(stderr, "connect: %s\n", strerror(errno));
        settle(flow, &results[flow->source].other);
        return;
    }
    watch(flow->fd, udp ? EPOLLIN : EPOLLOUT, number);
    if (udp)
        say(flow);
}

static unsigned look_over(unsigned opened, uint64_t patience_ms)
{
    unsigned opening = 0;
    uint64_t now = now_ms();
    for (unsigned i = 0; i < opened; i++) {
        struct flow *flow = &flows[i];
        if (flow->state == FLOW_OPENING && now - flow->began_ms > patience_ms)
            settle(flow, &results[flow->source].late);
        opening += flow->state == FLOW_OPENING;
    }
    return opening;
}

static void poll_once(int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++)
        handle(&flows[events[i].data.u32], events[i].events);
}

static void open_all(unsigned rate, uint64_t patience_ms)
{
    unsigned opened = 0, opening = 1;
    uint64_t began_ms = now_ms(), looked_ms = began_ms;
    while (opened < flows_count || opening > 0) {
        uint64_t due = (now_ms() - began_ms) * rate / MS_PER_S + 1;
        while (opened < flows_count && opened < due)
            open_flow(opened++);
        poll_once(1);
        if (now_ms() - looked_ms < 100)
            continue;
        looked_ms = now_ms();
        unsigned left = look_over(opened, patience_ms);
        if (opened == flows_count)
            opening = left;
    }
}

static void print_results(void)
{
    struct result all = {0};
    for (unsigned i = 0; i < sources_count; i++) {
        char text[INET6_ADDRSTRLEN];
        const struct result *result = &results[i];
        printf("source %s served %u refused %u late %u other %u\n",
               inet_ntop(AF_INET6, &sources[i], text, sizeof(text)), result->served, result->refused,
               result->late, result->other);
        all.served += result->served;
        all.refused += result->refused;
        all.late += result->late;
        all.other += result->other;
    }
    printf("all served %u refused %u late %u other %u; the slowest was served after %u ms, refused after %u "
           "ms\n",
           all.served, all.refused, all.late, all.other, slowest_ms, refused_slowest_ms);
    fflush(stdout);
}

static void talk(void)
{
    for (unsigned i = 0; i < flows_count; i++)
        if (flows[i].state == FLOW_OPEN && !flows[i].waits)
            say(&flows[i]);
}

static void hold(const char *stop)
{
    uint64_t said_ms = 0, end_ms;
    while (access(stop, F_OK) < 0) {
        if (now_ms() - said_ms >= MS_PER_S) {
            talk();
            said_ms = now_ms();
        }
        poll_once(50);
    }
    talk();
    unsigned waiting = 1;
    for (end_ms = now_ms() + LAST_WORDS_MS; waiting > 0 && now_ms() < end_ms;) {
        poll_once(50);
        waiting = 0;
        for (unsigned i = 0; i < flows_count; i++)
            waiting += flows[i].state == FLOW_OPEN && flows[i].waits;
    }
    printf("lost %u\n", lost + waiting);
}

int main(int argc, char **argv)
{
    struct rlimit files = {FILES, FILES};
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(0);
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve(argv[2], argv[3]);
    if (argc < 9 || argc > 8 + SOURCES_MAX || inet_pton(AF_INET6, argv[2], &destination.sin6_addr) != 1) {
        fputs("usage: connect_load serve ADDRESS PORT\n"
              "       connect_load tcp|udp DESTINATION PORT COUNT RATE PATIENCE-MS STOP SOURCE...\n",
              stderr);
        return 2;
    }
    udp = strcmp(argv[1], "udp") == 0;
    keep = strcmp(argv[7], "-") != 0;
    destination.sin6_port = htons((uint16_t)atoi(argv[3]));
    for (int i = 8; i < argc; i++)
        if (inet_pton(AF_INET6, argv[i], &sources[sources_count++]) != 1)
            fail(argv[i]);
    flows_count = (unsigned)atoi(argv[4]) * sources_count;
    flows = calloc(FLOWS_MAX, sizeof(*flows));
    if (flows == NULL || flows_count > FLOWS_MAX)
        fail("flows");
    open_all((unsigned)atoi(argv[5]), (uint64_t)atoi(argv[6]));
    print_results();
    if (keep)
        hold(argv[7]);
    return 0;
}
