/*
 * The records of backends and networks under a flood: chains, memory, prefixes.
 *
 * Layer: test
 * Specification: RFC 6888 REQ-4, RFC 6146 5.3
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "pool/quota.h"
#include "pool/quota_record.h"

enum { RECORDS = 65536 };

static struct quota_records records;
static const struct siphash_key key = {1, 2};

static int tear_down(void **context)
{
    (void)context;
    quota_records_done(&records);
    return 0;
}

static struct in6_addr prefix(uint32_t high, uint32_t low)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    memcpy(address.s6_addr + 4, &high, sizeof(high));
    memcpy(address.s6_addr + 12, &low, sizeof(low));
    return address;
}

/* One with a port; false when it is refused. */
static bool add(const struct in6_addr *address)
{
    struct quota_place place = quota_record_place(&records, address, QUOTA_BACKEND);
    struct quota_record *record = quota_record_take(&place);
    if (record != NULL)
        record->ports[TRANSPORT_UDP] = 1;
    return record != NULL;
}

static unsigned longest_chain(void)
{
    unsigned longest = 0;
    for (unsigned s = 0; s < QUOTA_RECORD_STRIPES; s++) {
        const struct quota_stripe *stripe = &records.stripes[s];
        for (uint32_t b = 0; b <= stripe->mask; b++) {
            unsigned len = 0;
            for (uint32_t at = stripe->buckets[b]; at != 0; at = stripe->records[at - 1].next)
                len++;
            longest = len > longest ? len : longest;
        }
    }
    return longest;
}

/* Neighbours, addresses whose words sum up to the same, and such as differ in the high bits only: what piles
 * up in a table that hashes without a secret. */
TEST(LES_N_17_crafted_addresses_do_not_pile_up_in_a_chain)
{
    for (unsigned way = 0; way < 3; way++) {
        memset(&records, 0, sizeof(records));
        assert_int_equal(quota_records_init(&records, RECORDS, key), 0);
        for (uint32_t i = 0; i < RECORDS / 2; i++) {
            struct in6_addr address = way == 0 ? prefix(0, i) : way == 1 ? prefix(i, ~i) : prefix(0, i << 16);
            assert_true(add(&address));
        }
        print_message("longest chain %u\n", longest_chain());
        assert_true(longest_chain() <= 12);
        quota_records_done(&records);
    }
    assert_int_equal(quota_records_init(&records, 1, key), 0);
}

/* With the secret in hand: prefixes that all lie in one bucket. */
TEST(SEC_31_a_chain_at_its_bound_takes_no_more)
{
    enum { SMALL = 64 * 256 };
    struct in6_addr found[QUOTA_RECORD_CHAIN_MAX + 1];
    unsigned count = 0;
    memset(&records, 0, sizeof(records));
    assert_int_equal(quota_records_init(&records, SMALL, key), 0);
    found[0] = prefix(0, 0);
    const struct quota_place first = quota_record_place(&records, &found[0], QUOTA_BACKEND);
    for (uint32_t i = 0; count <= QUOTA_RECORD_CHAIN_MAX; i++) {
        struct in6_addr address = prefix(0, i);
        if (quota_record_place(&records, &address, QUOTA_BACKEND).bucket == first.bucket)
            found[count++] = address;
    }
    for (unsigned i = 0; i < QUOTA_RECORD_CHAIN_MAX; i++)
        assert_true(add(&found[i]));
    assert_false(add(&found[QUOTA_RECORD_CHAIN_MAX]));
    assert_int_equal(longest_chain(), QUOTA_RECORD_CHAIN_MAX);
    /* Those that are there are found, and others come in elsewhere. */
    assert_true(add(&found[7]));
    struct in6_addr other = prefix(77, 77);
    assert_true(add(&other));
    /* One that ends makes room. */
    struct quota_place place = quota_record_place(&records, &found[3], QUOTA_BACKEND);
    struct quota_record *record = quota_record_find(&place);
    record->ports[TRANSPORT_UDP] = 0;
    quota_record_put(&place, record);
    assert_true(add(&found[QUOTA_RECORD_CHAIN_MAX]));
}

/* 2^20 addresses of a /64: its limit holds for all of them together, and they leave nothing behind. */
TEST(SEC_32_N64_5_3_01_a_network_of_a_million_addresses_is_one)
{
    enum { SOURCES = 1 << 20, SESSIONS = 100 };
    static const struct addr_port_range range = {1024, 65535};
    const struct prefixes_input pool = {
        .address = {0xc0000200, 32}, .ports = &range, .ports_count = 1, .name = "all"};
    const struct settings_share all = {100, true};
    const struct quota_limits limits = {.prefix_len = {128, 64},
                                        .ports = {all, all},
                                        .sessions = {1000, SESSIONS},
                                        .sessions_in_all = 1000000,
                                        .unanswered = {1000, SESSIONS},
                                        .rate = {1000, 1 << 30}};
    struct prefixes prefixes;
    struct group_table *groups;
    struct quota *quota;
    struct quota_use use;
    unsigned made = 0, left = 0;
    assert_int_equal(quota_records_init(&records, 1, key), 0);
    assert_int_equal(prefixes_init(&prefixes, &pool, 1), 0);
    assert_int_equal(group_new(&prefixes, NULL, &groups), 0);
    /* Fewer records than sources: what was refused must have left them free. */
    assert_int_equal(quota_new(16384, &limits, key, groups, &quota), 0);
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct in6_addr source = prefix(1, i);
        enum quota_result result = quota_session_add(quota, &source, 0);
        assert_true(result == QUOTA_OK || result == QUOTA_SESSIONS);
        made += result == QUOTA_OK;
    }
    assert_int_equal(made, SESSIONS);
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct in6_addr source = prefix(1, i);
        left += quota_get(quota, QUOTA_BACKEND, &source, &use);
    }
    assert_int_equal(left, SESSIONS);
    struct in6_addr other = prefix(2, 1);
    assert_int_equal(quota_session_add(quota, &other, 0), QUOTA_OK);
    quota_free(quota);
    group_free(groups);
    prefixes_done(&prefixes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(LES_N_17_crafted_addresses_do_not_pile_up_in_a_chain, tear_down),
        cmocka_unit_test_teardown(SEC_31_a_chain_at_its_bound_takes_no_more, tear_down),
        cmocka_unit_test_teardown(SEC_32_N64_5_3_01_a_network_of_a_million_addresses_is_one, tear_down),
    };
    return RUN(tests);
}
