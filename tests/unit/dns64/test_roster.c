/*
 * Lines of hosts files, and the table of names that they make.
 *
 * Layer: test
 * Specification: hosts(5)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>

#include "dns64/local/hosts.h"
#include "dns64/local/roster.h"

static struct roster *roster;
static uint8_t bytes[8192];
static struct message answer;

static int set_up(void **context)
{
    (void)context;
    roster = roster_new((struct siphash_key){1, 2});
    return roster == NULL ? -1 : 0;
}

static int tear_down(void **context)
{
    (void)context;
    roster_free(roster);
    return 0;
}

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

static int add(const char *text, const char *address, bool canonical)
{
    struct name name = name_of(text);
    struct addr addr;
    assert_int_equal(addr_parse(address, &addr), 0);
    return roster_add(roster, &name, &addr, canonical);
}

static const struct roster_entry *find(const char *text)
{
    struct name name = name_of(text);
    return roster_find(roster, &name);
}

static bool below(const char *text)
{
    struct name name = name_of(text);
    return roster_below(roster, &name);
}

/* How many records of the type the name has; they are in `answer`. */
static unsigned ask(const char *text, uint16_t type)
{
    struct name name = name_of(text);
    struct message_writer writer;
    const struct roster_entry *entry = roster_find(roster, &name);
    message_begin(&writer, bytes, sizeof(bytes), 1, MESSAGE_QR, &name, type, MESSAGE_CLASS_IN);
    unsigned count = entry == NULL ? 0 : roster_put(roster, entry, &name, type, 77, &writer);
    assert_int_equal(message_parse(bytes, message_end(&writer), &answer), MESSAGE_OK);
    assert_int_equal(answer.counts[MESSAGE_ANSWER], count);
    return count;
}

static struct message_record record_at(unsigned index)
{
    struct message_walk walk;
    struct message_record record = {0};
    message_walk_init(&walk, &answer);
    for (unsigned i = 0; i <= index; i++)
        assert_true(message_walk_next(&walk, &record));
    return record;
}

static void expect_ptr(const char *reverse, const char *target)
{
    struct name name, expected = name_of(target);
    assert_int_equal(ask(reverse, MESSAGE_TYPE_PTR), 1);
    struct message_record record = record_at(0);
    assert_true(message_rdata_name(&answer, &record, 0, &name));
    assert_true(name_equal(&name, &expected));
}

static enum hosts_fault parse(const char *text)
{
    struct hosts_line line;
    return hosts_parse(text, strlen(text), &line);
}

TEST(lines_with_names_and_comments)
{
    static const char text[] = "\t2001:db8::7  db.example\tdb Db-2.example. # the database";
    struct hosts_line line;
    struct name name, expected;
    assert_int_equal(hosts_parse(text, strlen(text), &line), HOSTS_OK);
    assert_int_equal(line.addr.family, AF_INET6);
    static const char *const each[] = {"db.example", "db", "db-2.example"};
    for (size_t i = 0; i < 3; i++) {
        expected = name_of(each[i]);
        assert_true(hosts_next(&line, &name));
        assert_true(name_equal(&name, &expected));
    }
    assert_false(hosts_next(&line, &name));
    assert_int_equal(parse("192.0.2.1 a#b"), HOSTS_OK);
    assert_int_equal(parse("192.0.2.1 _x._tcp.example\r"), HOSTS_OK);
    assert_int_equal(parse(""), HOSTS_BLANK);
    assert_int_equal(parse(" \t\r"), HOSTS_BLANK);
    assert_int_equal(parse("# 192.0.2.1 a"), HOSTS_BLANK);
}

TEST(lines_that_are_wrong)
{
    char text[HOSTS_LINE_MAX + 2];
    struct hosts_line line;
    static const char *const no_address[] = {
        "a 192.0.2.1", "192.0.2 a", "192.0.2.1/32 a", "fe80::1%eth0 a", "192.0.2.256 a",
        "::g a",       "#",         "1.2.3.4.5 a"};
    for (size_t i = 0; i < sizeof(no_address) / sizeof(no_address[0]); i++)
        assert_int_equal(parse(no_address[i]), no_address[i][0] == '#' ? HOSTS_BLANK : HOSTS_ADDRESS);
    static const char long_label[] = /* of 64 bytes */
        "192.0.2.1 a123456789012345678901234567890123456789012345678901234567890123.example";
    static const char *const no_name[] = {"192.0.2.1 a..b",      "192.0.2.1 .",      "192.0.2.1 .a",
                                          "192.0.2.1 *.example", "192.0.2.1 a b\\c", "192.0.2.1 \xc3\xa9",
                                          "192.0.2.1 a,b",       long_label};
    for (size_t i = 0; i < sizeof(no_name) / sizeof(no_name[0]); i++)
        assert_int_equal(parse(no_name[i]), HOSTS_NAME);
    assert_int_equal(parse("192.0.2.1"), HOSTS_NO_NAME);
    assert_int_equal(parse("192.0.2.1 # a"), HOSTS_NO_NAME);
    assert_int_equal(hosts_parse("192.0.2.1 a\0b", 13, &line), HOSTS_NUL);
    memset(text, ' ', sizeof(text));
    assert_int_equal(hosts_parse(text, HOSTS_LINE_MAX + 1, &line), HOSTS_LONG);
    assert_int_equal(hosts_parse(text, HOSTS_LINE_MAX, &line), HOSTS_BLANK);
    for (enum hosts_fault fault = HOSTS_LONG; fault <= HOSTS_NAME; fault++)
        assert_non_null(strstr(hosts_text(fault), "allowed"));
}

TEST(LIST_03_both_families_in_their_order)
{
    assert_int_equal(add("db.example", "192.0.2.1", true), 0);
    assert_int_equal(add("DB.Example", "192.0.2.2", true), 0);
    assert_int_equal(add("db.example", "2001:db8::1", true), 0);
    assert_int_equal(add("db.example", "192.0.2.1", true), 0); /* it is there */
    assert_int_equal(roster_count(roster), 4);                 /* and three addresses */
    assert_int_equal(ask("db.EXAMPLE", MESSAGE_TYPE_A), 2);
    struct message_record first = record_at(0), second = record_at(1);
    assert_int_equal(bytes_get32(bytes + first.rdata), 0xc0000201);
    assert_int_equal(bytes_get32(bytes + second.rdata), 0xc0000202);
    assert_int_equal(first.ttl, 77);
    assert_int_equal(ask("db.example", MESSAGE_TYPE_AAAA), 1);
    assert_int_equal(ask("db.example", MESSAGE_TYPE_ANY), 3);
    assert_int_equal(ask("db.example", MESSAGE_TYPE_MX), 0);
    assert_true(roster_has(find("db.example"), MESSAGE_TYPE_AAAA));
    assert_false(roster_has(find("db.example"), MESSAGE_TYPE_MX));
    assert_null(find("db2.example"));
    assert_null(find("a.db.example"));
    assert_null(find("."));
}

TEST(LIST_03_reverse_names_lead_to_the_first_name)
{
    assert_int_equal(add("db.example", "192.0.2.1", true), 0);
    assert_int_equal(add("alias.example", "192.0.2.1", false), 0);
    assert_int_equal(add("later.example", "192.0.2.1", true), 0);
    assert_int_equal(add("db.example", "2001:db8::7", true), 0);
    expect_ptr("1.2.0.192.in-addr.arpa", "db.example");
    expect_ptr("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "db.example");
    assert_int_equal(ask("alias.example", MESSAGE_TYPE_A), 1);
    assert_null(find("2.2.0.192.in-addr.arpa"));
}

/* /etc/hosts names the host's own loopback addresses. */
TEST(LOC_6761_01_localhost_stays_loopback)
{
    assert_int_equal(add("localhost", "192.0.2.1", true), 0);
    assert_int_equal(add("a.LOCALHOST", "127.0.0.1", true), 0);
    assert_null(find("localhost"));
    assert_null(find("a.localhost"));
    expect_ptr("1.0.0.127.in-addr.arpa", "a.localhost");
}

TEST(LES_D_36_names_above_are_known_to_exist)
{
    assert_int_equal(add("a.b.c.test", "192.0.2.1", false), 0);
    assert_true(below("b.c.test"));
    assert_true(below("C.Test"));
    assert_true(below("test"));
    assert_false(below("a.b.c.test"));
    assert_false(below("x.c.test"));
    assert_null(find("b.c.test"));
    assert_int_equal(roster_count(roster), 1);
    assert_int_equal(add("c.test", "192.0.2.1", false), 0); /* has records, and names below */
    assert_non_null(find("c.test"));
    assert_true(below("c.test"));
    assert_int_equal(roster_count(roster), 2);
}

TEST(the_most_that_a_name_has)
{
    char address[32];
    for (unsigned i = 0; i < ROSTER_EACH_MAX; i++) {
        snprintf(address, sizeof(address), "192.0.2.%u", i);
        assert_int_equal(add("many.example", address, false), 0);
        snprintf(address, sizeof(address), "2001:db8::%x", i);
        assert_int_equal(add("many.example", address, false), 0);
    }
    assert_int_equal(add("many.example", "192.0.2.200", false), -E2BIG);
    assert_int_equal(add("many.example", "2001:db8::200", false), -E2BIG);
    assert_int_equal(add("many.example", "192.0.2.1", false), 0);
    assert_int_equal(ask("many.example", MESSAGE_TYPE_ANY), 2 * ROSTER_EACH_MAX);
}

TEST(ten_thousand_names_are_each_found)
{
    enum { COUNT = 10000 };
    char text[64], address[32];
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "host%u.rack%u.example", i, i % 100);
        snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
        assert_int_equal(add(text, address, true), 0);
    }
    assert_int_equal(roster_count(roster), 2 * COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "host%u.rack%u.example", i, i % 100);
        assert_int_equal(ask(text, MESSAGE_TYPE_A), 1);
        struct message_record record = record_at(0);
        assert_int_equal(bytes_get32(bytes + record.rdata), 0x0a000000 + i);
        snprintf(text, sizeof(text), "host%u.rack%u.example", i, (i + 1) % 100);
        assert_null(find(text));
    }
    assert_true(below("rack7.example"));
    assert_false(below("rack100.example"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_with_names_and_comments),
        CASE(lines_that_are_wrong),
        CASE(LIST_03_both_families_in_their_order),
        CASE(LIST_03_reverse_names_lead_to_the_first_name),
        CASE(LOC_6761_01_localhost_stays_loopback),
        CASE(LES_D_36_names_above_are_known_to_exist),
        CASE(the_most_that_a_name_has),
        CASE(ten_thousand_names_are_each_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
