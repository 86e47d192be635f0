/*
 * Starts on a state that was whole, under a configuration or a header that is another.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2, RFC 6888 REQ-8
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "nat64d/table/owner.h"
#include "nat64d/table/slot_check.h"
#include "nat64d/table/slot_word.h"
#include "tests/unit/nat64d/agree.h"
#include "tests/unit/nat64d/rig.h"

enum { SLOTS = 512, SHARDS = 2 };

static const struct rig_shape shape = {SLOTS, 16, SHARDS, 2, 8000, 8999};
static struct rig rig;
static void *memory;

static int set_up(void **context)
{
    (void)context;
    memory = aligned_alloc(4096, rig_len(&shape));
    assert_non_null(memory);
    memset(memory, 0, rig_len(&shape));
    rig_now_ns = 1000 * RIG_S;
    rig_init(&rig, &shape);
    return rig_lay_out(&rig, memory);
}

static int tear_down(void **context)
{
    (void)context;
    rig_stop(&rig);
    free(memory);
    return 0;
}

static void start(void)
{
    rig_stop(&rig);
    assert_int_equal(rig_start(&rig), 0);
    assert_null(agree_tables(rig.tables));
}

static uint32_t sessions(void)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < SHARDS; i++)
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            count += rig.tables->shards[i].sessions.count[t];
    return count;
}

static struct session *first_session(void)
{
    uint32_t word;
    for (uint32_t i = 0; i < SLOTS; i++)
        if (slot_word_begin(&rig.state.sessions[i].word, &word))
            return &rig.state.sessions[i];
    fail();
    return NULL;
}

TEST(HA_01_a_static_binding_for_a_port_that_has_a_dynamic_one)
{
    rig.settings.statics_count = 0;
    start();
    assert_int_equal(rig_tcp(&rig, "2001:db8::5", 80, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    rig.settings.statics_count = 1;
    start();
    assert_int_equal(sessions(), 0);
    assert_int_equal(rig_tcp(&rig, "8.8.4.4", 443, "203.0.113.1", 8080, RIG_SYN), REASON_OK);
    rig.settings.statics_count = 0;
    start();
    assert_int_equal(sessions(), 0);
    assert_int_equal(rig_tcp(&rig, "2001:db8::5", 80, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
}

TEST(HA_01_a_header_without_a_free_place_for_a_prefix)
{
    for (unsigned i = 0; i < STATE_PREF64_MAX; i++)
        rig.state.header->pref64[i] = (struct state_pref64){.address = {{{0x20, 1, (uint8_t)i}}}, .len = 96};
    state_file_seal(&rig.state);
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    start();
    assert_int_equal(sessions(), 1);
    unsigned kept = 0;
    for (unsigned i = 0; i < STATE_PREF64_MAX; i++)
        kept += rig.state.header->pref64[i].len != 0;
    assert_int_equal(kept, 1);
}

/* Records of the last start, by kind, of all workers. */
static unsigned recorded(enum natevent_kind kind, const char *backend)
{
    struct in6_addr src6;
    unsigned count = 0;
    assert_int_equal(inet_pton(AF_INET6, backend, &src6), 1);
    assert_non_null(rig.tables->ended);
    for (unsigned i = 0; i < shape.workers; i++) {
        const struct natevent *event;
        for (uint64_t at = 0; (event = natevent_ring_at(rig.tables->ended[i], at)) != NULL; at++)
            count += event->kind == kind && addr_equal6(&event->src6, &src6) && event->since_ns != 0;
    }
    return count;
}

/* A backend that may not any more, then a pool that is another. */
TEST(LOG_8158_01_what_a_start_ends_is_recorded_and_what_lives_on_is_not)
{
    const uint8_t len = rig.backends.len;
    const struct in6_addr all = rig.backends.address;
    strcpy(rig.settings.log.events, "/dev/null");
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    assert_int_equal(rig_udp(&rig, "2001:db8:7::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    start();
    assert_int_equal(sessions(), 2);
    for (unsigned i = 0; i < shape.workers; i++)
        assert_null(natevent_ring_at(rig.tables->ended[i], 0));
    rig.backends = (struct addr_prefix6){{{{0x20, 0x01, 0x0d, 0xb8}}}, 48};
    start();
    assert_int_equal(sessions(), 1);
    assert_int_equal(recorded(NATEVENT_BIB_DELETE, "2001:db8:7::1"), 1);
    assert_int_equal(recorded(NATEVENT_BIB_DELETE, "2001:db8::1"), 0);
    rig.backends = (struct addr_prefix6){all, len};
    rig.settings.log.event_destinations = true;
    rig.settings.statics_count = 0;
    rig.pool.address.address++;
    start();
    assert_int_equal(sessions(), 0);
    assert_int_equal(recorded(NATEVENT_SESSION_DELETE, "2001:db8::1"), 1);
    assert_int_equal(recorded(NATEVENT_BIB_DELETE, "2001:db8::1"), 0);
}

enum { COPY = 10 }; /* slots further */

static unsigned open_one(void)
{
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    return rig_external_port(&rig);
}

/* A session for the flow of the first, made so much later. */
static struct session *copy_session(int64_t later_ns)
{
    const struct session *session = first_session();
    uint32_t slot = (uint32_t)(session - rig.state.sessions) + COPY;
    struct session *copy = &rig.state.sessions[slot];
    memcpy(copy, session, sizeof(*copy));
    copy->created_ns += (uint64_t)later_ns;
    copy->check = slot_check_session(copy, slot);
    return copy;
}

/* The binding of the first session, once more; to be changed and closed by seal_binding. */
static struct bib_entry *copy_binding(void)
{
    uint32_t slot = first_session()->bib;
    struct bib_entry *copy = &rig.state.bib[slot + COPY];
    memcpy(copy, &rig.state.bib[slot], sizeof(*copy));
    return copy;
}

static void seal_binding(struct bib_entry *entry)
{
    entry->check = slot_check_bib(entry, (uint32_t)(entry - rig.state.bib));
}

TEST(HA_01_of_two_sessions_for_a_flow_the_newer_stays)
{
    open_one();
    struct session *newer = copy_session(1);
    newer->flags = SESSION_ANSWERED;
    start();
    assert_int_equal(sessions(), 1);
    assert_ptr_equal(first_session(), newer);
    assert_null(agree_to_the_end(rig.tables, rig_now_ns, 0));
}

TEST(HA_01_a_full_table_has_no_slot_for_a_static_binding)
{
    char source[40];
    rig.settings.statics_count = 0;
    start();
    for (unsigned i = 0; i < 4 * SLOTS; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 16);
        rig_udp(&rig, source, 5000, "64:ff9b::8.8.8.8", 1000);
    }
    rig.settings.statics_count = 1;
    start();
    assert_int_equal(sessions(), SLOTS);
    assert_int_equal(rig.recovered.statics_left_out, 1);
}

TEST(N64_ALC_12_ports_of_sessions_that_a_configuration_ends_are_held)
{
    const struct addr_prefix4 denied = {0x08080808, 32};
    start();
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    uint16_t port = (uint16_t)rig_external_port(&rig);
    rig_stop(&rig);
    rig.settings.deny4 = (struct addr_prefix4 *)&denied;
    rig.settings.deny4_count = 1;
    rig.state.header->settings_hash = 0; /* it is another configuration */
    start();
    assert_int_equal(sessions(), 0);
    assert_null(agree_to_the_end(rig.tables, rig_now_ns, port));
}

/* One session of each class, and what its lifetime is in the rig. */
static void open_each(void)
{
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_int_equal(rig_ping(&rig, "2001:db8::1", 7, "64:ff9b::8.8.8.8"), REASON_OK);
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    assert_int_equal(sessions(), 4);
}

/* So many sessions are there a second before that time, and so many a second after it. */
static void assert_until(uint64_t seconds, uint32_t before, uint32_t after)
{
    rig_now_ns = (1000 + seconds - 1) * RIG_S;
    rig_timeouts(&rig);
    assert_int_equal(sessions(), before);
    rig_now_ns = (1000 + seconds + 1) * RIG_S;
    rig_timeouts(&rig);
    assert_int_equal(sessions(), after);
}

/* A quarter of a minute after the last packets another configuration comes into force. */
static void change_lifetimes(int udp, int udp_dns, int icmp, int opening)
{
    rig_now_ns += 15 * RIG_S;
    rig.settings.nat64.timeouts.udp = udp;
    rig.settings.nat64.timeouts.udp_dns = udp_dns;
    rig.settings.nat64.timeouts.icmp = icmp;
    rig.settings.nat64.timeouts.tcp_opening = opening;
    start();
    assert_int_equal(sessions(), 4);
}

TEST(N64_4_05_a_shorter_lifetime_holds_for_the_sessions_that_are_there)
{
    start();
    open_each();
    change_lifetimes(120, 16, 30, 60);
    assert_until(16, 4, 3);
    assert_until(30, 3, 2);
    assert_until(60, 2, 1);
    assert_until(120, 1, 0);
}

TEST(N64_4_05_a_longer_lifetime_too)
{
    start();
    open_each();
    change_lifetimes(600, 40, 90, 300);
    assert_until(40, 4, 3);
    assert_until(90, 3, 2);
    assert_until(300, 2, 1);
    assert_until(600, 1, 0);
}

TEST(N64_4_05_a_start_without_a_change_changes_none)
{
    start();
    open_each();
    change_lifetimes(300, 17, 60, 240);
    start();
    assert_until(17, 4, 3);
    assert_until(60, 3, 2);
    assert_until(240, 2, 1);
    assert_until(300, 1, 0);
}

TEST(N64_4_03_opening_and_closing_have_a_lifetime_each)
{
    rig.settings.nat64.timeouts.tcp_opening = 30;
    rig.settings.nat64.timeouts.tcp_closing = rig.settings.nat64.timeouts.tcp_closing_full = 50;
    start();
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    assert_until(30, 1, 0);
    rig_now_ns = 1000 * RIG_S;
    start();
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5001, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    unsigned port = rig_external_port(&rig);
    assert_int_equal(rig_tcp(&rig, "8.8.8.8", 443, "203.0.113.1", port, RIG_SYN | RIG_ACK), REASON_OK);
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5001, "64:ff9b::8.8.8.8", 443, RIG_FIN | RIG_ACK),
                     REASON_OK);
    assert_int_equal(rig_tcp(&rig, "8.8.8.8", 443, "203.0.113.1", port, RIG_FIN | RIG_ACK), REASON_OK);
    assert_until(50, 1, 0);
}

TEST(HA_01_of_two_bindings_for_a_host_one_stays)
{
    unsigned port = open_one();
    struct bib_entry *other = copy_binding();
    other->src4_port = (uint16_t)(port == 8500 ? 8501 : 8500);
    seal_binding(other);
    start(); /* the tables agree: the other's port is free */
    assert_int_equal(sessions(), 1);
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    assert_int_equal(rig_external_port(&rig), port);
}

TEST(HA_01_of_two_hosts_with_a_port_one_stays)
{
    unsigned port = open_one();
    struct bib_entry *other = copy_binding();
    do /* another host of the same shard */
        other->src6.s6_addr[15]++;
    while (owner_shard6(rig.state.header->key, &other->src6, 5000, TRANSPORT_UDP, SHARDS) != other->shard);
    seal_binding(other);
    start();
    assert_int_equal(rig.recovered.bindings_dropped, 1);
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 1000, "203.0.113.1", port), REASON_OK);
    assert_int_equal(rig.built.packet.data[39], 1); /* who had it in the world's eyes */
}

TEST(HA_01_of_two_sessions_for_a_flow_the_older_goes_wherever_it_stands)
{
    open_one();
    const struct session *session = first_session();
    copy_session(-1);
    start();
    assert_int_equal(sessions(), 1);
    assert_ptr_equal(first_session(), session);
    assert_null(agree_to_the_end(rig.tables, rig_now_ns, 0));
}

/* With fewer sessions allowed there is room to count fewer backends: what no limit would hold goes whole. */
TEST(HA_01_what_cannot_be_counted_any_more_goes)
{
    enum { BACKENDS = 200 };
    char source[40];
    start();
    for (unsigned i = 0; i < BACKENDS; i++) {
        snprintf(source, sizeof(source), "2001:db8:%x::1", i);
        assert_int_equal(rig_udp(&rig, source, 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    }
    rig.settings.nat64.max_sessions = 1;
    start();
    assert_in_range(sessions(), 1, BACKENDS - 1);
    assert_int_equal(rig.recovered.sessions, sessions());
    assert_int_equal(rig.recovered.sessions_dropped, BACKENDS - sessions());
    assert_null(agree_to_the_end(rig.tables, rig_now_ns, 0));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(HA_01_a_static_binding_for_a_port_that_has_a_dynamic_one),
        CASE(HA_01_a_header_without_a_free_place_for_a_prefix),
        CASE(LOG_8158_01_what_a_start_ends_is_recorded_and_what_lives_on_is_not),
        CASE(HA_01_of_two_sessions_for_a_flow_the_newer_stays),
        CASE(HA_01_of_two_bindings_for_a_host_one_stays),
        CASE(HA_01_of_two_hosts_with_a_port_one_stays),
        CASE(HA_01_of_two_sessions_for_a_flow_the_older_goes_wherever_it_stands),
        CASE(HA_01_what_cannot_be_counted_any_more_goes),
        CASE(HA_01_a_full_table_has_no_slot_for_a_static_binding),
        CASE(N64_ALC_12_ports_of_sessions_that_a_configuration_ends_are_held),
        CASE(N64_4_05_a_shorter_lifetime_holds_for_the_sessions_that_are_there),
        CASE(N64_4_05_a_longer_lifetime_too),
        CASE(N64_4_05_a_start_without_a_change_changes_none),
        CASE(N64_4_03_opening_and_closing_have_a_lifetime_each),
    };
    return RUN(tests);
}
