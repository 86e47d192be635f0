/*
 * The tables of ICMP types and codes with packets: for each row the whole error is sent through the gateway
 * about a flow that exists, and what arrives is held against the row; a row that drops lets nothing leave.
 *
 * Layer: test
 * Specification: RFC 7915 4.2, 4.3, 5.2, 5.3
 */
#include "tests/unit/nat64d/gateway.h"

enum { DROPPED = -1, SAME = -2 };

/* All of these types with all of these codes. */
struct row {
    const char *name;
    unsigned type_first, type_last;
    unsigned code_first, code_last;
    int type, code; /* in the other family */
};

/* What the host sent, with the hop count that the gateway left it; and the same as the other side saw it. */
static uint8_t inside[100], outside[100];
static uint32_t inside_len, outside_len;

/* A datagram from HOST: what a router of IPv4 will quote. */
static void flow46(void)
{
    build_udp(&built, HOST, 5000, PEER, 1000, "data", 4);
    inside_len = built.packet.len;
    memcpy(inside, built.packet.data, inside_len);
    inside[7]--;
    assert_int_equal(send_built(), REASON_OK);
    outside_len = built.packet.len;
    memcpy(outside, built.packet.data, outside_len);
}

/* An answer to HOST: what a router of IPv6, or HOST, will quote. */
static void flow64(void)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    build_udp(&built, "8.8.8.8", 1000, POOL, external_port(), "data", 4);
    build_put16(built.packet.data + 6, 0);
    outside_len = built.packet.len;
    memcpy(outside, built.packet.data, outside_len);
    outside[8]--;
    build_header_checksum(outside);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    inside_len = built.packet.len;
    memcpy(inside, built.packet.data, inside_len);
}

static enum reason error46(unsigned type, unsigned code, uint32_t rest)
{
    build_icmp(&built, "8.8.0.1", POOL, type, code, rest, outside, outside_len);
    return send_built();
}

static enum reason error64(unsigned type, unsigned code, uint32_t rest)
{
    build_icmp(&built, "2001:db8:7::9", PEER, type, code, rest, inside, inside_len);
    return send_built();
}

/* Translated to IPv6: from the router's image to HOST, the quote being what HOST sent. */
static void assert_error6(int type, int code)
{
    uint8_t router[16], host[16];
    const uint8_t *ip = built.packet.data;
    image_of("8.8.0.1", router);
    inet_pton(AF_INET6, HOST, host);
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(ip[0] >> 4, 6);
    assert_int_equal(ip[6], 58);
    assert_int_equal(ip[7], 63);
    assert_memory_equal(ip + 8, router, 16);
    assert_memory_equal(ip + 24, host, 16);
    assert_int_equal(ip[40], type);
    assert_int_equal(ip[41], code);
    assert_int_equal(built.packet.len, 48 + inside_len);
    assert_int_equal(build_get16(ip + 4), 8 + inside_len);
    assert_memory_equal(ip + 48, inside, inside_len);
    assert_true(build_checksum_good(ip, 40, 58, built.packet.len));
}

/* Translated to IPv4: from the pool to the peer, the quote being what the peer sent. */
static void assert_error4(int type, int code)
{
    static const uint8_t pool[4] = {203, 0, 113, 1}, peer[4] = {8, 8, 8, 8};
    const uint8_t *ip = built.packet.data;
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(ip[0], 0x45);
    assert_int_equal(ip[9], 1);
    assert_int_equal(ip[8], 63);
    assert_memory_equal(ip + 12, pool, 4);
    assert_memory_equal(ip + 16, peer, 4);
    assert_int_equal(ip[20], type);
    assert_int_equal(ip[21], code);
    assert_int_equal(built.packet.len, 28 + outside_len);
    assert_int_equal(build_get16(ip + 2), 28 + outside_len);
    assert_memory_equal(ip + 28, outside, outside_len);
    assert_true(build_checksum_good(ip, 20, 1, built.packet.len));
    assert_int_equal(build_sum(0, ip, 20), 0xffff);
}

static const struct row rows46[] = {
    {"XL_46_03_information_request", 15, 15, 0, 255, DROPPED, 0},
    {"XL_46_03_information_reply", 16, 16, 0, 255, DROPPED, 0},
    {"XL_46_04_ICM_R11_N64_3_4_11_timestamps", 13, 14, 0, 255, DROPPED, 0},
    {"XL_46_05_address_masks", 17, 18, 0, 255, DROPPED, 0},
    {"XL_46_06_router_discovery", 9, 10, 0, 255, DROPPED, 0},
    {"XL_46_07_source_quench", 4, 4, 0, 255, DROPPED, 0},
    {"XL_46_08_redirect", 5, 5, 0, 255, DROPPED, 0},
    {"XL_46_09_alternate_host", 6, 6, 0, 255, DROPPED, 0},
    {"XL_46_10_no_known_type_1_and_2", 1, 2, 0, 255, DROPPED, 0},
    {"XL_46_10_no_known_type_7", 7, 7, 0, 255, DROPPED, 0},
    {"XL_46_10_no_known_type_from_19_up", 19, 255, 0, 15, DROPPED, 0},
    {"XL_46_12_net_unreachable", 3, 3, 0, 0, 1, 0},
    {"XL_46_13_host_unreachable", 3, 3, 1, 1, 1, 0},
    {"XL_46_14_protocol_unreachable", 3, 3, 2, 2, 4, 1},
    {"XL_46_15_port_unreachable", 3, 3, 3, 3, 1, 4},
    {"XL_46_16_fragmentation_needed", 3, 3, 4, 4, 2, 0},
    {"XL_46_17_source_route_failed", 3, 3, 5, 5, 1, 0},
    {"XL_46_18_unknown_net_or_host", 3, 3, 6, 8, 1, 0},
    {"XL_46_19_net_or_host_prohibited", 3, 3, 9, 10, 1, 1},
    {"XL_46_20_not_for_that_service", 3, 3, 11, 12, 1, 0},
    {"XL_46_21_prohibited", 3, 3, 13, 13, 1, 1},
    {"XL_46_22_precedence_violated", 3, 3, 14, 14, DROPPED, 0},
    {"XL_46_23_precedence_cut_off", 3, 3, 15, 15, 1, 1},
    {"XL_46_24_no_known_code", 3, 3, 16, 255, DROPPED, 0},
    {"XL_46_25_time_exceeded", 11, 11, 0, 1, 3, SAME},
    {"XL_46_25_time_exceeded_with_no_known_code", 11, 11, 2, 255, DROPPED, 0},
    {"XL_46_26_parameter_problem", 12, 12, 0, 0, 4, 0},
    {"XL_46_27_missing_option", 12, 12, 1, 1, DROPPED, 0},
    {"XL_46_28_bad_length", 12, 12, 2, 2, 4, 0},
    {"XL_46_29_no_known_parameter_problem", 12, 12, 3, 255, DROPPED, 0},
};

static void row46_holds(void **context)
{
    const struct row *row = *context;
    flow46();
    for (unsigned type = row->type_first; type <= row->type_last; type++)
        for (unsigned code = row->code_first; code <= row->code_last; code++) {
            if (row->type == DROPPED) {
                assert_silent(error46(type, code, 0), REASON_ICMP_TYPE);
                continue;
            }
            assert_int_equal(error46(type, code, type == 3 && code == 4 ? 1400 : 0), REASON_OK);
            assert_error6(row->type, row->code == SAME ? (int)code : row->code);
        }
    assert_int_equal(sessions(), 1);
}

static const struct row rows64[] = {
    {"XL_64_03_multicast_listeners", 130, 132, 0, 255, DROPPED, 0},
    {"XL_64_03_multicast_listeners_version_2", 143, 143, 0, 255, DROPPED, 0},
    {"XL_64_04_neighbour_discovery", 133, 137, 0, 255, DROPPED, 0},
    {"XL_64_05_no_known_information_138_to_142", 138, 142, 0, 255, DROPPED, 0},
    {"XL_64_05_no_known_information_from_144_up", 144, 255, 0, 15, DROPPED, 0},
    {"XL_64_06_no_route", 1, 1, 0, 0, 3, 1},
    {"XL_64_07_prohibited", 1, 1, 1, 1, 3, 10},
    {"XL_64_08_beyond_scope", 1, 1, 2, 2, 3, 1},
    {"XL_64_09_address_unreachable", 1, 1, 3, 3, 3, 1},
    {"XL_64_10_port_unreachable", 1, 1, 4, 4, 3, 3},
    {"XL_64_11_other_codes", 1, 1, 5, 255, DROPPED, 0},
    {"XL_64_12_packet_too_big", 2, 2, 0, 255, 3, 4},
    {"XL_64_13_time_exceeded", 3, 3, 0, 1, 11, SAME},
    {"XL_64_13_time_exceeded_with_no_known_code", 3, 3, 2, 255, DROPPED, 0},
    {"XL_64_14_parameter_problem", 4, 4, 0, 0, 12, 0},
    {"XL_64_15_unrecognised_next_header", 4, 4, 1, 1, 3, 2},
    {"XL_64_16_unrecognised_option", 4, 4, 2, 2, DROPPED, 0},
    {"XL_64_17_other_parameter_problems", 4, 4, 3, 255, DROPPED, 0},
    {"XL_64_18_no_known_error_0", 0, 0, 0, 255, DROPPED, 0},
    {"XL_64_18_no_known_error_from_5_up", 5, 127, 0, 15, DROPPED, 0},
};

static void row64_holds(void **context)
{
    const struct row *row = *context;
    flow64();
    for (unsigned type = row->type_first; type <= row->type_last; type++)
        for (unsigned code = row->code_first; code <= row->code_last; code++) {
            if (row->type == DROPPED) {
                assert_silent(error64(type, code, 0), REASON_ICMP_TYPE);
                continue;
            }
            assert_int_equal(error64(type, code, type == 2 ? 1400 : 0), REASON_OK);
            assert_error4(row->type, row->code == SAME ? (int)code : row->code);
        }
    assert_int_equal(sessions(), 1);
}

TEST(XL_46_01_XL_46_02_echoes_from_ipv4)
{
    static const unsigned codes[] = {0, 5};
    assert_int_equal(ping6(HOST, 0x7777, PEER), REASON_OK);
    unsigned id = external_id();
    for (unsigned type = 0; type <= 8; type += 8)
        for (size_t i = 0; i < 2; i++) {
            build_icmp(&built, "8.8.8.8", POOL, type, codes[i], id << 16 | 9, "abcd", 4);
            assert_int_equal(send_built(), REASON_OK);
            assert_int_equal(built.packet.data[6], 58);
            assert_int_equal(built.packet.data[40], type == 8 ? 128 : 129);
            assert_int_equal(built.packet.data[41], codes[i]);
            assert_int_equal(build_get16(built.packet.data + 44), 0x7777);
            assert_int_equal(build_get16(built.packet.data + 46), 9);
            assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
        }
}

TEST(XL_64_01_XL_64_02_echoes_from_ipv6)
{
    static const unsigned codes[] = {0, 5};
    for (unsigned type = 128; type <= 129; type++)
        for (size_t i = 0; i < 2; i++) {
            build_icmp(&built, HOST, PEER, type, codes[i], 0x77770009, "abcd", 4);
            assert_int_equal(send_built(), REASON_OK);
            assert_int_equal(built.packet.data[9], 1);
            assert_int_equal(built.packet.data[20], type == 128 ? 8 : 0);
            assert_int_equal(built.packet.data[21], codes[i]);
            assert_int_equal(build_get16(built.packet.data + 26), 9);
            assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
        }
}

TEST(XL_46_11_igmp_is_dropped_in_silence)
{
    build_ip(&built, "8.8.8.8", POOL, 2, 8);
    steps_packet(&steps, &built.packet, now_ns, &result);
    assert_int_equal(result.verdict, STEPS_DROP);
    assert_int_equal(result.reply_len, 0);
}

TEST(XL_PTR_01_XL_46_26_XL_46_28_pointers_from_ipv4)
{
    flow46();
    for (unsigned code = 0; code <= 2; code += 2)
        for (unsigned pointer = 0; pointer < 256; pointer++) {
            int want = pointer == 0                     ? 0
                       : pointer == 1                   ? 1
                       : pointer == 2 || pointer == 3   ? 4
                       : pointer == 8                   ? 7
                       : pointer == 9                   ? 6
                       : pointer >= 12 && pointer <= 15 ? 8
                       : pointer >= 16 && pointer <= 19 ? 24
                                                        : DROPPED;
            enum reason reason = error46(12, code, pointer << 24);
            if (want == DROPPED) {
                assert_silent(reason, REASON_ICMP_TYPE);
                continue;
            }
            assert_error6(4, 0);
            assert_int_equal(build_get16(built.packet.data + 44), 0);
            assert_int_equal(build_get16(built.packet.data + 46), want);
        }
}

TEST(XL_PTR_01_XL_64_14_pointers_from_ipv6)
{
    static const uint32_t far[] = {256, 257, 262, 0x10006, 0x80000000, 0xffffffff, 0x06000000};
    flow64();
    for (unsigned i = 0; i < 256 + sizeof(far) / sizeof(far[0]); i++) {
        uint32_t pointer = i < 256 ? i : far[i - 256];
        int want = pointer == 0                     ? 0
                   : pointer == 1                   ? 1
                   : pointer == 4 || pointer == 5   ? 2
                   : pointer == 6                   ? 9
                   : pointer == 7                   ? 8
                   : pointer >= 8 && pointer <= 23  ? 12
                   : pointer >= 24 && pointer <= 39 ? 16
                                                    : DROPPED;
        enum reason reason = error64(4, 0, pointer);
        if (want == DROPPED) {
            assert_silent(reason, REASON_ICMP_TYPE);
            continue;
        }
        assert_error4(12, 0);
        assert_int_equal(built.packet.data[24], want);
        assert_int_equal(built.packet.data[25], 0);
        assert_int_equal(build_get16(built.packet.data + 26), 0);
    }
}

TEST(XL_46_14_the_pointer_is_next_header)
{
    flow46();
    assert_int_equal(error46(3, 2, 0), REASON_OK);
    assert_error6(4, 1);
    assert_int_equal(build_get16(built.packet.data + 46), 6);
}

/* The MTU that HOST is told when a router says that one. */
static unsigned told6(uint32_t mtu)
{
    assert_int_equal(error46(3, 4, mtu), REASON_OK);
    assert_error6(2, 0);
    assert_int_equal(build_get16(built.packet.data + 44), 0);
    return build_get16(built.packet.data + 46);
}

TEST(XL_MTU_01_XL_46_16_SEC_43_XL_FRG64_05_what_a_router_of_ipv4_says)
{
    static const struct {
        uint32_t mtu6, mtu4, said;
        unsigned told;
    } cases[] = {
        {1500, 1500, 1400, 1420}, {1500, 1500, 576, 1280},  {1500, 1500, 9000, 1500},
        {9000, 1500, 9000, 1520}, {1280, 1500, 1400, 1280}, {9000, 9000, 1260, 1280},
        {9000, 9000, 1261, 1281}, {1500, 1500, 68, 1280},
    };
    flow46();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        route6.mtu = cases[i].mtu6;
        route4.mtu = cases[i].mtu4;
        assert_int_equal(told6(cases[i].said), cases[i].told);
    }
}

TEST(XL_MTU_04_XL_64_12_what_a_router_of_ipv6_says)
{
    static const struct {
        uint32_t mtu6, mtu4, said;
        unsigned told;
    } cases[] = {
        {1500, 1500, 1400, 1380}, {1500, 1300, 1400, 1300},     {1400, 1500, 9000, 1380},
        {9000, 9000, 1280, 1260}, {65535, 65535, 90000, 65515}, {1500, 1500, 0x80000000, 1480},
    };
    flow64();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        route6.mtu = cases[i].mtu6;
        route4.mtu = cases[i].mtu4;
        assert_int_equal(error64(2, 0, cases[i].said), REASON_OK);
        assert_error4(3, 4);
        assert_int_equal(build_get16(built.packet.data + 24), 0);
        assert_int_equal(build_get16(built.packet.data + 26), cases[i].told);
    }
}

TEST(XL_MTU_05_less_than_1280_from_ipv6_is_not_believed)
{
    static const uint32_t lies[] = {0, 68, 576, 1000, 1279};
    flow64();
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
        assert_silent(error64(2, 0, lies[i]), REASON_ICMP_MTU);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int main(void)
{
    static const struct CMUnitTest others[] = {
        CASE(XL_46_01_XL_46_02_echoes_from_ipv4),
        CASE(XL_64_01_XL_64_02_echoes_from_ipv6),
        CASE(XL_46_11_igmp_is_dropped_in_silence),
        CASE(XL_PTR_01_XL_46_26_XL_46_28_pointers_from_ipv4),
        CASE(XL_PTR_01_XL_64_14_pointers_from_ipv6),
        CASE(XL_46_14_the_pointer_is_next_header),
        CASE(XL_MTU_01_XL_46_16_SEC_43_XL_FRG64_05_what_a_router_of_ipv4_says),
        CASE(XL_MTU_04_XL_64_12_what_a_router_of_ipv6_says),
        CASE(XL_MTU_05_less_than_1280_from_ipv6_is_not_believed),
    };
    struct CMUnitTest tests[COUNT(rows46) + COUNT(rows64) + COUNT(others)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(rows46); i++)
        tests[count++] = (struct CMUnitTest){rows46[i].name, row46_holds, set_up, tear_down,
                                             (void *)(uintptr_t)&rows46[i]};
    for (size_t i = 0; i < COUNT(rows64); i++)
        tests[count++] = (struct CMUnitTest){rows64[i].name, row64_holds, set_up, tear_down,
                                             (void *)(uintptr_t)&rows64[i]};
    memcpy(tests + count, others, sizeof(others));
    return RUN(tests);
}
