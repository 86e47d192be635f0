/*
 * Layer: test
 * Specification: RFC 6052 2.2 - 2.4, RFC 8215
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/pref64.h"

static struct addr_prefix6 prefix_of(const char *text)
{
    struct addr_prefix6 prefix;
    assert_int_equal(addr_parse_prefix6(text, &prefix), 0);
    return prefix;
}

TEST(ADR_2_2_01_only_the_six_lengths)
{
    for (int len = 0; len <= 128; len++) {
        struct addr_prefix6 prefix = {.len = (uint8_t)len};
        bool good = len == 32 || len == 40 || len == 48 || len == 56 || len == 64 || len == 96;
        assert_int_equal(pref64_check(&prefix), good ? 0 : -EINVAL);
    }
}

TEST(ADR_2_2_02_u_byte_is_zero_also_inside_a_96)
{
    struct addr_prefix6 prefix = prefix_of("2001:db8:0:0:100::/96");
    assert_int_equal(pref64_check(&prefix), -EINVAL);
}

TEST(LUP_05_u_byte_is_zero_in_the_local_prefix_too)
{
    static const char *const good[] = {"64:ff9b:1::/48", "64:ff9b:1::/64", "64:ff9b:1:fffe::/96"};
    static const char *const bad[] = {"64:ff9b:1:0:100::/96", "64:ff9b:1:0:ff00::/96"};
    uint32_t back;
    for (size_t i = 0; i < 3; i++) {
        struct addr_prefix6 prefix = prefix_of(good[i]);
        assert_int_equal(pref64_check(&prefix), 0);
        struct in6_addr addr = pref64_embed(&prefix, 0xc0000221);
        assert_int_equal(addr.s6_addr[8], 0);
        addr.s6_addr[8] = 1;
        assert_false(pref64_extract(&prefix, &addr, &back));
    }
    for (size_t i = 0; i < 2; i++) {
        struct addr_prefix6 prefix = prefix_of(bad[i]);
        assert_int_equal(pref64_check(&prefix), -EINVAL);
    }
}

/* The table of RFC 6052 2.4 and more of its kind. */
static const struct {
    const char *prefix;
    const char *images[3];
} vectors[] = {
    {"2001:db8::/32", {"2001:db8:c000:221::", "2001:db8:cb00:714d::", "2001:db8:c000:aa::"}},
    {"2001:db8:100::/40", {"2001:db8:1c0:2:21::", "2001:db8:1cb:71:4d::", "2001:db8:1c0:0:aa::"}},
    {"2001:db8:122::/48",
     {"2001:db8:122:c000:2:2100::", "2001:db8:122:cb00:71:4d00::", "2001:db8:122:c000:0:aa00::"}},
    {"2001:db8:122:300::/56",
     {"2001:db8:122:3c0:0:221::", "2001:db8:122:3cb:0:714d::", "2001:db8:122:3c0:0:aa::"}},
    {"2001:db8:122:344::/64",
     {"2001:db8:122:344:c0:2:2100:0", "2001:db8:122:344:cb:71:4d00:0", "2001:db8:122:344:c0:0:aa00:0"}},
    {"2001:db8:122:344::/96",
     {"2001:db8:122:344::c000:221", "2001:db8:122:344::cb00:714d", "2001:db8:122:344::c000:aa"}},
    {"64:ff9b::/96", {"64:ff9b::c000:221", "64:ff9b::cb00:714d", "64:ff9b::c000:aa"}},
    {"64:ff9b:1:fffe::/96",
     {"64:ff9b:1:fffe::c000:221", "64:ff9b:1:fffe::cb00:714d", "64:ff9b:1:fffe::c000:aa"}},
};

TEST(ADR_2_2_03_N64_3_5_4_02_vectors_both_ways)
{
    static const uint32_t addresses[3] = {0xc0000221, 0xcb00714d, 0xc00000aa};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        for (size_t k = 0; k < 3; k++) {
            struct addr_prefix6 prefix = prefix_of(vectors[i].prefix);
            struct in6_addr expected, image = pref64_embed(&prefix, addresses[k]);
            uint32_t back;
            assert_int_equal(addr_parse6(vectors[i].images[k], &expected), 0);
            assert_memory_equal(&image, &expected, sizeof(image));
            assert_true(pref64_extract(&prefix, &image, &back));
            assert_int_equal(back, addresses[k]);
        }
}

TEST(ADR_2_3_01_N64_3_5_4_01_round_trip_over_random_addresses)
{
    unsigned seed = 7;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct addr_prefix6 prefix = prefix_of(vectors[i].prefix);
        for (int n = 0; n < 10000; n++) {
            uint32_t address = (uint32_t)rand_r(&seed) << 1 ^ (uint32_t)rand_r(&seed), back;
            struct in6_addr image = pref64_embed(&prefix, address);
            assert_int_equal(image.s6_addr[8], 0);
            assert_true(pref64_extract_exact(&prefix, &image, &back));
            assert_int_equal(back, address);
        }
    }
}

TEST(ADR_2_2_04_suffix_is_ignored_and_u_byte_is_not)
{
    struct addr_prefix6 prefix = prefix_of("2001:db8:122::/48");
    struct in6_addr addr = pref64_embed(&prefix, 0xc0000221);
    uint32_t back;
    addr.s6_addr[15] = 1;
    assert_true(pref64_extract(&prefix, &addr, &back));
    assert_int_equal(back, 0xc0000221);
    assert_false(pref64_extract_exact(&prefix, &addr, &back));
    addr.s6_addr[8] = 1;
    assert_false(pref64_extract(&prefix, &addr, &back));
}

TEST(N64_3_5_02_outside_the_prefix_is_not_extracted)
{
    struct in6_addr addr;
    uint32_t back;
    assert_int_equal(addr_parse6("64:ff9b:1::c000:221", &addr), 0);
    assert_false(pref64_extract(&pref64_well_known, &addr, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ADR_2_2_01_only_the_six_lengths),
        cmocka_unit_test(ADR_2_2_02_u_byte_is_zero_also_inside_a_96),
        cmocka_unit_test(LUP_05_u_byte_is_zero_in_the_local_prefix_too),
        cmocka_unit_test(ADR_2_2_03_N64_3_5_4_02_vectors_both_ways),
        cmocka_unit_test(ADR_2_3_01_N64_3_5_4_01_round_trip_over_random_addresses),
        cmocka_unit_test(ADR_2_2_04_suffix_is_ignored_and_u_byte_is_not),
        cmocka_unit_test(N64_3_5_02_outside_the_prefix_is_not_extracted),
    };
    return RUN(tests);
}
