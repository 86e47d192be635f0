/*
 * The decision: every pair of outcomes, and all else that it hangs on.
 *
 * Layer: test
 * Specification: RFC 6147 3, 5.1
 */
#include "tests/unit/test.h"

#include "dns64/rfc6147/decide.h"
#include "dns64/rfc6147/dnssec.h"
#include "dns64/rfc6147/synthesize.h"

#define D(x) DECIDE_##x

static enum decide_reason reason;

static enum decide_action by(struct decide_input input)
{
    struct decide_result result = decide(&input);
    reason = result.reason;
    return result.action;
}

static enum decide_action plainly(enum decide_outcome aaaa, enum decide_outcome a)
{
    return by((struct decide_input){.aaaa = aaaa, .a = a});
}

TEST(D64_5_1_1_01_real_records_are_passed_whatever_a_says)
{
    for (int a = 0; a < DECIDE_OUTCOMES; a++) {
        assert_int_equal(plainly(D(DATA), a), D(PASS_AAAA));
        assert_int_equal(reason, D(BY_REAL));
    }
}

TEST(D64_5_1_2_01_LES_D_20_FAIL_03_nxdomain_is_passed_and_asks_nothing)
{
    for (int a = 0; a < DECIDE_OUTCOMES; a++) {
        assert_int_equal(plainly(D(NXDOMAIN), a), D(PASS_AAAA));
        assert_int_equal(reason, D(BY_NXDOMAIN));
    }
}

TEST(D64_5_1_2_02_errors_and_silence_lead_to_a)
{
    assert_int_equal(plainly(D(ERROR), D(PENDING)), D(ASK_A));
    assert_int_equal(plainly(D(SILENT), D(PENDING)), D(ASK_A));
    assert_int_equal(plainly(D(ERROR), D(DATA)), D(SYNTHESISE));
    assert_int_equal(plainly(D(SILENT), D(DATA)), D(SYNTHESISE));
}

TEST(D64_5_1_01_nothing_is_decided_before_aaaa)
{
    for (int a = 0; a < DECIDE_OUTCOMES; a++)
        assert_int_equal(plainly(D(PENDING), a), D(WAIT));
}

TEST(D64_5_1_6_01_D64_5_1_4_01_nothing_leads_to_a)
{
    static const enum decide_outcome nothing[] = {D(EMPTY), D(EXCLUDED), D(IMAGES)};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(plainly(nothing[i], D(PENDING)), D(ASK_A));
        assert_int_equal(plainly(nothing[i], D(DATA)), D(SYNTHESISE));
        assert_int_equal(reason, D(BY_SYNTHESIS));
    }
}

/* What AAAA gave (data, empty, NXDOMAIN, failure) against what A gave (the same four). */
TEST(D64_5_1_6_02_four_outcomes_of_each)
{
    static const enum decide_outcome outcomes[4] = {D(DATA), D(EMPTY), D(NXDOMAIN), D(ERROR)};
    static const enum decide_action wanted[4][4] = {
        {D(PASS_AAAA), D(PASS_AAAA), D(PASS_AAAA), D(PASS_AAAA)},
        {D(SYNTHESISE), D(PASS_AAAA), D(PASS_A), D(PASS_A)},
        {D(PASS_AAAA), D(PASS_AAAA), D(PASS_AAAA), D(PASS_AAAA)},
        {D(SYNTHESISE), D(SERVFAIL), D(PASS_A), D(PASS_A)},
    };
    static const enum decide_reason reasons[4][4] = {
        {D(BY_REAL), D(BY_REAL), D(BY_REAL), D(BY_REAL)},
        {D(BY_SYNTHESIS), D(BY_NO_A), D(BY_NXDOMAIN), D(BY_A_FAILED)},
        {D(BY_NXDOMAIN), D(BY_NXDOMAIN), D(BY_NXDOMAIN), D(BY_NXDOMAIN)},
        {D(BY_SYNTHESIS), D(BY_FAILED), D(BY_NXDOMAIN), D(BY_A_FAILED)},
    };
    for (int aaaa = 0; aaaa < 4; aaaa++)
        for (int a = 0; a < 4; a++) {
            assert_int_equal(plainly(outcomes[aaaa], outcomes[a]), wanted[aaaa][a]);
            assert_int_equal(reason, reasons[aaaa][a]);
        }
}

TEST(D64_5_1_6_02_what_a_gave_when_it_gave_nothing)
{
    static const enum decide_action by_empty[DECIDE_OUTCOMES] = {
        [DECIDE_PENDING] = D(ASK_A),   [DECIDE_DATA] = D(SYNTHESISE),  [DECIDE_EXCLUDED] = D(SERVFAIL),
        [DECIDE_IMAGES] = D(SERVFAIL), [DECIDE_DENIED] = D(PASS_AAAA), [DECIDE_EMPTY] = D(PASS_AAAA),
        [DECIDE_NXDOMAIN] = D(PASS_A), [DECIDE_ERROR] = D(PASS_A),     [DECIDE_SILENT] = D(SERVFAIL),
        [DECIDE_BROKEN] = D(SERVFAIL),
    };
    static const enum decide_action by_failure[DECIDE_OUTCOMES] = {
        [DECIDE_PENDING] = D(ASK_A),   [DECIDE_DATA] = D(SYNTHESISE), [DECIDE_EXCLUDED] = D(SERVFAIL),
        [DECIDE_IMAGES] = D(SERVFAIL), [DECIDE_DENIED] = D(SERVFAIL), [DECIDE_EMPTY] = D(SERVFAIL),
        [DECIDE_NXDOMAIN] = D(PASS_A), [DECIDE_ERROR] = D(PASS_A),    [DECIDE_SILENT] = D(SERVFAIL),
        [DECIDE_BROKEN] = D(SERVFAIL),
    };
    for (int a = 0; a < DECIDE_OUTCOMES; a++) {
        assert_int_equal(plainly(D(EMPTY), a), by_empty[a]);
        assert_int_equal(plainly(D(EXCLUDED), a), by_empty[a]);
        assert_int_equal(plainly(D(ERROR), a), by_failure[a]);
        assert_int_equal(plainly(D(SILENT), a), by_failure[a]);
    }
}

TEST(FWD_05_images_of_another_dns64_are_made_anew_or_passed)
{
    assert_int_equal(plainly(D(IMAGES), D(EMPTY)), D(PASS_IMAGES));
    assert_int_equal(reason, D(BY_IMAGES));
    assert_int_equal(plainly(D(IMAGES), D(DENIED)), D(PASS_AAAA)); /* SEC-14: of a denied address none */
    assert_int_equal(reason, D(BY_DENIED));
    assert_int_equal(plainly(D(EXCLUDED), D(EMPTY)), D(PASS_AAAA));
    assert_int_equal(reason, D(BY_NO_A));
}

/* DO and CD against a name without AAAA, one with, and one whose AAAA fails; A has data. */
TEST(D64_SEC_01_twelve_cells)
{
    for (int flags = 0; flags < 4; flags++) {
        struct decide_input input = {.a = D(DATA), .wants_dnssec = flags & 1, .checking_disabled = flags & 2};
        input.aaaa = D(EMPTY);
        assert_int_equal(by(input), flags & 2 ? D(PASS_WHOLE) : D(SYNTHESISE));
        assert_int_equal(reason, flags & 2 ? D(BY_CD) : D(BY_SYNTHESIS));
        input.aaaa = D(DATA);
        assert_int_equal(by(input), flags & 2 ? D(PASS_WHOLE) : D(PASS_AAAA));
        assert_int_equal(reason, D(BY_REAL));
        input.aaaa = D(ERROR);
        assert_int_equal(by(input), flags & 2 ? D(PASS_WHOLE) : D(SYNTHESISE));
        assert_int_equal(reason, flags & 2 ? D(BY_FAILED) : D(BY_SYNTHESIS));
    }
}

TEST(D64_SEC_01_D64_5_02_LIST_01_without_synthesis_a_is_never_asked)
{
    for (int off = 0; off < 3; off++)
        for (int aaaa = 0; aaaa < DECIDE_OUTCOMES; aaaa++)
            for (int a = 0; a < DECIDE_OUTCOMES; a++) {
                struct decide_input input = {.aaaa = aaaa,
                                             .a = a,
                                             .plain = off == 0,
                                             .checking_disabled = off == 1,
                                             .listed = off == 2 ? DECIDE_NEVER : DECIDE_UNLISTED};
                enum decide_action action = by(input);
                assert_true(action != D(ASK_A) && action != D(SYNTHESISE) && action != D(PASS_A));
                assert_false(decide_may_ask_early(&input));
            }
}

TEST(WHY_01_the_reason_without_synthesis)
{
    struct decide_input input = {.aaaa = D(EMPTY), .plain = true};
    assert_int_equal(by(input), D(PASS_WHOLE));
    assert_int_equal(reason, D(BY_VIEW));
    input = (struct decide_input){.aaaa = D(EMPTY), .listed = D(NEVER)};
    assert_int_equal(by(input), D(PASS_AAAA));
    assert_int_equal(reason, D(BY_NEVER));
    input.aaaa = D(IMAGES);
    assert_int_equal(by(input), D(PASS_IMAGES));
    input.aaaa = D(SILENT);
    assert_int_equal(by(input), D(SERVFAIL));
    assert_int_equal(reason, D(BY_FAILED));
    input = (struct decide_input){.aaaa = D(BROKEN)};
    assert_int_equal(by(input), D(SERVFAIL));
    assert_int_equal(reason, D(BY_BROKEN));
}

TEST(LIST_01_always_ignores_real_records)
{
    struct decide_input input = {.aaaa = D(DATA), .listed = D(ALWAYS)};
    assert_int_equal(by(input), D(ASK_A));
    input.a = D(DATA);
    assert_int_equal(by(input), D(SYNTHESISE));
    input.a = D(EMPTY);
    assert_int_equal(by(input), D(PASS_NONE));
    assert_int_equal(reason, D(BY_NO_A));
}

TEST(LES_D_03_always_and_a_that_fails)
{
    assert_int_equal(by((struct decide_input){.aaaa = D(DATA), .a = D(ERROR), .listed = D(ALWAYS)}),
                     D(PASS_A)); /* whose RCODE is SERVFAIL */
    assert_int_equal(by((struct decide_input){.aaaa = D(DATA), .a = D(SILENT), .listed = D(ALWAYS)}),
                     D(SERVFAIL));
    assert_int_equal(reason, D(BY_A_FAILED));
}

TEST(FAIL_01_fail_instead_of_synthesis)
{
    struct decide_input input = {.aaaa = D(ERROR), .a = D(DATA), .fail_on_failure = true};
    assert_int_equal(by(input), D(PASS_WHOLE));
    assert_int_equal(reason, D(BY_POLICY));
    input.aaaa = D(SILENT);
    assert_int_equal(by(input), D(SERVFAIL));
    assert_int_equal(reason, D(BY_POLICY));
    input.aaaa = D(EMPTY);
    assert_int_equal(by(input), D(SYNTHESISE));
}

TEST(D64_SEC_04_signed_a_records_for_a_client_that_set_do)
{
    for (int bits = 0; bits < 8; bits++) {
        struct decide_input input = {.aaaa = D(EMPTY),
                                     .a = D(DATA),
                                     .a_signed = bits & 1,
                                     .wants_dnssec = bits & 2,
                                     .signed_passes = bits & 4};
        assert_int_equal(by(input), bits == 7 ? D(PASS_AAAA) : D(SYNTHESISE));
        assert_int_equal(reason, bits == 7 ? D(BY_SIGNED) : D(BY_SYNTHESIS));
        input.aaaa = D(IMAGES);
        assert_int_equal(by(input), bits == 7 ? D(PASS_IMAGES) : D(SYNTHESISE));
        input.aaaa = D(DATA);
        input.listed = D(ALWAYS);
        assert_int_equal(by(input), bits == 7 ? D(PASS_AAAA) : D(SYNTHESISE));
        input.aaaa = D(SILENT);
        assert_int_equal(by(input), bits == 7 ? D(SERVFAIL) : D(SYNTHESISE));
    }
}

TEST(D64_SEC_06_D64_SEC_03_when_ad_is_set)
{
    for (int bits = 0; bits < 32; bits++) {
        struct dnssec_client client = {
            .type = 28, .wants_dnssec = bits & 1, .knows_ad = bits & 2, .by_dns64 = bits & 4};
        bool secure = bits & 8, touched = bits & 16;
        bool entitled = client.wants_dnssec || (client.knows_ad && !client.by_dns64);
        assert_int_equal(dnssec_says_ad(&client, secure, touched), secure && !touched && entitled);
    }
}

TEST(D64_SEC_05_who_gets_signatures_and_proofs)
{
    static const uint16_t types[] = {46, 47, 50};
    for (int i = 0; i < 3; i++) {
        assert_false(dnssec_keeps(&(struct dnssec_client){.type = 1}, types[i]));
        assert_true(dnssec_keeps(&(struct dnssec_client){.type = 1, .wants_dnssec = true}, types[i]));
        assert_true(dnssec_keeps(&(struct dnssec_client){.type = types[i]}, types[i]));
        assert_true(dnssec_keeps(&(struct dnssec_client){.type = 255}, types[i]));
    }
    assert_true(dnssec_keeps(&(struct dnssec_client){.type = 1}, 48)); /* DNSKEY is data */
    assert_true(dnssec_keeps(&(struct dnssec_client){.type = 1}, 6));
}

TEST(D64_SYN_03_D64_SYN_04_D64_SYN_05_LES_D_09_ttl)
{
    assert_int_equal(synthesize_ttl(3600, true, 300), 300);
    assert_int_equal(synthesize_ttl(60, true, 300), 60);
    assert_int_equal(synthesize_ttl(3600, false, 0), 600);
    assert_int_equal(synthesize_ttl(60, false, 0), 60);
    assert_int_equal(synthesize_ttl(0, true, 300), 0);
    assert_int_equal(synthesize_ttl(3600, true, 0), 0);
}

TEST(D64_5_03_prefixes_by_range)
{
    static const struct addr_prefix4 ten = {0x0a000000, 8}, near = {0x0a010000, 16}, other = {0xc6336400, 24};
    const struct synthesize_pref64 prefixes[] = {
        {.allow4 = &ten, .allow4_count = 1}, /* without ranges: what no other's range has */
        {.allow4 = &ten, .allow4_count = 1, .for4 = &ten, .for4_count = 1},
        {.allow4 = &ten, .allow4_count = 1, .for4 = &near, .for4_count = 1},
        {.allow4 = &ten, .allow4_count = 1, .for4 = &near, .for4_count = 1},
        {.for4 = &other, .for4_count = 1},
    };
    size_t chosen[SYNTHESIZE_PREFIXES_MAX];
    assert_int_equal(synthesize_prefixes(0x08080808, prefixes, 5, chosen), 1);
    assert_int_equal(chosen[0], 0);
    assert_int_equal(synthesize_prefixes(0x0a020304, prefixes, 5, chosen), 1);
    assert_int_equal(chosen[0], 1);
    assert_int_equal(synthesize_prefixes(0x0a010304, prefixes, 5, chosen), 2);
    assert_int_equal(chosen[0], 2);
    assert_int_equal(chosen[1], 3);
    assert_int_equal(synthesize_prefixes(0x08080808, &prefixes[1], 4, chosen), 0);
    /* The range's prefix may not hold it: then none does, not another. */
    assert_int_equal(synthesize_prefixes(0xc6336401, prefixes, 5, chosen), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D64_5_1_1_01_real_records_are_passed_whatever_a_says),
        cmocka_unit_test(D64_5_1_2_01_LES_D_20_FAIL_03_nxdomain_is_passed_and_asks_nothing),
        cmocka_unit_test(D64_5_1_2_02_errors_and_silence_lead_to_a),
        cmocka_unit_test(D64_5_1_01_nothing_is_decided_before_aaaa),
        cmocka_unit_test(D64_5_1_6_01_D64_5_1_4_01_nothing_leads_to_a),
        cmocka_unit_test(D64_5_1_6_02_four_outcomes_of_each),
        cmocka_unit_test(D64_5_1_6_02_what_a_gave_when_it_gave_nothing),
        cmocka_unit_test(FWD_05_images_of_another_dns64_are_made_anew_or_passed),
        cmocka_unit_test(D64_SEC_01_twelve_cells),
        cmocka_unit_test(D64_SEC_01_D64_5_02_LIST_01_without_synthesis_a_is_never_asked),
        cmocka_unit_test(WHY_01_the_reason_without_synthesis),
        cmocka_unit_test(LIST_01_always_ignores_real_records),
        cmocka_unit_test(LES_D_03_always_and_a_that_fails),
        cmocka_unit_test(FAIL_01_fail_instead_of_synthesis),
        cmocka_unit_test(D64_SEC_04_signed_a_records_for_a_client_that_set_do),
        cmocka_unit_test(D64_SEC_06_D64_SEC_03_when_ad_is_set),
        cmocka_unit_test(D64_SEC_05_who_gets_signatures_and_proofs),
        cmocka_unit_test(D64_SYN_03_D64_SYN_04_D64_SYN_05_LES_D_09_ttl),
        cmocka_unit_test(D64_5_03_prefixes_by_range),
    };
    return RUN(tests);
}
