/*
 * What an operator may choose: pings, who is told of a refusal, how many errors of others pass.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.2.2 and 3.5.3; RFC 7915 4.4; RFC 4443 2.4
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

enum { OUTSIDER_PORT = 9004 }; /* of the static bindings that 8.8.0.0/16 alone may reach */

TEST(N64_3_5_3_01_pings_are_forbidden_in_silence)
{
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    unsigned id = external_id();
    shared.forbids_pings = true;
    assert_silent(ping6(HOST, 7, PEER), REASON_PING);
    assert_silent(ping6(HOST, 8, PEER), REASON_PING);
    assert_silent(ping4("8.8.8.8", 0, id), REASON_PING);
    assert_silent(ping4("8.8.8.8", 8, id), REASON_PING);
    assert_int_equal(sessions(), 1);
    /* Datagrams and errors about them still pass. */
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    uint8_t quoted[48];
    memcpy(quoted, built.packet.data, 32);
    build_icmp(&built, "8.8.8.8", POOL, 3, 3, 0, quoted, 32);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.data[40], 1);
}

TEST(ERR_01_what_policy_refuses_from_ipv4_is_told)
{
    assert_answer4(udp4("9.9.9.9", 1000, OUTSIDER_PORT), REASON_STATIC_FROM, 3, 13);
    assert_memory_equal(steps.reply + 12, "\xcb\x00\x71\x01\x09\x09\x09\x09", 8);
    assert_int_equal(udp4("8.8.4.4", 1000, OUTSIDER_PORT), REASON_OK);
}

TEST(ERR_01_an_error_is_answered_by_none)
{
    uint8_t quoted[32];
    build_udp(&built, POOL, OUTSIDER_PORT, "9.9.9.9", 1000, "data", 4);
    memcpy(quoted, built.packet.data, sizeof(quoted));
    build_icmp(&built, "9.9.9.9", POOL, 3, 3, 0, quoted, sizeof(quoted));
    assert_true(send_built() != REASON_OK);
    assert_int_equal(result.verdict, STEPS_DROP);
    assert_int_equal(result.reply_len, 0);
}

TEST(TCP_CL_2_a_syn_where_nothing_may_come_in)
{
    build_tcp(&built, "9.9.9.9", 443, POOL, OUTSIDER_PORT, SYN, NULL, 0);
    assert_silent(send_built(), REASON_STATIC_FROM);
    assert_int_equal(pass(7), 0); /* nor when a stored one would be answered */
    assert_int_equal(sessions(), 0);
    build_tcp(&built, "8.8.4.4", 443, POOL, OUTSIDER_PORT, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
}

static uint8_t inside[52], outside[32]; /* a datagram to HOST, one from it */

static void flow(void)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    memcpy(outside, built.packet.data, sizeof(outside));
    assert_int_equal(udp4("8.8.8.8", 1000, external_port()), REASON_OK);
    memcpy(inside, built.packet.data, sizeof(inside));
}

static enum reason error6(const char *from)
{
    build_icmp(&built, from, PEER, 1, 0, 0, inside, sizeof(inside));
    return send_built();
}

static enum reason error4(const char *from)
{
    build_icmp(&built, from, POOL, 3, 1, 0, outside, sizeof(outside));
    return send_built();
}

/* How many of `count` errors pass, all from one sender or each from another network. */
static unsigned passing(enum reason (*send)(const char *from), const char *format, unsigned count, bool same)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < count; i++) {
        char from[48];
        snprintf(from, sizeof(from), format, same ? 1 : i + 1);
        enum reason reason = send(from);
        assert_true(reason == REASON_OK || reason == REASON_ICMP_RATE);
        assert_int_equal(result.reply_len, 0);
        passed += reason == REASON_OK;
    }
    return passed;
}

static void limit(uint32_t relayed, uint32_t relayed_per_network)
{
    const struct rate_limits limits = {1000, 1000, 1000, relayed, relayed_per_network};
    rate_limit(&steps.rate, &limits);
}

TEST(SEC_44_errors_of_one_sender_are_limited)
{
    flow();
    limit(100, 10);
    assert_int_equal(passing(error6, "2001:db8:7:%x::9", 500, true), 10);
    assert_int_equal(passing(error4, "8.8.%u.1", 200, true), 10);
    now_ns += S / 2;
    assert_int_equal(passing(error4, "8.8.%u.1", 200, true), 5);
    assert_int_equal(error6("2001:db8:8::9"), REASON_OK); /* another network has its own */
}

TEST(SEC_44_and_of_all)
{
    flow();
    limit(100, 10);
    assert_in_range(passing(error6, "2001:db8:7:%x::9", 500, false), 90, 100);
    assert_int_equal(passing(error4, "8.8.%u.1", 200, false), 0);
    now_ns += S;
    assert_in_range(passing(error4, "8.8.%u.1", 200, false), 90, 100);
}

TEST(SEC_44_errors_of_our_own_are_limited_by_who_asks)
{
    unsigned answers = 0;
    rate_limit(&steps.rate, &(struct rate_limits){100, 10, 1000, 1000, 1000});
    for (int i = 0; i < 100; i++) {
        assert_int_equal(udp6("2a00::1", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND);
        answers += result.reply_len > 0;
    }
    assert_int_equal(answers, 10);
    assert_answer6(udp6("2a00:1::1", 5000, PEER, 53), REASON_SOURCE_NOT_BACKEND, 1, 1);
}

TEST(XL_4_5_02_a_datagram_without_a_checksum_is_dropped_by_option)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    for (unsigned drops = 0; drops < 2; drops++) {
        shared.options.drop_zero_checksum = drops;
        build_udp(&built, "8.8.8.8", 1000, POOL, port, "data", 4);
        build_put16(built.packet.data + 26, 0);
        if (drops)
            assert_silent(send_built(), REASON_UDP_ZERO_CHECKSUM);
        else
            assert_int_equal(send_built(), REASON_OK);
        build_udp(&built, "8.8.8.8", 1000, POOL, port, "datadata", 8);
        build_put16(built.packet.data + 26, 0);
        build_put16(built.packet.data + 6, 0x2000); /* the first fragment */
        build_header_checksum(built.packet.data);
        enum reason reason = send_built();
        if (drops)
            assert_silent(reason, REASON_UDP_ZERO_CHECKSUM);
        else
            assert_int_equal(result.verdict, STEPS_KEPT);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_5_3_01_pings_are_forbidden_in_silence),
        CASE(ERR_01_what_policy_refuses_from_ipv4_is_told),
        CASE(ERR_01_an_error_is_answered_by_none),
        CASE(TCP_CL_2_a_syn_where_nothing_may_come_in),
        CASE(SEC_44_errors_of_one_sender_are_limited),
        CASE(SEC_44_and_of_all),
        CASE(SEC_44_errors_of_our_own_are_limited_by_who_asks),
        CASE(XL_4_5_02_a_datagram_without_a_checksum_is_dropped_by_option),
    };
    return RUN(tests);
}
