/*
 * The limit of answers for each client network: its pace, who is told from whom, and what many networks do to
 * it.
 *
 * Layer: test
 * Specification: RFC 5358 4
 */
#include "tests/unit/test.h"

#include "dns64/access/rate.h"
#include "dns64/access/refusals.h"

#define SECOND UINT64_C(1000000000)

static const struct siphash_key secret = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};
static const uint64_t start = 1000 * SECOND;

static struct addr client6(uint32_t network, uint8_t host)
{
    struct addr addr = {.family = AF_INET6, .v6 = {{{0x20, 0x01, 0x0d, 0xb8}}}};
    for (int i = 0; i < 4; i++)
        addr.v6.s6_addr[4 + i] = (uint8_t)(network >> (24 - 8 * i));
    addr.v6.s6_addr[15] = host;
    return addr;
}

static struct addr client4(uint32_t v4)
{
    return (struct addr){.family = AF_INET, .v4 = v4};
}

/* How many of `tries` at this moment are given. */
static unsigned take(struct rate *rate, const struct addr *client, uint32_t per_second, uint64_t now,
                     unsigned tries)
{
    unsigned given = 0;
    for (unsigned i = 0; i < tries; i++)
        given += rate_take(rate, client, per_second, now);
    return given;
}

TEST(SEC_03_so_many_at_once_and_so_many_a_second)
{
    struct rate *rate = rate_new(secret);
    struct addr client = client6(1, 1);
    assert_non_null(rate);
    assert_int_equal(take(rate, &client, 20, start, 100), 20);
    assert_int_equal(take(rate, &client, 20, start + SECOND / 2, 100), 10);
    assert_int_equal(take(rate, &client, 20, start + SECOND, 100), 10);
    assert_int_equal(take(rate, &client, 20, start + 10 * SECOND, 100),
                     20); /* nothing is saved up beyond a second */
    rate_free(rate);
}

TEST(SEC_32_a_network_of_64_bits_has_one_limit)
{
    struct rate *rate = rate_new(secret);
    unsigned given = 0;
    for (unsigned host = 0; host < 256; host++) {
        struct addr client = client6(7, (uint8_t)host);
        given += rate_take(rate, &client, 20, start);
    }
    assert_int_equal(given, 20);
    struct addr neighbour = client6(8, 0);
    assert_int_equal(take(rate, &neighbour, 20, start, 100), 20);
    rate_free(rate);
}

TEST(SEC_32_each_IPv4_address_has_its_limit)
{
    struct rate *rate = rate_new(secret);
    struct addr one = client4(0xc0000201), other = client4(0xc0000202);
    assert_int_equal(take(rate, &one, 5, start, 100), 5);
    assert_int_equal(take(rate, &other, 5, start, 100), 5);
    rate_free(rate);
}

/* Each asks once; who is at its limit stays there, whatever they do. */
TEST(SEC_32_2_to_20_sources_do_not_free_one_of_its_limit)
{
    struct rate *rate = rate_new(secret);
    struct addr greedy = client6(0, 1);
    assert_int_equal(take(rate, &greedy, 100, start, 1000), 100);
    unsigned given = 0;
    for (uint32_t network = 1; network < 1u << 20; network++) {
        struct addr client = client6(network, 1);
        given += rate_take(rate, &client, 100, start);
    }
    assert_int_equal(given, (1u << 20) - 1);
    assert_int_equal(take(rate, &greedy, 100, start, 100), 0);
    rate_free(rate);
}

/* Who has a cookie is not limited, and takes nothing from the others behind the same prefix. */
TEST(CKI_03_what_is_given_back_is_there_for_others)
{
    struct rate *rate = rate_new(secret);
    struct addr known = client6(0, 1), other = client6(0, 2);
    for (int i = 0; i < 5000; i++) {
        assert_true(rate_take(rate, &known, 10, start));
        rate_give(rate, &known, 10);
    }
    assert_int_equal(take(rate, &other, 10, start, 20), 10);
    rate_give(rate, &known, 10);
    assert_int_equal(take(rate, &other, 10, start, 20), 1);
    rate_free(rate);
}

TEST(SEC_03_refusals_are_so_many_a_second)
{
    struct refusals refusals = {0};
    for (unsigned second = 0; second < 2; second++) {
        for (unsigned i = 0; i < REFUSALS_PER_SECOND; i++)
            assert_true(refusals_take(&refusals, start + second * SECOND + i));
        for (unsigned i = 0; i < 2 * REFUSALS_PER_SECOND; i++)
            assert_false(refusals_take(&refusals, start + second * SECOND + SECOND - 1));
    }
}

/* Networks that are equal but for bits that a sum or a mask would lose share no places: each is counted. */
TEST(SEC_30_what_collides_without_a_key_does_not_with_one)
{
    struct rate *rate = rate_new(secret);
    unsigned more = 0;
    for (uint32_t i = 0; i < 4096; i++) {
        struct addr client = client6(i << 16, 1);
        assert_int_equal(take(rate, &client, 2, start, 2), 2);
    }
    for (uint32_t i = 0; i < 4096; i++) {
        struct addr client = client6(i << 16, 1);
        more += rate_take(rate, &client, 2, start);
    }
    assert_in_range(more, 0, 4); /* forgotten: five of them in one of the 16384 sets */
    rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SEC_03_so_many_at_once_and_so_many_a_second),
        cmocka_unit_test(SEC_32_a_network_of_64_bits_has_one_limit),
        cmocka_unit_test(SEC_32_each_IPv4_address_has_its_limit),
        cmocka_unit_test(SEC_32_2_to_20_sources_do_not_free_one_of_its_limit),
        cmocka_unit_test(CKI_03_what_is_given_back_is_there_for_others),
        cmocka_unit_test(SEC_03_refusals_are_so_many_a_second),
        cmocka_unit_test(SEC_30_what_collides_without_a_key_does_not_with_one),
    };
    return RUN(tests);
}
