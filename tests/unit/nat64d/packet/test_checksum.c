/*
 * Layer: test
 * Specification: RFC 1071, RFC 1624
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "nat64d/packet/checksum.h"

/* The plainest form of RFC 1071 4.1. */
static uint16_t naive(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)data[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

TEST(CK_01_every_length_and_alignment_agrees_with_the_plain_form)
{
    uint8_t data[1700];
    unsigned seed = 3;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)rand_r(&seed);
    for (size_t offset = 0; offset < 4; offset++)
        for (size_t len = 0; len < 1600; len++)
            assert_int_equal(checksum_fold(checksum_add(0, data + offset, len)), naive(data + offset, len));
}

TEST(CK_02_the_example_of_rfc_1624)
{
    assert_int_equal(checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

TEST(CK_02_an_update_equals_a_new_sum)
{
    unsigned seed = 5;
    for (int i = 0; i < 200000; i++) {
        uint8_t data[20];
        for (size_t k = 0; k < sizeof(data); k++)
            data[k] = (uint8_t)(rand_r(&seed) % 4 == 0 ? 0xff : rand_r(&seed));
        uint16_t before = checksum_finish(checksum_add(0, data, sizeof(data)));
        size_t at = (size_t)(rand_r(&seed) % 9) * 2;
        uint64_t removed = (uint64_t)data[at] << 8 | data[at + 1], added = (uint64_t)(rand_r(&seed) & 0xffff);
        data[at] = (uint8_t)(added >> 8);
        data[at + 1] = (uint8_t)added;
        uint16_t after = checksum_update(before, removed, added);
        uint16_t whole = checksum_finish(checksum_add(0, data, sizeof(data)));
        /* 0 and 0xffff are the same number; all-zero data cannot come about here. */
        assert_true(after == whole || (uint16_t)(after ^ whole) == 0xffff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CK_01_every_length_and_alignment_agrees_with_the_plain_form),
        cmocka_unit_test(CK_02_the_example_of_rfc_1624),
        cmocka_unit_test(CK_02_an_update_equals_a_new_sum),
    };
    return RUN(tests);
}
