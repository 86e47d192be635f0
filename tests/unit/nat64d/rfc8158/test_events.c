/*
 * What the event log is told, and what not.
 *
 * Layer: test
 * Specification: RFC 8158, RFC 6888 REQ-12
 */
#include "tests/unit/nat64d/gateway.h"

#include "nat64d/rfc8158/events.h"

enum { RECORDS = 256 };

static struct natevent_ring *ring;
static uint64_t at;

static int set_up_log(void **context)
{
    size_t len = (natevent_ring_size(RECORDS) + 63) / 64 * 64;
    int r = set_up(context);
    ring = aligned_alloc(64, len);
    memset(ring, 0, len);
    natevent_ring_init(ring, RECORDS);
    at = 0;
    steps.events = ring;
    shared.events = (struct steps_events){.bindings = true, .backend_len = 128, .per_second = 10};
    return r;
}

static int set_up_small_pool(void **context)
{
    pool_ports = (struct addr_port_range){1024, 1087};
    return set_up_log(context);
}

static int tear_down_log(void **context)
{
    free(ring);
    return tear_down(context);
}

/* The next record, which must be there and of that kind. */
static const struct natevent *expect(enum natevent_kind kind)
{
    const struct natevent *event = natevent_ring_at(ring, at);
    assert_non_null(event);
    assert_int_equal(event->kind, kind);
    assert_int_equal(event->time_ns, now_ns);
    natevent_ring_give(ring, ++at);
    return event;
}

static void expect_none(void)
{
    assert_null(natevent_ring_at(ring, at));
}

static void assert_backend(const struct natevent *event, const char *backend, unsigned port)
{
    struct in6_addr src6;
    assert_int_equal(inet_pton(AF_INET6, backend, &src6), 1);
    assert_memory_equal(&event->src6, &src6, sizeof(src6));
    assert_int_equal(event->prefix_len, 128);
    assert_int_equal(event->src6_port, port);
}

TEST(LOG_8158_01_LOG_6888_01_a_binding_is_told_of_when_it_begins_and_ends)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    const struct natevent *event = expect(NATEVENT_BIB_CREATE);
    assert_backend(event, HOST, 5000);
    assert_int_equal(event->transport, TRANSPORT_UDP);
    assert_int_equal(event->src4, 0xcb007101);
    assert_int_equal(event->src4_port, port);
    assert_int_equal(event->since_ns, 0);
    /* More sessions and packets of the binding, either way, are no news. */
    assert_int_equal(udp6(HOST, 5000, PEER, 1001), REASON_OK);
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::8.8.4.4", 1001), REASON_OK);
    assert_int_equal(udp4("8.8.8.8", 1000, port), REASON_OK);
    expect_none();
    uint64_t since_ns = now_ns;
    pass(301);
    event = expect(NATEVENT_BIB_DELETE);
    assert_backend(event, HOST, 5000);
    assert_int_equal(event->src4_port, port);
    assert_int_equal(event->since_ns, since_ns);
    expect_none();
}

TEST(LOG_8158_01_tcp_and_icmp_bindings)
{
    assert_int_equal(tcp6(SYN), REASON_OK);
    assert_int_equal(expect(NATEVENT_BIB_CREATE)->transport, TRANSPORT_TCP);
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    const struct natevent *event = expect(NATEVENT_BIB_CREATE);
    assert_int_equal(event->transport, TRANSPORT_ICMP);
    assert_backend(event, HOST, 7);
    assert_int_equal(event->src4_port, external_id());
    pass(61);
    assert_int_equal(expect(NATEVENT_BIB_DELETE)->transport, TRANSPORT_ICMP);
    expect_none();
}

TEST(CGN_R12_no_record_has_a_destination)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    assert_int_equal(tcp6(SYN), REASON_OK);
    pass(400);
    for (unsigned i = 0; i < 4; i++) {
        const struct natevent *event = natevent_ring_at(ring, at++);
        assert_int_equal(event->dst4, 0);
        assert_int_equal(event->dst4_port, 0);
    }
    expect_none();
}

TEST(LOG_8158_04_without_destinations_there_are_no_sessions)
{
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(udp6(HOST, 5000, PEER, 1000 + i), REASON_OK);
    expect(NATEVENT_BIB_CREATE);
    expect_none();
}

TEST(LOG_8158_01_LOG_8158_04_with_destinations_each_session_is_told_of)
{
    shared.events.sessions = true;
    shared.events.bindings = false;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    unsigned port = external_port();
    const struct natevent *event = expect(NATEVENT_SESSION_CREATE);
    assert_backend(event, HOST, 5000);
    assert_int_equal(event->src4_port, port);
    assert_int_equal(event->dst4, 0x08080808);
    assert_int_equal(event->dst4_port, 1000);
    assert_int_equal(udp6(HOST, 5000, PEER, 1001), REASON_OK);
    assert_int_equal(expect(NATEVENT_SESSION_CREATE)->dst4_port, 1001);
    uint64_t since_ns = now_ns;
    pass(301);
    for (unsigned i = 0; i < 2; i++) {
        event = expect(NATEVENT_SESSION_DELETE);
        assert_int_equal(event->since_ns, since_ns);
        assert_int_equal(event->dst4, 0x08080808);
    }
    expect_none();
}

TEST(LOG_8158_01_a_session_of_a_static_binding_has_a_destination_to_tell)
{
    build_tcp(&built, "8.8.8.8", 1234, POOL, 8080, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    expect_none();
    shared.events.sessions = true;
    build_tcp(&built, "8.8.8.8", 1235, POOL, 8080, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    const struct natevent *event = expect(NATEVENT_SESSION_CREATE);
    assert_backend(event, "2001:db8::5", 80);
    assert_int_equal(event->src4_port, 8080);
    assert_int_equal(event->dst4_port, 1235);
    expect_none();
}

TEST(LOG_8158_01_LOG_8158_05_exhaustion_names_address_and_protocol_and_is_limited)
{
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
        expect(NATEVENT_BIB_CREATE);
    }
    assert_int_equal(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT);
    const struct natevent *event = expect(NATEVENT_PORTS_EXHAUSTED);
    assert_int_equal(event->src4, 0xcb007101);
    assert_int_equal(event->transport, TRANSPORT_UDP);
    expect_none();
    /* Nor is there an address for a backend that has none. */
    assert_int_equal(udp6("2001:db8::77", 6000, PEER, 1000), REASON_NO_PORT);
    expect(NATEVENT_PORTS_EXHAUSTED);
    event = expect(NATEVENT_ADDRESSES_EXHAUSTED);
    assert_int_equal(event->src4, 0xcb007101);
    expect_none();
    /* A flood of three seconds. */
    unsigned told = 0;
    for (unsigned i = 0; i < 3000; i++) {
        now_ns += S / 1000;
        assert_int_equal(udp6(HOST, 6000, PEER, 1000), REASON_NO_PORT);
    }
    while ((event = natevent_ring_at(ring, at)) != NULL) {
        assert_int_equal(event->kind, NATEVENT_PORTS_EXHAUSTED);
        told++;
        at++;
    }
    assert_in_range(told, 20, 40);
    assert_in_range(counters_get(&counters, REASON_COUNT + TALLY_EVENTS_SUPPRESSED), 2960, 2990);
    /* Another protocol has ports. */
    natevent_ring_give(ring, at);
    assert_int_equal(tcp6(SYN), REASON_OK);
    expect(NATEVENT_BIB_CREATE);
}

/* More sessions than the table holds, then a backend over its limit of ports. */
TEST(LOG_8158_01_LOG_8158_06_each_limit_has_its_number)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < SLOTS + 10; i++)
        refused += udp6(HOST, 5000, PEER, 1000 + i) != REASON_OK;
    assert_int_equal(refused, 10);
    expect(NATEVENT_BIB_CREATE);
    const struct natevent *event = expect(NATEVENT_QUOTA_EXCEEDED);
    assert_int_equal(event->detail, NATEVENT_QUOTA_BACKEND);
    assert_int_equal(event->cause, NATEVENT_CAUSE_SESSIONS);
    assert_int_equal(event->transport, TRANSPORT_UDP);
    assert_backend(event, HOST, 0);
}

/* A binding that was made for a packet that was refused after all never was. */
TEST(LOG_8158_01_a_refused_flow_leaves_no_binding_in_the_log)
{
    struct quota_limits limits = {.prefix_len = {128, 64},
                                  .ports = {{60000, false}, {60000, false}},
                                  .sessions = {1, SLOTS},
                                  .sessions_in_all = SLOTS,
                                  .unanswered = {SLOTS, SLOTS},
                                  .rate = {100000, 100000}};
    quota_free(shared.quota);
    assert_int_equal(quota_new(1000, &limits, (struct siphash_key){1, 2}, groups, &shared.quota), 0);
    shared.events.addresses = true;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    expect(NATEVENT_ADDRESS_BIND);
    expect(NATEVENT_BIB_CREATE);
    assert_int_equal(udp6(HOST, 5001, PEER, 1000), REASON_LIMIT_SESSIONS);
    expect(NATEVENT_QUOTA_EXCEEDED);
    expect_none();
    assert_int_equal(bindings(), 1);
}

TEST(LOG_8158_01_a_backend_gets_its_address_with_the_first_binding_and_loses_it_with_the_last)
{
    shared.events.addresses = true;
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    const struct natevent *event = expect(NATEVENT_ADDRESS_BIND);
    assert_backend(event, HOST, 0);
    assert_int_equal(event->src4, 0xcb007101);
    assert_int_equal(event->transport, NATEVENT_ANY);
    expect(NATEVENT_BIB_CREATE);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    expect(NATEVENT_BIB_CREATE);
    expect_none();
    pass(61);
    expect(NATEVENT_BIB_DELETE);
    expect_none();
    pass(240);
    expect(NATEVENT_BIB_DELETE);
    event = expect(NATEVENT_ADDRESS_UNBIND);
    assert_backend(event, HOST, 0);
    assert_int_equal(event->src4, 0xcb007101);
    expect_none();
}

TEST(LOG_8158_01_a_block_of_ports)
{
    struct lots_block block = {.address = 0, .first = 2048, .last = 2303};
    shared.events.backend_len = 64;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8:0:5::9", &block.backend), 1);
    events_block(&steps, true, &block, now_ns);
    const struct natevent *event = expect(NATEVENT_BLOCK_ALLOCATED);
    struct in6_addr prefix;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8:0:5::", &prefix), 1);
    assert_memory_equal(&event->src6, &prefix, sizeof(prefix));
    assert_int_equal(event->prefix_len, 64);
    assert_int_equal(event->src4, 0xcb007101);
    assert_int_equal(event->src4_port, 2048);
    assert_int_equal(event->src4_last, 2303);
    block.since_ns = now_ns - 5 * S;
    events_block(&steps, false, &block, now_ns);
    assert_int_equal(expect(NATEVENT_BLOCK_FREED)->since_ns, now_ns - 5 * S);
}

TEST(LOG_OURS_01_packets_pass_when_the_ring_is_full)
{
    for (unsigned i = 0; i < RECORDS + 20; i++)
        assert_int_equal(udp6(HOST, 5000 + i, PEER, 1000), REASON_OK);
    assert_int_equal(natevent_ring_lost(ring), 20);
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_EVENTS), RECORDS);
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_EVENTS_LOST), 20);
}

TEST(CGN_R12_nothing_is_told_where_nobody_logs)
{
    steps.events = NULL;
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    pass(301);
    expect_none();
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_EVENTS), 0);
}

#define LOGGED(name) cmocka_unit_test_setup_teardown(name, set_up_log, tear_down_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGGED(LOG_8158_01_LOG_6888_01_a_binding_is_told_of_when_it_begins_and_ends),
        LOGGED(LOG_8158_01_tcp_and_icmp_bindings),
        LOGGED(CGN_R12_no_record_has_a_destination),
        LOGGED(LOG_8158_04_without_destinations_there_are_no_sessions),
        LOGGED(LOG_8158_01_LOG_8158_04_with_destinations_each_session_is_told_of),
        LOGGED(LOG_8158_01_a_session_of_a_static_binding_has_a_destination_to_tell),
        cmocka_unit_test_setup_teardown(
            LOG_8158_01_LOG_8158_05_exhaustion_names_address_and_protocol_and_is_limited, set_up_small_pool,
            tear_down_log),
        LOGGED(LOG_8158_01_LOG_8158_06_each_limit_has_its_number),
        LOGGED(LOG_8158_01_a_refused_flow_leaves_no_binding_in_the_log),
        LOGGED(LOG_8158_01_a_backend_gets_its_address_with_the_first_binding_and_loses_it_with_the_last),
        LOGGED(LOG_8158_01_a_block_of_ports),
        LOGGED(LOG_OURS_01_packets_pass_when_the_ring_is_full),
        LOGGED(CGN_R12_nothing_is_told_where_nobody_logs),
    };
    return RUN(tests);
}
