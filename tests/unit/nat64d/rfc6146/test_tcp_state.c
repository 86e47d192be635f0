/*
 * The TCP state machine, row by row of RFC 6146 3.5.2.2 for the states that are sessions.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.2.2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nat64d/rfc6146/tcp_state.h"

#define STATE(x) TCP_STATE_##x
#define EVENT(x) TCP_EVENT_##x

static void expect(enum tcp_state state, enum tcp_event event, enum tcp_state next,
                   enum tcp_lifetime lifetime, enum tcp_action action)
{
    struct tcp_step step = tcp_state_step(state, event);
    assert_int_equal(step.action, action);
    assert_int_equal(step.next, next);
    assert_int_equal(step.lifetime, lifetime);
}

static void forwards(enum tcp_state state, enum tcp_event event, enum tcp_state next,
                     enum tcp_lifetime lifetime)
{
    expect(state, event, next, lifetime, TCP_ACTION_FORWARD);
}

static void TCP_V4I_1_v6_syn_establishes(void **context)
{
    (void)context;
    forwards(STATE(V4_INIT), EVENT(V6_SYN), STATE(ESTABLISHED), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_V4I_3_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(V4_INIT), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

static void TCP_V4I_4_other_segments_keep_everything(void **context)
{
    static const enum tcp_event others[] = {EVENT(V4_SYN), EVENT(V4_FIN),   EVENT(V6_FIN),  EVENT(V4_RST),
                                            EVENT(V6_RST), EVENT(V4_OTHER), EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(V4_INIT), others[i], STATE(V4_INIT), TCP_LIFETIME_KEEP);
}

static void TCP_V6I_1_v4_syn_establishes(void **context)
{
    (void)context;
    forwards(STATE(V6_INIT), EVENT(V4_SYN), STATE(ESTABLISHED), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_V6I_2_repeated_v6_syn_renews_the_lifetime(void **context)
{
    (void)context;
    forwards(STATE(V6_INIT), EVENT(V6_SYN), STATE(V6_INIT), TCP_LIFETIME_OPENING);
}

static void TCP_V6I_3_other_segments_keep_everything(void **context)
{
    static const enum tcp_event others[] = {EVENT(V4_FIN), EVENT(V6_FIN), EVENT(V6_RST), EVENT(V4_OTHER),
                                            EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(V6_INIT), others[i], STATE(V6_INIT), TCP_LIFETIME_KEEP);
}

static void TCP_V6I_4_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(V6_INIT), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

static void N64_3_5_2_12_refused_syn_leaves_at_the_closing_lifetime(void **context)
{
    (void)context;
    forwards(STATE(V6_INIT), EVENT(V4_RST), STATE(V6_INIT), TCP_LIFETIME_REFUSED);
}

static void TCP_EST_1_v4_fin(void **context)
{
    (void)context;
    forwards(STATE(ESTABLISHED), EVENT(V4_FIN), STATE(V4_FIN), TCP_LIFETIME_KEEP);
}

static void TCP_EST_2_v6_fin(void **context)
{
    (void)context;
    forwards(STATE(ESTABLISHED), EVENT(V6_FIN), STATE(V6_FIN), TCP_LIFETIME_KEEP);
}

static void TCP_EST_3_rst_of_either_side(void **context)
{
    (void)context;
    forwards(STATE(ESTABLISHED), EVENT(V4_RST), STATE(TRANS), TCP_LIFETIME_CLOSING);
    forwards(STATE(ESTABLISHED), EVENT(V6_RST), STATE(TRANS), TCP_LIFETIME_CLOSING);
}

static void TCP_EST_4_any_other_segment_refreshes(void **context)
{
    static const enum tcp_event others[] = {EVENT(V4_SYN), EVENT(V6_SYN), EVENT(V4_OTHER), EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(ESTABLISHED), others[i], STATE(ESTABLISHED), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_EST_5_timeout_probes_and_moves_to_trans(void **context)
{
    (void)context;
    expect(STATE(ESTABLISHED), EVENT(TIMEOUT), STATE(TRANS), TCP_LIFETIME_CLOSING, TCP_ACTION_PROBE);
}

static void TCP_4FR_1_v6_fin_closes_both(void **context)
{
    (void)context;
    forwards(STATE(V4_FIN), EVENT(V6_FIN), STATE(BOTH_FIN), TCP_LIFETIME_CLOSING);
}

static void TCP_4FR_2_other_segments_refresh(void **context)
{
    static const enum tcp_event others[] = {EVENT(V4_FIN), EVENT(V4_RST),   EVENT(V6_RST),  EVENT(V4_SYN),
                                            EVENT(V6_SYN), EVENT(V4_OTHER), EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(V4_FIN), others[i], STATE(V4_FIN), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_4FR_3_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(V4_FIN), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

static void TCP_6FR_1_v4_fin_closes_both(void **context)
{
    (void)context;
    forwards(STATE(V6_FIN), EVENT(V4_FIN), STATE(BOTH_FIN), TCP_LIFETIME_CLOSING);
}

static void TCP_6FR_2_other_segments_refresh(void **context)
{
    static const enum tcp_event others[] = {EVENT(V6_FIN), EVENT(V4_RST),   EVENT(V6_RST),  EVENT(V4_SYN),
                                            EVENT(V6_SYN), EVENT(V4_OTHER), EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(V6_FIN), others[i], STATE(V6_FIN), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_6FR_3_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(V6_FIN), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

static void TCP_BFR_1_no_segment_refreshes(void **context)
{
    (void)context;
    for (int event = 0; event < TCP_EVENT_TIMEOUT; event++)
        forwards(STATE(BOTH_FIN), (enum tcp_event)event, STATE(BOTH_FIN), TCP_LIFETIME_KEEP);
}

static void TCP_BFR_2_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(BOTH_FIN), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

static void TCP_TR_1_any_segment_but_rst_brings_it_back(void **context)
{
    static const enum tcp_event others[] = {EVENT(V4_FIN), EVENT(V6_FIN),   EVENT(V4_SYN),
                                            EVENT(V6_SYN), EVENT(V4_OTHER), EVENT(V6_OTHER)};
    (void)context;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        forwards(STATE(TRANS), others[i], STATE(ESTABLISHED), TCP_LIFETIME_ESTABLISHED);
}

static void TCP_TR_2_rst_keeps_everything(void **context)
{
    (void)context;
    forwards(STATE(TRANS), EVENT(V4_RST), STATE(TRANS), TCP_LIFETIME_KEEP);
    forwards(STATE(TRANS), EVENT(V6_RST), STATE(TRANS), TCP_LIFETIME_KEEP);
}

static void TCP_TR_3_timeout_deletes(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_step(STATE(TRANS), EVENT(TIMEOUT)).action, TCP_ACTION_DELETE);
}

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

static void N64_3_5_2_10_flags_are_judged_rst_syn_fin(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_event(RST, 1), EVENT(V6_RST));
    assert_int_equal(tcp_state_event(RST | ACK, 0), EVENT(V4_RST));
    assert_int_equal(tcp_state_event(RST | FIN | ACK, 0), EVENT(V4_RST));
    assert_int_equal(tcp_state_event(SYN, 1), EVENT(V6_SYN));
    assert_int_equal(tcp_state_event(SYN | ACK, 0), EVENT(V4_SYN));
    assert_int_equal(tcp_state_event(SYN | ECE | CWR, 0), EVENT(V4_SYN));
    assert_int_equal(tcp_state_event(FIN | ACK | PSH, 1), EVENT(V6_FIN));
    assert_int_equal(tcp_state_event(ACK, 1), EVENT(V6_OTHER));
    assert_int_equal(tcp_state_event(PSH | ACK | URG, 0), EVENT(V4_OTHER));
}

static void N64_3_5_2_10_impossible_flags_are_invalid(void **context)
{
    (void)context;
    assert_int_equal(tcp_state_event(SYN | FIN, 1), TCP_EVENT_INVALID);
    assert_int_equal(tcp_state_event(SYN | RST, 1), TCP_EVENT_INVALID);
    assert_int_equal(tcp_state_event(SYN | FIN | RST | ACK, 0), TCP_EVENT_INVALID);
    assert_int_equal(tcp_state_event(0, 1), TCP_EVENT_INVALID);
    assert_int_equal(tcp_state_event(ECE | CWR, 0), TCP_EVENT_INVALID);
}

static void every_state_has_a_name_of_its_own(void **context)
{
    (void)context;
    for (int a = 0; a < TCP_STATE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(tcp_state_name(a), tcp_state_name(b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TCP_V4I_1_v6_syn_establishes),
        cmocka_unit_test(TCP_V4I_3_timeout_deletes),
        cmocka_unit_test(TCP_V4I_4_other_segments_keep_everything),
        cmocka_unit_test(TCP_V6I_1_v4_syn_establishes),
        cmocka_unit_test(TCP_V6I_2_repeated_v6_syn_renews_the_lifetime),
        cmocka_unit_test(TCP_V6I_3_other_segments_keep_everything),
        cmocka_unit_test(TCP_V6I_4_timeout_deletes),
        cmocka_unit_test(N64_3_5_2_12_refused_syn_leaves_at_the_closing_lifetime),
        cmocka_unit_test(TCP_EST_1_v4_fin),
        cmocka_unit_test(TCP_EST_2_v6_fin),
        cmocka_unit_test(TCP_EST_3_rst_of_either_side),
        cmocka_unit_test(TCP_EST_4_any_other_segment_refreshes),
        cmocka_unit_test(TCP_EST_5_timeout_probes_and_moves_to_trans),
        cmocka_unit_test(TCP_4FR_1_v6_fin_closes_both),
        cmocka_unit_test(TCP_4FR_2_other_segments_refresh),
        cmocka_unit_test(TCP_4FR_3_timeout_deletes),
        cmocka_unit_test(TCP_6FR_1_v4_fin_closes_both),
        cmocka_unit_test(TCP_6FR_2_other_segments_refresh),
        cmocka_unit_test(TCP_6FR_3_timeout_deletes),
        cmocka_unit_test(TCP_BFR_1_no_segment_refreshes),
        cmocka_unit_test(TCP_BFR_2_timeout_deletes),
        cmocka_unit_test(TCP_TR_1_any_segment_but_rst_brings_it_back),
        cmocka_unit_test(TCP_TR_2_rst_keeps_everything),
        cmocka_unit_test(TCP_TR_3_timeout_deletes),
        cmocka_unit_test(N64_3_5_2_10_flags_are_judged_rst_syn_fin),
        cmocka_unit_test(N64_3_5_2_10_impossible_flags_are_invalid),
        cmocka_unit_test(every_state_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
