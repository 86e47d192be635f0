/*
 * What somebody who chooses addresses can make of the tables: chains, and buckets of the limiter.
 *
 * Layer: test
 * Specification: RFC 6146 5.3, RFC 4443 2.4
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/hash.h"
#include "nat64d/table/rate.h"
#include "nat64d/table/state_file.h"

#define S UINT64_C(1000000000)
static const struct siphash_key key = {3, 4};

enum { SLOTS = 65536 };

static uint32_t *heads;
static struct hash_link *links;
static struct hash hash;

static int set_up(void **context)
{
    (void)context;
    heads = calloc(hash_heads(SLOTS), sizeof(*heads));
    links = calloc(SLOTS, sizeof(*links));
    hash_init(&hash, heads, links, SLOTS);
    return heads == NULL || links == NULL ? -1 : 0;
}

static int tear_down(void **context)
{
    (void)context;
    free(heads);
    free(links);
    return 0;
}

static unsigned longest_chain(void)
{
    enum { SLOT = (1 << 24) - 1 };
    unsigned longest = 0;
    for (uint32_t b = 0; b < hash.buckets; b++) {
        unsigned len = 0;
        for (uint32_t at = hash.heads[b]; at != 0; at = links[(at & SLOT) - 1].next)
            len++;
        longest = len > longest ? len : longest;
    }
    return longest;
}

/* The forced collision: equal hashes, as only the holder of the key could make them. */
TEST(SEC_31_beyond_the_bound_of_a_chain_an_entry_is_refused)
{
    unsigned seen = 0;
    for (uint32_t slot = 0; slot < HASH_CHAIN_MAX; slot++)
        assert_int_equal(hash_add(&hash, 77, slot), 0);
    for (uint32_t slot = 1000; slot < 1010; slot++)
        assert_int_equal(hash_add(&hash, 77, slot), -ENOSPC);
    for (uint32_t slot = hash_first(&hash, 77); slot != STATE_NONE; slot = hash_next(&hash, 77, slot))
        seen++;
    assert_int_equal(seen, HASH_CHAIN_MAX);
    assert_int_equal(hash_add(&hash, 78, 2000), 0);
    hash_drop(&hash, 77, 5);
    assert_int_equal(hash_add(&hash, 77, 1000), 0);
}

/* Neighbours of a /64, and addresses whose 32-bit words have the same sum. */
TEST(LES_N_17_crafted_addresses_are_spread_by_the_secret)
{
    for (unsigned way = 0; way < 2; way++) {
        tear_down(NULL);
        assert_int_equal(set_up(NULL), 0);
        for (uint32_t i = 0; i < SLOTS; i++) {
            const uint64_t words[2] = {UINT64_C(0x20010db8) << 32 | (way == 0 ? 0 : i),
                                       way == 0 ? i : (uint64_t)~i << 32};
            assert_int_equal(hash_add(&hash, siphash13_words(key, words, 2), i), 0);
        }
        print_message("longest chain %u\n", longest_chain());
        assert_true(longest_chain() <= 14);
    }
}

static struct in6_addr source(uint32_t network, uint32_t host)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    memcpy(address.s6_addr + 4, &network, sizeof(network));
    memcpy(address.s6_addr + 12, &host, sizeof(host));
    return address;
}

TEST(SEC_32_a_million_addresses_of_a_network_have_the_share_of_one)
{
    static struct rate rate;
    unsigned passed = 0;
    rate_init(&rate, key, 10 * S);
    rate_limit(&rate, &(const struct rate_limits){.per_second = 1000, .per_second_per_network = 10});
    for (uint32_t i = 0; i < 1 << 20; i++) {
        struct in6_addr to = source(1, i);
        passed += rate_allow6(&rate, &to, 10 * S);
    }
    assert_int_equal(passed, 10);
    struct in6_addr other = source(2, 1);
    assert_true(rate_allow6(&rate, &other, 10 * S));
}

/* The table has a fixed size; what a million networks spend comes back within a second. */
TEST(SEC_32_a_million_networks_stay_within_the_bound_of_all)
{
    static struct rate rate;
    unsigned passed = 0;
    rate_init(&rate, key, 10 * S);
    rate_limit(&rate, &(const struct rate_limits){.per_second = 1000, .per_second_per_network = 10});
    for (uint32_t i = 0; i < 1 << 20; i++) {
        struct in6_addr to = source(i, 1);
        passed += rate_allow6(&rate, &to, 10 * S);
    }
    assert_int_equal(passed, 1000);
    struct in6_addr late = source(1 << 21, 1);
    assert_false(rate_allow6(&rate, &late, 10 * S));
    assert_true(rate_allow6(&rate, &late, 11 * S));
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(SEC_31_beyond_the_bound_of_a_chain_an_entry_is_refused),
        UNIT(LES_N_17_crafted_addresses_are_spread_by_the_secret),
        UNIT(SEC_32_a_million_addresses_of_a_network_have_the_share_of_one),
        UNIT(SEC_32_a_million_networks_stay_within_the_bound_of_all),
    };
    return RUN(tests);
}
