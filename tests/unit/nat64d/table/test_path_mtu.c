/*
 * What is remembered of the paths towards backends: values, age, bounds.
 *
 * Layer: test
 * Specification: RFC 8201 4 and 5.2
 */
#include "tests/unit/test.h"

#include <string.h>

#include "nat64d/table/path_mtu.h"

#define S UINT64_C(1000000000)

enum { LINK = 1500 };

static struct path_mtu *table;

static int set_up(void **context)
{
    (void)context;
    return path_mtu_new((struct siphash_key){5, 6}, &table);
}

static int tear_down(void **context)
{
    (void)context;
    path_mtu_free(table);
    return 0;
}

static struct in6_addr host(uint32_t number)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    memcpy(&address.s6_addr[12], &number, sizeof(number));
    return address;
}

static bool learn(uint32_t number, uint32_t mtu, uint64_t now_ns)
{
    struct in6_addr address = host(number);
    return path_mtu_learn(table, &address, mtu, now_ns);
}

static uint32_t limit(uint32_t number)
{
    struct in6_addr address = host(number);
    return path_mtu_limit(table, &address, LINK);
}

TEST(SEC_43_one_backend_is_not_another)
{
    assert_int_equal(limit(1), LINK);
    assert_true(learn(1, 1420, S));
    assert_true(learn(2, 1280, S));
    assert_int_equal(limit(1), 1420);
    assert_int_equal(limit(2), 1280);
    assert_int_equal(limit(3), LINK);
    assert_int_equal(path_mtu_count(table), 2);
}

TEST(SEC_43_never_below_1280)
{
    static const uint32_t lies[] = {0, 68, 576, 1279, 65536 + 1280, 0xffffffff};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
        assert_false(learn(1, lies[i], S));
    assert_int_equal(limit(1), LINK);
    assert_true(learn(1, 1280, S));
    assert_int_equal(limit(1), 1280);
}

/* RFC 8201 4: an error never raises it. */
TEST(SEC_43_an_error_only_lowers)
{
    assert_true(learn(1, 1400, S));
    assert_false(learn(1, 1401, 2 * S));
    assert_int_equal(limit(1), 1400);
    assert_true(learn(1, 1399, 3 * S));
    assert_int_equal(limit(1), 1399);
    assert_int_equal(path_mtu_count(table), 1);
}

/* The link may be the narrower one by now. */
TEST(SEC_43_the_link_counts_too)
{
    struct in6_addr address = host(1);
    assert_true(learn(1, 1400, S));
    assert_int_equal(path_mtu_limit(table, &address, 1300), 1300);
}

TEST(SEC_43_forgotten_after_10_minutes)
{
    assert_true(learn(1, 1400, 100 * S));
    path_mtu_expire(table, 699 * S);
    assert_int_equal(limit(1), 1400);
    path_mtu_expire(table, 700 * S);
    assert_int_equal(limit(1), LINK);
    assert_int_equal(path_mtu_count(table), 0);
    assert_true(learn(1, 1450, 701 * S));
    assert_int_equal(limit(1), 1450);
}

/* The same once more counts anew; a larger one, which no packet of ours can have caused, does not. */
TEST(SEC_43_age_counts_from_the_last_error)
{
    assert_true(learn(1, 1400, 100 * S));
    assert_true(learn(1, 1400, 600 * S));
    assert_false(learn(1, 1450, 1000 * S));
    path_mtu_expire(table, 1199 * S);
    assert_int_equal(limit(1), 1400);
    path_mtu_expire(table, 1200 * S);
    assert_int_equal(limit(1), LINK);
}

TEST(SEC_43_the_table_is_bounded_and_the_oldest_goes)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < 10 * PATH_MTU_MAX; i++)
        assert_true(learn(i, 1300, i * 1000));
    assert_int_equal(path_mtu_count(table), PATH_MTU_MAX);
    for (uint32_t i = 9 * PATH_MTU_MAX; i < 10 * PATH_MTU_MAX; i++)
        kept += limit(i) == 1300;
    /* Of the newest that fill the table once, those whose bucket had more than its ways among them went. */
    assert_true(kept > PATH_MTU_MAX * 8 / 10);
    assert_int_equal(limit(10 * PATH_MTU_MAX - 1), 1300);
}

TEST(SEC_43_what_is_remembered_is_told)
{
    struct path_mtu_entry entry;
    struct in6_addr address = host(7);
    unsigned found = 0;
    assert_true(learn(7, 1350, 42 * S));
    for (uint32_t i = 0; i < PATH_MTU_MAX; i++)
        if (path_mtu_peek(table, i, &entry)) {
            assert_memory_equal(&entry.to, &address, sizeof(address));
            assert_int_equal(entry.mtu, 1350);
            assert_int_equal(entry.learned_ns, 42 * S);
            found++;
        }
    assert_int_equal(found, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(SEC_43_one_backend_is_not_another),
        CASE(SEC_43_never_below_1280),
        CASE(SEC_43_an_error_only_lowers),
        CASE(SEC_43_the_link_counts_too),
        CASE(SEC_43_forgotten_after_10_minutes),
        CASE(SEC_43_age_counts_from_the_last_error),
        CASE(SEC_43_the_table_is_bounded_and_the_oldest_goes),
        CASE(SEC_43_what_is_remembered_is_told),
    };
    return RUN(tests);
}
