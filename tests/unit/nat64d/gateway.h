/*
 * A gateway in memory for tests of the five steps: one worker with real tables, a clock of the test's own,
 * packets in and out.
 *
 * Layer: test
 * Specification: RFC 6146 3.3 - 3.8
 *
 * Pool 203.0.113.1, backends 2001:db8::/32, peers 8.8.8.8 and 8.8.4.4, the well-known prefix; 9.9.9.9 is the
 * gateway's own; TCP port 8080 of the pool is bound to [2001:db8::5]:80, TCP and UDP ports 9000 to 9009 to
 * its ports 700 to 709, for 8.8.0.0/16 alone. Lifetimes differ from each other, so that a test sees which one
 * runs: UDP 300 s, DNS 17, ICMP 60, TCP 7200, opening 240, closing 120.
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_GATEWAY_H
#define GATE64_TESTS_UNIT_NAT64D_GATEWAY_H

#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/steps.h"
#include "nat64d/rfc6146/tcp_state.h"
#include "tests/unit/nat64d/build.h"

#define S    UINT64_C(1000000000)
#define POOL "203.0.113.1"
#define HOST "2001:db8::1"
#define PEER "64:ff9b::8.8.8.8"
enum { SLOTS = 512, HELD = 64, FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static struct steps_shared shared;
static struct steps steps;
static struct steps_shard shards[1];
static struct counters counters;
static struct prefixes prefixes;
static struct group_table *groups;
static struct slots *bib_slots, *session_slots;
static struct bib_shared *bib_shared;
static struct session_shared *session_shared;
static struct expiry_link links[SLOTS];
static void *memory;
static struct built built;
static struct steps_result result;
static uint64_t now_ns;
/* The pool of the next set_up. */
static struct addr_port_range pool_ports = {1024, 65535};
static bool pool_shared;
static uint8_t pool_len = 32;
static struct siphash_key port_key = {3, 4};
static uint32_t port_block;

static struct guard_pref64 pref64 = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
static const struct addr_prefix6 backends = {{{{0x20, 0x01, 0x0d, 0xb8}}}, 32};
static struct network_route6 route6 = {.mtu = 1500, .source = {{{0x20, 0x01, 0x0d, 0xb8, 0, 9}}}};
static struct network_route4 route4 = {.mtu = 1500};
static uint32_t own4 = 0x09090909;
static struct network network = {&route6, 1, &route4, 1, &own4, 1, NULL, 0, NULL, 0, 1500, 1500};

static inline void set_up_pool(void)
{
    const uint32_t address = pool_len == 32 ? 0xcb007101 : 0xcb007100;
    const struct prefixes_input pool = {.address = {address, pool_len},
                                        .ports = &pool_ports,
                                        .ports_count = 1,
                                        .name = "pool",
                                        .shared = pool_shared};
    static const struct addr_prefix4 from = {0x08080000, 16};
    static const struct binding statics[] = {{.transport = TRANSPORT_TCP,
                                              .src6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}},
                                              .src6_port = 80,
                                              .src4 = 0xcb007101,
                                              .src4_port = 8080,
                                              .name = "shop"},
                                             {.transport = TRANSPORT_UDP,
                                              .src6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}},
                                              .src6_port = 700,
                                              .src4 = 0xcb007101,
                                              .src4_port = 9000,
                                              .more = 9,
                                              .from = &from,
                                              .from_count = 1},
                                             {.transport = TRANSPORT_TCP,
                                              .src6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}},
                                              .src6_port = 700,
                                              .src4 = 0xcb007101,
                                              .src4_port = 9000,
                                              .more = 9,
                                              .from = &from,
                                              .from_count = 1}};
    struct siphash_key key = {1, 2};
    struct port_random random = {.key = port_key};
    assert_int_equal(prefixes_init(&prefixes, &pool, 1), 0);
    shared.prefixes = &prefixes;
    assert_int_equal(group_new(&prefixes, NULL, &groups), 0);
    shared.groups = groups;
    assert_int_equal(block_new(&prefixes, 1, &random, &shared.blocks), 0);
    assert_int_equal(binding_new(statics, 3, key, (struct binding_table **)&shared.bindings), 0);
    assert_int_equal(
        block_reserve(shared.blocks, prefixes_find(&prefixes, 0xcb007101), TRANSPORT_TCP, 8080, 0), 0);
    const struct bulk_input bulk = {.blocks = shared.blocks,
                                    .prefixes = &prefixes,
                                    .size = port_block,
                                    .backend_len = 128,
                                    .key = port_key};
    assert_int_equal(bulk_new(&bulk, &shared.bulk), 0);
}

static inline void set_up_shard(const uint64_t *lifetimes)
{
    struct siphash_key key = {1, 2};
    assert_int_equal(slots_new(SLOTS, &bib_slots), 0);
    assert_int_equal(slots_new(SLOTS, &session_slots), 0);
    assert_int_equal(bib_shared_new(shared.state.bib, SLOTS, &bib_shared), 0);
    assert_int_equal(session_shared_new(shared.state.sessions, SLOTS, &session_shared), 0);
    assert_int_equal(slots_shard_new(bib_slots, &shards[0].bib.slots), 0);
    assert_int_equal(slots_shard_new(session_slots, &shards[0].sessions.slots), 0);
    assert_int_equal(bib_init(&shards[0].bib, bib_shared, key, 0), 0);
    assert_int_equal(session_init(&shards[0].sessions, session_shared, key, 0), 0);
    assert_int_equal(expiry_init(&shards[0].expiry, shared.state.sessions, links, lifetimes, now_ns), 0);
    assert_int_equal(stored_syn_new(key, &shards[0].syns), 0);
    const struct claim_input claim = {.blocks = shared.blocks,
                                      .bulk = shared.bulk,
                                      .prefixes = &prefixes,
                                      .shard = 0,
                                      .shards = 1,
                                      .seed = port_key,
                                      .hold_down_ns = 120 * S,
                                      .held = shared.state.held,
                                      .held_max = HELD};
    assert_int_equal(claim_new(&claim, &shards[0].claim), 0);
}

static inline int set_up(void **context)
{
    static const uint64_t lifetimes[EXPIRY_LIFETIMES] = {300 * S, 17 * S, 60 * S, 7200 * S, 240 * S, 120 * S};
    const struct state_shape shape = {SLOTS, SLOTS, 1, HELD};
    const uint8_t boot_id[STATE_BOOT_ID] = {1};
    const struct quota_limits limits = {
        .prefix_len = {128, 64},
        .ports = {{60000, false}, {60000, false}},
        .sessions = {SLOTS, SLOTS},
        .sessions_in_all = 1000000,
        .unanswered = {SLOTS, SLOTS},
        .rate = {100000, 100000},
    };
    struct siphash_key key = {1, 2};
    size_t len = state_file_size(&shape);
    (void)context;
    memset(&shared, 0, sizeof(shared));
    memset(&steps, 0, sizeof(steps));
    memset(shards, 0, sizeof(shards));
    memset(&counters, 0, sizeof(counters));
    now_ns = 1000 * S;
    memory = aligned_alloc(4096, len);
    memset(memory, 0, len);
    assert_int_equal(state_file_init(&shared.state, memory, len, &shape, key, boot_id, now_ns), 0);
    set_up_pool();
    assert_int_equal(quota_new(1000, &limits, key, groups, &shared.quota), 0);
    assert_int_equal(path_mtu_new(key, &shared.path_mtus), 0);
    shared.guard = (struct guard){&pref64, 1, &backends, 1, NULL, 0};
    shared.options = (struct translation_options){.mss_clamp = true, .lowest_ipv6_mtu = 1280};
    memcpy(shared.lifetime_ns, lifetimes, sizeof(lifetimes));
    shared.syn_wait_ns = 6 * S;
    shared.send_errors = true;
    shared.shards = shared.workers = 1;
    set_up_shard(lifetimes);
    shared.fragment_ns = 2 * S;
    assert_int_equal(fragments_new(FRAGMENTS_LEAST, key, &steps.fragments), 0);
    steps.shared = &shared;
    steps.network = &network;
    steps.shards = shards;
    steps.counters = &counters;
    identification_init(&steps.identification, key, 0, 1);
    rate_init(&steps.rate, key, now_ns);
    rate_limit(&steps.rate, &(struct rate_limits){1000, 1000, 1000, 1000000, 1000000});
    uint32_t slot;
    return allocate_static(&steps, 0, 0, 8080, now_ns, &slot);
}

static inline int tear_down(void **context)
{
    (void)context;
    pref64 = (struct guard_pref64){.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
    route6.mtu = route4.mtu = network.lowest_mtu4 = 1500;
    pool_ports = (struct addr_port_range){1024, 65535};
    pool_shared = false;
    pool_len = 32;
    port_key = (struct siphash_key){3, 4};
    port_block = 0;
    claim_free(shards[0].claim);
    fragments_free(steps.fragments);
    stored_syn_free(shards[0].syns);
    expiry_done(&shards[0].expiry);
    session_done(&shards[0].sessions);
    bib_done(&shards[0].bib);
    slots_shard_free(shards[0].sessions.slots);
    slots_shard_free(shards[0].bib.slots);
    session_shared_free(session_shared);
    bib_shared_free(bib_shared);
    slots_free(session_slots);
    slots_free(bib_slots);
    path_mtu_free(shared.path_mtus);
    quota_free(shared.quota);
    group_free(groups);
    binding_free((struct binding_table *)shared.bindings);
    bulk_free(shared.bulk);
    block_free(shared.blocks);
    prefixes_done(&prefixes);
    free(memory);
    return 0;
}

static inline enum reason send_built(void)
{
    steps_packet(&steps, &built.packet, now_ns, &result);
    return result.reason;
}

static inline enum reason udp6(const char *source, unsigned port, const char *destination,
                               unsigned destination_port)
{
    build_udp(&built, source, port, destination, destination_port, "data", 4);
    return send_built();
}

static inline enum reason udp4(const char *source, unsigned port, unsigned pool_port)
{
    build_udp(&built, source, port, POOL, pool_port, "data", 4);
    return send_built();
}

static inline enum reason tcp6(unsigned flags)
{
    build_tcp(&built, HOST, 4000, PEER, 80, flags, NULL, 0);
    return send_built();
}

static inline enum reason tcp4(unsigned pool_port, unsigned flags)
{
    build_tcp(&built, "8.8.8.8", 80, POOL, pool_port, flags, NULL, 0);
    return send_built();
}

static inline enum reason ping6(const char *source, unsigned id, const char *destination)
{
    build_icmp(&built, source, destination, 128, 0, id << 16 | 1, "abcd", 4);
    return send_built();
}

static inline enum reason ping4(const char *source, unsigned type, unsigned id)
{
    build_icmp(&built, source, POOL, type, 0, id << 16 | 1, "abcd", 4);
    return send_built();
}

/* Source port of the IPv4 packet that just left. */
static inline unsigned external_port(void)
{
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(built.packet.family, 4);
    return build_get16(built.packet.data + 20);
}

/* Identifier of the IPv4 echo that just left. */
static inline unsigned external_id(void)
{
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(built.packet.family, 4);
    return build_get16(built.packet.data + 24);
}

static inline uint32_t sessions(void)
{
    return shards[0].sessions.count[0] + shards[0].sessions.count[1] + shards[0].sessions.count[2];
}

/* But the static one. */
static inline uint32_t bindings(void)
{
    return shards[0].bib.count[0] + shards[0].bib.count[1] + shards[0].bib.count[2] - 1;
}

/* Nothing leaves on either side. */
static inline void assert_silent(enum reason got, enum reason want)
{
    assert_int_equal(got, want);
    assert_int_equal(result.verdict, STEPS_DROP);
    assert_int_equal(result.reply_len, 0);
}

/* An ICMPv6 error of that type and code goes back, and nothing on. */
static inline void assert_answer6(enum reason got, enum reason want, unsigned type, unsigned code)
{
    assert_int_equal(got, want);
    assert_int_equal(result.verdict, STEPS_DROP);
    assert_true(result.reply_len > 0);
    assert_int_equal(steps.reply[6], 58);
    assert_int_equal(steps.reply[40], type);
    assert_int_equal(steps.reply[41], code);
    assert_true(build_checksum_good(steps.reply, 40, 58, result.reply_len));
}

static inline void assert_answer4(enum reason got, enum reason want, unsigned type, unsigned code)
{
    assert_int_equal(got, want);
    assert_int_equal(result.verdict, STEPS_DROP);
    assert_true(result.reply_len > 0);
    assert_int_equal(steps.reply[9], 1);
    assert_int_equal(steps.reply[20], type);
    assert_int_equal(steps.reply[21], code);
    assert_true(build_checksum_good(steps.reply, 20, 1, result.reply_len));
}

/* Lets time pass; returns the length of the first packet that it brings, 0 if none. */
static inline uint32_t pass(uint64_t seconds)
{
    uint32_t len, first = 0;
    unsigned budget = 10000;
    now_ns += seconds * S;
    while (budget > 0)
        if ((len = steps_timeout(&steps, now_ns, &budget)) > 0 && first == 0)
            first = len;
    return first;
}

/* The TCP session, if there is one. */
static inline enum tcp_state state(void)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session session;
        if (session_peek(shared.state.sessions, i, &session) && session.transport == TRANSPORT_TCP)
            return session.tcp_state;
    }
    return TCP_STATE_NONE;
}

/* How many seconds the only session has, by the clock: it is there until then and not after. Time passes. */
static inline void assert_remaining(uint64_t seconds)
{
    assert_int_equal(sessions(), 1);
    pass(seconds - 1);
    assert_int_equal(sessions(), 1);
    pass(2);
    assert_int_equal(sessions(), 0);
}

/* The IPv6 destination of a peer given as IPv4 text. */
static inline void image_of(const char *address4, uint8_t *ret_bytes)
{
    memset(ret_bytes, 0, 16);
    memcpy(ret_bytes, pref64.prefix.address.s6_addr, 12);
    inet_pton(AF_INET, address4, ret_bytes + 12);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
