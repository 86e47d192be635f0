/*
 * Layer: test
 * Specification: RFC 6146 3.1
 */
#include "tests/unit/test.h"

#include <string.h>

#include "pool/binding.h"
#include "pool/prefixes.h"

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

TEST(CGN_R3_scattered_pools_number_their_addresses)
{
    const struct addr_port_range ports = {1024, 65535};
    const struct prefixes_input input[3] = {{{0xc0000210, 30}, &ports, 1, "a"},
                                            {{0xcb007105, 32}, &ports, 1, "b"},
                                            {{0xc6336400, 31}, &ports, 1, "c"}};
    struct prefixes prefixes;
    assert_int_equal(prefixes_init(&prefixes, input, 3), 0);
    assert_int_equal(prefixes.addresses, 7);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(prefixes_find(&prefixes, prefixes_address(&prefixes, i)), i);
    assert_int_equal(prefixes_find(&prefixes, 0xc0000214), PREFIXES_NONE);
    assert_string_equal(prefixes_pool_of(&prefixes, 4)->name, "b");
    assert_true(prefixes_port_is_ours(&prefixes, 4, 1024));
    assert_false(prefixes_port_is_ours(&prefixes, 4, 1023));
    prefixes_done(&prefixes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_1_05_bindings_are_found_by_protocol_address_and_port),
        cmocka_unit_test(CGN_R3_scattered_pools_number_their_addresses),
    };
    return RUN(tests);
}
