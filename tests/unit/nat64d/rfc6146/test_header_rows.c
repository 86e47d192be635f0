/*
 * The headers that leave, field by field: both directions, options, extension headers, hop counts, sizes.
 *
 * Layer: test
 * Specification: RFC 7915 4, 4.1, 5, 5.1; RFC 6864 4
 */
#include "tests/unit/nat64d/gateway.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned port;

/* A datagram to HOST's binding, ready to be changed. */
static uint8_t *datagram4(size_t len)
{
    static const uint8_t data[2000];
    if (port == 0) {
        assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
        port = external_port();
    }
    build_udp(&built, "8.8.8.8", 1000, POOL, port, data, len);
    return built.packet.data;
}

static uint8_t *datagram6(size_t len)
{
    static const uint8_t data[2000];
    build_udp(&built, HOST, 5000, PEER, 1000, data, len);
    return built.packet.data;
}

static enum reason send4(void)
{
    build_header_checksum(built.packet.data);
    return send_built();
}

static int set_up_port(void **context)
{
    port = 0;
    return set_up(context);
}

TEST(XL_4_1_01_XL_4_1_03_XL_4_1_04_XL_4_1_05_XL_4_1_07_XL_4_1_09_N64_3_7_01_fixed_fields)
{
    uint8_t peer[16], host[16];
    image_of("8.8.8.8", peer);
    inet_pton(AF_INET6, HOST, host);
    datagram4(11);
    assert_int_equal(send4(), REASON_OK);
    const uint8_t *ip = built.packet.data;
    assert_int_equal(ip[0], 0x60);
    assert_int_equal(ip[1], 0);
    assert_int_equal(build_get16(ip + 2), 0);
    assert_int_equal(build_get16(ip + 4), 19);
    assert_int_equal(built.packet.len, 59);
    assert_int_equal(ip[6], 17);
    assert_memory_equal(ip + 8, peer, 16);
    assert_memory_equal(ip + 24, host, 16);
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(tcp4(external_port(), SYN | ACK), REASON_OK);
    assert_int_equal(built.packet.data[6], 6);
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    assert_int_equal(ping4("8.8.8.8", 0, external_id()), REASON_OK);
    assert_int_equal(built.packet.data[6], 58);
}

TEST(XL_4_1_02_all_classes_and_the_option)
{
    for (unsigned tos = 0; tos < 256; tos++) {
        datagram4(4)[1] = (uint8_t)tos;
        assert_int_equal(send4(), REASON_OK);
        assert_int_equal(build_get16(built.packet.data) >> 4 & 0xff, tos);
        assert_int_equal(build_get16(built.packet.data) & 0xf, 0);
    }
    shared.options.traffic_class = (struct translation_class){true, 0};
    datagram4(4)[1] = 0xb9;
    assert_int_equal(send4(), REASON_OK);
    assert_int_equal(build_get16(built.packet.data), 0x6000);
    shared.options.traffic_class.value = 0x20;
    datagram4(4)[1] = 0xb9;
    assert_int_equal(send4(), REASON_OK);
    assert_int_equal(build_get16(built.packet.data), 0x6200);
}

TEST(XL_4_1_06_XL_1_01_ICM_R10_hop_counts_from_ipv4)
{
    for (unsigned ttl = 2; ttl < 256; ttl++) {
        datagram4(4)[8] = (uint8_t)ttl;
        assert_int_equal(send4(), REASON_OK);
        assert_int_equal(built.packet.data[7], ttl - 1);
    }
    for (unsigned ttl = 0; ttl < 2; ttl++) {
        datagram4(4)[8] = (uint8_t)ttl;
        assert_answer4(send4(), REASON_HOP_LIMIT, 11, 0);
        assert_memory_equal(steps.reply + 12, "\xcb\x00\x71\x01\x08\x08\x08\x08", 8);
    }
}

/* Puts options into the datagram; their length is a multiple of 4. */
static void options4(const void *options, size_t len)
{
    uint8_t *ip = datagram4(4);
    memmove(ip + 20 + len, ip + 20, 12);
    memcpy(ip + 20, options, len);
    ip[0] = (uint8_t)(0x45 + len / 4);
    built.packet.len += (uint32_t)len;
    build_put16(ip + 2, built.packet.len);
}

TEST(XL_4_1_10_XL_4_1_04_LES_N_30_options_from_ipv4)
{
    static const struct {
        uint8_t bytes[40];
        uint8_t len;
        bool passes;
    } cases[] = {
        {{7, 7, 4, 0, 0, 0, 0, 0}, 8, true},
        {{1, 1, 1, 0}, 4, true},
        {{68, 8, 5, 0, 0, 0, 0, 0}, 8, true},
        {{148, 4, 0, 0}, 4, true},
        {{131, 7, 8, 1, 2, 3, 4, 0}, 8, true},
        {{137, 7, 8, 1, 2, 3, 4, 0}, 8, true},
        {{131, 7, 4, 1, 2, 3, 4, 0}, 8, false},
        {{137, 7, 4, 1, 2, 3, 4, 0}, 8, false},
        {{1, 131, 7, 7, 1, 2, 3, 4}, 8, false},
        {{0, 131, 7, 4, 1, 2, 3, 4}, 8, true},
        {{131, 11, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0}, 12, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        options4(cases[i].bytes, cases[i].len);
        if (!cases[i].passes) {
            assert_answer4(send4(), REASON_SOURCE_ROUTE, 3, 5);
            continue;
        }
        assert_int_equal(send4(), REASON_OK);
        assert_int_equal(built.packet.len, 52);
        assert_int_equal(build_get16(built.packet.data + 4), 12);
        assert_true(build_checksum_good(built.packet.data, 40, 17, 52));
    }
}

TEST(XL_4_1_11_a_wrong_header_checksum)
{
    for (unsigned bit = 0; bit < 16; bit++) {
        datagram4(4);
        build_put16(built.packet.data + 10, build_get16(built.packet.data + 10) ^ 1u << bit);
        assert_silent(send_built(), REASON_IPV4_CHECKSUM);
    }
}

TEST(XL_5_1_01_XL_5_1_03_XL_5_1_06_XL_5_1_08_XL_5_1_10_XL_5_1_11_XL_5_1_12_XL_5_1_13_fixed_fields)
{
    datagram6(11);
    assert_int_equal(send_built(), REASON_OK);
    const uint8_t *ip = built.packet.data;
    assert_int_equal(ip[0], 0x45);
    assert_int_equal(build_get16(ip + 2), 39);
    assert_int_equal(built.packet.len, 39);
    assert_int_equal(build_get16(ip + 6), 0);
    assert_int_equal(ip[9], 17);
    assert_memory_equal(ip + 12, "\xcb\x00\x71\x01\x08\x08\x08\x08", 8);
    assert_int_equal(build_sum(0, ip, 20), 0xffff);
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    assert_int_equal(built.packet.data[9], 1);
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(built.packet.data[9], 6);
}

TEST(XL_5_1_09_XL_1_01_ICM_R10_hop_counts_from_ipv6)
{
    for (unsigned hops = 2; hops < 256; hops++) {
        datagram6(4)[7] = (uint8_t)hops;
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[8], hops - 1);
    }
    for (unsigned hops = 0; hops < 2; hops++) {
        datagram6(4)[7] = (uint8_t)hops;
        assert_answer6(send_built(), REASON_HOP_LIMIT, 3, 0);
    }
}

TEST(XL_5_1_02_all_classes_and_a_fixed_value)
{
    for (unsigned class = 0; class < 256; class ++) {
        datagram6(4);
        build_put16(built.packet.data, 0x6000 | class << 4 | 5);
        built.packet.data[2] = 0x77; /* a flow label */
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[1], class);
    }
    for (unsigned fixed = 0; fixed <= 0x20; fixed += 0x20) {
        shared.options.tos = (struct translation_class){true, (uint8_t)fixed};
        datagram6(4);
        build_put16(built.packet.data, 0x6b90);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[1], fixed);
    }
}

TEST(XL_5_1_07_LES_N_33_df_by_size)
{
    datagram6(1260 - 28);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.len, 1260);
    assert_int_equal(build_get16(built.packet.data + 6), 0);
    datagram6(1261 - 28);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 6), 0x4000);
}

TEST(XL_5_1_04_N78_10_01_identifications_of_what_may_be_cut_do_not_repeat)
{
    static uint8_t seen[65536];
    memset(seen, 0, sizeof(seen));
    for (unsigned i = 0; i < 10000; i++) {
        datagram6(4);
        assert_int_equal(send_built(), REASON_OK);
        unsigned id = build_get16(built.packet.data + 4);
        assert_int_equal(seen[id], 0);
        seen[id] = 1;
    }
}

/* Extension headers before the datagram; `first` is the type of the first. */
static void chain6(uint8_t first, const void *chain, size_t len)
{
    uint8_t *ip = datagram6(4);
    memmove(ip + 40 + len, ip + 40, 12);
    memcpy(ip + 40, chain, len);
    ip[6] = first;
    built.packet.len += (uint32_t)len;
    build_put16(ip + 4, built.packet.len - 40);
}

TEST(XL_5_1_14_XL_5_1_03_XL_5_1_10_extension_headers_are_taken_out)
{
    static const struct {
        uint8_t first, len;
        uint8_t bytes[48];
    } cases[] = {
        {0, 8, {17, 0, 1, 4}},
        {60, 16, {17, 1, 1, 12}},
        {43, 8, {17, 0, 0, 0}},
        {43, 24, {17, 2, 4, 0}},
        {0, 16, {60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4}},
        {0, 32, {60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 17, 0, 1, 4}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        chain6(cases[i].first, cases[i].bytes, cases[i].len);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.len, 32);
        assert_int_equal(build_get16(built.packet.data + 2), 32);
        assert_int_equal(built.packet.data[9], 17);
        assert_int_equal(build_sum(0, built.packet.data, 20), 0xffff);
        assert_true(build_checksum_good(built.packet.data, 20, 17, 32));
    }
}

TEST(XL_5_1_15_LES_N_30_segments_left)
{
    static const uint8_t direct[8] = {17, 0, 0, 1}, behind[16] = {43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 7};
    chain6(43, direct, 8);
    assert_answer6(send_built(), REASON_ROUTING_HEADER, 4, 0);
    assert_int_equal(build_get16(steps.reply + 44), 0);
    assert_int_equal(build_get16(steps.reply + 46), 43);
    chain6(0, behind, 16);
    assert_answer6(send_built(), REASON_ROUTING_HEADER, 4, 0);
    assert_int_equal(build_get16(steps.reply + 46), 51);
    assert_int_equal(bindings(), 0);
}

TEST(XL_FRG64_02_XL_1_01_too_large_for_the_ipv4_link)
{
    route4.mtu = network.lowest_mtu4 = 1400;
    datagram6(1500 - 48);
    assert_answer6(send_built(), REASON_TOO_BIG, 2, 0);
    assert_int_equal(build_get16(steps.reply + 46), 1420);
    route4.mtu = network.lowest_mtu4 = 1000;
    datagram6(1500 - 48);
    assert_answer6(send_built(), REASON_TOO_BIG, 2, 0);
    assert_int_equal(build_get16(steps.reply + 46), 1280);
}

TEST(XL_FRG46_07_too_large_for_the_ipv6_link)
{
    route6.mtu = 1280;
    uint8_t *ip = datagram4(1260 - 28);
    ip[6] = 0x40;
    assert_int_equal(send4(), REASON_OK);
    assert_int_equal(built.packet.len, 1280);
    ip = datagram4(1300 - 28);
    ip[6] = 0x40;
    assert_answer4(send4(), REASON_TOO_BIG, 3, 4);
    assert_int_equal(build_get16(steps.reply + 26), 1260);
    ip = datagram4(1261 - 28);
    ip[6] = 0x40;
    assert_answer4(send4(), REASON_TOO_BIG, 3, 4);
}

TEST(XL_FRG46_02_XL_FRG46_03_XL_4_1_05_no_fragment_header_without_need)
{
    for (unsigned df = 0; df < 2; df++) {
        uint8_t *ip = datagram4(100 - 28);
        ip[6] = df ? 0x40 : 0;
        assert_int_equal(send4(), REASON_OK);
        assert_int_equal(built.packet.data[6], 17);
        assert_int_equal(built.packet.len, 120);
        assert_int_equal(result.cut_mtu, 0);
    }
}

TEST(XL_4_5_03_udp_from_ipv6_without_a_checksum)
{
    build_put16(datagram6(4) + 46, 0);
    assert_silent(send_built(), REASON_UDP_ZERO_CHECKSUM);
}

TEST(XL_4_5_02_udp_from_ipv4_without_a_checksum)
{
    build_put16(datagram4(4) + 26, 0);
    assert_int_equal(send4(), REASON_OK);
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
}

TEST(N64_3_5_2_15_the_mss_of_a_syn)
{
    static const uint8_t mss[4] = {2, 4, 1460 >> 8, 1460 & 0xff};
    for (unsigned on = 0; on < 2; on++) {
        shared.options.mss_clamp = on;
        route6.mtu = 1280;
        uint8_t *tcp = build_ip(&built, HOST, PEER, 6, 24);
        build_put16(tcp, 4000);
        build_put16(tcp + 2, 80);
        tcp[12] = 0x60;
        tcp[13] = SYN;
        memcpy(tcp + 20, mss, 4);
        build_fill_checksum(built.packet.data, 40, 6, 64);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(build_get16(built.packet.data + 42), on ? 1220 : 1460);
        assert_true(build_checksum_good(built.packet.data, 20, 6, 44));
    }
}

#define PORT(name) cmocka_unit_test_setup_teardown(name, set_up_port, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PORT(XL_4_1_01_XL_4_1_03_XL_4_1_04_XL_4_1_05_XL_4_1_07_XL_4_1_09_N64_3_7_01_fixed_fields),
        PORT(XL_4_1_02_all_classes_and_the_option),
        PORT(XL_4_1_06_XL_1_01_ICM_R10_hop_counts_from_ipv4),
        PORT(XL_4_1_10_XL_4_1_04_LES_N_30_options_from_ipv4),
        PORT(XL_4_1_11_a_wrong_header_checksum),
        PORT(XL_5_1_01_XL_5_1_03_XL_5_1_06_XL_5_1_08_XL_5_1_10_XL_5_1_11_XL_5_1_12_XL_5_1_13_fixed_fields),
        PORT(XL_5_1_09_XL_1_01_ICM_R10_hop_counts_from_ipv6),
        PORT(XL_5_1_02_all_classes_and_a_fixed_value),
        PORT(XL_5_1_07_LES_N_33_df_by_size),
        PORT(XL_5_1_04_N78_10_01_identifications_of_what_may_be_cut_do_not_repeat),
        PORT(XL_5_1_14_XL_5_1_03_XL_5_1_10_extension_headers_are_taken_out),
        PORT(XL_5_1_15_LES_N_30_segments_left),
        PORT(XL_FRG64_02_XL_1_01_too_large_for_the_ipv4_link),
        PORT(XL_FRG46_07_too_large_for_the_ipv6_link),
        PORT(XL_FRG46_02_XL_FRG46_03_XL_4_1_05_no_fragment_header_without_need),
        PORT(XL_4_5_03_udp_from_ipv6_without_a_checksum),
        PORT(XL_4_5_02_udp_from_ipv4_without_a_checksum),
        PORT(N64_3_5_2_15_the_mss_of_a_syn),
    };
    return RUN(tests);
}
