/*
 * The loader of the soak: soak_load ADDRESS PORT SEED START-NS BREAK-NS NAMES RATE QUERIES. Asks each query
 * once, AAAA or A, of names by Zipf's law, and judges each answer by soak_names: the right data for the name;
 * of the present, or of a version whose TTL has not ended, or else marked as stale (RFC 8914 code 3); within
 * ANSWER_S. Prints what it counted; exit 1 if a query of a healthy name failed.
 *
 * Layer: test
 * Specification: RFC 6147 5.1, RFC 8767 4, RFC 8914 4.4
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/lab/soak_names.h"

enum {
    SOCKETS = 16,
    SLOTS = 1 << 16, /* as many as there are IDs: one is used again after 20 s at the rate of the test */
    BATCH = 64,
    ANSWER_S = 5,
    A_OF_FOUR = 1, /* of four queries one asks A */
    NAME_MAX_LEN = 64,
    HEADER_LEN = 12,
    RECORDS_MAX = 8,
    OPTION_EDE = 15,
    EDE_STALE = 3,
    STALE_TTL_S = 30,
    SLACK_MS = 1500, /* whole seconds of TTLs, and the way of a reply */
    RECEIVE_BUFFER = 8 << 20,
    NS_A_MS = 1000000,
    FAULTS_SHOWN = 20,
    LATENCY_STEPS_MS = 10,
    LATENCY_STEPS = ANSWER_S * 1000 / LATENCY_STEPS_MS,
};

struct slot {
    uint64_t sent_ns; /* 0: not waiting */
    uint32_t number;
    bool is_a;
};

struct found { /* what an answer holds */
    unsigned rcode, aliases, addresses;
    uint8_t address[RECORDS_MAX][16];
    uint32_t ttl_s; /* the largest */
    bool soa, stale;
};

struct load {
    int fd[SOCKETS];
    uint64_t seed, start_ns, break_ns, random;
    uint32_t names;
    double *shares;
    struct slot slots[SLOTS];
    uint64_t sent, settled; /* queries by number: all before `settled` have an end */
    uint64_t good, failed_names, stale, wrong, unmarked, lost, silent_names, late_nothing;
    uint64_t latency[LATENCY_STEPS + 1];
    unsigned shown;
};

static struct load load;

static uint64_t next_random(void)
{
    load.random += 0x9e3779b97f4a7c15U;
    return soak_mix(load.random);
}

static int make_shares(void)
{
    double sum = 0;
    load.shares = malloc(load.names * sizeof(*load.shares));
    if (load.shares == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < load.names; i++)
        load.shares[i] = sum += 1.0 / (i + 1);
    return 0;
}

/* The rank of a name by Zipf's law with exponent 1. */
static uint32_t draw_name(void)
{
    double at = (double)(next_random() >> 11) / (double)(1ULL << 53) * load.shares[load.names - 1];
    uint32_t low = 0, high = load.names - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (load.shares[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t make_query(uint16_t id, uint32_t number, bool is_a, uint8_t *out)
{
    static const uint8_t opt[] = {
        0, 0, SOAK_TYPE_OPT, SOAK_ANSWER_MAX >> 8, SOAK_ANSWER_MAX & 255, 0, 0, 0, 0, 0, 0};
    const uint8_t header[HEADER_LEN] = {(uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    memcpy(out, header, sizeof(header));
    size_t len = HEADER_LEN + soak_pack_name('n', number, out + HEADER_LEN);
    memcpy(out + len, (uint8_t[]){0, is_a ? SOAK_TYPE_A : SOAK_TYPE_AAAA, 0, 1}, 4);
    memcpy(out + len + 4, opt, sizeof(opt));
    return len + 4 + sizeof(opt);
}

static void show(const struct slot *slot, const char *what, const struct found *found)
{
    if (load.shown++ >= FAULTS_SHOWN)
        return;
    uint64_t now = soak_now_ns();
    struct soak_name name = soak_name(load.seed, slot->number);
    printf("fault: n%" PRIu32 " %s at %.1f s after %.2f s: %s (kind %d, ttl %" PRIu32 ", version %" PRIu32
           ")",
           slot->number, slot->is_a ? "A" : "AAAA", (double)(now - load.start_ns) / 1e9,
           (double)(now - slot->sent_ns) / 1e9, what, (int)name.kind, name.ttl_s,
           soak_version(load.start_ns, now));
    if (found != NULL) {
        printf(" rcode %u aliases %u addresses %u ttl %" PRIu32 " stale %d", found->rcode, found->aliases,
               found->addresses, found->ttl_s, found->stale);
        for (unsigned i = 0; i < found->addresses; i++)
            printf(" %02x%02x", found->address[i][14], found->address[i][15]);
    }
    putchar('\n');
}

static void expire(uint64_t now)
{
    for (; load.settled < load.sent; load.settled++) {
        struct slot *slot = &load.slots[load.settled % SLOTS];
        if (slot->sent_ns == 0)
            continue;
        if (now < slot->sent_ns + ANSWER_S * 1000000000ULL)
            return;
        enum soak_kind kind = soak_name(load.seed, slot->number).kind;
        if (kind == SOAK_SILENT || kind == SOAK_FAILS_LATE)
            load.silent_names++;
        else {
            load.lost++;
            show(slot, "no answer", NULL);
        }
        slot->sent_ns = 0;
    }
}

static int ask(void)
{
    uint8_t query[HEADER_LEN + NAME_MAX_LEN];
    struct slot *slot = &load.slots[load.sent % SLOTS];
    if (slot->sent_ns != 0)
        return -EBUSY;
    *slot = (struct slot){soak_now_ns(), draw_name(), next_random() % 4 < A_OF_FOUR};
    size_t len = make_query((uint16_t)(load.sent % SLOTS), slot->number, slot->is_a, query);
    ssize_t sent = send(load.fd[load.sent % SOCKETS], query, len, 0);
    load.sent++;
    return sent < 0 ? -errno : 0;
}

/* Past a name in an answer; 0 if it does not end. */
static size_t skip_name(const uint8_t *bytes, size_t len, size_t at)
{
    for (; at < len; at += 1U + bytes[at]) {
        if (bytes[at] == 0)
            return at + 1;
        if (bytes[at] >= 0xc0)
            return at + 2;
    }
    return 0;
}

static void take_options(const uint8_t *bytes, size_t len, struct found *found)
{
    for (size_t at = 0; at + 4 <= len;) {
        size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (bytes[at + 1] == OPTION_EDE && size >= 2 && at + 6 <= len && bytes[at + 5] == EDE_STALE)
            found->stale = true;
        at += 4 + size;
    }
}

static int take_record(const uint8_t *bytes, size_t type, uint32_t ttl, size_t size, bool is_a, bool answer,
                       struct found *found)
{
    if (type == SOAK_TYPE_OPT)
        take_options(bytes, size, found);
    else if (type == SOAK_TYPE_SOA)
        found->soa = true;
    else if (answer && type == SOAK_TYPE_CNAME)
        found->aliases++;
    else if (answer && type == (is_a ? SOAK_TYPE_A : SOAK_TYPE_AAAA) && found->addresses < RECORDS_MAX) {
        memcpy(found->address[found->addresses] + (is_a ? SOAK_PREFIX_LEN : 0), bytes, is_a ? 4 : 16);
        found->addresses++;
        if (ttl > found->ttl_s)
            found->ttl_s = ttl;
    } else
        return -EBADMSG;
    return 0;
}

/* Takes apart an answer whose question is known; -EBADMSG if there is anything in it that nobody expects. */
static int take_answer(const uint8_t *bytes, size_t len, size_t at, bool is_a, struct found *found)
{
    unsigned answers = bytes[7], records = answers + bytes[9] + bytes[11];
    *found = (struct found){.rcode = bytes[3] & 15};
    for (unsigned i = 0; i < records; i++) {
        at = skip_name(bytes, len, at);
        if (at == 0 || at + 10 > len)
            return -EBADMSG;
        size_t type = (size_t)bytes[at] << 8 | bytes[at + 1],
               size = (size_t)bytes[at + 8] << 8 | bytes[at + 9];
        uint32_t ttl = (uint32_t)bytes[at + 4] << 24 | (uint32_t)bytes[at + 5] << 16 |
                       (uint32_t)bytes[at + 6] << 8 | bytes[at + 7];
        at += 10;
        if (at + size > len || take_record(bytes + at, type, ttl, size, is_a, i < answers, found) < 0)
            return -EBADMSG;
        at += size;
    }
    return at == len ? 0 : -EBADMSG;
}

static bool has_address(const struct found *found, const uint8_t address[16])
{
    for (unsigned i = 0; i < found->addresses; i++)
        if (memcmp(found->address[i], address, 16) == 0)
            return true;
    return false;
}

/* Whether the data are those of a version. */
static bool is_version(const struct found *found, const struct soak_name *name, uint32_t version, bool is_a)
{
    static const uint8_t prefix[SOAK_PREFIX_LEN] = {0, 0x64, 0xff, 0x9b};
    uint8_t ipv4[2][4], address[16] = {0};
    if (name->kind == SOAK_DUAL && !is_a) {
        soak_ipv6(name, version, address);
        return found->addresses == 1 && has_address(found, address);
    }
    soak_ipv4(name, version, ipv4);
    for (int i = 0; i < 2; i++) {
        if (!is_a)
            memcpy(address, prefix, sizeof(prefix));
        memcpy(address + SOAK_PREFIX_LEN, ipv4[i], 4);
        if (!has_address(found, address))
            return false;
    }
    return found->addresses == 2;
}

/* The age of what an answer holds, in milliseconds past the end of its TTL; negative if it is fresh;
 * INT64_MAX if it was never the authority's. */
static int64_t past_end(const struct found *found, const struct soak_name *name, bool is_a, uint64_t now)
{
    uint32_t current = soak_version(load.start_ns, now);
    for (uint32_t back = 0; back <= current && back < 256; back++) {
        uint32_t version = current - back;
        if (!is_version(found, name, version, is_a))
            continue;
        int64_t end_ms = ((int64_t)(version + 1) * SOAK_PERIOD_S + name->ttl_s) * 1000;
        return (int64_t)((now - load.start_ns) / NS_A_MS) - end_ms;
    }
    return INT64_MAX;
}

static void judge_data(const struct slot *slot, const struct soak_name *name, const struct found *found,
                       uint64_t now)
{
    int64_t past_ms = past_end(found, name, slot->is_a, now);
    if (found->rcode != SOAK_NOERROR || found->aliases != (name->kind == SOAK_ALIAS) ||
        past_ms == INT64_MAX || found->ttl_s > (found->stale ? STALE_TTL_S : name->ttl_s)) {
        load.wrong++;
        show(slot, "not the authority's answer", found);
    } else if (found->stale)
        load.stale++;
    else if (past_ms > SLACK_MS) {
        load.unmarked++;
        show(slot, "stale and not marked", found);
    } else
        load.good++;
}

static void judge(const struct slot *slot, const struct found *found, uint64_t now)
{
    struct soak_name name = soak_name(load.seed, slot->number);
    switch (name.kind) {
    case SOAK_IPV4:
    case SOAK_DUAL:
    case SOAK_ALIAS: judge_data(slot, &name, found, now); return;
    case SOAK_NOTHING:
        if (found->rcode == SOAK_NXDOMAIN && found->addresses == 0 && found->soa)
            load.good++;
        else {
            load.wrong++;
            show(slot, "NXDOMAIN is expected", found);
        }
        return;
    case SOAK_BREAKS:
        if (found->rcode == SOAK_SERVFAIL && now >= load.start_ns + load.break_ns)
            load.failed_names++;
        else
            judge_data(slot, &name, found, now);
        return;
    case SOAK_FAILS:
    case SOAK_FAILS_LATE:
    case SOAK_SILENT:
    case SOAK_KINDS: break;
    }
    if (found->rcode == SOAK_SERVFAIL)
        load.failed_names++;
    else {
        load.wrong++;
        show(slot, "SERVFAIL is expected", found);
    }
}

static void take(const uint8_t *bytes, size_t len, unsigned socket_number)
{
    uint8_t query[HEADER_LEN + NAME_MAX_LEN];
    struct found found;
    uint64_t now = soak_now_ns();
    uint16_t id = len >= HEADER_LEN ? (uint16_t)(bytes[0] << 8 | bytes[1]) : 0;
    struct slot *slot = &load.slots[id];
    if (len < HEADER_LEN || id % SOCKETS != socket_number || slot->sent_ns == 0) {
        load.late_nothing++; /* a second answer, or one after its time */
        return;
    }
    size_t end = make_query(id, slot->number, slot->is_a, query) - 11; /* without OPT */
    if (len < end || memcmp(bytes + HEADER_LEN, query + HEADER_LEN, end - HEADER_LEN) != 0 ||
        (bytes[2] & 0xfa) != 0x80 || take_answer(bytes, len, end, slot->is_a, &found) < 0) {
        load.wrong++;
        show(slot, "not to be read", NULL);
    } else
        judge(slot, &found, now);
    uint64_t step = (now - slot->sent_ns) / NS_A_MS / LATENCY_STEPS_MS;
    load.latency[step < LATENCY_STEPS ? step : LATENCY_STEPS]++;
    slot->sent_ns = 0;
}

static void receive_all(unsigned socket_number)
{
    static uint8_t answers[BATCH][SOAK_ANSWER_MAX];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){answers[i], SOAK_ANSWER_MAX};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int got = recvmmsg(load.fd[socket_number], messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++)
        take(answers[i], messages[i].msg_len, socket_number);
}

static double percentile(double share)
{
    uint64_t all = 0, sum = 0;
    for (int i = 0; i <= LATENCY_STEPS; i++)
        all += load.latency[i];
    for (int i = 0; i <= LATENCY_STEPS; i++)
        if ((double)(sum += load.latency[i]) >= share * (double)all)
            return (i + 1) * LATENCY_STEPS_MS / 1000.0;
    return ANSWER_S;
}

static int report(void)
{
    uint64_t failed = load.wrong + load.unmarked + load.lost;
    printf("sent %" PRIu64 " good %" PRIu64 " stale-and-marked %" PRIu64 " failing-names %" PRIu64
           " of-them-silent %" PRIu64 "\n",
           load.sent, load.good, load.stale, load.failed_names + load.silent_names, load.silent_names);
    printf("wrong %" PRIu64 " stale-not-marked %" PRIu64 " lost %" PRIu64 " twice-or-late %" PRIu64 "\n",
           load.wrong, load.unmarked, load.lost, load.late_nothing);
    printf("answered within: 50 %% %.2f s, 99 %% %.2f s, 99.9 %% %.2f s, 99.99 %% %.2f s\n", percentile(0.5),
           percentile(0.99), percentile(0.999), percentile(0.9999));
    return failed > 0 || load.good == 0;
}

static int open_sockets(const char *address, const char *port)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET6, address, &to.sin6_addr) != 1)
        return -EINVAL;
    for (int i = 0; i < SOCKETS; i++) {
        load.fd[i] = socket(AF_INET6, SOCK_DGRAM, 0);
        if (load.fd[i] < 0 ||
            setsockopt(load.fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &(int){RECEIVE_BUFFER}, sizeof(int)) < 0 ||
            connect(load.fd[i], (struct sockaddr *)&to, sizeof(to)) < 0)
            return -errno;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc != 9) {
        fputs("usage: soak_load ADDRESS PORT SEED START-NS BREAK-NS NAMES RATE QUERIES\n", stderr);
        return 2;
    }
    load.seed = strtoull(argv[3], NULL, 10);
    load.start_ns = strtoull(argv[4], NULL, 10);
    load.break_ns = strtoull(argv[5], NULL, 10);
    load.names = (uint32_t)strtoul(argv[6], NULL, 10);
    load.random = soak_mix(load.seed);
    uint64_t rate = strtoull(argv[7], NULL, 10), queries = strtoull(argv[8], NULL, 10);
    int r = load.names == 0 || rate == 0 ? -EINVAL : open_sockets(argv[1], argv[2]);
    if (r == 0)
        r = make_shares();
    if (r < 0) {
        fprintf(stderr, "soak_load: %s\n", strerror(-r));
        return 2;
    }
    struct pollfd fds[SOCKETS];
    for (int i = 0; i < SOCKETS; i++)
        fds[i] = (struct pollfd){.fd = load.fd[i], .events = POLLIN};
    uint64_t began = soak_now_ns();
    while (load.settled < queries) {
        uint64_t now = soak_now_ns(), due = (now - began) / 1000 * rate / 1000000;
        while (load.sent < queries && load.sent < due && r == 0)
            r = ask();
        if (r < 0) {
            fprintf(stderr, "soak_load: a query could not be sent: %s\n", strerror(-r));
            return 2;
        }
        expire(now);
        struct timespec wait = {0, 2L * NS_A_MS};
        if (ppoll(fds, SOCKETS, &wait, NULL) > 0)
            for (unsigned i = 0; i < SOCKETS; i++)
                if (fds[i].revents)
                    receive_all(i);
    }
    return report();
}
