/*
 * Layer: test
 * Specification: RFC 6890; RFC 6052 3.1
 */
#include "tests/unit/test.h"

#include "common/special.h"

static uint32_t ip(const char *text)
{
    uint32_t addr;
    assert_int_equal(addr_parse4(text, &addr), 0);
    return addr;
}

TEST(WKP_01_each_special_range_at_its_edges)
{
    static const char *const denied[] = {
        "0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.1",      "127.255.255.255", "169.254.0.1",    "169.254.169.254",
        "172.16.0.0",      "172.31.255.255", "192.0.0.0",       "192.0.0.9",      "192.0.0.170",
        "192.0.0.255",     "192.0.2.1",      "192.88.99.1",     "192.168.0.0",    "192.168.255.255",
        "198.18.0.0",      "198.19.255.255", "198.51.100.1",    "203.0.113.1",    "224.0.0.1",
        "239.255.255.255", "240.0.0.1",      "255.255.255.255", "168.63.129.16",  "100.100.100.200"};
    static const char *const allowed[] = {
        "1.0.0.0",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.31.196.1",
        "192.52.193.1",    "192.88.98.255",   "192.88.100.0",    "192.167.255.255", "192.169.0.0",
        "192.175.48.1",    "198.17.255.255",  "198.20.0.0",      "198.51.99.255",   "203.0.112.255",
        "223.255.255.255", "168.63.129.17"};
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        assert_false(special_allowed4(ip(denied[i]), NULL, 0));
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        assert_true(special_allowed4(ip(allowed[i]), NULL, 0));
}

TEST(an_opened_range_is_reached_and_no_other)
{
    struct addr_prefix4 ten;
    assert_int_equal(addr_parse_prefix4("10.0.0.0/8", &ten), 0);
    assert_true(special_allowed4(ip("10.1.2.3"), &ten, 1));
    assert_false(special_allowed4(ip("192.168.0.1"), &ten, 1));
}

TEST(SEC_13_all_of_ipv4_opens_neither_loopback_nor_metadata)
{
    struct addr_prefix4 all, exact;
    assert_int_equal(addr_parse_prefix4("0.0.0.0/0", &all), 0);
    assert_int_equal(addr_parse_prefix4("169.254.169.254", &exact), 0);
    assert_true(special_allowed4(ip("10.0.0.1"), &all, 1));
    assert_false(special_allowed4(ip("169.254.169.254"), &all, 1));
    assert_false(special_allowed4(ip("168.63.129.16"), &all, 1));
    assert_false(special_allowed4(ip("127.0.0.1"), &all, 1));
    assert_false(special_allowed4(ip("224.0.0.1"), &all, 1));
    assert_false(special_allowed4(ip("255.255.255.255"), &all, 1));
    assert_true(special_allowed4(ip("169.254.169.254"), &exact, 1));
}

TEST(N64_3_5_05_sources_that_are_nobody)
{
    static const char *const six[] = {"::", "::1", "::ffff:192.0.2.1", "fe80::1", "ff02::1"};
    struct in6_addr addr;
    for (size_t i = 0; i < sizeof(six) / sizeof(six[0]); i++) {
        assert_int_equal(addr_parse6(six[i], &addr), 0);
        assert_true(special_martian6(&addr));
    }
    assert_int_equal(addr_parse6("2001:db8::1", &addr), 0);
    assert_false(special_martian6(&addr));
    assert_true(special_martian4(ip("0.1.2.3")));
    assert_true(special_martian4(ip("127.0.0.1")));
    assert_true(special_martian4(ip("224.0.0.5")));
    assert_true(special_martian4(ip("250.0.0.5")));
    assert_false(special_martian4(ip("10.0.0.1")));
    assert_false(special_martian4(ip("223.255.255.255")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(WKP_01_each_special_range_at_its_edges),
        cmocka_unit_test(an_opened_range_is_reached_and_no_other),
        cmocka_unit_test(SEC_13_all_of_ipv4_opens_neither_loopback_nor_metadata),
        cmocka_unit_test(N64_3_5_05_sources_that_are_nobody),
    };
    return RUN(tests);
}
