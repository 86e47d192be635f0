/*
 * Filters, the rings of records, and the reader that joins and queues them.
 *
 * Layer: test
 * Specification: man/gate64.1 (trace)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "nat64d/table/trace_reader.h"
#include "tests/unit/nat64d/build.h"

enum { WORKERS = 2, RING = 256, MANY = 100000, JOIN_NS = TRACE_READER_JOIN_MS * 1000000 };

static struct trace_hub *hub;
static struct trace_reader *reader;
static struct trace traces[WORKERS];
static struct built built;
static uint64_t now_ns;

static int set_up(void **context)
{
    (void)context;
    now_ns = 1000;
    assert_int_equal(trace_hub_new(WORKERS, &hub), 0);
    assert_int_equal(trace_reader_new(hub, &reader), 0);
    for (uint8_t i = 0; i < WORKERS; i++)
        trace_init(&traces[i], hub, i);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    trace_reader_free(reader);
    trace_hub_free(hub);
    return 0;
}

static struct trace_filter filter6(const char *prefix, uint32_t count)
{
    struct trace_filter filter = {.family = 6, .count = count};
    assert_int_equal(addr_parse_prefix6(prefix, &filter.v6), 0);
    return filter;
}

static struct trace_filter filter4(const char *address, uint16_t port)
{
    struct trace_filter filter = {.family = 4, .port = port, .count = 1000};
    assert_int_equal(addr_parse4(address, &filter.v4), 0);
    return filter;
}

static unsigned open_trace(struct trace_filter filter)
{
    unsigned place;
    assert_int_equal(trace_reader_open(reader, &filter, &place), 0);
    for (unsigned i = 0; i < WORKERS; i++)
        trace_refresh(&traces[i]);
    return place;
}

/* One packet with its addresses and ports, as a worker sees it. */
static void packet_begins(unsigned worker, const char *source, const char *destination)
{
    build_udp(&built, source, 4000, destination, 53, "data", 4);
    built.packet.family = source[4] == ':' ? 6 : 4;
    built.packet.protocol = PACKET_PROTO_UDP;
    built.packet.l3_len = built.packet.family == 6 ? PACKET_IPV6_HEADER : PACKET_IPV4_HEADER;
    built.packet.l4_len = PACKET_UDP_HEADER;
    trace_begin(&traces[worker], &built.packet, REASON_OK, now_ns);
}

static void packet_comes(unsigned worker, const char *source, const char *destination)
{
    packet_begins(worker, source, destination);
    trace_end(&traces[worker]);
}

static bool comes_out(unsigned place)
{
    struct trace_record record;
    return trace_reader_next(reader, place, now_ns, &record);
}

TEST(nothing_is_wanted_without_a_trace)
{
    struct trace never = {0};
    trace_refresh(&never);
    assert_int_equal(never.wanting, 0);
    trace_refresh(&traces[0]);
    assert_int_equal(traces[0].wanting, 0);
    unsigned place = open_trace(filter6("2001:db8::1", 10));
    assert_int_equal(traces[0].wanting, 1);
    trace_reader_close(reader, place);
    trace_refresh(&traces[0]);
    assert_int_equal(traces[0].wanting, 0);
}

TEST(filters_match_what_they_name)
{
    unsigned network = open_trace(filter6("2001:db8:1::/48", 10));
    packet_comes(0, "2001:db8:1::5", "64:ff9b::1");
    assert_true(comes_out(network));
    packet_comes(0, "2001:db8:2::5", "64:ff9b::1");
    packet_comes(0, "192.0.2.1", "198.51.100.1");
    assert_false(comes_out(network));
    unsigned host = open_trace(filter4("192.0.2.1", 0)), port = open_trace(filter4("192.0.2.1", 4000));
    unsigned other = open_trace(filter4("192.0.2.1", 4001));
    packet_comes(1, "192.0.2.1", "198.51.100.1");
    assert_true(comes_out(host));
    assert_true(comes_out(port));
    assert_false(comes_out(other));
    packet_comes(1, "198.51.100.1", "192.0.2.1");
    assert_true(comes_out(host));
    assert_false(comes_out(port));
}

TEST(a_packet_is_wanted_by_what_is_found_on_its_way)
{
    struct in6_addr backend;
    unsigned place = open_trace(filter6("2001:db8::7", 10));
    assert_int_equal(addr_parse6("2001:db8::7", &backend), 0);
    packet_begins(0, "192.0.2.1", "198.51.100.1");
    assert_int_equal(traces[0].record->mask, 0);
    trace_add(&traces[0], &(struct trace_note){.step = TRACE_BINDING, .a = trace_point6(&backend, 80)});
    trace_end(&traces[0]);
    assert_true(comes_out(place));
    packet_begins(0, "192.0.2.1", "198.51.100.1");
    traces[0].handed = true; /* its next worker makes the record */
    traces[0].record->mask = 1;
    trace_end(&traces[0]);
    assert_false(comes_out(place));
}

TEST(a_worker_makes_no_more_records_than_are_asked_for)
{
    unsigned place = open_trace(filter6("2001:db8::1", 3));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(traces[0].wanting, 1);
        packet_comes(0, "2001:db8::1", "64:ff9b::1");
    }
    assert_int_equal(traces[0].wanting, 0);
    for (int i = 0; i < 3; i++)
        assert_true(comes_out(place));
    assert_false(comes_out(place));
    trace_reader_close(reader, place);
    place = open_trace(filter6("2001:db8::1", 3)); /* the same again counts anew */
    assert_int_equal(traces[0].wanting, 1);
}

TEST(a_full_ring_costs_records_that_are_counted)
{
    unsigned place = open_trace(filter6("2001:db8::1", MANY)), taken = 0;
    for (int i = 0; i < RING + 44; i++)
        packet_comes(0, "2001:db8::1", "64:ff9b::1");
    assert_int_equal(trace_reader_missed(reader, place), 44);
    while (comes_out(place))
        taken++;
    assert_int_equal(taken, RING);
    packet_comes(0, "2001:db8::1", "64:ff9b::1");
    assert_true(comes_out(place));
    /* What was missed before is nothing to the next. */
    trace_reader_close(reader, place);
    place = open_trace(filter6("2001:db8::1", MANY));
    assert_int_equal(trace_reader_missed(reader, place), 0);
}

TEST(a_full_queue_is_counted_too)
{
    unsigned slow = open_trace(filter6("2001:db8::1", MANY)),
             other = open_trace(filter6("2001:db8::2", MANY));
    for (int i = 0; i < TRACE_READER_QUEUE; i++)
        packet_comes(0, "2001:db8::1", "64:ff9b::1");
    assert_false(comes_out(other));
    packet_comes(1, "2001:db8::1", "64:ff9b::1");
    assert_false(comes_out(other));
    assert_int_equal(trace_reader_missed(reader, slow), 1);
    assert_int_equal(trace_reader_missed(reader, other), 0);
}

TEST(four_traces_at_once)
{
    struct trace_filter filter = filter6("2001:db8::1", 1);
    unsigned place;
    for (unsigned i = 0; i < TRACE_MAX; i++)
        open_trace(filter);
    assert_int_equal(trace_reader_open(reader, &filter, &place), -EBUSY);
    packet_comes(0, "2001:db8::1", "64:ff9b::1");
    for (unsigned i = 0; i < TRACE_MAX; i++)
        assert_true(comes_out(i));
    trace_reader_close(reader, 2);
    assert_int_equal(trace_reader_open(reader, &filter, &place), 0);
    assert_int_equal(place, 2);
}

TEST(a_record_of_a_trace_that_ended_is_not_the_next_ones)
{
    unsigned place = open_trace(filter6("2001:db8::1", 10));
    trace_reader_close(reader, place);
    struct trace_filter next = filter6("2001:db8::2", 10);
    assert_int_equal(trace_reader_open(reader, &next, &place), 0);
    assert_int_equal(place, 0);
    packet_comes(0, "2001:db8::1", "64:ff9b::1"); /* this worker has not looked yet */
    assert_false(comes_out(place));
}

TEST(records_come_by_time)
{
    struct trace_record record;
    unsigned place = open_trace(filter6("2001:db8::1", 10));
    now_ns = 3000;
    packet_comes(0, "2001:db8::1", "64:ff9b::1");
    now_ns = 2000;
    packet_comes(1, "2001:db8::1", "64:ff9b::1");
    assert_true(trace_reader_next(reader, place, now_ns, &record));
    assert_int_equal(record.time_ns, 2000);
    assert_true(trace_reader_next(reader, place, now_ns, &record));
    assert_int_equal(record.time_ns, 3000);
}

/* A packet from worker 0 that hairpins to worker 1; which of the parts is written first is open. */
static void hairpin(bool second_first)
{
    packet_begins(0, "2001:db8::1", "64:ff9b::1");
    trace_add(&traces[0], &(struct trace_note){.step = TRACE_HAIRPIN});
    traces[0].record->last = false;
    struct packet_trace trace = {.mask = traces[0].record->mask,
                                 .id = traces[0].record->id,
                                 .generation = traces[0].record->generation,
                                 .from = 1};
    if (!second_first)
        trace_end(&traces[0]);
    build_udp(&built, "192.0.2.1", 4000, "198.51.100.1", 53, "data", 4);
    built.packet.trace = trace;
    trace_begin(&traces[1], &built.packet, REASON_OK, now_ns);
    traces[1].record->verdict = TRACE_SENT;
    trace_end(&traces[1]);
    if (second_first)
        trace_end(&traces[0]);
}

TEST(two_parts_are_one_packet)
{
    struct trace_record record;
    unsigned place = open_trace(filter6("2001:db8::1", 10));
    for (int order = 0; order < 2; order++) {
        hairpin(order == 1);
        assert_true(trace_reader_next(reader, place, now_ns, &record));
        assert_int_equal(record.arrival.family, 6);
        assert_int_equal(record.verdict, TRACE_SENT);
        assert_int_equal(record.notes_count, 2);
        assert_int_equal(record.notes[0].step, TRACE_HAIRPIN);
        assert_int_equal(record.notes[1].step, TRACE_HANDOVER);
        assert_true(record.last);
        assert_false(comes_out(place));
    }
}

TEST(one_part_does_not_wait_for_ever)
{
    struct trace_record record;
    unsigned place = open_trace(filter6("2001:db8::1", 100));
    packet_begins(0, "2001:db8::1", "64:ff9b::1");
    traces[0].record->last = false;
    traces[0].record->verdict = TRACE_HANDED;
    trace_end(&traces[0]);
    assert_false(comes_out(place));
    now_ns += JOIN_NS;
    assert_true(trace_reader_next(reader, place, now_ns, &record));
    assert_int_equal(record.verdict, TRACE_HANDED);
    for (int i = 0; i < 17; i++) { /* more than there is room for: the oldest goes on alone */
        packet_begins(0, "2001:db8::1", "64:ff9b::1");
        traces[0].record->last = false;
        trace_end(&traces[0]);
    }
    assert_true(comes_out(place));
    assert_false(comes_out(place));
}

TEST(more_notes_than_a_record_holds_are_left_out)
{
    struct trace_record record;
    unsigned place = open_trace(filter6("2001:db8::1", 10));
    packet_begins(0, "2001:db8::1", "64:ff9b::1");
    for (int i = 0; i < TRACE_NOTES + 5; i++)
        trace_add(&traces[0], &(struct trace_note){.step = TRACE_MTU});
    trace_end(&traces[0]);
    assert_true(trace_reader_next(reader, place, now_ns, &record));
    assert_int_equal(record.notes_count, TRACE_NOTES);
}

/* A worker at full speed while traces come and go: what arrives is whole and somebody's. */
static atomic_bool stop;

static void *work(void *argument)
{
    static struct built mine;
    struct trace *trace = argument;
    build_udp(&mine, "2001:db8::1", 4000, "64:ff9b::1", 53, "data", 4);
    for (uint64_t i = 1; !atomic_load(&stop); i++) {
        trace_refresh(trace);
        if (trace->wanting == 0)
            continue;
        trace_begin(trace, &mine.packet, REASON_OK, i);
        if (trace->record == NULL)
            continue;
        trace_add(trace, &(struct trace_note){.step = TRACE_MSS, .value = {(uint32_t)i, ~(uint32_t)i}});
        trace_end(trace);
    }
    return NULL;
}

TEST(a_worker_and_a_reader_at_once)
{
    pthread_t thread;
    struct trace_record record;
    unsigned got = 0;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, work, &traces[0]), 0);
    for (int round = 0; round < 200 || got == 0; round++) {
        struct trace_filter filter = filter6("2001:db8::/32", 50);
        unsigned place;
        uint64_t last = 0;
        assert_int_equal(trace_reader_open(reader, &filter, &place), 0);
        for (int i = 0; i < 100; i++)
            if (trace_reader_next(reader, place, 0, &record)) {
                assert_int_equal(record.notes_count, 1);
                assert_int_equal(record.notes[0].value[0], (uint32_t)record.time_ns);
                assert_int_equal(record.notes[0].value[1], ~(uint32_t)record.time_ns);
                assert_true(record.time_ns > last);
                last = record.time_ns;
                got++;
            }
        trace_reader_close(reader, place);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(nothing_is_wanted_without_a_trace),
        ROW(filters_match_what_they_name),
        ROW(a_packet_is_wanted_by_what_is_found_on_its_way),
        ROW(a_worker_makes_no_more_records_than_are_asked_for),
        ROW(a_full_ring_costs_records_that_are_counted),
        ROW(a_full_queue_is_counted_too),
        ROW(four_traces_at_once),
        ROW(a_record_of_a_trace_that_ended_is_not_the_next_ones),
        ROW(records_come_by_time),
        ROW(two_parts_are_one_packet),
        ROW(one_part_does_not_wait_for_ever),
        ROW(more_notes_than_a_record_holds_are_left_out),
        ROW(a_worker_and_a_reader_at_once),
    };
    return RUN(tests);
}
