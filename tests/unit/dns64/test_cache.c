/*
 * The cache as a table: what goes in comes out, nothing else does, and memory stays what it was.
 *
 * Layer: test
 * Specification: RFC 1034 5.3.3, RFC 4343
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/cache/cache.h"

enum {
    SIZE = 64 * 1024,
    NAMES = 300,
    STEPS = 40000,
    VALUE_MAX = 700,
    HOUR_S = 3600,
};

#define SECOND UINT64_C(1000000000)

static const struct siphash_key secret = {1, 2};
static struct cache *cache;

static int set_up(void **context)
{
    (void)context;
    cache = cache_new(SIZE, secret);
    return cache == NULL;
}

static int tear_down(void **context)
{
    (void)context;
    cache_free(cache);
    return 0;
}

static struct cache_key key_of(const char *text, enum cache_kind kind, unsigned flags, uint32_t variant,
                               uint16_t type)
{
    struct name name;
    struct cache_key key;
    assert_true(name_from_text(text, &name));
    cache_key(cache, kind, flags, variant, &name, type, 1, &key);
    return key;
}

static void put(const struct cache_key *key, uint64_t now_ns, const void *bytes, size_t len, uint32_t life_s)
{
    struct cache_value value = {.bytes = bytes, .len = len, .life_s = life_s};
    cache_put(cache, key, now_ns, &value);
}

static bool holds(const struct cache_key *key, const char *text)
{
    struct cache_found found;
    return cache_find(cache, key, 0, &found) && found.len == strlen(text) &&
           memcmp(found.bytes, text, found.len) == 0;
}

static void CCH_OURS_01_a_key_is_all_of_it(void **context)
{
    (void)context;
    struct cache_key key = key_of("www.example", CACHE_DATA, CACHE_DO, 0, 28);
    struct cache_key same = key_of("WWW.exAMPle", CACHE_DATA, CACHE_DO, 0, 28);
    const struct cache_key others[] = {
        key_of("www.example", CACHE_ANSWER, CACHE_DO, 0, 28),
        key_of("www.example", CACHE_DATA, 0, 0, 28),
        key_of("www.example", CACHE_DATA, CACHE_DO, 7, 28),
        key_of("www.example", CACHE_DATA, CACHE_DO, 0, 1),
        key_of("ww.example", CACHE_DATA, CACHE_DO, 0, 28),
        key_of("example", CACHE_DATA, CACHE_DO, 0, 28),
    };
    struct cache_found found;
    put(&key, 0, "one", 3, 10);
    assert_true(holds(&same, "one"));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(cache_find(cache, &others[i], 0, &found));
    put(&same, 0, "other", 5, 10);
    assert_true(holds(&key, "other"));
    assert_int_equal(cache_numbers(cache).entries, 1);
    cache_drop(cache, &key);
    assert_false(cache_find(cache, &key, 0, &found));
    assert_int_equal(cache_numbers(cache).bytes, 0);
}

static void CCH_OURS_01_the_hash_depends_on_the_secret(void **context)
{
    (void)context;
    struct cache *other = cache_new(SIZE, (struct siphash_key){3, 4});
    struct cache_key here = key_of("www.example", CACHE_DATA, 0, 0, 1), there;
    struct name name;
    assert_non_null(other);
    assert_true(name_from_text("www.example", &name));
    cache_key(other, CACHE_DATA, 0, 0, &name, 1, 1, &there);
    assert_true(here.hash != there.hash);
    cache_free(other);
}

static void CCH_OURS_01_an_age_is_in_whole_seconds(void **context)
{
    (void)context;
    struct cache_key key = key_of("www.example", CACHE_DATA, 0, 0, 1);
    struct cache_found found;
    put(&key, 5 * SECOND, "x", 1, 10);
    assert_true(cache_find(cache, &key, 7 * SECOND - 1, &found));
    assert_int_equal(found.age_s, 1);
    assert_true(cache_find(cache, &key, 7 * SECOND, &found));
    assert_int_equal(found.age_s, 2);
    assert_true(cache_find(cache, &key, 4 * SECOND, &found)); /* a clock that is behind */
    assert_int_equal(found.age_s, 0);
    assert_int_equal(found.life_s, 10);
}

static void CCH_OURS_01_what_is_used_stays(void **context)
{
    (void)context;
    struct cache_key used = key_of("used.example", CACHE_DATA, 0, 0, 1);
    struct cache_key idle = key_of("idle.example", CACHE_DATA, 0, 0, 1);
    struct cache_found found;
    char text[32];
    put(&idle, 0, "idle", 4, HOUR_S);
    put(&used, 0, "used", 4, HOUR_S);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "n%u.example", i);
        struct cache_key key = key_of(text, CACHE_DATA, 0, 0, 1);
        put(&key, 0, text, strlen(text), HOUR_S);
        assert_true(holds(&used, "used"));
    }
    assert_false(cache_find(cache, &idle, 0, &found));
}

/* Every tenth of an hour's life is six minutes. */
static void CCH_OURS_01_what_is_asked_often_is_refreshed_once(void **context)
{
    (void)context;
    struct cache_key often = key_of("often.example", CACHE_DATA, 0, 0, 1);
    struct cache_key rare = key_of("rare.example", CACHE_DATA, 0, 0, 1);
    struct cache_found found;
    put(&often, 0, "x", 1, HOUR_S);
    put(&rare, 0, "x", 1, HOUR_S);
    for (int i = 0; i < 5; i++) {
        assert_true(cache_find(cache, &often, 3239 * SECOND, &found));
        assert_false(found.refresh);
    }
    assert_true(cache_find(cache, &often, 3240 * SECOND, &found));
    assert_true(found.refresh);
    assert_true(cache_find(cache, &often, 3241 * SECOND, &found));
    assert_false(found.refresh);
    assert_true(cache_find(cache, &rare, 3241 * SECOND, &found));
    assert_false(found.refresh);
}

static void CCH_OURS_01_what_is_too_large_is_not_kept(void **context)
{
    (void)context;
    static uint8_t large[SIZE / 8];
    struct cache_key key = key_of("large.example", CACHE_DATA, 0, 0, 1);
    struct cache_found found;
    put(&key, 0, "small", 5, 10);
    put(&key, 0, large, sizeof(large), 10);
    assert_false(cache_find(cache, &key, 0, &found)); /* nor what was there before */
    assert_null(cache_new(CACHE_SIZE_MIN - 1, secret));
}

static void CCH_OURS_01_flushed_by_name_and_below(void **context)
{
    (void)context;
    static const char *const names[] = {"example", "a.example", "b.a.example", "aexample", "other"};
    struct name name;
    struct cache_found found;
    for (size_t i = 0; i < 5; i++) {
        struct cache_key one = key_of(names[i], CACHE_DATA, 0, 0, 1),
                         two = key_of(names[i], CACHE_ANSWER, 0, 3, 28);
        put(&one, 0, "x", 1, 10);
        put(&two, 0, "x", 1, 10);
    }
    assert_true(name_from_text("A.Example", &name));
    assert_int_equal(cache_flush(cache, &name, false), 2);
    struct cache_key below = key_of("b.a.example", CACHE_DATA, 0, 0, 1);
    assert_true(cache_find(cache, &below, 0, &found));
    assert_true(name_from_text("example", &name));
    assert_int_equal(cache_flush(cache, &name, true), 4);
    assert_int_equal(cache_numbers(cache).entries, 4);
    assert_true(name_from_text(".", &name));
    assert_int_equal(cache_flush(cache, &name, true), 4);
    assert_int_equal(cache_numbers(cache).entries, 0);
    assert_int_equal(cache_numbers(cache).bytes, 0);
}

static void see(void *context, const struct cache_seen *seen)
{
    unsigned *types = context;
    *types += seen->type * (seen->kind == CACHE_DATA ? 1U : 1000U);
    assert_int_equal(seen->found.age_s, 3);
    assert_int_equal(seen->class, 1);
}

static void CCH_OURS_01_looked_at_by_name(void **context)
{
    (void)context;
    unsigned types = 0;
    struct name name;
    struct cache_key a = key_of("x.example", CACHE_DATA, 0, 0, 1),
                     b = key_of("x.example", CACHE_ANSWER, 8, 3, 28),
                     c = key_of("y.example", CACHE_DATA, 0, 0, 16);
    put(&a, 0, "x", 1, 10);
    put(&b, 0, "x", 1, 10);
    put(&c, 0, "x", 1, 10);
    assert_true(name_from_text("X.example", &name));
    cache_look(cache, &name, 3 * SECOND, see, &types);
    assert_int_equal(types, 28001);
}

/* What the model says of a name: what was put last, or that it was dropped. */
struct model {
    bool there;
    uint8_t fill;
    size_t len;
    uint64_t made_ns;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static bool is_right(const struct cache_found *found, const struct model *model, uint64_t now_ns)
{
    for (size_t i = 0; i < found->len; i++)
        if (found->bytes[i] != model->fill)
            return false;
    return model->there && found->len == model->len && found->age_s == (now_ns - model->made_ns) / SECOND;
}

/* The cache may forget, but never lie; and it forgets only for want of room. */
static void run_model(uint32_t seed, unsigned names, bool *ret_forgot)
{
    static struct model models[NAMES];
    static uint8_t bytes[VALUE_MAX];
    uint32_t state = seed;
    uint64_t now_ns = 0;
    char text[32];
    memset(models, 0, sizeof(models));
    *ret_forgot = false;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned index = next_random(&state) % names, action = next_random(&state) % 16;
        struct cache_found found;
        struct model *model = &models[index];
        snprintf(text, sizeof(text), "n%u.example", index);
        struct cache_key key = key_of(text, CACHE_DATA, 0, 0, 1);
        now_ns += SECOND / 4;
        if (action < 6) {
            *model = (struct model){true, (uint8_t)step, next_random(&state) % VALUE_MAX, now_ns};
            memset(bytes, model->fill, model->len);
            put(&key, now_ns, bytes, model->len, 1 + next_random(&state) % HOUR_S);
        } else if (action == 6) {
            model->there = false;
            cache_drop(cache, &key);
        } else if (cache_find(cache, &key, now_ns, &found)) {
            assert_true(is_right(&found, model, now_ns));
        } else {
            *ret_forgot |= model->there;
        }
        assert_true(cache_numbers(cache).bytes <= SIZE);
    }
}

static void CCH_OURS_01_any_sequence_is_as_the_model_says(void **context)
{
    (void)context;
    bool forgot;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        struct name root = {.len = 1};
        run_model(seed, NAMES, &forgot);
        assert_true(forgot); /* 300 names of 400 bytes are more than it holds */
        cache_flush(cache, &root, true);
        assert_int_equal(cache_numbers(cache).entries, 0);
        assert_int_equal(cache_numbers(cache).bytes, 0);
    }
}

/* Names of one bucket, as if somebody knew the key: a look-up stays short, the newest are kept. */
TEST(SEC_31_a_bucket_holds_a_few_entries_only)
{
    enum { WANTED = 40, KEPT = 16 };
    static struct cache_key keys[WANTED];
    struct cache_found found;
    unsigned count = 0, kept = 0;
    for (unsigned i = 0; count < WANTED; i++) {
        char text[32];
        snprintf(text, sizeof(text), "n%u.example", i);
        keys[count] = key_of(text, CACHE_DATA, 0, 0, 1);
        count += keys[count].hash % 4096 == 5; /* the same bucket, as long as there are no more than 4096 */
    }
    const struct cache_value value = {.bytes = (const uint8_t *)"x", .len = 1, .life_s = 60};
    for (unsigned i = 0; i < WANTED; i++)
        cache_put(cache, &keys[i], 0, &value);
    for (unsigned i = 0; i < WANTED; i++)
        kept += cache_find(cache, &keys[i], 0, &found);
    assert_int_equal(kept, KEPT);
    assert_true(cache_find(cache, &keys[WANTED - 1], 0, &found));
    assert_false(cache_find(cache, &keys[0], 0, &found));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(CCH_OURS_01_a_key_is_all_of_it),
        CASE(CCH_OURS_01_the_hash_depends_on_the_secret),
        CASE(CCH_OURS_01_an_age_is_in_whole_seconds),
        CASE(CCH_OURS_01_what_is_used_stays),
        CASE(CCH_OURS_01_what_is_asked_often_is_refreshed_once),
        CASE(CCH_OURS_01_what_is_too_large_is_not_kept),
        CASE(CCH_OURS_01_flushed_by_name_and_below),
        CASE(CCH_OURS_01_looked_at_by_name),
        CASE(SEC_31_a_bucket_holds_a_few_entries_only),
        CASE(CCH_OURS_01_any_sequence_is_as_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
