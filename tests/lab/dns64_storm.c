/*
 * Clients that mean no good, and some that do, for one server on port 53:
 *
 *   dns64_storm idle SERVER PREFIX NETWORKS COUNT SECONDS
 *       COUNT TCP connections from as many of NETWORKS networks PREFIX:n::/64, half of which send a byte a
 * second, the others nothing; what is closed is attempted again. Prints the most that were open at once, each
 * second. dns64_storm garbage SERVER COUNT SEED COUNT datagrams: a third too short for a header, a third
 * answers, a third of anything. Prints how many of each were answered; fails if one of the first two was, or
 * if more bytes came back than were sent. dns64_storm ask SERVER COUNT COUNT queries by UDP, 16 at a time.
 * Fails unless each is answered within 2 s. dns64_storm honest SERVER COUNT [FAILING] COUNT queries
 * by TCP, a connection each. Fails unless all but FAILING (0) are answered within 2 s; prints the slowest.
 *
 * Layer: test
 * Specification: RFC 7766 6.2, RFC 1035 4.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PORT = 53,
    HEADER = 12,
    AT_ONCE = 16,
    WITHIN_MS = 2000,
    STEP_MS = 100, /* of the connections a part is looked at each */
    STEPS = 10,
    LENGTH_MAX = 512,
    DRAIN = 64,
};

/* ipv4only.arpa AAAA, which is answered without an upstream. */
static const uint8_t question[] = "\0\0\1\0\0\1\0\0\0\0\0\0\10ipv4only\4arpa\0\0\34\0\1";
enum { QUESTION_LEN = sizeof(question) - 1 };

static struct sockaddr_in6 server = {.sin6_family = AF_INET6};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "dns64_storm: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int open_idle(const char *prefix, unsigned network)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    char text[INET6_ADDRSTRLEN + 16];
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    snprintf(text, sizeof(text), "%s:%x::1", prefix, network);
    if (fd < 0 || inet_pton(AF_INET6, text, &from.sin6_addr) != 1 ||
        bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
        fail("a connection");
    connect(fd, (struct sockaddr *)&server, sizeof(server));
    return fd;
}

static void wait_ms(int ms)
{
    struct timespec at = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&at, NULL);
}

static int run_idle(const char *prefix, unsigned networks, unsigned count, double seconds)
{
    struct pollfd *at = calloc(count, sizeof(*at));
    double until = now() + seconds;
    if (at == NULL)
        fail("memory");
    for (unsigned i = 0; i < count; i++)
        at[i] = (struct pollfd){.fd = open_idle(prefix, i % networks), .events = POLLIN};
    for (unsigned step = 0; now() < until; step++) {
        unsigned open = 0, closed = 0;
        wait_ms(STEP_MS);
        if (poll(at, count, 0) < 0)
            fail("poll");
        for (unsigned i = 0; i < count; i++) {
            if (at[i].revents != 0) {
                close(at[i].fd);
                at[i].fd = open_idle(prefix, i % networks);
                closed++;
                continue;
            }
            struct sockaddr_in6 peer;
            socklen_t len = sizeof(peer);
            open += getpeername(at[i].fd, (struct sockaddr *)&peer, &len) == 0;
            if (i % 2 == 0 && i / 2 % STEPS == step % STEPS)
                send(at[i].fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        if (step % STEPS == 0) {
            printf("%u open, %u closed in this step\n", open, closed);
            fflush(stdout);
        }
    }
    return 0;
}

static int open_udp(void)
{
    int size = 4 << 20, fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
        fail("a socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    return fd;
}

/* Counts what has come back. */
static void drain(int fd, int wait, unsigned *answers, uint64_t *bytes)
{
    uint8_t buffer[65535];
    struct pollfd at = {.fd = fd, .events = POLLIN};
    while (poll(&at, 1, wait) > 0) {
        ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
        if (n < 0)
            return;
        ++*answers;
        *bytes += (uint64_t)n;
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t make_garbage(unsigned kind, uint64_t *state, uint8_t *out)
{
    size_t len =
        kind == 0 ? random_next(state) % HEADER : HEADER + random_next(state) % (LENGTH_MAX - HEADER);
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)random_next(state);
    if (kind == 1)
        out[2] |= 0x80;
    if (kind == 2)
        out[2] &= 0x7f;
    return len;
}

static int run_garbage(unsigned count, uint64_t seed)
{
    static const char *const names[] = {"too short", "answers", "anything"};
    bool bad = false;
    for (unsigned kind = 0; kind < 3; kind++) {
        int fd = open_udp();
        unsigned answers = 0;
        uint64_t state = seed * 3 + kind + 1, sent = 0, received = 0;
        for (unsigned i = 0; i < count / 3; i++) {
            uint8_t bytes[LENGTH_MAX];
            size_t len = make_garbage(kind, &state, bytes);
            if (send(fd, bytes, len, 0) == (ssize_t)len)
                sent += len;
            if (i % DRAIN == 0)
                drain(fd, 0, &answers, &received);
        }
        drain(fd, 500, &answers, &received);
        close(fd);
        printf("%s: %u sent, %u answered, %llu bytes for %llu\n", names[kind], count / 3, answers,
               (unsigned long long)received, (unsigned long long)sent);
        bad |= (kind < 2 && answers > 0) || received > sent;
    }
    return bad;
}

static bool is_answer(const uint8_t *bytes, size_t len)
{
    return len > HEADER && (bytes[2] & 0x80) && (bytes[3] & 15) == 0 && bytes[7] == 2;
}

static int run_ask(unsigned count)
{
    int fd = open_udp();
    unsigned answered = 0;
    for (unsigned i = 0; i < count; i += AT_ONCE) {
        uint8_t bytes[LENGTH_MAX];
        struct pollfd at = {.fd = fd, .events = POLLIN};
        unsigned wanted = count - i < AT_ONCE ? count - i : AT_ONCE;
        memcpy(bytes, question, QUESTION_LEN);
        for (unsigned j = 0; j < wanted; j++) {
            bytes[0] = (uint8_t)((i + j) >> 8);
            bytes[1] = (uint8_t)(i + j);
            if (send(fd, bytes, QUESTION_LEN, 0) < 0)
                fail("send");
        }
        while (wanted > 0 && poll(&at, 1, WITHIN_MS) > 0) {
            ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
            if (n > 0 && is_answer(bytes, (size_t)n)) {
                wanted--;
                answered++;
            }
        }
    }
    printf("%u of %u answered\n", answered, count);
    return answered != count;
}

/* The seconds that one query took; above the limit: it was not answered. */
static double ask_by_tcp(void)
{
    uint8_t bytes[2 + LENGTH_MAX] = {0, QUESTION_LEN};
    size_t len = 0;
    double began = now();
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct timeval wait = {WITHIN_MS / 1000, 0};
    if (fd < 0)
        fail("a connection");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* connect too */
    memcpy(bytes + 2, question, QUESTION_LEN);
    bool good = connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0 &&
                send(fd, bytes, 2 + QUESTION_LEN, MSG_NOSIGNAL) == 2 + QUESTION_LEN;
    while (good && (len < 2 || len < 2 + ((size_t)bytes[0] << 8 | bytes[1]))) {
        ssize_t n = recv(fd, bytes + len, sizeof(bytes) - len, 0);
        good = n > 0;
        len += n > 0 ? (size_t)n : 0;
    }
    int error = errno;
    close(fd);
    if (!good)
        fprintf(stderr, "not answered: %s\n", strerror(error));
    return good && is_answer(bytes + 2, len - 2) ? now() - began : WITHIN_MS;
}

static int run_honest(unsigned count, unsigned failing)
{
    double slowest = 0;
    unsigned late = 0;
    for (unsigned i = 0; i < count; i++) {
        double took = ask_by_tcp();
        late += took * 1000 > WITHIN_MS;
        slowest = took > slowest ? took : slowest;
    }
    printf("%u asked, %u not answered in time, the slowest after %.0f ms\n", count, late, slowest * 1000);
    return late > failing;
}

int main(int argc, char *argv[])
{
    server.sin6_port = htons(PORT);
    if (argc < 4 || inet_pton(AF_INET6, argv[2], &server.sin6_addr) != 1) {
        fputs("usage: dns64_storm idle | garbage | ask | honest SERVER ...\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "idle") == 0 && argc == 7)
        return run_idle(argv[3], (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]), atof(argv[6]));
    if (strcmp(argv[1], "garbage") == 0 && argc == 5)
        return run_garbage((unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10));
    if (strcmp(argv[1], "ask") == 0)
        return run_ask((unsigned)atoi(argv[3]));
    if (strcmp(argv[1], "honest") == 0)
        return run_honest((unsigned)atoi(argv[3]), argc > 4 ? (unsigned)atoi(argv[4]) : 0);
    return 2;
}
