/*
 * Headers and transports in both directions: vectors, and properties over random packets.
 *
 * Layer: test
 * Specification: RFC 7915 4.1, 4.5, 5.1, 5.5
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/packet/parse.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc7915/fragment.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"
#include "nat64d/rfc7915/l4.h"
#include "tests/unit/nat64d/build.h"

static struct built built, other;
static const struct translation_options options = {.mss_clamp = true, .lowest_ipv6_mtu = 1280};
static struct translation4 to4 = {0xcb007101, 0xc0000201, 2000, 53}; /* 203.0.113.1 -> 192.0.2.1 */
static struct translation6 to6;

static void set_to6(uint16_t source_port, uint16_t destination_port)
{
    inet_pton(AF_INET6, "64:ff9b::192.0.2.1", &to6.source);
    inet_pton(AF_INET6, "2001:db8::1", &to6.destination);
    to6.source_port = source_port;
    to6.destination_port = destination_port;
}

static void translate64(struct packet *packet, uint16_t id)
{
    assert_int_equal(parse_packet(packet), REASON_OK);
    assert_int_equal(l4_translate64(packet, &to4), REASON_OK);
    header64_translate(packet, &to4, id, &options);
}

static void translate46(struct packet *packet)
{
    assert_int_equal(parse_packet(packet), REASON_OK);
    assert_int_equal(l4_translate46(packet, &to6, &options), REASON_OK);
    header46_translate(packet, &to6, &options);
}

TEST(CK_04_the_udp_vector)
{
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, "hello", 5);
    assert_int_equal(build_get16(built.packet.data + 46), 0xc635);
    to4.source_port = 2000;
    to4.destination_port = 53;
    translate64(&built.packet, 1);
    const uint8_t *ip = built.packet.data;
    assert_int_equal(build_get16(ip + 26), 0xb5f9);
    assert_int_equal(build_get16(ip + 10), 0x7dc8);
    assert_int_equal(ip[8], 63);
    assert_int_equal(build_get16(ip + 2), 33);
    assert_int_equal(built.packet.len, 33);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
}

TEST(CK_04_the_tcp_vector)
{
    build_tcp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, 2, NULL, 0);
    assert_int_equal(build_get16(built.packet.data + 56), 0x7595);
    to4.source_port = 2000;
    to4.destination_port = 80;
    translate64(&built.packet, 1);
    assert_int_equal(build_get16(built.packet.data + 36), 0x6559);
}

TEST(CK_05_the_echo_vector)
{
    build_icmp(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 128, 0, 0x12340007, "abcdefgh", 8);
    assert_int_equal(build_get16(built.packet.data + 42), 0xec28);
    to4.source_port = to4.destination_port = 0x0abc;
    translate64(&built.packet, 1);
    assert_int_equal(built.packet.data[20], 8);
    assert_int_equal(build_get16(built.packet.data + 22), 0x5ba7);
    assert_int_equal(build_get16(built.packet.data + 24), 0x0abc);
}

TEST(XL_4_5_01_CK_03_random_packets_keep_a_good_checksum_both_ways)
{
    unsigned seed = 11;
    uint8_t data[600];
    print_message("seed %u\n", seed);
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)(rand_r(&seed) % 500);
        for (size_t k = 0; k < len; k++)
            data[k] = (uint8_t)rand_r(&seed);
        unsigned kind = (unsigned)rand_r(&seed) % 3, port = 1 + (unsigned)rand_r(&seed) % 65535;
        unsigned protocol6 = kind == 0 ? 17 : kind == 1 ? 6 : 58, protocol4 = kind == 2 ? 1 : protocol6;
        to4.source_port = (uint16_t)rand_r(&seed);
        to4.destination_port = kind == 2 ? to4.source_port : 53;
        if (kind == 0)
            build_udp(&built, "2001:db8::1", port, "64:ff9b::192.0.2.1", 53, data, len);
        else if (kind == 1)
            build_tcp(&built, "2001:db8::1", port, "64:ff9b::192.0.2.1", 53, 16, data, len);
        else
            build_icmp(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 128, 0, port << 16, data, len);
        uint8_t before[700];
        uint32_t before_len = built.packet.len;
        memcpy(before, built.packet.data, before_len);
        translate64(&built.packet, 7);
        assert_true(build_checksum_good(built.packet.data, 20, protocol4, built.packet.len));
        /* And back: the answer's addresses are the other way round, so the sums must fit again. */
        set_to6((uint16_t)(kind == 2 ? port : 53), (uint16_t)port);
        translate46(&built.packet);
        assert_true(build_checksum_good(built.packet.data, 40, protocol6, built.packet.len));
        assert_int_equal(built.packet.len, before_len);
        assert_memory_equal(built.packet.data + 60, before + 60, before_len > 60 ? before_len - 60 : 0);
    }
}

TEST(LES_N_13_a_wrong_checksum_stays_wrong)
{
    build_tcp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, 16, "data", 4);
    built.packet.data[built.packet.len - 1] ^= 0x40;
    translate64(&built.packet, 1);
    assert_false(build_checksum_good(built.packet.data, 20, 6, built.packet.len));
}

TEST(XL_4_5_02_XL_4_5_04_LES_N_32_zero_udp_checksum_is_computed_and_never_sent_as_zero)
{
    bool saw_all_ones = false;
    set_to6(53, 1500);
    for (unsigned word = 0; word < 65536; word++) {
        uint8_t data[2] = {(uint8_t)(word >> 8), (uint8_t)word};
        build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, data, 2);
        build_put16(built.packet.data + 26, 0);
        translate46(&built.packet);
        unsigned checksum = build_get16(built.packet.data + 46);
        assert_int_not_equal(checksum, 0);
        saw_all_ones |= checksum == 0xffff;
        assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
    }
    assert_true(saw_all_ones);
}

TEST(LES_N_32_XL_4_5_04_an_updated_udp_checksum_is_never_zero)
{
    bool saw_all_ones = false;
    to4.source_port = 2000;
    to4.destination_port = 53;
    for (unsigned word = 0; word < 65536; word++) {
        uint8_t data[2] = {(uint8_t)(word >> 8), (uint8_t)word};
        build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, 2);
        translate64(&built.packet, 1);
        assert_int_not_equal(build_get16(built.packet.data + 26), 0);
        saw_all_ones |= build_get16(built.packet.data + 26) == 0xffff;
    }
    assert_true(saw_all_ones);
}

TEST(XL_4_5_03_zero_udp_checksum_from_ipv6_is_refused)
{
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, "hello", 5);
    build_put16(built.packet.data + 46, 0);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(l4_translate64(&built.packet, &to4), REASON_UDP_ZERO_CHECKSUM);
}

TEST(XL_4_1_02_traffic_class_and_the_other_fields)
{
    set_to6(53, 1500);
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, "hello", 5);
    built.packet.data[1] = 0xb9;
    build_header_checksum(built.packet.data);
    translate46(&built.packet);
    const uint8_t *ip = built.packet.data;
    assert_int_equal(ip[0], 0x6b);
    assert_int_equal(ip[1], 0x90); /* and the flow label is 0 */
    assert_int_equal(build_get16(ip + 2), 0);
    assert_int_equal(build_get16(ip + 4), 13);
    assert_int_equal(ip[6], 17);
    assert_int_equal(ip[7], 63);
}

TEST(XL_5_1_07_LES_N_33_df_by_size)
{
    uint8_t data[1300] = {0};
    to4.destination_port = 53;
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, 1260 - 28);
    translate64(&built.packet, 5);
    assert_int_equal(built.packet.len, 1260);
    assert_int_equal(build_get16(built.packet.data + 6), 0);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, 1261 - 28);
    translate64(&built.packet, 5);
    assert_int_equal(build_get16(built.packet.data + 6), 0x4000);
}

TEST(XL_FRG46_06_the_trigger_of_cutting)
{
    uint8_t data[1500] = {0};
    uint32_t mtu = 0;
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, data, 1260 - 28);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(header46_fit(&built.packet, &options, 1500, &mtu), HEADER46_FITS);
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, data, 1261 - 28);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(header46_fit(&built.packet, &options, 1500, &mtu), HEADER46_CUT);
    assert_int_equal(mtu, 1280);
}

TEST(XL_FRG46_07_df_set_and_too_big)
{
    uint8_t data[1300] = {0};
    uint32_t mtu = 0;
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, data, 1300 - 28);
    build_put16(built.packet.data + 6, 0x4000);
    build_header_checksum(built.packet.data);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(header46_fit(&built.packet, &options, 1280, &mtu), HEADER46_TOO_BIG);
    assert_int_equal(mtu, 1260);
    assert_int_equal(header46_fit(&built.packet, &options, 1320, &mtu), HEADER46_FITS);
    assert_int_equal(header46_fit(&built.packet, &options, 1319, &mtu), HEADER46_TOO_BIG);
}

TEST(XL_FRG46_04_pieces_of_1232_and_248)
{
    uint8_t data[1500], piece[1300], whole[1500];
    unsigned seed = 5;
    uint32_t len, sizes[2], count = 0, at = 0;
    struct fragment_cut cut;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)rand_r(&seed);
    set_to6(53, 1500);
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, data, 1480 - 8);
    build_put16(built.packet.data + 4, 0xabcd);
    build_header_checksum(built.packet.data);
    translate46(&built.packet);
    fragment_cut_init(&cut, &built.packet, 1280, built.packet.id);
    while (fragment_cut_next(&cut, piece, &len)) {
        assert_true(count < 2 && len <= 1280);
        assert_int_equal(build_get16(piece + 44), 0);
        assert_int_equal(build_get16(piece + 46), 0xabcd);
        assert_int_equal(build_get16(piece + 42), at | (count == 0 ? 1 : 0));
        sizes[count++] = len - 48;
        memcpy(whole + at, piece + 48, len - 48);
        at += len - 48;
    }
    assert_int_equal(sizes[0], 1232);
    assert_int_equal(sizes[1], 248);
    assert_memory_equal(whole, built.packet.data + 40, 1480);
}

TEST(XL_FRG64_02_too_big_for_ipv4)
{
    uint8_t data[1500] = {0};
    uint32_t mtu = 0;
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, 1500 - 48);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(header64_fit(&built.packet, 1400, &mtu), HEADER64_TOO_BIG);
    assert_int_equal(mtu, 1420);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, 1280 - 48);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(header64_fit(&built.packet, 576, &mtu), HEADER64_CUT);
    assert_int_equal(mtu, 576);
}

TEST(N64_3_5_2_15_mss_is_clamped_at_even_and_odd_offsets)
{
    for (int odd = 0; odd < 2; odd++) {
        static const uint8_t even_options[4] = {2, 4, 5, 180}, odd_options[8] = {1, 2, 4, 5, 180, 1, 1, 0};
        build_tcp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, 2, odd ? odd_options : even_options,
                  odd ? 8 : 4);
        built.packet.data[52] = odd ? 0x70 : 0x60;
        build_fill_checksum(built.packet.data, 40, 6, built.packet.len);
        assert_int_equal(parse_packet(&built.packet), REASON_OK);
        assert_int_equal(l4_mss(&built.packet), 1460);
        assert_false(l4_clamp_mss(&built.packet, 1460));
        assert_true(l4_clamp_mss(&built.packet, 1220));
        assert_int_equal(l4_mss(&built.packet), 1220);
        assert_true(build_checksum_good(built.packet.data, 40, 6, built.packet.len));
    }
    struct translation_mtu mtu = {.mtu6 = 1280, .mtu4 = 1500};
    assert_int_equal(l4_mss_limit(&mtu), 1220);
}

TEST(N64_3_5_2_15_the_mss_behind_other_options_and_options_that_lie)
{
    static const uint8_t behind[8] = {3, 3, 7, 2, 4, 5, 180, 0};
    static const uint8_t lies[][8] = {{3, 0, 7, 2, 4, 5, 180, 0},
                                      {3, 9, 7, 2, 4, 5, 180, 0},
                                      {2, 3, 5, 0},
                                      {0, 2, 4, 5, 180},
                                      {1, 1, 1, 1, 1, 1, 1, 2}};
    build_tcp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, 2, behind, 8);
    built.packet.data[52] = 0x70;
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(l4_mss(&built.packet), 1460);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        build_tcp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, 2, lies[i], 8);
        built.packet.data[52] = 0x70;
        assert_int_equal(parse_packet(&built.packet), REASON_OK);
        assert_int_equal(l4_mss(&built.packet), 0);
        assert_false(l4_clamp_mss(&built.packet, 100));
    }
}

/* A super-packet of TCP or UDP with a partial checksum, as the kernel hands it over. */
static void super_packet(struct built *to, bool v6, bool tcp, const uint8_t *data, size_t len, uint16_t size)
{
    const char *source = v6 ? "2001:db8::1" : "192.0.2.1",
               *destination = v6 ? "64:ff9b::192.0.2.1" : "203.0.113.1";
    unsigned header = v6 ? 40 : 20, at = tcp ? 16 : 6;
    if (tcp)
        build_tcp(to, source, 1500, destination, 80, 0x18, data, len);
    else
        build_udp(to, source, 1500, destination, 80, data, len);
    build_put16(to->packet.data + header + at,
                build_pseudo(to->packet.data, tcp ? 6 : 17, to->packet.len - header));
    to->packet.vnet = (struct packet_vnet){
        .flags = PACKET_VNET_NEEDS_CSUM,
        .gso_type = !tcp ? PACKET_VNET_GSO_UDP_L4
                    : v6 ? PACKET_VNET_GSO_TCP6
                         : PACKET_VNET_GSO_TCP4,
        .hdr_len = (uint16_t)(header + (tcp ? 20 : 8)),
        .gso_size = size,
        .csum_start = (uint16_t)header,
        .csum_offset = (uint16_t)at,
    };
}

TEST(CK_09_a_super_packet_equals_its_segments_one_by_one)
{
    static uint8_t data[30000], segment_buffer[PACKET_BUFFER], piece_buffer[PACKET_BUFFER];
    unsigned seed = 17;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)rand_r(&seed);
    to4 = (struct translation4){0xcb007101, 0xc0000201, 2000, 80};
    for (int tcp = 0; tcp < 2; tcp++)
        for (uint16_t size = 500; size <= 1400; size += 300) {
            struct packet whole, piece;
            super_packet(&built, true, tcp, data, sizeof(data) / 2, size);
            super_packet(&other, true, tcp, data, sizeof(data) / 2, size);
            assert_int_equal(parse_packet(&other.packet), REASON_OK);
            uint32_t count = packet_segments(&other.packet);
            assert_int_equal(count, (sizeof(data) / 2 + size - 1) / size);
            translate64(&built.packet, 100);
            assert_int_equal(built.packet.vnet.csum_start, 20);
            if (tcp)
                assert_int_equal(built.packet.vnet.gso_type, PACKET_VNET_GSO_TCP4);
            assert_int_equal(packet_segments(&built.packet), count);
            for (uint32_t i = 0; i < count; i++) {
                /* First cut, then translated; against first translated, then cut. */
                vnet_segment(&other.packet, i, segment_buffer, &piece);
                translate64(&piece, (uint16_t)(100 + i));
                vnet_segment(&built.packet, i, piece_buffer, &whole);
                /* A last segment may be so short that its DF differs alone; all else is equal. */
                if (packet_segment_len(&built.packet) > 1260 && piece.len <= 1260) {
                    build_put16(piece.data + 6, 0x4000);
                    build_header_checksum(piece.data);
                }
                assert_int_equal(whole.len, piece.len);
                assert_memory_equal(whole.data, piece.data, piece.len);
                assert_true(build_checksum_good(whole.data, 20, tcp ? 6 : 17, whole.len));
            }
        }
}

TEST(CK_09_a_super_packet_of_ipv4_equals_its_segments_one_by_one)
{
    static uint8_t data[20001], segment_buffer[PACKET_BUFFER], piece_buffer[PACKET_BUFFER];
    unsigned seed = 18;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)rand_r(&seed);
    set_to6(1500, 80);
    for (int tcp = 0; tcp < 2; tcp++)
        for (uint16_t size = 500; size <= 1400; size += 300) {
            struct packet whole, piece;
            super_packet(&built, false, tcp, data, sizeof(data), size);
            super_packet(&other, false, tcp, data, sizeof(data), size);
            assert_int_equal(parse_packet(&other.packet), REASON_OK);
            uint32_t count = packet_segments(&other.packet);
            assert_int_equal(count, (sizeof(data) + size - 1u) / size);
            translate46(&built.packet);
            assert_int_equal(built.packet.vnet.csum_start, 40);
            if (tcp)
                assert_int_equal(built.packet.vnet.gso_type, PACKET_VNET_GSO_TCP6);
            assert_int_equal(packet_segments(&built.packet), count);
            for (uint32_t i = 0; i < count; i++) {
                vnet_segment(&other.packet, i, segment_buffer, &piece);
                translate46(&piece);
                vnet_segment(&built.packet, i, piece_buffer, &whole);
                assert_int_equal(whole.len, piece.len);
                assert_memory_equal(whole.data, piece.data, piece.len);
                assert_true(build_checksum_good(whole.data, 40, tcp ? 6 : 17, whole.len));
            }
        }
}

TEST(CK_08_a_partial_checksum_ends_as_the_full_one)
{
    build_udp(&other, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, "some data", 9);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 80, "some data", 9);
    build_put16(built.packet.data + 46, build_pseudo(built.packet.data, 17, built.packet.len - 40));
    built.packet.vnet = (struct packet_vnet){.flags = 1, .csum_start = 40, .csum_offset = 6};
    translate64(&built.packet, 1);
    translate64(&other.packet, 1);
    assert_int_equal(built.packet.vnet.csum_start, 20);
    vnet_complete_checksum(&built.packet);
    assert_memory_equal(built.packet.data, other.packet.data, other.packet.len);
}

/* What the steps sort out before: the functions refuse it by themselves, too, and change nothing. */
static void refused46(enum reason reason)
{
    uint8_t before[200];
    memcpy(before, built.packet.data, built.packet.len);
    assert_int_equal(l4_translate46(&built.packet, &to6, &options), reason);
    assert_memory_equal(built.packet.data, before, built.packet.len);
}

static void refused64(enum reason reason)
{
    uint8_t before[200];
    memcpy(before, built.packet.data, built.packet.len);
    assert_int_equal(l4_translate64(&built.packet, &to4), reason);
    assert_memory_equal(built.packet.data, before, built.packet.len);
}

TEST(XL_46_04_XL_64_03_messages_that_are_no_echo)
{
    set_to6(2000, 1500);
    build_icmp(&built, "198.51.100.1", "203.0.113.1", 13, 0, 0x12340001, "abcdefghijkl", 12);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    refused46(REASON_ICMP_TYPE);
    build_icmp(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 135, 0, 0, "abcdefghijklmnop", 16);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    refused64(REASON_ICMP_TYPE);
}

TEST(N64_3_4_09_a_transport_that_was_not_found)
{
    build_ip(&built, "198.51.100.1", "203.0.113.1", 47, 20);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    refused46(REASON_TRANSPORT_HEADER);
    built.packet.l4_len = 8;
    refused46(REASON_TRANSPORT_HEADER);
    build_ip(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 132, 20);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    refused64(REASON_TRANSPORT_HEADER);
    built.packet.l4_len = 8;
    refused64(REASON_TRANSPORT_HEADER);
}

TEST(XL_4_5_02_without_checksum_a_fragment_or_by_option)
{
    struct translation_options strict = options;
    strict.drop_zero_checksum = true;
    build_udp(&built, "198.51.100.1", 53, "203.0.113.1", 2000, "somedata", 8);
    build_put16(built.packet.data + 26, 0);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_int_equal(l4_translate46(&built.packet, &to6, &strict), REASON_UDP_ZERO_CHECKSUM);
    built.packet.more_fragments = true; /* the sum is over what is not here */
    refused46(REASON_UDP_ZERO_CHECKSUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CK_04_the_udp_vector),
        cmocka_unit_test(CK_04_the_tcp_vector),
        cmocka_unit_test(CK_05_the_echo_vector),
        cmocka_unit_test(XL_4_5_01_CK_03_random_packets_keep_a_good_checksum_both_ways),
        cmocka_unit_test(LES_N_13_a_wrong_checksum_stays_wrong),
        cmocka_unit_test(XL_4_5_02_XL_4_5_04_LES_N_32_zero_udp_checksum_is_computed_and_never_sent_as_zero),
        cmocka_unit_test(LES_N_32_XL_4_5_04_an_updated_udp_checksum_is_never_zero),
        cmocka_unit_test(XL_4_5_03_zero_udp_checksum_from_ipv6_is_refused),
        cmocka_unit_test(XL_4_1_02_traffic_class_and_the_other_fields),
        cmocka_unit_test(XL_5_1_07_LES_N_33_df_by_size),
        cmocka_unit_test(XL_FRG46_06_the_trigger_of_cutting),
        cmocka_unit_test(XL_FRG46_07_df_set_and_too_big),
        cmocka_unit_test(XL_FRG46_04_pieces_of_1232_and_248),
        cmocka_unit_test(XL_FRG64_02_too_big_for_ipv4),
        cmocka_unit_test(N64_3_5_2_15_mss_is_clamped_at_even_and_odd_offsets),
        cmocka_unit_test(N64_3_5_2_15_the_mss_behind_other_options_and_options_that_lie),
        cmocka_unit_test(CK_09_a_super_packet_equals_its_segments_one_by_one),
        cmocka_unit_test(CK_09_a_super_packet_of_ipv4_equals_its_segments_one_by_one),
        cmocka_unit_test(CK_08_a_partial_checksum_ends_as_the_full_one),
        cmocka_unit_test(XL_46_04_XL_64_03_messages_that_are_no_echo),
        cmocka_unit_test(N64_3_4_09_a_transport_that_was_not_found),
        cmocka_unit_test(XL_4_5_02_without_checksum_a_fragment_or_by_option),
    };
    return RUN(tests);
}
