/*
 * What an answer tells of IPv4 addresses, as nat64d will find it.
 *
 * Layer: test
 * Specification: RFC 6147 5.4; dns64/query/told.h
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/query/told.h"

enum {
    SIZE = NAMES_SIZE_MIN,
    NOW_S = 5000,
};

#define NOW_NS (NOW_S * UINT64_C(1000000000))

static const struct synthesize_pref64 pref64[] = {
    {.prefix = {{{{0x20, 0x01, 0x0d, 0xb8, 0, 0x64}}}, 96}},
    {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}},
};
static const struct query_policy policy = {.pref64 = pref64, .pref64_count = 2};
static struct counters counters;
static struct names names;
static struct query query;
static struct names_note found[NAMES_PER_PAIR];
static uint8_t out[MESSAGE_MAX];
static struct message_writer writer;

static struct addr addr_of(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(text, &addr), 0);
    return addr;
}

static int set_up(void **state)
{
    (void)state;
    void *memory = aligned_alloc(64, SIZE);
    assert_non_null(memory);
    memset(memory, 0, SIZE);
    memset(&counters, 0, sizeof(counters));
    names_init(memory, SIZE, (struct siphash_key){1, 2}, 1, &names);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(names.base);
    return 0;
}

static void begin(const char *client, uint16_t type, const char *name)
{
    query = (struct query){.policy = &policy,
                           .counters = &counters,
                           .client = {.addr = addr_of(client), .udp = true, .allowed = true},
                           .type = type,
                           .class = MESSAGE_CLASS_IN};
    assert_true(name_from_text(name, &query.question));
    message_begin(&writer, out, sizeof(out), 1, MESSAGE_QR, &query.question, type, MESSAGE_CLASS_IN);
}

static void add(const char *owner, const char *address, uint32_t ttl)
{
    struct in6_addr bytes;
    struct name name;
    bool v6 = strchr(address, ':') != NULL;
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, &bytes), 1);
    assert_true(name_from_text(owner, &name));
    message_add(&writer, MESSAGE_ANSWER, &name, v6 ? MESSAGE_TYPE_AAAA : MESSAGE_TYPE_A, ttl, &bytes,
                v6 ? 16 : 4);
}

static void send_it(void)
{
    told_note(&names, &query, out, message_end(&writer), NOW_NS);
}

static size_t find(const char *backend, const char *address)
{
    struct addr client = addr_of(backend);
    return names_find(&names, &client.v6, addr_of(address).v4, found);
}

static const char *first_name(void)
{
    static char text[DOMAIN_TEXT_LEN];
    return domain_print(found[0].name, found[0].len, text);
}

TEST(each_address_of_a_synthetic_answer_is_noted)
{
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "api.example");
    add("api.example", "64:ff9b::c000:201", 300);
    add("api.example", "2001:db8:64::c000:202", 20);
    send_it();
    assert_int_equal(find("2001:db8:2::2", "192.0.2.1"), 1);
    assert_string_equal(first_name(), "api.example");
    assert_int_equal(found[0].told_s, NOW_S);
    assert_int_equal(found[0].until_s, NOW_S + 300);
    assert_int_equal(find("2001:db8:2::2", "192.0.2.2"), 1);
    assert_int_equal(found[0].until_s, NOW_S + 20);
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 2);
    send_it();
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 2);
}

TEST(the_name_is_the_one_that_was_asked)
{
    struct name alias;
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "www.Example");
    assert_true(name_from_text("cdn.example.net", &alias));
    message_add(&writer, MESSAGE_ANSWER, &query.question, MESSAGE_TYPE_CNAME, 300, alias.bytes, alias.len);
    add("cdn.example.net", "64:ff9b::c000:201", 300);
    send_it();
    assert_int_equal(find("2001:db8:2::2", "192.0.2.1"), 1);
    assert_string_equal(first_name(), "www.example");
}

TEST(who_asks_for_a_is_told_an_address_too)
{
    begin("2001:db8:2::2", MESSAGE_TYPE_A, "api.example");
    add("api.example", "192.0.2.1", 300);
    send_it();
    assert_int_equal(find("2001:db8:2::2", "192.0.2.1"), 1);
}

TEST(real_ipv6_addresses_are_not_noted)
{
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "six.example");
    add("six.example", "2001:db8:99::c000:201", 300);
    send_it();
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 0);
}

TEST(what_no_packet_will_come_from_is_no_backend)
{
    static const char *const clients[] = {"192.0.2.9", "fe80::1", "::1"};
    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        begin(clients[i], MESSAGE_TYPE_AAAA, "api.example");
        add("api.example", "64:ff9b::c000:201", 300);
        send_it();
    }
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 0);
}

TEST(what_is_beside_the_answer_is_not_noted)
{
    struct name other;
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "api.example");
    assert_true(name_from_text("ns.example", &other));
    message_add(&writer, MESSAGE_ADDITIONAL, &other, MESSAGE_TYPE_A, 300, "\xc0\0\2\7", 4);
    send_it();
    begin("2001:db8:2::2", MESSAGE_TYPE_SOA, "api.example");
    add("api.example", "192.0.2.8", 300);
    send_it();
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 0);
}

TEST(an_end_beyond_all_time_is_the_last_second)
{
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "api.example");
    add("api.example", "64:ff9b::c000:201", UINT32_MAX);
    send_it();
    assert_int_equal(find("2001:db8:2::2", "192.0.2.1"), 1);
    assert_int_equal(found[0].until_s, UINT32_MAX);
}

TEST(without_a_table_nothing_happens)
{
    begin("2001:db8:2::2", MESSAGE_TYPE_AAAA, "api.example");
    add("api.example", "64:ff9b::c000:201", 300);
    told_note(NULL, &query, out, message_end(&writer), NOW_NS);
    assert_int_equal(counters_get(&counters, OUTCOME_NAMES_NOTED), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_address_of_a_synthetic_answer_is_noted), CASE(the_name_is_the_one_that_was_asked),
        CASE(who_asks_for_a_is_told_an_address_too),       CASE(real_ipv6_addresses_are_not_noted),
        CASE(what_no_packet_will_come_from_is_no_backend), CASE(what_is_beside_the_answer_is_not_noted),
        CASE(an_end_beyond_all_time_is_the_last_second),   CASE(without_a_table_nothing_happens),
    };
    return RUN(tests);
}
