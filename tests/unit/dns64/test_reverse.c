/*
 * Reverse names of the prefixes, for each length.
 *
 * Layer: test
 * Specification: RFC 6147 5.3.1, RFC 6052 2.2
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/pref64.h"
#include "dns64/rfc6147/reverse.h"

static const struct addr_prefix6 well_known = {{{{0, 0x64, 0xff, 0x9b}}}, 96};
static size_t apex;
static uint32_t address;

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

static enum reverse_place find(const char *text, const struct addr_prefix6 *prefix)
{
    struct name name = name_of(text);
    return reverse_find(&name, prefix, &apex, &address);
}

#define WELL_KNOWN "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa"

TEST(D64_5_3_1_01_the_address_in_a_reverse_name)
{
    struct name name, target, expected = name_of("33.2.0.192.in-addr.arpa");
    assert_int_equal(find("1.2.2.0.0.0.0.c." WELL_KNOWN, &well_known), REVERSE_ADDRESS);
    assert_int_equal(address, 0xc0000221);
    reverse_name4(address, &target);
    assert_true(name_equal(&target, &expected));
    assert_int_equal(
        find("1.2.2.0.0.0.0.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.B.9.F.F.4.6.0.0.IP6.Arpa", &well_known),
        REVERSE_ADDRESS);
    struct in6_addr image = pref64_embed(&well_known, 0xc0000221);
    reverse_name6(&image, &name);
    expected = name_of("1.2.2.0.0.0.0.c." WELL_KNOWN);
    assert_true(name_equal(&name, &expected));
}

/* RFC 6052 2.4 has these. */
TEST(D64_5_3_1_04_extraction_by_each_length)
{
    static const struct {
        const char *prefix, *image;
    } cases[] = {
        {"2001:db8::/32", "2001:db8:c000:221::"},
        {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
        {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
        {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
        {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
        {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
    };
    char text[NAME_TEXT_LEN];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct addr_prefix6 prefix;
        struct in6_addr image;
        struct name name;
        assert_int_equal(addr_parse_prefix6(cases[i].prefix, &prefix), 0);
        assert_int_equal(addr_parse6(cases[i].image, &image), 0);
        reverse_name6(&image, &name);
        address = 0;
        assert_int_equal(find(name_print(&name, text), &prefix), REVERSE_ADDRESS);
        assert_int_equal(address, 0xc0000221);
        image.s6_addr[8] = 1; /* the u octet */
        reverse_name6(&image, &name);
        assert_int_equal(find(name_print(&name, text), &prefix), REVERSE_OUTSIDE);
        image.s6_addr[8] = 0;
        image.s6_addr[15] ^= 1; /* the suffix, or the IPv4 address */
        reverse_name6(&image, &name);
        assert_int_equal(find(name_print(&name, text), &prefix),
                         prefix.len == 96 ? REVERSE_ADDRESS : REVERSE_OUTSIDE);
    }
    assert_int_equal(address, 0xc0000220);
}

/* The /48 of the requirement's text. */
TEST(D64_5_3_1_04_a_vector_of_48)
{
    struct addr_prefix6 prefix;
    assert_int_equal(addr_parse_prefix6("2001:db8:122::/48", &prefix), 0);
    assert_int_equal(
        find("0.0.0.0.0.0.0.0.0.0.1.2.2.0.0.0.0.0.0.c.2.2.1.0.8.b.d.0.1.0.0.2.ip6.arpa", &prefix),
        REVERSE_ADDRESS);
    assert_int_equal(address, 0xc0000221);
}

TEST(D64_5_3_1_05_names_too_short_and_too_long)
{
    struct name name, zone = name_of(WELL_KNOWN), rest;
    static const char *const above[] = {"1." WELL_KNOWN, "2.0.0.0.0.c." WELL_KNOWN,
                                        "2.2.0.0.0.0.c." WELL_KNOWN};
    assert_int_equal(find(WELL_KNOWN, &well_known), REVERSE_APEX);
    assert_int_equal(apex, 0);
    for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
        assert_int_equal(find(above[i], &well_known), REVERSE_ABOVE);
        name = name_of(above[i]);
        name_from_label(&name, apex, &rest);
        assert_true(name_equal(&rest, &zone));
    }
    assert_int_equal(find("x.1.2.2.0.0.0.0.c." WELL_KNOWN, &well_known), REVERSE_NOTHING);
    assert_int_equal(find("0.1.2.2.0.0.0.0.c." WELL_KNOWN, &well_known), REVERSE_NOTHING);
    assert_int_equal(find("a.b.c.1.2.2.0.0.0.0.c." WELL_KNOWN, &well_known), REVERSE_NOTHING);
}

TEST(D64_5_3_1_03_names_of_no_prefix)
{
    static const char *const outside[] = {
        "1.2.2.0.0.0.0.c.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
        "1.2.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpb",
        "b.9.f.f.4.6.0.0.ip6.arpa",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
        "c.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
        "x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
        "ip6.arpa",
        "arpa",
        ".",
        "33.2.0.192.in-addr.arpa",
    };
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        assert_int_equal(find(outside[i], &well_known), REVERSE_OUTSIDE);
}

TEST(LES_D_25_labels_that_are_no_nibbles)
{
    static const char *const texts[] = {
        "zz.2.2.0.0.0.0.c." WELL_KNOWN,
        "g.2.2.0.0.0.0.c." WELL_KNOWN,
        "0x1.2.2.0.0.0.0.c." WELL_KNOWN,
        "1.zz.2.0.0.0.0.c." WELL_KNOWN,
        "012345678901234567890123456789012345678901234567890123456789012." WELL_KNOWN,
        "-." WELL_KNOWN,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(find(texts[i], &well_known), REVERSE_NOTHING);
    /* As many labels as a name can have. */
    struct name longest = {0}, tail = name_of(WELL_KNOWN);
    while (longest.len + 2 + tail.len <= NAME_MAX_LEN) {
        longest.bytes[longest.len++] = 1;
        longest.bytes[longest.len++] = '0';
    }
    memcpy(longest.bytes + longest.len, tail.bytes, tail.len);
    longest.len = (uint8_t)(longest.len + tail.len);
    assert_int_equal(reverse_find(&longest, &well_known, &apex, &address), REVERSE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D64_5_3_1_01_the_address_in_a_reverse_name),
        cmocka_unit_test(D64_5_3_1_04_extraction_by_each_length),
        cmocka_unit_test(D64_5_3_1_04_a_vector_of_48),
        cmocka_unit_test(D64_5_3_1_05_names_too_short_and_too_long),
        cmocka_unit_test(D64_5_3_1_03_names_of_no_prefix),
        cmocka_unit_test(LES_D_25_labels_that_are_no_nibbles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
