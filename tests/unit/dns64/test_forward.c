/*
 * What a forwarder passes as it is, what it refuses, and what it answers with less than it was asked for.
 *
 * Layer: test
 * Specification: RFC 5625 4, RFC 8482 4, RFC 9460 2.2 and 8, RFC 3597 3
 */
#include "tests/unit/dns64/rig.h"

#include "dns64/query/finished.h"

enum { TYPE_SVCB = 64, TYPE_HTTPS = 65, TYPE_UNKNOWN = 65280, CLASS_CH = 3, CLASS_HS = 4, CLASS_NONE = 254 };

static struct query_policy policy;
static struct query_client client;
static struct counters counters;
static struct query query;
static struct cache *cache;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t out_len;
static struct message answer;

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    policy = rig_policy();
    client = (struct query_client){.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
    cache = cache_new(1 << 20, (struct siphash_key){1, 2});
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    cache_free(cache);
    return 0;
}

static unsigned ask(const char *text, uint16_t type, uint16_t class, uint16_t flags, uint16_t opt_flags)
{
    struct message_writer writer;
    struct name name = rig_name(text);
    query_done(&query);
    message_begin(&writer, bytes, sizeof(bytes), 99, flags, &name, type, class);
    message_add_opt(&writer, 1232, 0, opt_flags, NULL, 0);
    return query_begin(&query, &policy, &counters, cache, 0, bytes, message_end(&writer), &client, out,
                       &out_len);
}

static unsigned begin(const char *text, uint16_t type)
{
    return ask(text, type, MESSAGE_CLASS_IN, MESSAGE_RD, 0);
}

/* The upstream's reply to what it was asked. */
static void reply(enum query_slot_name slot, unsigned rcode, void (*fill)(struct message_writer *writer))
{
    struct message_writer writer;
    rig_reply(&query, slot, (uint16_t)rcode, bytes, &writer);
    if (fill != NULL)
        fill(&writer);
    size_t len = message_end(&writer);
    uint8_t *copy = rig_copy(bytes, len);
    query_from(&query, &(struct query_source){.life_s = 60});
    if (query_response(&query, slot, copy, len, out, &out_len) & QUERY_DO_SEND)
        finished_keep(&query, cache, 0, out, out_len);
}

static unsigned read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, 99);
    return message_rcode(&answer);
}

static uint16_t error_of_answer(void)
{
    struct edns_walk walk;
    struct edns_option option;
    edns_walk_init(&walk, &answer);
    while (edns_walk_next(&walk, &option))
        if (option.code == EDNS_EDE)
            return bytes_get16(option.bytes);
    return UINT16_MAX;
}

/* The records of a section, which are all of this type. */
static unsigned records_of(enum message_section section, uint16_t type, struct message_record *ret_last)
{
    struct message_walk walk;
    struct message_record record;
    unsigned count = 0;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record)) {
        if (record.section != section || record.type == MESSAGE_TYPE_OPT)
            continue;
        assert_int_equal(record.type, type);
        *ret_last = record;
        count++;
    }
    return count;
}

static void add_a(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 300, "\x08\x08\x08\x08", 4);
}

static void add_alias(struct message_writer *writer)
{
    struct name target = rig_name("target.example.com");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
    message_add(writer, MESSAGE_ANSWER, &target, MESSAGE_TYPE_A, 300, "\x08\x08\x08\x08", 4);
}

static void add_soa(struct message_writer *writer)
{
    struct name zone = rig_name("example.com");
    uint8_t rdata[22] = {0};
    message_add(writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, 300, rdata, sizeof(rdata));
}

static uint16_t asked_type(void)
{
    struct name name;
    uint16_t type;
    query_asked(&query, QUERY_MAIN, &name, &type);
    return type;
}

TEST(ANY_8482_01_one_small_record_by_udp)
{
    struct message_record record;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_ANY), QUERY_DO_ASK_MAIN);
    assert_int_equal(asked_type(), MESSAGE_TYPE_A);
    reply(QUERY_MAIN, 0, add_a);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.type, MESSAGE_TYPE_ANY);
    assert_false(answer.flags & MESSAGE_TC);
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_HINFO, &record), 1);
    assert_int_equal(record.ttl, 3600);
    assert_int_equal(record.rdata_len, 9);
    assert_memory_equal(out + record.rdata, "\7RFC8482\0", 9);
}

TEST(ANY_8482_01_an_alias_is_what_there_is)
{
    struct message_record record;
    begin("www.example.com", MESSAGE_TYPE_ANY);
    reply(QUERY_MAIN, 0, add_alias);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_CNAME, &record), 1);
    begin("www.example.com", MESSAGE_TYPE_ANY); /* also if it leads to nothing */
    reply(QUERY_MAIN, MESSAGE_NXDOMAIN, add_alias);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_CNAME, &record), 1);
}

TEST(ANY_8482_01_what_is_not_there_is_said)
{
    struct message_record record;
    begin("www.example.com", MESSAGE_TYPE_ANY);
    reply(QUERY_MAIN, MESSAGE_NXDOMAIN, add_soa);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_HINFO, &record), 0);
    assert_int_equal(records_of(MESSAGE_AUTHORITY, MESSAGE_TYPE_SOA, &record), 1);
    begin("www.example.com", MESSAGE_TYPE_ANY);
    reply(QUERY_MAIN, MESSAGE_SERVFAIL, NULL);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
}

static void add_two_sets(struct message_writer *writer)
{
    add_a(writer);
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 300, "\x08\x08\x04\x04", 4);
}

TEST(ANY_8482_01_passed_through_by_tcp_and_for_do)
{
    struct message_record record;
    for (int udp = 0; udp < 2; udp++) {
        client.udp = udp;
        ask("www.example.com", MESSAGE_TYPE_ANY, MESSAGE_CLASS_IN, MESSAGE_RD, udp ? MESSAGE_DO : 0);
        assert_int_equal(asked_type(), MESSAGE_TYPE_ANY);
        reply(QUERY_MAIN, 0, add_two_sets);
        read_answer();
        assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_A, &record), 2);
    }
    /* What one way got is not what the other gets. */
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_ANY), QUERY_DO_ASK_MAIN);
    assert_int_equal(asked_type(), MESSAGE_TYPE_A);
}

TEST(VIEW_03_neither_any_nor_a_shows_synthetic_data)
{
    struct message_record record;
    begin("www.example.com", MESSAGE_TYPE_AAAA);
    reply(QUERY_MAIN, 0, add_soa);
    reply(QUERY_A, 0, add_a);
    read_answer();
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_AAAA, &record), 1);
    assert_int_equal(error_of_answer(), EDNS_SYNTHESIZED);
    begin("www.example.com", MESSAGE_TYPE_ANY);
    reply(QUERY_MAIN, 0, add_a);
    read_answer();
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_HINFO, &record), 1);
    assert_int_equal(error_of_answer(), UINT16_MAX);
    begin("www.example.com", MESSAGE_TYPE_A);
    reply(QUERY_MAIN, 0, add_a);
    read_answer();
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_A, &record), 1);
    assert_int_equal(error_of_answer(), UINT16_MAX);
}

/* 1 svc.example.com. alpn="h2" ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 key65280=0xc00cff */
static const uint8_t svcb[] = {
    0, 1, 3, 's', 'v', 'c', 7, 'e', 'x', 'a', 'm', 'p', 'l',  'e', 3, 'c', 'o',  'm',  0,   0,    1,
    0, 3, 2, 'h', '2', 0,   4, 0,   4,   192, 0,   2,   1,    0,   6, 0,   16,   0x20, 1,   0x0d, 0xb8,
    0, 0, 0, 0,   0,   0,   0, 0,   0,   0,   0,   1,   0xff, 0,   0, 3,   0xc0, 0x0c, 0xff};
static uint16_t svcb_type;

static void add_svcb(struct message_writer *writer)
{
    struct name target = rig_name("svc.example.com");
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, svcb_type, 300, svcb, sizeof(svcb));
    message_add(writer, MESSAGE_ADDITIONAL, &target, MESSAGE_TYPE_A, 300, "\x08\x08\x08\x08", 4);
    message_add(writer, MESSAGE_ADDITIONAL, &target, MESSAGE_TYPE_AAAA, 300, address, sizeof(address));
}

static void pass_svcb(struct message_record *ret_record)
{
    static const uint16_t types[] = {TYPE_SVCB, TYPE_HTTPS};
    for (size_t i = 0; i < 2; i++) {
        svcb_type = types[i];
        begin("www.example.com", svcb_type);
        reply(QUERY_MAIN, 0, add_svcb);
        assert_int_equal(read_answer(), MESSAGE_NOERROR);
        assert_int_equal(records_of(MESSAGE_ANSWER, svcb_type, ret_record), 1);
        assert_int_equal(ret_record->rdata_len, sizeof(svcb));
        assert_memory_equal(out + ret_record->rdata, svcb, sizeof(svcb));
    }
}

TEST(SVB_01_hints_are_not_touched)
{
    struct message_record record;
    pass_svcb(&record);
    assert_int_equal(out[record.rdata + 30], 192);
}

TEST(SVB_03_unknown_keys_are_passed)
{
    struct message_record record;
    pass_svcb(&record);
    assert_memory_equal(out + record.end - 7, "\xff\0\0\3\xc0\x0c\xff", 7);
}

/* RFC 9460 4.1 lets us add; nothing is added, and what upstreams added stays as it is. */
TEST(SVB_02_additional_records_are_those_of_the_upstream)
{
    struct message_walk walk;
    struct message_record record;
    unsigned a = 0, aaaa = 0;
    pass_svcb(&record);
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record)) {
        a += record.section == MESSAGE_ADDITIONAL && record.type == MESSAGE_TYPE_A;
        aaaa += record.section == MESSAGE_ADDITIONAL && record.type == MESSAGE_TYPE_AAAA;
    }
    assert_int_equal(a, 1);
    assert_int_equal(aaaa, 1);
    assert_int_equal(error_of_answer(), UINT16_MAX);
}

static void add_ipv4_hint(struct message_writer *writer)
{
    static const uint8_t rdata[] = {0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, TYPE_HTTPS, 300, rdata, sizeof(rdata));
}

TEST(SVB_05_records_with_an_ipv4_hint_alone_stay)
{
    struct message_record record;
    begin("www.example.com", TYPE_HTTPS);
    reply(QUERY_MAIN, 0, add_ipv4_hint);
    read_answer();
    assert_int_equal(records_of(MESSAGE_ANSWER, TYPE_HTTPS, &record), 1);
}

TEST(FWD_03_without_rd_the_cache_answers_or_nobody)
{
    struct message_record record;
    begin("www.example.com", MESSAGE_TYPE_AAAA);
    reply(QUERY_MAIN, 0, add_soa);
    reply(QUERY_A, 0, add_a);
    assert_int_equal(ask("www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(records_of(MESSAGE_ANSWER, MESSAGE_TYPE_AAAA, &record), 1);
    assert_false(answer.flags & MESSAGE_RD);
    assert_true(answer.flags & MESSAGE_RA);
    begin("www.example.com", MESSAGE_TYPE_AAAA);
    read_answer();
    assert_true(answer.flags & MESSAGE_RD);

    /* What the answer would be made of may be known; if it is not, that is said. */
    assert_int_equal(ask("other.example.com", MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    assert_true(query.cache_only);
    assert_int_equal(query_unknown(&query, out, &out_len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_REFUSED);
    assert_int_equal(error_of_answer(), EDNS_NOT_AUTHORITATIVE);
}

TEST(FWD_04_what_is_not_served)
{
    static const uint16_t counts[] = {0, 2, UINT16_MAX};
    for (uint16_t opcode = 1; opcode < 16; opcode++) {
        ask("www.example.com", MESSAGE_TYPE_A, MESSAGE_CLASS_IN, (uint16_t)(MESSAGE_RD | opcode << 11), 0);
        assert_int_equal(read_answer(), MESSAGE_NOTIMP);
        assert_int_equal(answer.flags & MESSAGE_OPCODE, opcode << 11);
    }
    struct message_writer update; /* RFC 2136 2.5.2: an RRset to delete, without data */
    struct name zone = rig_name("example.com");
    message_begin(&update, bytes, sizeof(bytes), 99, 5 << 11, &zone, MESSAGE_TYPE_SOA, MESSAGE_CLASS_IN);
    message_add(&update, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_NS, 0, "", 0);
    query_done(&query);
    query_begin(&query, &policy, &counters, cache, 0, bytes, message_end(&update), &client, out, &out_len);
    assert_int_equal(read_answer(), MESSAGE_NOTIMP);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct message_writer writer;
        struct name name = rig_name("www.example.com");
        message_begin(&writer, bytes, sizeof(bytes), 99, MESSAGE_RD, counts[i] == 0 ? NULL : &name,
                      MESSAGE_TYPE_A, MESSAGE_CLASS_IN);
        size_t len = message_end(&writer);
        bytes_put16(bytes + 4, counts[i]);
        query_done(&query);
        assert_int_equal(
            query_begin(&query, &policy, &counters, cache, 0, bytes, len, &client, out, &out_len),
            QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_FORMERR);
    }
    assert_int_equal(ask("www.example.com", MESSAGE_TYPE_A, MESSAGE_CLASS_IN, MESSAGE_QR, 0), QUERY_DO_DROP);
    for (size_t len = 0; len < MESSAGE_HEADER; len++) {
        query_done(&query);
        assert_int_equal(
            query_begin(&query, &policy, &counters, cache, 0, bytes, len, &client, out, &out_len),
            QUERY_DO_DROP);
    }
}

TEST(LES_D_46_odd_classes_and_meta_types)
{
    static const uint16_t classes[] = {0, 2, CLASS_CH, CLASS_HS, CLASS_NONE, MESSAGE_CLASS_ANY, 65535},
                          types[] = {41, 249, 250, 251, 252, 253, 254};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        for (uint16_t type = 1; type < 300; type++) {
            assert_int_equal(ask("version.bind", type, classes[i], MESSAGE_RD, 0), QUERY_DO_SEND);
            assert_int_equal(read_answer(), MESSAGE_REFUSED);
            assert_int_equal(error_of_answer(), EDNS_NOT_SUPPORTED);
        }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(begin("www.example.com", types[i]), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_NOTIMP);
        assert_int_equal(error_of_answer(), EDNS_NOT_SUPPORTED);
    }
    assert_int_equal(begin("www.example.com", TYPE_UNKNOWN), QUERY_DO_ASK_MAIN);
}

static void add_nothing_known(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, TYPE_UNKNOWN, 300, "\xc0\x0c\x00\xff", 4);
}

TEST(LES_D_46_an_unknown_type_is_passed_byte_by_byte)
{
    struct message_record record;
    begin("www.example.com", TYPE_UNKNOWN);
    reply(QUERY_MAIN, 0, add_nothing_known);
    read_answer();
    assert_int_equal(records_of(MESSAGE_ANSWER, TYPE_UNKNOWN, &record), 1);
    assert_memory_equal(out + record.rdata, "\xc0\x0c\x00\xff", 4);
}

TEST(EDE_02_failures_say_whose_they_are)
{
    begin("www.example.com", MESSAGE_TYPE_AAAA); /* nobody answered */
    query_response(&query, QUERY_MAIN, NULL, 0, out, &out_len);
    query_response(&query, QUERY_A, NULL, 0, out, &out_len);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
    assert_int_equal(error_of_answer(), EDNS_NO_AUTHORITY);
    begin("www.example.com", MESSAGE_TYPE_AAAA); /* they answered, and gave no reason */
    reply(QUERY_MAIN, MESSAGE_SERVFAIL, NULL);
    reply(QUERY_A, MESSAGE_SERVFAIL, NULL);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
    assert_int_equal(error_of_answer(), UINT16_MAX);
    begin("www.example.com", MESSAGE_TYPE_A);
    query_response(&query, QUERY_MAIN, NULL, 0, out, &out_len);
    read_answer();
    assert_int_equal(error_of_answer(), EDNS_NO_AUTHORITY);
    begin("www.example.com", MESSAGE_TYPE_A); /* they failed a while ago */
    query_from(&query, &(struct query_source){.kind = QUERY_FROM_FAILURE});
    reply(QUERY_MAIN, MESSAGE_SERVFAIL, NULL);
    read_answer();
    assert_int_equal(error_of_answer(), EDNS_CACHED_ERROR);
}

static void add_private(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 300, "\x0a\0\0\1", 4);
}

TEST(EDE_02_blocked_are_ranges_that_may_not_be_reached)
{
    begin("www.example.com", MESSAGE_TYPE_AAAA);
    reply(QUERY_MAIN, 0, add_soa);
    reply(QUERY_A, 0, add_private);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    assert_int_equal(error_of_answer(), EDNS_BLOCKED);
}

static void add_loop(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, writer->question.bytes,
                writer->question.len);
}

TEST(EDE_02_a_loop_of_aliases_is_told_in_words)
{
    struct edns_walk walk;
    struct edns_option option;
    begin("www.example.com", MESSAGE_TYPE_AAAA);
    reply(QUERY_MAIN, 0, add_loop);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
    assert_int_equal(error_of_answer(), EDNS_OTHER);
    edns_walk_init(&walk, &answer);
    assert_true(edns_walk_next(&walk, &option));
    assert_true(option.len > 2 && option.len <= 2 + EDNS_TEXT_MAX);
}

TEST(EDE_02_stale_answers_say_so)
{
    begin("www.example.com", MESSAGE_TYPE_A);
    query_from(&query, &(struct query_source){.kind = QUERY_FROM_STALE});
    reply(QUERY_MAIN, 0, add_a);
    read_answer();
    assert_int_equal(error_of_answer(), EDNS_STALE);
    begin("www.example.com", MESSAGE_TYPE_A);
    query_from(&query, &(struct query_source){.kind = QUERY_FROM_STALE});
    reply(QUERY_MAIN, MESSAGE_NXDOMAIN, add_soa);
    read_answer();
    assert_int_equal(error_of_answer(), EDNS_STALE_NXDOMAIN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ANY_8482_01_one_small_record_by_udp),
        CASE(ANY_8482_01_an_alias_is_what_there_is),
        CASE(ANY_8482_01_what_is_not_there_is_said),
        CASE(ANY_8482_01_passed_through_by_tcp_and_for_do),
        CASE(VIEW_03_neither_any_nor_a_shows_synthetic_data),
        CASE(SVB_01_hints_are_not_touched),
        CASE(SVB_02_additional_records_are_those_of_the_upstream),
        CASE(SVB_03_unknown_keys_are_passed),
        CASE(SVB_05_records_with_an_ipv4_hint_alone_stay),
        CASE(FWD_03_without_rd_the_cache_answers_or_nobody),
        CASE(FWD_04_what_is_not_served),
        CASE(LES_D_46_odd_classes_and_meta_types),
        CASE(LES_D_46_an_unknown_type_is_passed_byte_by_byte),
        CASE(EDE_02_failures_say_whose_they_are),
        CASE(EDE_02_stale_answers_say_so),
        CASE(EDE_02_blocked_are_ranges_that_may_not_be_reached),
        CASE(EDE_02_a_loop_of_aliases_is_told_in_words),
    };
    return RUN(tests);
}
