/*
 * The ring of the event log: bounded, never waiting, whole after its process is gone.
 *
 * Layer: test
 * Specification: RFC 8158
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/natevent.h"

#define S UINT64_C(1000000000)

enum { RECORDS = 64, MANY = 200000 };

static struct natevent_ring *make_ring(void)
{
    size_t len = (natevent_ring_size(RECORDS) + 63) / 64 * 64;
    struct natevent_ring *ring = aligned_alloc(64, len);
    assert_non_null(ring);
    memset(ring, 0, len);
    natevent_ring_init(ring, RECORDS);
    return ring;
}

TEST(LOG_OURS_01_a_full_ring_loses_the_new_record_and_counts_it)
{
    struct natevent_ring *ring = make_ring();
    struct natevent event = {.kind = NATEVENT_BIB_CREATE};
    for (unsigned i = 0; i < RECORDS; i++) {
        event.src4 = i;
        assert_true(natevent_ring_put(ring, &event));
    }
    event.src4 = 999;
    for (unsigned i = 0; i < 5; i++)
        assert_false(natevent_ring_put(ring, &event));
    assert_int_equal(natevent_ring_lost(ring), 5);
    for (unsigned i = 0; i < RECORDS; i++)
        assert_int_equal(natevent_ring_at(ring, i)->src4, i);
    assert_null(natevent_ring_at(ring, RECORDS));
    /* Looking gives no room; giving does. */
    assert_false(natevent_ring_put(ring, &event));
    natevent_ring_give(ring, 1);
    assert_true(natevent_ring_put(ring, &event));
    assert_int_equal(natevent_ring_at(ring, RECORDS)->src4, 999);
    assert_int_equal(natevent_ring_first(ring), 1);
    free(ring);
}

TEST(LOG_OURS_01_what_was_not_given_back_is_there_for_the_next_process)
{
    struct natevent_ring *ring = make_ring();
    struct natevent event = {.kind = NATEVENT_BIB_CREATE};
    for (event.src4 = 0; event.src4 < 10; event.src4++)
        assert_true(natevent_ring_put(ring, &event));
    natevent_ring_give(ring, 4);
    natevent_ring_open(ring, RECORDS);
    assert_int_equal(natevent_ring_first(ring), 4);
    assert_int_equal(natevent_ring_at(ring, 4)->src4, 4);
    assert_non_null(natevent_ring_at(ring, 9));
    /* Of another size, another layout or with positions that cannot be, it begins anew. */
    natevent_ring_open(ring, RECORDS / 2);
    assert_null(natevent_ring_at(ring, natevent_ring_first(ring)));
    assert_int_equal(ring->capacity, RECORDS / 2);
    natevent_ring_open(ring, RECORDS);
    assert_true(natevent_ring_put(ring, &event));
    ring->layout++;
    natevent_ring_open(ring, RECORDS);
    assert_null(natevent_ring_at(ring, 0));
    natevent_ring_give(ring, 7);
    natevent_ring_open(ring, RECORDS);
    assert_int_equal(natevent_ring_first(ring), 0);
    free(ring);
}

static void *produce(void *argument)
{
    struct natevent event = {.kind = NATEVENT_BIB_CREATE};
    for (event.src4 = 0; event.src4 < MANY; event.src4++) {
        event.dst4 = ~event.src4;
        natevent_ring_put(argument, &event);
    }
    return NULL;
}

/* Another thread sees whole records, in order, and each that is missing was counted. */
TEST(LOG_OURS_01_two_threads_without_a_lock)
{
    struct natevent_ring *ring = make_ring();
    pthread_t producer;
    uint64_t at = 0, seen = 0;
    uint32_t next = 0;
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    while (seen + natevent_ring_lost(ring) < MANY) {
        const struct natevent *event = natevent_ring_at(ring, at);
        if (event == NULL)
            continue;
        assert_true(event->src4 >= next);
        assert_int_equal(event->dst4, ~event->src4);
        next = event->src4 + 1;
        natevent_ring_give(ring, ++at);
        seen++;
    }
    pthread_join(producer, NULL);
    assert_null(natevent_ring_at(ring, at));
    assert_int_equal(seen + natevent_ring_lost(ring), MANY);
    free(ring);
}

TEST(LOG_8158_05_a_second_brings_as_many_as_it_may_and_says_what_it_kept_back)
{
    struct natevent_limit limit = {0};
    uint32_t suppressed = 77;
    unsigned passed = 0;
    for (unsigned i = 0; i < 1000; i++)
        passed += natevent_limit_passes(&limit, 10, 100 * S + i, &suppressed);
    assert_int_equal(passed, 10);
    assert_int_equal(suppressed, 0);
    assert_false(natevent_limit_passes(&limit, 10, 101 * S - 1, &suppressed));
    assert_true(natevent_limit_passes(&limit, 10, 101 * S, &suppressed));
    assert_int_equal(suppressed, 991);
    assert_true(natevent_limit_passes(&limit, 10, 101 * S, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_false(natevent_limit_passes(&limit, 0, 200 * S, &suppressed));
}

/* Values 1, 2, 4, 5, 8 and 9 are historic or of a NAT44. */
TEST(LOG_8158_06_the_numbers_are_those_of_the_registry)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        bool ours = kind == 3 || kind == 6 || kind == 7 || (kind >= 10 && kind <= 18);
        assert_int_equal(natevent_name((uint8_t)kind) != NULL, ours);
    }
    assert_string_equal(natevent_name(10), "bib-create");
    assert_string_equal(natevent_name(17), "block-freed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LOG_OURS_01_a_full_ring_loses_the_new_record_and_counts_it),
        cmocka_unit_test(LOG_OURS_01_what_was_not_given_back_is_there_for_the_next_process),
        cmocka_unit_test(LOG_OURS_01_two_threads_without_a_lock),
        cmocka_unit_test(LOG_8158_05_a_second_brings_as_many_as_it_may_and_says_what_it_kept_back),
        cmocka_unit_test(LOG_8158_06_the_numbers_are_those_of_the_registry),
    };
    return RUN(tests);
}
