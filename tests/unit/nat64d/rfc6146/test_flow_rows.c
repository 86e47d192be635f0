/*
 * UDP and echoes through the gateway: bindings, sessions, lifetimes, filtering, limits; and what goes from
 * one backend to another.
 *
 * Layer: test
 * Specification: RFC 6146 3.1, 3.2, 3.5.1, 3.5.3, 3.6, 5.2, 5.3; RFC 4787 4, 5; RFC 5508 3; RFC 7857 5, 7
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

TEST(N64_3_5_1_01_UDP_R1_N64_3_1_04_N64_5_2_01_a_socket_has_one_binding)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    assert_int_equal(bindings(), 1);
    static const char *const peers[] = {PEER, "64:ff9b::8.8.4.4", "64:ff9b::1.1.1.1"};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(udp6(HOST, 5000, peers[i], 1000 + i), REASON_OK);
        assert_int_equal(external_port(), port);
    }
    assert_int_equal(bindings(), 1);
}

TEST(N64_3_5_1_02_each_address_and_port_has_a_session)
{
    udp6(HOST, 5000, PEER, 1000);
    assert_int_equal(sessions(), 1);
    udp6(HOST, 5000, PEER, 1000);
    assert_int_equal(sessions(), 1);
    udp6(HOST, 5000, PEER, 1001);
    assert_int_equal(sessions(), 2);
    udp6(HOST, 5000, "64:ff9b::8.8.4.4", 1000);
    assert_int_equal(sessions(), 3);
    assert_int_equal(bindings(), 1);
}

TEST(N64_3_1_04_TCP_R1_N64_5_2_01_a_tcp_source_is_the_same_to_every_peer)
{
    static const char *const peers[] = {PEER, "64:ff9b::8.8.4.4", "64:ff9b::1.1.1.1"};
    unsigned port = 0;
    for (unsigned i = 0; i < 3; i++) {
        build_tcp(&built, HOST, 4000, peers[i], 80 + i, SYN, NULL, 0);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(external_port(), i == 0 ? external_port() : port);
        port = external_port();
    }
    assert_int_equal(bindings(), 1);
    assert_int_equal(sessions(), 3);
}

TEST(N64_3_5_1_03_UDP_R6_a_datagram_from_inside_renews_the_lifetime)
{
    udp6(HOST, 5000, PEER, 1000);
    pass(299);
    udp6(HOST, 5000, PEER, 1000);
    assert_remaining(300);
}

TEST(N64_3_5_1_07_a_datagram_from_outside_renews_the_lifetime)
{
    udp6(HOST, 5000, PEER, 1000);
    unsigned port = external_port();
    pass(299);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
    assert_remaining(300);
}

TEST(N64_3_1_06_N64_3_1_07_dynamic_bindings_go_and_static_ones_stay)
{
    udp6(HOST, 5000, PEER, 1000);
    pass(301);
    assert_int_equal(bindings(), 0);
    assert_int_equal(shards[0].bib.count[TRANSPORT_TCP], 1);
    assert_int_equal(tcp4(8080, SYN), REASON_OK);
    pass(241);
    assert_int_equal(sessions(), 0);
    assert_int_equal(shards[0].bib.count[TRANSPORT_TCP], 1);
    assert_int_equal(tcp4(8080, SYN), REASON_OK);
}

TEST(N64_3_5_1_04_a_datagram_without_a_binding)
{
    assert_silent(udp4("8.8.8.8", 53, 5555), REASON_NO_BINDING);
}

TEST(N64_3_5_1_05_UDP_R8_only_an_address_already_contacted)
{
    udp6(HOST, 5000, PEER, 53);
    unsigned port = external_port();
    assert_int_equal(udp4("8.8.8.8", 5353, port), REASON_OK);
    assert_silent(udp4("8.8.4.4", 53, port), REASON_FILTERED);
}

TEST(N64_3_5_1_06_UDP_R8_what_is_let_in_has_or_makes_its_session)
{
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    udp6(HOST, 5000, PEER, 53);
    unsigned port = external_port();
    assert_int_equal(udp4("8.8.8.8", 53, port), REASON_OK);
    assert_int_equal(sessions(), 1);
    assert_int_equal(udp4("8.8.4.4", 99, port), REASON_OK);
    assert_int_equal(sessions(), 2);
    assert_int_equal(bindings(), 1);
}

TEST(UDP_R5_a_mapping_for_dns_alone_is_short)
{
    udp6(HOST, 5000, PEER, 53);
    assert_remaining(17);
    udp6(HOST, 5000, PEER, 123);
    assert_remaining(300);
}

TEST(N64_3_5_1_09_LES_N_14_source_port_0)
{
    assert_int_equal(udp6(HOST, 0, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    assert_int_not_equal(port, 0);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 42), 0);
}

TEST(N64_3_6_1_01_N64_3_6_01_N64_3_7_02_the_tuple_to_ipv4)
{
    static const uint8_t addresses[8] = {203, 0, 113, 1, 8, 8, 8, 8};
    udp6(HOST, 5000, PEER, 1000);
    assert_memory_equal(built.packet.data + 12, addresses, 8);
    assert_int_equal(built.packet.data[9], 17);
    assert_int_equal(build_get16(built.packet.data + 22), 1000);
    assert_true(build_checksum_good(built.packet.data, 20, 17, built.packet.len));
    tcp6(SYN);
    assert_memory_equal(built.packet.data + 12, addresses, 8);
    assert_int_equal(built.packet.data[9], 6);
    assert_int_equal(build_get16(built.packet.data + 22), 80);
    assert_true(build_checksum_good(built.packet.data, 20, 6, built.packet.len));
}

TEST(N64_3_6_1_02_N64_3_2_01_N64_3_6_01_N64_3_7_02_the_tuple_to_ipv6)
{
    uint8_t addresses[32];
    image_of("8.8.8.8", addresses);
    inet_pton(AF_INET6, HOST, addresses + 16);
    udp6(HOST, 5000, PEER, 1000);
    assert_int_equal(udp4("8.8.8.8", 1000, external_port()), REASON_OK);
    assert_memory_equal(built.packet.data + 8, addresses, 32);
    assert_int_equal(built.packet.data[6], 17);
    assert_int_equal(build_get16(built.packet.data + 40), 1000);
    assert_int_equal(build_get16(built.packet.data + 42), 5000);
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
    tcp6(SYN);
    assert_int_equal(tcp4(external_port(), SYN | ACK), REASON_OK);
    assert_memory_equal(built.packet.data + 8, addresses, 32);
    assert_int_equal(build_get16(built.packet.data + 40), 80);
    assert_int_equal(build_get16(built.packet.data + 42), 4000);
    assert_true(build_checksum_good(built.packet.data, 40, 6, built.packet.len));
}

TEST(N78_5_01_N78_6_01_a_binding_is_its_protocols_alone)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned port = external_port();
    shared.endpoint_independent[TRANSPORT_TCP] = true;
    assert_silent(udp4("8.8.8.8", 80, port), REASON_NO_BINDING);
    assert_silent(ping4("8.8.8.8", 8, port), REASON_NO_BINDING);
    assert_int_equal(udp6(HOST, 5000, PEER, 53), REASON_OK);
    /* What is open for TCP is not open for UDP. */
    assert_silent(udp4("8.8.4.4", 53, external_port()), REASON_FILTERED);
}

TEST(N78_7_01_what_is_refused_renews_nothing)
{
    udp6(HOST, 5000, PEER, 1000);
    unsigned port = external_port();
    pass(200);
    assert_silent(udp4("8.8.4.4", 53, port), REASON_FILTERED);
    assert_remaining(100);
    assert_int_equal(tcp6(SYN), REASON_OK);
    port = external_port();
    pass(200);
    build_tcp(&built, "8.8.4.4", 443, POOL, port, ACK, NULL, 0);
    assert_silent(send_built(), REASON_FILTERED);
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN, NULL, 0);
    assert_silent(send_built(), REASON_SYN_STORED);
    assert_int_equal(sessions(), 1);
    pass(39);
    assert_int_equal(sessions(), 1);
    pass(2);
    assert_int_equal(sessions(), 0);
}

TEST(N64_5_2_02_TCP_R3_CGN_R7_filtering_of_each_protocol_by_itself)
{
    for (int open = 0; open < TRANSPORT_COUNT; open++) {
        memset(shared.endpoint_independent, 0, sizeof(shared.endpoint_independent));
        shared.endpoint_independent[open] = true;
        assert_int_equal(udp6(HOST, 5000, PEER, 53), REASON_OK);
        assert_int_equal(udp4("8.8.4.4", 53, external_port()),
                         open == TRANSPORT_UDP ? REASON_OK : REASON_FILTERED);
        assert_int_equal(tcp6(SYN), REASON_OK);
        build_tcp(&built, "8.8.4.4", 443, POOL, external_port(), SYN, NULL, 0);
        assert_int_equal(send_built(), open == TRANSPORT_TCP ? REASON_OK : REASON_SYN_STORED);
        assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
        assert_int_equal(ping4("8.8.4.4", 8, external_id()),
                         open == TRANSPORT_ICMP ? REASON_OK : REASON_FILTERED);
        pass(20000);
        pass(20000);
    }
}

TEST(N64_3_4_01_N64_3_4_02_the_tuple_of_each_kind_makes_its_session)
{
    static const uint16_t own[TRANSPORT_COUNT] = {
        [TRANSPORT_UDP] = 5000, [TRANSPORT_TCP] = 4000, [TRANSPORT_ICMP] = 0x1234};
    static const uint16_t others[TRANSPORT_COUNT] = {[TRANSPORT_UDP] = 1000, [TRANSPORT_TCP] = 80};
    struct in6_addr host;
    inet_pton(AF_INET6, HOST, &host);
    udp6(HOST, 5000, PEER, 1000);
    tcp6(SYN);
    ping6(HOST, 0x1234, PEER);
    for (int transport = 0; transport < TRANSPORT_COUNT; transport++)
        assert_int_equal(shards[0].sessions.count[transport], 1);
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session session;
        if (!session_peek(shared.state.sessions, i, &session))
            continue;
        const struct bib_entry *entry = bib_entry(&shards[0].bib, session.bib);
        assert_memory_equal(&entry->src6, &host, sizeof(host));
        assert_int_equal(entry->src6_port, own[session.transport]);
        assert_int_equal(session.dst4, 0x08080808);
        assert_int_equal(session.dst_port, others[session.transport]);
    }
}

TEST(N64_3_5_3_02_ICM_R1_N64_3_6_2_01_N64_3_7_03_a_ping_and_its_answer)
{
    assert_int_equal(ping6(HOST, 0x7777, PEER), REASON_OK);
    unsigned id = external_id();
    assert_int_equal(built.packet.data[20], 8);
    assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
    assert_int_equal(ping4("8.8.8.8", 0, id), REASON_OK);
    assert_int_equal(built.packet.data[40], 129);
    assert_int_equal(build_get16(built.packet.data + 44), 0x7777);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    assert_int_equal(bindings(), 1);
}

TEST(N64_3_5_3_03_ICM_R1_N64_3_2_02_each_pinged_address_has_a_session)
{
    ping6(HOST, 0x7777, PEER);
    unsigned id = external_id();
    ping6(HOST, 0x7777, "64:ff9b::8.8.4.4");
    assert_int_equal(external_id(), id);
    ping6(HOST, 0x7777, PEER);
    assert_int_equal(bindings(), 1);
    assert_int_equal(sessions(), 2);
}

TEST(N64_3_1_03_two_hosts_with_one_identifier)
{
    ping6(HOST, 7, PEER);
    unsigned id = external_id();
    ping6("2001:db8::2", 7, PEER);
    assert_int_not_equal(external_id(), id);
    assert_int_equal(bindings(), 2);
}

TEST(LES_N_19_identifier_0)
{
    assert_int_equal(ping6(HOST, 0, PEER), REASON_OK);
    assert_int_equal(ping4("8.8.8.8", 0, external_id()), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 44), 0);
    assert_silent(ping4("8.8.8.8", 8, 0), REASON_NO_BINDING);
}

TEST(N64_3_5_3_04_each_echo_renews_the_lifetime)
{
    ping6(HOST, 7, PEER);
    unsigned id = external_id();
    pass(59);
    ping6(HOST, 7, PEER);
    pass(59);
    assert_int_equal(ping4("8.8.8.8", 0, id), REASON_OK);
    assert_remaining(60);
    assert_int_equal(bindings(), 0);
}

TEST(N64_3_5_3_05_N64_3_5_3_08_an_echo_without_a_binding)
{
    assert_silent(ping4("8.8.8.8", 8, 5555), REASON_NO_BINDING);
    assert_silent(ping4("8.8.8.8", 0, 5555), REASON_NO_BINDING);
}

TEST(N64_3_5_3_06_an_echo_from_an_address_never_pinged)
{
    ping6(HOST, 7, PEER);
    assert_silent(ping4("8.8.4.4", 0, external_id()), REASON_FILTERED);
}

TEST(N64_3_5_3_07_without_filtering_an_echo_makes_its_session)
{
    shared.endpoint_independent[TRANSPORT_ICMP] = true;
    ping6(HOST, 7, PEER);
    assert_int_equal(ping4("8.8.4.4", 8, external_id()), REASON_OK);
    assert_int_equal(built.packet.data[40], 128);
    assert_int_equal(sessions(), 2);
}

TEST(N78_7_1_01_errors_that_answer_renew_nothing)
{
    uint8_t stranger[100];
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    pass(200);
    assert_int_equal(udp4("8.8.4.4", 99, port), REASON_OK);
    uint32_t len = built.packet.len;
    memcpy(stranger, built.packet.data, len);
    pass(50);
    build_icmp(&built, HOST, "64:ff9b::8.8.4.4", 1, 4, 0, stranger, len);
    assert_int_equal(send_built(), REASON_OK);
    pass(51); /* HOST's own session has had its 300 s */
    assert_int_equal(sessions(), 1);
    assert_remaining(199);
}

TEST(UDP_R11_mapping_and_filtering_are_the_same_however_many_there_are)
{
    char source[40];
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    for (unsigned i = 0; i < SLOTS - 10; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        udp6(source, 5000, PEER, 1000);
        assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
        assert_int_equal(external_port(), port);
        assert_int_equal(udp4("8.8.8.8", 99, port), REASON_OK);
        assert_silent(udp4("8.8.4.4", 1000, port), REASON_FILTERED);
    }
    assert_true(sessions() > SLOTS / 2);
}

TEST(N64_5_3_04_sessions_that_ipv4_makes_on_a_binding_are_bounded)
{
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (bib_entry(&shards[0].bib, slot)->src6_port == 5000)
            bib_entry(&shards[0].bib, slot)->sessions = STEPS_INBOUND_MAX;
    assert_silent(udp4("8.8.4.4", 1, port), REASON_INBOUND_LIMIT);
    assert_int_equal(sessions(), 1);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK); /* that of before goes on */
}

/* One peer by two prefixes is one peer to the world; its answers come by the prefix that was asked last. */
TEST(N64_3_2_01_the_image_is_that_of_the_prefix_that_was_asked_last)
{
    struct guard_pref64 both[2] = {pref64, {.prefix = {.len = 96}}};
    inet_pton(AF_INET6, "64:ff9b:1::", &both[1].prefix.address);
    shared.guard.pref64 = both;
    shared.guard.pref64_count = 2;
    shared.pref64_slot[1] = shared.pref64_index[1] = 1;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    for (int round = 0; round < 4; round++) {
        uint8_t asked[16];
        const char *peer = round % 2 == 0 ? "64:ff9b:1::8.8.8.8" : PEER;
        assert_int_equal(udp6(HOST, 5000, peer, 1000), REASON_OK);
        assert_int_equal(external_port(), port);
        assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
        inet_pton(AF_INET6, peer, asked);
        assert_memory_equal(built.packet.data + 8, asked, 16);
    }
    assert_int_equal(sessions(), 1);
}

TEST(what_the_edge_could_not_send_is_counted)
{
    steps_failed(&steps, REASON_WRITE_FAILED);
    steps_failed(&steps, REASON_WRITE_FAILED);
    assert_int_equal(counters_get(&counters, REASON_WRITE_FAILED), 2);
}

/* What a helper for a protocol would write into; every byte arrives as it was sent, and nothing is opened. */
struct command {
    bool tcp;
    unsigned service;
    const char *text;
};

static const struct command commands[] = {
    {true, 21, "PORT 192,0,2,1,19,137\r\n"},
    {true, 21, "EPRT |2|2001:db8::1|5001|\r\n"},
    {true, 21, "227 Entering Passive Mode (192,0,2,1,19,137)\r\n"},
    {true, 5060, "INVITE sip:a@192.0.2.1 SIP/2.0\r\nContact: <sip:b@[2001:db8::1]:5001>\r\n\r\n"},
    {true, 1723, "\x9c\x01\x1a\x2b\x3c\x4d"},
    {false, 5060, "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1]:5001\r\n\r\n"},
    {false, 69, "\x01\x02name"},
    {false, 137, "192.0.2.1"},
    {false, 53, "2001:db8::1"},
};

static void passes_untouched(const struct command *command)
{
    size_t len = strlen(command->text);
    unsigned header = command->tcp ? 20 : 8;
    if (command->tcp) {
        build_tcp(&built, HOST, 4000, PEER, command->service, SYN, NULL, 0);
        assert_int_equal(send_built(), REASON_OK);
    }
    for (int reply = 0; reply < 2; reply++) {
        unsigned port = reply ? external_port() : 4000;
        const char *from = reply ? "8.8.8.8" : HOST, *to = reply ? POOL : PEER;
        unsigned source = reply ? command->service : port, destination = reply ? port : command->service;
        if (command->tcp)
            build_tcp(&built, from, source, to, destination, PSH | ACK, command->text, len);
        else
            build_udp(&built, from, source, to, destination, command->text, len);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.len, (reply ? 40 : 20) + header + len);
        assert_memory_equal(built.packet.data + (reply ? 40 : 20) + header, command->text, len);
    }
    assert_int_equal(bindings(), 1);
    assert_int_equal(sessions(), 1);
    pass(20000);
    pass(20000);
}

TEST(UDP_R10_TCP_R6_no_payload_is_looked_into)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        passes_untouched(&commands[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_5_1_01_UDP_R1_N64_3_1_04_N64_5_2_01_a_socket_has_one_binding),
        CASE(N64_3_5_1_02_each_address_and_port_has_a_session),
        CASE(N64_3_1_04_TCP_R1_N64_5_2_01_a_tcp_source_is_the_same_to_every_peer),
        CASE(N64_3_5_1_03_UDP_R6_a_datagram_from_inside_renews_the_lifetime),
        CASE(N64_3_5_1_07_a_datagram_from_outside_renews_the_lifetime),
        CASE(N64_3_1_06_N64_3_1_07_dynamic_bindings_go_and_static_ones_stay),
        CASE(N64_3_5_1_04_a_datagram_without_a_binding),
        CASE(N64_3_5_1_05_UDP_R8_only_an_address_already_contacted),
        CASE(N64_3_5_1_06_UDP_R8_what_is_let_in_has_or_makes_its_session),
        CASE(UDP_R5_a_mapping_for_dns_alone_is_short),
        CASE(N64_3_5_1_09_LES_N_14_source_port_0),
        CASE(N64_3_6_1_01_N64_3_6_01_N64_3_7_02_the_tuple_to_ipv4),
        CASE(N64_3_6_1_02_N64_3_2_01_N64_3_6_01_N64_3_7_02_the_tuple_to_ipv6),
        CASE(N78_5_01_N78_6_01_a_binding_is_its_protocols_alone),
        CASE(N78_7_01_what_is_refused_renews_nothing),
        CASE(N64_5_2_02_TCP_R3_CGN_R7_filtering_of_each_protocol_by_itself),
        CASE(N64_3_4_01_N64_3_4_02_the_tuple_of_each_kind_makes_its_session),
        CASE(N64_3_5_3_02_ICM_R1_N64_3_6_2_01_N64_3_7_03_a_ping_and_its_answer),
        CASE(N64_3_5_3_03_ICM_R1_N64_3_2_02_each_pinged_address_has_a_session),
        CASE(N64_3_1_03_two_hosts_with_one_identifier),
        CASE(LES_N_19_identifier_0),
        CASE(N64_3_5_3_04_each_echo_renews_the_lifetime),
        CASE(N64_3_5_3_05_N64_3_5_3_08_an_echo_without_a_binding),
        CASE(N64_3_5_3_06_an_echo_from_an_address_never_pinged),
        CASE(N64_3_5_3_07_without_filtering_an_echo_makes_its_session),
        CASE(N78_7_1_01_errors_that_answer_renew_nothing),
        CASE(UDP_R11_mapping_and_filtering_are_the_same_however_many_there_are),
        CASE(N64_3_2_01_the_image_is_that_of_the_prefix_that_was_asked_last),
        CASE(what_the_edge_could_not_send_is_counted),
        CASE(UDP_R10_TCP_R6_no_payload_is_looked_into),
        CASE(N64_5_3_04_sessions_that_ipv4_makes_on_a_binding_are_bounded),
    };
    return RUN(tests);
}
