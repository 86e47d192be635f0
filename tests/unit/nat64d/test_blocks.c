/*
 * Whole tables, two workers: blocks of ports for backends, pools for chosen ones, what a flood can take.
 *
 * Layer: test
 * Specification: RFC 6888 4, REQ-4, REQ-13 to REQ-15; RFC 6146 5.3
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nat64d/rfc8158/events.h"
#include "tests/unit/nat64d/agree.h"
#include "tests/unit/nat64d/rig.h"

enum { SLOTS = 16384, SHARDS = 4, WORKERS = 2, RECORDS = 4096, BLOCK = 256 };

#define PEER "64:ff9b::8.8.8.8"

/* 1024 to 9215: 32 blocks of 256. */
static const struct rig_shape shape = {SLOTS, 1024, SHARDS, WORKERS, 1024, 9215};
static struct rig rig;
static void *memory;
static struct natevent_ring *rings[WORKERS];
static uint64_t at[WORKERS];

static int set_up(void **context)
{
    size_t len = (natevent_ring_size(RECORDS) + 63) / 64 * 64;
    (void)context;
    memory = aligned_alloc(4096, rig_len(&shape));
    assert_non_null(memory);
    memset(memory, 0, rig_len(&shape));
    rig_now_ns = 1000 * RIG_S;
    rig_init(&rig, &shape);
    rig.settings.nat64.limits.backend_port_block = BLOCK;
    for (unsigned i = 0; i < WORKERS; i++) {
        rings[i] = aligned_alloc(64, len);
        assert_non_null(rings[i]);
        memset(rings[i], 0, len);
        natevent_ring_init(rings[i], RECORDS);
        at[i] = 0;
    }
    return rig_lay_out(&rig, memory);
}

static int tear_down(void **context)
{
    (void)context;
    rig_stop(&rig);
    free(memory);
    for (unsigned i = 0; i < WORKERS; i++)
        free(rings[i]);
    return 0;
}

/* As after a restart, when there are slots already. */
static void start(void)
{
    rig_stop(&rig);
    assert_int_equal(rig_start(&rig), 0);
    const char *wrong = agree_tables(rig.tables);
    assert_string_equal(wrong != NULL ? wrong : "", "");
    rig.tables->shared.events =
        (struct steps_events){.bindings = true, .addresses = true, .backend_len = 128, .per_second = 1000};
    for (unsigned i = 0; i < WORKERS; i++)
        rig.steps[i].events = rings[i];
}

/* How many records of the kind there are that were not counted before; the last of them. */
static unsigned records(enum natevent_kind kind, struct natevent *ret_last)
{
    unsigned count = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        const struct natevent *event;
        uint64_t position = at[i];
        for (; (event = natevent_ring_at(rings[i], position)) != NULL; position++) {
            if (event->kind != kind)
                continue;
            *ret_last = *event;
            count++;
        }
    }
    return count;
}

static void forget_records(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        while (natevent_ring_at(rings[i], at[i]) != NULL)
            at[i]++;
        natevent_ring_give(rings[i], at[i]);
    }
}

static const char *backend(unsigned network, unsigned n)
{
    static char text[64];
    snprintf(text, sizeof(text), "2001:db8:%x::%x", network, n);
    return text;
}

/* An answer to the port, which must come to the backend's port. */
static void assert_answered(unsigned port, unsigned backend_port)
{
    enum { PORT6 = 42 };
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 1000, "203.0.113.1", port), REASON_OK);
    assert_int_equal(build_get16(rig.built.packet.data + PORT6), backend_port);
}

TEST(PBA_01_CGN_R13_15_two_hundred_flows_of_two_workers_make_one_record)
{
    struct natevent event;
    unsigned ports[200];
    start();
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(rig_udp(&rig, backend(1, 1), 5000 + i, PEER, 1000), REASON_OK);
        ports[i] = rig_external_port(&rig);
        assert_int_equal(ports[i] / BLOCK, ports[0] / BLOCK);
        assert_int_equal(ports[i] % 2, i % 2 ? 1 : 0); /* 100 of each parity */
    }
    assert_int_equal(records(NATEVENT_BIB_CREATE, &event), 0);
    assert_int_equal(records(NATEVENT_BLOCK_ALLOCATED, &event), 1);
    assert_int_equal(event.src4, RIG_POOL);
    assert_int_equal(event.src4_port, ports[0] / BLOCK * BLOCK);
    assert_int_equal(event.src4_last, event.src4_port + BLOCK - 1);
    assert_int_equal(event.transport, NATEVENT_ANY);
    assert_int_equal(event.prefix_len, 128);
    assert_int_equal(event.src6.s6_addr[15], 1);
    assert_int_equal(records(NATEVENT_ADDRESS_BIND, &event), 1);
    /* Each answer finds the worker and the backend. */
    for (unsigned i = 0; i < 200; i++)
        assert_answered(ports[i], 5000 + i);
    assert_null(agree_tables(rig.tables));
    /* The end: bindings after 300 s, their ports 120 s later. */
    rig_now_ns += 400 * RIG_S;
    rig_timeouts(&rig);
    assert_int_equal(records(NATEVENT_BLOCK_FREED, &event), 0);
    assert_int_equal(rig_udp(&rig, backend(1, 2), 5000, PEER, 1000), REASON_OK);
    assert_int_not_equal(rig_external_port(&rig) / BLOCK, ports[0] / BLOCK);
    rig_now_ns += 121 * RIG_S;
    rig_timeouts(&rig);
    assert_int_equal(records(NATEVENT_BLOCK_FREED, &event), 1);
    assert_int_equal(event.src4_port, ports[0] / BLOCK * BLOCK);
    assert_int_equal(event.src4_last, event.src4_port + BLOCK - 1);
    assert_int_equal(event.since_ns, 1000 * RIG_S);
    assert_int_equal(event.src6.s6_addr[15], 1);
    assert_int_equal(records(NATEVENT_ADDRESS_UNBIND, &event), 1);
    assert_int_equal(records(NATEVENT_BIB_DELETE, &event), 0);
    assert_null(agree_tables(rig.tables));
}

/* A flow for which there is no session leaves no block, and nobody is told of one. */
TEST(PBA_01_a_refused_flow_takes_no_block)
{
    struct natevent event;
    rig.settings.nat64.limits.new_sessions_per_second = 1;
    start();
    assert_int_equal(rig_udp(&rig, backend(1, 1), 5000, PEER, 1000), REASON_OK);
    assert_int_equal(records(NATEVENT_BLOCK_ALLOCATED, &event), 1);
    rig.settings.nat64.limits.sessions_per_network = (struct settings_share){1, false};
    rig.settings.nat64.limits.new_sessions_per_second = 1000000;
    start();
    forget_records();
    for (unsigned i = 0; i < 500; i++)
        assert_int_equal(rig_udp(&rig, backend(1, 2 + i), 5000, PEER, 1000), REASON_LIMIT_SESSIONS);
    assert_int_equal(records(NATEVENT_BLOCK_ALLOCATED, &event), 0);
    assert_int_equal(records(NATEVENT_BLOCK_FREED, &event), 0);
    assert_int_equal(bulk_count(rig.tables->bulk, 0), 1);
    assert_null(agree_tables(rig.tables));
}

TEST(SEC_20_CGN_SUB_a_backend_gets_blocks_up_to_its_share)
{
    unsigned made = 0;
    rig.settings.nat64.limits.ports_per_backend = (struct settings_share){25, true}; /* 2048 */
    start();
    for (unsigned i = 0; i < 3000; i++)
        made += rig_ping(&rig, backend(1, 1), i, PEER) == REASON_OK;
    assert_int_equal(made, 2048);
    assert_int_equal(bulk_count(rig.tables->bulk, 0), 8);
    assert_int_equal(rig_ping(&rig, backend(1, 1), 4000, PEER), REASON_LIMIT_PORTS);
    assert_int_equal(rig_ping(&rig, backend(1, 2), 4000, PEER), REASON_OK);
    /* Ports that are only held down are no way around it. */
    rig_now_ns += 61 * RIG_S;
    rig_timeouts(&rig);
    made = 0;
    for (unsigned i = 0; i < 3000; i++)
        made += rig_ping(&rig, backend(1, 1), i, PEER) == REASON_OK;
    assert_int_equal(made, 0);
    assert_int_equal(rig_ping(&rig, backend(1, 1), 4000, PEER), REASON_LIMIT_PORTS);
    assert_int_equal(rig_ping(&rig, backend(1, 2), 4001, PEER), REASON_OK);
}

/* A flood takes as little as a binding of each address, and with it a block. */
TEST(SEC_20_N64_5_3_01_a_flood_of_one_network_leaves_blocks_to_others)
{
    unsigned made = 0;
    rig.settings.nat64.limits.ports_per_network = (struct settings_share){50, true};
    start();
    assert_int_equal(rig_udp(&rig, backend(2, 1), 5000, PEER, 1000), REASON_OK);
    unsigned port = rig_external_port(&rig);
    for (unsigned i = 0; i < 20000; i++) {
        enum reason reason = rig_udp(&rig, backend(1, i), 5000, PEER, 1000);
        assert_true(reason == REASON_OK || reason == REASON_LIMIT_PORTS);
        made += reason == REASON_OK;
    }
    assert_int_equal(made, 16);
    assert_int_equal(bulk_count(rig.tables->bulk, 0), 17);
    assert_answered(port, 5000);
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(rig_udp(&rig, backend(2, 2 + i), 5000, PEER, 1000), REASON_OK);
    assert_int_equal(rig_udp(&rig, backend(2, 100), 5000, PEER, 1000), REASON_LIMIT_PORTS);
    assert_null(agree_tables(rig.tables));
}

static unsigned long long cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (unsigned long long)now.tv_sec * RIG_S + (unsigned long long)now.tv_nsec;
}

/* Time of `count` new flows, each of a backend of its own, and how many came through. */
static unsigned long long time_flows(unsigned network, unsigned count, unsigned *ret_made)
{
    unsigned long long begin = cpu_ns();
    *ret_made = 0;
    for (unsigned i = 0; i < count; i++) {
        struct built *built = &rig.built;
        build_udp(built, "2001:db8::1", 5000, PEER, 1000, "data", 4);
        built->packet.data[13] = (uint8_t)network;
        built->packet.data[22] = (uint8_t)(i >> 8);
        built->packet.data[23] = (uint8_t)i;
        *ret_made += rig_send(&rig) == REASON_OK;
    }
    return cpu_ns() - begin;
}

/* What a refusal costs, against a flow that is made; the least of several rounds, as others work here too. */
static void refusals_are_cheap(unsigned free_flows)
{
    enum { ROUNDS = 5, FLOWS = 3000 };
    unsigned long long made_ns = UINT64_MAX, refused_ns = UINT64_MAX;
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned made;
        memset(memory, 0, rig_len(&shape));
        rig_stop(&rig);
        assert_int_equal(rig_lay_out(&rig, memory), 0);
        start();
        unsigned long long took = time_flows(1, free_flows, &made) * FLOWS / free_flows;
        assert_int_equal(made, free_flows);
        made_ns = took < made_ns ? took : made_ns;
        /* A shard may be out of ports before the others are. */
        for (unsigned i = 0; i < 2U * (shape.last_port - shape.first_port); i++)
            if (rig_udp(&rig, backend(9, i), 5000, PEER, 1000) != REASON_OK)
                rig_timeouts(&rig);
        took = time_flows(2, FLOWS, &made);
        assert_int_equal(made, 0);
        refused_ns = took < refused_ns ? took : refused_ns;
    }
    print_message("%llu ns a flow, %llu ns a refusal\n", made_ns / FLOWS, refused_ns / FLOWS);
    assert_true(refused_ns < 2 * made_ns);
    /* It recovers with what ends. */
    rig_now_ns += 301 * RIG_S;
    rig_timeouts(&rig);
    rig_now_ns += 121 * RIG_S;
    rig_timeouts(&rig);
    assert_int_equal(rig_udp(&rig, backend(3, 1), 5000, PEER, 1000), REASON_OK);
}

TEST(SEC_21_LES_N_15_an_exhausted_pool_costs_little_and_recovers)
{
    rig.settings.nat64.limits.backend_port_block = 0;
    refusals_are_cheap(3000);
}

TEST(SEC_21_LES_N_15_a_pool_without_free_blocks_costs_little_and_recovers)
{
    refusals_are_cheap(20);
}

/* Two pools, one of them for 2001:db8:5::/48. */
static struct settings_pool two[2];
static struct addr_port_range two_ports = {1024, 1279};
static struct addr_prefix6 customer;

static void use_two_pools(void)
{
    rig.settings.nat64.limits.backend_port_block = 0;
    assert_int_equal(addr_parse_prefix6("2001:db8:5::/48", &customer), 0);
    two[0] = (struct settings_pool){
        .name = "all", .address = {RIG_POOL, 32}, .ports = &rig.ports, .ports_count = 1};
    two[1] = (struct settings_pool){.name = "customer",
                                    .address = {RIG_POOL + 1, 32},
                                    .ports = &two_ports,
                                    .ports_count = 1,
                                    .for6 = &customer,
                                    .for6_count = 1};
    rig.settings.pools = two;
    rig.settings.pools_count = 2;
}

static unsigned last_byte_of_source(void)
{
    return rig.built.packet.data[15];
}

TEST(CGN_SUB_a_backend_whose_pool_is_full_gets_nothing_of_another)
{
    use_two_pools();
    start();
    unsigned made = 0;
    for (unsigned i = 0; i < 1000; i++) {
        if (rig_udp(&rig, i < 300 ? "2001:db8:5::1" : "2001:db8:5::2", 5000 + i, PEER, 1000) != REASON_OK)
            continue;
        assert_int_equal(last_byte_of_source(), 2);
        made++;
    }
    assert_int_equal(made, 256);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(rig_udp(&rig, backend(6, i), 5000, PEER, 1000), REASON_OK);
        assert_int_equal(last_byte_of_source(), 1);
    }
    /* The published service is where it was. */
    assert_int_equal(rig_tcp(&rig, "8.8.4.4", 999, "203.0.113.1", 8080, RIG_SYN), REASON_OK);
}

TEST(CGN_SUB_a_reload_moves_new_flows_and_leaves_the_old_ones)
{
    use_two_pools();
    rig.settings.pools[1].for6_count = 0;
    rig.settings.pools[1].drain = true;
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8:5::1", 5000, PEER, 1000), REASON_OK);
    assert_int_equal(last_byte_of_source(), 1);
    unsigned port = rig_external_port(&rig);
    rig.settings.pools[1].for6_count = 1;
    rig.settings.pools[1].drain = false;
    start();
    assert_answered(port, 5000);
    assert_int_equal(rig_udp(&rig, "2001:db8:5::1", 5001, PEER, 1000), REASON_OK);
    assert_int_equal(last_byte_of_source(), 2);
    assert_int_equal(rig_udp(&rig, "2001:db8:5::1", 5000, PEER, 1000), REASON_OK);
    assert_int_equal(last_byte_of_source(), 1);
    start(); /* and again after a restart */
    assert_int_equal(rig_udp(&rig, "2001:db8:5::1", 5002, PEER, 1000), REASON_OK);
    assert_int_equal(last_byte_of_source(), 2);
    assert_answered(port, 5000);
}

TEST(CGN_SUB_with_no_pool_for_it_a_backend_is_refused)
{
    use_two_pools();
    rig.settings.pools[0].for6 = &customer;
    rig.settings.pools[0].for6_count = 1;
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8:6::1", 5000, PEER, 1000), REASON_NO_PORT);
    assert_int_equal(rig_udp(&rig, "2001:db8:5::1", 5000, PEER, 1000), REASON_OK);
}

TEST(HA_01_blocks_go_on_after_a_restart_of_any_configuration)
{
    static const int sizes[] = {256, 256, 64, 0, 1024, 0, 256};
    struct natevent event;
    unsigned ports[7][20];
    rig.settings.nat64.limits.backend_prefix = 128;
    for (unsigned round = 0; round < 7; round++) {
        rig.settings.nat64.limits.backend_port_block = sizes[round];
        start();
        for (unsigned old = 0; old < round; old++)
            for (unsigned i = 0; i < 20; i++)
                assert_answered(ports[old][i], 5000 + old * 100 + i);
        for (unsigned i = 0; i < 20; i++) {
            assert_int_equal(rig_udp(&rig, backend(1, i % 2), 5000 + round * 100 + i, PEER, 1000), REASON_OK);
            ports[round][i] = rig_external_port(&rig);
        }
        assert_null(agree_tables(rig.tables));
        if (round == 1) {
            assert_int_equal(bulk_count(rig.tables->bulk, 0), 2);
            assert_int_equal(records(NATEVENT_BLOCK_ALLOCATED, &event), 2);
        }
        rig_now_ns += RIG_S;
    }
    /* All of it ends. */
    rig_now_ns += 301 * RIG_S;
    rig_timeouts(&rig);
    rig_now_ns += 121 * RIG_S;
    rig_timeouts(&rig);
    rig_timeouts(&rig);
    assert_int_equal(bulk_count(rig.tables->bulk, 0), 0);
    for (unsigned i = 0; i < TRANSPORT_COUNT; i++)
        assert_int_equal(block_use(rig.tables->blocks, 0, i), 0);
    assert_null(agree_tables(rig.tables));
    /* The two blocks of 256, which lived through all that, and one of 64, and one of 1024. */
    assert_int_equal(records(NATEVENT_BLOCK_FREED, &event), records(NATEVENT_BLOCK_ALLOCATED, &event));
}

/* A reload takes the ports away that the block of the first backend lies in: its bindings end, and the block
 * with them, in the log too. */
TEST(PBA_01_a_block_that_a_reload_takes_away_is_told_of)
{
    strcpy(rig.settings.log.events, "/log");
    start();
    assert_int_equal(rig_udp(&rig, backend(1, 1), 5000, PEER, 1000), REASON_OK);
    assert_int_equal(rig_udp(&rig, backend(1, 1), 5001, PEER, 1000), REASON_OK);
    unsigned lost = rig_external_port(&rig) / BLOCK * BLOCK;
    assert_int_equal(rig_udp(&rig, backend(1, 2), 5000, PEER, 1000), REASON_OK);
    unsigned port = rig_external_port(&rig);
    /* All others. */
    struct addr_port_range left[2] = {{1024, (uint16_t)(lost - 1)}, {(uint16_t)(lost + BLOCK), 9215}};
    unsigned first = lost == 1024 ? 1 : 0, count = lost == 1024 || lost + BLOCK > 9215 ? 1 : 2;
    rig.pool.ports = left + first;
    rig.pool.ports_count = count;
    struct tables *old = rig.tables;
    rig.tables = NULL;
    start();
    tables_move(old, rig.tables);
    const struct natevent *event = natevent_ring_at(rig.tables->ended[0], 0);
    assert_non_null(event);
    assert_int_equal(event->kind, NATEVENT_BLOCK_FREED);
    assert_int_equal(event->src4_port, lost);
    assert_int_equal(event->src4_last, lost + BLOCK - 1);
    assert_int_equal(event->src4, RIG_POOL);
    assert_int_equal(event->src6.s6_addr[15], 1);
    assert_null(natevent_ring_at(rig.tables->ended[0], 1));
    assert_null(natevent_ring_at(rig.tables->ended[1], 0));
    assert_answered(port, 5000);
    tables_free(old);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(PBA_01_CGN_R13_15_two_hundred_flows_of_two_workers_make_one_record),
        UNIT(PBA_01_a_refused_flow_takes_no_block),
        UNIT(SEC_20_CGN_SUB_a_backend_gets_blocks_up_to_its_share),
        UNIT(SEC_20_N64_5_3_01_a_flood_of_one_network_leaves_blocks_to_others),
        UNIT(SEC_21_LES_N_15_an_exhausted_pool_costs_little_and_recovers),
        UNIT(SEC_21_LES_N_15_a_pool_without_free_blocks_costs_little_and_recovers),
        UNIT(CGN_SUB_a_backend_whose_pool_is_full_gets_nothing_of_another),
        UNIT(CGN_SUB_a_reload_moves_new_flows_and_leaves_the_old_ones),
        UNIT(CGN_SUB_with_no_pool_for_it_a_backend_is_refused),
        UNIT(PBA_01_a_block_that_a_reload_takes_away_is_told_of),
        UNIT(HA_01_blocks_go_on_after_a_restart_of_any_configuration),
    };
    return RUN(tests);
}
