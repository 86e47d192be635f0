/*
 * A query from its first byte to its answer, without any network.
 *
 * Layer: test
 * Specification: RFC 6147 5, RFC 8880 7.1, RFC 6891 6
 */
#include "tests/unit/dns64/rig.h"

static struct query_policy policy;
static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
static struct counters counters;
static struct query query;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t out_len;
static struct message answer;

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    policy = rig_policy();
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    return 0;
}

static unsigned begin(const char *text, uint16_t type, uint16_t flags, bool edns, uint16_t size)
{
    struct message_writer writer;
    struct name name = rig_name(text);
    message_begin(&writer, bytes, sizeof(bytes), 99, flags, &name, type, MESSAGE_CLASS_IN);
    if (edns)
        message_add_opt(&writer, size, 0, 0, NULL, 0);
    return query_begin(&query, &policy, &counters, NULL, 0, bytes, message_end(&writer), &client, out,
                       &out_len);
}

/* The upstream's reply to a slot: RCODE, and records added by `fill`. */
static unsigned reply(enum query_slot_name slot, unsigned rcode, void (*fill)(struct message_writer *writer))
{
    struct message_writer writer;
    rig_reply(&query, slot, (uint16_t)(MESSAGE_AD | rcode), bytes, &writer);
    if (fill != NULL)
        fill(&writer);
    size_t len = message_end(&writer);
    return query_response(&query, slot, rig_copy(bytes, len), len, out, &out_len);
}

static void add_a(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
}

static void add_private(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 3600, "\x0a\x01\x02\x03", 4);
}

static void add_aaaa(struct message_writer *writer)
{
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_AAAA, 3600, address, 16);
}

static void add_image(struct message_writer *writer)
{
    static const uint8_t address[16] = {0, 0x64, 0xff, 0x9b, [15] = 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_AAAA, 100, address, 16);
}

static void add_mixed(struct message_writer *writer)
{
    add_aaaa(writer);
    add_image(writer);
}

static void add_soa(struct message_writer *writer)
{
    struct name zone = rig_name("example.com");
    uint8_t rdata[22] = {0};
    message_add(writer, MESSAGE_AUTHORITY, &zone, MESSAGE_TYPE_SOA, 300, rdata, sizeof(rdata));
}

/* `links` aliases from the question, then an A record. */
static unsigned links;
static void add_chain(struct message_writer *writer)
{
    struct name owner = writer->question;
    for (unsigned i = 0; i < links; i++) {
        char text[32];
        memcpy(text, "a0.example.org", 15);
        text[0] = (char)('a' + i);
        struct name target = rig_name(text);
        message_add(writer, MESSAGE_ANSWER, &owner, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
        owner = target;
    }
    message_add(writer, MESSAGE_ANSWER, &owner, MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
}

static void add_loop(struct message_writer *writer)
{
    struct name other = rig_name("other.example.com");
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, other.bytes, other.len);
    message_add(writer, MESSAGE_ANSWER, &other, MESSAGE_TYPE_CNAME, 300, writer->question.bytes,
                writer->question.len);
}

static void add_strangers(struct message_writer *writer)
{
    struct name other = rig_name("bank.example.net");
    add_a(writer);
    message_add(writer, MESSAGE_ANSWER, &other, MESSAGE_TYPE_A, 3600, "\x08\x08\x04\x04", 4);
}

static unsigned read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, 99);
    assert_true(answer.flags & MESSAGE_QR && answer.flags & MESSAGE_RA);
    return message_rcode(&answer);
}

/* TTL of the only AAAA record with this first and last byte; fails when there is none. */
static uint32_t only_aaaa(uint8_t first, uint8_t last)
{
    struct message_walk walk;
    struct message_record record;
    uint32_t ttl = 0;
    unsigned found = 0;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record))
        if (record.section == MESSAGE_ANSWER && record.type == MESSAGE_TYPE_AAAA) {
            found++;
            ttl = record.ttl;
            assert_int_equal(answer.bytes[record.rdata + 1], first);
            assert_int_equal(answer.bytes[record.rdata + 15], last);
        }
    assert_int_equal(found, 1);
    return ttl;
}

static void ask_aaaa(void)
{
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, true, 1232), QUERY_DO_ASK_MAIN);
}

TEST(D64_5_1_7_01_synthesis_with_the_ttl_of_the_soa)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_soa), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_a), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(only_aaaa(0x64, 8), 300);
    assert_false(answer.flags & MESSAGE_AD);                     /* D64-SEC-03 */
    assert_int_equal(bytes_get16(out + answer.opt_end - 2), 29); /* EDE-02 */
}

TEST(D64_SYN_04_600_seconds_without_soa)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, MESSAGE_REFUSED, NULL), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_a), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(only_aaaa(0x64, 8), 600);
}

TEST(D64_SYN_06_excluded_records_bound_the_ttl)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_image), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_a), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(only_aaaa(0x64, 8), 100);
}

TEST(D64_5_1_4_02_a_mixed_set_keeps_the_rest)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_mixed), QUERY_DO_SEND);
    read_answer();
    only_aaaa(0x01, 1);
}

TEST(D64_5_1_2_01_nxdomain_without_a_query)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, MESSAGE_NXDOMAIN, add_soa), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
}

TEST(D64_5_1_3_01_silence_of_aaaa)
{
    ask_aaaa();
    assert_int_equal(query_waited(&query), QUERY_DO_ASK_A);
    assert_int_equal(query_waited(&query), 0);                  /* once */
    assert_int_equal(query_patience(&query, out, &out_len), 0); /* A is not there yet */
    assert_int_equal(reply(QUERY_A, 0, add_a), 0);
    assert_int_equal(query_patience(&query, out, &out_len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(only_aaaa(0x64, 8), 600);
}

TEST(FAIL_01_D64_5_1_3_01_an_a_that_makes_no_answer_ends_no_wait)
{
    static const struct {
        unsigned rcode;
        void (*fill)(struct message_writer *writer);
    } replies[] = {{MESSAGE_NOERROR, add_soa}, {MESSAGE_SERVFAIL, add_soa}, {MESSAGE_NOERROR, add_private}};
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        ask_aaaa();
        assert_int_equal(query_waited(&query), QUERY_DO_ASK_A);
        assert_int_equal(reply(QUERY_A, replies[i].rcode, replies[i].fill), 0);
        assert_int_equal(query_patience(&query, out, &out_len), 0);
        assert_int_equal(reply(QUERY_MAIN, 0, add_aaaa), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
        query_done(&query);
    }
}

TEST(D64_5_1_6_02_both_fail)
{
    ask_aaaa();
    assert_int_equal(query_response(&query, QUERY_MAIN, NULL, 0, out, &out_len), QUERY_DO_ASK_A);
    assert_int_equal(query_response(&query, QUERY_A, NULL, 0, out, &out_len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
}

TEST(D64_5_1_7_02_denied_addresses)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_soa), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_private), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    assert_int_equal(bytes_get16(out + answer.opt_end - 2), 15);
}

TEST(SEC_14_one_list_of_denied_destinations_for_both_daemons)
{
    static const struct addr_prefix4 eight = {0x08000000, 8};
    static const struct synthesize_pref64 denying = {
        .prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}, .deny4 = &eight, .deny4_count = 1};
    policy.pref64 = &denying;
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_soa), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_a), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
}

TEST(D64_5_1_5_01_chains_up_to_sixteen_links)
{
    for (links = 1; links <= 17; links++) {
        ask_aaaa();
        assert_int_equal(reply(QUERY_MAIN, 0, NULL), QUERY_DO_ASK_A);
        assert_int_equal(reply(QUERY_A, 0, add_chain), QUERY_DO_SEND);
        assert_int_equal(read_answer(), links <= 16 ? MESSAGE_NOERROR : MESSAGE_SERVFAIL);
        if (links <= 16) {
            assert_int_equal(answer.counts[MESSAGE_ANSWER], links + 1);
            only_aaaa(0x64, 8);
        }
        query_done(&query);
    }
}

TEST(LIM_06_a_loop_of_aliases)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, add_loop), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
}

TEST(LIM_03_records_outside_the_chain_are_left_out)
{
    ask_aaaa();
    assert_int_equal(reply(QUERY_MAIN, 0, NULL), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_strangers), QUERY_DO_SEND);
    read_answer();
    only_aaaa(0x64, 8);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
}

static uint16_t type_at_end;

static void add_alias_and_strangers(struct message_writer *writer)
{
    struct name other = rig_name("bank.example.net"), target = rig_name("target.example.com");
    message_add(writer, MESSAGE_ANSWER, &other, MESSAGE_TYPE_A, 3600, "\x08\x08\x04\x04", 4);
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
    message_add(writer, MESSAGE_ANSWER, &target, type_at_end, 300, "\3abc", 4);
    message_add(writer, MESSAGE_ANSWER, &other, MESSAGE_TYPE_CNAME, 300, target.bytes, target.len);
}

TEST(LIM_03_LES_D_41_nor_passed_with_other_types)
{
    static const uint16_t types[] = {MESSAGE_TYPE_A, 16};
    for (size_t i = 0; i < 2; i++) {
        type_at_end = types[i];
        begin("www.example.com", types[i], MESSAGE_RD, true, 1232);
        assert_int_equal(reply(QUERY_MAIN, 0, add_alias_and_strangers), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
        query_done(&query);
    }
}

TEST(LIM_06_a_loop_fails_for_every_type)
{
    begin("www.example.com", MESSAGE_TYPE_A, MESSAGE_RD, true, 1232);
    assert_int_equal(reply(QUERY_MAIN, 0, add_loop), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
}

TEST(D64_SEC_01_checking_disabled_gets_what_there_is)
{
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD | MESSAGE_CD, true, 1232),
                     QUERY_DO_ASK_MAIN);
    assert_int_equal(query_waited(&query), 0);
    assert_int_equal(reply(QUERY_MAIN, 0, add_soa), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    assert_true(answer.flags & MESSAGE_CD);
}

TEST(D64_5_3_3_01_a_is_passed_on)
{
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, MESSAGE_RD, false, 0), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, 0, add_a), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    assert_false(answer.has_opt); /* EDN-01 */
}

TEST(FWD_04_what_is_refused)
{
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 0, true, 1232), QUERY_DO_SEND); /* FWD-03 */
    assert_int_equal(read_answer(), MESSAGE_REFUSED);
    assert_int_equal(begin("www.example.com", 252, MESSAGE_RD, false, 0), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOTIMP);
    assert_int_equal(begin("www.example.com", 1, MESSAGE_RD | 0x2800, false, 0), QUERY_DO_SEND); /* UPDATE */
    assert_int_equal(read_answer(), MESSAGE_NOTIMP);
    assert_int_equal(begin("www.example.com", 1, MESSAGE_QR, false, 0), QUERY_DO_DROP); /* TRAP-04 */
    assert_int_equal(query_begin(&query, &policy, &counters, NULL, 0, bytes, 11, &client, out, &out_len),
                     QUERY_DO_DROP);
}

TEST(EDN_03_a_later_version)
{
    struct message_writer writer;
    struct name name = rig_name("example.com");
    message_begin(&writer, bytes, sizeof(bytes), 99, MESSAGE_RD, &name, 1, 1);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    size_t len = message_end(&writer);
    bytes[len - 5] = 1; /* VERSION */
    assert_int_equal(query_begin(&query, &policy, &counters, NULL, 0, bytes, len, &client, out, &out_len),
                     QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_BADVERS);
}

static void add_many(struct message_writer *writer)
{
    for (int i = 0; i < 100; i++)
        add_a(writer);
}

TEST(EDN_04_sizes)
{
    static const struct {
        bool edns;
        uint16_t size;
        bool truncated;
    } cases[] = {{false, 0, true},  {true, 0, true},    {true, 511, true},
                 {true, 512, true}, {true, 1232, true}, {true, 4096, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin("www.example.com", MESSAGE_TYPE_A, MESSAGE_RD, cases[i].edns, cases[i].size);
        assert_int_equal(reply(QUERY_MAIN, 0, add_many),
                         QUERY_DO_SEND); /* 1636 bytes: over our own maximum too */
        read_answer();
        assert_int_equal((answer.flags & MESSAGE_TC) != 0, cases[i].truncated);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
        query_done(&query);
    }
}

TEST(LIM_07_at_most_64_synthetic_records)
{
    policy.edns_size = 4096;
    begin("www.example.com", MESSAGE_TYPE_AAAA, MESSAGE_RD, true, 4096);
    assert_int_equal(reply(QUERY_MAIN, 0, NULL), QUERY_DO_ASK_A);
    assert_int_equal(reply(QUERY_A, 0, add_many), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 64);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(D64_5_1_7_01_synthesis_with_the_ttl_of_the_soa),
        CASE(D64_SYN_04_600_seconds_without_soa),
        CASE(D64_SYN_06_excluded_records_bound_the_ttl),
        CASE(D64_5_1_4_02_a_mixed_set_keeps_the_rest),
        CASE(D64_5_1_2_01_nxdomain_without_a_query),
        CASE(D64_5_1_3_01_silence_of_aaaa),
        CASE(FAIL_01_D64_5_1_3_01_an_a_that_makes_no_answer_ends_no_wait),
        CASE(D64_5_1_6_02_both_fail),
        CASE(D64_5_1_7_02_denied_addresses),
        CASE(SEC_14_one_list_of_denied_destinations_for_both_daemons),
        CASE(D64_5_1_5_01_chains_up_to_sixteen_links),
        CASE(LIM_06_a_loop_of_aliases),
        CASE(LIM_03_records_outside_the_chain_are_left_out),
        CASE(LIM_03_LES_D_41_nor_passed_with_other_types),
        CASE(LIM_06_a_loop_fails_for_every_type),
        CASE(D64_SEC_01_checking_disabled_gets_what_there_is),
        CASE(D64_5_3_3_01_a_is_passed_on),
        CASE(FWD_04_what_is_refused),
        CASE(EDN_03_a_later_version),
        CASE(EDN_04_sizes),
        CASE(LIM_07_at_most_64_synthetic_records),
    };
    return RUN(tests);
}
