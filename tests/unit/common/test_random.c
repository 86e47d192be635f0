/*
 * Randomness by small pieces: none is given twice, and all values come.
 *
 * Layer: test
 * Specification: RFC 5452 9.2
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/random.h"

enum {
    DRAWS = 10000,
    VALUES = 65536,
    BITS = 16,
};

/* RFC 5452: of ten thousand numbers each bit is set in about half, and few are twice among 65536. */
TEST(SPF_5452_02_numbers_of_the_whole_range_by_chance)
{
    static unsigned seen[VALUES];
    struct random random = {0};
    unsigned set[BITS] = {0}, different = 0, follow = 0;
    uint16_t last = 0;
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < DRAWS; i++) {
        uint16_t value = random_16(&random);
        different += seen[value]++ == 0;
        follow += value == (uint16_t)(last + 1);
        for (int bit = 0; bit < BITS; bit++)
            set[bit] += value >> bit & 1;
        last = value;
    }
    /* Ten deviations from the mean. */
    for (int bit = 0; bit < BITS; bit++)
        assert_in_range(set[bit], DRAWS / 2 - 500, DRAWS / 2 + 500);
    assert_in_range(different, 8900, 9700); /* 9270 are expected */
    assert_true(follow < 10);
}

TEST(SPF_5452_02_no_byte_is_given_twice_or_left_behind)
{
    struct random random = {0};
    uint8_t first[RANDOM_AHEAD], second[RANDOM_AHEAD], none[RANDOM_AHEAD] = {0};
    for (size_t len = 1; len <= RANDOM_AHEAD; len += len < 16 ? 1 : 16) {
        random_bytes(&random, first, len);
        random_bytes(&random, second, len);
        assert_true(len < 12 || memcmp(first, second, len) != 0);
    }
    random_bytes(&random, first, RANDOM_AHEAD);
    assert_memory_equal(random.bytes, none, RANDOM_AHEAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SPF_5452_02_numbers_of_the_whole_range_by_chance),
        cmocka_unit_test(SPF_5452_02_no_byte_is_given_twice_or_left_behind),
    };
    return RUN(tests);
}
