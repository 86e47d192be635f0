/*
 * What becomes of a query whose client network has had its answers for this second.
 *
 * Layer: test
 * Specification: RFC 5358 4, RFC 7873 5.2.5
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/pref64.h"
#include "dns64/query/query.h"
#include "dns64/wire/cookie.h"

enum { NOW_S = 1700000000, ID = 99 };

static const struct synthesize_pref64 prefix = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
static struct query_policy policy;
static struct query_client client;
static struct counters counters;
static struct query query;
static uint8_t out[MESSAGE_MAX], bytes[MESSAGE_MAX];
static size_t len, out_len;
static struct message answer;

static int set_up(void **context)
{
    (void)context;
    memset(&counters, 0, sizeof(counters));
    policy = (struct query_policy){.pref64 = &prefix,
                                   .pref64_count = 1,
                                   .edns_size = 1232,
                                   .cookies = SETTINGS_COOKIES_ANSWER,
                                   .cookie_secret = {1, 2}};
    client = (struct query_client){.addr = {.family = AF_INET6, .v6 = {{{0x20, 0x01, 0x0d, 0xb8}}}},
                                   .udp = true,
                                   .allowed = true,
                                   .limited = true,
                                   .utc_s = NOW_S};
    return 0;
}

/* A question that is answered here, at once. */
static unsigned begin(const uint8_t *option, uint16_t option_len)
{
    struct message_writer writer;
    struct name name;
    assert_true(name_from_text("ipv4only.arpa", &name));
    message_begin(&writer, bytes, sizeof(bytes), ID, MESSAGE_RD, &name, MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN);
    if (option != NULL)
        message_add_opt(&writer, 4096, 0, 0, option, option_len);
    len = message_end(&writer);
    return query_begin(&query, &policy, &counters, NULL, 0, bytes, len, &client, out, &out_len);
}

static void read_answer(void)
{
    assert_int_equal(message_parse(out, out_len, &answer), MESSAGE_OK);
    assert_int_equal(answer.id, ID);
    assert_int_equal(message_rcode(&answer), MESSAGE_NOERROR);
}

TEST(SEC_03_beyond_the_limit_one_of_two_is_sent_to_TCP_the_other_gets_nothing)
{
    unsigned silent = 0, truncated = 0;
    for (int i = 0; i < 100; i++) {
        unsigned actions = begin(NULL, 0);
        if (actions == QUERY_DO_DROP) {
            silent++;
            continue;
        }
        assert_int_equal(actions, QUERY_DO_SEND);
        read_answer();
        assert_true(answer.flags & MESSAGE_TC);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
        truncated++;
    }
    assert_int_equal(silent, 50);
    assert_int_equal(truncated, 50);
    assert_int_equal(counters_get(&counters, OUTCOME_RATE_LIMITED), 100);
    assert_int_equal(counters_get(&counters, OUTCOME_RATE_SLIPPED), 50);
}

TEST(SPF_OURS_01_what_is_sent_to_a_forged_address_is_no_longer_than_what_asked)
{
    static const uint8_t none[] = {0, 3, 0, 0}; /* NSID, empty: so that there is an OPT */
    for (int i = 0; i < 2; i++)
        if (begin(none, sizeof(none)) == QUERY_DO_SEND)
            assert_true(out_len <= len);
}

TEST(SEC_03_what_cannot_be_read_is_limited_too)
{
    unsigned sent = 0;
    for (int i = 0; i < 100; i++) {
        begin(NULL, 0);
        unsigned actions =
            query_begin(&query, &policy, &counters, NULL, 0, bytes, len - 1, &client, out, &out_len);
        sent += actions == QUERY_DO_SEND && !(bytes_get16(out + 2) & MESSAGE_TC);
    }
    assert_int_equal(sent, 0);
}

TEST(SEC_03_a_valid_cookie_skips_the_limit)
{
    uint8_t option[4 + COOKIE_LEN] = {0, EDNS_COOKIE, 0, COOKIE_LEN};
    const uint8_t own[EDNS_COOKIE_CLIENT] = {1, 2, 3, 4, 5, 6, 7, 8};
    cookie_make(&policy.cookie_secret, own, &client.addr, NOW_S - 10, option + 4);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(begin(option, sizeof(option)), QUERY_DO_SEND);
        read_answer();
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 2);
    }
    assert_int_equal(counters_get(&counters, OUTCOME_RATE_LIMITED), 0);
}

TEST(SEC_03_the_cookie_of_another_address_does_not)
{
    uint8_t option[4 + COOKIE_LEN] = {0, EDNS_COOKIE, 0, COOKIE_LEN};
    const uint8_t own[EDNS_COOKIE_CLIENT] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct addr other = client.addr;
    other.v6.s6_addr[15] = 1;
    cookie_make(&policy.cookie_secret, own, &other, NOW_S - 10, option + 4);
    for (int i = 0; i < 10; i++)
        if (begin(option, sizeof(option)) == QUERY_DO_SEND) {
            read_answer();
            assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
        }
    assert_int_equal(counters_get(&counters, OUTCOME_RATE_LIMITED), 10);
}

TEST(SEC_04_no_answer_by_UDP_is_longer_than_1232_bytes_whatever_the_client_offers)
{
    static const uint8_t none[] = {0, 3, 0, 0};
    client.limited = false;
    assert_int_equal(begin(none, sizeof(none)), QUERY_DO_SEND);
    assert_int_equal(query.limit, 1232);
    assert_true(out_len <= 1232);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(SEC_03_beyond_the_limit_one_of_two_is_sent_to_TCP_the_other_gets_nothing),
        CASE(SPF_OURS_01_what_is_sent_to_a_forged_address_is_no_longer_than_what_asked),
        CASE(SEC_03_what_cannot_be_read_is_limited_too),
        CASE(SEC_03_a_valid_cookie_skips_the_limit),
        CASE(SEC_03_the_cookie_of_another_address_does_not),
        CASE(SEC_04_no_answer_by_UDP_is_longer_than_1232_bytes_whatever_the_client_offers),
    };
    return RUN(tests);
}
