/*
 * The questions of gate64 dns selftest, and what is read of their answers.
 *
 * Layer: pure
 * Specification: RFC 1035 4.1, RFC 6891 6.1
 */
#include "tests/unit/test.h"

#include <string.h>

#include "gate64/question.h"

enum { HEADER = 12, ID = 0x1234 };

static uint8_t asked[QUESTION_LEN], bytes[2048];
static size_t asked_len, len;
static struct question_answer answer;

static int set_up(void **state)
{
    const struct question question = {"ipv4only.arpa", QUESTION_AAAA, QUESTION_RD, 0};
    (void)state;
    asked_len = question_build(&question, ID, asked);
    assert_true(asked_len > 0);
    /* An answer without records: the question, as a reply, without its OPT. */
    len = asked_len - 11;
    memcpy(bytes, asked, len);
    bytes[2] |= 0x80;
    bytes[11] = 0;
    return 0;
}

static void add(unsigned section, const char *record, size_t record_len)
{
    memcpy(bytes + len, record, record_len);
    len += record_len;
    bytes[7 + 2 * section]++;
}
#define ADD(section, record) add(section, record, sizeof(record) - 1)

static bool read_it(void)
{
    return question_read(bytes, len, asked, asked_len, &answer);
}

TEST(a_question_as_it_goes_out)
{
    static const char wanted[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\1\10ipv4only\4arpa\0\0\x1c\0\1"
                                 "\0\0\x29\x04\xd0\0\0\0\0\0";
    assert_int_equal(asked_len, sizeof(wanted));
    assert_memory_equal(asked, wanted, sizeof(wanted));
    const struct question no_name = {"a..b", QUESTION_A, 0, QUESTION_NO_EDNS};
    assert_int_equal(question_build(&no_name, ID, bytes), 0);
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 50; i < sizeof(longest); i += 51)
        longest[i] = '.';
    longest[sizeof(longest) - 1] = '\0';
    const struct question too_long = {longest, QUESTION_A, 0, 0};
    assert_int_equal(question_build(&too_long, ID, bytes), 0);
}

TEST(records_are_read)
{
    ADD(0, "\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c");
    ADD(0, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\0\xaa");
    ADD(0, "\xc0\x0c\0\x1c\0\1\0\0\0\1\0\x10\0\x64\xff\x9b\0\0\0\0\0\0\0\0\xc0\0\0\xaa");
    ADD(0, "\xc0\x0c\0\x0c\0\1\0\0\0\1\0\2\xc0\x0c");
    ADD(1, "\xc0\x0c\0\6\0\1\0\0\0\1\0\0");
    ADD(2, "\0\0\x29\4\xd0\1\0\0\0\0\0"); /* BADVERS: 16 */
    assert_true(read_it());
    assert_int_equal(answer.count, 3);
    assert_int_equal(answer.others, 1);
    assert_int_equal(answer.records[0].data.v4, 0xc00000aa);
    assert_int_equal(answer.records[1].data.v6.s6_addr[1], 0x64);
    assert_memory_equal(answer.records[2].data.name, "\10ipv4only\4arpa", 15);
    assert_true(answer.has_soa && answer.has_opt);
    assert_int_equal(answer.rcode, QUESTION_BADVERS);
    assert_int_equal(answer.opt_version, 0);
}

TEST(what_is_no_answer_to_the_question)
{
    assert_true(read_it());
    for (size_t short_len = 0; short_len < len; short_len++)
        assert_false(question_read(bytes, short_len, asked, asked_len, &answer));
    static const size_t changed[] = {0, 2, 5, HEADER + 1, HEADER + 15 + 1}; /* ID, QR, count, name, type */
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        bytes[changed[i]] ^= 0x80 >> (changed[i] == 5 ? 7 : 0);
        assert_false(read_it());
        bytes[changed[i]] ^= 0x80 >> (changed[i] == 5 ? 7 : 0);
    }
    len++; /* something behind it */
    assert_false(read_it());
}

TEST(names_that_lead_nowhere)
{
    static const char *const records[] = {
        "\xc0\x1f\0\1\0\1\0\0\0\1\0\4\1\2\3\4", /* to itself */
        "\xc0\xff\0\1\0\1\0\0\0\1\0\4\1\2\3\4", /* behind the end */
        "\x80\x0c\0\1\0\1\0\0\0\1\0\4\1\2\3\4", /* no such label */
        "\xc0\x0c\0\1\0\1\0\0\0\1\0\5\1\2\3\4", /* data behind the end */
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        set_up(NULL);
        add(0, records[i], 16);
        assert_false(read_it());
    }
}

TEST(an_address_has_its_name)
{
    const struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 0x5f}}};
    char name[QUESTION_REVERSE_LEN];
    question_reverse(&address, name);
    assert_string_equal(name, "f.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_question_as_it_goes_out),         CASE(records_are_read),
        CASE(what_is_no_answer_to_the_question), CASE(names_that_lead_nowhere),
        CASE(an_address_has_its_name),
    };
    return RUN(tests);
}
