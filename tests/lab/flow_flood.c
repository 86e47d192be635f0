/*
 * New flows at a rate, each from a random address of one /64 and a random port: every second one is a UDP
 * datagram, every other a SYN. Says how many were sent and how long it took.
 *
 *   flow_flood PREFIX DESTINATION PORT RATE SECONDS
 *
 * Layer: edge
 * Specification: RFC 6146 5.3
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"

enum {
    BATCH = 64,
    IP = 40,
    UDP = 8 + 8, /* with some data */
    TCP = 20,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    FIRST_PORT = 1024,
    NETWORK = 8, /* bytes of a /64 */
    NS_PER_S = 1000000000,
};

static struct in6_addr prefix;
static struct sockaddr_in6 destination = {.sin6_family = AF_INET6};
static uint16_t destination_port;
static uint8_t packets[BATCH][IP + TCP];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* xorshift64: a sender of its own at every port, not a secret. */
static uint64_t next_random(void)
{
    static uint64_t state;
    if (state == 0 && getrandom(&state, sizeof(state), 0) != sizeof(state))
        exit(1);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void make(unsigned i, uint64_t number)
{
    uint8_t *ip = packets[i], *l4 = ip + IP;
    uint64_t address = next_random(), port = next_random();
    int protocol = number % 2 ? PROTO_TCP : PROTO_UDP;
    uint16_t len = protocol == PROTO_TCP ? TCP : UDP;
    memset(ip, 0, IP + TCP);
    ip[0] = 0x60;
    bytes_put16(ip + 4, len);
    ip[6] = (uint8_t)protocol;
    ip[7] = 64;
    memcpy(ip + 8, &prefix, NETWORK);
    memcpy(ip + 8 + NETWORK, &address, sizeof(address));
    memcpy(ip + 24, &destination.sin6_addr, sizeof(destination.sin6_addr));
    bytes_put16(l4, (uint16_t)(FIRST_PORT + port % (65536 - FIRST_PORT)));
    bytes_put16(l4 + 2, destination_port);
    if (protocol == PROTO_TCP) {
        l4[12] = TCP / 4 << 4;
        l4[13] = 2; /* SYN */
        bytes_put16(l4 + 14, 65535);
    } else {
        bytes_put16(l4 + 4, len);
    }
    uint64_t sum = checksum_pseudo6(ip + 8, ip + 24, (uint8_t)protocol, len);
    bytes_put16(l4 + (protocol == PROTO_TCP ? 16 : 6), checksum_finish(checksum_add(sum, l4, len)));
    parts[i] = (struct iovec){ip, (size_t)IP + len};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &destination, .msg_namelen = sizeof(destination), .msg_iov = &parts[i], .msg_iovlen = 1};
}

/* How many of `count` went out. */
static unsigned send_some(int fd, uint64_t number, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        make(i, number + i);
    int sent = sendmmsg(fd, messages, count, 0);
    if (sent < 0 && errno != ENOBUFS && errno != EAGAIN) {
        perror("sendmmsg");
        exit(1);
    }
    return sent < 0 ? 0 : (unsigned)sent;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 500000};
    uint64_t number = 0, begin = now_ns(), now;
    if (argc != 6 || inet_pton(AF_INET6, argv[1], &prefix) != 1 ||
        inet_pton(AF_INET6, argv[2], &destination.sin6_addr) != 1) {
        fputs("usage: flow_flood PREFIX DESTINATION PORT RATE SECONDS\n", stderr);
        return 2;
    }
    destination_port = (uint16_t)atoi(argv[3]);
    uint64_t rate = strtoull(argv[4], NULL, 10), end = begin + strtoull(argv[5], NULL, 10) * NS_PER_S;
    int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    if (fd < 0) {
        perror("socket");
        return 1;
    }
    while ((now = now_ns()) < end) {
        uint64_t due = (now - begin) * rate / NS_PER_S;
        if (due <= number)
            nanosleep(&pause, NULL);
        else
            number += send_some(fd, number, due - number < BATCH ? (unsigned)(due - number) : BATCH);
    }
    printf("sent %llu in %llu ms\n", (unsigned long long)number,
           (unsigned long long)((now - begin) / 1000000));
    return 0;
}
