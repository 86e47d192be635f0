/*
 * The zones that are answered here: which they are, what they say, how they are switched off.
 *
 * Layer: test
 * Specification: RFC 6303, RFC 7793, RFC 6761
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "dns64/local/zones.h"

static uint8_t bytes[1024];
static struct message answer;

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

static bool is_local(const struct zones *zones, const char *text, uint16_t type)
{
    struct name name = name_of(text);
    struct zones_found found;
    return zones_find(zones, &name, type, &found);
}

/* The answer to a question that is local with all zones on; its RCODE. */
static enum message_rcode ask(const char *text, uint16_t type, bool has_below)
{
    static const struct zones all;
    struct name name = name_of(text);
    struct message_writer writer;
    struct zones_found found;
    if (!zones_find(&all, &name, type, &found))
        print_error("%s is not local\n", text);
    assert_true(zones_find(&all, &name, type, &found));
    message_begin(&writer, bytes, sizeof(bytes), 1, MESSAGE_QR, &name, type, MESSAGE_CLASS_IN);
    enum message_rcode rcode = zones_answer(&found, &name, type, has_below, &writer);
    assert_int_equal(message_parse(bytes, message_end(&writer), &answer), MESSAGE_OK);
    return rcode;
}

static struct message_record record_of(enum message_section section, uint16_t type)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, &answer);
    while (message_walk_next(&walk, &record))
        if (record.section == section && record.type == type)
            return record;
    fail_msg("no record of type %u", type);
    return record;
}

static void expect_soa(enum message_section section, const char *zone)
{
    static const uint8_t numbers[20] = {0,    0,    0, 1,    0,    0,    0x0e, 0x10, 0,    0,
                                        0x04, 0xb0, 0, 0x09, 0x3a, 0x80, 0,    0,    0x2a, 0x30};
    struct message_record record = record_of(section, MESSAGE_TYPE_SOA);
    struct name owner, mname, rname, expected = name_of(zone), nobody = name_of("nobody.invalid");
    message_owner(&answer, &record, &owner);
    assert_true(name_equal(&owner, &expected));
    assert_int_equal(record.ttl, 10800);
    assert_true(message_rdata_name(&answer, &record, 0, &mname));
    assert_true(name_equal(&mname, &expected));
    assert_true(message_rdata_name(&answer, &record, mname.len, &rname));
    assert_true(name_equal(&rname, &nobody));
    assert_memory_equal(bytes + record.rdata + mname.len + rname.len, numbers, sizeof(numbers));
}

/* RFC 6303 4, RFC 7793: as they stand there, without the numbered ones. */
static const char *const single[] = {
    "10.in-addr.arpa",
    "168.192.in-addr.arpa",
    "0.in-addr.arpa",
    "127.in-addr.arpa",
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
};

static void expect_empty(const char *zone)
{
    char below[300];
    assert_int_equal(ask(zone, MESSAGE_TYPE_SOA, false), MESSAGE_NOERROR);
    expect_soa(MESSAGE_ANSWER, zone);
    assert_int_equal(ask(zone, MESSAGE_TYPE_NS, false), MESSAGE_NOERROR);
    struct message_record record = record_of(MESSAGE_ANSWER, MESSAGE_TYPE_NS);
    struct name server, expected = name_of(zone);
    assert_true(message_rdata_name(&answer, &record, 0, &server));
    assert_true(name_equal(&server, &expected));
    assert_int_equal(record.ttl, 10800);
    assert_int_equal(ask(zone, MESSAGE_TYPE_PTR, false), MESSAGE_NOERROR); /* NODATA */
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_soa(MESSAGE_AUTHORITY, zone);
    snprintf(below, sizeof(below), "7.x.%s", zone);
    assert_int_equal(ask(below, MESSAGE_TYPE_PTR, false), MESSAGE_NXDOMAIN);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_soa(MESSAGE_AUTHORITY, zone);
}

TEST(LOC_6303_01_empty_zones_with_their_soa_and_ns)
{
    char zone[64];
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
        expect_empty(single[i]);
    for (unsigned i = 16; i <= 31; i++) {
        snprintf(zone, sizeof(zone), "%u.172.in-addr.arpa", i);
        expect_empty(zone);
    }
    for (unsigned i = 64; i <= 127; i++) {
        snprintf(zone, sizeof(zone), "%u.100.in-addr.arpa", i);
        expect_empty(zone);
    }
}

TEST(LOC_6303_01_and_no_others)
{
    static const struct zones all;
    static const char *const others[] = {
        "11.in-addr.arpa",
        "15.172.in-addr.arpa",
        "32.172.in-addr.arpa",
        "172.in-addr.arpa",
        "016.172.in-addr.arpa",
        "63.100.in-addr.arpa",
        "128.100.in-addr.arpa",
        "1.0.192.in-addr.arpa",
        "170.0.0.192.in-addr.arpa",
        "255.in-addr.arpa",
        "in-addr.arpa",
        "ip6.arpa",
        "arpa",
        "c.f.ip6.arpa",
        "c.e.f.ip6.arpa",
        "9.b.d.0.1.0.0.2.ip6.arpa",
        "0.ip6.arpa",
        "110.in-addr.arpa",
        "10.in-addr.arpa.example",
        "example.com",
        "example",
        "www.example.org",
        "localhost.example",
        "tests",
        "atest",
        "locals",
        ".",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (is_local(&all, others[i], MESSAGE_TYPE_PTR))
            fail_msg("%s is answered here", others[i]);
}

/* RFC 4035 2.6: the parent zone says that there is none, and signs it. */
TEST(LOC_6303_01_ds_is_the_parents)
{
    static const struct zones all;
    assert_false(is_local(&all, "10.in-addr.arpa", MESSAGE_TYPE_DS));
    assert_false(is_local(&all, "16.172.in-addr.arpa", MESSAGE_TYPE_DS));
    assert_false(is_local(&all, "home.arpa", MESSAGE_TYPE_DS)); /* RFC 8375 4 */
    assert_int_equal(ask("1.10.in-addr.arpa", MESSAGE_TYPE_DS, false), MESSAGE_NXDOMAIN);
}

TEST(LOC_6303_01_each_can_be_switched_off)
{
    struct name name, other;
    unsigned count = 0;
    for (unsigned i = 0; zones_name(i, &name); i++, count++) {
        struct zones zones = {0};
        char text[NAME_TEXT_LEN];
        assert_int_equal(zones_switch_off(&zones, &name), 1);
        assert_false(is_local(&zones, name_print(&name, text), MESSAGE_TYPE_MX));
        for (unsigned k = 0; zones_name(k, &other); k++)
            if (k != i)
                assert_true(is_local(&zones, name_print(&other, text), MESSAGE_TYPE_MX));
    }
    assert_int_equal(count, 17 + 16 + 64 + 9);
    assert_true(count <= ZONES_MAX);
}

TEST(LOC_6303_01_several_by_a_domain_above)
{
    struct zones zones = {0};
    struct name name = name_of("172.IN-ADDR.arpa");
    assert_int_equal(zones_switch_off(&zones, &name), 16);
    assert_false(is_local(&zones, "1.20.172.in-addr.arpa", MESSAGE_TYPE_PTR));
    assert_true(is_local(&zones, "1.10.in-addr.arpa", MESSAGE_TYPE_PTR));
    name = name_of("example.com");
    assert_int_equal(zones_switch_off(&zones, &name), 0);
    zones_switch_all_off(&zones);
    assert_false(is_local(&zones, "localhost", MESSAGE_TYPE_A));
    assert_false(is_local(&zones, "1.10.in-addr.arpa", MESSAGE_TYPE_PTR));
    assert_false(is_local(&zones, "8.b.d.0.1.0.0.2.ip6.arpa", MESSAGE_TYPE_PTR));
}

TEST(LOC_6761_01_localhost_and_below)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    static const char *const names[] = {"localhost", "LocalHost", "a.localhost", "a.b.localhost"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(ask(names[i], MESSAGE_TYPE_A, false), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
        struct message_record record = record_of(MESSAGE_ANSWER, MESSAGE_TYPE_A);
        assert_memory_equal(bytes + record.rdata, "\x7f\0\0\1", 4);
        assert_int_equal(ask(names[i], MESSAGE_TYPE_AAAA, false), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 1);
        record = record_of(MESSAGE_ANSWER, MESSAGE_TYPE_AAAA);
        assert_memory_equal(bytes + record.rdata, loopback6, 16);
        assert_int_equal(ask(names[i], MESSAGE_TYPE_MX, false), MESSAGE_NOERROR);
        assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
        expect_soa(MESSAGE_AUTHORITY, "localhost");
    }
}

static void expect_nothing(const char *zone)
{
    char below[64];
    snprintf(below, sizeof(below), "a.b.%s", zone);
    assert_int_equal(ask(zone, MESSAGE_TYPE_A, false), MESSAGE_NXDOMAIN);
    expect_soa(MESSAGE_AUTHORITY, zone);
    assert_int_equal(ask(below, MESSAGE_TYPE_AAAA, false), MESSAGE_NXDOMAIN);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_soa(MESSAGE_AUTHORITY, zone);
}

TEST(LOC_6761_02_invalid_and_test_are_nothing_and_example_is_as_any)
{
    static const struct zones all;
    expect_nothing("invalid");
    expect_nothing("test");
    assert_false(is_local(&all, "example", MESSAGE_TYPE_A));
    assert_false(is_local(&all, "www.example.com", MESSAGE_TYPE_A));
    assert_false(is_local(&all, "example.net", MESSAGE_TYPE_A));
    assert_false(is_local(&all, "example.org", MESSAGE_TYPE_A));
}

TEST(LOC_OURS_01_further_names_of_the_registry)
{
    expect_nothing("onion");
    expect_nothing("local");
    expect_nothing("alt");
    expect_empty("home.arpa");
    expect_empty("service.arpa");
    assert_int_equal(ask("_dns.resolver.arpa", 64, false), MESSAGE_NOERROR); /* SVCB: RFC 9462 */
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_soa(MESSAGE_AUTHORITY, "resolver.arpa");
    assert_int_equal(ask("resolver.arpa", MESSAGE_TYPE_SOA, false), MESSAGE_NOERROR);
    expect_soa(MESSAGE_ANSWER, "resolver.arpa");
}

/* RFC 8020 2: a name with names below it exists. */
TEST(LES_D_36_a_name_above_a_local_one_exists)
{
    assert_int_equal(ask("b.test", MESSAGE_TYPE_A, true), MESSAGE_NOERROR);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], 0);
    expect_soa(MESSAGE_AUTHORITY, "test");
    assert_int_equal(ask("0.10.in-addr.arpa", MESSAGE_TYPE_PTR, true), MESSAGE_NOERROR);
    expect_soa(MESSAGE_AUTHORITY, "10.in-addr.arpa");
    assert_int_equal(ask("test", MESSAGE_TYPE_A, true), MESSAGE_NOERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LOC_6303_01_empty_zones_with_their_soa_and_ns),
        cmocka_unit_test(LOC_6303_01_and_no_others),
        cmocka_unit_test(LOC_6303_01_ds_is_the_parents),
        cmocka_unit_test(LOC_6303_01_each_can_be_switched_off),
        cmocka_unit_test(LOC_6303_01_several_by_a_domain_above),
        cmocka_unit_test(LOC_6761_01_localhost_and_below),
        cmocka_unit_test(LOC_6761_02_invalid_and_test_are_nothing_and_example_is_as_any),
        cmocka_unit_test(LOC_OURS_01_further_names_of_the_registry),
        cmocka_unit_test(LES_D_36_a_name_above_a_local_one_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
