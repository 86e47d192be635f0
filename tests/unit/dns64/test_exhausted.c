/*
 * A query on its way while memory runs out: each allocation of the way fails once. It is answered by what is
 * right or by SERVFAIL, nothing is lost, and nothing half done is kept for the next.
 *
 * Layer: test
 * Specification: RFC 6147 5.1, RFC 1035 4.1.1
 *
 * malloc and calloc of dns64 go through --wrap, those of libevent through event_set_mem_functions. The other
 * side, rules, upstreams and the clock, is here.
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "dns64/edge/task.h"

enum {
    ASKED_MAX = 8,
    REPLY_LEN = 2048,
    LATER_S = 100000, /* all that was kept of failures is over, and all that was learned */
    ALLOCATIONS_MAX = 1000,
    NEVER = -1,
};

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void __real_free(void *at);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void __wrap_free(void *at);

static long live;
static int until_fault = NEVER; /* allocations that succeed before one fails */
static bool faulted;

static bool fails(void)
{
    if (until_fault == NEVER || until_fault-- > 0)
        return false;
    until_fault = NEVER;
    faulted = true;
    return true;
}

static void *counted(void *at)
{
    live += at != NULL;
    return at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *at, size_t size)
{
    if (fails())
        return NULL;
    return at == NULL ? counted(__real_realloc(NULL, size)) : __real_realloc(at, size);
}

void __wrap_free(void *at)
{
    live -= at != NULL;
    __real_free(at);
}

static uint64_t now_ns;

uint64_t clock_now_ns(void)
{
    return now_ns;
}

uint64_t clock_utc_ns(void)
{
    return now_ns;
}

void clock_random(void *bytes, uint64_t len)
{
    memset(bytes, 7, len);
}

static struct rules rules;

const struct query_policy *rules_policy(const struct rules *of, const struct addr *client)
{
    (void)client;
    return &of->outside.policy;
}

struct rules *rules_hold(struct rules *of)
{
    return of;
}

void rules_release(struct rules *of)
{
    (void)of;
}

/* Upstreams: what they are asked is noted, and answered when the test says so. */
struct exchange {
    struct exchange_question question;
    exchange_done *done;
    void *context;
};
static struct exchange *asked[ASKED_MAX];

int exchange_context_init(struct exchange_context *context, struct exchange_thread *thread,
                          const struct settings_upstream *upstreams, unsigned count)
{
    (void)context;
    (void)thread;
    (void)upstreams;
    (void)count;
    return 0;
}

void exchange_context_done(struct exchange_context *context)
{
    (void)context;
}

int exchange_start(struct exchange_context *context, const struct exchange_question *question,
                   exchange_done *done, void *done_context, struct exchange **ret_exchange)
{
    struct exchange *exchange = malloc(sizeof(*exchange));
    (void)context;
    if (exchange == NULL)
        return -ENOMEM;
    *exchange = (struct exchange){*question, done, done_context};
    for (unsigned i = 0; i < ASKED_MAX; i++)
        if (asked[i] == NULL) {
            *ret_exchange = asked[i] = exchange;
            return 0;
        }
    fail();
    return -ENOENT;
}

static void forget(const struct exchange *exchange)
{
    for (unsigned i = 0; i < ASKED_MAX; i++)
        if (asked[i] == exchange)
            asked[i] = NULL;
}

void exchange_cancel(struct exchange *exchange)
{
    if (exchange != NULL)
        forget(exchange);
    free(exchange);
}

static bool silent; /* upstreams do not answer */

static void put_alias(struct message_writer *writer, const struct name *owner, struct name *ret_target)
{
    assert_true(name_from_text("target.example", ret_target));
    message_add(writer, MESSAGE_ANSWER, owner, MESSAGE_TYPE_CNAME, 300, ret_target->bytes, ret_target->len);
}

/* `alias.example` has an alias, `no.example` does not exist, all else has A and no AAAA; PTR has something.
 */
static size_t write_reply(const struct ask *ask, uint8_t *out)
{
    struct message_writer writer;
    struct name owner = ask->name, zone, nothing;
    uint8_t soa[22] = {0};
    assert_true(name_from_text("example", &zone) && name_from_text("no.example", &nothing));
    bool exists = !name_under(&ask->name, &nothing, NULL);
    message_begin(&writer, out, REPLY_LEN, 0,
                  (uint16_t)(MESSAGE_QR | MESSAGE_RA | (exists ? MESSAGE_NOERROR : MESSAGE_NXDOMAIN)),
                  &ask->name, ask->type, ask->class);
    bytes_put32(soa + 18, 300);
    if (memcmp(ask->name.bytes, "\5alias", 6) == 0)
        put_alias(&writer, &ask->name, &owner);
    if (exists && ask->type == MESSAGE_TYPE_A)
        message_add(&writer, MESSAGE_ANSWER, &owner, MESSAGE_TYPE_A, 300, "\x08\x08\x08\x08", 4);
    else if (exists && ask->type == MESSAGE_TYPE_PTR)
        message_add(&writer, MESSAGE_ANSWER, &owner, MESSAGE_TYPE_PTR, 300, zone.bytes, zone.len);
    else
        message_add(&writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, 300, soa, sizeof(soa));
    return message_end(&writer);
}

/* All that is under way is answered; what is asked then as well. */
static void answer_all(void)
{
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        struct exchange *exchange = asked[i];
        if (exchange == NULL)
            continue;
        uint8_t *reply = silent ? NULL : counted(__real_malloc(REPLY_LEN));
        size_t len = reply != NULL ? write_reply(&exchange->question.ask, reply) : 0;
        forget(exchange);
        exchange->done(exchange->context, reply, len, NULL);
        free(exchange);
        i = UINT32_MAX; /* again from the first */
    }
}

static struct task_context tasks;
static struct task_rules in_force;
static struct tally tally;
static struct counters counters;

static void open_tasks(void)
{
    static const struct synthesize_pref64 prefix = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
    static const struct route route = {.usual = {.members = 1}};
    rules.outside.policy = (struct query_policy){.view = "",
                                                 .route = &route,
                                                 .pref64 = &prefix,
                                                 .pref64_count = 1,
                                                 .mark_synthetic = true,
                                                 .edns_size = 1232,
                                                 .aaaa_wait_ms = 300,
                                                 .negative_ttl_max_s = 3600,
                                                 .stale_max_s = 86400,
                                                 .stale_wait_ms = 1800,
                                                 .nxdomain_cut = true,
                                                 .prefetch = true};
    in_force = (struct task_rules){.rules = &rules, .holders = 1};
    now_ns = NS_PER_S;
    silent = false;
    memset(&tasks, 0, sizeof(tasks));
    tasks.base = event_base_new();
    tasks.in_force = &in_force;
    tasks.counters = &counters;
    tasks.cache = cache_new(CACHE_SIZE_MIN, (struct siphash_key){1, 2});
    tasks.waiting = places_new(TASKS_MAX, (struct siphash_key){1, 2});
    tasks.observer = (struct observer){.tally = &tally, .top = top_new((struct siphash_key){1, 2}, 0)};
    question_table_init(&tasks.questions, tasks.base, tasks.cache, tasks.counters);
    assert_true(tasks.base != NULL && tasks.cache != NULL && tasks.waiting != NULL);
}

static void close_tasks(void)
{
    task_cancel_all(&tasks);
    question_table_done(&tasks.questions);
    places_free(tasks.waiting);
    cache_free(tasks.cache);
    top_free(tasks.observer.top);
    event_base_free(tasks.base);
}

struct answered {
    unsigned times;
    size_t len;
    uint8_t bytes[REPLY_LEN];
};

static void on_answer(void *context, const uint8_t *bytes, size_t len)
{
    struct answered *answered = context;
    answered->times++;
    answered->len = len;
    assert_true(len <= sizeof(answered->bytes));
    memcpy(answered->bytes, bytes, len);
}

struct scene {
    const char *before; /* asked first, and answered; NULL: nothing */
    uint16_t before_type;
    uint32_t later_s; /* then so much time passes */
    bool then_silent;
    const char *name;
    uint16_t type;
    unsigned copies; /* of the query, at the same time */
    uint32_t aaaa_wait_ms;
    unsigned rcode;
    uint16_t answer_type; /* of the last record of the answer; 0: there is none */
};

static bool start(const char *text, uint16_t type, struct answered *answered)
{
    static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
    struct message_writer writer;
    struct name name;
    uint8_t query[512];
    assert_true(name_from_text(text, &name));
    message_begin(&writer, query, sizeof(query), 9, MESSAGE_RD, &name, type, MESSAGE_CLASS_IN);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    return task_start(&tasks, query, message_end(&writer), &client, on_answer, answered);
}

/* Whether it is what the scene says; else it is SERVFAIL. */
static bool is_right(const struct scene *scene, const struct answered *answered)
{
    struct message message;
    struct message_walk walk;
    struct message_record record;
    uint16_t last = 0;
    assert_int_equal(message_parse(answered->bytes, answered->len, &message), MESSAGE_OK);
    message_walk_init(&walk, &message);
    while (message_walk_next(&walk, &record))
        if (record.section == MESSAGE_ANSWER)
            last = record.type;
    if (message_rcode(&message) == scene->rcode && last == scene->answer_type)
        return true;
    assert_int_equal(message_rcode(&message), MESSAGE_SERVFAIL);
    assert_int_equal(message.counts[MESSAGE_ANSWER], 0);
    return false;
}

/* Returns whether there was still an allocation to fail. */
static bool play(const struct scene *scene, int fault_at)
{
    struct answered first = {0}, last = {0}, answered[2] = {{0}};
    long before = live;
    open_tasks();
    rules.outside.policy.aaaa_wait_ms = scene->aaaa_wait_ms;
    if (scene->before != NULL) {
        assert_true(start(scene->before, scene->before_type, &first));
        answer_all();
        assert_int_equal(first.times, 1);
    }
    now_ns += scene->later_s * NS_PER_S;
    silent = scene->then_silent;
    faulted = false;
    until_fault = fault_at;
    for (unsigned i = 0; i < scene->copies; i++) {
        bool taken = start(scene->name, scene->type, &answered[i]);
        assert_true(taken || faulted); /* without memory for itself a query is dropped and counted */
        answered[i].times += !taken;
    }
    answer_all();
    until_fault = NEVER;
    for (unsigned i = 0; i < scene->copies; i++) {
        assert_int_equal(answered[i].times, 1);
        assert_true(answered[i].len == 0 ? faulted : is_right(scene, &answered[i]) || faulted);
    }
    assert_int_equal(tasks.outstanding, 0);
    if (!scene->then_silent) { /* nothing half done was kept */
        now_ns += LATER_S * NS_PER_S;
        assert_true(start(scene->name, scene->type, &last));
        answer_all();
        assert_int_equal(last.times, 1);
        assert_true(is_right(scene, &last));
    }
    close_tasks();
    assert_int_equal(live, before);
    return faulted;
}

TEST(LES_D_10_each_allocation_of_a_query_fails_once)
{
    static const struct scene scenes[] = {
        {.name = "www.example", .type = MESSAGE_TYPE_AAAA, .answer_type = MESSAGE_TYPE_AAAA},
        {.name = "alias.example", .type = MESSAGE_TYPE_AAAA, .answer_type = MESSAGE_TYPE_AAAA},
        {.name = "www.example", .type = MESSAGE_TYPE_AAAA, .answer_type = MESSAGE_TYPE_AAAA, .copies = 2},
        {.name = "www.example", .type = MESSAGE_TYPE_A, .answer_type = MESSAGE_TYPE_A},
        {.name = "www.example", .type = MESSAGE_TYPE_ANY, .answer_type = MESSAGE_TYPE_HINFO},
        {.name = "8.0.8.0.8.0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa",
         .type = MESSAGE_TYPE_PTR,
         .answer_type = MESSAGE_TYPE_PTR},
        /* A is known already */
        {.before = "www.example",
         .before_type = MESSAGE_TYPE_A,
         .name = "www.example",
         .type = MESSAGE_TYPE_AAAA,
         .answer_type = MESSAGE_TYPE_AAAA},
        /* a name above does not exist */
        {.before = "no.example",
         .before_type = MESSAGE_TYPE_A,
         .name = "www.no.example",
         .type = MESSAGE_TYPE_AAAA,
         .rcode = MESSAGE_NXDOMAIN},
        /* what was known is over, and nobody answers */
        {.before = "www.example",
         .before_type = MESSAGE_TYPE_AAAA,
         .later_s = 1000,
         .then_silent = true,
         .name = "www.example",
         .type = MESSAGE_TYPE_AAAA,
         .answer_type = MESSAGE_TYPE_AAAA},
    };
    for (size_t i = 0; i < 2 * sizeof(scenes) / sizeof(scenes[0]); i++) {
        struct scene scene = scenes[i / 2];
        int fault_at = 0;
        scene.copies += scene.copies == 0;
        scene.aaaa_wait_ms = i % 2 ? 0 : 300; /* 0: A is asked beside AAAA */
        assert_false(play(&scene, NEVER));
        while (play(&scene, fault_at))
            assert_true(++fault_at < ALLOCATIONS_MAX);
        assert_true(fault_at > 0);
        print_message("# %s type %u: %d allocations\n", scene.name, scene.type, fault_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(LES_D_10_each_allocation_of_a_query_fails_once)};
    event_set_mem_functions(__wrap_malloc, __wrap_realloc, __wrap_free);
    return RUN(tests);
}
