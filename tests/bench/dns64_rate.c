/*
 * Asks a DNS server AAAA over and over, a fixed number at once, one datagram a query, as one client:
 *
 *   dns64_rate ADDRESS PORT NAMES AT-ONCE SECONDS socket|wire
 *
 * NAMES 0: no name is asked twice, in this run or another. Otherwise as many names of bench.example, in turn.
 * Queries leave by a socket, or come in at the loopback device as from a network card: that is faster, but
 * takes the whole of a CPU. Prints answers a second, and how many were wrong or lost. AT-ONCE 0, by the wire:
 * as many as there can be, whether they are answered or not; prints queries a second.
 *
 * Layer: test
 * Specification: RFC 1035 4.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "rate_wire.h"

enum {
    BATCH = 64,
    LOST_S = 2,       /* nothing for so long: what is outstanding is lost */
    PAUSE_NS = 20000, /* when enough is under way */
    LETTERS_AT = RATE_WIRE_LABEL + 1,
};

struct load {
    int fd;
    unsigned names;
    unsigned at_once;
    uint64_t sent;
    uint8_t query[RATE_WIRE_QUERY_MAX]; /* of the first name */
    size_t len;
    struct rate_wire wire;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* naaaaaaaa.bench.example, AAAA, IN. Where no name is asked twice, in a zone of this run's own. */
static void make_query(struct load *load)
{
    static const uint8_t header[12] = {0, 0, 1, 0, 0, 1};
    static const uint8_t tail[] = "\5bench\7example\0\0\34\0\1"; /* the last NUL is not sent */
    struct timespec at;
    uint8_t *to = load->query;
    memcpy(to, header, sizeof(header));
    to[RATE_WIRE_LABEL - 1] = 1 + RATE_WIRE_LETTERS;
    to[RATE_WIRE_LABEL] = 'n';
    rate_wire_letters(0, to + LETTERS_AT);
    to += LETTERS_AT + RATE_WIRE_LETTERS;
    if (load->names == 0) {
        clock_gettime(CLOCK_REALTIME, &at);
        *to++ = RATE_WIRE_LETTERS;
        rate_wire_letters((uint32_t)(at.tv_sec * 1000 + at.tv_nsec / 1000000), to);
        to += RATE_WIRE_LETTERS;
    }
    memcpy(to, tail, sizeof(tail) - 1);
    load->len = (size_t)(to - load->query) + sizeof(tail) - 1;
}

static void send_some(struct load *load, unsigned count)
{
    static uint8_t queries[BATCH][RATE_WIRE_QUERY_MAX];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = load->sent + i;
        memcpy(queries[i], load->query, load->len);
        queries[i][0] = (uint8_t)(number >> 8);
        queries[i][1] = (uint8_t)number;
        rate_wire_letters((uint32_t)(load->names > 0 ? number % load->names : number),
                          queries[i] + LETTERS_AT);
        parts[i] = (struct iovec){queries[i], load->len};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int sent = sendmmsg(load->fd, messages, count, 0);
    load->sent += sent > 0 ? (unsigned)sent : 0;
}

static uint64_t outstanding(const struct load *load)
{
    return load->sent - load->wire.numbers->good - load->wire.numbers->wrong;
}

/* False: nothing came for too long. */
static bool wait_for_some(const struct load *load)
{
    static const struct timespec pause = {0, PAUSE_NS};
    uint64_t before = outstanding(load);
    double until = now() + LOST_S;
    while (outstanding(load) == before && now() < until)
        nanosleep(&pause, NULL);
    return outstanding(load) < before;
}

static void send_by_socket(struct load *load, double until)
{
    unsigned chunk = load->at_once < 2 * BATCH ? (load->at_once + 1) / 2 : BATCH;
    bool answered = true;
    while (now() < until && answered) {
        while (outstanding(load) + chunk <= load->at_once)
            send_some(load, chunk);
        answered = wait_for_some(load);
    }
}

static void on_alarm(int number)
{
    (void)number;
}

static bool send_by_wire(struct load *load, double seconds)
{
    const struct sigaction action = {.sa_handler = on_alarm}; /* it ends the call */
    const struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)(seconds * 1e6) % 1000000}};
    if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0 ||
        !rate_wire_send(&load->wire, load->query, load->len, load->names, load->at_once))
        return false;
    load->sent = load->wire.numbers->sent;
    return true;
}

/* IDs go round: asked and not answered, or answered more often than asked. */
static uint64_t count_lost(const struct load *load)
{
    uint64_t lost = 0;
    for (unsigned i = 0; i < RATE_WIRE_IDS; i++) {
        uint64_t asked = load->sent / RATE_WIRE_IDS + (i < load->sent % RATE_WIRE_IDS);
        uint64_t answered = load->wire.numbers->answers[i];
        lost += asked > answered ? asked - answered : answered - asked;
    }
    return lost;
}

static bool open_socket(struct load *load, const char *address, const char *port)
{
    struct sockaddr_in6 *to = &load->wire.to;
    socklen_t len = sizeof(load->wire.from);
    *to = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    load->fd = socket(AF_INET6, SOCK_DGRAM, 0);
    return load->fd >= 0 && inet_pton(AF_INET6, address, &to->sin6_addr) == 1 &&
           connect(load->fd, (struct sockaddr *)to, sizeof(*to)) == 0 &&
           getsockname(load->fd, (struct sockaddr *)&load->wire.from, &len) == 0 &&
           rate_wire_count(&load->wire);
}

/* What comes late counts as answered, but not for the pace. */
static int finish(const struct load *load, double took)
{
    uint64_t in_time = load->wire.numbers->good;
    while (outstanding(load) > 0 && wait_for_some(load))
        continue;
    uint64_t lost = count_lost(load);
    printf("%.0f answers a second, %llu in all, %llu wrong, %llu lost\n", (double)in_time / took,
           (unsigned long long)load->wire.numbers->good, (unsigned long long)load->wire.numbers->wrong,
           (unsigned long long)lost);
    return load->wire.numbers->wrong + lost > 0;
}

int main(int argc, char *argv[])
{
    static struct load load;
    bool by_wire = argc == 7 && strcmp(argv[6], "wire") == 0;
    if (argc != 7 || (!by_wire && strcmp(argv[6], "socket") != 0)) {
        fputs("usage: dns64_rate ADDRESS PORT NAMES AT-ONCE SECONDS socket|wire\n", stderr);
        return 2;
    }
    load.names = (unsigned)atoi(argv[3]);
    load.at_once = (unsigned)atoi(argv[4]);
    bool unlimited = by_wire && load.at_once == 0, good = load.names > 0 || !by_wire;
    if (unlimited)
        load.at_once = INT32_MAX;
    else
        good &= load.at_once > 0 && load.at_once < RATE_WIRE_IDS / 2;
    make_query(&load);
    good = good && open_socket(&load, argv[1], argv[2]) && prctl(PR_SET_TIMERSLACK, 1) == 0;
    double began = now(), seconds = atof(argv[5]);
    if (good && by_wire)
        good = send_by_wire(&load, seconds);
    else if (good)
        send_by_socket(&load, began + seconds);
    double took = now() - began;
    if (!good) {
        fprintf(stderr, "dns64_rate: %s\n", strerror(errno));
        return 1;
    }
    if (!unlimited)
        return finish(&load, took);
    printf("%.0f queries a second\n", (double)load.sent / took);
    return 0;
}
