/*
 * An upstream of the soak: soak_authority ADDRESS PORT SEED START-NS BREAK-NS DELAY-MS. Answers by soak_names
 * after a delay; the names that break do so BREAK-NS after START-NS.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 2308 5
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/lab/soak_names.h"

enum {
    BATCH = 64,
    QUEUE = 1 << 15,
    QUERY_MAX = 512,
    REPLY_MAX = 256,
    HEADER_LEN = 12,
    RECEIVE_BUFFER = 4 << 20,
    NS_A_MS = 1000000,
};

struct reply {
    uint64_t due_ns;
    struct sockaddr_in to;
    uint16_t len;
    uint8_t bytes[REPLY_MAX];
};

/* Replies in the order in which they are due, since all of a queue have one delay. */
struct queue {
    uint32_t head, tail;
    uint64_t delay_ns;
    struct reply replies[QUEUE];
};

struct authority {
    int fd;
    uint64_t seed, start_ns, break_ns;
    struct queue soon, late;
};

static struct authority authority;

static void put(struct reply *reply, const void *bytes, size_t len)
{
    memcpy(reply->bytes + reply->len, bytes, len);
    reply->len = (uint16_t)(reply->len + len);
}

static void put_record(struct reply *reply, uint16_t owner, uint16_t type, uint32_t ttl, const void *data,
                       size_t len)
{
    const uint8_t head[] = {(uint8_t)(owner >> 8),
                            (uint8_t)owner,
                            0,
                            (uint8_t)type,
                            0,
                            1,
                            (uint8_t)(ttl >> 24),
                            (uint8_t)(ttl >> 16),
                            (uint8_t)(ttl >> 8),
                            (uint8_t)ttl,
                            (uint8_t)(len >> 8),
                            (uint8_t)len};
    put(reply, head, sizeof(head));
    put(reply, data, len);
}

/* What a name's owner is in the records: the question, or the alias's target behind a CNAME. */
static uint16_t put_alias(struct reply *reply, const struct soak_name *name, uint32_t number)
{
    uint8_t target[64];
    size_t len = soak_pack_name('t', number, target);
    put_record(reply, 0xc000 | HEADER_LEN, SOAK_TYPE_CNAME, name->ttl_s, target, len);
    reply->bytes[7]++;
    return (uint16_t)(0xc000 | (reply->len - len));
}

static void put_soa(struct reply *reply)
{
    /* The zone is the question without its first label. */
    uint16_t zone = (uint16_t)(0xc000 | (HEADER_LEN + 1 + reply->bytes[HEADER_LEN]));
    uint8_t data[24] = {(uint8_t)(zone >> 8), (uint8_t)zone, (uint8_t)(zone >> 8), (uint8_t)zone};
    data[23] = SOAK_SOA_TTL_S;
    put_record(reply, zone, SOAK_TYPE_SOA, SOAK_SOA_TTL_S, data, sizeof(data));
    reply->bytes[9]++;
}

static unsigned rcode_of(enum soak_kind kind, bool broken)
{
    switch (kind) {
    case SOAK_IPV4:
    case SOAK_DUAL:
    case SOAK_ALIAS: return SOAK_NOERROR;
    case SOAK_NOTHING: return SOAK_NXDOMAIN;
    case SOAK_BREAKS: return broken ? SOAK_SERVFAIL : SOAK_NOERROR;
    case SOAK_FAILS:
    case SOAK_FAILS_LATE:
    case SOAK_SILENT:
    case SOAK_KINDS: break;
    }
    return SOAK_SERVFAIL;
}

static void put_answer(struct reply *reply, const struct soak_name *name, uint32_t number, unsigned type,
                       uint64_t now)
{
    uint32_t version = soak_version(authority.start_ns, now);
    uint16_t owner = 0xc000 | HEADER_LEN;
    uint8_t ipv4[2][4], ipv6[16];
    if (name->kind == SOAK_ALIAS)
        owner = put_alias(reply, name, number);
    if (type == SOAK_TYPE_A) {
        soak_ipv4(name, version, ipv4);
        for (int i = 0; i < 2; i++)
            put_record(reply, owner, SOAK_TYPE_A, name->ttl_s, ipv4[i], sizeof(ipv4[i]));
        reply->bytes[7] = (uint8_t)(reply->bytes[7] + 2);
    } else if (type == SOAK_TYPE_AAAA && name->kind == SOAK_DUAL) {
        soak_ipv6(name, version, ipv6);
        put_record(reply, owner, SOAK_TYPE_AAAA, name->ttl_s, ipv6, sizeof(ipv6));
        reply->bytes[7]++;
    } else
        put_soa(reply);
}

/* Where the question ends; 0 if the query cannot be read. */
static size_t question_end(const uint8_t *query, size_t len)
{
    size_t at = HEADER_LEN;
    while (at < len && query[at] != 0 && query[at] < 64)
        at += 1U + query[at];
    return at + 5 <= len && query[at] == 0 && query[4] == 0 && query[5] == 1 ? at + 5 : 0;
}

static void take(const uint8_t *query, size_t len, const struct sockaddr_in *from, uint64_t now)
{
    static const uint8_t opt[] = {
        0, 0, SOAK_TYPE_OPT, SOAK_ANSWER_MAX >> 8, SOAK_ANSWER_MAX & 255, 0, 0, 0, 0, 0, 0};
    size_t end = len >= HEADER_LEN ? question_end(query, len) : 0;
    char letter;
    int64_t number = end > 0 ? soak_number(query + HEADER_LEN, end - HEADER_LEN - 4, &letter) : -1;
    if (end == 0 || end > REPLY_MAX / 2)
        return;
    struct soak_name name = {.kind = SOAK_NOTHING};
    if (number >= 0)
        name = soak_name(authority.seed, (uint32_t)number);
    if (name.kind == SOAK_SILENT)
        return;
    struct queue *queue = name.kind == SOAK_FAILS_LATE ? &authority.late : &authority.soon;
    if (queue->tail - queue->head == QUEUE) {
        fputs("soak_authority: too many replies wait\n", stderr);
        return;
    }
    struct reply *reply = &queue->replies[queue->tail++ % QUEUE];
    unsigned rcode = rcode_of(name.kind, now >= authority.start_ns + authority.break_ns);
    *reply = (struct reply){.due_ns = now + queue->delay_ns, .to = *from};
    put(reply, query, end);
    reply->bytes[2] = 0x81;
    reply->bytes[3] = (uint8_t)(0x80 | rcode);
    memset(reply->bytes + 6, 0, 6);
    if (rcode == SOAK_NOERROR)
        put_answer(reply, &name, (uint32_t)number, query[end - 3], now);
    else if (rcode == SOAK_NXDOMAIN)
        put_soa(reply);
    if (query[11] > 0) {
        put(reply, opt, sizeof(opt));
        reply->bytes[11] = 1;
    }
}

static void receive_all(void)
{
    static uint8_t queries[BATCH][QUERY_MAX];
    static struct sockaddr_in from[BATCH];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    int got;
    do {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){queries[i], QUERY_MAX};
            messages[i].msg_hdr = (struct msghdr){
                .msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        got = recvmmsg(authority.fd, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++)
            take(queries[i], messages[i].msg_len, &from[i], soak_now_ns());
    } while (got == BATCH);
}

/* Sends what is due; when the next is, or `until`. */
static uint64_t send_due(struct queue *queue, uint64_t now, uint64_t until)
{
    for (; queue->head != queue->tail; queue->head++) {
        struct reply *reply = &queue->replies[queue->head % QUEUE];
        if (reply->due_ns > now)
            return reply->due_ns < until ? reply->due_ns : until;
        if (sendto(authority.fd, reply->bytes, reply->len, 0, (struct sockaddr *)&reply->to,
                   sizeof(reply->to)) < 0)
            perror("soak_authority: sendto");
    }
    return until;
}

int main(int argc, char *argv[])
{
    if (argc != 7) {
        fputs("usage: soak_authority ADDRESS PORT SEED START-NS BREAK-NS DELAY-MS\n", stderr);
        return 2;
    }
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    authority.fd = socket(AF_INET, SOCK_DGRAM, 0);
    authority.seed = strtoull(argv[3], NULL, 10);
    authority.start_ns = strtoull(argv[4], NULL, 10);
    authority.break_ns = strtoull(argv[5], NULL, 10);
    authority.soon.delay_ns = strtoull(argv[6], NULL, 10) * NS_A_MS;
    authority.late.delay_ns = (uint64_t)SOAK_LATE_MS * NS_A_MS;
    if (authority.fd < 0 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1 ||
        setsockopt(authority.fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){RECEIVE_BUFFER}, sizeof(int)) < 0 ||
        bind(authority.fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
        fprintf(stderr, "soak_authority: %s\n", strerror(errno));
        return 1;
    }
    for (;;) {
        uint64_t now = soak_now_ns();
        uint64_t next = send_due(&authority.soon, now, now + 1000U * NS_A_MS);
        next = send_due(&authority.late, now, next);
        struct timespec wait = {0, (long)(next - now) < 1000L * NS_A_MS ? (long)(next - now) : 999999999L};
        struct pollfd poll_fd = {.fd = authority.fd, .events = POLLIN};
        if (ppoll(&poll_fd, 1, &wait, NULL) < 0 && errno != EINTR) {
            perror("soak_authority: ppoll");
            return 1;
        }
        receive_all();
    }
}
