/*
 * What is seen of answers: counted by type and RCODE, timed by what they are made of, who asks most, and the
 * records of the query log.
 *
 * Layer: test
 * Specification: man/dns64.8 (METRICS, QUERY LOG)
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/observe/observer.h"

#define SECOND UINT64_C(1000000000)

static struct counters counters;
static struct tally tally;
static struct observer_log log_slot;
static struct observer observer;
static struct query query;
static uint8_t answer[MESSAGE_HEADER + 300];
static struct top_entry entries[2 * TOP_ENTRIES];

static int set_up(void **state)
{
    (void)state;
    memset(&counters, 0, sizeof(counters));
    memset(&tally, 0, sizeof(tally));
    log_slot.ring = NULL;
    observer =
        (struct observer){.tally = &tally, .top = top_new((struct siphash_key){1, 2}, 0), .log = &log_slot};
    assert_non_null(observer.top);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    top_free(observer.top);
    log_ring_free(log_slot.ring);
    return 0;
}

static void make_query(const char *name, uint16_t type, unsigned rcode)
{
    query = (struct query){.counters = &counters,
                           .client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true},
                           .has_question = true,
                           .type = type,
                           .class = MESSAGE_CLASS_IN,
                           .outcome = OUTCOME_PASSED};
    query.client.addr.v6.s6_addr[0] = 0x20;
    assert_true(name_from_text(name, &query.question));
    memset(answer, 0, sizeof(answer));
    answer[3] = (uint8_t)rcode;
}

static void send_answer(uint64_t now_ns)
{
    observer_answer(&observer, &query, answer, sizeof(answer), now_ns);
}

static uint64_t of_type(uint16_t type)
{
    return tally_types(&tally, 1, type_kind(type));
}

static uint64_t of_rcode(unsigned rcode)
{
    return tally_rcodes(&tally, 1, type_rcode_kind(rcode));
}

TEST(answers_are_counted_by_type_and_rcode)
{
    static const uint16_t types[] = {MESSAGE_TYPE_AAAA, MESSAGE_TYPE_A, MESSAGE_TYPE_PTR, 65, 64, 1234, 4321};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        make_query("www.example", types[i], i % 2 == 0 ? MESSAGE_NOERROR : MESSAGE_NXDOMAIN);
        send_answer(1);
    }
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(of_type(types[i]), 1);
    assert_int_equal(of_type(1234), 2); /* all others together */
    assert_int_equal(of_rcode(MESSAGE_NOERROR), 4);
    assert_int_equal(of_rcode(MESSAGE_NXDOMAIN), 3);
    assert_int_equal(of_rcode(MESSAGE_SERVFAIL), 0);
}

TEST(an_rcode_that_needs_edns)
{
    make_query("www.example", MESSAGE_TYPE_A, MESSAGE_NOERROR);
    query.outcome = OUTCOME_BAD_VERSION;
    send_answer(1);
    query.outcome = OUTCOME_BAD_COOKIE;
    answer[3] = MESSAGE_BADCOOKIE & 15;
    send_answer(1);
    assert_int_equal(of_rcode(MESSAGE_BADVERS), 1);
    assert_int_equal(of_rcode(MESSAGE_BADCOOKIE), 1);
    assert_int_equal(of_rcode(MESSAGE_NOERROR), 0);
}

static uint64_t timed(enum tally_from from)
{
    struct histogram_sum sum = {0};
    histogram_collect(&tally.took[from], &sum);
    return sum.count;
}

TEST(answers_are_timed_by_what_they_are_made_of)
{
    make_query("www.example", MESSAGE_TYPE_A, 0);
    send_answer(1); /* local */
    query.finished = true;
    send_answer(1);
    send_answer(1);
    assert_int_equal(timed(TALLY_CACHE), 0); /* not yet on its way */
    observer_sent(&observer, 5000);
    assert_int_equal(timed(TALLY_LOCAL), 1);
    assert_int_equal(timed(TALLY_CACHE), 2);
    observer_sent(&observer, 5000);
    assert_int_equal(timed(TALLY_CACHE), 2);
    query.finished = false;
    query.slot[QUERY_MAIN].asked = true;
    observer_late_answer(&observer, &query, answer, sizeof(answer), 1, 2);
    assert_int_equal(timed(TALLY_CACHE), 3); /* of replies that were kept */
    query.asked_upstream = true;
    observer_late_answer(&observer, &query, answer, sizeof(answer), 0, 3 * SECOND);
    assert_int_equal(timed(TALLY_UPSTREAM), 1);
    assert_true(tally.took[TALLY_UPSTREAM].sum_ns == 3 * SECOND);
    query.stale = true;
    observer_late_answer(&observer, &query, answer, sizeof(answer), 0, 1);
    assert_int_equal(timed(TALLY_STALE), 1);
}

TEST(no_record_while_there_is_no_log)
{
    make_query("www.example", MESSAGE_TYPE_A, 0);
    send_answer(1);
    assert_int_equal(counters_get(&counters, OUTCOME_LOG_LOST), 0);
}

TEST(a_record_says_what_became_of_the_query)
{
    log_slot.ring = log_ring_new();
    make_query("WWW.example", MESSAGE_TYPE_AAAA, MESSAGE_NXDOMAIN);
    query.asked_upstream = true;
    query.outcome = OUTCOME_AAAA_NXDOMAIN;
    observer_late_answer(&observer, &query, answer, 99, 10 * SECOND, 11 * SECOND);
    const struct log_record *record = log_ring_first(log_slot.ring);
    assert_non_null(record);
    assert_true(record->time_ns == 11 * SECOND && record->took_ns == SECOND);
    assert_true(name_equal(&record->name, &query.question));
    assert_int_equal(record->type, MESSAGE_TYPE_AAAA);
    assert_int_equal(record->rcode, MESSAGE_NXDOMAIN);
    assert_int_equal(record->outcome, OUTCOME_AAAA_NXDOMAIN);
    assert_int_equal(record->from, TALLY_UPSTREAM);
    assert_int_equal(record->size, 99);
    assert_true(record->udp);
    assert_memory_equal(&record->client, &query.client.addr, sizeof(record->client));
    log_ring_take(log_slot.ring);
    assert_null(log_ring_first(log_slot.ring));
}

TEST(a_full_ring_loses_records_and_no_answers)
{
    log_slot.ring = log_ring_new();
    make_query("www.example", MESSAGE_TYPE_A, 0);
    for (unsigned i = 0; i < LOG_RING_RECORDS + 7; i++)
        send_answer(i);
    assert_int_equal(of_type(MESSAGE_TYPE_A), LOG_RING_RECORDS + 7);
    assert_int_equal(counters_get(&counters, OUTCOME_LOG_LOST), 7);
    assert_int_equal(log_ring_lost(log_slot.ring), 7);
    /* What is there is in its order, and there is room again. */
    for (unsigned i = 0; i < LOG_RING_RECORDS; i++) {
        assert_true(log_ring_first(log_slot.ring)->time_ns == i);
        log_ring_take(log_slot.ring);
    }
    assert_null(log_ring_first(log_slot.ring));
    send_answer(1);
    assert_non_null(log_ring_first(log_slot.ring));
}

static size_t top_of(enum top_subject subject)
{
    return top_merge(entries, top_entries(observer.top, subject, entries));
}

TEST(who_asks_most_stands_first)
{
    for (unsigned i = 0; i < 30; i++) {
        make_query(i % 3 == 0 ? "one.Example" : "ONE.example", MESSAGE_TYPE_A, 0);
        query.client.addr.v6.s6_addr[15] = (uint8_t)(i % 5);
        send_answer(1);
    }
    make_query("two.example", MESSAGE_TYPE_A, 0);
    send_answer(1);
    assert_int_equal(top_of(TOP_NAMES), 2);
    assert_int_equal(entries[0].count, 30);
    assert_int_equal(entries[0].error, 0);
    assert_memory_equal(entries[0].name.bytes, "\3one\7example", 13);
    assert_int_equal(entries[1].count, 1);
    assert_int_equal(top_of(TOP_CLIENTS), 5);
    assert_int_equal(entries[0].count, 7); /* it asked for the other name, too */
    assert_int_equal(entries[0].client.v6.s6_addr[15], 0);
}

/* Names by their number, once each and in between those that are asked often. */
static void ask_number(unsigned number, uint64_t now_ns)
{
    char name[32];
    snprintf(name, sizeof(name), "n%u.example", number);
    make_query(name, MESSAGE_TYPE_A, 0);
    send_answer(now_ns);
}

TEST(heavy_hitters_stay_among_many_names)
{
    enum { OFTEN = 10, ROUNDS = 5000 };
    uint64_t now_ns = 0;
    unsigned seed = 1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        now_ns += SECOND / 500; /* within what is counted one by one */
        ask_number(1000 + i, now_ns);
        seed = seed * 1103515245 + 12345;
        ask_number(seed >> 16 & 1 ? 1 : (seed >> 17) % OFTEN, now_ns);
    }
    size_t count = top_of(TOP_NAMES);
    assert_int_equal(count, TOP_ENTRIES);
    assert_memory_equal(entries[0].name.bytes, "\2n1", 3);
    assert_in_range(entries[0].count - entries[0].error, ROUNDS / 2, ROUNDS);
    for (size_t i = 0; i < OFTEN; i++) {
        assert_int_equal(entries[i].name.bytes[0], 2);
        assert_true(entries[i].error <= 2 * ROUNDS / TOP_ENTRIES);
    }
}

TEST(at_a_high_rate_one_in_so_many_counts_for_them)
{
    enum { QUERIES = 200000 };
    for (unsigned i = 0; i < QUERIES; i++)
        ask_number(i % 2, i); /* all in one second, in a rhythm */
    assert_int_equal(top_of(TOP_NAMES), 2);
    for (size_t i = 0; i < 2; i++)
        assert_in_range(entries[i].count, QUERIES / 2 * 9 / 10, QUERIES / 2 * 11 / 10);
    assert_int_equal(top_numbers(observer.top).queries, QUERIES);
    top_reset(observer.top, 77);
    assert_int_equal(top_of(TOP_NAMES), 0);
    assert_int_equal(top_numbers(observer.top).queries, 0);
    assert_int_equal(top_numbers(observer.top).since_ns, 77);
}

TEST(threads_are_added_up)
{
    make_query("one.example", MESSAGE_TYPE_A, 0);
    for (int i = 0; i < 3; i++)
        send_answer(1);
    make_query("two.example", MESSAGE_TYPE_A, 0);
    send_answer(1);
    size_t count = top_entries(observer.top, TOP_NAMES, entries);
    count += top_entries(observer.top, TOP_NAMES, entries + count);
    assert_int_equal(top_merge(entries, count), 2);
    assert_int_equal(entries[0].count, 6);
    assert_int_equal(entries[1].count, 2);
}

TEST(types_and_rcodes_have_names)
{
    char buffer[TYPE_TEXT_LEN];
    assert_string_equal(type_text(65, buffer), "HTTPS");
    assert_string_equal(type_text(65535, buffer), "TYPE65535");
    assert_string_equal(type_rcode_text(3, buffer), "NXDOMAIN");
    assert_string_equal(type_rcode_text(4095, buffer), "RCODE4095");
    assert_string_equal(type_kind_text(type_kind(999)), "other");
    assert_string_equal(type_rcode_kind_text(type_rcode_kind(77)), "other");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_are_counted_by_type_and_rcode),
        CASE(an_rcode_that_needs_edns),
        CASE(answers_are_timed_by_what_they_are_made_of),
        CASE(no_record_while_there_is_no_log),
        CASE(a_record_says_what_became_of_the_query),
        CASE(a_full_ring_loses_records_and_no_answers),
        CASE(who_asks_most_stands_first),
        CASE(heavy_hitters_stay_among_many_names),
        CASE(at_a_high_rate_one_in_so_many_counts_for_them),
        CASE(threads_are_added_up),
        CASE(types_and_rcodes_have_names),
    };
    return RUN(tests);
}
