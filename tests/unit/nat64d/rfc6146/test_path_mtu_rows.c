/*
 * A backend behind a link that is narrower than ours: what one error tells holds for every packet to it.
 *
 * Layer: test
 * Specification: RFC 8201 4, RFC 7915 4.1, RFC 5927 4
 */
#include "tests/unit/nat64d/gateway.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUTER       "2001:db8:7::9"

enum { OLD_SEQUENCE = 0x01010101 };

static uint8_t quoted[1200];
static unsigned port;

/* A datagram of `len` bytes of IPv4 to HOST. */
static enum reason datagram(uint32_t len, bool df)
{
    static const uint8_t data[3000];
    build_udp(&built, "8.8.8.8", 1000, POOL, port, data, len - 28);
    if (df)
        built.packet.data[6] = 0x40;
    build_header_checksum(built.packet.data);
    return send_built();
}

static enum reason too_big(const char *from, const char *to, uint32_t mtu)
{
    uint8_t body[1200];
    memcpy(body, quoted, sizeof(body));
    build_icmp(&built, from, to, 2, 0, mtu, body, sizeof(body));
    return send_built();
}

/* HOST has a flow, and a datagram of 1448 bytes as IPv6 was sent to it, of which a router says that. */
static enum reason told(uint32_t mtu)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    port = external_port();
    assert_int_equal(datagram(1428, true), REASON_OK);
    memcpy(quoted, built.packet.data, sizeof(quoted));
    return too_big(ROUTER, PEER, mtu);
}

static void assert_refused(uint32_t len, unsigned mtu)
{
    assert_answer4(datagram(len, true), REASON_TOO_BIG, 3, 4);
    assert_int_equal(build_get16(steps.reply + 26), mtu);
}

TEST(SEC_43_XL_MTU_07_with_df_the_sender_is_told_at_once)
{
    assert_int_equal(told(1400), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 26), 1380);
    assert_int_equal(datagram(1380, true), REASON_OK);
    assert_int_equal(built.packet.len, 1400);
    assert_refused(1381, 1380);
    /* Another flow of the same backend. */
    assert_int_equal(udp6(HOST, 5001, PEER, 1000), REASON_OK);
    port = external_port();
    assert_refused(1500, 1380);
    /* And another backend. */
    assert_int_equal(udp6("2001:db8::2", 5001, PEER, 1000), REASON_OK);
    port = external_port();
    assert_int_equal(datagram(1480, true), REASON_OK);
}

TEST(SEC_43_LES_N_10_without_df_it_is_cut)
{
    shared.options.lowest_ipv6_mtu = 1500;
    assert_int_equal(told(1400), REASON_OK);
    assert_int_equal(datagram(1381, false), REASON_OK);
    assert_int_equal(result.cut_mtu, 1400);
    assert_int_equal(datagram(1380, false), REASON_OK);
    assert_int_equal(result.cut_mtu, 0);
}

/* The MSS option of the SYN that just left. */
static unsigned mss(void)
{
    uint32_t l3 = built.packet.family == 4 ? 20 : 40;
    return build_get16(built.packet.data + l3 + 22);
}

static void syn(const char *source, unsigned source_port, const char *destination, unsigned destination_port,
                unsigned flags)
{
    static const uint8_t option[4] = {2, 4, 0x05, 0xb4}; /* 1460 */
    build_tcp(&built, source, source_port, destination, destination_port, flags, option, sizeof(option));
    uint32_t l3 = built.packet.data[0] >> 4 == 4 ? 20 : 40;
    built.packet.data[l3 + 12] = 0x60;
    build_fill_checksum(built.packet.data, l3, 6, built.packet.len);
    assert_int_equal(send_built(), REASON_OK);
}

TEST(SEC_43_N64_3_5_2_15_new_connections_agree_on_it_both_ways)
{
    assert_int_equal(told(1400), REASON_OK);
    syn(HOST, 4000, PEER, 80, SYN);
    assert_int_equal(mss(), 1340);
    syn("8.8.8.8", 80, POOL, external_port(), SYN | ACK);
    assert_int_equal(mss(), 1340);
    syn("2001:db8::2", 4000, PEER, 80, SYN);
    assert_int_equal(mss(), 1440);
}

/* A super-packet whose segment size nobody told; returns the size that it is cut to. */
static unsigned cut_at(unsigned pool_port, size_t len)
{
    static const uint8_t data[2900];
    build_tcp(&built, "8.8.8.8", 80, POOL, pool_port, ACK, data, len);
    built.packet.vnet = (struct packet_vnet){.flags = PACKET_VNET_NEEDS_CSUM,
                                             .gso_type = PACKET_VNET_GSO_TCP4,
                                             .gso_size = PACKET_DEFAULT_MSS6,
                                             .csum_start = 20,
                                             .csum_offset = 16};
    built.packet.gso_guessed = true;
    assert_int_equal(send_built(), REASON_OK);
    return built.packet.vnet.gso_size;
}

TEST(SEC_43_super_packets_are_cut_to_it_from_the_first_one_on)
{
    shared.options.mss_clamp = false; /* so that nothing but the path says it */
    assert_int_equal(told(1400), REASON_OK);
    syn(HOST, 4000, PEER, 80, SYN);
    unsigned pool_port = external_port();
    syn("8.8.8.8", 80, POOL, pool_port, SYN | ACK);
    assert_int_equal(tcp6(ACK), REASON_OK);
    assert_int_equal(cut_at(pool_port, 2900), 1340);
}

TEST(XL_MTU_04_super_packets_are_cut_to_what_a_router_of_ipv6_says)
{
    static const struct {
        uint32_t said;
        unsigned cut;
    } cases[] = {{9000, 1440}, {1400, 1340}, {1450, 1340}, {1280, 1220}, {0xffffffff, 1220}};
    assert_int_equal(tcp6(SYN), REASON_OK);
    unsigned pool_port = external_port();
    for (uint32_t i = 0; i < SLOTS; i++)
        session_at(&shards[0].sessions, i)->mss6 = 1440; /* its SYN had no option */
    assert_int_equal(tcp4(pool_port, SYN | ACK), REASON_OK);
    assert_int_equal(tcp6(ACK), REASON_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(cut_at(pool_port, 2900) > 0);
        memcpy(quoted, built.packet.data, 120);
        build_icmp(&built, ROUTER, PEER, 2, 0, cases[i].said, quoted, 120);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(cut_at(pool_port, 2900), cases[i].cut);
    }
}

TEST(SEC_43_XL_MTU_07_what_does_not_pass_the_checks_is_not_remembered)
{
    assert_silent(told(1279), REASON_ICMP_MTU);
    assert_silent(too_big(ROUTER, "64:ff9b::8.8.4.4", 1400), REASON_ICMP_MISMATCH);
    build_icmp(&built, ROUTER, PEER, 2, 0, 1400, quoted, sizeof(quoted));
    built.packet.data[42] ^= 1;
    assert_silent(send_built(), REASON_ICMP_CHECKSUM);
    quoted[43] ^= 1; /* about a port of HOST that has no binding */
    assert_silent(too_big(ROUTER, PEER, 1400), REASON_ICMP_NO_BINDING);
    quoted[43] ^= 1;
    quoted[41] ^= 1; /* about a peer that HOST has no session with: it was not translated */
    too_big(ROUTER, PEER, 1400);
    assert_int_equal(path_mtu_count(shared.path_mtus), 0);
    assert_int_equal(datagram(1480, true), REASON_OK);
}

TEST(SEC_43_SEC_42_a_segment_that_is_not_in_flight_tells_nothing)
{
    syn(HOST, 4000, PEER, 80, SYN);
    unsigned pool_port = external_port();
    syn("8.8.8.8", 80, POOL, pool_port, SYN | ACK);
    assert_int_equal(tcp6(ACK), REASON_OK);
    assert_true(cut_at(pool_port, 2900) > 0);
    memcpy(quoted, built.packet.data, sizeof(quoted));
    build_put16(quoted + 44, OLD_SEQUENCE >> 16);
    assert_silent(too_big(ROUTER, PEER, 1400), REASON_ICMP_SEQUENCE);
    assert_int_equal(path_mtu_count(shared.path_mtus), 0);
}

TEST(SEC_43_forgotten_with_time)
{
    assert_int_equal(told(1400), REASON_OK);
    for (int i = 0; i < 6; i++) {
        pass(99);
        assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
        assert_refused(1480, 1380);
    }
    pass(7);
    assert_int_equal(datagram(1480, true), REASON_OK);
    assert_int_equal(path_mtu_count(shared.path_mtus), 0);
}

/* What is not narrower than our own link need not be known. */
TEST(XL_MTU_07_no_more_than_the_link)
{
    assert_int_equal(told(1500), REASON_OK);
    assert_int_equal(path_mtu_count(shared.path_mtus), 0);
    assert_int_equal(told(1499), REASON_OK);
    assert_int_equal(path_mtu_count(shared.path_mtus), 1);
    assert_int_equal(counters.value[REASON_COUNT + TALLY_PATH_MTUS], 1);
}

TEST(a_super_packet_that_is_one_segment)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(cut_at(external_port(), 1000), 0);
    assert_int_equal(built.packet.vnet.gso_type, PACKET_VNET_GSO_NONE);
    assert_int_equal(built.packet.len, 60 + 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(SEC_43_XL_MTU_07_with_df_the_sender_is_told_at_once),
        CASE(SEC_43_LES_N_10_without_df_it_is_cut),
        CASE(SEC_43_N64_3_5_2_15_new_connections_agree_on_it_both_ways),
        CASE(SEC_43_super_packets_are_cut_to_it_from_the_first_one_on),
        CASE(XL_MTU_04_super_packets_are_cut_to_what_a_router_of_ipv6_says),
        CASE(SEC_43_XL_MTU_07_what_does_not_pass_the_checks_is_not_remembered),
        CASE(SEC_43_SEC_42_a_segment_that_is_not_in_flight_tells_nothing),
        CASE(SEC_43_forgotten_with_time),
        CASE(XL_MTU_07_no_more_than_the_link),
        CASE(a_super_packet_that_is_one_segment),
    };
    return RUN(tests);
}
