/*
 * Layer: test
 * Specification: RFC 7757 3.3, appendix B (the table and its addresses)
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>

#include "pool/eam.h"

static const char *const table[][2] = {
    {"192.0.2.1", "2001:db8:aaaa::"},           {"192.0.2.2/32", "2001:db8:bbbb::b/128"},
    {"192.0.2.16/28", "2001:db8:cccc::/124"},   {"192.0.2.128/26", "2001:db8:dddd::/64"},
    {"192.0.2.192/29", "2001:db8:eeee:8::/62"}, {"192.0.2.224/31", "64:ff9b::/127"},
};

static struct eam *make(const char *const pairs[][2], size_t count)
{
    struct eam_entry entries[16];
    struct eam *eam;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(addr_parse_prefix4(pairs[i][0], &entries[i].prefix4), 0);
        assert_int_equal(addr_parse_prefix6(pairs[i][1], &entries[i].prefix6), 0);
    }
    assert_int_equal(eam_new(entries, (uint32_t)count, (struct siphash_key){1, 2}, &eam), 0);
    return eam;
}

static void stand_for_each_other(const struct eam *eam, const char *text4, const char *text6)
{
    struct in6_addr wanted6, found6;
    uint32_t wanted4, found4;
    char shown[INET6_ADDRSTRLEN];
    assert_int_equal(addr_parse4(text4, &wanted4), 0);
    assert_int_equal(addr_parse6(text6, &wanted6), 0);
    assert_true(eam_find4(eam, wanted4, &found6));
    assert_string_equal(inet_ntop(AF_INET6, &found6, shown, sizeof(shown)), text6);
    assert_true(eam_find6(eam, &wanted6, &found4));
    assert_int_equal(found4, wanted4);
}

TEST(EAM_02_and_03_the_addresses_of_the_rfc)
{
    struct eam *eam = make(table, sizeof(table) / sizeof(table[0]));
    static const char *const pairs[][2] = {
        {"192.0.2.1", "2001:db8:aaaa::"},
        {"192.0.2.2", "2001:db8:bbbb::b"},
        {"192.0.2.16", "2001:db8:cccc::"},
        {"192.0.2.24", "2001:db8:cccc::8"},
        {"192.0.2.31", "2001:db8:cccc::f"},
        {"192.0.2.128", "2001:db8:dddd::"},
        {"192.0.2.152", "2001:db8:dddd:0:6000::"},
        {"192.0.2.183", "2001:db8:dddd:0:dc00::"},
        {"192.0.2.191", "2001:db8:dddd:0:fc00::"},
        {"192.0.2.192", "2001:db8:eeee:8::"},
        {"192.0.2.195", "2001:db8:eeee:9:8000::"},
        {"192.0.2.224", "64:ff9b::"},
        {"192.0.2.225", "64:ff9b::1"},
    };
    struct in6_addr none6;
    uint32_t address;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        stand_for_each_other(eam, pairs[i][0], pairs[i][1]);
    assert_false(eam_find4(eam, 0xc00002f8, &none6)); /* 192.0.2.248: RFC 6052's */
    assert_int_equal(addr_parse6("64:ff9b::c000:2f8", &none6), 0);
    assert_false(eam_find6(eam, &none6, &address));
    /* What lies behind the suffix is cut off. */
    assert_int_equal(addr_parse6("2001:db8:dddd:0:63ff::1", &none6), 0);
    assert_true(eam_find6(eam, &none6, &address));
    assert_int_equal(address, 0xc0000298);
    eam_free(eam);
}

TEST(EAM_02_EAM_03_the_longest_prefix_wins)
{
    static const char *const nested[][2] = {
        {"198.51.0.0/16", "2001:db8:1::/48"},
        {"198.51.100.0/24", "2001:db8:1:2::/64"},
        {"198.51.100.7", "2001:db8:1:2:7::7"},
        {"0.0.0.0/0", "2001:db8:ffff::/96"},
    };
    struct eam *eam = make(nested, 4);
    stand_for_each_other(eam, "198.51.100.7", "2001:db8:1:2:7::7");
    stand_for_each_other(eam, "198.51.100.8", "2001:db8:1:2:800::");
    stand_for_each_other(eam, "198.51.1.255", "2001:db8:1:1ff::");
    stand_for_each_other(eam, "203.0.113.255", "2001:db8:ffff::cb00:71ff");
    eam_free(eam);
    uint32_t address;
    struct in6_addr none6 = {0};
    assert_false(eam_find4(NULL, 1, &none6));
    assert_false(eam_find6(NULL, &none6, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EAM_02_and_03_the_addresses_of_the_rfc),
        cmocka_unit_test(EAM_02_EAM_03_the_longest_prefix_wins),
    };
    return RUN(tests);
}
