/*
 * ICMP errors in both directions: every type and code, every pointer, quoted packets of every length,
 * extensions.
 *
 * Layer: test
 * Specification: RFC 7915 4.2, 4.3, 5.2, 5.3; RFC 4884
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc7915/icmp46.h"
#include "nat64d/rfc7915/icmp64.h"
#include "tests/unit/nat64d/build.h"

static struct built built, inside;
static uint8_t out[ICMP_ERROR_MAX6];
static uint32_t out_len;
static const struct translation_options options = {.lowest_ipv6_mtu = 1280};
static const struct translation_mtu mtu = {1500, 1500};

/* X' = 2001:db8::1 port 1500, T = 203.0.113.1 port 2000, Z = 192.0.2.1 port 53, router 198.51.100.9 /
 * 2001:db8::9. */
static enum reason error46(unsigned type, unsigned code, uint32_t rest, const void *quoted_bytes,
                           size_t quoted_len)
{
    struct packet quoted;
    uint32_t offset, len, total;
    struct in6_addr source, destination;
    struct translation6 inner = {.source_port = 1500, .destination_port = 53};
    build_icmp(&built, "198.51.100.9", "203.0.113.1", type, code, rest, quoted_bytes, quoted_len);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    enum reason reason = icmp46_check(&built.packet, &offset, &len);
    if (reason != REASON_OK)
        return reason;
    quoted = (struct packet){.data = built.packet.data + offset, .len = len};
    reason = parse_quoted(&quoted, 4, &total);
    if (reason != REASON_OK)
        return reason;
    inet_pton(AF_INET6, "64:ff9b::198.51.100.9", &source);
    inet_pton(AF_INET6, "2001:db8::1", &destination);
    inner.source = destination;
    inet_pton(AF_INET6, "64:ff9b::192.0.2.1", &inner.destination);
    return icmp46_translate(&built.packet, &quoted, total, &source, &destination, &inner, &mtu, &options, out,
                            &out_len);
}

static enum reason error64(unsigned type, unsigned code, uint32_t rest, const void *quoted_bytes,
                           size_t quoted_len)
{
    struct packet quoted;
    uint32_t offset, len, total;
    struct translation4 inner = {0xc0000201, 0xcb007101, 53, 2000};
    build_icmp(&built, "2001:db8::9", "64:ff9b::192.0.2.1", type, code, rest, quoted_bytes, quoted_len);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    enum reason reason = icmp64_check(&built.packet, &offset, &len);
    if (reason != REASON_OK)
        return reason;
    quoted = (struct packet){.data = built.packet.data + offset, .len = len};
    reason = parse_quoted(&quoted, 6, &total);
    if (reason != REASON_OK)
        return reason;
    return icmp64_translate(&built.packet, &quoted, total, 0xcb007101, 0xc0000201, &inner, &mtu, &options,
                            out, &out_len);
}

static void quote_udp4(size_t data_len)
{
    static const uint8_t data[1400];
    build_udp(&inside, "203.0.113.1", 2000, "192.0.2.1", 53, data, data_len);
}

static void quote_udp6(size_t data_len)
{
    static const uint8_t data[1400];
    build_udp(&inside, "64:ff9b::192.0.2.1", 53, "2001:db8::1", 1500, data, data_len);
}

enum { DROP = -1 };

TEST(every_icmpv4_type_and_code)
{
    /* ICMPv4 type 3 by code: type and code in ICMPv6; RFC 7915 4.2. */
    static const int unreachable[17][2] = {{1, 0}, {1, 0}, {4, 1},    {1, 4}, {2, 0},   {1, 0},
                                           {1, 0}, {1, 0}, {1, 0},    {1, 1}, {1, 1},   {1, 0},
                                           {1, 0}, {1, 1}, {DROP, 0}, {1, 1}, {DROP, 0}};
    quote_udp4(20);
    for (unsigned type = 0; type < 256; type++)
        for (unsigned code = 0; code < 18; code++) {
            struct icmp46_map map;
            int want_type = DROP, want_code = 0;
            if (type == 3 && code < 17) {
                want_type = unreachable[code][0];
                want_code = unreachable[code][1];
            } else if (type == 11 && code < 2) {
                want_type = 3;
                want_code = (int)code;
            } else if (type == 12 && (code == 0 || code == 2)) {
                want_type = 4;
            }
            assert_int_equal(icmp46_map((uint8_t)type, (uint8_t)code, 0, &map), want_type != DROP);
            if (want_type == DROP)
                continue;
            assert_int_equal(error46(type, code, 0, inside.packet.data, inside.packet.len), REASON_OK);
            assert_int_equal(out[40], want_type);
            assert_int_equal(out[41], want_code);
            assert_true(build_checksum_good(out, 40, 58, out_len));
            assert_int_equal(build_get16(out + 4), out_len - 40);
            if (type == 3 && code == 2)
                assert_int_equal(out[47], 6);
        }
}

TEST(every_icmpv6_type_and_code)
{
    static const int unreachable[5] = {1, 10, 1, 1, 3};
    quote_udp6(20);
    for (unsigned type = 0; type < 256; type++)
        for (unsigned code = 0; code < 8; code++) {
            struct icmp64_map map;
            int want_type = DROP, want_code = 0;
            if (type == 1 && code < 5) {
                want_type = 3;
                want_code = unreachable[code];
            } else if (type == 2) {
                want_type = 3;
                want_code = 4;
            } else if (type == 3 && code < 2) {
                want_type = 11;
                want_code = (int)code;
            } else if (type == 4 && code == 0) {
                want_type = 12;
            } else if (type == 4 && code == 1) {
                want_type = 3;
                want_code = 2;
            }
            assert_int_equal(icmp64_map((uint8_t)type, (uint8_t)code, 0, &map), want_type != DROP);
            if (want_type == DROP)
                continue;
            assert_int_equal(error64(type, code, type == 2 ? 1400 : 0, inside.packet.data, inside.packet.len),
                             REASON_OK);
            assert_int_equal(out[20], want_type);
            assert_int_equal(out[21], want_code);
            assert_true(build_checksum_good(out, 20, 1, out_len));
            assert_int_equal(build_get16(out + 2), out_len);
            if (type == 2)
                assert_int_equal(build_get16(out + 26), 1380);
        }
}

TEST(XL_PTR_01_both_maps_over_all_pointers)
{
    static const int to6[20] = {0,    1,    4, 4, DROP, DROP, DROP, DROP, 7,  6,
                                DROP, DROP, 8, 8, 8,    8,    24,   24,   24, 24};
    static const int to4[8] = {0, 1, DROP, DROP, 2, 2, 9, 8};
    for (unsigned pointer = 0; pointer < 300; pointer++) {
        struct icmp46_map map46;
        struct icmp64_map map64;
        int want6 = pointer < 20 ? to6[pointer] : DROP;
        int want4 = pointer < 8 ? to4[pointer] : pointer < 24 ? 12 : pointer < 40 ? 16 : DROP;
        if (pointer < 256) {
            assert_int_equal(icmp46_map(12, 0, (uint8_t)pointer, &map46), want6 != DROP);
            if (want6 != DROP)
                assert_int_equal(map46.pointer, want6);
        }
        assert_int_equal(icmp64_map(4, 0, pointer, &map64), want4 != DROP);
        if (want4 != DROP)
            assert_int_equal(map64.pointer, want4);
    }
}

TEST(XL_INN_06_the_quoted_packet_is_what_the_backend_sent)
{
    quote_udp4(20);
    assert_int_equal(error46(3, 3, 0, inside.packet.data, inside.packet.len), REASON_OK);
    build_udp(&inside, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, (uint8_t[20]){0}, 20);
    assert_int_equal(out_len, 48 + inside.packet.len);
    assert_memory_equal(out + 48, inside.packet.data, inside.packet.len);
}

TEST(XL_INN_06_the_quoted_packet_is_what_the_ipv4_host_sent)
{
    quote_udp6(20);
    assert_int_equal(error64(1, 4, 0, inside.packet.data, inside.packet.len), REASON_OK);
    build_udp(&inside, "192.0.2.1", 53, "203.0.113.1", 2000, (uint8_t[20]){0}, 20);
    assert_memory_equal(out + 28, inside.packet.data, inside.packet.len);
}

TEST(XL_INN_04_cut_quotes_keep_the_length_of_the_original)
{
    quote_udp4(500);
    for (size_t len = 28; len < 200; len++) {
        assert_int_equal(error46(11, 0, 0, inside.packet.data, len), REASON_OK);
        assert_int_equal(build_get16(out + 52), 508);
        assert_int_equal(out_len, 48 + 40 + len - 20);
        assert_true(build_checksum_good(out, 40, 58, out_len));
    }
    for (size_t len = 0; len < 28; len++)
        assert_int_equal(error46(11, 0, 0, inside.packet.data, len), REASON_ICMP_INNER);
}

TEST(LES_N_31_eight_bytes_of_tcp_are_enough)
{
    build_tcp(&inside, "203.0.113.1", 2000, "192.0.2.1", 53, 16, "data", 4);
    assert_int_equal(error46(3, 1, 0, inside.packet.data, 28), REASON_OK);
    assert_int_equal(build_get16(out + 88), 1500);
    assert_int_equal(build_get16(out + 90), 53);
}

TEST(XL_INN_08_XL_INN_09_sizes_are_bounded)
{
    quote_udp4(1400);
    assert_int_equal(error46(3, 1, 0, inside.packet.data, inside.packet.len), REASON_OK);
    assert_int_equal(out_len, 1280);
    assert_true(build_checksum_good(out, 40, 58, out_len));
    quote_udp6(1200);
    assert_int_equal(error64(1, 0, 0, inside.packet.data, inside.packet.len), REASON_OK);
    assert_int_equal(out_len, 576);
    assert_true(build_checksum_good(out, 20, 1, out_len));
}

TEST(ICM_R3_a_wrong_checksum_is_refused_but_not_that_of_the_quote)
{
    uint32_t offset, len;
    quote_udp4(20);
    inside.packet.data[10] ^= 0xff; /* quoted header checksum */
    assert_int_equal(error46(3, 1, 0, inside.packet.data, inside.packet.len), REASON_OK);
    built.packet.data[22] ^= 1;
    assert_int_equal(icmp46_check(&built.packet, &offset, &len), REASON_ICMP_CHECKSUM);
}

TEST(XL_MTU_05_too_big_below_1280_is_dropped)
{
    quote_udp6(100);
    assert_int_equal(error64(2, 0, 1279, inside.packet.data, inside.packet.len), REASON_ICMP_MTU);
    assert_int_equal(error64(2, 0, 1280, inside.packet.data, inside.packet.len), REASON_OK);
}

TEST(EXT_03_an_extension_follows_with_a_new_length)
{
    uint8_t body[128 + 12] = {0};
    quote_udp4(20);
    memcpy(body, inside.packet.data, inside.packet.len);
    memcpy(body + 128, "\x20\x00\x00\x00\x00\x08\x01\x01\xde\xad\xbe\xef", 12);
    /* Length 32 words in byte 5 of the message. */
    assert_int_equal(error46(3, 1, 32u << 16, body, sizeof(body)), REASON_OK);
    assert_int_equal(out[44], 16); /* 128 bytes in units of 8: the quote is 20 + 28 + 20 bytes, padded */
    assert_memory_equal(out + 48 + 128, body + 128, 12);
    assert_true(build_checksum_good(out, 40, 58, out_len));
    assert_int_equal(out_len, 48 + 128 + 12);
}

TEST(EXT_05_no_extension_where_ipv6_has_no_place_for_it)
{
    uint8_t body[128 + 12] = {0};
    quote_udp4(20);
    memcpy(body, inside.packet.data, inside.packet.len);
    assert_int_equal(error46(3, 4, 32u << 16 | 1400, body, sizeof(body)), REASON_OK);
    assert_int_equal(out[44], 0);
    assert_int_equal(out_len, 48 + 40 + 28);
}

TEST(EXT_07_a_length_past_the_end)
{
    quote_udp4(20);
    assert_int_equal(error46(3, 1, 200u << 16, inside.packet.data, inside.packet.len), REASON_ICMP_INNER);
    quote_udp6(20);
    assert_int_equal(error64(1, 0, 200u << 24, inside.packet.data, inside.packet.len), REASON_ICMP_INNER);
}

TEST(ERR_06_our_own_errors_quote_what_fits)
{
    struct in6_addr source;
    inet_pton(AF_INET6, "2001:db8::9", &source);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, (uint8_t[1400]){0}, 1400);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_true(icmp_error_may_answer(&built.packet));
    uint32_t len = icmp_error_build6(&built.packet, REASON_ANSWER_TOO_BIG, &source, 1420, out);
    assert_int_equal(len, 1280);
    assert_int_equal(out[40], 2);
    assert_int_equal(build_get16(out + 46), 1420);
    assert_true(build_checksum_good(out, 40, 58, len));
    build_udp(&built, "192.0.2.1", 53, "203.0.113.1", 2000, (uint8_t[1400]){0}, 1400);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    len = icmp_error_build4(&built.packet, REASON_ANSWER_HOP_LIMIT, 0xcb007101, 0, out);
    assert_int_equal(len, 576);
    assert_int_equal(out[20], 11);
    assert_true(build_checksum_good(out, 20, 1, len));
}

TEST(ERR_04_what_is_never_answered)
{
    quote_udp6(20);
    build_icmp(&built, "2001:db8::9", "64:ff9b::192.0.2.1", 1, 0, 0, inside.packet.data, inside.packet.len);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_icmp(&built, "2001:db8::9", "64:ff9b::192.0.2.1", 137, 0, 0, "", 0);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_udp(&built, "::", 1, "64:ff9b::192.0.2.1", 53, "x", 1);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_udp(&built, "2001:db8::9", 1, "ff02::1", 53, "x", 1);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_false(icmp_error_may_answer(&built.packet));
    build_icmp(&built, "2001:db8::9", "64:ff9b::192.0.2.1", 128, 0, 0, "", 0);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    assert_true(icmp_error_may_answer(&built.packet));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_icmpv4_type_and_code),
        cmocka_unit_test(every_icmpv6_type_and_code),
        cmocka_unit_test(XL_PTR_01_both_maps_over_all_pointers),
        cmocka_unit_test(XL_INN_06_the_quoted_packet_is_what_the_backend_sent),
        cmocka_unit_test(XL_INN_06_the_quoted_packet_is_what_the_ipv4_host_sent),
        cmocka_unit_test(XL_INN_04_cut_quotes_keep_the_length_of_the_original),
        cmocka_unit_test(LES_N_31_eight_bytes_of_tcp_are_enough),
        cmocka_unit_test(XL_INN_08_XL_INN_09_sizes_are_bounded),
        cmocka_unit_test(ICM_R3_a_wrong_checksum_is_refused_but_not_that_of_the_quote),
        cmocka_unit_test(XL_MTU_05_too_big_below_1280_is_dropped),
        cmocka_unit_test(EXT_03_an_extension_follows_with_a_new_length),
        cmocka_unit_test(EXT_05_no_extension_where_ipv6_has_no_place_for_it),
        cmocka_unit_test(EXT_07_a_length_past_the_end),
        cmocka_unit_test(ERR_06_our_own_errors_quote_what_fits),
        cmocka_unit_test(ERR_04_what_is_never_answered),
    };
    return RUN(tests);
}
