/*
 * Any query at all, against many policies, with upstreams that say anything: the fuzz target of queries with
 * bytes of a fixed sequence, so that each run of the tests has some.
 *
 * Layer: test
 * Specification: RFC 6147 5
 */
#include "tests/unit/test.h"

enum { SCRIPTS = 30000, SCRIPT_LEN = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t state;

static uint8_t pick(void)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint8_t)(state >> 56);
}

/* What asserts in the target would end this program as it would end dns64. */
TEST(LES_D_01_no_query_ends_the_process)
{
    uint8_t script[SCRIPT_LEN];
    state = 5688; /* CVE-2012-5688 */
    for (int i = 0; i < SCRIPTS; i++) {
        size_t len = pick() % SCRIPT_LEN;
        for (size_t k = 0; k < len; k++)
            script[k] = pick() & 1 ? pick() & 7 : pick(); /* small numbers choose what is common */
        assert_int_equal(LLVMFuzzerTestOneInput(script, len), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(LES_D_01_no_query_ends_the_process)};
    return RUN(tests);
}
