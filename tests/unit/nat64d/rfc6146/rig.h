/*
 * The tables that the steps work on, for one worker, with a clock of the test's own.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 - 3.8
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_RFC6146_RIG_H
#define GATE64_TESTS_UNIT_NAT64D_RFC6146_RIG_H

#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/rfc6146/allocate.h"
#include "nat64d/rfc6146/steps.h"
#include "tests/unit/nat64d/build.h"

#define S UINT64_C(1000000000)
enum { SLOTS = 512, HELD = 64 };

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
    assert_int_equal(binding_new(statics, 3, key, (struct binding_table **)&shared.bindings), 0);
    assert_int_equal(block_reserve(shared.blocks, 0, TRANSPORT_TCP, 8080, 0), 0);
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
    shared.fragment_ns = 2 * S;
    assert_int_equal(fragments_new(FRAGMENTS_LEAST, key, &steps.fragments), 0);
    const struct claim_input claim = {shared.blocks, &prefixes, 0, 1, key, 120 * S, shared.state.held, HELD};
    assert_int_equal(claim_new(&claim, &shards[0].claim), 0);
    steps.shared = &shared;
    steps.network = &network;
    steps.shards = shards;
    steps.counters = &counters;
    identification_init(&steps.identification, key, 0, 1);
    rate_init(&steps.rate, key, now_ns);
    rate_set(&steps.rate, 1000, 1000, 1000);
    uint32_t slot;
    return allocate_static(&steps, 0, 0, 8080, now_ns, &slot);
}

static int tear_down(void **context)
{
    (void)context;
    fragments_free(steps.fragments);
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
