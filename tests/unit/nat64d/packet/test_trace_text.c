/*
 * The words for what a trace remembers: those that a packet's way through a gateway seldom brings.
 *
 * Layer: test
 * Specification: man/gate64.1 (trace)
 */
#include "tests/unit/test.h"

#include <string.h>

#include "nat64d/packet/reason.h"
#include "nat64d/packet/trace_text.h"

enum { TEXT_LEN = 256 };

static char text[TEXT_LEN];
static struct builder builder;

static const char *note(const struct trace_note *note)
{
    builder_init(&builder, text, sizeof(text));
    trace_text_note(note, NULL, &builder);
    return text;
}

static const char *verdict(const struct trace_record *record)
{
    builder_init(&builder, text, sizeof(text));
    trace_text_verdict(record, &builder);
    return text;
}

static const char *answer(const struct trace_answer *said)
{
    builder_init(&builder, text, sizeof(text));
    trace_text_answer(said, &builder);
    return text;
}

static const char *flags(uint8_t tcp_flags)
{
    builder_init(&builder, text, sizeof(text));
    trace_text_flags(tcp_flags, &builder);
    return text;
}

TEST(notes)
{
    const struct trace_point peer = trace_point4(0xc0000201, 80);
    assert_string_equal(note(&(struct trace_note){.step = TRACE_MSS, .value = {1240}}),
                        "the segment size that the SYN asks for is lowered to 1240");
    assert_string_equal(note(&(struct trace_note){.step = TRACE_WINDOW, .result = TRACE_YES}),
                        "the segment does not fit its connection; it counts all the same "
                        "(nat64.tcp.check-window is off)");
    assert_string_equal(note(&(struct trace_note){.step = TRACE_MTU, .value = {1400, 1500}}),
                        "1400 bytes fit a link of 1500");
    assert_string_equal(note(&(struct trace_note){.step = TRACE_WAITED, .result = TRACE_MADE}),
                        "put together from the fragments of its datagram");
    assert_string_equal(note(&(struct trace_note){
                            .step = TRACE_COLLECT, .result = TRACE_NO, .reason = REASON_FRAGMENT_OVERLAP}),
                        "refused: fragment of a datagram with overlapping fragments");
    assert_string_equal(note(&(struct trace_note){.step = TRACE_SESSION, .result = TRACE_NO}), "none");
    assert_string_equal(note(&(struct trace_note){.step = TRACE_SOURCE, .cause = TRACE_CAUSE_OWN, .a = peer}),
                        "192.0.2.1#80 is this gateway itself");
    assert_string_equal(
        note(&(struct trace_note){.step = TRACE_FILTER, .cause = TRACE_CAUSE_ENDPOINT, .a = peer}),
        "lets 192.0.2.1#80 in: filtering is endpoint-independent");
    assert_string_equal(note(&(struct trace_note){
                            .step = TRACE_FILTER, .result = TRACE_NO, .cause = TRACE_CAUSE_FROM, .a = peer}),
                        "keeps 192.0.2.1#80 out: from of the static binding does not");
}

TEST(verdicts)
{
    assert_string_equal(verdict(&(struct trace_record){
                            .verdict = TRACE_SENT, .out_family = 6, .out_len = 45000, .out_segments = 31}),
                        "to IPv6, 45000 bytes in 31 segments");
    assert_string_equal(verdict(&(struct trace_record){.verdict = TRACE_HANDED}),
                        "to the worker that owns the flow, which told no more of it");
    assert_string_equal(trace_text_verdict_name(TRACE_HANDED), "handed-over");
    assert_string_equal(trace_text_verdict_name(TRACE_WAITS), "waits");
}

TEST(answers)
{
    assert_string_equal(answer(&(struct trace_answer){.family = 4, .type = 3, .code = 4, .mtu = 1260}),
                        "ICMP 3/4 fragmentation needed, MTU 1260");
    assert_string_equal(answer(&(struct trace_answer){.family = 6, .type = 3}),
                        "ICMPv6 3/0 hop limit exceeded");
    assert_string_equal(answer(&(struct trace_answer){.family = 6, .suppressed = true}),
                        "with nothing: an ICMP error to this packet is not allowed, or over the rate of "
                        "nat64.icmp-errors");
}

TEST(flags_and_kinds)
{
    assert_string_equal(flags(0x12), "SYN ACK");
    assert_string_equal(flags(0), "");
    assert_string_equal(flags(0xff), "FIN SYN RST PSH ACK URG ECE CWR");
    assert_string_equal(trace_text_icmp(6, 128), "echo request");
    assert_string_equal(trace_text_icmp(4, 0), "echo reply");
    assert_string_equal(trace_text_icmp(6, 2), "packet too big");
    assert_null(trace_text_icmp(4, 2));
    assert_null(trace_text_icmp(4, 128));
}

/* Every step and every result has a name of its own that fits the column of gate64. */
TEST(names)
{
    for (int step = 0; step < TRACE_STEPS; step++) {
        const char *name = trace_text_step((enum trace_step)step);
        assert_true(strlen(name) > 0 && strlen(name) <= 12);
        for (int other = 0; other < step; other++)
            assert_string_not_equal(name, trace_text_step((enum trace_step)other));
    }
    assert_string_equal(trace_text_result(TRACE_YES), "yes");
    assert_string_equal(trace_text_result(TRACE_NO), "no");
    assert_string_equal(trace_text_result(TRACE_MADE), "made");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes),           cmocka_unit_test(verdicts), cmocka_unit_test(answers),
        cmocka_unit_test(flags_and_kinds), cmocka_unit_test(names),
    };
    return RUN(tests);
}
