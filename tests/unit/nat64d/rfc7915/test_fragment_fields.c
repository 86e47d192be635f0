/*
 * What a fragment's own fields become, in both directions.
 *
 * Layer: test
 * Specification: RFC 7915 4.1, 5.1, 5.1.1
 */
#include "tests/unit/test.h"

#include "nat64d/packet/parse.h"
#include "nat64d/rfc7915/header46.h"
#include "nat64d/rfc7915/header64.h"
#include "tests/unit/nat64d/build.h"

static struct built built;
static const struct translation_options options = {.lowest_ipv6_mtu = 1280};

/* Offset in units of 8 and M of fragments of every kind. */
static const struct {
    unsigned offset, more;
} fragments[] = {{0, 1}, {1, 0}, {1, 1}, {185, 1}, {8000, 0}, {0x1555, 1}};

TEST(XL_4_1_05_XL_4_1_12_XL_4_1_13_XL_4_1_14_a_fragment_from_ipv4)
{
    const struct translation6 to = {0};
    for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++) {
        build_ip(&built, "198.51.100.1", "192.0.2.1", 17, 16);
        uint8_t *ip = built.packet.data;
        build_put16(ip + 20 + 4, 16); /* a UDP length, in case it is the first */
        build_put16(ip + 4, 0xabcd);
        build_put16(ip + 6, fragments[i].more << 13 | fragments[i].offset);
        build_header_checksum(ip);
        assert_int_equal(parse_packet(&built.packet), REASON_OK);
        header46_translate(&built.packet, &to, &options);
        ip = built.packet.data;
        assert_int_equal(built.packet.len, 48 + 16);
        assert_int_equal(build_get16(ip + 4), 24);
        assert_int_equal(ip[6], 44);
        assert_int_equal(ip[40], 17);
        assert_int_equal(ip[41], 0);
        assert_int_equal(build_get16(ip + 42), fragments[i].offset << 3 | fragments[i].more);
        assert_int_equal(build_get16(ip + 44), 0);
        assert_int_equal(build_get16(ip + 46), 0xabcd);
    }
}

TEST(XL_5_1_03_XL_5_1_05_XL_5_1_06_XL_5_1_07_XL_5_1_08_a_fragment_from_ipv6)
{
    const struct translation4 to = {0};
    for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++)
        for (uint32_t payload = 16; payload < 1400; payload += 1304) {
            uint8_t *header = build_ip(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 44, 8 + payload);
            header[0] = 17;
            build_put16(header + 2, fragments[i].offset << 3 | fragments[i].more);
            build_put16(header + 4, 0x1234);
            build_put16(header + 6, 0xabcd);
            build_put16(header + 8 + 4, payload);
            assert_int_equal(parse_packet(&built.packet), REASON_OK);
            header64_translate(&built.packet, &to, 77, &options);
            const uint8_t *ip = built.packet.data;
            assert_int_equal(build_get16(ip + 2), 20 + payload);
            assert_int_equal(build_get16(ip + 4), 0xabcd);
            /* DF is 0 whatever the size. */
            assert_int_equal(build_get16(ip + 6), fragments[i].more << 13 | fragments[i].offset);
            assert_int_equal(ip[9], 17);
            assert_int_equal(build_sum(0, ip, 20), 0xffff);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(XL_4_1_05_XL_4_1_12_XL_4_1_13_XL_4_1_14_a_fragment_from_ipv4),
        cmocka_unit_test(XL_5_1_03_XL_5_1_05_XL_5_1_06_XL_5_1_07_XL_5_1_08_a_fragment_from_ipv6),
    };
    return RUN(tests);
}
