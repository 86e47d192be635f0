/*
 * Layer: test
 * Specification: RFC 4291 2.2, RFC 5952
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

TEST(parses_ipv4_and_refuses_what_is_not)
{
    static const char *const bad[] = {"",         "1",        "1.2.3",    "1.2.3.4.5", "256.1.1.1",
                                      "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1..2.3",    "a.b.c.d"};
    uint32_t addr = 7;
    assert_int_equal(addr_parse4("192.0.2.33", &addr), 0);
    assert_int_equal(addr, 0xc0000221);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(addr_parse4(bad[i], &addr), -EINVAL);
        assert_int_equal(addr, 0xc0000221); /* untouched on failure */
    }
}

TEST(agrees_with_the_c_library_on_ipv6)
{
    static const char *const texts[] = {"::",
                                        "::1",
                                        "1::",
                                        "2001:db8::1",
                                        "64:ff9b::192.0.2.33",
                                        "1:2:3:4:5:6:7:8",
                                        "::ffff:1.2.3.4",
                                        "1:2:3:4:5:6:1.2.3.4",
                                        "1::8",
                                        "1:2:3:4:5:6:7::",
                                        "::2:3:4:5:6:7:8",
                                        "fe80::1:2:3:4",
                                        ":",
                                        ":::",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1::2::3",
                                        "12345::",
                                        "::1.2.3",
                                        "1:",
                                        ":1",
                                        "1:2:3:4:5:6:7:8::",
                                        "g::",
                                        "::1.2.3.4.5",
                                        "1.2.3.4::",
                                        "2001:db8::1%eth0"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct in6_addr ours, theirs;
        int good = inet_pton(AF_INET6, texts[i], &theirs) == 1;
        assert_int_equal(addr_parse6(texts[i], &ours), good ? 0 : -EINVAL);
        if (good)
            assert_memory_equal(&ours, &theirs, sizeof(ours));
    }
}

TEST(prints_ipv6_as_rfc_5952_and_reads_it_back)
{
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        struct in6_addr addr, again;
        char text[ADDR_TEXT_LEN], theirs[INET6_ADDRSTRLEN];
        for (int k = 0; k < 16; k++)
            addr.s6_addr[k] = rand_r(&seed) % 3 == 0 ? (uint8_t)rand_r(&seed) : 0;
        addr_print6(&addr, text);
        assert_int_equal(addr_parse6(text, &again), 0);
        assert_memory_equal(&addr, &again, sizeof(addr));
        /* The library prints some addresses with a dotted tail, which RFC 5952 leaves open. */
        if (strchr(inet_ntop(AF_INET6, &addr, theirs, sizeof(theirs)), '.') == NULL)
            assert_string_equal(text, theirs);
    }
}

TEST(prefixes_refuse_bits_beyond_their_length)
{
    struct addr_prefix prefix;
    char text[ADDR_TEXT_LEN];
    assert_int_equal(addr_parse_prefix("192.0.2.0/28", &prefix), 0);
    assert_string_equal(addr_print_prefix(&prefix, text), "192.0.2.0/28");
    assert_int_equal(addr_parse_prefix("192.0.2.1", &prefix), 0);
    assert_int_equal(prefix.v4.len, 32);
    assert_int_equal(addr_parse_prefix("2001:db8::/32", &prefix), 0);
    assert_string_equal(addr_print_prefix(&prefix, text), "2001:db8::/32");
    assert_int_equal(addr_parse_prefix("192.0.2.1/28", &prefix), -EINVAL);
    assert_int_equal(addr_parse_prefix("2001:db8::1/64", &prefix), -EINVAL);
    assert_int_equal(addr_parse_prefix("192.0.2.0/33", &prefix), -EINVAL);
    assert_int_equal(addr_parse_prefix("2001:db8::/129", &prefix), -EINVAL);
    assert_int_equal(addr_parse_prefix("192.0.2.0/", &prefix), -EINVAL);
}

TEST(membership_at_the_edges)
{
    struct addr_prefix4 four;
    struct addr_prefix6 six;
    struct in6_addr addr;
    assert_int_equal(addr_parse_prefix4("192.0.2.16/30", &four), 0);
    assert_false(addr_in_prefix4(0xc000020f, &four));
    assert_true(addr_in_prefix4(0xc0000210, &four));
    assert_true(addr_in_prefix4(0xc0000213, &four));
    assert_false(addr_in_prefix4(0xc0000214, &four));
    assert_int_equal(addr_last4(&four), 0xc0000213);
    assert_int_equal(addr_parse_prefix6("2001:db8:0:4::/62", &six), 0);
    assert_int_equal(addr_parse6("2001:db8:0:7:ffff::", &addr), 0);
    assert_true(addr_in_prefix6(&addr, &six));
    assert_int_equal(addr_parse6("2001:db8:0:8::", &addr), 0);
    assert_false(addr_in_prefix6(&addr, &six));
    assert_int_equal(addr_parse_prefix6("::/0", &six), 0);
    assert_true(addr_in_prefix6(&addr, &six));
}

TEST(endpoints_and_port_ranges)
{
    struct addr_endpoint endpoint;
    struct addr_port_range range;
    char text[ADDR_TEXT_LEN];
    assert_int_equal(addr_parse_endpoint("2001:db8::5#80", 0, &endpoint), 0);
    assert_string_equal(addr_print_endpoint(&endpoint, text), "2001:db8::5#80");
    assert_int_equal(addr_parse_endpoint("192.0.2.53", 53, &endpoint), 0);
    assert_int_equal(endpoint.port, 53);
    assert_int_equal(addr_parse_endpoint("192.0.2.53", 0, &endpoint), -EINVAL);
    assert_int_equal(addr_parse_endpoint("192.0.2.53#0", 0, &endpoint), -EINVAL);
    assert_int_equal(addr_parse_endpoint("192.0.2.53#65536", 0, &endpoint), -EINVAL);
    assert_int_equal(addr_parse_port_range("1024-65535", &range), 0);
    assert_int_equal(range.last, 65535);
    assert_int_equal(addr_parse_port_range("7", &range), 0);
    assert_int_equal(range.last, 7);
    assert_int_equal(addr_parse_port_range("9-8", &range), -EINVAL);
}

TEST(addresses_and_prefixes_are_equal_by_family_value_and_length)
{
    struct addr v4, v6, other4, other6;
    struct addr_prefix a, b, c;
    assert_int_equal(addr_parse("192.0.2.1", &v4), 0);
    assert_int_equal(addr_parse("192.0.2.2", &other4), 0);
    assert_int_equal(addr_parse("2001:db8::1", &v6), 0);
    assert_int_equal(addr_parse("2001:db8::2", &other6), 0);
    assert_true(addr_equal(&v4, &v4) && addr_equal(&v6, &v6));
    assert_false(addr_equal(&v4, &other4) || addr_equal(&v6, &other6) || addr_equal(&v4, &v6));
    assert_int_equal(addr_parse_prefix("2001:db8::/32", &a), 0);
    assert_int_equal(addr_parse_prefix("2001:db8::/33", &b), 0);
    assert_int_equal(addr_parse_prefix("192.0.2.0/24", &c), 0);
    assert_true(addr_equal_prefix(&a, &a) && addr_equal_prefix(&c, &c));
    assert_false(addr_equal_prefix(&a, &b) || addr_equal_prefix(&a, &c));
    assert_int_equal(addr_parse("0.0.0.0", &other4), 0);
    assert_int_equal(addr_parse("::", &other6), 0);
    assert_true(addr_is_any(&other4) && addr_is_any(&other6));
    assert_false(addr_is_any(&v4) || addr_is_any(&v6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_ipv4_and_refuses_what_is_not),
        cmocka_unit_test(agrees_with_the_c_library_on_ipv6),
        cmocka_unit_test(prints_ipv6_as_rfc_5952_and_reads_it_back),
        cmocka_unit_test(prefixes_refuse_bits_beyond_their_length),
        cmocka_unit_test(membership_at_the_edges),
        cmocka_unit_test(endpoints_and_port_ranges),
        cmocka_unit_test(addresses_and_prefixes_are_equal_by_family_value_and_length),
    };
    return RUN(tests);
}
