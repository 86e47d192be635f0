/*
 * Which address and port a backend gets, what happens when there are none, and what of them comes back.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.1.1, 3.5.2.3, 3.5.3; RFC 7857 4; RFC 6888 REQ-2, REQ-8, REQ-11
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

/* A pool of four addresses. */
static int set_up_four(void **context)
{
    pool_len = 30;
    return set_up(context);
}

static unsigned last_byte_of_source(void)
{
    assert_int_equal(result.verdict, STEPS_SEND);
    return built.packet.data[15];
}

TEST(N64_ALC_01_CGN_R2_UDP_R2_N64_3_5_3_02_one_address_for_all_three)
{
    char source[40];
    unsigned seen[4] = {0};
    for (unsigned i = 0; i < 40; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        assert_int_equal(udp6(source, 5000, PEER, 1000), REASON_OK);
        unsigned address = last_byte_of_source();
        seen[address % 4]++;
        for (unsigned k = 0; k < 5; k++) {
            assert_int_equal(udp6(source, 6000 + k, PEER, 1000), REASON_OK);
            assert_int_equal(last_byte_of_source(), address);
            build_tcp(&built, source, 4000 + k, PEER, 80, SYN, NULL, 0);
            assert_int_equal(send_built(), REASON_OK);
            assert_int_equal(last_byte_of_source(), address);
            assert_int_equal(ping6(source, 7 + k, PEER), REASON_OK);
            assert_int_equal(last_byte_of_source(), address);
        }
        pass(1000);
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0 && seen[3] > 0);
}

/* A pool of 64 ports. */
static int set_up_small(void **context)
{
    pool_ports = (struct addr_port_range){1024, 1087};
    return set_up(context);
}

TEST(N64_3_5_1_08_N64_ALC_06_ICM_R8_a_pool_that_is_used_up)
{
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    assert_answer6(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT, 1, 3);
    assert_answer6(udp6("2001:db8:5::1", 6000, PEER, 1000), REASON_NO_PORT, 1, 3);
    assert_int_equal(bindings(), 64);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    /* When they are free again and rested, there are ports again. */
    pass(301);
    assert_int_equal(bindings(), 0);
    pass(121);
    assert_int_equal(udp6(HOST, 6000, PEER, 1000), REASON_OK);
}

TEST(ERR_05_refusals_for_want_of_a_port_are_limited)
{
    unsigned answers = 0;
    rate_limit(&steps.rate, &(struct rate_limits){1000, 1000, 50, 1000, 1000});
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(udp6(HOST, 6000 + i, PEER, 1000), REASON_NO_PORT);
        answers += result.reply_len > 0;
    }
    assert_in_range(answers, 49, 51);
}

TEST(TCP_CL_1_N64_ALC_06_a_syn_for_which_there_is_no_port)
{
    for (unsigned i = 0; i < 64; i++) {
        build_tcp(&built, HOST, 4000 + i, PEER, 80, SYN, NULL, 0);
        assert_int_equal(send_built(), REASON_OK);
    }
    build_tcp(&built, HOST, 5000, PEER, 80, SYN, NULL, 0);
    assert_answer6(send_built(), REASON_NO_PORT, 1, 3);
}

TEST(N64_ALC_12_CGN_R8_a_udp_port_rests_before_it_is_given_again)
{
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    pass(301);
    assert_int_equal(bindings(), 0);
    pass(118);
    assert_answer6(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT, 1, 3);
    pass(4);
    assert_int_equal(udp6(HOST, 6000, PEER, 1000), REASON_OK);
}

TEST(LES_N_16_each_port_comes_back_once)
{
    static uint8_t seen[64];
    for (int round = 0; round < 3; round++) {
        memset(seen, 0, sizeof(seen));
        for (unsigned i = 0; i < 64; i++) {
            assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
            assert_int_equal(seen[external_port() - 1024]++, 0);
        }
        assert_answer6(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT, 1, 3);
        pass(301);
        assert_int_equal(bindings(), 0);
        pass(121);
    }
}

/* Four addresses of 64 ports each. */
static int set_up_four_small(void **context)
{
    pool_len = 30;
    pool_ports = (struct addr_port_range){1024, 1087};
    return set_up(context);
}

TEST(N64_ALC_11_N78_4_01_a_backend_gets_no_second_address)
{
    unsigned address = 256;
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
        assert_true(address == 256 || last_byte_of_source() == address);
        address = last_byte_of_source();
        build_tcp(&built, HOST, 5000 + i, PEER, 80, SYN, NULL, 0);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(last_byte_of_source(), address);
    }
    assert_answer6(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT, 1, 3);
    build_tcp(&built, HOST, 6000, PEER, 80, SYN, NULL, 0);
    assert_answer6(send_built(), REASON_NO_PORT, 1, 3);
    /* A backend that has none falls forward to an address with ports. */
    for (unsigned i = 0; i < 20; i++) {
        char source[40];
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        assert_int_equal(udp6(source, 5000, PEER, 1000), REASON_OK);
        assert_int_not_equal(last_byte_of_source(), address);
    }
}

TEST(N64_3_3_02_CGN_R11_a_table_that_is_full_keeps_what_it_has)
{
    char source[40];
    for (int i = 0; i < SLOTS; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        udp6(source, 5000, PEER, 1000);
    }
    uint32_t before = sessions();
    assert_answer6(udp6("2001:db8:1::1", 5000, PEER, 1000), REASON_TABLE_FULL, 1, 3);
    assert_int_equal(sessions(), before);
    for (uint32_t i = 0; i < before; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        assert_int_equal(udp6(source, 5000, PEER, 1000), REASON_OK);
    }
}

/* The ports that 100 sockets get. */
static void ports_of(unsigned *ret_ports)
{
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(udp6(HOST, 40000 + i, PEER, 1000), REASON_OK);
        ret_ports[i] = external_port();
    }
}

TEST(N64_ALC_08_range_and_parity_are_kept_and_the_number_is_drawn_by_key)
{
    unsigned ports[100], again[100], other[100], kept = 0, alike = 0;
    ports_of(ports);
    tear_down(NULL);
    set_up(NULL);
    ports_of(again);
    tear_down(NULL);
    port_key = (struct siphash_key){98, 99};
    set_up(NULL);
    ports_of(other);
    for (unsigned i = 0; i < 100; i++) {
        assert_true(ports[i] >= 1024 && other[i] >= 1024);
        assert_int_equal(ports[i] % 2, i % 2);
        assert_int_equal(other[i] % 2, i % 2);
        kept += ports[i] == 40000 + i;
        alike += ports[i] == other[i];
        assert_int_equal(ports[i], again[i]); /* the key alone decides */
    }
    assert_true(kept < 3 && alike < 3);
}

/* Limits that are no limits, but for what a test sets in them. */
static struct quota_limits no_limits(void)
{
    enum { MANY = 10 * SLOTS };
    return (struct quota_limits){.prefix_len = {128, 64},
                                 .ports = {{60000, false}, {60000, false}},
                                 .sessions = {MANY, MANY},
                                 .sessions_in_all = MANY,
                                 .unanswered = {MANY, MANY},
                                 .rate = {100000, 100000}};
}

/* Of a gateway without sessions. */
static void set_limits(const struct quota_limits *limits, uint32_t records)
{
    struct siphash_key key = {1, 2};
    quota_free(shared.quota);
    assert_int_equal(quota_new(records, limits, key, groups, &shared.quota), 0);
}

TEST(CGN_R4_CGN_R11_a_backend_at_its_limit_of_ports)
{
    struct quota_limits limits = no_limits();
    limits.ports[QUOTA_BACKEND].value = 3;
    set_limits(&limits, 1000);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    assert_answer6(udp6(HOST, 6000, PEER, 1000), REASON_LIMIT_PORTS, 1, 3);
    assert_int_equal(bindings(), 3);
    assert_int_equal(udp6("2001:db8::2", 6000, PEER, 1000), REASON_OK);
    assert_int_equal(udp6(HOST, 5000, PEER, 1001), REASON_OK); /* what is there goes on */
    pass(301);
    assert_int_equal(udp6(HOST, 6000, PEER, 1000), REASON_OK);
}

TEST(CGN_R5_CGN_R11_a_flow_beyond_the_limit_of_sessions_leaves_no_binding)
{
    struct quota_limits limits = no_limits();
    limits.sessions[QUOTA_BACKEND] = 2;
    set_limits(&limits, 1000);
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    build_tcp(&built, HOST, 4001, PEER, 80, SYN, NULL, 0);
    assert_answer6(send_built(), REASON_LIMIT_SESSIONS, 1, 3);
    assert_answer6(udp6(HOST, 5001, PEER, 1000), REASON_LIMIT_SESSIONS, 1, 3);
    assert_answer6(udp6(HOST, 5000, PEER, 1001), REASON_LIMIT_SESSIONS, 1, 3);
    assert_int_equal(bindings(), 2);
    assert_int_equal(sessions(), 2);
}

TEST(CGN_R11_N64_3_3_02_a_full_session_table_under_one_binding)
{
    struct quota_use use = {0};
    struct in6_addr host;
    inet_pton(AF_INET6, HOST, &host);
    struct quota_limits limits = no_limits();
    set_limits(&limits, 1000);
    for (unsigned i = 0; i < SLOTS; i++)
        assert_int_equal(udp6(HOST, 5000, PEER, 1000 + i), REASON_OK);
    assert_answer6(udp6(HOST, 5000, PEER, 999), REASON_TABLE_FULL, 1, 3);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    assert_int_equal(sessions(), SLOTS);
    /* What was refused counts for nobody. */
    assert_true(quota_get(shared.quota, QUOTA_BACKEND, &host, &use));
    assert_int_equal(use.sessions, SLOTS);
    pass(301);
    assert_int_equal(udp6(HOST, 5000, PEER, 999), REASON_OK);
}

TEST(CGN_R5_CGN_R11_a_backend_with_too_many_unanswered)
{
    struct quota_limits limits = no_limits();
    limits.unanswered[QUOTA_BACKEND] = 1;
    set_limits(&limits, 1000);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    assert_answer6(udp6(HOST, 5000, PEER, 1001), REASON_LIMIT_UNANSWERED, 1, 3);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
    assert_int_equal(udp6(HOST, 5000, PEER, 1001), REASON_OK);
}

TEST(CGN_R5_CGN_R11_a_backend_that_is_too_fast)
{
    struct quota_limits limits = no_limits();
    limits.rate[QUOTA_BACKEND] = 1;
    set_limits(&limits, 1000);
    assert_int_equal(udp6(HOST, 5001, PEER, 1000), REASON_OK);
    assert_answer6(udp6(HOST, 5002, PEER, 1000), REASON_LIMIT_RATE, 1, 3);
    assert_int_equal(udp6("2001:db8::2", 5002, PEER, 1000), REASON_OK);
    now_ns += S;
    assert_int_equal(udp6(HOST, 5002, PEER, 1000), REASON_OK);
}

TEST(CGN_R11_N64_3_3_02_as_many_sessions_as_there_may_be_in_all)
{
    struct quota_limits limits = no_limits();
    limits.sessions_in_all = 1;
    set_limits(&limits, 1000);
    assert_int_equal(udp6(HOST, 5001, PEER, 1000), REASON_OK);
    assert_answer6(udp6("2001:db8::2", 5000, PEER, 1000), REASON_TABLE_FULL, 1, 3);
    assert_int_equal(udp6(HOST, 5001, PEER, 1000), REASON_OK);
}

TEST(CGN_R11_more_backends_than_can_be_counted)
{
    char source[40];
    unsigned refused = 0;
    struct quota_limits limits = no_limits();
    set_limits(&limits, 1);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(source, sizeof(source), "2001:db8:%x::1", i);
        if (udp6(source, 5000, PEER, 1000) == REASON_OK)
            continue;
        assert_answer6(result.reason, REASON_LIMIT_RECORDS, 1, 3);
        refused++;
    }
    assert_in_range(refused, 150, 290);
}

#define SMALL(name) cmocka_unit_test_setup_teardown(name, set_up_small, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_ALC_08_range_and_parity_are_kept_and_the_number_is_drawn_by_key),
        cmocka_unit_test_setup_teardown(N64_ALC_01_CGN_R2_UDP_R2_N64_3_5_3_02_one_address_for_all_three,
                                        set_up_four, tear_down),
        SMALL(N64_3_5_1_08_N64_ALC_06_ICM_R8_a_pool_that_is_used_up),
        SMALL(ERR_05_refusals_for_want_of_a_port_are_limited),
        SMALL(TCP_CL_1_N64_ALC_06_a_syn_for_which_there_is_no_port),
        SMALL(N64_ALC_12_CGN_R8_a_udp_port_rests_before_it_is_given_again),
        SMALL(LES_N_16_each_port_comes_back_once),
        cmocka_unit_test_setup_teardown(N64_ALC_11_N78_4_01_a_backend_gets_no_second_address,
                                        set_up_four_small, tear_down),
        CASE(N64_3_3_02_CGN_R11_a_table_that_is_full_keeps_what_it_has),
        CASE(CGN_R4_CGN_R11_a_backend_at_its_limit_of_ports),
        CASE(CGN_R5_CGN_R11_a_flow_beyond_the_limit_of_sessions_leaves_no_binding),
        CASE(CGN_R11_N64_3_3_02_a_full_session_table_under_one_binding),
        CASE(CGN_R5_CGN_R11_a_backend_with_too_many_unanswered),
        CASE(CGN_R5_CGN_R11_a_backend_that_is_too_fast),
        CASE(CGN_R11_N64_3_3_02_as_many_sessions_as_there_may_be_in_all),
        CASE(CGN_R11_more_backends_than_can_be_counted),
    };
    return RUN(tests);
}
