/*
 * What each client network holds at a time: its limit, what is given back, and where places run out.
 *
 * Layer: test
 * Specification: RFC 7766 6.2.2
 */
#include "tests/unit/test.h"

#include "dns64/access/places.h"

enum { MOST = 4096 };

static const struct siphash_key secret = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};

static struct addr client6(uint32_t network, uint8_t host)
{
    struct addr addr = {.family = AF_INET6, .v6 = {{{0x20, 0x01, 0x0d, 0xb8}}}};
    for (int i = 0; i < 4; i++)
        addr.v6.s6_addr[4 + i] = (uint8_t)(network >> (24 - 8 * i));
    addr.v6.s6_addr[15] = host;
    return addr;
}

TEST(TCP_7766_04_a_network_has_its_limit_and_gets_back_what_it_gives)
{
    struct places *places = places_new(MOST, secret);
    struct addr client, neighbour = client6(2, 1);
    int place = -1;
    for (uint8_t host = 0; host < 50; host++) {
        client = client6(1, host);
        place = places_take(places, &client, 50);
        assert_true(place >= 0);
    }
    assert_int_equal(places_take(places, &client, 50), -1);
    assert_true(places_take(places, &neighbour, 50) >= 0);
    places_give(places, place);
    assert_int_equal(places_take(places, &client, 50), place);
    assert_int_equal(places_take(places, &client, 50), -1);
    places_free(places);
}

/* As many networks as things, whatever bits they differ in, over and over. */
TEST(SEC_30_networks_that_collide_without_a_key_have_a_place_each)
{
    struct places *places = places_new(MOST, secret);
    int taken[MOST];
    for (unsigned shift = 0; shift <= 20; shift += 10) {
        unsigned refused = 0;
        for (uint32_t i = 0; i < MOST; i++) {
            struct addr client = client6(i << shift, 1);
            taken[i] = places_take(places, &client, 1);
            refused += taken[i] < 0;
        }
        assert_int_equal(refused, 0);
        for (uint32_t i = 0; i < MOST; i++)
            places_give(places, taken[i]);
    }
    places_free(places);
}

/* More networks than there can be places: the search ends, and who finds none is refused. */
TEST(SEC_31_the_search_for_a_place_is_bounded)
{
    struct places *places = places_new(MOST, secret);
    unsigned given = 0;
    for (uint32_t i = 0; i < 16 * MOST; i++) {
        struct addr client = client6(i, 1);
        given += places_take(places, &client, 1) >= 0;
    }
    assert_in_range(given, MOST, 4 * MOST + 16);
    places_free(places);
}

TEST(SEC_31_a_network_finds_its_own_place_behind_one_that_became_free)
{
    struct places *places = places_new(4, secret); /* 16 places: all networks are each other's neighbours */
    int taken[8];
    for (uint32_t i = 0; i < 8; i++) {
        struct addr client = client6(i, 1);
        taken[i] = places_take(places, &client, 2);
        assert_true(taken[i] >= 0);
    }
    for (uint32_t i = 0; i < 4; i++)
        places_give(places, taken[i]);
    for (uint32_t i = 4; i < 8; i++) {
        struct addr client = client6(i, 1);
        assert_int_equal(places_take(places, &client, 2), taken[i]);
        assert_int_equal(places_take(places, &client, 2), -1);
    }
    places_free(places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TCP_7766_04_a_network_has_its_limit_and_gets_back_what_it_gives),
        cmocka_unit_test(SEC_30_networks_that_collide_without_a_key_have_a_place_each),
        cmocka_unit_test(SEC_31_the_search_for_a_place_is_bounded),
        cmocka_unit_test(SEC_31_a_network_finds_its_own_place_behind_one_that_became_free),
    };
    return RUN(tests);
}
