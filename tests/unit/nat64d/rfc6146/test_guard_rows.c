/*
 * Who may use the gateway, and what it may be used for: addresses of both sides, protocols, packets that are
 * none.
 *
 * Layer: test
 * Specification: RFC 6146 3.4, 3.5, 5.3, 5.4; RFC 6052 3.1, 5; RFC 7915 4.1, 5.1; RFC 6888 REQ-6
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_no_state(void)
{
    assert_int_equal(bindings(), 0);
    assert_int_equal(sessions(), 0);
}

TEST(N64_3_5_01_N64_5_4_01_sources_inside_the_prefix)
{
    static const char *const sources[] = {"64:ff9b::1.2.3.4", "64:ff9b::203.0.113.1",
                                          "64:ff9b::", "64:ff9b::ffff:ffff"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        assert_silent(udp6(sources[i], 5000, PEER, 53), REASON_SOURCE_IN_PREF64);
        build_tcp(&built, sources[i], 5000, PEER, 80, SYN, NULL, 0);
        assert_silent(send_built(), REASON_SOURCE_IN_PREF64);
        assert_silent(ping6(sources[i], 7, PEER), REASON_SOURCE_IN_PREF64);
    }
    assert_no_state();
}

TEST(N64_3_5_02_destinations_outside_the_prefix)
{
    static const char *const others[] = {"2001:db8::2", "64:ff9b:1::808:808", "64:ff9a::808:808",
                                         "::808:808"};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_silent(udp6(HOST, 5000, others[i], 53), REASON_NOT_PREF64);
    assert_no_state();
}

TEST(N64_3_5_03_destinations_outside_the_pool)
{
    static const char *const others[] = {"203.0.113.2", "203.0.113.0", "8.8.4.4"};
    for (size_t i = 0; i < COUNT(others); i++) {
        build_udp(&built, "8.8.8.8", 53, others[i], 2000, "x", 1);
        assert_silent(send_built(), REASON_NOT_POOL);
        build_tcp(&built, "8.8.8.8", 53, others[i], 2000, SYN, NULL, 0);
        assert_silent(send_built(), REASON_NOT_POOL);
    }
}

TEST(N64_3_5_05_XL_5_1_12_ipv6_sources_that_are_nobody)
{
    static const char *const nobody[] = {"::", "::1", "ff02::1", "fe80::1", "febf::1", "::ffff:192.0.2.1"};
    for (size_t i = 0; i < COUNT(nobody); i++)
        assert_silent(udp6(nobody[i], 5000, PEER, 53), REASON_SOURCE_MARTIAN);
    assert_no_state();
}

TEST(N64_3_5_05_XL_4_1_08_ipv4_sources_that_are_nobody)
{
    static const char *const nobody[] = {"0.0.0.0",         "0.1.2.3",         "127.0.0.1",
                                         "127.255.255.255", "224.0.0.1",       "239.1.2.3",
                                         "240.0.0.1",       "255.255.255.255", POOL};
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6(HOST, 5000, PEER, 53), REASON_OK);
    unsigned port = external_port();
    for (size_t i = 0; i < COUNT(nobody); i++)
        assert_silent(udp4(nobody[i], 53, port), REASON_SOURCE_MARTIAN);
    assert_int_equal(sessions(), 1);
}

/* Of each range its first and last address, or one in it. */
static const char *const special[] = {
    "0.0.0.0",         "0.255.255.255",   "10.0.0.0",       "10.255.255.255",  "100.64.0.0",
    "100.127.255.255", "127.0.0.1",       "169.254.0.1",    "172.16.0.0",      "172.31.255.255",
    "192.0.0.0",       "192.0.0.9",       "192.0.0.10",     "192.0.0.170",     "192.0.0.171",
    "192.0.0.255",     "192.0.2.0",       "192.0.2.255",    "192.88.99.1",     "192.168.0.0",
    "192.168.255.255", "198.18.0.0",      "198.19.255.255", "198.51.100.1",    "203.0.113.9",
    "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.254", "255.255.255.255"};

TEST(N64_3_5_06_WKP_01_WKP_05_SEC_10_LES_N_22_special_destinations_before_any_state)
{
    char text[64];
    for (size_t i = 0; i < COUNT(special); i++) {
        snprintf(text, sizeof(text), "64:ff9b::%s", special[i]);
        assert_answer6(udp6(HOST, 5000, text, 53), REASON_DESTINATION_DENIED, 1, 1);
        build_tcp(&built, HOST, 5000, text, 80, SYN, NULL, 0);
        assert_answer6(send_built(), REASON_DESTINATION_DENIED, 1, 1);
        assert_answer6(ping6(HOST, 5000, text), REASON_DESTINATION_DENIED, 1, 1);
        assert_no_state();
    }
}

TEST(WKP_01_WKP_05_special_sources_are_not_shown_in_the_well_known_prefix)
{
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6(HOST, 5000, PEER, 53), REASON_OK);
    unsigned port = external_port();
    for (size_t i = 0; i < COUNT(special); i++) {
        enum reason reason = udp4(special[i], 53, port);
        assert_true(reason == REASON_SOURCE_DENIED || reason == REASON_SOURCE_MARTIAN);
        assert_silent(reason, reason);
    }
    assert_int_equal(sessions(), 1);
}

TEST(LES_N_22_a_range_that_is_opened)
{
    static const struct addr_prefix4 ten = {0x0a000000, 8};
    pref64.allow4 = &ten;
    pref64.allow4_count = 1;
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::10.1.2.3", 53), REASON_OK);
    assert_int_equal(udp4("10.1.2.3", 53, external_port()), REASON_OK);
    assert_answer6(udp6(HOST, 5000, "64:ff9b::192.168.0.1", 53), REASON_DESTINATION_DENIED, 1, 1);
}

/* They stand for the prefix alone, and nobody is there. */
TEST(D64_7050_04_the_discovery_addresses_never_open)
{
    static const struct addr_prefix4 assignments = {0xc0000000, 24};
    assert_answer6(udp6(HOST, 5000, "64:ff9b::192.0.0.170", 53), REASON_DESTINATION_DENIED, 1, 1);
    pref64.allow4 = &assignments;
    pref64.allow4_count = 1;
    assert_answer6(udp6(HOST, 5000, "64:ff9b::192.0.0.170", 53), REASON_DESTINATION_DENIED, 1, 1);
    assert_answer6(ping6(HOST, 5000, "64:ff9b::192.0.0.171"), REASON_DESTINATION_DENIED, 1, 1);
    assert_no_state();
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::192.0.0.172", 53), REASON_OK);
}

TEST(N64_3_5_07_multicast_destinations)
{
    assert_answer6(udp6(HOST, 5000, "64:ff9b::224.0.0.1", 53), REASON_DESTINATION_DENIED, 1, 1);
    build_udp(&built, "8.8.8.8", 53, "224.0.0.1", 2000, "x", 1);
    assert_silent(send_built(), REASON_NOT_POOL);
    assert_silent(udp6(HOST, 5000, "ff02::1", 53), REASON_NOT_PREF64);
    assert_no_state();
}

TEST(SEC_12_metadata_services)
{
    static const char *const services[] = {"169.254.169.254", "169.254.170.2", "169.254.169.253",
                                           "169.254.169.123", "168.63.129.16", "100.100.100.200",
                                           "192.0.0.192"};
    char text[64];
    for (size_t i = 0; i < COUNT(services); i++) {
        snprintf(text, sizeof(text), "64:ff9b::%s", services[i]);
        assert_answer6(udp6(HOST, 5000, text, 80), REASON_DESTINATION_DENIED, 1, 1);
    }
    assert_no_state();
}

TEST(SEC_11_the_gateways_own_addresses)
{
    assert_answer6(udp6(HOST, 5000, "64:ff9b::9.9.9.9", 53), REASON_DESTINATION_OWN, 1, 1);
    assert_no_state();
    static const struct addr_prefix4 around = {0x09090000, 16}, exact = {0x09090909, 32};
    pref64.allow4 = &around;
    pref64.allow4_count = 1;
    assert_answer6(udp6(HOST, 5000, "64:ff9b::9.9.9.9", 53), REASON_DESTINATION_OWN, 1, 1);
    pref64.allow4 = &exact;
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::9.9.9.9", 53), REASON_OK);
}

/* The gateway's own address, of which the ports from 50000 are the pool. */
static int set_up_shared(void **context)
{
    pool_shared = true;
    pool_ports = (struct addr_port_range){50000, 65535};
    own4 = 0xcb007101;
    return set_up(context);
}

static int tear_down_shared(void **context)
{
    own4 = 0x09090909;
    return tear_down(context);
}

TEST(SEC_11_of_a_shared_address_only_our_ports_are_hairpins)
{
    assert_answer6(udp6(HOST, 5000, "64:ff9b::203.0.113.1", 22), REASON_DESTINATION_DENIED, 1, 1);
    assert_silent(udp6(HOST, 5000, "64:ff9b::203.0.113.1", 50001), REASON_NO_BINDING);
}

TEST(N64_3_5_1_04_LES_N_20_packets_for_nobody_on_a_shared_address)
{
    assert_silent(udp4("8.8.8.8", 53, 50001), REASON_NO_BINDING);
    assert_silent(udp4("8.8.8.8", 53, 22), REASON_NOT_POOL);
    assert_silent(tcp4(50001, ACK), REASON_NO_SESSION);
    assert_silent(tcp4(22, SYN), REASON_NOT_POOL);
}

TEST(SEC_15_the_address_is_judged_whatever_the_prefix)
{
    static const struct {
        const char *prefix, *loopback, *with_suffix, *with_u_byte;
        uint8_t len;
    } cases[] = {
        {"2001:db9::", "2001:db9:7f00:1::", "2001:db9:7f00:1::9", "2001:db9:7f00:1:100::", 32},
        {"2001:db9:100::", "2001:db9:17f:0:1::", "2001:db9:17f:0:1::9", "2001:db9:17f:0:101::", 40},
        {"2001:db9:1::", "2001:db9:1:7f00:0:100::", "2001:db9:1:7f00:0:100::9",
         "2001:db9:1:7f00:100:100::", 48},
        {"2001:db9:1::", "2001:db9:1:7f:0:1::", "2001:db9:1:7f:0:1::9", "2001:db9:1:7f:100:1::", 56},
        {"2001:db9:1::", "2001:db9:1:0:7f:0:100:0", "2001:db9:1:0:7f:0:100:9", "2001:db9:1:0:17f:0:100:0",
         64},
        {"2001:db9:1::", "2001:db9:1::7f00:1", NULL, NULL, 96},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        inet_pton(AF_INET6, cases[i].prefix, &pref64.prefix.address);
        pref64.prefix.len = cases[i].len;
        assert_answer6(udp6(HOST, 5000, cases[i].loopback, 53), REASON_DESTINATION_DENIED, 1, 1);
        if (cases[i].with_suffix == NULL)
            continue;
        assert_answer6(udp6(HOST, 5000, cases[i].with_suffix, 53), REASON_DESTINATION_DENIED, 1, 1);
        assert_silent(udp6(HOST, 5000, cases[i].with_u_byte, 53), REASON_NOT_PREF64);
    }
    assert_no_state();
}

TEST(LUP_02_of_the_local_prefix_only_what_is_configured_means_something)
{
    inet_pton(AF_INET6, "64:ff9b:1:5::", &pref64.prefix.address);
    pref64.prefix.len = 64;
    assert_silent(udp6(HOST, 5000, "64:ff9b:1::808:808", 53), REASON_NOT_PREF64);
    assert_silent(udp6(HOST, 5000, "64:ff9b:1:808:8:800::", 53), REASON_NOT_PREF64);
    assert_silent(udp6(HOST, 5000, PEER, 53), REASON_NOT_PREF64);
    assert_int_equal(udp6(HOST, 5000, "64:ff9b:1:5:8:808:800:0", 53), REASON_OK);
    assert_memory_equal(built.packet.data + 16, "\x08\x08\x08\x08", 4);
}

TEST(CGN_R6_ERR_02_ICM_R8_destinations_that_the_operator_denies)
{
    static const struct addr_prefix4 denied = {0x08080400, 24};
    shared.guard.deny4 = &denied;
    shared.guard.deny4_count = 1;
    assert_answer6(udp6(HOST, 5000, "64:ff9b::8.8.4.4", 53), REASON_DESTINATION_DENIED, 1, 1);
    assert_no_state();
    assert_int_equal(udp6(HOST, 5000, PEER, 53), REASON_OK);
}

TEST(N64_5_3_06_ICM_R8_who_is_no_backend)
{
    assert_answer6(udp6("2001:db9::1", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND, 1, 1);
    build_tcp(&built, "2a00::1", 5000, PEER, 80, SYN, NULL, 0);
    assert_answer6(send_built(), REASON_SOURCE_NOT_BACKEND, 1, 1);
    assert_no_state();
    assert_int_equal(counters_get(&counters, REASON_SOURCE_NOT_BACKEND), 2);
    /* The gateway's own addresses count as backends. */
    static struct in6_addr own;
    inet_pton(AF_INET6, "2a00::1", &own);
    network.own6 = &own;
    network.own6_count = 1;
    assert_int_equal(udp6("2a00::1", 5000, PEER, 53), REASON_OK);
    network.own6_count = 0;
}

TEST(N64_3_4_07_XL_5_1_17_other_protocols_from_ipv6)
{
    static const unsigned protocols[] = {132, 47, 50, 51, 59, 4, 41, 2, 1, 255};
    for (size_t i = 0; i < COUNT(protocols); i++) {
        build_ip(&built, HOST, PEER, protocols[i], 20);
        assert_answer6(send_built(), REASON_UNKNOWN_PROTOCOL, 1, 4);
    }
    assert_no_state();
}

TEST(N64_3_4_08_other_protocols_to_a_routed_pool)
{
    static const unsigned protocols[] = {132, 47, 50, 51, 4, 41, 58, 255};
    for (size_t i = 0; i < COUNT(protocols); i++) {
        build_ip(&built, "8.8.8.8", POOL, protocols[i], 20);
        assert_answer4(send_built(), REASON_UNKNOWN_PROTOCOL, 3, 2);
    }
}

TEST(N64_3_4_10_a_wrong_checksum_passes_and_stays_wrong)
{
    build_tcp(&built, HOST, 4000, PEER, 80, SYN, "data", 4);
    built.packet.data[built.packet.len - 1] ^= 0x40;
    assert_int_equal(send_built(), REASON_OK);
    assert_false(build_checksum_good(built.packet.data, 20, 6, built.packet.len));
}

TEST(N64_3_4_11_queries_other_than_echoes)
{
    static const unsigned types4[] = {9, 10, 13, 14, 15, 16, 17, 18, 40},
                          types6[] = {130, 133, 135, 139, 140, 200};
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    unsigned id = external_id();
    for (size_t i = 0; i < COUNT(types4); i++)
        assert_silent(ping4("8.8.8.8", types4[i], id), REASON_ICMP_TYPE);
    for (size_t i = 0; i < COUNT(types6); i++) {
        build_icmp(&built, HOST, PEER, types6[i], 0, 0x00080001, "abcd", 4);
        assert_silent(send_built(), REASON_ICMP_TYPE);
    }
    assert_int_equal(sessions(), 1);
}

TEST(N64_5_3_03_ipv4_never_makes_a_binding)
{
    shared.endpoint_independent[TRANSPORT_TCP] = shared.endpoint_independent[TRANSPORT_UDP] = true;
    shared.endpoint_independent[TRANSPORT_ICMP] = true;
    for (unsigned port = 1024; port < 3000; port++) {
        udp4("8.8.8.8", 53, port);
        tcp4(port, SYN);
        tcp4(port, ACK);
        ping4("8.8.8.8", 8, port);
    }
    /* But those of the static binding's port, nothing was made. */
    assert_int_equal(bindings(), 0);
    assert_int_equal(sessions(), 0);
}

#define SHARED(name) cmocka_unit_test_setup_teardown(name, set_up_shared, tear_down_shared)

TEST(N64_5_3_06_backends_of_the_hosts_links)
{
    struct addr_prefix6 link = {.len = 64};
    struct network with = network;
    inet_pton(AF_INET6, "2a00:1::", &link.address);
    assert_answer6(udp6("2a00:1::5", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND, 1, 1);
    steps.network = &with;
    with.backends = &link;
    with.backends_count = 1;
    assert_int_equal(udp6("2a00:1::5", 5000, PEER, 53), REASON_OK);
    assert_answer6(udp6("2a00:1:0:1::5", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND, 1, 1);
}

TEST(N64_5_3_06_a_segment_of_a_stranger_that_opens_nothing)
{
    build_tcp(&built, "2a00::1", 4000, PEER, 80, ACK, NULL, 0);
    assert_answer6(send_built(), REASON_SOURCE_NOT_BACKEND, 1, 1);
}

TEST(N64_5_3_04_SEC_10_a_syn_from_a_special_address_to_an_open_port)
{
    build_tcp(&built, "10.0.0.1", 443, POOL, 8080, SYN, NULL, 0);
    assert_silent(send_built(), REASON_SOURCE_DENIED);
    assert_int_equal(sessions(), 0);
}

/* Without a route nothing is known of the size of links: the kernel will say. */
TEST(XL_FRG46_07_no_route_is_no_limit)
{
    static const uint8_t data[3000];
    struct network with = network;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    with.routes6_count = with.routes4_count = 0;
    steps.network = &with;
    build_udp(&built, "8.8.8.8", 1000, POOL, port, data, sizeof(data));
    built.packet.data[6] = 0x40;
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.len, 48 + sizeof(data));
    build_udp(&built, HOST, 5000, PEER, 1000, data, sizeof(data));
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.len, 28 + sizeof(data));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_5_01_N64_5_4_01_sources_inside_the_prefix),
        CASE(N64_3_5_02_destinations_outside_the_prefix),
        CASE(N64_3_5_03_destinations_outside_the_pool),
        CASE(N64_3_5_05_XL_5_1_12_ipv6_sources_that_are_nobody),
        CASE(N64_3_5_05_XL_4_1_08_ipv4_sources_that_are_nobody),
        CASE(N64_3_5_06_WKP_01_WKP_05_SEC_10_LES_N_22_special_destinations_before_any_state),
        CASE(WKP_01_WKP_05_special_sources_are_not_shown_in_the_well_known_prefix),
        CASE(LES_N_22_a_range_that_is_opened),
        CASE(D64_7050_04_the_discovery_addresses_never_open),
        CASE(N64_3_5_07_multicast_destinations),
        CASE(SEC_12_metadata_services),
        CASE(SEC_11_the_gateways_own_addresses),
        SHARED(SEC_11_of_a_shared_address_only_our_ports_are_hairpins),
        SHARED(N64_3_5_1_04_LES_N_20_packets_for_nobody_on_a_shared_address),
        CASE(SEC_15_the_address_is_judged_whatever_the_prefix),
        CASE(LUP_02_of_the_local_prefix_only_what_is_configured_means_something),
        CASE(CGN_R6_ERR_02_ICM_R8_destinations_that_the_operator_denies),
        CASE(N64_5_3_06_ICM_R8_who_is_no_backend),
        CASE(N64_3_4_07_XL_5_1_17_other_protocols_from_ipv6),
        CASE(N64_3_4_08_other_protocols_to_a_routed_pool),
        CASE(N64_3_4_10_a_wrong_checksum_passes_and_stays_wrong),
        CASE(N64_3_4_11_queries_other_than_echoes),
        CASE(N64_5_3_03_ipv4_never_makes_a_binding),
        CASE(N64_5_3_06_backends_of_the_hosts_links),
        CASE(N64_5_3_06_a_segment_of_a_stranger_that_opens_nothing),
        CASE(N64_5_3_04_SEC_10_a_syn_from_a_special_address_to_an_open_port),
        CASE(XL_FRG46_07_no_route_is_no_limit),
    };
    return RUN(tests);
}
