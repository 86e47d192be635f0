/*
 * The TCP table with packets: of each row what leaves and on which side, the state after it, and how long the
 * session then lives.
 *
 * Layer: test
 * Specification: RFC 6146 3.5.2.2; RFC 5382 4; RFC 7857 2
 */
#include "tests/unit/nat64d/gateway.h"

/* Lifetime after the event, and what it is in each state before it. */
enum lifetime { KEEP = 0, ESTABLISHED = 7200, OPENING = 240, CLOSING = 120 };
enum side { FROM4, FROM6 };

struct row {
    const char *name;
    enum tcp_state before;
    enum side side;
    unsigned flags;
    enum tcp_state after;
    enum lifetime lifetime;
};

static unsigned port;

/* A segment of the connection: that of HOST, or in V4 INIT that of the static binding. */
static enum reason segment(enum side side, unsigned flags)
{
    bool open = port == 8080;
    if (side == FROM6)
        build_tcp(&built, open ? "2001:db8::5" : HOST, open ? 80 : 4000, PEER, 443, flags, NULL, 0);
    else
        build_tcp(&built, "8.8.8.8", 443, POOL, port, flags, NULL, 0);
    return send_built();
}

/* Translated, with its flags, to the other side. */
static void assert_passes(enum side side, unsigned flags)
{
    assert_int_equal(segment(side, flags), REASON_OK);
    assert_int_equal(result.verdict, STEPS_SEND);
    assert_int_equal(result.reply_len, 0);
    assert_int_equal(built.packet.family, side == FROM6 ? 4 : 6);
    assert_int_equal(built.packet.data[(side == FROM6 ? 20 : 40) + 13], flags);
}

/* Brings a connection into that state; returns the seconds that it then has. */
static unsigned reach(enum tcp_state before)
{
    if (before == TCP_STATE_V4_INIT) {
        port = 8080;
        assert_passes(FROM4, SYN);
        return OPENING;
    }
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    if (before == TCP_STATE_V6_INIT)
        return OPENING;
    assert_passes(FROM4, SYN | ACK);
    if (before == TCP_STATE_TRANS)
        assert_passes(FROM4, RST);
    if (before == TCP_STATE_V4_FIN || before == TCP_STATE_BOTH_FIN)
        assert_passes(FROM4, FIN | ACK);
    if (before == TCP_STATE_V6_FIN || before == TCP_STATE_BOTH_FIN)
        assert_passes(FROM6, FIN | ACK);
    return before == TCP_STATE_TRANS || before == TCP_STATE_BOTH_FIN ? CLOSING : ESTABLISHED;
}

static void row_holds(void **context)
{
    const struct row *row = *context;
    unsigned left = reach(row->before);
    assert_int_equal(state(), row->before);
    assert_int_equal(pass(50), 0);
    assert_passes(row->side, row->flags);
    assert_int_equal(state(), row->after);
    left = row->lifetime == KEEP ? left - 50 : row->lifetime;
    assert_int_equal(pass(left - 1), 0);
    assert_int_equal(state(), row->after);
    assert_int_equal(sessions(), 1);
    uint32_t probe = pass(2);
    assert_int_equal(probe, row->after == TCP_STATE_ESTABLISHED ? 60 : 0);
    assert_int_equal(state(), row->after == TCP_STATE_ESTABLISHED ? TCP_STATE_TRANS : TCP_STATE_NONE);
}

#define V4_INIT  TCP_STATE_V4_INIT
#define V6_INIT  TCP_STATE_V6_INIT
#define EST      TCP_STATE_ESTABLISHED
#define V4_FIN   TCP_STATE_V4_FIN
#define V6_FIN   TCP_STATE_V6_FIN
#define BOTH_FIN TCP_STATE_BOTH_FIN
#define TRANS    TCP_STATE_TRANS

static const struct row rows[] = {
    {"TCP_V4I_1_syn_from_ipv6", V4_INIT, FROM6, SYN, EST, ESTABLISHED},
    {"TCP_V4I_1_syn_ack_from_ipv6", V4_INIT, FROM6, SYN | ACK, EST, ESTABLISHED},
    {"TCP_V4I_4_syn_from_ipv4", V4_INIT, FROM4, SYN, V4_INIT, KEEP},
    {"TCP_V4I_4_ack_from_ipv4", V4_INIT, FROM4, ACK, V4_INIT, KEEP},
    {"TCP_V4I_4_fin_from_ipv4", V4_INIT, FROM4, FIN | ACK, V4_INIT, KEEP},
    {"TCP_V4I_4_rst_from_ipv4", V4_INIT, FROM4, RST, V4_INIT, KEEP},
    {"TCP_V4I_4_ack_from_ipv6", V4_INIT, FROM6, ACK, V4_INIT, KEEP},
    {"TCP_V4I_4_fin_from_ipv6", V4_INIT, FROM6, FIN | ACK, V4_INIT, KEEP},
    {"TCP_V4I_4_rst_from_ipv6", V4_INIT, FROM6, RST | ACK, V4_INIT, KEEP},
    {"TCP_V6I_1_syn_ack_from_ipv4", V6_INIT, FROM4, SYN | ACK, EST, ESTABLISHED},
    {"TCP_V6I_1_TCP_R2_N64_3_5_2_02_syn_from_ipv4", V6_INIT, FROM4, SYN, EST, ESTABLISHED},
    {"TCP_V6I_2_syn_from_ipv6", V6_INIT, FROM6, SYN, V6_INIT, OPENING},
    {"TCP_V6I_3_ack_from_ipv4", V6_INIT, FROM4, ACK, V6_INIT, KEEP},
    {"TCP_V6I_3_fin_from_ipv4", V6_INIT, FROM4, FIN | ACK, V6_INIT, KEEP},
    {"TCP_V6I_3_ack_from_ipv6", V6_INIT, FROM6, ACK, V6_INIT, KEEP},
    {"TCP_V6I_3_fin_from_ipv6", V6_INIT, FROM6, FIN | ACK, V6_INIT, KEEP},
    {"TCP_V6I_3_rst_from_ipv6", V6_INIT, FROM6, RST, V6_INIT, KEEP},
    {"N64_3_5_2_12_a_refused_connect", V6_INIT, FROM4, RST | ACK, V6_INIT, CLOSING},
    {"TCP_EST_1_fin_from_ipv4", EST, FROM4, FIN | ACK, V4_FIN, KEEP},
    {"TCP_EST_2_fin_from_ipv6", EST, FROM6, FIN | ACK, V6_FIN, KEEP},
    {"TCP_EST_3_N78_2_2_01_N78_2_2_02_rst_from_ipv4", EST, FROM4, RST, TRANS, CLOSING},
    {"TCP_EST_3_N78_2_2_01_N78_2_2_02_rst_from_ipv6", EST, FROM6, RST, TRANS, CLOSING},
    {"TCP_EST_4_ack_from_ipv4", EST, FROM4, ACK, EST, ESTABLISHED},
    {"TCP_EST_4_ack_from_ipv6", EST, FROM6, ACK, EST, ESTABLISHED},
    {"TCP_EST_4_syn_from_ipv4", EST, FROM4, SYN, EST, ESTABLISHED},
    {"TCP_EST_4_syn_from_ipv6", EST, FROM6, SYN, EST, ESTABLISHED},
    {"TCP_4FR_1_fin_from_ipv6", V4_FIN, FROM6, FIN | ACK, BOTH_FIN, CLOSING},
    {"TCP_4FR_2_fin_from_ipv4", V4_FIN, FROM4, FIN | ACK, V4_FIN, ESTABLISHED},
    {"TCP_4FR_2_rst_from_ipv4", V4_FIN, FROM4, RST, V4_FIN, ESTABLISHED},
    {"TCP_4FR_2_rst_from_ipv6", V4_FIN, FROM6, RST, V4_FIN, ESTABLISHED},
    {"TCP_4FR_2_ack_from_ipv4", V4_FIN, FROM4, ACK, V4_FIN, ESTABLISHED},
    {"TCP_4FR_2_ack_from_ipv6", V4_FIN, FROM6, ACK, V4_FIN, ESTABLISHED},
    {"TCP_4FR_2_syn_from_ipv6", V4_FIN, FROM6, SYN, V4_FIN, ESTABLISHED},
    {"TCP_6FR_1_fin_from_ipv4", V6_FIN, FROM4, FIN | ACK, BOTH_FIN, CLOSING},
    {"TCP_6FR_2_fin_from_ipv6", V6_FIN, FROM6, FIN | ACK, V6_FIN, ESTABLISHED},
    {"TCP_6FR_2_rst_from_ipv4", V6_FIN, FROM4, RST, V6_FIN, ESTABLISHED},
    {"TCP_6FR_2_rst_from_ipv6", V6_FIN, FROM6, RST, V6_FIN, ESTABLISHED},
    {"TCP_6FR_2_ack_from_ipv4", V6_FIN, FROM4, ACK, V6_FIN, ESTABLISHED},
    {"TCP_6FR_2_ack_from_ipv6", V6_FIN, FROM6, ACK, V6_FIN, ESTABLISHED},
    {"TCP_6FR_2_syn_from_ipv4", V6_FIN, FROM4, SYN, V6_FIN, ESTABLISHED},
    {"TCP_BFR_1_syn_from_ipv4", BOTH_FIN, FROM4, SYN, BOTH_FIN, KEEP},
    {"TCP_BFR_1_syn_from_ipv6", BOTH_FIN, FROM6, SYN, BOTH_FIN, KEEP},
    {"TCP_BFR_1_fin_from_ipv4", BOTH_FIN, FROM4, FIN | ACK, BOTH_FIN, KEEP},
    {"TCP_BFR_1_fin_from_ipv6", BOTH_FIN, FROM6, FIN | ACK, BOTH_FIN, KEEP},
    {"TCP_BFR_1_rst_from_ipv4", BOTH_FIN, FROM4, RST, BOTH_FIN, KEEP},
    {"TCP_BFR_1_rst_from_ipv6", BOTH_FIN, FROM6, RST, BOTH_FIN, KEEP},
    {"TCP_BFR_1_ack_from_ipv4", BOTH_FIN, FROM4, ACK, BOTH_FIN, KEEP},
    {"TCP_BFR_1_ack_from_ipv6", BOTH_FIN, FROM6, ACK, BOTH_FIN, KEEP},
    {"TCP_TR_1_ack_from_ipv4", TRANS, FROM4, ACK, EST, ESTABLISHED},
    {"TCP_TR_1_ack_from_ipv6", TRANS, FROM6, ACK, EST, ESTABLISHED},
    {"TCP_TR_1_syn_from_ipv4", TRANS, FROM4, SYN, EST, ESTABLISHED},
    {"TCP_TR_1_syn_from_ipv6", TRANS, FROM6, SYN, EST, ESTABLISHED},
    {"TCP_TR_1_fin_from_ipv4", TRANS, FROM4, FIN | ACK, EST, ESTABLISHED},
    {"TCP_TR_1_fin_from_ipv6", TRANS, FROM6, FIN | ACK, EST, ESTABLISHED},
    {"TCP_TR_2_rst_from_ipv4", TRANS, FROM4, RST, TRANS, KEEP},
    {"TCP_TR_2_rst_from_ipv6", TRANS, FROM6, RST, TRANS, KEEP},
};

/* A state left alone: when its time is over the session and its binding go, and nothing is said. */
static const struct row ends[] = {
    {"TCP_V4I_3_time_is_over", V4_INIT, FROM4, 0, V4_INIT, KEEP},
    {"TCP_V6I_4_time_is_over", V6_INIT, FROM6, 0, V6_INIT, KEEP},
    {"TCP_4FR_3_time_is_over", V4_FIN, FROM4, 0, V4_FIN, KEEP},
    {"TCP_6FR_3_time_is_over", V6_FIN, FROM6, 0, V6_FIN, KEEP},
    {"TCP_BFR_2_N64_3_5_2_01_time_is_over", BOTH_FIN, FROM6, 0, BOTH_FIN, KEEP},
    {"TCP_TR_3_time_is_over", TRANS, FROM4, 0, TRANS, KEEP},
};

static void time_ends_it(void **context)
{
    const struct row *row = *context;
    unsigned left = reach(row->before);
    assert_int_equal(pass(left - 1), 0);
    assert_int_equal(state(), row->before);
    assert_int_equal(bindings(), row->before == V4_INIT ? 0 : 1);
    assert_int_equal(pass(2), 0);
    assert_int_equal(sessions(), 0);
    assert_int_equal(bindings(), 0);
}

TEST(TCP_CL_1_a_syn_from_ipv6_opens)
{
    port = 0;
    assert_passes(FROM6, SYN);
    assert_int_equal(state(), V6_INIT);
    assert_int_equal(bindings(), 1);
    assert_remaining(OPENING);
}

TEST(TCP_CL_3_N64_5_3_03_a_syn_to_nobody_is_kept_without_a_binding)
{
    assert_silent(tcp4(5555, SYN), REASON_SYN_STORED);
    assert_int_equal(bindings(), 0);
    assert_int_equal(sessions(), 0);
}

TEST(TCP_V4I_2_TCP_R4_a_kept_syn_is_answered_after_six_seconds_and_not_before)
{
    assert_silent(tcp4(5555, SYN), REASON_SYN_STORED);
    uint8_t syn[40];
    build_tcp(&built, "8.8.8.8", 80, POOL, 5555, SYN, NULL, 0);
    memcpy(syn, built.packet.data, sizeof(syn));
    assert_int_equal(pass(5), 0);
    uint32_t len = pass(1);
    assert_int_equal(len, 20 + 8 + 40);
    assert_int_equal(steps.reply[20], 3);
    assert_int_equal(steps.reply[21], 3);
    assert_memory_equal(steps.reply + 12, syn + 16, 4); /* from the pool address, to who sent it */
    assert_memory_equal(steps.reply + 16, syn + 12, 4);
    assert_memory_equal(steps.reply + 28, syn, sizeof(syn));
    assert_true(build_checksum_good(steps.reply, 20, 1, len));
    assert_int_equal(pass(100), 0);
}

TEST(TCP_R4_where_errors_are_off_a_kept_syn_ends_in_silence)
{
    shared.send_errors = false;
    assert_silent(tcp4(5555, SYN), REASON_SYN_STORED);
    assert_int_equal(pass(100), 0);
}

TEST(TCP_CL_4_a_stranger_to_a_binding_is_kept)
{
    port = 0;
    assert_passes(FROM6, SYN);
    build_tcp(&built, "8.8.4.4", 443, POOL, external_port(), SYN, NULL, 0);
    assert_silent(send_built(), REASON_SYN_STORED);
    assert_int_equal(sessions(), 1);
}

/* TCP sessions in that state. */
static unsigned count_of(enum tcp_state wanted)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct session session;
        count += session_peek(shared.state.sessions, i, &session) && session.transport == TRANSPORT_TCP &&
                 session.tcp_state == wanted;
    }
    return count;
}

TEST(TCP_V4I_1_TCP_R2_TCP_R4_N64_3_5_2_02_syns_that_cross_with_ipv4_first)
{
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN, NULL, 0);
    assert_silent(send_built(), REASON_SYN_STORED);
    pass(3);
    build_tcp(&built, HOST, 4000, "64:ff9b::8.8.4.4", 443, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(external_port(), port);
    assert_int_equal(count_of(EST), 1);
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN | ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    /* The kept SYN is forgotten: no error ever, and the session has the established lifetime. */
    assert_int_equal(pass(300), 0);
    assert_int_equal(sessions(), 1);
}

TEST(TCP_CL_5_N64_3_5_2_07_open_bindings_let_a_syn_in)
{
    port = 8080;
    assert_passes(FROM4, SYN);
    assert_int_equal(state(), V4_INIT);
    assert_remaining(OPENING);
}

TEST(TCP_CL_5_under_endpoint_independent_filtering)
{
    shared.endpoint_independent[TRANSPORT_TCP] = true;
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    pass(100);
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(sessions(), 2);
    pass(141); /* the first is over, the second has 240 s of its own */
    assert_int_equal(state(), V4_INIT);
    assert_remaining(OPENING - 141);
}

TEST(N64_3_5_2_07_an_address_in_contact_may_connect)
{
    port = 0;
    assert_passes(FROM6, SYN);
    build_tcp(&built, "8.8.8.8", 9999, POOL, external_port(), SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(sessions(), 2);
}

TEST(TCP_R4_a_kept_syn_that_may_pass_after_all_is_not_answered)
{
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN, NULL, 0);
    assert_silent(send_built(), REASON_SYN_STORED);
    pass(1);
    build_tcp(&built, HOST, 4000, "64:ff9b::8.8.4.4", 80, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK); /* now 8.8.4.4 is in contact */
    pass(2);
    build_tcp(&built, "8.8.4.4", 443, POOL, port, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(pass(10), 0);
}

TEST(TCP_CL_6_other_segments_pass_on_a_binding_and_make_no_session)
{
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    build_tcp(&built, HOST, 4000, "64:ff9b::8.8.4.4", 443, ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(external_port(), port);
    build_tcp(&built, "8.8.8.8", 9999, POOL, port, ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    assert_int_equal(sessions(), 1);
}

TEST(N64_3_5_2_09_segments_of_a_stranger_do_not_pass)
{
    static const unsigned flags[] = {ACK, FIN | ACK, RST, PSH | ACK};
    port = 0;
    assert_passes(FROM6, SYN);
    port = external_port();
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        build_tcp(&built, "8.8.4.4", 443, POOL, port, flags[i], NULL, 0);
        assert_silent(send_built(), REASON_FILTERED);
    }
}

TEST(TCP_CL_7_segments_without_a_binding_go_nowhere)
{
    static const unsigned flags[] = {ACK, FIN | ACK, RST, PSH | ACK};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        assert_silent(tcp6(flags[i]), REASON_NO_SESSION);
        assert_silent(tcp4(5555, flags[i]), REASON_NO_SESSION);
    }
    assert_int_equal(bindings(), 0);
}

TEST(N64_3_5_2_08_a_reset_while_a_syn_is_kept_goes_nowhere)
{
    assert_silent(tcp4(5555, SYN), REASON_SYN_STORED);
    assert_silent(tcp4(5555, RST), REASON_NO_SESSION);
    assert_silent(tcp4(5555, ACK), REASON_NO_SESSION);
}

TEST(N64_3_5_2_06_a_repeated_syn_does_not_move_the_answer)
{
    assert_silent(tcp4(5555, SYN), REASON_SYN_STORED);
    assert_int_equal(pass(3), 0);
    assert_silent(tcp4(5555, SYN), REASON_SYN_REPEATED);
    assert_int_equal(pass(2), 0);
    assert_int_not_equal(pass(1), 0);
    assert_int_equal(pass(60), 0); /* one answer */
}

TEST(N64_3_5_2_10_impossible_flags_are_dropped_in_every_state)
{
    static const unsigned flags[] = {0, SYN | FIN, SYN | RST, SYN | FIN | RST, 64 | 128};
    reach(EST);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        assert_silent(segment(FROM4, flags[i]), REASON_TCP_FLAGS);
        assert_silent(segment(FROM6, flags[i]), REASON_TCP_FLAGS);
        assert_int_equal(state(), EST);
    }
    assert_passes(FROM4, RST | FIN | ACK); /* RST is seen before FIN */
    assert_int_equal(state(), TRANS);
}

TEST(TCP_EST_5_N64_3_5_2_03_N64_3_5_2_04_the_probe)
{
    uint8_t peer[16], host[16];
    static const uint8_t zeros[8];
    reach(EST);
    assert_int_equal(pass(7199), 0);
    assert_int_equal(pass(2), 60);
    image_of("8.8.8.8", peer);
    inet_pton(AF_INET6, HOST, host);
    const uint8_t *ip = steps.reply, *tcp = ip + 40;
    assert_int_equal(ip[0], 0x60);
    assert_int_equal(build_get16(ip + 4), 20);
    assert_int_equal(ip[6], 6);
    assert_memory_equal(ip + 8, peer, 16);
    assert_memory_equal(ip + 24, host, 16);
    assert_int_equal(build_get16(tcp), 443);
    assert_int_equal(build_get16(tcp + 2), 4000);
    assert_memory_equal(tcp + 4, zeros, 8);
    assert_int_equal(tcp[12], 0x50);
    assert_int_equal(tcp[13], ACK);
    assert_true(build_checksum_good(ip, 40, 6, 60));
    assert_int_equal(state(), TRANS);
    pass(CLOSING - 3);
    assert_int_equal(sessions(), 1);
    pass(3);
    assert_int_equal(sessions(), 0);
}

TEST(N64_3_5_2_14_an_opening_lifetime_does_not_shorten_another)
{
    /* In TRANS a segment gives the full lifetime; a late SYN of V6 INIT's kind must not take it away. */
    reach(TRANS);
    assert_passes(FROM6, SYN);
    pass(OPENING + 10);
    assert_int_equal(state(), EST);
}

TEST(N64_3_5_2_12_a_refusal_does_not_lengthen_what_is_left)
{
    reach(V6_INIT);
    pass(100);
    assert_passes(FROM4, RST | ACK); /* of 140 s it leaves 120 */
    pass(70);
    assert_passes(FROM4, RST | ACK);
    assert_remaining(50);
    reach(V6_INIT);
    pass(200);
    assert_passes(FROM4, RST | ACK);
    assert_remaining(40);
}

TEST(TCP_R5_by_the_defaults_an_idle_connection_lives_for_7440_s)
{
    shared.lifetime_ns[EXPIRY_TCP_CLOSING] = 240 * S;
    reach(EST);
    pass(7200);
    pass(239);
    assert_int_equal(sessions(), 1);
    pass(2);
    assert_int_equal(sessions(), 0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int main(void)
{
    static const struct CMUnitTest others[] = {
        CASE(TCP_CL_1_a_syn_from_ipv6_opens),
        CASE(TCP_CL_3_N64_5_3_03_a_syn_to_nobody_is_kept_without_a_binding),
        CASE(TCP_V4I_2_TCP_R4_a_kept_syn_is_answered_after_six_seconds_and_not_before),
        CASE(TCP_R4_where_errors_are_off_a_kept_syn_ends_in_silence),
        CASE(TCP_CL_4_a_stranger_to_a_binding_is_kept),
        CASE(TCP_V4I_1_TCP_R2_TCP_R4_N64_3_5_2_02_syns_that_cross_with_ipv4_first),
        CASE(TCP_CL_5_N64_3_5_2_07_open_bindings_let_a_syn_in),
        CASE(TCP_CL_5_under_endpoint_independent_filtering),
        CASE(N64_3_5_2_07_an_address_in_contact_may_connect),
        CASE(TCP_R4_a_kept_syn_that_may_pass_after_all_is_not_answered),
        CASE(TCP_CL_6_other_segments_pass_on_a_binding_and_make_no_session),
        CASE(N64_3_5_2_09_segments_of_a_stranger_do_not_pass),
        CASE(TCP_CL_7_segments_without_a_binding_go_nowhere),
        CASE(N64_3_5_2_08_a_reset_while_a_syn_is_kept_goes_nowhere),
        CASE(N64_3_5_2_06_a_repeated_syn_does_not_move_the_answer),
        CASE(N64_3_5_2_10_impossible_flags_are_dropped_in_every_state),
        CASE(TCP_EST_5_N64_3_5_2_03_N64_3_5_2_04_the_probe),
        CASE(N64_3_5_2_14_an_opening_lifetime_does_not_shorten_another),
        CASE(N64_3_5_2_12_a_refusal_does_not_lengthen_what_is_left),
        CASE(TCP_R5_by_the_defaults_an_idle_connection_lives_for_7440_s),
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(ends) + COUNT(others)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] =
            (struct CMUnitTest){rows[i].name, row_holds, set_up, tear_down, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < COUNT(ends); i++)
        tests[count++] =
            (struct CMUnitTest){ends[i].name, time_ends_it, set_up, tear_down, (void *)(uintptr_t)&ends[i]};
    memcpy(tests + count, others, sizeof(others));
    return RUN(tests);
}
