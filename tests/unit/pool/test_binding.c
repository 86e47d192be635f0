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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_1_05_bindings_are_found_by_protocol_address_and_port),
    };
    return RUN(tests);
}
