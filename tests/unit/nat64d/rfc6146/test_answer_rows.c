/*
 * The ICMP errors that the gateway sends itself: when, how many, from whom.
 *
 * Layer: test
 * Specification: RFC 7915 4.4, 5.4; RFC 4443 2.4; RFC 1812 4.3.2; RFC 5508 7
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

#include "nat64d/packet/icmp_error.h"

TEST(ERR_04_what_came_from_ipv4_and_is_never_answered)
{
    static const char *const nobody[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"};
    for (size_t i = 0; i < 4; i++) {
        build_udp(&built, nobody[i], 53, POOL, 2000, "x", 1);
        assert_int_equal(parse_packet(&built.packet), REASON_OK);
        assert_false(icmp_error_may_answer(&built.packet));
    }
    build_udp(&built, "8.8.8.8", 53, "224.0.0.1", 2000, "x", 1);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_icmp(&built, "8.8.8.8", POOL, 3, 1, 0, (uint8_t[28]){0x45}, 28);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_udp(&built, "8.8.8.8", 53, POOL, 2000, "datadata", 8);
    build_put16(built.packet.data + 6, 1); /* a later fragment */
    build_header_checksum(built.packet.data);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
}

TEST(ERR_03_ICM_R9_errors_of_our_own_can_be_switched_off)
{
    shared.send_errors = false;
    assert_silent(udp6("2a00::1", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND);
    build_ip(&built, HOST, PEER, 132, 20);
    assert_silent(send_built(), REASON_UNKNOWN_PROTOCOL);
    build_ip(&built, "8.8.8.8", POOL, 47, 20);
    assert_silent(send_built(), REASON_UNKNOWN_PROTOCOL);
}

TEST(ERR_03_ERR_05_ICM_R10_errors_of_our_own_are_limited)
{
    unsigned answers = 0;
    rate_limit(&steps.rate, &(struct rate_limits){100, 10, 1000, 1000, 1000});
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(udp6("2a00::1", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND);
        answers += result.reply_len > 0;
    }
    assert_int_equal(answers, 10); /* a network's burst */
    for (unsigned i = 0; i < 1000; i++) {
        char source[40];
        snprintf(source, sizeof(source), "2a00:0:0:%x::1", i + 1);
        assert_int_equal(udp6(source, 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND);
        answers += result.reply_len > 0;
    }
    assert_in_range(answers, 99, 101); /* that of all */
}

TEST(ERR_07_ERR_08_ICM_R10_sender_and_class_of_our_own_errors)
{
    build_udp(&built, HOST, 5000, "64:ff9b::10.0.0.1", 53, "data", 4);
    built.packet.data[0] = 0x6b;
    built.packet.data[1] = 0x90;
    assert_answer6(send_built(), REASON_DESTINATION_DENIED, 1, 1);
    assert_int_equal(steps.reply[0], 0x6b);
    assert_int_equal(steps.reply[1] & 0xf0, 0x90);
    assert_memory_equal(steps.reply + 8, &route6.source, 16);
    build_ip(&built, "8.8.8.8", POOL, 47, 20);
    built.packet.data[1] = 0xb8;
    build_header_checksum(built.packet.data);
    assert_answer4(send_built(), REASON_UNKNOWN_PROTOCOL, 3, 2);
    assert_int_equal(steps.reply[1], 0xb8);
    assert_memory_equal(steps.reply + 12, "\xcb\x00\x71\x01", 4);
}

TEST(ERR_05_ICM_R10_errors_to_ipv4_are_limited)
{
    unsigned answers = 0;
    rate_limit(&steps.rate, &(struct rate_limits){1000, 20, 1000, 1000, 1000});
    for (unsigned i = 0; i < 500; i++) {
        build_ip(&built, "8.8.8.8", POOL, 47, 20);
        assert_int_equal(send_built(), REASON_UNKNOWN_PROTOCOL);
        answers += result.reply_len > 0;
    }
    assert_int_equal(answers, 20);
}

/* With the gateway's own addresses and routes to everywhere that name no source. */
TEST(ERR_07_the_sender_of_our_own_errors)
{
    struct in6_addr own[2];
    struct network_route6 bare = {.mtu = 1500};
    struct network with = network;
    inet_pton(AF_INET6, "2001:db8:e::1", &own[0]);
    inet_pton(AF_INET6, "2001:db8:e::2", &own[1]);
    steps.network = &with;
    with.own6 = own;
    with.own6_count = 2;
    /* To itself: the address that asked. */
    assert_answer6(udp6("2001:db8:e::2", 5000, "64:ff9b::10.0.0.1", 53), REASON_DESTINATION_DENIED, 1, 1);
    assert_memory_equal(steps.reply + 8, &own[1], 16);
    /* To others by the route's. */
    assert_answer6(udp6(HOST, 5000, "64:ff9b::10.0.0.1", 53), REASON_DESTINATION_DENIED, 1, 1);
    assert_memory_equal(steps.reply + 8, &route6.source, 16);
    /* Where that has none, by the first. */
    with.routes6 = &bare;
    assert_answer6(udp6(HOST, 5000, "64:ff9b::10.0.0.1", 53), REASON_DESTINATION_DENIED, 1, 1);
    assert_memory_equal(steps.reply + 8, &own[0], 16);
    /* Without any address there is no error. */
    with.own6_count = 0;
    assert_silent(udp6(HOST, 5000, "64:ff9b::10.0.0.1", 53), REASON_DESTINATION_DENIED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(ERR_04_what_came_from_ipv4_and_is_never_answered),
        CASE(ERR_03_ICM_R9_errors_of_our_own_can_be_switched_off),
        CASE(ERR_03_ERR_05_ICM_R10_errors_of_our_own_are_limited),
        CASE(ERR_05_ICM_R10_errors_to_ipv4_are_limited),
        CASE(ERR_07_the_sender_of_our_own_errors),
        CASE(ERR_07_ERR_08_ICM_R10_sender_and_class_of_our_own_errors),
    };
    return RUN(tests);
}
