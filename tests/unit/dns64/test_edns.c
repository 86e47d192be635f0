/*
 * OPT and its options: what is read of them, what is answered, cookies and extended errors.
 *
 * Layer: test
 * Specification: RFC 6891 6, RFC 7828 3, RFC 7873 5, RFC 8914 2 and 3, RFC 9018 4 and appendix A
 */
#include "tests/unit/dns64/rig.h"

#include "dns64/query/finished.h"
#include "dns64/query/known.h"

enum { NOW = 1559731985, OTHER_OPTION = 65001, MAX_OPTIONS = 5000 };

static const uint8_t secret[16] = {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f,
                                   0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf, 0xcf};
static struct query_policy policy;
static struct query_client client;
static struct counters counters;
static struct query query;
static struct cache *cache;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t out_len;
static struct message answer;

/* The options of a query, put together by hand. */
static uint8_t options[4 * MAX_OPTIONS];
static size_t options_len;

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    policy = rig_policy();
    policy.cookie_secret = siphash_key_from_bytes(secret);
    policy.keepalive_100ms = 100;
    client = (struct query_client){
        .addr = {.family = AF_INET, .v4 = 0xc6336464}, .udp = true, .allowed = true, .utc_s = NOW};
    options_len = 0;
    cache = NULL;
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    query_done(&query);
    cache_free(cache);
    return 0;
}

static void put_option(uint16_t code, const void *data, size_t len)
{
    assert_true(options_len + 4 + len <= sizeof(options));
    bytes_put16(options + options_len, code);
    bytes_put16(options + options_len + 2, (uint16_t)len);
    memcpy(options + options_len + 4, data, len);
    options_len += 4 + len;
}

static void read_hex(const char *hex, uint8_t *to)
{
    for (; hex[0] != '\0'; hex += 2) {
        char pair[] = {hex[0], hex[1], '\0'};
        *to++ = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static void put_cookie(const char *hex)
{
    uint8_t cookie[EDNS_COOKIE_MAX];
    read_hex(hex, cookie);
    put_option(EDNS_COOKIE, cookie, strlen(hex) / 2);
}

/* A query with the options put so far; `text` NULL: without a question. */
static size_t build(const char *text, uint16_t type, uint16_t size)
{
    struct message_writer writer;
    struct name name = rig_name(text != NULL ? text : ".");
    message_begin(&writer, bytes, sizeof(bytes), 99, MESSAGE_RD, text != NULL ? &name : NULL, type,
                  MESSAGE_CLASS_IN);
    message_add_opt(&writer, size, 0, 0, options, (uint16_t)options_len);
    return message_end(&writer);
}

static unsigned begin_bytes(size_t len)
{
    query_done(&query);
    return query_begin(&query, &policy, &counters, cache, 0, bytes, len, &client, out, &out_len);
}

static unsigned begin(const char *text, uint16_t type, uint16_t size)
{
    return begin_bytes(build(text, type, size));
}

static unsigned read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, 99);
    return message_rcode(&answer);
}

/* The upstream's reply, with these options. */
static unsigned reply(enum query_slot_name slot, unsigned rcode, void (*fill)(struct message_writer *writer),
                      const struct edns_options *own)
{
    static const struct edns_options nothing;
    struct message_writer writer;
    struct name name;
    uint16_t type;
    query_asked(&query, slot, &name, &type);
    message_begin(&writer, bytes, sizeof(bytes), 1, (uint16_t)(MESSAGE_QR | MESSAGE_RA | rcode), &name, type,
                  MESSAGE_CLASS_IN);
    if (fill != NULL)
        fill(&writer);
    edns_add(&writer, 1232, rcode, 0, own != NULL ? own : &nothing, &nothing);
    size_t len = message_end(&writer);
    uint8_t *copy = malloc(len);
    memcpy(copy, bytes, len);
    query_from(&query, &(struct query_source){.life_s = 60});
    return query_response(&query, slot, copy, len, out, &out_len);
}

static void add_a(struct message_writer *writer)
{
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_A, 3600, "\x08\x08\x08\x08", 4);
}

static void add_aaaa(struct message_writer *writer)
{
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    message_add(writer, MESSAGE_ANSWER, &writer->question, MESSAGE_TYPE_AAAA, 3600, address, 16);
}

/* The nth option of that code in the answer; false: there are fewer. */
static bool find_option(uint16_t code, unsigned nth, struct edns_option *ret_option)
{
    struct edns_walk walk;
    edns_walk_init(&walk, &answer);
    while (edns_walk_next(&walk, ret_option))
        if (ret_option->code == code && nth-- == 0)
            return true;
    return false;
}

static bool has_error(uint16_t code)
{
    struct edns_option option;
    for (unsigned i = 0; find_option(EDNS_EDE, i, &option); i++)
        if (bytes_get16(option.bytes) == code)
            return true;
    return false;
}

static unsigned count_errors(void)
{
    struct edns_option option;
    unsigned i = 0;
    while (find_option(EDNS_EDE, i, &option))
        i++;
    return i;
}

static void cookie_is(const char *hex)
{
    uint8_t expected[EDNS_COOKIE_MAX];
    struct edns_option option;
    read_hex(hex, expected);
    assert_true(find_option(EDNS_COOKIE, 0, &option));
    assert_int_equal(option.len, COOKIE_LEN);
    assert_memory_equal(option.bytes, expected, COOKIE_LEN);
    assert_false(find_option(EDNS_COOKIE, 1, &option));
}

TEST(EDN_01_opt_for_opt_and_none_for_none)
{
    struct message_writer writer;
    struct name name = rig_name("www.example.com");
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, 0, add_a, NULL), QUERY_DO_SEND);
    read_answer();
    assert_true(answer.has_opt);
    message_begin(&writer, bytes, sizeof(bytes), 99, MESSAGE_RD, &name, MESSAGE_TYPE_A, MESSAGE_CLASS_IN);
    assert_int_equal(begin_bytes(message_end(&writer)), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, 0, add_a, NULL),
                     QUERY_DO_SEND); /* with OPT, which is the upstream's */
    read_answer();
    assert_false(answer.has_opt);
    assert_int_equal(answer.counts[MESSAGE_ADDITIONAL], 0);
}

/* As it goes to an upstream. */
static size_t question_of_query(uint8_t question[ASK_MAX])
{
    struct known_question asked = known_question(&query, QUERY_MAIN);
    struct ask ask;
    known_ask(&asked, &policy, &ask);
    return ask_write(&ask, 7, true, NULL, question);
}

TEST(EDN_01_what_the_client_wrote_into_opt_does_not_reach_upstreams)
{
    uint8_t question[ASK_MAX];
    struct message message;
    struct edns_walk walk;
    struct edns_option option;
    put_option(OTHER_OPTION, "secret", 6);
    put_cookie("2464c4abcf10c957");
    begin("www.example.com", MESSAGE_TYPE_A, 4096);
    size_t len = question_of_query(question);
    assert_int_equal(message_parse(question, len, &message), MESSAGE_OK);
    assert_true(message.has_opt);
    edns_walk_init(&walk, &message);
    assert_true(edns_walk_next(&walk, &option));
    assert_int_equal(option.code, HOPS_OPTION); /* ours */
    assert_false(edns_walk_next(&walk, &option));
}

TEST(EDN_02_a_malformed_opt_is_a_format_error_with_opt)
{
    size_t len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    memcpy(bytes + len, bytes + len - EDNS_OPT_FIXED, EDNS_OPT_FIXED); /* two of them */
    bytes_put16(bytes + 10, 2);
    assert_int_equal(begin_bytes(len + EDNS_OPT_FIXED), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    assert_true(answer.has_opt);

    len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    bytes_put16(bytes + len - 2, 1); /* RDATA that is not there */
    assert_int_equal(begin_bytes(len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    assert_true(answer.has_opt);

    len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    bytes_put16(bytes + 6, 1); /* in the answer section */
    bytes_put16(bytes + 10, 0);
    assert_int_equal(begin_bytes(len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    assert_true(answer.has_opt);

    put_option(OTHER_OPTION, "abc", 3);
    len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    bytes_put16(bytes + len - 5, 4); /* an option beyond the end of OPT */
    assert_int_equal(begin_bytes(len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    assert_true(answer.has_opt);
}

TEST(EDN_03_a_later_version_is_answered_in_version_0)
{
    size_t len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    bytes[len - 5] = 1;
    assert_int_equal(begin_bytes(len), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_BADVERS);
    assert_int_equal(answer.opt_version, 0);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
}

static unsigned records;
static void add_records(struct message_writer *writer)
{
    for (unsigned i = 0; i < records; i++)
        add_a(writer);
}

/* Whether the answer to a client of this size is whole: header and question are 33 bytes, OPT 11, a record
 * 16. */
static bool whole(uint16_t size, size_t len)
{
    records = (unsigned)(len - 33 - EDNS_OPT_FIXED) / 16;
    assert_int_equal(33 + EDNS_OPT_FIXED + 16 * records, len);
    begin("www.example.com", MESSAGE_TYPE_A, size);
    assert_int_equal(reply(QUERY_MAIN, 0, add_records, NULL), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_true(answer.has_opt && answer.has_question);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], answer.flags & MESSAGE_TC ? 0 : records);
    return !(answer.flags & MESSAGE_TC);
}

TEST(EDN_04_less_than_512_is_512_and_more_than_ours_is_ours)
{
    static const uint16_t small[] = {0, 1, 511, 512};
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        assert_true(whole(small[i], 508));
        assert_false(whole(small[i], 524));
    }
    assert_true(whole(1232, 1228));
    assert_false(whole(1232, 1244));
    assert_false(whole(4096, 1244));
    policy.edns_size = 4096;
    assert_true(whole(4096, 4092));
    assert_false(whole(4096, 4108));
    client.udp = false;
    assert_true(whole(512, 60012));
}

TEST(EDN_05_unknown_options_and_flags_are_passed_over)
{
    put_option(OTHER_OPTION, "abc", 3);
    put_option(3, "", 0); /* NSID */
    size_t len = build("www.example.com", MESSAGE_TYPE_A, 1232);
    bytes_put16(bytes + len - options_len - 4, 0x7fff); /* all flags but DO */
    assert_int_equal(begin_bytes(len), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, 0, add_a, NULL), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(answer.opt_flags, 0);
    assert_int_equal(answer.opt_end - answer.opt_at, EDNS_OPT_FIXED);
}

TEST(EDN_06_the_size_that_is_announced_is_the_configured_one)
{
    uint8_t question[ASK_MAX];
    struct message message;
    static const uint16_t sizes[] = {512, 1232, 4096};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        policy.edns_size = sizes[i];
        begin("www.example.com", MESSAGE_TYPE_A, 4096);
        size_t len = question_of_query(question);
        assert_int_equal(message_parse(question, len, &message), MESSAGE_OK);
        assert_int_equal(message.opt_size, sizes[i]);
        assert_int_equal(reply(QUERY_MAIN, 0, add_a, NULL), QUERY_DO_SEND);
        read_answer();
        assert_int_equal(answer.opt_size, sizes[i]);
    }
}

TEST(LIM_02_sixteen_options_are_looked_at)
{
    for (int i = 0; i < 16; i++)
        put_option(OTHER_OPTION, "", 0);
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    put_option(OTHER_OPTION, "", 0);
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    assert_true(answer.has_opt);
}

TEST(LES_D_32_thousands_of_options)
{
    static const uint16_t codes[] = {3, EDNS_COOKIE, 12, OTHER_OPTION};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        options_len = 0;
        for (int k = 0; k < MAX_OPTIONS; k++)
            put_option(codes[i], "", 0);
        assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
        assert_int_equal(read_answer(), MESSAGE_FORMERR);
        assert_int_equal(answer.opt_end - answer.opt_at, EDNS_OPT_FIXED);
    }
}

TEST(LES_D_32_of_many_cookies_the_first_counts)
{
    put_cookie("2464c4abcf10c957");
    for (int i = 0; i < 15; i++)
        put_cookie("ffffffffffffffff");
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    reply(QUERY_MAIN, 0, add_a, NULL);
    read_answer();
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

TEST(TCP_7828_01_keepalive_by_tcp_alone)
{
    struct edns_option option;
    for (int udp = 0; udp < 2; udp++) {
        options_len = 0;
        client.udp = udp;
        put_option(EDNS_TCP_KEEPALIVE, "", 0);
        begin("www.example.com", MESSAGE_TYPE_A, 1232);
        reply(QUERY_MAIN, 0, add_a, NULL);
        read_answer();
        assert_int_equal(find_option(EDNS_TCP_KEEPALIVE, 0, &option), !udp);
        if (!udp)
            assert_memory_equal(option.bytes, "\0\x64", 2);
    }
    client.udp = false;
    options_len = 0;
    put_option(EDNS_TCP_KEEPALIVE, "\0\1", 2); /* a client names no time */
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
}

TEST(CKI_01_lengths)
{
    static const struct {
        size_t len;
        bool legal;
    } cases[] = {{0, false},  {7, false}, {8, true},  {9, false},
                 {15, false}, {16, true}, {40, true}, {41, false}};
    uint8_t cookie[41] = {1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        options_len = 0;
        put_option(EDNS_COOKIE, cookie, cases[i].len);
        unsigned actions = begin("www.example.com", MESSAGE_TYPE_A, 1232);
        assert_int_equal(actions, cases[i].legal ? QUERY_DO_ASK_MAIN : QUERY_DO_SEND);
        if (!cases[i].legal)
            assert_int_equal(read_answer(), MESSAGE_FORMERR);
    }
}

TEST(CKI_02_what_is_done_without_a_server_cookie)
{
    put_cookie("2464c4abcf10c957");
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    reply(QUERY_MAIN, 0, add_a, NULL);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");

    policy.cookies = SETTINGS_COOKIES_BADCOOKIE;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_BADCOOKIE);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    client.udp = false; /* by TCP as ever */
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    client.udp = true;
    options_len = 0; /* who knows nothing of cookies cannot learn it by that */
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);

    policy.cookies = SETTINGS_COOKIES_OFF;
    put_cookie("2464c4abcf10c957");
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    reply(QUERY_MAIN, 0, add_a, NULL);
    read_answer();
    assert_int_equal(answer.opt_end - answer.opt_at, EDNS_OPT_FIXED);
}

TEST(CKI_03_a_wrong_cookie_is_as_none)
{
    struct edns_option option;
    put_cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29481");
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    assert_false(query.cookie_valid);
    reply(QUERY_MAIN, 0, add_a, NULL);
    read_answer();
    assert_true(find_option(EDNS_COOKIE, 0, &option));
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    policy.cookies = SETTINGS_COOKIES_BADCOOKIE;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_BADCOOKIE);
}

TEST(CKI_03_a_right_cookie_marks_the_query)
{
    policy.cookies = SETTINGS_COOKIES_BADCOOKIE;
    put_cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    client.utc_s = NOW + 60;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    assert_true(query.cookie_valid);
    reply(QUERY_MAIN, 0, add_a, NULL);
    read_answer();
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480"); /* young enough to stay */
}

TEST(CKI_04_a_query_for_the_cookie_alone)
{
    put_cookie("2464c4abcf10c957");
    assert_int_equal(begin(NULL, 0, 1232), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    assert_false(answer.has_question);
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    options_len = 0;
    put_cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    begin(NULL, 0, 1232);
    assert_int_equal(read_answer(), MESSAGE_NOERROR);
    options_len = 0;
    put_cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29481");
    begin(NULL, 0, 1232);
    assert_int_equal(read_answer(), MESSAGE_BADCOOKIE);
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    options_len = 0;
    begin(NULL, 0, 1232);
    assert_int_equal(read_answer(), MESSAGE_FORMERR);
    client.allowed = false;
    put_cookie("2464c4abcf10c957");
    begin(NULL, 0, 1232);
    assert_int_equal(read_answer(), MESSAGE_REFUSED);
}

/* RFC 9018 appendix A: a cookie that came, when, and the one that is answered. */
TEST(CKI_05_the_vectors)
{
    static const struct {
        const char *secret, *from, *came, *answered;
        uint32_t now_s;
        bool valid;
    } vectors[] = {
        {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957",
         "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559731985, false},
        {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
         "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
         "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", 1559734385, true},
        {"e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203",
         "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
         "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e", 1559734700, false},
        {"445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298",
         "22681ab97d52c298010000005cf7c609a6bb79d16625507a", 1559741961, false},
        {"dd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298",
         "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741817, false},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t key[16], came[EDNS_COOKIE_MAX], answered[COOKIE_LEN], expected[COOKIE_LEN];
        struct addr from;
        read_hex(vectors[i].secret, key);
        read_hex(vectors[i].came, came);
        read_hex(vectors[i].answered, expected);
        struct siphash_key hash_key = siphash_key_from_bytes(key);
        assert_int_equal(addr_parse(vectors[i].from, &from), 0);
        assert_int_equal(
            cookie_answer(&hash_key, came, strlen(vectors[i].came) / 2, &from, vectors[i].now_s, answered),
            vectors[i].valid);
        assert_memory_equal(answered, expected, COOKIE_LEN);
    }
}

TEST(CKI_05_the_reserved_part_is_hashed_as_it_came)
{
    uint8_t cookie[COOKIE_LEN];
    struct addr from;
    assert_int_equal(addr_parse("203.0.113.203", &from), 0);
    read_hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", cookie);
    assert_true(cookie_valid(&policy.cookie_secret, cookie, sizeof(cookie), &from, 0x5cf78f71));
    cookie[9] ^= 1;
    assert_false(cookie_valid(&policy.cookie_secret, cookie, sizeof(cookie), &from, 0x5cf78f71));
    cookie[9] ^= 1;
    cookie[8] = 2; /* another version */
    assert_false(cookie_valid(&policy.cookie_secret, cookie, sizeof(cookie), &from, 0x5cf78f71));
    assert_false(cookie_valid(&policy.cookie_secret, cookie, sizeof(cookie) - 1, &from, 0x5cf78f71));
}

TEST(CKI_06_an_hour_old_five_minutes_ahead)
{
    static const struct {
        int32_t age_s;
        bool valid, renewed;
    } cases[] = {{0, true, false},    {1800, true, false}, {1801, true, true}, {3600, true, true},
                 {3601, false, true}, {-300, true, false}, {-301, false, true}};
    static const uint32_t times[] = {NOW, 100, UINT32_MAX - 100}; /* the last two: around the wrap */
    for (size_t t = 0; t < sizeof(times) / sizeof(times[0]); t++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            uint8_t cookie[COOKIE_LEN], answered[COOKIE_LEN];
            cookie_make(&policy.cookie_secret, (const uint8_t *)"abcdefgh", &client.addr,
                        times[t] - (uint32_t)cases[i].age_s, cookie);
            assert_int_equal(cookie_answer(&policy.cookie_secret, cookie, sizeof(cookie), &client.addr,
                                           times[t], answered),
                             cases[i].valid);
            assert_int_equal(memcmp(cookie, answered, sizeof(cookie)) != 0, cases[i].renewed);
        }
}

TEST(LES_D_33_a_cookie_is_good_for_its_own_address_alone)
{
    static const char *const others[] = {"198.51.100.101", "::ffff:198.51.100.100", "2001:db8::c633:6464"};
    put_cookie("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    assert_true(query.cookie_valid);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(addr_parse(others[i], &client.addr), 0);
        begin("www.example.com", MESSAGE_TYPE_A, 1232);
        assert_false(query.cookie_valid);
    }
}

/* As the edge does it when an answer is ready. */
static void keep(void)
{
    static uint8_t before[MESSAGE_MAX];
    memcpy(before, out, out_len);
    finished_keep(&query, cache, 0, out, out_len);
    assert_memory_equal(before, out, out_len); /* what is sent is not touched */
}

TEST(LES_D_16_a_kept_answer_has_each_clients_own_cookie)
{
    cache = cache_new(CACHE_SIZE_MIN, policy.cookie_secret);
    put_cookie("2464c4abcf10c957");
    begin("www.example.com", MESSAGE_TYPE_AAAA, 1232);
    reply(QUERY_MAIN, 0, NULL, NULL);
    reply(QUERY_A, 0, add_a, NULL);
    read_answer();
    keep();

    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 1232), QUERY_DO_SEND);
    read_answer();
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
    assert_true(has_error(EDNS_SYNTHESIZED));

    options_len = 0;
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 1232), QUERY_DO_SEND);
    read_answer();
    struct edns_option option;
    assert_false(find_option(EDNS_COOKIE, 0, &option));
    assert_true(has_error(EDNS_SYNTHESIZED));

    put_cookie("22681ab97d52c298");
    assert_int_equal(addr_parse("2001:db8:220:1:59de:d0f4:8769:82b8", &client.addr), 0);
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_AAAA, 1232), QUERY_DO_SEND);
    read_answer();
    assert_true(find_option(EDNS_COOKIE, 0, &option));
    assert_memory_equal(option.bytes, "\x22\x68\x1a\xb9\x7d\x52\xc2\x98", 8);
    assert_true(cookie_valid(&policy.cookie_secret, option.bytes, option.len, &client.addr, NOW));
}

TEST(EDN_04_a_kept_answer_that_fits_only_without_the_cookie)
{
    cache = cache_new(1 << 20, policy.cookie_secret);
    assert_true(whole(1232, 1228));
    keep();
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_SEND);
    put_cookie("2464c4abcf10c957");
    assert_int_equal(begin("www.example.com", MESSAGE_TYPE_A, 1232), QUERY_DO_ASK_MAIN);
    assert_int_equal(reply(QUERY_MAIN, 0, add_records, NULL), QUERY_DO_SEND);
    read_answer();
    assert_true(answer.flags & MESSAGE_TC);
    cookie_is("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

TEST(EDE_02_codes_that_are_ours)
{
    begin("www.example.com", MESSAGE_TYPE_AAAA, 1232);
    reply(QUERY_MAIN, 0, NULL, NULL);
    reply(QUERY_A, 0, add_a, NULL);
    read_answer();
    assert_true(has_error(EDNS_SYNTHESIZED));
    assert_int_equal(count_errors(), 1);

    begin("www.example.com", MESSAGE_TYPE_AAAA, 1232);
    reply(QUERY_MAIN, 0, add_aaaa, NULL);
    read_answer();
    assert_int_equal(count_errors(), 0);

    client.allowed = false;
    begin("www.example.com", MESSAGE_TYPE_AAAA, 1232);
    assert_int_equal(read_answer(), MESSAGE_REFUSED);
    assert_true(has_error(EDNS_PROHIBITED));
    client.allowed = true;

    begin("www.example.com", 252, 1232); /* AXFR */
    read_answer();
    assert_true(has_error(EDNS_NOT_SUPPORTED));
}

TEST(EDE_01_several_with_short_texts)
{
    struct edns_options put = {0};
    struct edns_option option;
    char long_text[2 * EDNS_TEXT_MAX];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    edns_put_error(&put, EDNS_STALE, NULL);
    edns_put_error(&put, EDNS_OTHER, long_text);
    edns_put_error(&put, EDNS_STALE, "again");
    struct edns_walk walk = {put.bytes, put.len};
    assert_true(edns_walk_next(&walk, &option));
    assert_int_equal(option.code, EDNS_EDE);
    assert_int_equal(option.len, 2);
    assert_int_equal(bytes_get16(option.bytes), EDNS_STALE);
    assert_true(edns_walk_next(&walk, &option));
    assert_int_equal(option.len, 2 + EDNS_TEXT_MAX);
    assert_false(edns_walk_next(&walk, &option));
    for (unsigned code = 100; code < 200; code++) /* there is an end of room */
        edns_put_error(&put, (enum edns_error)code, long_text);
    assert_true(put.len <= EDNS_ROOM);
}

TEST(EDE_01_dropped_first_and_told_by_tc)
{
    struct edns_options upstream = {0};
    edns_put_error(&upstream, EDNS_STALE, "served from yesterday");
    records = (1228 - 33 - EDNS_OPT_FIXED) / 16;
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    assert_int_equal(reply(QUERY_MAIN, 0, add_records, &upstream), QUERY_DO_SEND);
    read_answer();
    assert_int_equal(answer.counts[MESSAGE_ANSWER], records);
    assert_int_equal(count_errors(), 0);
    assert_true(answer.flags & MESSAGE_TC);
}

static void error_is(unsigned nth, uint16_t code, const char *text)
{
    struct edns_option option;
    assert_true(find_option(EDNS_EDE, nth, &option));
    assert_int_equal(bytes_get16(option.bytes), code);
    assert_int_equal(option.len, 2 + strlen(text));
    assert_memory_equal(option.bytes + 2, text, strlen(text));
}

TEST(EDE_03_errors_of_upstreams_are_named_as_theirs)
{
    struct edns_options upstream = {0};
    edns_put_error(&upstream, (enum edns_error)6, "signature \x1b[31m expired");
    edns_put_error(&upstream, (enum edns_error)9, NULL);
    edns_put_error(&upstream, EDNS_SYNTHESIZED, NULL);
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    assert_int_equal(reply(QUERY_MAIN, MESSAGE_SERVFAIL, NULL, &upstream), QUERY_DO_SEND);
    assert_int_equal(read_answer(), MESSAGE_SERVFAIL);
    error_is(0, 6, "upstream: signature ?[31m expired");
    error_is(1, 9, "upstream");
    assert_int_equal(count_errors(), 2); /* LES-D-22: what upstreams call synthetic is not ours */
}

TEST(EDE_03_a_text_is_cut_between_two_characters)
{
    struct edns_options upstream = {0};
    uint8_t text[2 + 80] = {0, 6};
    memset(text + 2, 'x', sizeof(text) - 2);
    memcpy(text + 2 + 53, "\xc3\xa9", 2); /* of the 54 bytes that have room the last is half a character */
    edns_put(&upstream, EDNS_EDE, text, sizeof(text));
    begin("www.example.com", MESSAGE_TYPE_A, 1232);
    reply(QUERY_MAIN, 0, add_a, &upstream);
    read_answer();
    char expected[EDNS_TEXT_MAX] = "upstream: ";
    memset(expected + 10, 'x', 53);
    error_is(0, 6, expected);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(EDN_01_opt_for_opt_and_none_for_none),
        CASE(EDN_01_what_the_client_wrote_into_opt_does_not_reach_upstreams),
        CASE(EDN_02_a_malformed_opt_is_a_format_error_with_opt),
        CASE(EDN_03_a_later_version_is_answered_in_version_0),
        CASE(EDN_04_less_than_512_is_512_and_more_than_ours_is_ours),
        CASE(EDN_05_unknown_options_and_flags_are_passed_over),
        CASE(EDN_06_the_size_that_is_announced_is_the_configured_one),
        CASE(LIM_02_sixteen_options_are_looked_at),
        CASE(LES_D_32_thousands_of_options),
        CASE(LES_D_32_of_many_cookies_the_first_counts),
        CASE(TCP_7828_01_keepalive_by_tcp_alone),
        CASE(CKI_01_lengths),
        CASE(CKI_02_what_is_done_without_a_server_cookie),
        CASE(CKI_03_a_wrong_cookie_is_as_none),
        CASE(CKI_03_a_right_cookie_marks_the_query),
        CASE(CKI_04_a_query_for_the_cookie_alone),
        CASE(CKI_05_the_vectors),
        CASE(CKI_05_the_reserved_part_is_hashed_as_it_came),
        CASE(CKI_06_an_hour_old_five_minutes_ahead),
        CASE(LES_D_33_a_cookie_is_good_for_its_own_address_alone),
        CASE(LES_D_16_a_kept_answer_has_each_clients_own_cookie),
        CASE(EDN_04_a_kept_answer_that_fits_only_without_the_cookie),
        CASE(EDE_01_several_with_short_texts),
        CASE(EDE_01_dropped_first_and_told_by_tc),
        CASE(EDE_02_codes_that_are_ours),
        CASE(EDE_03_errors_of_upstreams_are_named_as_theirs),
        CASE(EDE_03_a_text_is_cut_between_two_characters),
    };
    return RUN(tests);
}
