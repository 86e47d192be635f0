/*
 * Layer: test
 * Specification: RFC 7915 4.2 and 5.2, RFC 1191 7.1
 */
#include "tests/unit/test.h"

#include "nat64d/rfc7915/mtu.h"

static const struct translation_mtu ethernet = {1500, 1500};

TEST(XL_MTU_01_from_ipv4_to_ipv6)
{
    assert_int_equal(mtu_46(1400, 1500, &ethernet), 1420);
    assert_int_equal(mtu_46(576, 1500, &ethernet), 1280);
    assert_int_equal(mtu_46(68, 1500, &ethernet), 1280);
    assert_int_equal(mtu_46(9000, 9000, &ethernet), 1500);
    assert_int_equal(mtu_46(65535, 9000, &(struct translation_mtu){65535, 1400}), 1420);
}

TEST(XL_MTU_02_an_old_router_says_nothing)
{
    const struct translation_mtu wide = {65535, 65535};
    assert_int_equal(mtu_46(0, 1500, &wide), 1512);
    assert_int_equal(mtu_46(0, 4000, &wide), 2022);
    assert_int_equal(mtu_46(0, 1300, &wide), 1280);
    assert_int_equal(mtu_46(0, 1500, &ethernet), 1500);
}

TEST(XL_MTU_04_from_ipv6_to_ipv4)
{
    assert_int_equal(mtu_64(1400, false, &ethernet), 1380);
    assert_int_equal(mtu_64(1400, true, &ethernet), 1372);
    assert_int_equal(mtu_64(9000, false, &ethernet), 1480);
    assert_int_equal(mtu_64(0xffffffff, false, &(struct translation_mtu){0xffffffff, 0xffffffff}), 65535);
}

TEST(XL_MTU_06_never_below_68)
{
    assert_int_equal(mtu_64(10, false, &ethernet), 68);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(XL_MTU_01_from_ipv4_to_ipv6),
        cmocka_unit_test(XL_MTU_02_an_old_router_says_nothing),
        cmocka_unit_test(XL_MTU_04_from_ipv6_to_ipv4),
        cmocka_unit_test(XL_MTU_06_never_below_68),
    };
    return RUN(tests);
}
