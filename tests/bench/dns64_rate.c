/*
 * Asks a DNS server AAAA over and over, a fixed number at once, one datagram a query, from one socket:
 *
 *   dns64_rate ADDRESS PORT NAMES AT-ONCE SECONDS
 *
 * NAMES 0: no name is asked twice, in this run or another. Otherwise n0.bench.example and so on, in turn.
 * Prints answers a second, and how many were wrong or lost.
 *
 * Answers are looked at and counted by a filter of the socket, which has each number asked and answered, and
 * go no further: so the load can be faster than a server that does the same with queries and answers, and the
 * server, in whose time loopback delivers, pays neither for a queue of the client's nor for waking it.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, bpf(2)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 64,
    QUERY_LEN = 64,
    LOST_S = 2,       /* nothing for so long: what is outstanding is lost */
    PAUSE_NS = 20000, /* when enough is under way */
    IDS = 65536,
    GOOD = IDS, /* the numbers of the filter: one for each ID, and these */
    WRONG,
    NUMBERS,
    NAMES_MAX = 1000000,
    UDP_HEADER = 8, /* where the filter sees the message */
    QR = 0x80,
    RCODE = 0x0f,
};

struct query {
    uint8_t len;
    uint8_t bytes[QUERY_LEN - 1];
};

struct load {
    int fd;
    bool fresh;
    unsigned run;
    unsigned names;
    struct query *made; /* one for each name */
    uint64_t sent;
    uint32_t asked[IDS];
    volatile uint64_t *numbers;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int call_bpf(int command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* numbers[ID]++; numbers[QR, no error, and an answer ? GOOD : WRONG]++; nothing is kept. */
static int load_filter(int map)
{
#define LOAD_BYTE(at)                                              \
    {                                                              \
        .code = BPF_LD | BPF_ABS | BPF_B, .imm = UDP_HEADER + (at) \
    }
#define MOVE(to, from)                                                          \
    {                                                                           \
        .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) \
    }
#define SET(to, value)                                                       \
    {                                                                        \
        .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value) \
    }
#define AND(to, value)                                                       \
    {                                                                        \
        .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = (to), .imm = (value) \
    }
#define JUMP(op, reg, val, n)                                                      \
    {                                                                              \
        .code = BPF_JMP | (op) | BPF_K, .dst_reg = (reg), .imm = (val), .off = (n) \
    }
#define ADD_ONE                                                                                              \
    {.code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_7, .off = -4},             \
        {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map}, \
        {0}, MOVE(BPF_REG_2, BPF_REG_10),                                                                    \
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},                              \
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem}, JUMP(BPF_JEQ, BPF_REG_0, 0, 2),       \
        SET(BPF_REG_1, 1),                                                                                   \
    {                                                                                                        \
        .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1, .imm = BPF_ADD    \
    }
    const struct bpf_insn program[] = {
        MOVE(BPF_REG_6, BPF_REG_1), /* where LD_ABS wants the packet */
        {.code = BPF_LD | BPF_ABS | BPF_H, .imm = UDP_HEADER},
        MOVE(BPF_REG_7, BPF_REG_0),
        ADD_ONE,
        SET(BPF_REG_7, WRONG),
        LOAD_BYTE(2),
        AND(BPF_REG_0, QR),
        JUMP(BPF_JEQ, BPF_REG_0, 0, 6),
        LOAD_BYTE(3),
        AND(BPF_REG_0, RCODE),
        JUMP(BPF_JNE, BPF_REG_0, 0, 3),
        LOAD_BYTE(7),
        JUMP(BPF_JEQ, BPF_REG_0, 0, 1),
        SET(BPF_REG_7, GOOD),
        ADD_ONE,
        SET(BPF_REG_0, 0),
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                           .insns = (uintptr_t)program,
                           .insn_cnt = sizeof(program) / sizeof(program[0]),
                           .license = (uintptr_t) "GPL"};
    return call_bpf(BPF_PROG_LOAD, &attr);
}

static bool attach_filter(struct load *load)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
                           .key_size = sizeof(uint32_t),
                           .value_size = sizeof(uint64_t),
                           .max_entries = NUMBERS,
                           .map_flags = BPF_F_MMAPABLE};
    int map = call_bpf(BPF_MAP_CREATE, &attr);
    int program = map >= 0 ? load_filter(map) : -1;
    if (program < 0)
        return false;
    load->numbers = mmap(NULL, NUMBERS * sizeof(uint64_t), PROT_READ, MAP_SHARED, map, 0);
    return load->numbers != MAP_FAILED &&
           setsockopt(load->fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) == 0;
}

static void make_query(struct query *query, const char *label)
{
    static const uint8_t tail[] = "\5bench\7example\0\0\34\0\1"; /* AAAA, IN; the last NUL is not sent */
    static const uint8_t header[12] = {0, 0, 1, 0, 0, 1};
    size_t len = strlen(label);
    memcpy(query->bytes, header, sizeof(header));
    query->bytes[12] = (uint8_t)len;
    memcpy(query->bytes + 13, label, len);
    memcpy(query->bytes + 13 + len, tail, sizeof(tail) - 1);
    query->len = (uint8_t)(13 + len + sizeof(tail) - 1);
}

static void make_name(const struct load *load, struct query *query, uint64_t number)
{
    char label[32];
    if (load->fresh)
        snprintf(label, sizeof(label), "x%u-%llu", load->run, (unsigned long long)number);
    else
        snprintf(label, sizeof(label), "n%llu", (unsigned long long)number);
    make_query(query, label);
}

static void send_some(struct load *load, unsigned count)
{
    static struct query fresh[BATCH];
    static uint8_t ids[BATCH][2];
    static struct iovec parts[BATCH][2];
    static struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = load->sent + i;
        struct query *query = load->fresh ? &fresh[i] : &load->made[number % load->names];
        if (load->fresh)
            make_name(load, query, number);
        ids[i][0] = (uint8_t)(number >> 8);
        ids[i][1] = (uint8_t)number;
        parts[i][0] = (struct iovec){ids[i], 2};
        parts[i][1] = (struct iovec){query->bytes + 2, query->len - 2u};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = parts[i], .msg_iovlen = 2};
    }
    int sent = sendmmsg(load->fd, messages, count, 0);
    for (int i = 0; i < sent; i++)
        load->asked[(uint16_t)load->sent++]++;
}

static uint64_t outstanding(const struct load *load)
{
    return load->sent - load->numbers[GOOD] - load->numbers[WRONG];
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

/* Asked and not answered, or answered more often than asked. */
static uint64_t count_lost(const struct load *load)
{
    uint64_t lost = 0;
    for (unsigned i = 0; i < IDS; i++) {
        uint64_t asked = load->asked[i], answered = load->numbers[i];
        lost += asked > answered ? asked - answered : answered - asked;
    }
    return lost;
}

static bool make_names(struct load *load)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    load->fresh = load->names == 0;
    load->run = (unsigned)(at.tv_sec * 1000 + at.tv_nsec / 1000000) % 100000000;
    if (load->fresh)
        return true;
    load->made = load->names <= NAMES_MAX ? calloc(load->names, sizeof(*load->made)) : NULL;
    for (unsigned i = 0; load->made != NULL && i < load->names; i++)
        make_name(load, &load->made[i], i);
    return load->made != NULL;
}

static bool open_socket(struct load *load, const char *address, const char *port)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    load->fd = socket(AF_INET6, SOCK_DGRAM, 0);
    return load->fd >= 0 && inet_pton(AF_INET6, address, &to.sin6_addr) == 1 && attach_filter(load) &&
           connect(load->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

int main(int argc, char *argv[])
{
    static struct load load;
    if (argc != 6) {
        fputs("usage: dns64_rate ADDRESS PORT NAMES AT-ONCE SECONDS\n", stderr);
        return 2;
    }
    load.names = (unsigned)atoi(argv[3]);
    unsigned at_once = (unsigned)atoi(argv[4]), chunk = at_once < 2 * BATCH ? (at_once + 1) / 2 : BATCH;
    if (at_once == 0 || at_once >= IDS / 2 || !make_names(&load) || !open_socket(&load, argv[1], argv[2]) ||
        prctl(PR_SET_TIMERSLACK, 1) < 0) {
        fprintf(stderr, "dns64_rate: %s\n", strerror(errno));
        return 1;
    }
    double began = now(), until = began + atof(argv[5]), at;
    bool answered = true;
    while ((at = now()) < until && answered) {
        while (outstanding(&load) + chunk <= at_once)
            send_some(&load, chunk);
        answered = wait_for_some(&load);
    }
    uint64_t in_time = load.numbers[GOOD];
    while (outstanding(&load) > 0 && wait_for_some(&load))
        continue;
    uint64_t lost = count_lost(&load);
    printf("%.0f answers a second, %llu in all, %llu wrong, %llu lost\n", (double)in_time / (at - began),
           (unsigned long long)load.numbers[GOOD], (unsigned long long)load.numbers[WRONG],
           (unsigned long long)lost);
    return load.numbers[WRONG] + lost > 0;
}
