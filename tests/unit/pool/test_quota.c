/*
 * Layer: test
 * Specification: RFC 4787 4.1, RFC 6888 REQ-2
 */
#include "tests/unit/test.h"

#include <errno.h>

#include "pool/quota.h"

static struct in6_addr backend(unsigned n)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    address.s6_addr[14] = (uint8_t)(n >> 8);
    address.s6_addr[15] = (uint8_t)n;
    return address;
}

TEST(N64_ALC_01_a_backend_keeps_its_address_while_it_has_bindings)
{
    struct quota *quota;
    struct in6_addr who = backend(1);
    struct quota_use use;
    uint32_t first, again;
    bool is_first;
    assert_int_equal(quota_new(1000, 128, (struct siphash_key){1, 2}, &quota), 0);
    assert_int_equal(quota_bind(quota, &who, 16, 0, &first, &is_first), 0);
    assert_true(is_first);
    for (uint32_t attempt = 0; attempt < 5; attempt++) {
        assert_int_equal(quota_bind(quota, &who, 16, attempt, &again, &is_first), 0);
        assert_int_equal(again, first);
        assert_false(is_first);
    }
    quota_session_add(quota, &who);
    assert_true(quota_get(quota, &who, &use));
    assert_int_equal(use.bindings, 6);
    assert_int_equal(use.sessions, 1);
    for (int i = 0; i < 6; i++)
        quota_unbind(quota, &who);
    assert_false(quota_get(quota, &who, &use));
    quota_free(quota);
}

TEST(N64_ALC_10_addresses_are_spread_and_an_attempt_falls_forward)
{
    struct quota *quota;
    unsigned count[8] = {0};
    uint32_t address, next;
    bool first;
    assert_int_equal(quota_new(20000, 128, (struct siphash_key){1, 2}, &quota), 0);
    for (unsigned i = 0; i < 8000; i++) {
        struct in6_addr who = backend(i);
        assert_int_equal(quota_bind(quota, &who, 8, 0, &address, &first), 0);
        count[address]++;
        quota_unbind(quota, &who);
        assert_int_equal(quota_bind(quota, &who, 8, 1, &next, &first), 0);
        assert_int_equal(next, (address + 1) % 8);
        quota_unbind(quota, &who);
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(count[i], 800, 1200);
    quota_free(quota);
}

TEST(records_are_bounded)
{
    struct quota *quota;
    unsigned made = 0;
    uint32_t address;
    bool first;
    assert_int_equal(quota_new(640, 128, (struct siphash_key){1, 2}, &quota), 0);
    for (unsigned i = 0; i < 5000; i++) {
        struct in6_addr who = backend(i);
        int r = quota_bind(quota, &who, 1, 0, &address, &first);
        assert_true(r == 0 || r == -ENOSPC);
        made += r == 0;
    }
    assert_int_equal(made, 704); /* 64 stripes of 11 */
    quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_ALC_01_a_backend_keeps_its_address_while_it_has_bindings),
        cmocka_unit_test(N64_ALC_10_addresses_are_spread_and_an_attempt_falls_forward),
        cmocka_unit_test(records_are_bounded),
    };
    return RUN(tests);
}
