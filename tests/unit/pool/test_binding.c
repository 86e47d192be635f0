/*
 * Layer: test
 * Specification: RFC 6146 3.1
 */
#include "tests/unit/test.h"

#include <string.h>

#include "pool/binding.h"

TEST(N64_3_1_05_bindings_are_found_by_protocol_address_and_port)
{
    struct binding list[100];
    struct binding_table *table;
    memset(list, 0, sizeof(list));
    for (unsigned i = 0; i < 100; i++) {
        list[i].transport = i % 2 == 0 ? TRANSPORT_TCP : TRANSPORT_UDP;
        list[i].src4 = 0xc0000201 + i / 50;
        list[i].src4_port = (uint16_t)(80 + i);
    }
    assert_int_equal(binding_new(list, 100, (struct siphash_key){1, 1}, &table), 0);
    for (unsigned i = 0; i < 100; i++) {
        const struct binding *found =
            binding_find4(table, list[i].transport, list[i].src4, list[i].src4_port);
        assert_ptr_equal(found, binding_at(table, i));
        assert_null(binding_find4(table, i % 2 == 0 ? TRANSPORT_UDP : TRANSPORT_TCP, list[i].src4,
                                  list[i].src4_port));
        assert_null(binding_find4(table, list[i].transport, 0xc0000301, list[i].src4_port));
    }
    binding_free(table);
    assert_int_equal(binding_new(NULL, 0, (struct siphash_key){1, 1}, &table), 0);
    assert_null(binding_find4(table, TRANSPORT_TCP, 1, 1));
    binding_free(table);
}

/* 0xc0000201: TCP 8000-8009 and 443, UDP all ports; to 2001:db8::5 and 2001:db8::6. */
TEST(N64_3_1_05_ranges_are_found_from_either_side)
{
    static const struct addr_prefix4 from[] = {{0xc6336400, 24}};
    const struct in6_addr five = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}};
    const struct in6_addr six = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 6}}};
    const struct binding list[] = {
        {TRANSPORT_TCP, five, 80, 0xc0000201, 8000, 9, from, 1, "ten"},
        {TRANSPORT_UDP, six, 0, 0xc0000201, 0, 65535, NULL, 0, "all"},
        {TRANSPORT_TCP, six, 443, 0xc0000201, 443, 0, NULL, 0, "one"},
    };
    struct binding_table *table;
    assert_int_equal(binding_new(list, 3, (struct siphash_key){1, 1}, &table), 0);
    for (unsigned i = 0; i < 10; i++) {
        const struct binding *found = binding_find4(table, TRANSPORT_TCP, 0xc0000201, (uint16_t)(8000 + i));
        assert_int_equal(binding_index(table, found), 0);
        assert_int_equal(binding_port6(found, (uint16_t)(8000 + i)), 80 + i);
        assert_ptr_equal(binding_find6(table, TRANSPORT_TCP, &five, (uint16_t)(80 + i)), found);
        assert_int_equal(binding_port4(found, (uint16_t)(80 + i)), 8000 + i);
    }
    static const uint16_t not_there[] = {0, 442, 444, 7999, 8010, 65535};
    for (unsigned i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++) {
        assert_null(binding_find4(table, TRANSPORT_TCP, 0xc0000201, not_there[i]));
        assert_string_equal(binding_find4(table, TRANSPORT_UDP, 0xc0000201, not_there[i])->name, "all");
        assert_string_equal(binding_find6(table, TRANSPORT_UDP, &six, not_there[i])->name, "all");
    }
    assert_null(binding_find6(table, TRANSPORT_TCP, &five, 79));
    assert_null(binding_find6(table, TRANSPORT_TCP, &five, 90));
    assert_null(binding_find6(table, TRANSPORT_UDP, &five, 80));
    assert_true(binding_admits(binding_at(table, 0), 0xc63364ff));
    assert_false(binding_admits(binding_at(table, 0), 0xc6336500));
    assert_true(binding_admits(binding_at(table, 1), 0xc6336500));
    binding_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_1_05_bindings_are_found_by_protocol_address_and_port),
        cmocka_unit_test(N64_3_1_05_ranges_are_found_from_either_side),
    };
    return RUN(tests);
}
