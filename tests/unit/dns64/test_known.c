/*
 * Questions with a cache before the upstreams, by a clock of ours: how often upstreams are asked, and what
 * clients get.
 *
 * Layer: test
 * Specification: RFC 2308, RFC 8020, RFC 8767, RFC 9520, RFC 6147 5.1.7
 */
#include "tests/unit/dns64/rig.h"

#include "dns64/query/finished.h"
#include "dns64/query/known.h"

enum {
    DAY_S = 86400,
    SOA_TTL = 300,
    A_TTL = 3600,
    SILENT = 255, /* instead of an RCODE */
    OPTION_EDE = 15,
};

#define SECOND UINT64_C(1000000000)

static struct route_forward forwards[2];
static struct route route;
static struct query_policy policy;
static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
static struct counters counters;
static struct cache *cache;
static uint64_t now_ns;
static uint8_t out[MESSAGE_MAX];
static size_t out_len;
static struct message answer;

/* What the upstreams say now, by type. */
struct script {
    unsigned rcode;
    void (*fill)(struct message_writer *writer);
};

static struct script on_a, on_aaaa, on_other;
static unsigned asked; /* questions that went to upstreams */
static uint32_t a_ttl, soa_ttl, soa_minimum;

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    policy = rig_policy();
    policy.route = &route;
    policy.stale_max_s = DAY_S;
    policy.nxdomain_cut = true;
    policy.generation = 1;
    route = (struct route){.usual = {.members = 1}};
    cache = cache_new(1 << 20, (struct siphash_key){1, 2});
    now_ns = 1000 * SECOND;
    asked = 0;
    a_ttl = A_TTL;
    soa_ttl = soa_minimum = SOA_TTL;
    return cache == NULL;
}

static int tear_down(void **context)
{
    (void)context;
    cache_free(cache);
    return 0;
}

static void add_a(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, a_ttl, "\x08\x08\x08\x08", 4);
}

static void add_aaaa(struct message_writer *writer)
{
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_AAAA, a_ttl, address, 16);
}

static void add_soa(struct message_writer *writer)
{
    uint8_t data[22] = {0};
    struct name zone = rig_name("example");
    bytes_put32(data + 18, soa_minimum);
    message_add(writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, soa_ttl, data, sizeof(data));
}

static void add_alias_into_nothing(struct message_writer *writer)
{
    struct name gone = rig_name("gone.example");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, a_ttl, gone.bytes, gone.len);
    add_soa(writer);
}

/* The upstreams' reply to a question, as it would come. */
static struct known_reply upstream(const struct known_question *question)
{
    static uint8_t bytes[MESSAGE_MAX];
    struct message_writer writer;
    const struct script *script = question->type == MESSAGE_TYPE_A      ? &on_a
                                  : question->type == MESSAGE_TYPE_AAAA ? &on_aaaa
                                                                        : &on_other;
    uint8_t *copy = NULL;
    size_t len = 0;
    asked++;
    if (script->rcode != SILENT) {
        message_begin(&writer, bytes, sizeof(bytes), 7, (uint16_t)(MESSAGE_QR | MESSAGE_RA | script->rcode),
                      &question->name, question->type, question->class);
        if (script->fill != NULL)
            script->fill(&writer);
        len = message_end(&writer);
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, bytes, len);
    }
    return known_take(cache, &policy, question, now_ns, copy, len);
}

static unsigned answer_slot(struct query *query, enum query_slot_name slot)
{
    struct known_question question = known_question(query, slot);
    struct known_reply reply;
    if (!known_find(cache, &policy, &question, now_ns, &reply))
        reply = upstream(&question);
    query_from(query, &reply.source);
    return query_response(query, slot, reply.bytes, reply.len, out, &out_len);
}

/* A client asks; what it gets is in `answer`. */
static void ask_as(const char *text, uint16_t type, uint16_t id, uint16_t flags, uint16_t edns_flags)
{
    uint8_t bytes[600];
    struct message_writer writer;
    struct query query;
    struct name name = rig_name(text);
    message_begin(&writer, bytes, sizeof(bytes), id, flags, &name, type, MESSAGE_CLASS_IN);
    message_add_opt(&writer, 1232, 0, edns_flags, NULL, 0);
    unsigned actions = query_begin(&query, &policy, &counters, cache, now_ns, bytes, message_end(&writer),
                                   &client, out, &out_len);
    bool made = !(actions & QUERY_DO_SEND);
    while (!(actions & QUERY_DO_SEND)) {
        assert_true(actions & (QUERY_DO_ASK_MAIN | QUERY_DO_ASK_A));
        actions = answer_slot(&query, actions & QUERY_DO_ASK_MAIN ? QUERY_MAIN : QUERY_A);
    }
    if (made)
        finished_keep(&query, cache, now_ns, out, out_len);
    query_done(&query);
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, id);
}

static void ask(const char *text, uint16_t type)
{
    ask_as(text, type, 99, MESSAGE_RD, 0);
}

static void later(uint32_t seconds)
{
    now_ns += seconds * SECOND;
}

/* TTL of the first record of a section; fails if there is none. */
static uint32_t ttl_in(enum message_section section)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record))
        if (record.section == section && record.type != MESSAGE_TYPE_OPT)
            return record.ttl;
    fail();
    return 0;
}

static bool has_ede(uint16_t code)
{
    if (!answer.has_opt)
        return false;
    size_t at = answer.opt_end, options = at - (answer.opt_at + 11);
    for (at -= options; at + 6 <= answer.opt_end; at += 4U + bytes_get16(answer.bytes + at + 2))
        if (bytes_get16(answer.bytes + at) == OPTION_EDE && bytes_get16(answer.bytes + at + 4) == code)
            return true;
    return false;
}

static void NEG_2308_01_a_name_is_denied_for_all_types(void **context)
{
    (void)context;
    on_other = on_a = on_aaaa = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("no.example", 16);
    ask("no.example", 15);
    ask("NO.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    assert_int_equal(asked, 1);
}

static void NEG_2308_01_no_data_is_of_one_type(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", 16);
    ask("www.example", 16);
    assert_int_equal(asked, 1);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 2);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
}

static void NEG_2308_01_for_as_long_as_soa_and_minimum_say(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    soa_ttl = 300;
    soa_minimum = 60;
    ask("www.example", 16);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), 60);
    later(59);
    ask("www.example", 16);
    assert_int_equal(asked, 1);
    later(1);
    ask("www.example", 16);
    assert_int_equal(asked, 2);
    soa_ttl = 20;
    ask("other.example", 16);
    later(20);
    ask("other.example", 16);
    assert_int_equal(asked, 4);
}

static void NEG_2308_02_the_soa_counts_down(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.example", 16);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), SOA_TTL);
    later(100);
    ask("www.example", 16);
    assert_int_equal(asked, 1);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), SOA_TTL - 100);
    on_other.rcode = MESSAGE_NXDOMAIN;
    ask("no.example", 16);
    later(50);
    ask("no.example", 15); /* another type: not a copy of the answer */
    assert_int_equal(asked, 2);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), SOA_TTL - 50);
}

static void NEG_2308_03_without_soa_for_five_seconds(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NOERROR, NULL};
    ask("www.example", 16);
    later(4);
    ask("www.example", 16);
    assert_int_equal(asked, 1);
    later(1);
    ask("www.example", 16);
    assert_int_equal(asked, 2);
}

static void NEG_2308_04_an_hour_at_most(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    soa_ttl = soa_minimum = DAY_S;
    ask("no.example", 16);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), 3600);
    later(3600);
    ask("no.example", 16);
    assert_int_equal(asked, 2);
}

static void NEG_2308_05_a_failure_is_of_one_type_and_at_most_five_minutes(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_SERVFAIL, NULL};
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", 16);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    for (int i = 0; i < 20; i++) {
        unsigned before = asked;
        later(300);
        ask("www.example", 16);
        assert_int_equal(asked, before + 1);
    }
}

static void NEG_9520_01_a_failure_is_kept_and_the_wait_grows(void **context)
{
    (void)context;
    on_other = (struct script){SILENT, NULL};
    unsigned tries = 0;
    for (unsigned second = 0; second < 600; second++, later(1))
        for (unsigned i = 0; i < 3; i++) {
            unsigned before = asked;
            ask("dead.example", 16);
            assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL);
            assert_int_equal(has_ede(13), asked == before);
            tries += asked - before;
            assert_true(i == 0 || asked == before);
        }
    /* At 0, 5, 15 and 35 seconds, then every 30. */
    assert_int_equal(tries, 4 + 18);
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    later(300);
    ask("dead.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    on_other = (struct script){SILENT, NULL};
    policy.stale_max_s = 0;
    later(DAY_S);
    ask("dead.example", 16);
    later(5); /* success has made the wait short again */
    ask("dead.example", 16);
    assert_int_equal(asked, tries + 3);
}

static void NEG_8020_01_nothing_is_below_nothing(void **context)
{
    (void)context;
    on_other = on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("foo.example", 16);
    later(10);
    ask("a.b.foo.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    assert_int_equal(ttl_in(MESSAGE_AUTHORITY), SOA_TTL - 10);
    assert_int_equal(asked, 1);
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("xfoo.example", 16);
    ask("example", 16);
    assert_int_equal(asked, 3);
    later(SOA_TTL);
    ask("a.foo.example", 16);
    assert_int_equal(asked, 4);
}

static void NEG_8020_01_an_alias_exists_its_target_does_not(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NXDOMAIN, add_alias_into_nothing};
    ask("www.example", 16);
    ask("x.gone.example", 15);
    assert_int_equal(asked, 1);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("x.www.example", 15);
    assert_int_equal(asked, 2);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
}

static void NEG_8020_01_data_below_is_still_given(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("a.foo.example", MESSAGE_TYPE_A);
    ask("foo.example", 16);
    ask("a.foo.example", MESSAGE_TYPE_A);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    assert_int_equal(asked, 2);
}

static void D64_5_1_6_02_a_contradiction_says_nothing_of_what_is_below(void **context)
{
    (void)context;
    on_aaaa = on_other = (struct script){MESSAGE_NOERROR, add_soa};
    on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    for (int i = 0; i < 2; i++) { /* from the network, from the cache */
        ask("foo.example", MESSAGE_TYPE_AAAA);
        assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
        assert_int_equal(asked, 2);
    }
    ask("a.foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    ask("foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    later(SOA_TTL); /* when AAAA's word has gone, A's stands alone */
    ask("foo.example", MESSAGE_TYPE_A);
    ask("a.foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
}

/* Both were under way, and A was the first. */
static void D64_5_1_6_02_a_contradiction_that_comes_later_ends_the_denial(void **context)
{
    (void)context;
    struct known_question aaaa = {
        .name = rig_name("foo.example"), .type = MESSAGE_TYPE_AAAA, .class = MESSAGE_CLASS_IN};
    aaaa.set = *route_find(policy.route, &aaaa.name, &aaaa.apex);
    on_aaaa = on_other = (struct script){MESSAGE_NOERROR, add_soa};
    on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("foo.example", MESSAGE_TYPE_A);
    ask("a.foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    free(upstream(&aaaa).bytes);
    ask("b.foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    ask("foo.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    ask("foo.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
}

static void NEG_8020_02_the_cut_can_be_turned_off(void **context)
{
    (void)context;
    policy.nxdomain_cut = false;
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("foo.example", 16);
    ask("a.foo.example", 16);
    assert_int_equal(asked, 2);
    ask("foo.example", 15);
    assert_int_equal(asked, 2); /* the name itself is denied all the same */
}

static void NEG_8020_02_or_for_a_domain_alone(void **context)
{
    (void)context;
    struct list *list = list_new((struct siphash_key){1, 2});
    assert_non_null(list);
    assert_int_equal(list_add(list, "odd.example"), 0);
    policy.uncut = list;
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("odd.example", 16);
    ask("a.odd.example", 16);
    assert_int_equal(asked, 2);
    ask("even.example", 16);
    ask("a.even.example", 16);
    assert_int_equal(asked, 3);
    list_free(list);
}

static void TTL_8767_01_a_week_at_most(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    a_ttl = UINT32_C(1) << 31;
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 604800);
    later(604799);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 1);
    assert_int_equal(asked, 1);
}

static void TTL_8767_01_zero_is_for_this_transaction(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    a_ttl = 0;
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 0);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 2);
    on_a = (struct script){SILENT, NULL};
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL); /* and never stale */
}

static void STL_8767_01_stale_only_after_failure(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_A);
    later(A_TTL);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 2);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), A_TTL);
    on_a.rcode = SILENT;
    later(A_TTL);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 3);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    assert_true(has_ede(3));
    later(29); /* asked again after 30 s, not before */
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 3);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    on_a.rcode = MESSAGE_NOERROR;
    later(1);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 4);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), A_TTL);
    assert_false(has_ede(3));
}

static void STL_8767_02_not_for_longer_than_configured(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_A);
    ask("off.example", MESSAGE_TYPE_A);
    on_a.rcode = SILENT;
    later(A_TTL + DAY_S - 1);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    later(1);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL);
    policy.stale_max_s = 0;
    ask("off.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL);
}

static void STL_8767_03_errors_leave_what_is_kept_and_a_denial_does_not(void **context)
{
    (void)context;
    static const unsigned errors[] = {MESSAGE_SERVFAIL, MESSAGE_REFUSED, MESSAGE_FORMERR, SILENT};
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_A);
    later(A_TTL);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++, later(300)) {
        on_a.rcode = errors[i];
        ask("www.example", MESSAGE_TYPE_A);
        assert_int_equal(asked, i + 2);
        assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    }
    on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    on_a = (struct script){SILENT, NULL};
    later(SOA_TTL);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
}

static void STL_8767_03_data_with_a_ttl_of_zero_never_stand_in(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_A);
    later(A_TTL);
    a_ttl = 0; /* what was kept before is over as well */
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 0);
    on_a = (struct script){SILENT, NULL};
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL);
}

static void STL_8767_03_an_alias_ends_what_the_name_had_before(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.example", MESSAGE_TYPE_A);
    ask("new.example", MESSAGE_TYPE_A);
    later(A_TTL);
    on_other = (struct script){MESSAGE_NOERROR, add_alias_into_nothing};
    ask("www.example", 16); /* an alias by now */
    later(1);
    on_a = (struct script){SILENT, NULL};
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(message_rcode(&answer), MESSAGE_SERVFAIL);
    ask("new.example", MESSAGE_TYPE_A);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    ask("www.example", 16); /* the alias itself is kept */
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    assert_int_equal(asked, 5);
}

static void STL_OURS_01_stale_parts_make_a_synthetic_answer(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.example", MESSAGE_TYPE_AAAA);
    on_a.rcode = on_aaaa.rcode = SILENT;
    later(A_TTL);
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    assert_true(has_ede(3));
    assert_true(has_ede(29));
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("no.example", 16);
    on_other.rcode = SILENT;
    later(SOA_TTL);
    ask("no.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
    assert_true(has_ede(19));
    assert_false(has_ede(3));
}

static void FAIL_02_a_real_aaaa_of_before_goes_first(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_aaaa};
    ask("www.example", MESSAGE_TYPE_AAAA);
    later(A_TTL);
    on_aaaa = (struct script){MESSAGE_SERVFAIL, NULL};
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(asked, 2); /* A was not asked for */
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 30);
    assert_false(has_ede(29));
}

static void D64_SYN_08_both_ages_count_down(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.example", MESSAGE_TYPE_A);
    later(A_TTL - 400);
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(asked, 2); /* the A record was there */
    assert_int_equal(ttl_in(MESSAGE_ANSWER), SOA_TTL);
    later(100);
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), SOA_TTL - 100);
    later(200); /* the negative AAAA is over; 100 s are left of A */
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(asked, 3);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 100);
    later(100);
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(asked, 4);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), SOA_TTL - 100);
}

static void D64_SYN_08_a_ttl_of_zero_is_answered_and_not_kept(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    a_ttl = 0;
    for (unsigned i = 0; i < 3; i++) {
        ask("www.example", MESSAGE_TYPE_AAAA);
        assert_int_equal(ttl_in(MESSAGE_ANSWER), 0);
        assert_int_equal(asked, 2 + i); /* the negative AAAA is kept */
    }
}

static void LES_D_19_any_and_a_show_nothing_synthetic(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    on_other = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_AAAA);
    ask("www.example", MESSAGE_TYPE_ANY);
    assert_int_equal(asked, 2); /* what A says of the name is known */
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, &answer);
    assert_true(message_walk_next(&walk, &record));
    assert_int_equal(record.type, MESSAGE_TYPE_HINFO);
    ask("www.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 2);
    message_walk_init(&walk, &answer);
    assert_true(message_walk_next(&walk, &record));
    assert_int_equal(record.type, MESSAGE_TYPE_A);
}

static void VIEW_02_other_rules_make_other_answers_of_the_same_data(void **context)
{
    (void)context;
    static const struct synthesize_pref64 other = {.prefix = {{{{0x20, 0x01, 0x0d, 0xb8, 0, 0x64}}}, 96}};
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    for (int i = 0; i < 3; i++) {
        policy.generation = 1;
        policy.pref64 = &rig_pref64;
        ask("www.example", MESSAGE_TYPE_AAAA);
        assert_non_null(memmem(out, out_len, rig_pref64.prefix.address.s6_addr, 12));
        policy.generation = 2;
        policy.pref64 = &other;
        ask("www.example", MESSAGE_TYPE_AAAA);
        assert_non_null(memmem(out, out_len, other.prefix.address.s6_addr, 12));
        assert_null(memmem(out, out_len, rig_pref64.prefix.address.s6_addr, 12));
    }
    assert_int_equal(asked, 2);
}

static void LES_D_21_kept_and_fresh_answers_are_alike(void **context)
{
    (void)context;
    uint8_t fresh[1024];
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    ask_as("www.example", MESSAGE_TYPE_AAAA, 1, MESSAGE_RD, 0);
    size_t len = out_len;
    memcpy(fresh, out, len);
    ask_as("www.example", MESSAGE_TYPE_AAAA, 2, MESSAGE_RD, 0);
    assert_int_equal(asked, 2);
    assert_int_equal(counters_get(&counters, OUTCOME_CACHE_ANSWERS), 1);
    assert_int_equal(out_len, len);
    assert_memory_equal(out + 2, fresh + 2, len - 2);
    ask_as("wWw.eXample", MESSAGE_TYPE_AAAA, 3, MESSAGE_RD, 0);
    assert_memory_equal(out + 12, "\3wWw\7eXample", 13);
    assert_int_equal(out_len, len);
    assert_int_equal(counters_get(&counters, OUTCOME_CACHE_ANSWERS), 2);
    assert_int_equal(counters_get(&counters, OUTCOME_AAAA_SYNTHESISED), 3);
}

static void add_strangers(struct message_writer *writer)
{
    struct name other = rig_name("other.example");
    add_a(writer);
    message_add(writer, MESSAGE_ANSWER, &other, MESSAGE_TYPE_A, a_ttl, "\x08\x08\x04\x04", 4);
    message_add(writer, MESSAGE_AUTHORITY, &other, MESSAGE_TYPE_NS, a_ttl, other.bytes, other.len);
    message_add(writer, MESSAGE_ADDITIONAL, &other, MESSAGE_TYPE_A, a_ttl, "\x08\x08\x04\x04", 4);
}

static void LES_D_40_what_stands_beside_is_learned_of_no_name(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_strangers};
    ask("www.example", MESSAGE_TYPE_A);
    on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("other.example", MESSAGE_TYPE_A);
    assert_int_equal(asked, 2);
    assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
}

/* DO and CD change what upstreams are asked; nothing of one is given to the other. */
static void LES_D_16_answers_are_shared_by_equal_queries_alone(void **context)
{
    (void)context;
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.example", MESSAGE_TYPE_AAAA);
    ask_as("www.example", MESSAGE_TYPE_AAAA, 1, MESSAGE_RD | MESSAGE_CD, 0);
    assert_int_equal(asked, 3);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    assert_true(answer.flags & MESSAGE_CD);
    ask_as("www.example", MESSAGE_TYPE_AAAA, 1, MESSAGE_RD, MESSAGE_DO);
    assert_int_equal(asked, 5);
    assert_true(answer.opt_flags & MESSAGE_DO);
    ask_as("www.example", MESSAGE_TYPE_AAAA, 1, MESSAGE_RD | MESSAGE_CD, 0);
    assert_int_equal(asked, 5);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
}

static void LES_D_11_the_right_negative_answer_is_kept(void **context)
{
    (void)context;
    on_aaaa = (struct script){MESSAGE_NOERROR, add_soa};
    on_a = (struct script){MESSAGE_NOERROR, NULL};
    for (int i = 0; i < 2; i++) {
        ask("www.example", MESSAGE_TYPE_AAAA);
        assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
        assert_int_equal(ttl_in(MESSAGE_AUTHORITY), SOA_TTL);
        assert_int_equal(asked, 2);
    }
    on_a = (struct script){MESSAGE_NXDOMAIN, add_soa};
    for (int i = 0; i < 2; i++) {
        ask("no.example", MESSAGE_TYPE_AAAA);
        assert_int_equal(message_rcode(&answer), MESSAGE_NXDOMAIN);
        assert_int_equal(asked, 4);
    }
}

/* A synthetic answer after a failure of AAAA is not the finished one: AAAA is tried again soon. */
static void LES_D_15_what_a_failure_made_is_not_kept(void **context)
{
    (void)context;
    on_aaaa = (struct script){MESSAGE_SERVFAIL, NULL};
    on_a = (struct script){MESSAGE_NOERROR, add_a};
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(ttl_in(MESSAGE_ANSWER), 600);
    on_aaaa = (struct script){MESSAGE_NOERROR, add_aaaa};
    later(5);
    ask("www.example", MESSAGE_TYPE_AAAA);
    assert_int_equal(asked, 3);
    assert_false(has_ede(29));
}

/* Names of corp.example are another resolver's, those of a.corp.example a third one's. */
static void forward(void)
{
    forwards[0] = (struct route_forward){rig_name("a.corp.example"), {.members = 4, .variant = 5}};
    forwards[1] = (struct route_forward){rig_name("corp.example"), {.members = 2, .variant = 3}};
    route.forwards = forwards;
    route.forwards_count = 2;
}

static void LES_D_36_nothing_above_shadows_a_forward_domain(void **context)
{
    (void)context;
    forward();
    on_other = (struct script){MESSAGE_NXDOMAIN, add_soa};
    ask("example", 16);
    ask("corp.example", 16);
    ask("host.example", 16); /* below the first, of the same resolvers */
    assert_int_equal(asked, 2);
    ask("host.corp.example", 16); /* below the second, but for `example` it would be */
    assert_int_equal(asked, 2);
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("host.a.corp.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    assert_int_equal(asked, 3);
    /* The same resolvers for a domain as for all: even then. */
    forwards[0].set = forwards[1].set;
    ask("other.a.corp.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    assert_int_equal(asked, 4);
}

static void LES_D_44_what_one_set_says_is_not_given_for_another(void **context)
{
    (void)context;
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("www.corp.example", 16);
    later(1);
    forward();
    policy.generation++; /* as other rules have it */
    ask("www.corp.example", 16);
    assert_int_equal(asked, 2);
    ask("www.corp.example", 15);
    ask("www.corp.example", 15);
    assert_int_equal(asked, 3);
    route.forwards_count = 0;
    policy.generation++;
    ask("www.corp.example", 16); /* that of the usual ones is still there, for them */
    assert_int_equal(asked, 3);
    ask("www.corp.example", 15);
    assert_int_equal(asked, 4);
}

/* The other's names stand in its answer: it is kept for the name that was asked of it, for no other. */
static void LES_D_44_an_alias_into_anothers_domain_teaches_nothing_of_it(void **context)
{
    (void)context;
    forwards[0] = (struct route_forward){rig_name("gone.example"), {.members = 2, .variant = 3}};
    route.forwards = forwards;
    route.forwards_count = 1;
    on_other = (struct script){MESSAGE_NXDOMAIN, add_alias_into_nothing};
    ask("www.example", 16);
    on_other = (struct script){MESSAGE_NOERROR, add_soa};
    ask("gone.example", 16);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
    assert_int_equal(asked, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(NEG_2308_01_a_name_is_denied_for_all_types),
        CASE(NEG_2308_01_no_data_is_of_one_type),
        CASE(NEG_2308_01_for_as_long_as_soa_and_minimum_say),
        CASE(NEG_2308_02_the_soa_counts_down),
        CASE(NEG_2308_03_without_soa_for_five_seconds),
        CASE(NEG_2308_04_an_hour_at_most),
        CASE(NEG_2308_05_a_failure_is_of_one_type_and_at_most_five_minutes),
        CASE(NEG_9520_01_a_failure_is_kept_and_the_wait_grows),
        CASE(NEG_8020_01_nothing_is_below_nothing),
        CASE(NEG_8020_01_an_alias_exists_its_target_does_not),
        CASE(NEG_8020_01_data_below_is_still_given),
        CASE(D64_5_1_6_02_a_contradiction_says_nothing_of_what_is_below),
        CASE(D64_5_1_6_02_a_contradiction_that_comes_later_ends_the_denial),
        CASE(NEG_8020_02_the_cut_can_be_turned_off),
        CASE(NEG_8020_02_or_for_a_domain_alone),
        CASE(TTL_8767_01_a_week_at_most),
        CASE(TTL_8767_01_zero_is_for_this_transaction),
        CASE(STL_8767_01_stale_only_after_failure),
        CASE(STL_8767_02_not_for_longer_than_configured),
        CASE(STL_8767_03_errors_leave_what_is_kept_and_a_denial_does_not),
        CASE(STL_8767_03_data_with_a_ttl_of_zero_never_stand_in),
        CASE(STL_8767_03_an_alias_ends_what_the_name_had_before),
        CASE(STL_OURS_01_stale_parts_make_a_synthetic_answer),
        CASE(FAIL_02_a_real_aaaa_of_before_goes_first),
        CASE(D64_SYN_08_both_ages_count_down),
        CASE(D64_SYN_08_a_ttl_of_zero_is_answered_and_not_kept),
        CASE(LES_D_19_any_and_a_show_nothing_synthetic),
        CASE(VIEW_02_other_rules_make_other_answers_of_the_same_data),
        CASE(LES_D_21_kept_and_fresh_answers_are_alike),
        CASE(LES_D_40_what_stands_beside_is_learned_of_no_name),
        CASE(LES_D_16_answers_are_shared_by_equal_queries_alone),
        CASE(LES_D_11_the_right_negative_answer_is_kept),
        CASE(LES_D_36_nothing_above_shadows_a_forward_domain),
        CASE(LES_D_44_what_one_set_says_is_not_given_for_another),
        CASE(LES_D_44_an_alias_into_anothers_domain_teaches_nothing_of_it),
        CASE(LES_D_15_what_a_failure_made_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
