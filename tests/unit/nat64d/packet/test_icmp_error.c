/*
 * The ICMP errors that the gateway makes: what each answer is called in each family.
 *
 * Layer: test
 * Specification: RFC 4443 3; RFC 792; RFC 1812 5.2.7; RFC 6146 3.5; RFC 7915 4.1, 5.1
 */
#include "tests/unit/test.h"

#include "nat64d/packet/icmp_error.h"
#include "nat64d/packet/parse.h"
#include "tests/unit/nat64d/build.h"

enum { MTU = 1320, POINTER = 43 };

static struct built built;
static uint8_t out[ICMP_ERROR_MAX6];

struct answer {
    enum reason_answer answer;
    unsigned type, code;
    uint32_t value;
};

/* Where the family has no word for it: unreachable, in general. */
static const struct answer answers6[] = {
    {REASON_ANSWER_PROHIBITED, 1, 1, 0}, {REASON_ANSWER_ADDRESS, 1, 3, 0},
    {REASON_ANSWER_PORT, 1, 4, 0},       {REASON_ANSWER_TOO_BIG, 2, 0, MTU},
    {REASON_ANSWER_HOP_LIMIT, 3, 0, 0},  {REASON_ANSWER_PARAMETER, 4, 0, POINTER},
    {REASON_ANSWER_PROTOCOL, 1, 0, 0},   {REASON_ANSWER_SOURCE_ROUTE, 1, 0, 0},
};

static const struct answer answers4[] = {
    {REASON_ANSWER_PROTOCOL, 3, 2, 0},    {REASON_ANSWER_PORT, 3, 3, 0},
    {REASON_ANSWER_TOO_BIG, 3, 4, MTU},   {REASON_ANSWER_SOURCE_ROUTE, 3, 5, 0},
    {REASON_ANSWER_PROHIBITED, 3, 13, 0}, {REASON_ANSWER_HOP_LIMIT, 11, 0, 0},
    {REASON_ANSWER_ADDRESS, 3, 1, 0},     {REASON_ANSWER_PARAMETER, 3, 1, 0},
};

static void assert_message(const uint8_t *icmp, const struct answer *answer, uint32_t quoted)
{
    assert_int_equal(icmp[0], answer->type);
    assert_int_equal(icmp[1], answer->code);
    assert_int_equal(build_get16(icmp + 4), answer->value >> 16);
    assert_int_equal(build_get16(icmp + 6), answer->value & 0xffff);
    assert_memory_equal(icmp + 8, built.packet.data, quoted);
}

TEST(ERR_02_ERR_06_each_answer_to_ipv6)
{
    struct in6_addr source;
    inet_pton(AF_INET6, "2001:db8:9::1", &source);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, "hello", 5);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    built.packet.error_pointer = POINTER;
    for (size_t i = 0; i < sizeof(answers6) / sizeof(answers6[0]); i++) {
        uint32_t len = icmp_error_build6(&built.packet, answers6[i].answer, &source, MTU, out);
        assert_int_equal(len, 48 + built.packet.len);
        assert_memory_equal(out + 8, &source, 16);
        assert_memory_equal(out + 24, built.packet.data + 8, 16);
        assert_true(build_checksum_good(out, 40, 58, len));
        assert_message(out + 40, &answers6[i], built.packet.len);
    }
}

TEST(ERR_02_ERR_06_each_answer_to_ipv4)
{
    build_udp(&built, "198.51.100.1", 53, "203.0.113.1", 2000, "hello", 5);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    for (size_t i = 0; i < sizeof(answers4) / sizeof(answers4[0]); i++) {
        uint32_t len = icmp_error_build4(&built.packet, answers4[i].answer, 0xcb007101, MTU, out);
        assert_int_equal(len, 28 + built.packet.len);
        assert_memory_equal(out + 12, "\xcb\x00\x71\x01\xc6\x33\x64\x01", 8);
        assert_int_equal(build_sum(0, out, 20), 0xffff);
        assert_true(build_checksum_good(out, 20, 1, len));
        assert_message(out + 20, &answers4[i], built.packet.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ERR_02_ERR_06_each_answer_to_ipv6),
        cmocka_unit_test(ERR_02_ERR_06_each_answer_to_ipv4),
    };
    return RUN(tests);
}
