/*
 * The decision: every pair of outcomes.
 *
 * Layer: test
 * Specification: RFC 6147 5.1
 */
#include "tests/unit/test.h"

#include "dns64/rfc6147/decide.h"
#include "dns64/rfc6147/synthesize.h"

static const struct decide_options plain = {.synthesise = true}, off = {.synthesise = false},
                                   strict = {.synthesise = true, .fail_on_failure = true};

#define D(x) DECIDE_##x

TEST(D64_5_1_1_01_real_records_are_passed_whatever_a_says)
{
    for (int a = 0; a < DECIDE_OUTCOMES; a++)
        assert_int_equal(decide(D(DATA), a, &plain), D(PASS_AAAA));
}

TEST(D64_5_1_2_01_nxdomain_is_passed_and_asks_nothing)
{
    assert_int_equal(decide(D(NXDOMAIN), D(PENDING), &plain), D(PASS_AAAA));
}

TEST(D64_5_1_2_02_errors_and_silence_lead_to_a)
{
    assert_int_equal(decide(D(ERROR), D(PENDING), &plain), D(ASK_A));
    assert_int_equal(decide(D(SILENT), D(PENDING), &plain), D(ASK_A));
    assert_int_equal(decide(D(ERROR), D(DATA), &plain), D(SYNTHESISE));
    assert_int_equal(decide(D(SILENT), D(DATA), &plain), D(SYNTHESISE));
}

TEST(D64_5_1_6_01_nothing_leads_to_a)
{
    assert_int_equal(decide(D(EMPTY), D(PENDING), &plain), D(ASK_A));
    assert_int_equal(decide(D(EXCLUDED), D(PENDING), &plain), D(ASK_A));
    assert_int_equal(decide(D(EMPTY), D(DATA), &plain), D(SYNTHESISE));
    assert_int_equal(decide(D(EXCLUDED), D(DATA), &plain), D(SYNTHESISE));
}

TEST(D64_5_1_6_02_what_a_gave_when_it_gave_nothing)
{
    static const enum decide_action by_empty[DECIDE_OUTCOMES] = {
        [DECIDE_PENDING] = D(ASK_A),    [DECIDE_DATA] = D(SYNTHESISE), [DECIDE_EXCLUDED] = D(SERVFAIL),
        [DECIDE_DENIED] = D(PASS_AAAA), [DECIDE_EMPTY] = D(PASS_AAAA), [DECIDE_NXDOMAIN] = D(PASS_A),
        [DECIDE_ERROR] = D(PASS_A),     [DECIDE_SILENT] = D(SERVFAIL), [DECIDE_BROKEN] = D(SERVFAIL),
    };
    static const enum decide_action by_failure[DECIDE_OUTCOMES] = {
        [DECIDE_PENDING] = D(ASK_A),   [DECIDE_DATA] = D(SYNTHESISE), [DECIDE_EXCLUDED] = D(SERVFAIL),
        [DECIDE_DENIED] = D(SERVFAIL), [DECIDE_EMPTY] = D(SERVFAIL),  [DECIDE_NXDOMAIN] = D(PASS_A),
        [DECIDE_ERROR] = D(PASS_A),    [DECIDE_SILENT] = D(SERVFAIL), [DECIDE_BROKEN] = D(SERVFAIL),
    };
    for (int a = 0; a < DECIDE_OUTCOMES; a++) {
        assert_int_equal(decide(D(EMPTY), a, &plain), by_empty[a]);
        assert_int_equal(decide(D(EXCLUDED), a, &plain), by_empty[a]);
        assert_int_equal(decide(D(ERROR), a, &plain), by_failure[a]);
        assert_int_equal(decide(D(SILENT), a, &plain), by_failure[a]);
    }
}

TEST(D64_SEC_01_without_synthesis_a_is_never_asked)
{
    for (int aaaa = 0; aaaa < DECIDE_OUTCOMES; aaaa++)
        for (int a = 0; a < DECIDE_OUTCOMES; a++) {
            enum decide_action action = decide(aaaa, a, &off);
            assert_true(action != D(ASK_A) && action != D(SYNTHESISE) && action != D(PASS_A));
        }
}

TEST(FAIL_01_fail_instead_of_synthesis)
{
    assert_int_equal(decide(D(ERROR), D(DATA), &strict), D(PASS_AAAA));
    assert_int_equal(decide(D(SILENT), D(DATA), &strict), D(SERVFAIL));
    assert_int_equal(decide(D(EMPTY), D(DATA), &strict), D(SYNTHESISE));
}

TEST(D64_SYN_03_to_05_ttl)
{
    assert_int_equal(synthesize_ttl(3600, true, 300), 300);
    assert_int_equal(synthesize_ttl(60, true, 300), 60);
    assert_int_equal(synthesize_ttl(3600, false, 0), 600);
    assert_int_equal(synthesize_ttl(60, false, 0), 60);
    assert_int_equal(synthesize_ttl(0, true, 300), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D64_5_1_1_01_real_records_are_passed_whatever_a_says),
        cmocka_unit_test(D64_5_1_2_01_nxdomain_is_passed_and_asks_nothing),
        cmocka_unit_test(D64_5_1_2_02_errors_and_silence_lead_to_a),
        cmocka_unit_test(D64_5_1_6_01_nothing_leads_to_a),
        cmocka_unit_test(D64_5_1_6_02_what_a_gave_when_it_gave_nothing),
        cmocka_unit_test(D64_SEC_01_without_synthesis_a_is_never_asked),
        cmocka_unit_test(FAIL_01_fail_instead_of_synthesis),
        cmocka_unit_test(D64_SYN_03_to_05_ttl),
    };
    return RUN(tests);
}
