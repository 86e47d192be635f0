/*
 * Layer: test
 * Specification: bpf(2), RFC 8200 8.1, RFC 768
 */
#include "rate_wire.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    ETHERTYPE_AT = 12,
    IPV6_AT = 14,
    NEXT_HEADER_AT = IPV6_AT + 6,
    SOURCE_AT = IPV6_AT + 8,
    ADDRESS_LEN = 16,
    ADDRESS_WORDS = ADDRESS_LEN / sizeof(uint32_t),
    UDP_AT = IPV6_AT + 40,
    CHECKSUM_AT = UDP_AT + 6,
    DNS_AT = UDP_AT + 8,
    LETTERS_AT = DNS_AT + RATE_WIRE_LABEL + 1, /* even, for the checksum */
    QR = 0x80,
    RCODE = 0x0f,
    HOP_LIMIT = 64,
    INSTRUCTIONS_MAX = 96,
    FRAMES_AT_ONCE = 64,
    TCX_EGRESS = 47, /* BPF_TCX_EGRESS and TCX_*, which Debian 12's header does not have */
    TCX_DROP = 2,
    TCX_PASS = 0,
};

_Static_assert(LETTERS_AT % 2 == 0, "a word of the checksum");

/* Nibbles to bytes, then to letters. */
static const uint64_t spread[] = {0x0000ffff0000ffff, 0x00ff00ff00ff00ff, 0x0f0f0f0f0f0f0f0f};
static const uint64_t letter_a = 0x6161616161616161;
enum { SPREADS = sizeof(spread) / sizeof(spread[0]) };

void rate_wire_letters(uint32_t number, uint8_t letters[RATE_WIRE_LETTERS])
{
    uint64_t x = number;
    for (unsigned i = 0; i < SPREADS; i++)
        x = (x | x << (16 >> i)) & spread[i];
    x += letter_a;
    memcpy(letters, &x, sizeof(x));
}

/* A program of the kernel, put together. */
struct program {
    struct bpf_insn code[INSTRUCTIONS_MAX];
    unsigned count;
};

static unsigned put(struct program *program, struct bpf_insn insn)
{
    program->code[program->count] = insn;
    return program->count++;
}

/* The jump at `from` goes to what comes next. */
static void land(struct program *program, unsigned from)
{
    program->code[from].off = (int16_t)(program->count - from - 1);
}

static void move(struct program *program, uint8_t to, uint8_t from)
{
    put(program, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from});
}

static void with_register(struct program *program, uint8_t op, uint8_t to, uint8_t from)
{
    put(program, (struct bpf_insn){.code = BPF_ALU64 | op | BPF_X, .dst_reg = to, .src_reg = from});
}

static void with_value(struct program *program, uint8_t op, uint8_t to, int32_t value)
{
    put(program, (struct bpf_insn){.code = BPF_ALU64 | op | BPF_K, .dst_reg = to, .imm = value});
}

static void load(struct program *program, uint8_t size, uint8_t to, uint8_t from, size_t at)
{
    put(program, (struct bpf_insn){
                     .code = BPF_LDX | BPF_MEM | size, .dst_reg = to, .src_reg = from, .off = (int16_t)at});
}

static void store(struct program *program, uint8_t size, uint8_t to, size_t at, uint8_t from)
{
    put(program, (struct bpf_insn){
                     .code = BPF_STX | BPF_MEM | size, .dst_reg = to, .src_reg = from, .off = (int16_t)at});
}

static unsigned jump_if(struct program *program, uint8_t op, uint8_t reg, int32_t value)
{
    return put(program, (struct bpf_insn){.code = BPF_JMP | op | BPF_K, .dst_reg = reg, .imm = value});
}

static void wide(struct program *program, uint8_t to, uint8_t kind, uint32_t low, uint32_t high)
{
    put(program, (struct bpf_insn){
                     .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = to, .src_reg = kind, .imm = (int32_t)low});
    put(program, (struct bpf_insn){.imm = (int32_t)high});
}

/* Network order to the host's and back. */
static void swap16(struct program *program, uint8_t reg)
{
    put(program, (struct bpf_insn){.code = BPF_ALU | BPF_END | BPF_TO_BE, .dst_reg = reg, .imm = 16});
}

static void finish(struct program *program, int32_t result)
{
    with_value(program, BPF_MOV, BPF_REG_0, result);
    put(program, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* The frame from r1's `data` on into r2; the jump is taken when it is shorter than `len`. */
static unsigned begin(struct program *program, size_t data, size_t data_end, int32_t len)
{
    load(program, BPF_W, BPF_REG_2, BPF_REG_1, data);
    load(program, BPF_W, BPF_REG_3, BPF_REG_1, data_end);
    move(program, BPF_REG_4, BPF_REG_2);
    with_value(program, BPF_ADD, BPF_REG_4, len);
    return put(program, (struct bpf_insn){
                            .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_3});
}

/* The part of the numbers from `at` on into `to`. */
static void numbers_at(struct program *program, const struct rate_wire *wire, uint8_t to, size_t at)
{
    wide(program, to, BPF_PSEUDO_MAP_VALUE, (uint32_t)wire->map, (uint32_t)at);
}

/* The number that `reg` points to is raised by one, as no other is at the same time. */
static void raise_number(struct program *program, uint8_t reg)
{
    with_value(program, BPF_MOV, BPF_REG_3, 1);
    put(program,
        (struct bpf_insn){
            .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = reg, .src_reg = BPF_REG_3, .imm = BPF_ADD});
}

static int call_bpf(int command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load_program(const struct program *program, uint32_t type)
{
    union bpf_attr attr = {.prog_type = type,
                           .insns = (uintptr_t)program->code,
                           .insn_cnt = program->count,
                           .license = (uintptr_t) "GPL"};
    return call_bpf(BPF_PROG_LOAD, &attr);
}

/* r2 has the answer: r0 becomes the number that it raises besides that of its ID. */
static void judge(struct program *program, const struct rate_wire *wire)
{
    unsigned jumps[3];
    numbers_at(program, wire, BPF_REG_0, offsetof(struct rate_wire_numbers, wrong));
    load(program, BPF_B, BPF_REG_5, BPF_REG_2, DNS_AT + 2);
    with_value(program, BPF_AND, BPF_REG_5, QR);
    jumps[0] = jump_if(program, BPF_JEQ, BPF_REG_5, 0);
    load(program, BPF_B, BPF_REG_5, BPF_REG_2, DNS_AT + 3);
    with_value(program, BPF_AND, BPF_REG_5, RCODE);
    jumps[1] = jump_if(program, BPF_JNE, BPF_REG_5, 0);
    load(program, BPF_H, BPF_REG_5, BPF_REG_2, DNS_AT + 6);
    jumps[2] = jump_if(program, BPF_JEQ, BPF_REG_5, 0);
    numbers_at(program, wire, BPF_REG_0, offsetof(struct rate_wire_numbers, good));
    for (unsigned i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
        land(program, jumps[i]);
}

static int load_counter(const struct rate_wire *wire)
{
    struct program program = {0};
    unsigned jumps[4 + ADDRESS_WORDS];
    jumps[0] = begin(&program, offsetof(struct __sk_buff, data), offsetof(struct __sk_buff, data_end),
                     DNS_AT + RATE_WIRE_LABEL);
    load(&program, BPF_H, BPF_REG_5, BPF_REG_2, ETHERTYPE_AT);
    jumps[1] = jump_if(&program, BPF_JNE, BPF_REG_5, htons(ETH_P_IPV6));
    load(&program, BPF_B, BPF_REG_5, BPF_REG_2, NEXT_HEADER_AT);
    jumps[2] = jump_if(&program, BPF_JNE, BPF_REG_5, IPPROTO_UDP);
    load(&program, BPF_H, BPF_REG_5, BPF_REG_2, UDP_AT + 2);
    jumps[3] = jump_if(&program, BPF_JNE, BPF_REG_5, wire->from.sin6_port);
    for (unsigned i = 0; i < ADDRESS_WORDS; i++) {
        load(&program, BPF_W, BPF_REG_5, BPF_REG_2, SOURCE_AT + ADDRESS_LEN + i * sizeof(uint32_t));
        jumps[4 + i] = jump_if(&program, BPF_JNE, BPF_REG_5, (int32_t)wire->from.sin6_addr.s6_addr32[i]);
        program.code[jumps[4 + i]].code = BPF_JMP32 | BPF_JNE | BPF_K;
    }
    load(&program, BPF_H, BPF_REG_1, BPF_REG_2, DNS_AT);
    swap16(&program, BPF_REG_1);
    with_value(&program, BPF_LSH, BPF_REG_1, 3); /* eight bytes a number */
    numbers_at(&program, wire, BPF_REG_0, 0);
    with_register(&program, BPF_ADD, BPF_REG_0, BPF_REG_1);
    raise_number(&program, BPF_REG_0);
    judge(&program, wire);
    raise_number(&program, BPF_REG_0);
    finish(&program, TCX_DROP);
    for (unsigned i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
        land(&program, jumps[i]);
    finish(&program, TCX_PASS);
    return load_program(&program, BPF_PROG_TYPE_SCHED_CLS);
}

bool rate_wire_count(struct rate_wire *wire)
{
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY,
                          .key_size = sizeof(uint32_t),
                          .value_size = sizeof(struct rate_wire_numbers),
                          .max_entries = 1,
                          .map_flags = BPF_F_MMAPABLE};
    wire->map = call_bpf(BPF_MAP_CREATE, &map);
    if (wire->map < 0)
        return false;
    void *numbers = mmap(NULL, sizeof(*wire->numbers), PROT_READ, MAP_SHARED, wire->map, 0);
    if (numbers == MAP_FAILED)
        return false;
    wire->numbers = numbers;
    int program = load_counter(wire);
    union bpf_attr link = {.link_create = {.prog_fd = (uint32_t)program,
                                           .target_ifindex = if_nametoindex("lo"),
                                           .attach_type = TCX_EGRESS}};
    return program >= 0 && call_bpf(BPF_LINK_CREATE, &link) >= 0;
}

/* r6 = what number this query has, which is written down; the jump is taken when enough is under way. */
static unsigned take_number(struct program *program, const struct rate_wire *wire, unsigned at_once)
{
    numbers_at(program, wire, BPF_REG_5, offsetof(struct rate_wire_numbers, good));
    load(program, BPF_DW, BPF_REG_6, BPF_REG_5,
         offsetof(struct rate_wire_numbers, sent) - offsetof(struct rate_wire_numbers, good));
    load(program, BPF_DW, BPF_REG_0, BPF_REG_5, 0);
    load(program, BPF_DW, BPF_REG_1, BPF_REG_5,
         offsetof(struct rate_wire_numbers, wrong) - offsetof(struct rate_wire_numbers, good));
    with_register(program, BPF_ADD, BPF_REG_0, BPF_REG_1);
    move(program, BPF_REG_1, BPF_REG_6);
    with_register(program, BPF_SUB, BPF_REG_1, BPF_REG_0);
    unsigned enough = jump_if(program, BPF_JSGE, BPF_REG_1, (int32_t)at_once);
    move(program, BPF_REG_1, BPF_REG_6);
    with_value(program, BPF_ADD, BPF_REG_1, 1);
    store(program, BPF_DW, BPF_REG_5,
          offsetof(struct rate_wire_numbers, sent) - offsetof(struct rate_wire_numbers, good), BPF_REG_1);
    return enough;
}

/* r1 = the letters of r1. */
static void make_letters(struct program *program)
{
    for (unsigned i = 0; i < SPREADS; i++) {
        move(program, BPF_REG_0, BPF_REG_1);
        with_value(program, BPF_LSH, BPF_REG_0, 16 >> i);
        with_register(program, BPF_OR, BPF_REG_1, BPF_REG_0);
        wide(program, BPF_REG_0, 0, (uint32_t)spread[i], (uint32_t)(spread[i] >> 32));
        with_register(program, BPF_AND, BPF_REG_1, BPF_REG_0);
    }
    wide(program, BPF_REG_0, 0, (uint32_t)letter_a, (uint32_t)(letter_a >> 32));
    with_register(program, BPF_ADD, BPF_REG_1, BPF_REG_0);
}

/* The checksum of the whole, in r0, from that of what does not change, the ID in r6 and the letters in r1. */
static void make_checksum(struct program *program, uint32_t constant)
{
    wide(program, BPF_REG_0, 0, constant, 0);
    with_register(program, BPF_ADD, BPF_REG_0, BPF_REG_6);
    for (unsigned i = 0; i < RATE_WIRE_LETTERS / 2; i++) {
        move(program, BPF_REG_3, BPF_REG_1);
        with_value(program, BPF_AND, BPF_REG_3, 0xffff);
        with_register(program, BPF_ADD, BPF_REG_0, BPF_REG_3);
        with_value(program, BPF_RSH, BPF_REG_1, 16);
    }
    for (unsigned i = 0; i < 2; i++) {
        move(program, BPF_REG_3, BPF_REG_0);
        with_value(program, BPF_RSH, BPF_REG_3, 16);
        with_value(program, BPF_AND, BPF_REG_0, 0xffff);
        with_register(program, BPF_ADD, BPF_REG_0, BPF_REG_3);
    }
    with_value(program, BPF_XOR, BPF_REG_0, 0xffff);
    unsigned some = jump_if(program, BPF_JNE, BPF_REG_0, 0);
    with_value(program, BPF_MOV, BPF_REG_0, 0xffff); /* RFC 8200 8.1: 0 is none */
    land(program, some);
}

static int load_sender(const struct rate_wire *wire, size_t len, uint32_t constant, unsigned names,
                       unsigned at_once)
{
    struct program program = {0};
    unsigned jumps[2];
    jumps[0] =
        begin(&program, offsetof(struct xdp_md, data), offsetof(struct xdp_md, data_end), (int32_t)len);
    jumps[1] = take_number(&program, wire, at_once);
    move(&program, BPF_REG_1, BPF_REG_6);
    with_value(&program, BPF_MOD, BPF_REG_1, (int32_t)names);
    make_letters(&program);
    swap16(&program, BPF_REG_6);
    store(&program, BPF_H, BPF_REG_2, DNS_AT, BPF_REG_6);
    store(&program, BPF_DW, BPF_REG_2, LETTERS_AT, BPF_REG_1);
    make_checksum(&program, constant);
    store(&program, BPF_H, BPF_REG_2, CHECKSUM_AT, BPF_REG_0);
    finish(&program, XDP_PASS);
    for (unsigned i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
        land(&program, jumps[i]);
    finish(&program, XDP_DROP);
    return load_program(&program, BPF_PROG_TYPE_XDP);
}

/* In the host's order, as all sums here; the program's stores are in that order too. */
static uint32_t sum(const uint8_t *bytes, size_t len)
{
    uint32_t total = 0;
    for (size_t i = 0; i < len; i += 2) {
        uint8_t pair[2] = {bytes[i], i + 1 < len ? bytes[i + 1] : 0};
        uint16_t word;
        memcpy(&word, pair, sizeof(word));
        total += word;
    }
    return total;
}

/* IPv6 and UDP around the query; 0 where the program writes. */
static size_t make_frame(const struct rate_wire *wire, const uint8_t *query, size_t len, uint8_t *frame)
{
    uint16_t ethertype = htons(ETH_P_IPV6), udp_len = htons((uint16_t)(len + DNS_AT - UDP_AT));
    frame[IPV6_AT] = 0x60;
    memcpy(frame + ETHERTYPE_AT, &ethertype, sizeof(ethertype));
    memcpy(frame + IPV6_AT + 4, &udp_len, sizeof(udp_len));
    frame[NEXT_HEADER_AT] = IPPROTO_UDP;
    frame[NEXT_HEADER_AT + 1] = HOP_LIMIT;
    memcpy(frame + SOURCE_AT, &wire->from.sin6_addr, ADDRESS_LEN);
    memcpy(frame + SOURCE_AT + ADDRESS_LEN, &wire->to.sin6_addr, ADDRESS_LEN);
    memcpy(frame + UDP_AT, &wire->from.sin6_port, sizeof(uint16_t));
    memcpy(frame + UDP_AT + 2, &wire->to.sin6_port, sizeof(uint16_t));
    memcpy(frame + UDP_AT + 4, &udp_len, sizeof(udp_len));
    memcpy(frame + DNS_AT, query, len);
    memset(frame + DNS_AT, 0, sizeof(uint16_t));
    memset(frame + LETTERS_AT, 0, RATE_WIRE_LETTERS);
    return DNS_AT + len;
}

bool rate_wire_send(struct rate_wire *wire, const uint8_t *query, size_t len, unsigned names,
                    unsigned at_once)
{
    uint8_t frame[DNS_AT + RATE_WIRE_QUERY_MAX] = {0};
    size_t frame_len = make_frame(wire, query, len, frame);
    uint32_t constant = sum(frame + SOURCE_AT, 2 * ADDRESS_LEN) + htons(IPPROTO_UDP) +
                        htons((uint16_t)(frame_len - UDP_AT)) + sum(frame + UDP_AT, frame_len - UDP_AT);
    int program = load_sender(wire, frame_len, constant, names, at_once);
    union bpf_attr run = {.test = {.prog_fd = (uint32_t)program,
                                   .data_in = (uintptr_t)frame,
                                   .data_size_in = (uint32_t)frame_len,
                                   .repeat = INT32_MAX,
                                   .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
                                   .batch_size = FRAMES_AT_ONCE}};
    if (program < 0)
        return false;
    bool ended = call_bpf(BPF_PROG_TEST_RUN, &run) == 0 || errno == EINTR;
    close(program);
    return ended;
}
