/*
 * What a backend and its network have: the paired address and every limit.
 *
 * Layer: test
 * Specification: RFC 4787 4.1, RFC 6888 REQ-2, REQ-4, REQ-5, REQ-11, RFC 7857 4
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool/quota.h"

#define S UINT64_C(1000000000)

static struct prefixes prefixes;
static struct group_table *groups;
static struct quota *quota;

/* 2001:db8:0:NETWORK::BACKEND */
static struct in6_addr backend(unsigned network, unsigned n)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8}}};
    address.s6_addr[6] = (uint8_t)(network >> 8);
    address.s6_addr[7] = (uint8_t)network;
    address.s6_addr[14] = (uint8_t)(n >> 8);
    address.s6_addr[15] = (uint8_t)n;
    return address;
}

static struct quota_limits no_limits(void)
{
    const struct settings_share all = {1 << 24, false};
    return (struct quota_limits){.prefix_len = {128, 64},
                                 .ports = {all, all},
                                 .sessions = {1 << 24, 1 << 24},
                                 .sessions_in_all = 1000000,
                                 .unanswered = {1 << 24, 1 << 24},
                                 .rate = {1 << 30, 1 << 30}};
}

static void make(const struct quota_limits *limits, uint32_t records)
{
    assert_int_equal(quota_new(records, limits, (struct siphash_key){1, 2}, groups, &quota), 0);
}

/* Other pools than those of set_up; before make. */
static void use_pools(const struct prefixes_input *input, uint32_t count)
{
    group_free(groups);
    prefixes_done(&prefixes);
    groups = NULL;
    assert_int_equal(prefixes_init(&prefixes, input, count), 0);
    assert_int_equal(group_new(&prefixes, NULL, &groups), 0);
}

static const struct addr_port_range range = {1024, 1087};
static const struct prefixes_input two_pools[2] = {
    {.address = {0xc0000208, 29}, .ports = &range, .ports_count = 1, .name = "a"},
    {.address = {0xcb007107, 32}, .ports = &range, .ports_count = 1, .name = "old", .drain = true}};

/* 8 addresses of 64 ports, and one that drains. */
static int set_up(void **context)
{
    (void)context;
    quota = NULL;
    use_pools(two_pools, 2);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    quota_free(quota);
    group_free(groups);
    groups = NULL;
    prefixes_done(&prefixes);
    return 0;
}

static enum quota_result bind_one(struct in6_addr who, enum transport transport)
{
    uint32_t address;
    bool first;
    return quota_bind(quota, &who, transport, 0, &address, &first);
}

static struct quota_use use_of(enum quota_level level, struct in6_addr who)
{
    struct quota_use use;
    memset(&use, 0, sizeof(use));
    quota_get(quota, level, &who, &use);
    return use;
}

static void assert_nothing(struct in6_addr who)
{
    struct quota_use use;
    assert_false(quota_get(quota, QUOTA_BACKEND, &who, &use));
    assert_false(quota_get(quota, QUOTA_NETWORK, &who, &use));
}

TEST(N64_ALC_01_a_backend_keeps_its_address_while_it_has_bindings)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t first, again;
    bool is_first;
    make(&limits, 1000);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &first, &is_first), QUOTA_OK);
    assert_true(is_first);
    assert_true(first < 8);
    for (uint32_t attempt = 0; attempt < 5; attempt++) {
        assert_int_equal(quota_bind(quota, &who, TRANSPORT_UDP, attempt, &again, &is_first), QUOTA_OK);
        assert_int_equal(again, first);
        assert_false(is_first);
    }
    assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
    struct quota_use use = use_of(QUOTA_BACKEND, who);
    assert_int_equal(use.ports[TRANSPORT_TCP], 1);
    assert_int_equal(use.ports[TRANSPORT_UDP], 5);
    assert_int_equal(use.sessions, 1);
    assert_int_equal(use.address, first);
    quota_session_drop(quota, &who, false);
    quota_unbind(quota, &who, TRANSPORT_TCP);
    for (int i = 0; i < 5; i++) {
        assert_true(quota_get(quota, QUOTA_BACKEND, &who, &use));
        quota_unbind(quota, &who, TRANSPORT_UDP);
    }
    assert_nothing(who);
}

TEST(N64_ALC_10_addresses_are_spread_and_an_attempt_falls_forward)
{
    const struct quota_limits limits = no_limits();
    unsigned count[8] = {0};
    uint32_t address, next;
    bool first;
    make(&limits, 20000);
    for (unsigned i = 0; i < 8000; i++) {
        struct in6_addr who = backend(i % 7, i);
        for (uint32_t attempt = 0; attempt < 9; attempt++) {
            assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, attempt, &next, &first), QUOTA_OK);
            assert_true(first);
            if (attempt == 0)
                count[address = next]++;
            assert_int_equal(next, (address + attempt) % 8); /* never the one that drains */
            quota_unbind(quota, &who, TRANSPORT_TCP);
        }
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(count[i], 800, 1200);
}

TEST(the_largest_attempt_is_an_address_still)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    make(&limits, 100);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, UINT32_MAX, &address, &first), QUOTA_OK);
    assert_true(address < 8);
}

TEST(without_an_active_address_a_binding_is_refused)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    use_pools(&two_pools[1], 1);
    make(&limits, 100);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_NO_ADDRESS);
    assert_nothing(who);
    /* Nor does one that drains take new ones of a backend that has it. */
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){0}, 1, 0));
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_NO_ADDRESS);
}

TEST(a_backend_of_an_address_that_drains_gets_another)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    make(&limits, 100);
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){8}, 1, 0));
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
    assert_true(address < 8);
    assert_true(first);
}

TEST(a_backend_with_an_address_that_drains_keeps_the_other)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    make(&limits, 100);
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){8}, 1, 0));
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){3}, 1, 0));
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){8}, 1, 0));
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
    assert_int_equal(address, 3);
    assert_false(first);
}

/* "small": one address of 64 ports for 2001:db8:0:5::/64 and one backend of another network; two_pools[0] for
 * all others. */
static void use_pools_for(void)
{
    static struct addr_prefix6 customer[2];
    customer[0] = (struct addr_prefix6){backend(5, 0), 64};
    customer[1] = (struct addr_prefix6){backend(6, 7), 128};
    const struct prefixes_input pools[] = {
        two_pools[0],
        {.address = {0xc6336401, 32},
         .ports = &range,
         .ports_count = 1,
         .name = "small",
         .for6 = customer,
         .for6_count = 2},
    };
    use_pools(pools, 2);
}

TEST(CGN_SUB_a_backend_has_a_share_of_the_pool_that_it_uses)
{
    struct quota_limits limits = no_limits();
    uint32_t address;
    bool first;
    limits.ports[QUOTA_BACKEND] = (struct settings_share){50, true};
    use_pools_for();
    make(&limits, 1000);
    struct in6_addr customer = backend(5, 1), other = backend(7, 1);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(quota_bind(quota, &customer, TRANSPORT_TCP, i, &address, &first), QUOTA_OK);
        assert_int_equal(address, 8);
    }
    assert_int_equal(quota_bind(quota, &customer, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(quota_bind(quota, &other, TRANSPORT_TCP, i, &address, &first), QUOTA_OK);
        assert_true(address < 8);
    }
    assert_int_equal(quota_bind(quota, &other, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
}

TEST(CGN_SUB_a_network_has_a_share_of_each_group_of_pools)
{
    struct quota_limits limits = no_limits();
    uint32_t address;
    bool first;
    limits.ports[QUOTA_NETWORK] = (struct settings_share){75, true};
    use_pools_for();
    make(&limits, 1000);
    /* 2001:db8:0:6::/64 but for one backend: three quarters of 512. */
    for (unsigned i = 0; i < 384; i++) {
        struct in6_addr who = backend(6, 1000 + i);
        assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
        assert_true(address < 8);
    }
    struct in6_addr late = backend(6, 9), apart = backend(6, 7);
    assert_int_equal(quota_bind(quota, &late, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
    /* That one takes from the small pool alone: three quarters of 64. */
    for (unsigned i = 0; i < 48; i++) {
        assert_int_equal(quota_bind(quota, &apart, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
        assert_int_equal(address, 8);
    }
    assert_int_equal(quota_bind(quota, &apart, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
    assert_int_equal(use_of(QUOTA_NETWORK, late).ports[TRANSPORT_TCP], 384);
    /* Given back where it was taken. */
    quota_unbind(quota, &apart, TRANSPORT_TCP);
    assert_int_equal(quota_bind(quota, &late, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
    assert_int_equal(quota_bind(quota, &apart, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
    for (unsigned i = 0; i < 48; i++)
        quota_unbind(quota, &apart, TRANSPORT_TCP);
    assert_false(quota_get(quota, QUOTA_BACKEND, &apart, &(struct quota_use){0}));
}

TEST(CGN_SUB_what_is_restored_counts_in_the_group_of_its_backend)
{
    struct quota_limits limits = no_limits();
    struct in6_addr apart = backend(6, 7), other = backend(6, 8);
    uint32_t address;
    bool first;
    limits.ports[QUOTA_NETWORK] =
        (struct settings_share){25, true}; /* 16 of the small pool, 128 of the other */
    use_pools_for();
    make(&limits, 1000);
    for (unsigned i = 0; i < 16; i++)
        assert_true(quota_restore(quota, &apart, TRANSPORT_UDP, &(const uint32_t){8}, 1, 0));
    assert_int_equal(quota_bind(quota, &apart, TRANSPORT_UDP, 0, &address, &first), QUOTA_PORTS);
    assert_int_equal(quota_bind(quota, &other, TRANSPORT_UDP, 0, &address, &first), QUOTA_OK);
    for (unsigned i = 0; i < 16; i++) {
        quota_session_drop(quota, &apart, false);
        quota_unbind(quota, &apart, TRANSPORT_UDP);
    }
    quota_unbind(quota, &other, TRANSPORT_UDP);
    assert_nothing(apart);
    /* Nothing is left of it: the whole share is there again. */
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(quota_bind(quota, &apart, TRANSPORT_UDP, 0, &address, &first), QUOTA_OK);
    assert_int_equal(quota_bind(quota, &apart, TRANSPORT_UDP, 0, &address, &first), QUOTA_PORTS);
}

/* A reload gave the backend another pool. */
TEST(CGN_SUB_new_bindings_go_to_the_pool_that_is_for_the_backend)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr who = backend(5, 1);
    uint32_t address;
    bool first;
    use_pools_for();
    make(&limits, 1000);
    assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){2}, 1, 0));
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
    assert_int_equal(address, 8);
    assert_true(first);
    /* After a restart, whichever is read first. */
    for (unsigned order = 0; order < 2; order++) {
        quota_free(quota);
        make(&limits, 1000);
        assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){order == 0 ? 2 : 8}, 1, 0));
        assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){order == 0 ? 8 : 2}, 1, 0));
        assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 3, &address, &first), QUOTA_OK);
        assert_int_equal(address, 8);
        assert_false(first);
    }
}

TEST(a_share_of_a_small_pool_is_a_port_at_least)
{
    struct quota_limits limits = no_limits();
    const struct prefixes_input small = {
        .address = {0xcb007107, 32}, .ports = &range, .ports_count = 1, .name = "small"};
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    use_pools(&small, 1);
    limits.ports[QUOTA_BACKEND] = (struct settings_share){1, true};
    make(&limits, 100);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_PORTS);
}

TEST(a_refusal_of_the_network_costs_the_backend_no_rate)
{
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1), other = backend(1, 2);
    limits.rate[QUOTA_BACKEND] = 3;
    limits.sessions[QUOTA_NETWORK] = 2;
    make(&limits, 100);
    assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_OK);
    assert_int_equal(quota_session_add(quota, &other, 100 * S), QUOTA_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_SESSIONS);
    quota_session_drop(quota, &other, false);
    assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_OK);
}

TEST(what_finds_no_record_is_not_restored_by_half)
{
    const struct quota_limits limits = no_limits();
    unsigned refused = 0;
    make(&limits, 640);
    for (unsigned i = 0; i < 5000; i++) {
        struct in6_addr who = backend(i, i);
        struct quota_use use;
        bool fits = quota_restore(quota, &who, TRANSPORT_UDP, &(const uint32_t){1}, 3, 2);
        assert_int_equal(quota_get(quota, QUOTA_BACKEND, &who, &use), fits);
        assert_int_equal(quota_get(quota, QUOTA_NETWORK, &who, &use), fits);
        refused += !fits;
    }
    assert_in_range(refused, 1, 4999);
    struct in6_addr one = backend(1, 1);
    quota_unbind(quota, &one, TRANSPORT_UDP);
    for (int i = 0; i < 3; i++)
        quota_session_drop(quota, &one, i < 2);
    assert_nothing(one);
    /* More answered than there are: damage, and no reason to count below none. */
    assert_true(quota_restore(quota, &one, TRANSPORT_UDP, &(const uint32_t){1}, 2, 7));
    assert_int_equal(use_of(QUOTA_BACKEND, one).unanswered, 0);
}

TEST(records_are_bounded_and_come_back)
{
    const struct quota_limits limits = no_limits();
    unsigned made = 0;
    make(&limits, 640);
    for (unsigned i = 0; i < 5000; i++) {
        enum quota_result result = bind_one(backend(i, i), TRANSPORT_TCP);
        assert_true(result == QUOTA_OK || result == QUOTA_NO_RECORD);
        made += result == QUOTA_OK;
    }
    assert_in_range(made, 200, 720);
    for (unsigned i = 0; i < 5000; i++) {
        struct quota_use use;
        struct in6_addr who = backend(i, i);
        /* Both or none. */
        bool has = quota_get(quota, QUOTA_BACKEND, &who, &use);
        assert_int_equal(quota_get(quota, QUOTA_NETWORK, &who, &use), has);
        if (has)
            quota_unbind(quota, &who, TRANSPORT_TCP);
        assert_nothing(who);
    }
    unsigned again = 0;
    for (unsigned i = 0; i < 5000; i++)
        again += bind_one(backend(i, i), TRANSPORT_TCP) == QUOTA_OK;
    assert_int_equal(again, made);
}

TEST(CGN_R4_ports_of_a_backend_are_limited_by_protocol)
{
    struct quota_limits limits = no_limits();
    limits.ports[QUOTA_BACKEND] = (struct settings_share){10, false};
    make(&limits, 100);
    for (int transport = 0; transport < TRANSPORT_COUNT; transport++) {
        for (int i = 0; i < 10; i++)
            assert_int_equal(bind_one(backend(1, 1), transport), QUOTA_OK);
        assert_int_equal(bind_one(backend(1, 1), transport), QUOTA_PORTS);
    }
    assert_int_equal(bind_one(backend(1, 2), TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(use_of(QUOTA_BACKEND, backend(1, 1)).ports[TRANSPORT_TCP], 10);
    assert_int_equal(use_of(QUOTA_NETWORK, backend(1, 1)).ports[TRANSPORT_TCP], 11);
    struct in6_addr who = backend(1, 1);
    quota_unbind(quota, &who, TRANSPORT_TCP);
    assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_PORTS);
}

TEST(a_share_of_ports_is_of_the_pool)
{
    struct quota_limits limits = no_limits();
    limits.ports[QUOTA_BACKEND] = (struct settings_share){25, true}; /* of 8 * 64 */
    make(&limits, 100);
    for (int i = 0; i < 128; i++)
        assert_int_equal(bind_one(backend(1, 1), TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(bind_one(backend(1, 1), TRANSPORT_TCP), QUOTA_PORTS);
}

TEST(a_share_of_a_large_pool_does_not_overflow)
{
    const struct addr_port_range all = {0, 65535};
    const struct prefixes_input input = {
        .address = {0xc0000000, 16}, .ports = &all, .ports_count = 1, .name = "large"};
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    limits.ports[QUOTA_BACKEND] = limits.ports[QUOTA_NETWORK] = (struct settings_share){100, true};
    use_pools(&input, 1);
    make(&limits, 100);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(quota_bind(quota, &who, TRANSPORT_TCP, 0, &address, &first), QUOTA_OK);
}

TEST(SEC_20_CGN_SUB_what_the_network_refuses_the_backend_did_not_take)
{
    struct quota_limits limits = no_limits();
    struct in6_addr late = backend(1, 9);
    limits.ports[QUOTA_NETWORK] = (struct settings_share){10, false};
    limits.sessions[QUOTA_NETWORK] = 10;
    make(&limits, 100);
    for (unsigned i = 0; i < 10; i++) {
        struct in6_addr who = backend(1, i % 5);
        assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_OK);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(bind_one(late, TRANSPORT_TCP), QUOTA_PORTS);
        assert_int_equal(quota_session_add(quota, &late, 0), QUOTA_SESSIONS);
        assert_int_equal(bind_one(backend(1, 1), TRANSPORT_TCP), QUOTA_PORTS);
    }
    struct quota_use use;
    assert_false(quota_get(quota, QUOTA_BACKEND, &late, &use));
    assert_int_equal(use_of(QUOTA_BACKEND, backend(1, 1)).ports[TRANSPORT_TCP], 2);
    assert_int_equal(use_of(QUOTA_NETWORK, late).ports[TRANSPORT_TCP], 10);
    assert_int_equal(use_of(QUOTA_NETWORK, late).sessions, 10);
    assert_int_equal(use_of(QUOTA_NETWORK, late).unanswered, 10);
    /* Another network has its own. */
    assert_int_equal(bind_one(backend(2, 9), TRANSPORT_TCP), QUOTA_OK);
    struct in6_addr one = backend(1, 1);
    quota_unbind(quota, &one, TRANSPORT_TCP);
    quota_session_drop(quota, &one, false);
    assert_int_equal(bind_one(late, TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(quota_session_add(quota, &late, 0), QUOTA_OK);
}

TEST(what_the_backend_is_refused_its_network_did_not_take)
{
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    limits.ports[QUOTA_BACKEND] = (struct settings_share){1, false};
    limits.sessions[QUOTA_BACKEND] = 1;
    limits.rate[QUOTA_NETWORK] = 3;
    make(&limits, 100);
    assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(quota_session_add(quota, &who, S), QUOTA_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_PORTS);
        assert_int_equal(quota_session_add(quota, &who, S), QUOTA_SESSIONS);
    }
    assert_int_equal(use_of(QUOTA_NETWORK, who).ports[TRANSPORT_TCP], 1);
    assert_int_equal(use_of(QUOTA_NETWORK, who).sessions, 1);
    /* Nor did it use up the rate of its neighbours. */
    struct in6_addr other = backend(1, 2);
    assert_int_equal(quota_session_add(quota, &other, S), QUOTA_OK);
}

TEST(CGN_R5_sessions_of_a_backend_are_limited)
{
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    limits.sessions[QUOTA_BACKEND] = 100;
    make(&limits, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
        quota_session_answered(quota, &who);
    }
    assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_SESSIONS);
    assert_int_equal(use_of(QUOTA_BACKEND, who).sessions, 100);
    assert_int_equal(use_of(QUOTA_BACKEND, who).unanswered, 0);
    quota_session_drop(quota, &who, true);
    assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
    assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_SESSIONS);
}

TEST(SEC_22_sessions_that_nobody_answered_are_limited_apart)
{
    for (int level = 0; level < QUOTA_LEVELS; level++) {
        struct quota_limits limits = no_limits();
        struct in6_addr who = backend(1, 1);
        limits.unanswered[level] = 5;
        make(&limits, 100);
        for (int i = 0; i < 5; i++)
            assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_UNANSWERED);
        quota_session_answered(quota, &who);
        assert_int_equal(use_of(level, who).unanswered, 4);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_UNANSWERED);
        quota_session_drop(quota, &who, true);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_UNANSWERED);
        quota_session_drop(quota, &who, false);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
        assert_int_equal(use_of(level, who).sessions, 5);
        for (int i = 0; i < 5; i++)
            quota_session_drop(quota, &who, false);
        assert_nothing(who);
        quota_free(quota);
        quota = NULL;
    }
}

TEST(CGN_R5_new_sessions_a_second_are_limited)
{
    for (int level = 0; level < QUOTA_LEVELS; level++) {
        struct quota_limits limits = no_limits();
        struct in6_addr who = backend(1, 1);
        limits.rate[level] = 10;
        make(&limits, 100);
        for (int i = 0; i < 10; i++)
            assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_OK);
        assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_RATE);
        assert_int_equal(quota_session_add(quota, &who, 100 * S + S / 20), QUOTA_RATE);
        assert_int_equal(quota_session_add(quota, &who, 100 * S + S / 10), QUOTA_OK);
        assert_int_equal(quota_session_add(quota, &who, 100 * S + S / 10), QUOTA_RATE);
        /* What was not used for long is a second's worth and no more. */
        unsigned passed = 0;
        for (int i = 0; i < 100; i++)
            passed += quota_session_add(quota, &who, 500 * S) == QUOTA_OK;
        assert_int_equal(passed, 10);
        quota_free(quota);
        quota = NULL;
    }
}

TEST(a_rate_of_0_lets_nothing_through)
{
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    limits.rate[QUOTA_BACKEND] = 0;
    make(&limits, 100);
    assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_RATE);
    assert_nothing(who);
}

TEST(a_refusal_leaves_no_record)
{
    struct quota_limits limits = no_limits();
    limits.sessions[QUOTA_NETWORK] = 0;
    make(&limits, 640);
    for (unsigned i = 0; i < 5000; i++) {
        struct in6_addr who = backend(i, i);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_SESSIONS);
        assert_nothing(who);
    }
}

TEST(a_drop_too_many_takes_nothing_from_others)
{
    const struct quota_limits limits = no_limits();
    struct in6_addr one = backend(1, 1), other = backend(1, 2);
    make(&limits, 100);
    assert_int_equal(bind_one(other, TRANSPORT_TCP), QUOTA_OK);
    assert_int_equal(quota_session_add(quota, &other, 0), QUOTA_OK);
    assert_int_equal(bind_one(one, TRANSPORT_UDP), QUOTA_OK);
    quota_session_drop(quota, &one, false);
    quota_session_drop(quota, &one, true);
    quota_session_answered(quota, &one);
    quota_unbind(quota, &one, TRANSPORT_TCP);
    quota_unbind(quota, &one, TRANSPORT_UDP);
    quota_unbind(quota, &one, TRANSPORT_UDP);
    quota_session_drop(quota, &one, false);
    struct quota_use use;
    assert_false(quota_get(quota, QUOTA_BACKEND, &one, &use));
    use = use_of(QUOTA_NETWORK, other);
    assert_int_equal(use.sessions, 1);
    assert_int_equal(use.unanswered, 1);
    assert_int_equal(use.ports[TRANSPORT_TCP], 1);
    assert_int_equal(use.ports[TRANSPORT_UDP], 0);
}

TEST(a_binding_of_before_a_restart_counts_and_is_not_limited)
{
    struct quota_limits limits = no_limits();
    struct in6_addr who = backend(1, 1);
    uint32_t address;
    bool first;
    limits.ports[QUOTA_BACKEND] = (struct settings_share){2, false};
    limits.sessions[QUOTA_BACKEND] = 5;
    limits.rate[QUOTA_BACKEND] = 3;
    make(&limits, 100);
    for (int i = 0; i < 3; i++)
        assert_true(quota_restore(quota, &who, TRANSPORT_TCP, &(const uint32_t){5}, 3, 1));
    struct quota_use use = use_of(QUOTA_BACKEND, who);
    assert_int_equal(use.ports[TRANSPORT_TCP], 3);
    assert_int_equal(use.sessions, 9);
    assert_int_equal(use.unanswered, 6);
    assert_int_equal(use.address, 5);
    use = use_of(QUOTA_NETWORK, who);
    assert_int_equal(use.ports[TRANSPORT_TCP], 3);
    assert_int_equal(use.sessions, 9);
    assert_int_equal(quota_session_add(quota, &who, 100 * S), QUOTA_SESSIONS);
    assert_int_equal(bind_one(who, TRANSPORT_TCP), QUOTA_PORTS);
    assert_int_equal(quota_bind(quota, &who, TRANSPORT_UDP, 0, &address, &first), QUOTA_OK);
    assert_int_equal(address, 5);
    assert_false(first);
    quota_unbind(quota, &who, TRANSPORT_UDP);
    for (int i = 0; i < 3; i++)
        quota_unbind(quota, &who, TRANSPORT_TCP);
    for (int i = 0; i < 9; i++)
        quota_session_drop(quota, &who, i < 3);
    assert_nothing(who);
}

TEST(prefixes_of_any_length_make_a_backend_and_a_network)
{
    for (unsigned len = 32; len <= 128; len++) {
        struct quota_limits limits = no_limits();
        struct in6_addr one = {{{0}}}, same, other;
        struct quota_use use;
        memset(&one, 0xa5, sizeof(one));
        same = other = one;
        limits.prefix_len[QUOTA_BACKEND] = limits.prefix_len[QUOTA_NETWORK] = (uint8_t)len;
        if (len < 128)
            same.s6_addr[len / 8] ^= (uint8_t)(0x80 >> len % 8);
        other.s6_addr[(len - 1) / 8] ^= (uint8_t)(0x80 >> (len - 1) % 8);
        make(&limits, 100);
        assert_int_equal(quota_session_add(quota, &one, 0), QUOTA_OK);
        for (int level = 0; level < QUOTA_LEVELS; level++) {
            assert_true(quota_get(quota, level, &same, &use));
            assert_false(quota_get(quota, level, &other, &use));
        }
        quota_free(quota);
        quota = NULL;
    }
}

TEST(a_backend_and_a_network_of_the_same_prefix_are_two)
{
    struct quota_limits limits = no_limits();
    limits.prefix_len[QUOTA_BACKEND] = 64;
    make(&limits, 640);
    for (unsigned i = 0; i < 20000; i++) { /* some have both in one chain */
        struct in6_addr who = backend(i, 1);
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
        assert_int_equal(use_of(QUOTA_BACKEND, who).sessions, 1);
        assert_int_equal(use_of(QUOTA_NETWORK, who).sessions, 1);
        quota_session_drop(quota, &who, false);
    }
}

enum { THREADS = 4, LIMIT = 100 };
static int live, most;

static void *hammer(void *context)
{
    unsigned seed = 100 + (unsigned)(uintptr_t)context;
    struct in6_addr who = backend(1, 1);
    bool answered[LIMIT + 1];
    unsigned mine = 0;
    for (int i = 0; i < 100000; i++) {
        if (rand_r(&seed) % 5 < 3) {
            if (quota_session_add(quota, &who, 0) != QUOTA_OK)
                continue;
            int now = __atomic_add_fetch(&live, 1, __ATOMIC_RELAXED), seen = most;
            while (now > seen &&
                   !__atomic_compare_exchange_n(&most, &seen, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                continue;
            answered[mine] = rand_r(&seed) % 2 == 0;
            if (answered[mine++])
                quota_session_answered(quota, &who);
        } else if (mine > 0) {
            __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
            quota_session_drop(quota, &who, answered[--mine]);
        }
    }
    while (mine > 0) {
        __atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
        quota_session_drop(quota, &who, answered[--mine]);
    }
    return NULL;
}

TEST(CGN_R4_a_limit_is_exact_with_four_threads)
{
    struct quota_limits limits = no_limits();
    pthread_t threads[THREADS];
    limits.sessions[QUOTA_BACKEND] = LIMIT;
    make(&limits, 100);
    live = most = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(most, LIMIT);
    assert_nothing(backend(1, 1));
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

TEST(N64_3_3_02_no_more_sessions_than_there_may_be_in_all)
{
    struct quota_limits limits = no_limits();
    limits.sessions_in_all = 3;
    make(&limits, 100);
    for (uint8_t i = 0; i < 3; i++) {
        const struct in6_addr who = {{{0x20, 1, 0xd, 0xb8, [15] = i}}};
        assert_int_equal(quota_session_add(quota, &who, 0), QUOTA_OK);
    }
    const struct in6_addr other = {{{0x20, 1, 0xd, 0xb8, [15] = 9}}}, first = {{{0x20, 1, 0xd, 0xb8}}};
    assert_int_equal(quota_session_add(quota, &other, 0), QUOTA_TABLE);
    quota_session_drop(quota, &first, false);
    assert_int_equal(quota_session_add(quota, &other, 0), QUOTA_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(N64_ALC_01_a_backend_keeps_its_address_while_it_has_bindings),
        UNIT(N64_ALC_10_addresses_are_spread_and_an_attempt_falls_forward),
        UNIT(the_largest_attempt_is_an_address_still),
        UNIT(without_an_active_address_a_binding_is_refused),
        UNIT(a_backend_with_an_address_that_drains_keeps_the_other),
        UNIT(a_backend_of_an_address_that_drains_gets_another),
        UNIT(CGN_SUB_a_backend_has_a_share_of_the_pool_that_it_uses),
        UNIT(CGN_SUB_a_network_has_a_share_of_each_group_of_pools),
        UNIT(CGN_SUB_what_is_restored_counts_in_the_group_of_its_backend),
        UNIT(CGN_SUB_new_bindings_go_to_the_pool_that_is_for_the_backend),
        UNIT(records_are_bounded_and_come_back),
        UNIT(CGN_R4_ports_of_a_backend_are_limited_by_protocol),
        UNIT(a_share_of_ports_is_of_the_pool),
        UNIT(a_share_of_a_large_pool_does_not_overflow),
        UNIT(a_share_of_a_small_pool_is_a_port_at_least),
        UNIT(SEC_20_CGN_SUB_what_the_network_refuses_the_backend_did_not_take),
        UNIT(what_the_backend_is_refused_its_network_did_not_take),
        UNIT(a_refusal_of_the_network_costs_the_backend_no_rate),
        UNIT(CGN_R5_sessions_of_a_backend_are_limited),
        UNIT(SEC_22_sessions_that_nobody_answered_are_limited_apart),
        UNIT(CGN_R5_new_sessions_a_second_are_limited),
        UNIT(a_rate_of_0_lets_nothing_through),
        UNIT(a_refusal_leaves_no_record),
        UNIT(a_drop_too_many_takes_nothing_from_others),
        UNIT(a_binding_of_before_a_restart_counts_and_is_not_limited),
        UNIT(what_finds_no_record_is_not_restored_by_half),
        UNIT(prefixes_of_any_length_make_a_backend_and_a_network),
        UNIT(a_backend_and_a_network_of_the_same_prefix_are_two),
        UNIT(CGN_R4_a_limit_is_exact_with_four_threads),
        UNIT(N64_3_3_02_no_more_sessions_than_there_may_be_in_all),
    };
    return RUN(tests);
}
