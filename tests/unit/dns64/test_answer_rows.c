/*
 * The rows of RFC 6147 5.1 and 5.4 about an answer: which query is asked, which records stand where, with
 * which fields.
 *
 * Layer: test
 * Specification: RFC 6147 5.1, 5.3, 5.4
 */
#include "tests/unit/dns64/rig.h"

#include "common/pref64.h"

static const struct synthesize_pref64 prefixes[] = {
    {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}},
    {.prefix = {{{{0x20, 0x01, 0x0d, 0xb8, 0, 0x64}}}, 96}},
};
static const struct addr_prefix6 mapped = {{{{[10] = 0xff, [11] = 0xff}}}, 96};
static const struct query_client client = {.addr = {.family = AF_INET6}, .allowed = true};
static struct query_policy policy;
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
    policy.pref64 = prefixes;
    policy.filter = (struct chain_filter){&mapped, 1, &pref64_well_known, 1};
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    return 0;
}

static unsigned ask(uint16_t type, uint16_t class, uint16_t flags, uint16_t edns_flags)
{
    struct message_writer writer;
    struct name name = rig_name("wWw.example.com");
    message_begin(&writer, bytes, sizeof(bytes), 99, (uint16_t)(MESSAGE_RD | flags), &name, type, class);
    message_add_opt(&writer, 1232, 0, edns_flags, NULL, 0);
    return query_begin(&query, &policy, &counters, NULL, 0, bytes, message_end(&writer), &client, out,
                       &out_len);
}

/* What an upstream says: written line by line. */
static struct message_writer said;

static void say(enum query_slot_name slot, uint16_t flags)
{
    rig_reply(&query, slot, flags, bytes, &said);
}

static void add(enum message_section section, const char *owner, uint16_t type, uint32_t ttl,
                const void *rdata, size_t len)
{
    struct name name = rig_name(owner);
    message_add(&said, section, &name, type, ttl, rdata, (uint16_t)len);
}

static void add_alias(const char *owner, const char *target)
{
    struct name to = rig_name(target);
    add(MESSAGE_ANSWER, owner, MESSAGE_TYPE_CNAME, 300, to.bytes, to.len);
}

static void add_soa(uint32_t ttl)
{
    static const uint8_t soa[22];
    add(MESSAGE_AUTHORITY, "example.com", MESSAGE_TYPE_SOA, ttl, soa, sizeof(soa));
}

/* Of a type, signed by nobody in particular. */
static void add_signature(enum message_section section, const char *owner, uint8_t covered)
{
    uint8_t rdata[20] = {0, covered};
    add(section, owner, MESSAGE_TYPE_RRSIG, 300, rdata, sizeof(rdata));
}

static unsigned said_all(enum query_slot_name slot)
{
    size_t len = message_end(&said);
    uint8_t *copy = malloc(len);
    assert_int_not_equal(len, 0);
    memcpy(copy, bytes, len);
    return query_response(&query, slot, copy, len, out, &out_len);
}

/* NODATA with an SOA of this TTL. */
static void no_aaaa(uint32_t soa_ttl)
{
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add_soa(soa_ttl);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_ASK_A);
    say(QUERY_A, 0);
}

static unsigned read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    return message_rcode(&answer);
}

/* The n-th record of a section. */
static struct message_record record_at(enum message_section section, unsigned n)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record))
        if (record.section == section && record.type != MESSAGE_TYPE_OPT && n-- == 0)
            return record;
    fail();
    return record;
}

static unsigned count_of(enum message_section section)
{
    return answer.counts[section] - (section == MESSAGE_ADDITIONAL && answer.has_opt);
}

static void owned_by(const struct message_record *record, const char *text)
{
    struct name owner, wanted = rig_name(text);
    message_owner(&answer, record, &owner);
    assert_int_equal(owner.len, wanted.len);
    assert_memory_equal(owner.bytes, wanted.bytes, wanted.len);
}

TEST(D64_5_01_another_class_is_passed_and_a_is_not_asked)
{
    unsigned actions = ask(MESSAGE_TYPE_AAAA, 3, 0, 0);
    assert_false(actions & QUERY_DO_ASK_A);
    assert_int_equal(query_waited(&query), 0);
    if (actions & QUERY_DO_ASK_MAIN) {
        struct name name = rig_name("www.example.com");
        message_begin(&said, bytes, sizeof(bytes), 1, MESSAGE_QR, &name, MESSAGE_TYPE_AAAA, 3);
        assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_SEND);
    }
    assert_int_equal(counters_get(&counters, OUTCOME_AAAA_SYNTHESISED), 0);
}

TEST(D64_5_1_01_aaaa_is_asked_first)
{
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    struct name name;
    uint16_t type;
    query_asked(&query, QUERY_MAIN, &name, &type);
    assert_int_equal(type, MESSAGE_TYPE_AAAA);
    query_asked(&query, QUERY_A, &name, &type);
    assert_int_equal(type, MESSAGE_TYPE_A);
}

TEST(D64_5_1_4_01_D64_5_1_4_03_an_excluded_record_is_never_sent)
{
    static const uint8_t real[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    static const uint8_t wrong[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, wrong, 16);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, real, 16);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
    struct message_record record = record_at(MESSAGE_ANSWER, 0);
    assert_memory_equal(out + record.rdata, real, 16);
    query_done(&query);
    /* Nor alone, when there is no A. */
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, wrong, 16);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_ASK_A);
    say(QUERY_A, 0);
    add_soa(60);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(count_of(MESSAGE_ANSWER), 0);
}

TEST(D64_5_1_6_03_the_a_records_are_gone_and_the_chain_stays)
{
    no_aaaa(300);
    add_alias("www.example.com", "site.example.net");
    add(MESSAGE_ANSWER, "site.example.net", MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 2);
    struct message_record alias = record_at(MESSAGE_ANSWER, 0), image = record_at(MESSAGE_ANSWER, 1);
    assert_int_equal(alias.type, MESSAGE_TYPE_CNAME);
    assert_int_equal(image.type, MESSAGE_TYPE_AAAA);
}

TEST(D64_SYN_01_the_owner_is_the_end_of_the_chain)
{
    no_aaaa(300);
    add_alias("www.example.com", "a.example.net");
    add_alias("a.example.net", "Site.example.NET");
    add(MESSAGE_ANSWER, "site.example.net", MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    struct message_record image = record_at(MESSAGE_ANSWER, 2);
    owned_by(&image, "Site.example.NET");
}

TEST(D64_SYN_02_type_class_and_length)
{
    no_aaaa(300);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    struct message_record image = record_at(MESSAGE_ANSWER, 0);
    assert_int_equal(image.type, 28);
    assert_int_equal(image.class, 1);
    assert_int_equal(image.rdata_len, 16);
}

TEST(D64_SYN_03_the_lower_of_both_ttls)
{
    static const uint32_t cases[][3] = {{3600, 300, 300}, {60, 300, 60}, {300, 300, 300}, {3600, 0, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        no_aaaa(cases[i][1]);
        add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, cases[i][0], "\x08\x08\x08\x08", 4);
        assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
        read_answer();
        assert_int_equal(record_at(MESSAGE_ANSWER, 0).ttl, cases[i][2]);
        query_done(&query);
    }
}

TEST(D64_SYN_07_one_ttl_for_the_set_the_smallest)
{
    no_aaaa(300);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x08\x08", 4);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 100, "\x08\x08\x04\x04", 4);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 150, "\x08\x08\x02\x02", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(record_at(MESSAGE_ANSWER, i).ttl, 100);
}

TEST(D64_SYN_09_D64_SYN_10_D64_5_1_7_01_images_in_order)
{
    static const uint8_t images[4][16] = {
        {0, 0x64, 0xff, 0x9b, [12] = 8, 8, 8, 8},
        {0x20, 0x01, 0x0d, 0xb8, 0, 0x64, [12] = 8, 8, 8, 8},
        {0, 0x64, 0xff, 0x9b, [12] = 8, 8, 4, 4},
        {0x20, 0x01, 0x0d, 0xb8, 0, 0x64, [12] = 8, 8, 4, 4},
    };
    policy.pref64_count = 2;
    no_aaaa(300);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x08\x08", 4);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x04\x04", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_memory_equal(out + record_at(MESSAGE_ANSWER, i).rdata, images[i], 16);
}

TEST(D64_5_4_01_D64_5_4_02_header_question_and_sections)
{
    no_aaaa(300);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x08\x08", 4);
    add(MESSAGE_AUTHORITY, "example.com", MESSAGE_TYPE_NS, 86400, "\2ns\7example\3com", 16);
    add(MESSAGE_ADDITIONAL, "ns.example.com", MESSAGE_TYPE_A, 86400, "\x08\x08\x01\x01", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    struct name question = rig_name("wWw.example.com");
    assert_int_equal(answer.id, 99);
    assert_int_equal(answer.flags & (MESSAGE_QR | MESSAGE_AA | MESSAGE_TC | MESSAGE_RD | MESSAGE_RA),
                     MESSAGE_QR | MESSAGE_RD | MESSAGE_RA);
    assert_memory_equal(answer.question.bytes, question.bytes, question.len);
    assert_int_equal(answer.type, MESSAGE_TYPE_AAAA);
    /* Of the last query: its NS, not the SOA of the first one. */
    assert_int_equal(count_of(MESSAGE_AUTHORITY), 1);
    assert_int_equal(record_at(MESSAGE_AUTHORITY, 0).type, MESSAGE_TYPE_NS);
    assert_int_equal(count_of(MESSAGE_ADDITIONAL), 1);
}

TEST(D64_5_3_2_01_nothing_is_synthesised_in_the_additional_section)
{
    no_aaaa(300);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x08\x08", 4);
    add(MESSAGE_ADDITIONAL, "www.example.com", MESSAGE_TYPE_A, 86400, "\x08\x08\x01\x01", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
    struct message_record record = record_at(MESSAGE_ADDITIONAL, 0);
    assert_int_equal(record.type, MESSAGE_TYPE_A);
    assert_memory_equal(out + record.rdata, "\x08\x08\x01\x01", 4);
}

TEST(D64_5_4_03_an_answer_too_large_is_cut)
{
    static const struct query_client by_udp = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
    no_aaaa(300);
    query.client = by_udp;
    query.limit = 512;
    for (uint8_t i = 0; i < 40; i++)
        add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, (uint8_t[]){8, 8, 8, i}, 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_true(answer.flags & MESSAGE_TC);
    assert_true(out_len <= 512);
}

TEST(D64_5_4_04_the_code_of_the_last_answer)
{
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, MESSAGE_NXDOMAIN);
    add_alias("www.example.com", "gone.example.net");
    add_soa(300);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
    query_done(&query);
    /* 5.1.6: A says that it does not exist. */
    no_aaaa(300);
    say(QUERY_A, MESSAGE_NXDOMAIN);
    add_alias("www.example.com", "gone.example.net");
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NXDOMAIN);
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
}

TEST(D64_5_4_05_signatures_of_what_is_gone_go_too)
{
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, MESSAGE_DO), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add_soa(300);
    add_signature(MESSAGE_AUTHORITY, "example.com", MESSAGE_TYPE_SOA);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_ASK_A);
    say(QUERY_A, MESSAGE_AD);
    add_alias("www.example.com", "site.example.net");
    add_signature(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_CNAME);
    add(MESSAGE_ANSWER, "site.example.net", MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
    add_signature(MESSAGE_ANSWER, "site.example.net", MESSAGE_TYPE_A);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_false(answer.flags & MESSAGE_AD);
    assert_int_equal(count_of(MESSAGE_ANSWER), 3);
    struct message_record signature = record_at(MESSAGE_ANSWER, 1);
    assert_int_equal(signature.type, MESSAGE_TYPE_RRSIG); /* the alias's stays */
    owned_by(&signature, "www.example.com");
    assert_int_equal(count_of(MESSAGE_AUTHORITY), 0);
}

TEST(D64_SEC_05_cd_is_copied_and_signatures_are_for_who_wants_them)
{
    static const uint8_t real[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    for (int bits = 0; bits < 4; bits++) {
        bool wants = bits & 1, disabled = bits & 2;
        assert_int_equal(
            ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, disabled ? MESSAGE_CD : 0, wants ? MESSAGE_DO : 0),
            QUERY_DO_ASK_MAIN);
        say(QUERY_MAIN, 0);
        add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, real, 16);
        add_signature(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA);
        assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_SEND);
        read_answer();
        assert_int_equal((answer.flags & MESSAGE_CD) != 0, disabled);
        assert_int_equal(count_of(MESSAGE_ANSWER), wants ? 2 : 1);
        query_done(&query);
    }
}

TEST(D64_5_3_3_01_D64_5_04_other_types_pass_byte_by_byte)
{
    static const uint16_t types[] = {MESSAGE_TYPE_A, MESSAGE_TYPE_MX, 16, 33, 64, 65, 257};
    static const uint8_t rdata[] = {0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 1};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        bool is_a = types[i] == MESSAGE_TYPE_A;
        size_t len = is_a ? 4 : types[i] == MESSAGE_TYPE_MX || types[i] == 33 ? 0 : sizeof(rdata);
        assert_int_equal(ask(types[i], MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
        assert_int_equal(query_waited(&query), 0);
        say(QUERY_MAIN, 0);
        if (len > 0)
            add(MESSAGE_ANSWER, "www.example.com", types[i], 60, rdata, len);
        add(MESSAGE_ADDITIONAL, "mail.example.com", MESSAGE_TYPE_A, 60, rdata, 4);
        assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_NOERROR);
        assert_int_equal(count_of(MESSAGE_ANSWER), len > 0);
        if (len > 0) {
            struct message_record record = record_at(MESSAGE_ANSWER, 0);
            assert_int_equal(record.type, types[i]);
            assert_int_equal(record.ttl, 60);
            assert_memory_equal(out + record.rdata, rdata, len);
        }
        assert_int_equal(record_at(MESSAGE_ADDITIONAL, 0).type, MESSAGE_TYPE_A);
        query_done(&query);
    }
    assert_int_equal(counters_get(&counters, OUTCOME_AAAA_SYNTHESISED), 0);
}

TEST(LIM_07_D64_SYN_11_the_first_64_and_the_cut_is_counted)
{
    for (unsigned count = 64; count <= 70; count += 6) {
        no_aaaa(300);
        for (uint8_t i = 0; i < count; i++)
            add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, (uint8_t[]){8, 8, 8, i}, 4);
        assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
        read_answer();
        assert_int_equal(count_of(MESSAGE_ANSWER), 64);
        assert_int_equal(out[record_at(MESSAGE_ANSWER, 63).rdata + 15], 63);
        assert_int_equal(counters_get(&counters, OUTCOME_AAAA_CUT), count > 64);
        query_done(&query);
    }
}

TEST(FWD_05_images_without_a_are_passed_with_a_warning)
{
    static const uint8_t image[16] = {0, 0x64, 0xff, 0x9b, [12] = 192, 0, 2, 1};
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, image, 16);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_ASK_A);
    say(QUERY_A, 0);
    add_soa(60);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
    assert_memory_equal(out + record_at(MESSAGE_ANSWER, 0).rdata, image, 16);
    assert_int_equal(counters_get(&counters, OUTCOME_AAAA_IMAGES), 1);
}

TEST(FWD_05_images_with_a_are_made_anew_once)
{
    static const uint8_t image[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x64, [12] = 8, 8, 8, 8};
    const struct addr_prefix6 images[] = {pref64_well_known, prefixes[1].prefix};
    policy.filter.images = images;
    policy.filter.images_count = 2;
    assert_int_equal(ask(MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN, 0, 0), QUERY_DO_ASK_MAIN);
    say(QUERY_MAIN, 0);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_AAAA, 60, image, 16);
    assert_int_equal(said_all(QUERY_MAIN), QUERY_DO_ASK_A);
    say(QUERY_A, 0);
    add(MESSAGE_ANSWER, "www.example.com", MESSAGE_TYPE_A, 200, "\x08\x08\x08\x08", 4);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 1);
    assert_int_equal(out[record_at(MESSAGE_ANSWER, 0).rdata + 1], 0x64);
    assert_int_equal(record_at(MESSAGE_ANSWER, 0).ttl, 60);
}

TEST(LES_D_22_29_stands_with_synthetic_records_alone)
{
    no_aaaa(300);
    add_soa(300);
    assert_int_equal(said_all(QUERY_A), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(count_of(MESSAGE_ANSWER), 0);
    for (size_t at = answer.opt_at; at + 1 < answer.opt_end; at++)
        assert_false(out[at] == 0 && out[at + 1] == 29);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(D64_5_01_another_class_is_passed_and_a_is_not_asked),
        CASE(D64_5_1_01_aaaa_is_asked_first),
        CASE(D64_5_1_4_01_D64_5_1_4_03_an_excluded_record_is_never_sent),
        CASE(D64_5_1_6_03_the_a_records_are_gone_and_the_chain_stays),
        CASE(D64_SYN_01_the_owner_is_the_end_of_the_chain),
        CASE(D64_SYN_02_type_class_and_length),
        CASE(D64_SYN_03_the_lower_of_both_ttls),
        CASE(D64_SYN_07_one_ttl_for_the_set_the_smallest),
        CASE(D64_SYN_09_D64_SYN_10_D64_5_1_7_01_images_in_order),
        CASE(D64_5_4_01_D64_5_4_02_header_question_and_sections),
        CASE(D64_5_3_2_01_nothing_is_synthesised_in_the_additional_section),
        CASE(D64_5_4_03_an_answer_too_large_is_cut),
        CASE(D64_5_4_04_the_code_of_the_last_answer),
        CASE(D64_5_4_05_signatures_of_what_is_gone_go_too),
        CASE(D64_SEC_05_cd_is_copied_and_signatures_are_for_who_wants_them),
        CASE(D64_5_3_3_01_D64_5_04_other_types_pass_byte_by_byte),
        CASE(LIM_07_D64_SYN_11_the_first_64_and_the_cut_is_counted),
        CASE(FWD_05_images_without_a_are_passed_with_a_warning),
        CASE(FWD_05_images_with_a_are_made_anew_once),
        CASE(LES_D_22_29_stands_with_synthetic_records_alone),
    };
    return RUN(tests);
}
