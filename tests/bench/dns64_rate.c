/*
 * Asks a DNS server AAAA over and over, a fixed number at once: dns64_rate ADDRESS PORT NAMES AT-ONCE
 * SECONDS. Names are n0.bench.example and so on, in turn. Prints answers a second, and how many were lost or
 * wrong.
 *
 * Layer: test
 * Specification: RFC 1035 4.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BATCH = 64,
    QUERY_LEN = 64,
    ANSWER_LEN = 1500,
    LOST_MS = 500, /* nothing for so long: what is outstanding is lost */
};

struct load {
    int fd;
    unsigned names, next;
    uint64_t answered, wrong, lost;
    unsigned outstanding;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static size_t make_query(uint8_t *out, unsigned number, unsigned name)
{
    static const uint8_t tail[] = "\5bench\7example\0\0\34\0\1"; /* AAAA, IN; the last NUL is not sent */
    const uint8_t header[12] = {(uint8_t)(number >> 8), (uint8_t)number, 1, 0, 0, 1};
    char label[16];
    int len = snprintf(label, sizeof(label), "n%u", name);
    memcpy(out, header, sizeof(header));
    out[12] = (uint8_t)len;
    memcpy(out + 13, label, (size_t)len);
    memcpy(out + 13 + len, tail, sizeof(tail) - 1);
    return 13 + (size_t)len + sizeof(tail) - 1;
}

static void send_some(struct load *load, unsigned count)
{
    static uint8_t queries[BATCH][QUERY_LEN];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < count; i++, load->next++) {
        parts[i] = (struct iovec){queries[i], make_query(queries[i], load->next, load->next % load->names)};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int sent = sendmmsg(load->fd, messages, count, 0);
    if (sent > 0)
        load->outstanding += (unsigned)sent;
}

static void receive_some(struct load *load)
{
    static uint8_t answers[BATCH][ANSWER_LEN];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){answers[i], ANSWER_LEN};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int got = recvmmsg(load->fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (got <= 0) {
        load->lost += load->outstanding;
        load->outstanding = 0;
        return;
    }
    for (int i = 0; i < got; i++)
        if ((answers[i][3] & 15) != 0 || answers[i][7] == 0)
            load->wrong++;
    load->answered += (unsigned)got;
    load->outstanding -= (unsigned)got < load->outstanding ? (unsigned)got : load->outstanding;
}

int main(int argc, char *argv[])
{
    if (argc != 6) {
        fputs("usage: dns64_rate ADDRESS PORT NAMES AT-ONCE SECONDS\n", stderr);
        return 2;
    }
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(argv[2]))};
    struct load load = {.fd = socket(AF_INET6, SOCK_DGRAM, 0), .names = (unsigned)atoi(argv[3])};
    unsigned at_once = (unsigned)atoi(argv[4]);
    struct timeval wait = {0, LOST_MS * 1000};
    if (load.fd < 0 || inet_pton(AF_INET6, argv[1], &to.sin6_addr) != 1 || load.names == 0 ||
        setsockopt(load.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
        connect(load.fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        fprintf(stderr, "dns64_rate: %s\n", strerror(errno));
        return 1;
    }
    double began = now(), until = began + atof(argv[5]);
    while (now() < until) {
        while (load.outstanding < at_once)
            send_some(&load, at_once - load.outstanding < BATCH ? at_once - load.outstanding : BATCH);
        receive_some(&load);
    }
    printf("%.0f answers a second, %llu in all, %llu wrong, %llu lost\n",
           (double)load.answered / (now() - began), (unsigned long long)load.answered,
           (unsigned long long)load.wrong, (unsigned long long)load.lost);
    return load.wrong + load.lost > 0;
}
