/*
 * Layer: test
 * Specification: RFC 791 3.1, RFC 8200 4, RFC 7915 4.1 and 5.1
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/packet/parse.h"
#include "tests/unit/nat64d/build.h"

static struct built built;

static void udp4(void)
{
    build_udp(&built, "198.51.100.1", 53, "192.0.2.1", 2000, "hello", 5);
}

static void udp6(void)
{
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::c000:201", 53, "hello", 5);
}

TEST(N64_3_4_01_fields_of_a_plain_packet)
{
    udp4();
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(built.packet.family, 4);
    assert_int_equal(built.packet.protocol, 17);
    assert_int_equal(parse_source_port(&built.packet), 53);
    assert_int_equal(parse_destination_port(&built.packet), 2000);
    assert_int_equal(parse_destination4(&built.packet), 0xc0000201);
    udp6();
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(built.packet.l3_len, 40);
    assert_int_equal(parse_source_port(&built.packet), 1500);
}

TEST(N64_3_4_09_every_cut_is_refused)
{
    for (int family = 0; family < 2; family++) {
        family == 0 ? udp4() : udp6();
        uint32_t whole = built.packet.len;
        for (uint32_t len = 0; len < whole; len++) {
            family == 0 ? udp4() : udp6();
            built.packet.len = len;
            assert_int_not_equal(parse_packet(&built.packet), REASON_OK);
        }
    }
}

TEST(N64_3_4_09_a_transport_header_that_does_not_fit)
{
    static const struct {
        unsigned protocol;
        uint32_t least;
    } transports[] = {{6, 20}, {17, 8}, {1, 8}};
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
        uint32_t len = transports[i].least - 1;
        build_ip(&built, "198.51.100.1", "192.0.2.1", transports[i].protocol, len);
        assert_int_equal(parse_packet(&built.packet), REASON_TRANSPORT_HEADER);
        unsigned protocol6 = transports[i].protocol == 1 ? 58 : transports[i].protocol;
        build_ip(&built, "2001:db8::1", "64:ff9b::192.0.2.1", protocol6, len);
        assert_int_equal(parse_packet(&built.packet), REASON_TRANSPORT_HEADER);
    }
}

TEST(XL_4_1_11_a_wrong_header_checksum)
{
    udp4();
    built.packet.data[10] ^= 1;
    assert_int_equal(parse_packet(&built.packet), REASON_IPV4_CHECKSUM);
}

TEST(LES_N_03_N64_3_4_09_lengths_that_lie)
{
    udp4();
    built.packet.data[0] = 0x44;
    assert_int_equal(parse_packet(&built.packet), REASON_IPV4_HEADER);
    udp4();
    build_put16(built.packet.data + 2, 19);
    build_header_checksum(built.packet.data);
    assert_int_equal(parse_packet(&built.packet), REASON_IPV4_HEADER);
    udp4();
    build_put16(built.packet.data + 24, 7); /* UDP length */
    assert_int_equal(parse_packet(&built.packet), REASON_TRANSPORT_HEADER);
    build_tcp(&built, "198.51.100.1", 80, "192.0.2.1", 2000, 2, NULL, 0);
    built.packet.data[32] = 0x40;
    assert_int_equal(parse_packet(&built.packet), REASON_TRANSPORT_HEADER);
    built.packet.data[32] = 0xf0;
    assert_int_equal(parse_packet(&built.packet), REASON_TRANSPORT_HEADER);
}

/* An IPv4 packet with these option bytes (a multiple of 4). */
static enum reason with_options(const uint8_t *options, size_t len)
{
    static const uint8_t udp[8] = {0, 53, 7, 208, 0, 8, 0, 0};
    uint8_t *ip = built.buffer + PACKET_HEADROOM;
    build_ip(&built, "198.51.100.1", "192.0.2.1", 17, (uint32_t)(len + 8));
    ip[0] = (uint8_t)(0x40 | (20 + len) / 4);
    memcpy(ip + 20, options, len);
    memcpy(ip + 20 + len, udp, 8);
    build_header_checksum(ip);
    return parse_packet(&built.packet);
}

TEST(XL_4_1_10_options_pass_but_a_source_route_that_is_not_used_up)
{
    assert_int_equal(with_options((uint8_t[]){7, 7, 4, 0, 0, 0, 0, 0}, 8), REASON_OK); /* record route */
    assert_int_equal(with_options((uint8_t[]){131, 7, 4, 192, 0, 2, 9, 0}, 8),
                     REASON_SOURCE_ROUTE); /* LSRR */
    assert_int_equal(with_options((uint8_t[]){137, 7, 4, 192, 0, 2, 9, 0}, 8),
                     REASON_SOURCE_ROUTE);                                                 /* SSRR */
    assert_int_equal(with_options((uint8_t[]){1, 131, 7, 8, 192, 0, 2, 9}, 8), REASON_OK); /* used up */
    assert_int_equal(with_options((uint8_t[]){7, 1, 0, 0}, 4), REASON_IPV4_HEADER);
    assert_int_equal(with_options((uint8_t[]){7, 9, 0, 0}, 4), REASON_IPV4_HEADER);
}

/* An IPv6 packet with this chain before a UDP header; `first` is the first next header. */
static enum reason with_chain(uint8_t first, const uint8_t *chain, size_t len)
{
    static const uint8_t udp[8] = {5, 220, 0, 53, 0, 8, 0, 1};
    uint8_t *at = build_ip(&built, "2001:db8::1", "64:ff9b::c000:201", first, (uint32_t)(len + 8));
    memcpy(at, chain, len);
    memcpy(at + len, udp, 8);
    return parse_packet(&built.packet);
}

TEST(XL_5_1_10_hop_by_hop_and_destination_options_are_stepped_over)
{
    static const uint8_t chain[16] = {60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0};
    assert_int_equal(with_chain(0, chain, 16), REASON_OK);
    assert_int_equal(built.packet.protocol, 17);
    assert_int_equal(built.packet.l3_len, 56);
}

TEST(XL_5_1_15_a_routing_header_with_segments_left)
{
    static const uint8_t used[8] = {17, 0, 0, 0, 0, 0, 0, 0}, left[8] = {17, 0, 0, 1, 0, 0, 0, 0};
    assert_int_equal(with_chain(43, used, 8), REASON_OK);
    assert_int_equal(with_chain(43, left, 8), REASON_ROUTING_HEADER);
    assert_int_equal(built.packet.error_pointer, 43);
}

TEST(XL_5_1_18_chains_are_bounded_and_hop_by_hop_is_first)
{
    uint8_t chain[9 * 8] = {0};
    for (int i = 0; i < 9; i++)
        chain[8 * i] = i == 8 ? 17 : 60;
    assert_int_equal(with_chain(60, chain, sizeof(chain)), REASON_EXTENSION_CHAIN);
    assert_int_equal(with_chain(60, chain + 8, sizeof(chain) - 8), REASON_OK);
    static const uint8_t late[16] = {0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0};
    assert_int_equal(with_chain(60, late, 16), REASON_EXTENSION_CHAIN);
    static const uint8_t past[8] = {17, 200, 0, 0, 0, 0, 0, 0};
    assert_int_equal(with_chain(60, past, 8), REASON_EXTENSION_CHAIN);
}

TEST(XL_5_1_16_behind_a_fragment_header_no_other)
{
    static const uint8_t twice[16] = {44, 0, 0, 0, 0, 0, 0, 9, 17, 0, 0, 0, 0, 0, 0, 9};
    static const uint8_t atomic[8] = {17, 0, 0, 0, 0x12, 0x34, 0xab, 0xcd};
    assert_int_equal(with_chain(44, twice, 16), REASON_FRAGMENT_HEADERS);
    assert_int_equal(with_chain(44, atomic, 8), REASON_OK);
    assert_true(built.packet.fragment_header);
    assert_false(packet_is_fragment(&built.packet));
    assert_int_equal(built.packet.id, 0x1234abcd);
}

TEST(LES_N_01_quoted_packets_of_every_length)
{
    for (int family = 0; family < 2; family++) {
        family == 0 ? udp4() : udp6();
        for (uint32_t len = 0; len <= built.packet.len; len++) {
            /* In a buffer of just that size, so that a read beyond it is found. */
            uint8_t *copy = malloc(len + 1);
            uint32_t total, least = family == 0 ? 28 : 48;
            memcpy(copy, built.packet.data, len);
            struct packet quoted = {.data = copy, .len = len};
            enum reason reason = parse_quoted(&quoted, family == 0 ? 4 : 6, &total);
            assert_int_equal(reason, len < least ? REASON_ICMP_INNER : REASON_OK);
            free(copy);
        }
    }
}

TEST(vnet_a_description_that_does_not_fit_is_refused)
{
    static const struct packet_vnet bad[] = {
        {.gso_type = PACKET_VNET_GSO_TCP4, .gso_size = 100}, /* no checksum */
        {.flags = 1, .gso_type = PACKET_VNET_GSO_TCP6, .gso_size = 100, .csum_start = 20, .csum_offset = 16},
        {.flags = 1, .gso_type = PACKET_VNET_GSO_TCP4, .gso_size = 0, .csum_start = 20, .csum_offset = 16},
        {.flags = 1, .csum_start = 40, .csum_offset = 16},
        {.flags = 1, .csum_start = 20, .csum_offset = 6},
        {.gso_size = 1},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        build_tcp(&built, "198.51.100.1", 80, "192.0.2.1", 2000, 16, "x", 1);
        built.packet.vnet = bad[i];
        assert_int_equal(parse_packet(&built.packet), REASON_OFFLOAD);
    }
}

TEST(N64_3_4_09_versions_and_options_that_are_none)
{
    for (unsigned version = 0; version < 16; version++) {
        udp4();
        built.packet.data[0] = (uint8_t)(version << 4 | 5);
        build_header_checksum(built.packet.data);
        if (version != 4 && version != 6)
            assert_int_equal(parse_packet(&built.packet), REASON_NOT_IP);
    }
    assert_int_equal(with_options((uint8_t[]){131, 2, 4, 0}, 4), REASON_IPV4_HEADER); /* no pointer */
    assert_int_equal(with_options((uint8_t[]){137, 2, 0, 0}, 4), REASON_IPV4_HEADER);
}

TEST(N64_3_4_06_quoted_headers_that_lie)
{
    uint32_t total;
    udp4();
    built.packet.data[0] = 0x44; /* 16 bytes of header */
    assert_int_equal(parse_quoted(&built.packet, 4, &total), REASON_ICMP_INNER);
    udp4();
    built.packet.data[0] = 0x4f; /* longer than what is there */
    assert_int_equal(parse_quoted(&built.packet, 4, &total), REASON_ICMP_INNER);
    udp4();
    build_put16(built.packet.data + 2, 19);
    assert_int_equal(parse_quoted(&built.packet, 4, &total), REASON_ICMP_INNER);
    udp6();
    built.packet.data[6] = 0;    /* hop-by-hop options ... */
    built.packet.data[41] = 200; /* ... longer than what is there */
    assert_int_equal(parse_quoted(&built.packet, 6, &total), REASON_ICMP_INNER);
    udp6();
    assert_int_equal(parse_quoted(&built.packet, 4, &total), REASON_ICMP_INNER);
    udp4();
    assert_int_equal(parse_quoted(&built.packet, 6, &total), REASON_ICMP_INNER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_4_01_fields_of_a_plain_packet),
        cmocka_unit_test(N64_3_4_09_every_cut_is_refused),
        cmocka_unit_test(N64_3_4_09_a_transport_header_that_does_not_fit),
        cmocka_unit_test(XL_4_1_11_a_wrong_header_checksum),
        cmocka_unit_test(LES_N_03_N64_3_4_09_lengths_that_lie),
        cmocka_unit_test(XL_4_1_10_options_pass_but_a_source_route_that_is_not_used_up),
        cmocka_unit_test(XL_5_1_10_hop_by_hop_and_destination_options_are_stepped_over),
        cmocka_unit_test(XL_5_1_15_a_routing_header_with_segments_left),
        cmocka_unit_test(XL_5_1_18_chains_are_bounded_and_hop_by_hop_is_first),
        cmocka_unit_test(XL_5_1_16_behind_a_fragment_header_no_other),
        cmocka_unit_test(LES_N_01_quoted_packets_of_every_length),
        cmocka_unit_test(vnet_a_description_that_does_not_fit_is_refused),
        cmocka_unit_test(N64_3_4_09_versions_and_options_that_are_none),
        cmocka_unit_test(N64_3_4_06_quoted_headers_that_lie),
    };
    return RUN(tests);
}
