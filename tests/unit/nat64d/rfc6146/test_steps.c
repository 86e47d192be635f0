/*
 * The five steps with real tables and a clock of the test's own: what leaves, on which side, and what stays
 * in the tables.
 *
 * Layer: test
 * Specification: RFC 6146 3.3 - 3.8
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/steps.h"
#include "nat64d/rfc6146/tcp_state.h"
#include "nat64d/table/owner.h"
#include "tests/unit/nat64d/build.h"

#define S UINT64_C(1000000000)
enum { SLOTS = 512, HELD = 64, SYN = 2, ACK = 16, FIN = 1, RST = 4 };

/* One worker, one pool address 203.0.113.1, backends 2001:db8::/32, service 8.8.8.8, the well-known prefix.
 */
static struct steps_shared shared;
static struct steps steps;
static struct steps_shard shards[1];
static struct counters counters;
static struct prefixes prefixes;
static struct slots *bib_slots, *session_slots;
static struct bib_shared *bib_shared;
static struct session_shared *session_shared;
static struct expiry_link links[SLOTS];
static void *memory;
static struct built built;
static struct steps_result result;
static uint64_t now_ns;

static const struct guard_pref64 pref64 = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
static const struct addr_prefix6 backends = {{{{0x20, 0x01, 0x0d, 0xb8}}}, 32};
static struct network_route6 route6 = {.mtu = 1500, .source = {{{0x20, 0x01, 0x0d, 0xb8, 0, 9}}}};
static struct network_route4 route4 = {.mtu = 1500};
static uint32_t own4 = 0x09090909;
static struct network network = {&route6, 1, &route4, 1, &own4, 1, NULL, 0, NULL, 0, 1500, 1500};

static int set_up(void **context)
{
    static const struct addr_port_range ports = {1024, 65535};
    const struct prefixes_input pool = {{0xcb007101, 32}, &ports, 1, "pool", false, false};
    static const struct binding shop = {.transport = TRANSPORT_TCP,
                                        .src6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}},
                                        .src6_port = 80,
                                        .src4 = 0xcb007101,
                                        .src4_port = 8080,
                                        .name = "shop"};
    struct siphash_key key = {1, 2};
    struct port_random random = {.key = {3, 4}};
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
    assert_int_equal(prefixes_init(&prefixes, &pool, 1), 0);
    shared.prefixes = &prefixes;
    assert_int_equal(block_new(&prefixes, 1, &random, &shared.blocks), 0);
    assert_int_equal(binding_new(&shop, 1, key, (struct binding_table **)&shared.bindings), 0);
    assert_int_equal(block_reserve(shared.blocks, 0, TRANSPORT_TCP, 8080), 0);
    assert_int_equal(quota_new(1000, &limits, key, &shared.quota), 0);
    shared.guard = (struct guard){&pref64, 1, &backends, 1, NULL, 0};
    shared.options = (struct translation_options){.mss_clamp = true, .lowest_ipv6_mtu = 1280};
    const uint64_t lifetimes[EXPIRY_LIFETIMES] = {300 * S, 17 * S, 60 * S, 7200 * S, 240 * S, 120 * S};
    memcpy(shared.lifetime_ns, lifetimes, sizeof(lifetimes));
    shared.syn_wait_ns = 6 * S;
    shared.send_errors = true;
    shared.shards = shared.workers = 1;
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
    const struct claim_input claim = {shared.blocks, &prefixes, 0, 1, key, 120 * S, shared.state.held, HELD};
    assert_int_equal(claim_new(&claim, &shards[0].claim), 0);
    steps.shared = &shared;
    steps.network = &network;
    steps.shards = shards;
    steps.counters = &counters;
    identification_init(&steps.identification, key, 0, 1);
    rate_init(&steps.rate, key, now_ns);
    rate_set(&steps.rate, 1000, 1000, 1000);
    return allocate_static(&steps, 0, 0, now_ns);
}

static int tear_down(void **context)
{
    (void)context;
    claim_free(shards[0].claim);
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
    quota_free(shared.quota);
    binding_free((struct binding_table *)shared.bindings);
    block_free(shared.blocks);
    prefixes_done(&prefixes);
    free(memory);
    return 0;
}

static enum reason send_built(void)
{
    steps_packet(&steps, &built.packet, now_ns, &result);
    return result.reason;
}

static enum reason udp6(const char *source, unsigned port, const char *destination, unsigned destination_port)
{
    build_udp(&built, source, port, destination, destination_port, "data", 4);
    return send_built();
}

static enum reason udp4(const char *source, unsigned port, unsigned pool_port)
{
    build_udp(&built, source, port, "203.0.113.1", pool_port, "data", 4);
    return send_built();
}

static enum reason tcp6(unsigned flags)
{
    build_tcp(&built, "2001:db8::1", 4000, "64:ff9b::8.8.8.8", 80, flags, NULL, 0);
    return send_built();
}

static enum reason tcp4(unsigned pool_port, unsigned flags)
{
    build_tcp(&built, "8.8.8.8", 80, "203.0.113.1", pool_port, flags, NULL, 0);
    return send_built();
}

/* Source port of the IPv4 packet that just left. */
static unsigned external_port(void)
{
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(built.packet.family, 4);
    return build_get16(built.packet.data + 20);
}

static uint32_t sessions(void)
{
    return shards[0].sessions.count[0] + shards[0].sessions.count[1] + shards[0].sessions.count[2];
}

static uint32_t bindings(void)
{
    return shards[0].bib.count[0] + shards[0].bib.count[1] + shards[0].bib.count[2] -
           1; /* but the static one */
}

/* Lets time pass; returns the length of the first packet that it brings, 0 if none. */
static uint32_t pass(uint64_t seconds)
{
    uint32_t len, first = 0;
    unsigned budget = 10000;
    now_ns += seconds * S;
    while (budget > 0)
        if ((len = steps_timeout(&steps, now_ns, &budget)) > 0 && first == 0)
            first = len;
    return first;
}

static enum tcp_state state(void)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session session;
        if (session_peek(shared.state.sessions, i, &session) && session.transport == TRANSPORT_TCP)
            return session.tcp_state;
    }
    return TCP_STATE_NONE;
}

TEST(N64_3_1_04_one_binding_for_all_destinations)
{
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(build_get16(built.packet.data + 22), 53);
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.4.4", 1000), REASON_OK);
    assert_int_equal(external_port(), port);
    assert_int_equal(bindings(), 1);
    assert_int_equal(sessions(), 2);
}

TEST(N64_3_5_1_05_address_dependent_filtering)
{
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(udp4("8.8.8.8", 53, port), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(udp4("8.8.8.8", 5353, port), REASON_OK); /* same address, another port */
    assert_int_equal(udp4("8.8.4.4", 53, port), REASON_FILTERED);
    assert_int_equal(udp4("8.8.8.8", 53, port ^ 1), REASON_NO_BINDING);
}

TEST(N64_5_2_02_endpoint_independent_filtering)
{
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_int_equal(udp4("8.8.4.4", 53, external_port()), REASON_OK);
    assert_int_equal(sessions(), 2);
}

TEST(N64_3_1_06_bindings_go_with_their_last_session)
{
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    pass(299);
    assert_int_equal(bindings(), 1);
    pass(2);
    assert_int_equal(bindings(), 0);
    assert_int_equal(sessions(), 0);
}

TEST(UDP_R5_dns_mappings_live_shorter)
{
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    pass(16);
    assert_int_equal(sessions(), 1);
    pass(2);
    assert_int_equal(sessions(), 0);
}

TEST(N64_3_5_01_sources_that_are_refused)
{
    assert_int_equal(udp6("64:ff9b::1.2.3.4", 5000, "64:ff9b::8.8.8.8", 53), REASON_SOURCE_IN_PREF64);
    assert_int_equal(result.reply_len, 0);
    assert_int_equal(udp6("fe80::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_SOURCE_MARTIAN);
    assert_int_equal(udp6("2a00::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_SOURCE_NOT_BACKEND);
    assert_int_equal(steps.reply[40], 1); /* ICMPv6 1/1 */
    assert_int_equal(steps.reply[41], 1);
    assert_int_equal(bindings(), 0);
}

TEST(N64_3_5_06_destinations_that_are_refused_before_any_state)
{
    static const char *const denied[] = {"64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254",
                                         "64:ff9b::127.0.0.1", "64:ff9b::224.0.0.1", "64:ff9b::192.0.0.170"};
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        assert_int_equal(udp6("2001:db8::1", 5000, denied[i], 53), REASON_DESTINATION_DENIED);
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::9.9.9.9", 53), REASON_DESTINATION_OWN);
    assert_int_equal(udp6("2001:db8::1", 5000, "2001:db8::2", 53), REASON_NOT_PREF64);
    assert_int_equal(bindings(), 0);
    assert_int_equal(sessions(), 0);
}

TEST(N64_3_4_07_other_protocols)
{
    build_ip(&built, "2001:db8::1", "64:ff9b::8.8.8.8", 132, 20);
    assert_int_equal(send_built(), REASON_UNKNOWN_PROTOCOL);
    assert_int_equal(steps.reply[40], 1); /* ICMPv6 1/4 */
    assert_int_equal(steps.reply[41], 4);
    build_ip(&built, "8.8.8.8", "203.0.113.1", 47, 20);
    assert_int_equal(send_built(), REASON_UNKNOWN_PROTOCOL);
    assert_int_equal(steps.reply[20], 3); /* ICMPv4 3/2 */
    assert_int_equal(steps.reply[21], 2);
}

TEST(XL_5_1_09_an_expired_hop_limit_is_answered)
{
    build_udp(&built, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53, "data", 4);
    built.packet.data[7] = 1;
    assert_int_equal(send_built(), REASON_HOP_LIMIT);
    assert_int_equal(steps.reply[40], 3);
    assert_true(build_checksum_good(steps.reply, 40, 58, result.reply_len));
}

TEST(N64_3_5_3_02_pings_and_their_answers)
{
    build_icmp(&built, "2001:db8::1", "64:ff9b::8.8.8.8", 128, 0, 0x77770001, "abcd", 4);
    assert_int_equal(send_built(), REASON_OK);
    unsigned id = build_get16(built.packet.data + 24);
    build_icmp(&built, "8.8.8.8", "203.0.113.1", 0, 0, id << 16 | 1, "abcd", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.data[40], 129);
    assert_int_equal(build_get16(built.packet.data + 44), 0x7777);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    build_icmp(&built, "8.8.8.8", "203.0.113.1", 13, 0, id << 16 | 1, "abcdabcdabcd", 12);
    assert_int_equal(send_built(), REASON_ICMP_TYPE);
}

TEST(TCP_CL_1_and_the_life_of_a_connection)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(state(), TCP_STATE_V6_INIT);
    assert_int_equal(tcp4(port, SYN | ACK), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    assert_int_equal(tcp6(ACK), REASON_OK);
    pass(7000);
    assert_int_equal(tcp6(ACK), REASON_OK);
    pass(7000);
    assert_int_equal(sessions(), 1);
    assert_int_equal(tcp6(FIN | ACK), REASON_OK);
    assert_int_equal(state(), TCP_STATE_V6_FIN);
    assert_int_equal(tcp4(port, FIN | ACK), REASON_OK);
    assert_int_equal(state(), TCP_STATE_BOTH_FIN);
    pass(119);
    assert_int_equal(sessions(), 1);
    pass(2);
    assert_int_equal(sessions(), 0);
    assert_int_equal(bindings(), 0);
}

TEST(TCP_EST_5_an_idle_connection_is_probed_and_then_goes)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(tcp4(external_port(), SYN | ACK), REASON_OK);
    assert_int_equal(pass(7199), 0);
    /* N64-3.5.2-03: no data, sequence and acknowledgment 0, only ACK, to the backend, from the peer's image.
     */
    assert_int_equal(pass(2), 60);
    static const uint8_t zeros[8];
    assert_memory_equal(steps.reply + 44, zeros, 8);
    assert_int_equal(steps.reply[53], ACK);
    assert_int_equal(build_get16(steps.reply + 40), 80);
    assert_int_equal(build_get16(steps.reply + 42), 4000);
    assert_true(build_checksum_good(steps.reply, 40, 6, 60));
    assert_int_equal(state(), TCP_STATE_TRANS);
    pass(121);
    assert_int_equal(sessions(), 0);
}

TEST(TCP_R5_an_answer_to_the_probe_keeps_it)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(tcp4(external_port(), SYN | ACK), REASON_OK);
    assert_int_equal(pass(7201), 60);
    assert_int_equal(tcp6(ACK), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    assert_int_equal(pass(7000), 0);
    assert_int_equal(sessions(), 1);
}

TEST(TCP_EST_3_a_reset_leaves_soon)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(tcp4(port, SYN | ACK), REASON_OK);
    assert_int_equal(tcp4(port, RST), REASON_OK);
    assert_int_equal(state(), TCP_STATE_TRANS);
    pass(121);
    assert_int_equal(sessions(), 0);
}

TEST(TCP_CL_3_an_unsolicited_syn_is_answered_after_six_seconds)
{
    assert_int_equal(tcp4(5555, SYN), REASON_SYN_STORED);
    assert_int_equal(result.reply_len, 0);
    assert_int_equal(pass(5), 0);
    assert_int_equal(tcp4(5555, SYN), REASON_SYN_REPEATED);
    uint32_t len = pass(1);
    assert_true(len > 0);
    assert_int_equal(steps.reply[20], 3); /* ICMPv4 3/3, quoting the SYN */
    assert_int_equal(steps.reply[21], 3);
    assert_int_equal(build_get16(steps.reply + 28 + 22), 5555);
    assert_true(build_checksum_good(steps.reply, 20, 1, len));
    assert_int_equal(bindings(), 0);
    assert_int_equal(pass(60), 0);
}

TEST(TCP_CL_4_a_stranger_on_a_binding_is_stored_and_crossing_opens)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned port = external_port();
    build_tcp(&built, "8.8.4.4", 443, "203.0.113.1", port, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_SYN_STORED);
    /* TCP-V4I-1: the backend opens the same connection: established, and nothing is ever said of the stored
     * one. */
    build_tcp(&built, "2001:db8::1", 4000, "64:ff9b::8.8.4.4", 443, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(pass(10), 0);
}

TEST(TCP_CL_5_a_static_binding_is_open_to_all)
{
    build_tcp(&built, "8.8.4.4", 443, "203.0.113.1", 8080, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(build_get16(built.packet.data + 42), 80);
    assert_int_equal(state(), TCP_STATE_V4_INIT);
    build_tcp(&built, "2001:db8::5", 80, "64:ff9b::8.8.4.4", 443, SYN | ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(external_port(), 8080);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    pass(8000);
    pass(8000);
    assert_int_equal(sessions(), 0);
    assert_int_equal(bindings(), 0); /* N64-3.1-07: the static one stays */
}

TEST(TCP_CL_7_segments_of_no_connection)
{
    assert_int_equal(tcp6(ACK), REASON_NO_SESSION);
    assert_int_equal(tcp4(5555, ACK), REASON_NO_SESSION);
    assert_int_equal(tcp6(SYN | FIN), REASON_TCP_FLAGS);
    assert_int_equal(bindings(), 0);
}

/* A quote of the packet that just left, as a router of IPv4 would send it. */
static enum reason error_about(const uint8_t *sent, uint32_t len, const char *router, unsigned type,
                               unsigned code, uint32_t rest)
{
    uint8_t copy[200];
    memcpy(copy, sent, len);
    build_icmp(&built, router, "203.0.113.1", type, code, rest, copy, len);
    return send_built();
}

TEST(N64_3_4_03_errors_reach_the_backend_and_change_nothing)
{
    uint8_t sent[200];
    struct in6_addr router;
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    uint32_t len = built.packet.len;
    memcpy(sent, built.packet.data, len);
    pass(100);
    assert_int_equal(error_about(sent, len, "8.8.0.1", 11, 0, 0), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(built.packet.data[40], 3);
    inet_pton(AF_INET6, "64:ff9b::8.8.0.1", &router); /* N64-3.6-03: the router's own image */
    assert_memory_equal(built.packet.data + 8, &router, 16);
    assert_int_equal(build_get16(built.packet.data + 88), 5000);
    pass(201); /* N64-3.5-04: the error has not refreshed it */
    assert_int_equal(sessions(), 0);
}

TEST(XL_4_1_08_an_error_from_a_private_router_arrives)
{
    uint8_t sent[200];
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    memcpy(sent, built.packet.data, built.packet.len);
    assert_int_equal(error_about(sent, built.packet.len, "10.0.0.1", 3, 4, 1400), REASON_OK);
    assert_memory_equal(built.packet.data + 8, &route6.source, 16);
    assert_int_equal(build_get16(built.packet.data + 46), 1420);
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_SOURCE_REPLACED), 1);
}

TEST(N64_3_6_02_errors_about_nothing_or_not_for_us)
{
    uint8_t sent[200];
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    uint32_t len = built.packet.len;
    memcpy(sent, built.packet.data, len);
    sent[21] ^= 1; /* another source port: no such binding */
    assert_int_equal(error_about(sent, len, "8.8.0.1", 3, 1, 0), REASON_ICMP_NO_BINDING);
    sent[21] ^= 1;
    sent[19] ^= 1; /* N64-3.6-05: a server that was never asked */
    build_header_checksum(sent);
    assert_int_equal(error_about(sent, len, "8.8.0.1", 3, 1, 0), REASON_ICMP_NO_BINDING);
    sent[19] ^= 1;
    sent[12] ^= 1; /* SEC-45: quotes a sender that it is not addressed to */
    assert_int_equal(error_about(sent, len, "8.8.0.1", 3, 1, 0), REASON_ICMP_MISMATCH);
}

TEST(N64_3_4_05_an_error_about_an_error)
{
    uint8_t inner[64] = {0x45, 0, 0, 48, 0, 0, 0, 0, 64, 1, 0, 0, 203, 0, 113, 1, 8, 8, 8, 8, 3, 1};
    assert_int_equal(error_about(inner, 48, "8.8.0.1", 3, 1, 0), REASON_ICMP_INNER);
}

TEST(N64_3_8_01_hairpin_under_endpoint_independent_filtering)
{
    struct in6_addr external;
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6("2001:db8::2", 6000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::203.0.113.1", port), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    inet_pton(AF_INET6, "64:ff9b::203.0.113.1", &external); /* N64-3.8-02 */
    assert_memory_equal(built.packet.data + 8, &external, 16);
    assert_int_equal(build_get16(built.packet.data + 42), 6000);
    assert_int_equal(built.packet.data[7], 63); /* N64-3.8-04: one less in all */
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
}

TEST(N64_3_8_05_hairpin_is_refused_under_the_default)
{
    assert_int_equal(udp6("2001:db8::2", 6000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::203.0.113.1", port), REASON_FILTERED);
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::203.0.113.1", port ^ 1), REASON_NO_BINDING);
}

TEST(N64_3_5_05_a_pool_address_never_comes_from_outside)
{
    build_udp(&built, "203.0.113.1", 53, "203.0.113.1", 2000, "x", 1);
    assert_int_equal(send_built(), REASON_SOURCE_MARTIAN);
}

TEST(CGN_R11_a_full_table_refuses_and_keeps_what_it_has)
{
    char source[40];
    for (int i = 0; i < SLOTS; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 1);
        udp6(source, 5000, "64:ff9b::8.8.8.8", 1000);
    }
    uint32_t before = sessions();
    assert_int_equal(udp6("2001:db8:1::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_TABLE_FULL);
    assert_int_equal(steps.reply[40], 1); /* ICMPv6 1/3 */
    assert_int_equal(steps.reply[41], 3);
    assert_int_equal(sessions(), before);
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
}

TEST(fragments_are_counted_and_dropped)
{
    build_udp(&built, "8.8.8.8", 53, "203.0.113.1", 2000, "datadatadata", 12);
    build_put16(built.packet.data + 6, 0x2000);
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_FRAGMENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(N64_3_1_04_one_binding_for_all_destinations),
        CASE(N64_3_5_1_05_address_dependent_filtering),
        CASE(N64_5_2_02_endpoint_independent_filtering),
        CASE(N64_3_1_06_bindings_go_with_their_last_session),
        CASE(UDP_R5_dns_mappings_live_shorter),
        CASE(N64_3_5_01_sources_that_are_refused),
        CASE(N64_3_5_06_destinations_that_are_refused_before_any_state),
        CASE(N64_3_4_07_other_protocols),
        CASE(XL_5_1_09_an_expired_hop_limit_is_answered),
        CASE(N64_3_5_3_02_pings_and_their_answers),
        CASE(TCP_CL_1_and_the_life_of_a_connection),
        CASE(TCP_EST_5_an_idle_connection_is_probed_and_then_goes),
        CASE(TCP_R5_an_answer_to_the_probe_keeps_it),
        CASE(TCP_EST_3_a_reset_leaves_soon),
        CASE(TCP_CL_3_an_unsolicited_syn_is_answered_after_six_seconds),
        CASE(TCP_CL_4_a_stranger_on_a_binding_is_stored_and_crossing_opens),
        CASE(TCP_CL_5_a_static_binding_is_open_to_all),
        CASE(TCP_CL_7_segments_of_no_connection),
        CASE(N64_3_4_03_errors_reach_the_backend_and_change_nothing),
        CASE(XL_4_1_08_an_error_from_a_private_router_arrives),
        CASE(N64_3_6_02_errors_about_nothing_or_not_for_us),
        CASE(N64_3_4_05_an_error_about_an_error),
        CASE(N64_3_8_01_hairpin_under_endpoint_independent_filtering),
        CASE(N64_3_8_05_hairpin_is_refused_under_the_default),
        CASE(N64_3_5_05_a_pool_address_never_comes_from_outside),
        CASE(CGN_R11_a_full_table_refuses_and_keeps_what_it_has),
        CASE(fragments_are_counted_and_dropped),
    };
    return RUN(tests);
}
