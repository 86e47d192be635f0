/*
 * The five steps with real tables and a clock of the test's own: what leaves, on which side, and what stays
 * in the tables.
 *
 * Layer: test
 * Specification: RFC 6146 3.3 - 3.8
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

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

TEST(TCP_EST_3_N64_3_5_2_14_a_reset_leaves_soon)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(tcp4(port, SYN | ACK), REASON_OK);
    assert_int_equal(tcp4(port, RST), REASON_OK);
    assert_int_equal(state(), TCP_STATE_TRANS);
    pass(121);
    assert_int_equal(sessions(), 0);
}

/* A segment with numbers of its own. */
static enum reason tcp_at(bool from_ipv6, unsigned port, unsigned flags, uint32_t seq, uint32_t ack)
{
    if (from_ipv6)
        build_tcp(&built, "2001:db8::1", 4000, "64:ff9b::8.8.8.8", 80, flags, NULL, 0);
    else
        build_tcp(&built, "8.8.8.8", 80, "203.0.113.1", port, flags, NULL, 0);
    unsigned l3 = from_ipv6 ? 40 : 20;
    uint8_t *tcp = built.packet.data + l3;
    build_put16(tcp + 4, seq >> 16);
    build_put16(tcp + 6, seq & 0xffff);
    build_put16(tcp + 8, ack >> 16);
    build_put16(tcp + 10, ack & 0xffff);
    build_fill_checksum(built.packet.data, l3, 6, built.packet.len);
    return send_built();
}

static unsigned connect_at(uint32_t backend, uint32_t server)
{
    assert_int_equal(tcp_at(true, 0, SYN, backend, 0), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(tcp_at(false, port, SYN | ACK, server, backend + 1), REASON_OK);
    assert_int_equal(tcp_at(true, 0, ACK, backend + 1, server + 1), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    return port;
}

TEST(N64_3_5_2_13_a_blind_reset_passes_and_changes_nothing)
{
    unsigned port = connect_at(1000, 2000);
    uint64_t counted = counters_get(&counters, REASON_COUNT + TALLY_TCP_OUT_OF_WINDOW);
    assert_int_equal(tcp_at(false, port, RST, 0x12345678, 0), REASON_OK);
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(tcp_at(false, port, FIN | ACK, 0x12345678, 1001), REASON_OK);
    assert_int_equal(tcp_at(true, 0, RST, 0x12345678, 0), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_TCP_OUT_OF_WINDOW), counted + 3);
    /* Nor does it keep the session alive. */
    pass(7000);
    assert_int_equal(tcp_at(false, port, ACK, 0x12345678, 0x23456789), REASON_OK);
    assert_int_equal(pass(201), 60);
    assert_int_equal(tcp_at(false, port, ACK, 0x12345678, 0x23456789), REASON_OK);
    assert_int_equal(state(), TCP_STATE_TRANS);
    assert_int_equal(tcp_at(false, port, ACK, 2001, 1001), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
    assert_int_equal(tcp_at(false, port, RST, 2001, 0), REASON_OK);
    assert_int_equal(state(), TCP_STATE_TRANS);
}

TEST(N64_3_5_2_13_the_check_can_be_switched_off)
{
    unsigned port = connect_at(1000, 2000);
    shared.tcp.ignore_window = true;
    assert_int_equal(tcp_at(false, port, RST, 0x12345678, 0), REASON_OK);
    assert_int_equal(state(), TCP_STATE_TRANS);
}

TEST(LES_N_18_a_forged_answer_does_not_establish)
{
    assert_int_equal(tcp_at(true, 0, SYN, 1000, 0), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(tcp_at(false, port, SYN | ACK, 5, 7), REASON_OK);
    assert_int_equal(state(), TCP_STATE_V6_INIT);
    assert_int_equal(tcp_at(false, port, SYN | ACK, 2000, 1001), REASON_OK);
    assert_int_equal(state(), TCP_STATE_ESTABLISHED);
}

TEST(N64_3_5_2_11_a_reset_after_fin_ends_on_request)
{
    for (int on = 0; on < 2; on++) {
        unsigned port = connect_at(1000, 2000);
        shared.tcp.reset_after_fin = on;
        assert_int_equal(tcp_at(true, 0, FIN | ACK, 1001, 2001), REASON_OK);
        assert_int_equal(tcp_at(false, port, RST, 2001, 0), REASON_OK);
        assert_int_equal(state(), on ? TCP_STATE_TRANS : TCP_STATE_V6_FIN);
        pass(121);
        assert_int_equal(sessions(), on ? 0 : 1);
        pass(8000);
        assert_int_equal(sessions(), 0);
    }
}

TEST(N64_3_5_2_12_a_refused_connection_goes_at_the_closing_time)
{
    for (int off = 0; off < 2; off++) {
        shared.tcp.ignore_refusal = off;
        assert_int_equal(tcp_at(true, 0, SYN, 1000, 0), REASON_OK);
        assert_int_equal(tcp_at(false, external_port(), RST | ACK, 0, 1001), REASON_OK);
        assert_int_equal(sessions(), 1);
        pass(121);
        assert_int_equal(sessions(), off ? 1 : 0);
        pass(120);
        assert_int_equal(sessions(), 0);
    }
}

TEST(N64_3_5_2_04_who_is_probed_is_chosen)
{
    static const enum tcp_probe who[] = {TCP_PROBE_IPV4, TCP_PROBE_NONE, TCP_PROBE_BOTH};
    static const uint32_t lens[] = {40, 0, 60};
    for (size_t i = 0; i < 3; i++) {
        unsigned budget = 1000, port = connect_at(1000, 2000);
        shared.tcp.probe = who[i];
        now_ns += 7201 * S;
        assert_int_equal(steps_timeout(&steps, now_ns, &budget), lens[i]);
        budget = 1000;
        if (who[i] == TCP_PROBE_BOTH)
            assert_int_equal(steps_timeout(&steps, now_ns, &budget), 40);
        if (who[i] != TCP_PROBE_NONE) {
            static const uint8_t server[] = {8, 8, 8, 8}, zeros[8];
            assert_memory_equal(steps.reply + 16, server, 4);
            assert_int_equal(build_get16(steps.reply + 20), port);
            assert_int_equal(build_get16(steps.reply + 22), 80);
            assert_memory_equal(steps.reply + 24, zeros, 8);
            assert_true(build_checksum_good(steps.reply, 20, 6, 40));
            assert_int_equal(build_sum(0, steps.reply, 20), 0xffff);
        }
        assert_int_equal(state(), TCP_STATE_TRANS);
        assert_int_equal(pass(121), 0);
        assert_int_equal(sessions(), 0);
    }
}

TEST(N64_5_3_05_only_the_backend_refreshes_on_request)
{
    shared.outbound_refresh = true;
    assert_int_equal(udp6("2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    unsigned port = external_port();
    pass(200);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
    pass(101);
    assert_int_equal(sessions(), 0);
    port = connect_at(1000, 2000);
    pass(7000);
    assert_int_equal(tcp_at(false, port, ACK, 2001, 1001), REASON_OK);
    assert_int_equal(pass(201), 60);
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

TEST(N64_3_1_05_a_range_of_ports_is_open_to_its_clients)
{
    assert_int_equal(udp4("8.8.4.4", 1000, 9003), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 42), 703);
    assert_int_equal(bindings(), 1);
    assert_int_equal(udp6("2001:db8::5", 703, "64:ff9b::8.8.4.4", 1000), REASON_OK);
    assert_int_equal(external_port(), 9003);
    assert_int_equal(sessions(), 1);
    /* From inside too the port is that of the range. */
    assert_int_equal(udp6("2001:db8::5", 709, "64:ff9b::1.1.1.1", 53), REASON_OK);
    assert_int_equal(external_port(), 9009);
    assert_int_equal(udp4("1.1.1.1", 53, 9009), REASON_OK);
    /* Others than the clients that are named are refused, and leave nothing. */
    assert_int_equal(udp4("9.9.9.9", 1000, 9004), REASON_STATIC_FROM);
    assert_int_equal(udp4("9.9.9.9", 1000, 9003), REASON_STATIC_FROM);
    build_tcp(&built, "9.9.9.9", 443, "203.0.113.1", 9000, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_STATIC_FROM);
    assert_int_equal(result.reply_len, 0);
    /* RFC 6146 3.5.2.2: a segment of no session passes, and leaves nothing either. */
    build_tcp(&built, "8.8.4.4", 443, "203.0.113.1", 9000, ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(udp4("8.8.4.4", 1000, 9010), REASON_NO_BINDING);
    assert_int_equal(bindings(), 2);
    pass(301);
    assert_int_equal(sessions(), 0);
    assert_int_equal(bindings(), 0);
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

TEST(SEC_42_an_error_about_an_old_segment_is_dropped)
{
    uint8_t sent[40];
    connect_at(1000, 2000);
    memcpy(sent, built.packet.data, sizeof(sent));
    assert_int_equal(error_about(sent, 40, "198.51.100.1", 3, 1, 0), REASON_OK);
    build_put16(sent + 24, 7);
    assert_int_equal(error_about(sent, 40, "198.51.100.1", 3, 1, 0), REASON_ICMP_SEQUENCE);
    shared.tcp.ignore_window = true;
    assert_int_equal(error_about(sent, 40, "198.51.100.1", 3, 1, 0), REASON_OK);
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
        CASE(TCP_EST_3_N64_3_5_2_14_a_reset_leaves_soon),
        CASE(N64_3_5_2_13_a_blind_reset_passes_and_changes_nothing),
        CASE(N64_3_5_2_13_the_check_can_be_switched_off),
        CASE(LES_N_18_a_forged_answer_does_not_establish),
        CASE(N64_3_5_2_11_a_reset_after_fin_ends_on_request),
        CASE(N64_3_5_2_12_a_refused_connection_goes_at_the_closing_time),
        CASE(N64_3_5_2_04_who_is_probed_is_chosen),
        CASE(N64_5_3_05_only_the_backend_refreshes_on_request),
        CASE(SEC_42_an_error_about_an_old_segment_is_dropped),
        CASE(TCP_CL_3_an_unsolicited_syn_is_answered_after_six_seconds),
        CASE(TCP_CL_4_a_stranger_on_a_binding_is_stored_and_crossing_opens),
        CASE(TCP_CL_5_a_static_binding_is_open_to_all),
        CASE(N64_3_1_05_a_range_of_ports_is_open_to_its_clients),
        CASE(TCP_CL_7_segments_of_no_connection),
        CASE(N64_3_4_03_errors_reach_the_backend_and_change_nothing),
        CASE(XL_4_1_08_an_error_from_a_private_router_arrives),
        CASE(N64_3_6_02_errors_about_nothing_or_not_for_us),
        CASE(N64_3_4_05_an_error_about_an_error),
        CASE(N64_3_8_01_hairpin_under_endpoint_independent_filtering),
        CASE(N64_3_8_05_hairpin_is_refused_under_the_default),
        CASE(N64_3_5_05_a_pool_address_never_comes_from_outside),
        CASE(CGN_R11_a_full_table_refuses_and_keeps_what_it_has),
    };
    return RUN(tests);
}
