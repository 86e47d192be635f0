/*
 * Segments against what both ends have shown: scripts of a connection, a row a segment.
 *
 * Layer: test
 * Specification: RFC 6146 5.2, RFC 7857 2.2, RFC 5961, RFC 5927 4.1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/tcp_window.h"
#include "tests/unit/nat64d/build.h"

enum {
    FIN = PARSE_TCP_FIN,
    SYN = PARSE_TCP_SYN,
    RST = PARSE_TCP_RST,
    ACK = PARSE_TCP_ACK,
    B = 6, /* the backend sends */
    S = 4, /* the server, or who claims to be it */
};

/* Both numbers go round during the scripts. */
#define X 0xfffffff0u /* first number of the backend */
#define Y 0x7ffffff0u /* of the server */

struct row {
    int from;
    unsigned flags;
    uint32_t seq, len, ack;
    uint16_t window;
    uint8_t scale; /* of a SYN: shift + 1 or TCP_WINDOW_UNSCALED */
    int fits;
};

static bool play(struct tcp_window *window, const struct row *row)
{
    struct tcp_window_segment segment = {
        .seq = row->seq,
        .end = row->seq + row->len + ((row->flags & SYN) != 0) + ((row->flags & FIN) != 0),
        .ack = row->ack,
        .window = row->window,
        .flags = (uint8_t)row->flags,
        .scale = row->scale,
    };
    return row->from == B ? tcp_window_step6(window, &segment) : tcp_window_step4(window, &segment);
}

static void run(struct tcp_window *window, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (play(window, &rows[i]) != (rows[i].fits != 0)) {
            print_error("row %zu\n", i);
            fail();
        }
}

#define RUN(window, ...)                                   \
    do {                                                   \
        const struct row rows[] = {__VA_ARGS__};           \
        run(window, rows, sizeof(rows) / sizeof(rows[0])); \
    } while (0)

#define OPEN                                                                  \
    {B, SYN, X, 0, 0, 64240, 8, 1}, {S, SYN | ACK, Y, 0, X + 1, 65160, 8, 1}, \
    {                                                                         \
        B, ACK, X + 1, 0, Y + 1, 502, 0, 1                                    \
    }

static void N64_3_5_2_13_a_whole_connection_fits(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, OPEN, {B, ACK, X + 1, 100, Y + 1, 502, 0, 1}, {S, ACK, Y + 1, 0, X + 101, 509, 0, 1},
        {S, ACK, Y + 1, 60000, X + 101, 509, 0, 1},   /* a super-packet */
        {S, ACK, Y + 2001, 1000, X + 101, 509, 0, 1}, /* again */
        {B, ACK, X + 101, 0, Y + 1, 502, 0, 1},       /* a duplicate */
        {B, ACK, X + 101, 0, Y + 60001, 10, 0, 1},
        {B, ACK, X + 100, 0, Y + 60001, 502, 0, 1}, /* keep-alive */
        {S, ACK, Y + 60000, 0, X + 101, 509, 0, 1}, {S, FIN | ACK, Y + 60001, 10, X + 101, 509, 0, 1},
        {B, FIN | ACK, X + 101, 5, Y + 60012, 502, 0, 1}, {S, ACK, Y + 60012, 0, X + 107, 509, 0, 1},
        {S, FIN | ACK, Y + 60001, 10, X + 107, 509, 0, 1}, /* again */
        {S, FIN | ACK, Y + 60001, 9, X + 107, 509, 0, 0}); /* acknowledged already: nothing to end */
}

static void N64_3_5_2_13_an_older_acknowledgment_takes_nothing_back(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, OPEN, {S, ACK, Y + 1, 60000, X + 1, 509, 0, 1}, {B, ACK, X + 1, 0, Y + 60001, 502, 0, 1},
        {B, ACK, X + 1, 0, Y + 1, 502, 0, 1},         /* overtaken on its way */
        {S, ACK, Y + 100001, 100, X + 1, 509, 0, 1}); /* the newer one allows it */
}

static void N64_3_5_2_13_losses_before_us_leave_gaps(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    /* The window is 502 << 7 and 509 << 7: 64256 and 65152. */
    RUN(&window, OPEN, {S, ACK, Y + 1 + 64000, 256, X + 1, 509, 0, 1},
        {S, ACK, Y + 1, 1000, X + 1, 509, 0, 1}, {S, ACK, Y + 1 + 64257, 1, X + 1, 509, 0, 0},
        {B, ACK, X + 1 + 65000, 100, Y + 1, 502, 0, 1}, {S, RST, Y + 1 + 64256, 0, 0, 0, 0, 1});
}

static void LES_N_18_a_blind_segment_does_not_fit(void **state)
{
    static const uint32_t random[] = {0,
                                      1,
                                      Y - 2,
                                      Y + 0x10000,
                                      Y + 0x1000000,
                                      Y + 0x40000000,
                                      Y + 0x80000000,
                                      Y - 0x40000000,
                                      Y - 0x1000000,
                                      Y - 0x800000};
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, OPEN, {B, ACK, X + 1, 100, Y + 1, 502, 0, 1}, {S, ACK, Y + 1, 0, X + 101, 509, 0, 1});
    for (size_t i = 0; i < sizeof(random) / sizeof(random[0]); i++)
        RUN(&window, {S, RST, random[i], 0, 0, 0, 0, 0}, {S, RST | ACK, random[i], 0, X + 101, 0, 0, 0},
            {S, FIN | ACK, random[i], 0, X + 101, 0, 0, 0}, {S, SYN, random[i], 0, 0, 100, 1, 0});
    /* The right number, but nothing that the backend ever sent. */
    RUN(&window, {S, ACK, Y + 1, 10, X + 102, 509, 0, 0}, {S, ACK, Y + 1, 10, X + 0x40000000, 509, 0, 0},
        {S, 0x08, Y + 1, 10, 0, 509, 0, 0});
    /* The connection goes on as before, and ends by a RST of its own. */
    RUN(&window, {S, ACK, Y + 1, 10, X + 101, 509, 0, 1}, {B, ACK, X + 101, 0, Y + 11, 502, 0, 1},
        {B, RST, X + 0x100000, 0, 0, 0, 0, 0}, {B, RST, X - 5, 0, 0, 0, 0, 0},
        {B, RST, X + 101, 0, 0, 0, 0, 1}, {S, RST | ACK, Y + 11, 0, X + 101, 0, 0, 1});
}

static void LES_N_18_only_the_answer_to_the_syn_opens(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, {B, SYN, X, 0, 0, 64240, 8, 1}, {S, SYN | ACK, Y, 0, X, 1, 1, 0},
        {S, SYN | ACK, Y, 0, 0, 1, 1, 0}, {S, SYN | ACK, Y, 0, X + 2, 1, 1, 0}, {S, RST, 0, 0, 0, 0, 0, 0},
        {S, RST | ACK, 0, 0, X + 2, 0, 0, 0}, {S, RST | ACK, 0, 0, X + 1, 0, 0, 1},
        {B, SYN, X, 0, 0, 64240, 8, 1}, {S, SYN | ACK, Y, 0, X + 1, 65160, 8, 1},
        {S, SYN | ACK, Y, 0, X + 1, 65160, 8, 1});
    /* RFC 7413: data in the SYN, taken or not. */
    RUN(&window, {B, SYN, X, 500, 0, 64240, 8, 1}, {S, SYN | ACK, Y, 0, X + 1, 65160, 8, 1},
        {B, ACK, X + 1, 500, Y + 1, 502, 0, 1}, {S, ACK, Y + 1, 0, X + 501, 509, 0, 1});
}

static void N64_3_5_2_02_a_simultaneous_open_fits(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, {B, SYN, X, 0, 0, 64240, 8, 1}, {S, SYN, Y, 0, 0, 65160, 8, 1},
        {B, SYN | ACK, X, 0, Y + 1, 502, 8, 1}, {S, SYN | ACK, Y, 0, X + 1, 509, 8, 1},
        {S, ACK, Y + 1, 10, X + 1, 509, 0, 1}, {B, RST, X + 1, 0, 0, 0, 0, 1});
}

static void N64_3_5_2_13_who_comes_from_ipv4_opens_too(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, {S, SYN, Y, 0, 0, 65160, 8, 1}, {B, SYN | ACK, X, 0, Y + 1, 64240, 8, 1},
        {S, ACK, Y + 1, 0, X + 1, 509, 0, 1}, {S, ACK, Y + 1, 400, X + 1, 509, 0, 1},
        {S, RST, Y + 100000, 0, 0, 0, 0, 0}, {B, ACK, X + 1, 60000, Y + 401, 502, 0, 1});
}

/* The same ports again, while the old session lives: the new numbers count from the backend's SYN on. */
static void N64_3_5_2_13_a_new_connection_takes_the_old_ones_place(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    RUN(&window, OPEN, {B, ACK, X + 1, 100, Y + 1, 502, 0, 1},
        {B, SYN, 5000, 0, 0, 64240, TCP_WINDOW_UNSCALED, 1},
        {S, ACK, Y + 1, 0, X + 101, 509, 0, 0}, /* RFC 5961 4: the old one's challenge */
        {S, SYN | ACK, 9000, 0, 5001, 65160, 8, 1}, {B, ACK, 5001, 0, 9001, 64240, 0, 1},
        {S, ACK, 9001 + 64241, 1, 5001, 509, 0, 0}, /* no scale: the backend's SYN had none */
        {S, ACK, 9001 + 64240, 1, 5001, 509, 0, 1});
    /* And of a client of a static binding, by the backend's answer. */
    RUN(&window, {S, SYN, 77, 0, 0, 65160, 8, 0}, {B, SYN | ACK, 33, 0, 78, 64240, 8, 1},
        {S, ACK, 78, 0, 34, 509, 0, 1}, {S, ACK, 78, 10, 34, 509, 0, 1});
}

static void N64_3_5_2_13_what_is_not_known_is_believed(void **state)
{
    struct tcp_window window = {.scale6 = 8, .scale4 = 8};
    (void)state;
    /* After a restart from a copy: the server first, then the backend. */
    RUN(&window, {S, ACK, Y + 4000, 100, X + 50, 509, 0, 1}, {S, RST, 99, 0, 0, 0, 0, 1},
        {B, ACK, X + 50, 0, Y + 4100, 502, 0, 1}, {S, ACK, Y + 4100, 100, X + 50, 509, 0, 1},
        {S, RST, Y + 0x1000000, 0, 0, 0, 0, 0}, {S, RST, Y + 4100, 0, 0, 0, 0, 1});
    /* What the backend sends is the measure when the numbers are off altogether. */
    RUN(&window, {B, ACK, X + 0x50000000, 10, Y + 0x60000000, 502, 0, 1},
        {S, ACK, Y + 0x60000000, 10, X + 0x5000000a, 509, 0, 1}, {S, RST, Y + 0x6000000a, 0, 0, 0, 0, 1},
        {S, RST, Y + 4100, 0, 0, 0, 0, 0});
}

static void SEC_42_an_error_is_about_what_is_in_flight(void **state)
{
    struct tcp_window window = {0};
    (void)state;
    assert_true(tcp_window_in_flight(&window, true, 12345));
    RUN(&window, {B, SYN, X, 0, 0, 64240, 8, 1});
    assert_true(tcp_window_in_flight(&window, true, X));
    assert_false(tcp_window_in_flight(&window, true, X + 2));
    assert_true(tcp_window_in_flight(&window, false, 12345));
    RUN(&window, {S, SYN | ACK, Y, 0, X + 1, 65160, 8, 1}, {B, ACK, X + 1, 3000, Y + 1, 502, 0, 1},
        {S, ACK, Y + 1, 0, X + 1001, 509, 0, 1});
    assert_true(tcp_window_in_flight(&window, true, X + 1001));
    assert_true(tcp_window_in_flight(&window, true, X + 2500));
    assert_true(tcp_window_in_flight(&window, true, X + 3001)); /* an ACK without data */
    assert_false(tcp_window_in_flight(&window, true, X + 3002));
    assert_false(tcp_window_in_flight(&window, true, X + 500));
    assert_true(tcp_window_in_flight(&window, false, Y + 1));
    assert_false(tcp_window_in_flight(&window, false, Y + 2));
    assert_false(tcp_window_in_flight(&window, false, Y - 1));
}

static void N64_3_5_2_13_the_segment_is_read_from_the_packet(void **state)
{
    static struct built built;
    static const uint8_t options[] = {2, 4, 5, 0xb4, 1, 3, 3, 7};
    struct tcp_window_segment segment;
    (void)state;
    build_tcp(&built, "2001:db8::1", 1, "64:ff9b::1", 2, SYN, options, sizeof(options));
    built.packet.data[40 + 12] = 0x70; /* what was data is options */
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    tcp_window_read(&built.packet, &segment);
    assert_int_equal(segment.seq, 0x11223344);
    assert_int_equal(segment.end, 0x11223345);
    assert_int_equal(segment.scale, 8);
    assert_int_equal(segment.window, 0xffff);
    built.packet.data[40 + 20 + 7] = 200; /* RFC 7323 2.3: 14 at most */
    tcp_window_read(&built.packet, &segment);
    assert_int_equal(segment.scale, 15);
    built.packet.data[40 + 20 + 1] = 9; /* runs out of the header */
    tcp_window_read(&built.packet, &segment);
    assert_int_equal(segment.scale, TCP_WINDOW_UNSCALED);
    build_tcp(&built, "192.0.2.1", 1, "192.0.2.2", 2, FIN | ACK, "abc", 3);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    tcp_window_read(&built.packet, &segment);
    assert_int_equal(segment.end - segment.seq, 4);
    assert_int_equal(segment.ack, 0x11223345);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_3_5_2_13_a_whole_connection_fits),
        cmocka_unit_test(N64_3_5_2_13_an_older_acknowledgment_takes_nothing_back),
        cmocka_unit_test(N64_3_5_2_13_losses_before_us_leave_gaps),
        cmocka_unit_test(LES_N_18_a_blind_segment_does_not_fit),
        cmocka_unit_test(LES_N_18_only_the_answer_to_the_syn_opens),
        cmocka_unit_test(N64_3_5_2_02_a_simultaneous_open_fits),
        cmocka_unit_test(N64_3_5_2_13_who_comes_from_ipv4_opens_too),
        cmocka_unit_test(N64_3_5_2_13_a_new_connection_takes_the_old_ones_place),
        cmocka_unit_test(N64_3_5_2_13_what_is_not_known_is_believed),
        cmocka_unit_test(SEC_42_an_error_is_about_what_is_in_flight),
        cmocka_unit_test(N64_3_5_2_13_the_segment_is_read_from_the_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
