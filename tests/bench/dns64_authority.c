/*
 * The other side of the benchmarks, as fast as a socket can be read and written:
 *
 *   dns64_authority ADDRESS PORT           answers for bench.example: A 192.52.193.10, nothing else, SOA
 *   dns64_authority ADDRESS PORT reflect   sends every datagram back as an answer, without looking at it
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 2308 2.2
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BATCH = 64,
    QUERY_LEN = 512,
    ANSWER_LEN = 1024,
    HEADER = 12,
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_SOA = 6,
    BUFFER = 4 << 20,
    ZONE_LEN = 15, /* bench.example with the root */
};

static const uint8_t record_a[] = "\300\14\0\1\0\1\0\1\121\200\0\4\300\64\301\12"; /* 86400 s */
static const uint8_t record_ns[] = "\0\2\0\1\0\1\121\200\0\3\1n\0";
static const uint8_t record_soa[] =
    "\0\6\0\1\0\1\121\200\0\32\1n\0\1h\0\0\0\0\1\0\0\16\20\0\0\16\20\0\11\72\200\0\1\121\200";
static const uint8_t opt[] = "\0\0\51\4\320\0\0\0\0\0\0";

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* Where the question ends; 0: it is none. */
static size_t question_end(const uint8_t *query, size_t len)
{
    size_t at = HEADER;
    while (at < len && query[at] != 0)
        at += (size_t)query[at] + 1;
    return at + 5 <= len ? at + 5 : 0;
}

/* The zone itself has NS and SOA, every name below it an A record. */
static size_t answer(const uint8_t *query, size_t len, uint8_t *out)
{
    size_t end = len >= HEADER ? question_end(query, len) : 0;
    if (end == 0)
        return 0;
    unsigned type = (unsigned)query[end - 4] << 8 | query[end - 3];
    bool below = end - HEADER > ZONE_LEN + 4, has_opt = query[HEADER - 1] != 0;
    bool data = below ? type == TYPE_A : type == TYPE_NS || type == TYPE_SOA;
    uint8_t *at = put(out, query, end);
    size_t apex = end - 4 >= ZONE_LEN + HEADER ? end - 4 - ZONE_LEN : HEADER;
    const uint8_t owner[] = {0xc0, (uint8_t)apex};
    out[2] = 0x84 | (query[2] & 1);
    out[3] = 0x80;
    memset(out + 4, 0, HEADER - 4);
    out[5] = 1;
    out[data ? 7 : 9] = 1;
    out[11] = has_opt;
    if (data && below)
        at = put(at, record_a, sizeof(record_a) - 1);
    else if (data && type == TYPE_NS)
        at = put(put(at, owner, 2), record_ns, sizeof(record_ns) - 1);
    else
        at = put(put(at, owner, 2), record_soa, sizeof(record_soa) - 1);
    if (has_opt)
        at = put(at, opt, sizeof(opt) - 1);
    return (size_t)(at - out);
}

static size_t reflect(uint8_t *query, size_t len)
{
    if (len < HEADER)
        return 0;
    query[2] |= 0x80;
    query[7] = 1;
    return len;
}

struct batch {
    uint8_t queries[BATCH][QUERY_LEN + 64], answers[BATCH][ANSWER_LEN];
    struct sockaddr_in6 from[BATCH];
    struct iovec in[BATCH], out[BATCH];
    struct mmsghdr messages[BATCH], replies[BATCH];
};

static void send_all(int fd, struct batch *batch, unsigned count)
{
    for (unsigned done = 0; done < count;) {
        int sent = sendmmsg(fd, batch->replies + done, count - done, 0);
        done += sent > 0 ? (unsigned)sent : 1; /* one that cannot be sent is lost */
    }
}

static bool serve(int fd, bool reflecting)
{
    static struct batch batch;
    for (unsigned i = 0; i < BATCH; i++) {
        batch.in[i] = (struct iovec){batch.queries[i], QUERY_LEN};
        batch.messages[i].msg_hdr = (struct msghdr){.msg_name = &batch.from[i],
                                                    .msg_namelen = sizeof(batch.from[i]),
                                                    .msg_iov = &batch.in[i],
                                                    .msg_iovlen = 1};
    }
    int got = recvmmsg(fd, batch.messages, BATCH, MSG_WAITFORONE, NULL);
    unsigned count = 0;
    for (int i = 0; i < got; i++) {
        size_t len = reflecting ? reflect(batch.queries[i], batch.messages[i].msg_len)
                                : answer(batch.queries[i], batch.messages[i].msg_len, batch.answers[i]);
        if (len == 0)
            continue;
        batch.out[count] = (struct iovec){reflecting ? batch.queries[i] : batch.answers[i], len};
        batch.replies[count].msg_hdr = (struct msghdr){.msg_name = &batch.from[i],
                                                       .msg_namelen = sizeof(batch.from[i]),
                                                       .msg_iov = &batch.out[count],
                                                       .msg_iovlen = 1};
        count++;
    }
    send_all(fd, &batch, count);
    return got >= 0 || errno == EINTR || errno == ECONNREFUSED;
}

int main(int argc, char *argv[])
{
    if (argc != 3 && argc != 4) {
        fputs("usage: dns64_authority ADDRESS PORT [reflect]\n", stderr);
        return 2;
    }
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(argv[2]))};
    int size = BUFFER, fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd < 0 || inet_pton(AF_INET6, argv[1], &at.sin6_addr) != 1 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
         setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)) {
        fprintf(stderr, "dns64_authority: %s\n", strerror(errno));
        return 1;
    }
    while (serve(fd, argc == 4))
        continue;
    fprintf(stderr, "dns64_authority: %s\n", strerror(errno));
    return 1;
}
