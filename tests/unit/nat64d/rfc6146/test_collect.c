/*
 * Fragments through the steps: every piece that leaves, byte for byte, and what is refused. The pieces are
 * cut and joined here by code of the test's own.
 *
 * Layer: test
 * Specification: RFC 6146 3.4, RFC 7915 4.1, 4.5, 5.1.1, RFC 8200 4.5, RFC 5722, RFC 6946, RFC 3128
 */
#include "tests/unit/nat64d/gateway.h"

#include "nat64d/rfc7915/fragment.h"

enum { PIECES_MAX = 64, BIG = 65536 + 128 };

static struct built in;
static uint8_t whole[BIG], joined[BIG], payload[BIG];
static struct packet out; /* the last that left */
static uint8_t out_buffer[PACKET_BUFFER];
static uint32_t joined_len, pieces_out, largest_out;
static bool joined_last;

static const char backend[] = "2001:db8::1", service6[] = "64:ff9b::8.8.8.8", service4[] = "8.8.8.8",
                  pool4[] = "203.0.113.1";

static uint32_t count(unsigned index)
{
    return (uint32_t)counters_get(&counters, index);
}

static uint32_t tally(enum tally which)
{
    return count(REASON_COUNT + (unsigned)which);
}

/* The next fragment to go in: `len` bytes of `l4` at `offset`, of a datagram of `total`. */
static void cut(const char *from, const char *to, unsigned protocol, uint32_t id, const uint8_t *l4,
                uint32_t offset, uint32_t len, bool more)
{
    build_fragment(&in, from, to, protocol, id, l4, offset, len, more);
}

/* What the receiver makes of a packet: joins its payload, looks at what all fragments have. */
static void receive(const struct packet *packet, uint32_t mtu)
{
    const uint8_t *ip = packet->data;
    uint32_t header = 20, offset = (build_get16(ip + 6) & 0x1fff) * 8;
    bool more = build_get16(ip + 6) & 0x2000;
    assert_true(packet->len <= mtu);
    if (ip[0] >> 4 == 6) {
        assert_int_equal(build_get16(ip + 4) + 40, packet->len);
        header = ip[6] == 44 ? 48 : 40;
        offset = ip[6] == 44 ? build_get16(ip + 42) & 0xfff8 : 0;
        more = ip[6] == 44 && (ip[43] & 1);
        if (ip[6] == 44)
            assert_int_equal(ip[41], 0); /* XL-4.1-14 */
    } else {
        assert_int_equal(build_get16(ip + 2), packet->len);
        assert_int_equal(build_sum(0, ip, 20), 0xffff);
        assert_int_equal(build_get16(ip + 6) & 0x4000, 0); /* XL-5.1-07 */
    }
    if (more)
        assert_int_equal((packet->len - header) % 8, 0);
    memcpy(joined + offset, ip + header, packet->len - header);
    joined_len += packet->len - header;
    joined_last |= !more;
    pieces_out++;
    largest_out = packet->len > largest_out ? packet->len : largest_out;
}

/* As edge/send does. */
static void leave(const struct packet *packet)
{
    static uint8_t piece_bytes[PACKET_MAX];
    struct packet piece = {.data = piece_bytes};
    struct fragment_cut cutting;
    memcpy(out_buffer, packet->data, packet->len);
    out = *packet;
    out.data = out_buffer;
    if (result.cut_mtu == 0) {
        receive(packet, PACKET_MAX);
        return;
    }
    fragment_cut_init(&cutting, packet, result.cut_mtu, packet->id);
    while (fragment_cut_next(&cutting, piece_bytes, &piece.len))
        receive(&piece, result.cut_mtu);
}

/* One fragment in, and what that brings out. */
static enum reason put(void)
{
    static struct built waiting;
    enum reason reason;
    steps_packet(&steps, &in.packet, now_ns, &result);
    reason = result.reason;
    if (result.verdict == STEPS_SEND)
        leave(&in.packet);
    while (steps_waiting(&steps)) {
        waiting.packet.data = waiting.buffer + PACKET_HEADROOM;
        steps_take_waiting(&steps, &waiting.packet);
        steps_packet(&steps, &waiting.packet, now_ns, &result);
        if (result.verdict == STEPS_SEND)
            leave(&waiting.packet);
        reason = result.reason;
    }
    return reason;
}

static void begin(void)
{
    memset(joined, 0, sizeof(joined));
    joined_len = pieces_out = largest_out = 0;
    joined_last = false;
}

/* Transport bytes of a datagram with a checksum that is right. */
static void fill(uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        whole[i] = payload[i] = (uint8_t)(i * 7 + i / 251);
}

static uint16_t oracle(const char *from, const char *to, unsigned protocol, const uint8_t *l4, uint32_t len)
{
    static uint8_t bytes[BIG + 64];
    bool v4 = strchr(from, ':') == NULL;
    bytes[0] = v4 ? 0x45 : 0x60;
    inet_pton(v4 ? AF_INET : AF_INET6, from, bytes + (v4 ? 12 : 8));
    inet_pton(v4 ? AF_INET : AF_INET6, to, bytes + (v4 ? 16 : 24));
    return (uint16_t)(~build_sum(build_pseudo(bytes, protocol, len), l4, len) & 0xffff);
}

/* The transport checksum of what was joined, as its receiver sees it. */
static bool joined_good(const char *from, const char *to, unsigned protocol)
{
    return oracle(from, to, protocol, joined, joined_len) == 0;
}

static void make_udp(const char *from, unsigned port, const char *to, unsigned to_port, uint32_t len)
{
    fill(len);
    build_put16(whole, port);
    build_put16(whole + 2, to_port);
    build_put16(whole + 4, len);
    build_put16(whole + 6, 0);
    uint16_t sum = oracle(from, to, 17, whole, len);
    build_put16(whole + 6, sum == 0 ? 0xffff : sum);
}

static void make_echo(const char *from, const char *to, unsigned type, unsigned id, uint32_t len)
{
    unsigned protocol = strchr(from, ':') == NULL ? 1 : 58;
    fill(len);
    whole[0] = (uint8_t)type;
    whole[1] = 0;
    build_put16(whole + 2, 0);
    build_put16(whole + 4, id);
    build_put16(whole + 6, 1);
    build_put16(whole + 2, oracle(from, to, protocol, whole, len));
}

/* Opens a binding; its port. */
static unsigned open_udp(void)
{
    build_udp(&in, backend, 5000, service6, 7777, "open", 4);
    steps_packet(&steps, &in.packet, now_ns, &result);
    assert_int_equal(result.reason, REASON_OK);
    return build_get16(in.packet.data + 20);
}

static void swap_order(unsigned *order, unsigned a, unsigned b)
{
    unsigned was = order[a];
    order[a] = order[b];
    order[b] = was;
}

/* Runs `each` on every order of n (Heap's algorithm). */
static void permute(unsigned n, unsigned *order, unsigned k, void (*each)(const unsigned *order))
{
    if (k == 1) {
        each(order);
        return;
    }
    for (unsigned i = 0; i < k; i++) {
        permute(n, order, k - 1, each);
        swap_order(order, k % 2 == 0 ? i : 0, k - 1);
    }
}

static unsigned pool_port;

static void four_from_ipv6(const unsigned *order)
{
    static uint32_t id = 0x12340000;
    begin();
    make_udp(backend, 5000, service6, 7777, 4000);
    id++;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t offset = order[i] * 1232, len = order[i] == 3 ? 4000 - 3 * 1232 : 1232;
        cut(backend, service6, 17, id, whole, offset, len, order[i] != 3);
        assert_int_equal(put(), REASON_OK);
        if (pieces_out > 0)
            assert_int_equal(build_get16(out.data + 4), id & 0xffff); /* XL-5.1-05 */
    }
    assert_int_equal(pieces_out, 4); /* each for itself */
    assert_int_equal(joined_len, 4000);
    assert_true(joined_last);
    assert_int_equal(build_get16(joined), pool_port);
    assert_memory_equal(joined + 8, payload + 8, 4000 - 8);
    assert_true(joined_good(pool4, service4, 17));
    assert_int_equal(fragments_count(steps.fragments), 0);
    assert_int_equal(fragments_chunks(steps.fragments), 0);
}

TEST(N64_FRG_01_UDP_R14_XL_4_5_06_from_ipv6_in_every_order)
{
    unsigned order[4] = {0, 1, 2, 3};
    pool_port = open_udp();
    permute(4, order, 4, four_from_ipv6);
    assert_int_equal(tally(TALLY_REASSEMBLED), 0);
}

static void three_from_ipv4(const unsigned *order)
{
    static uint32_t id = 0xab00;
    begin();
    make_udp(service4, 7777, pool4, pool_port, 3000);
    id++;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t offset = order[i] * 1200, len = order[i] == 2 ? 600 : 1200;
        cut(service4, pool4, 17, id, whole, offset, len, order[i] != 2);
        assert_int_equal(put(), REASON_OK);
        if (pieces_out > 0) {
            assert_int_equal(build_get16(out.data + 44), 0); /* XL-4.1-13 */
            assert_int_equal(build_get16(out.data + 46), id);
        }
    }
    assert_int_equal(pieces_out, 3);
    assert_int_equal(joined_len, 3000);
    assert_int_equal(build_get16(joined + 2), 5000);
    assert_memory_equal(joined + 8, payload + 8, 3000 - 8);
    assert_true(joined_good(service6, backend, 17));
    assert_int_equal(fragments_count(steps.fragments), 0);
}

TEST(N64_FRG_06_UDP_R14_XL_4_5_06_from_ipv4_in_every_order)
{
    unsigned order[3] = {0, 1, 2};
    pool_port = open_udp();
    permute(3, order, 3, three_from_ipv4);
    assert_int_equal(tally(TALLY_REASSEMBLED), 0); /* XL-4.5-06 */
}

TEST(XL_4_1_12_a_fragment_byte_for_byte)
{
    static const uint8_t expected[48] = {0x60, 0,    0,    0,    0,  24, 44, 63, 0, 0x64, 0xff, 0x9b,
                                         0,    0,    0,    0,    0,  0,  0,  0,  8, 8,    8,    8,
                                         0x20, 0x01, 0x0d, 0xb8, 0,  0,  0,  0,  0, 0,    0,    0,
                                         0,    0,    0,    1,    17, 0,  0,  1,  0, 0,    0xab, 0xcd};
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 40);
    cut(service4, pool4, 17, 0xabcd, whole, 0, 16, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(out.len, 64);
    assert_memory_equal(out.data, expected, sizeof(expected));
    cut(service4, pool4, 17, 0xabcd, whole, 16, 24, false);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(build_get16(out.data + 4), 32);
    assert_int_equal(build_get16(out.data + 42), 16); /* offset, no M */
    assert_true(joined_good(service6, backend, 17));
}

TEST(XL_FRG46_10_a_fragment_that_does_not_fit_is_cut_again)
{
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 2000);
    cut(service4, pool4, 17, 7, whole, 0, 1480, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(result.cut_mtu, 1280);
    assert_int_equal(pieces_out, 2);
    assert_false(joined_last);
    cut(service4, pool4, 17, 7, whole, 1480, 520, false);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(pieces_out, 3);
    assert_int_equal(largest_out, 1280); /* XL-FRG46-04: with its fragment header */
    assert_int_equal(joined_len, 2000);
    assert_true(joined_good(service6, backend, 17));
}

TEST(XL_FRG46_08_the_fragment_header_counts)
{
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 2480);
    cut(service4, pool4, 17, 7, whole, 0, 1240, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(result.cut_mtu, 1280); /* 1260 bytes would be 1288 */
    cut(service4, pool4, 17, 7, whole, 1240, 1240, false);
    in.packet.data[6] |= 0x40;
    build_header_checksum(in.packet.data);
    assert_int_equal(put(), REASON_OK); /* DF, and the link takes it */
    assert_int_equal(result.cut_mtu, 0);
    assert_int_equal(joined_len, 2480);
    assert_true(joined_good(service6, backend, 17));
}

TEST(XL_FRG64_03_and_to_ipv4)
{
    open_udp();
    begin();
    route4.mtu = network.lowest_mtu4 = 576;
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 0x99, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    cut(backend, service6, 17, 0x99, whole, 1232, 768, false);
    assert_int_equal(put(), REASON_OK);
    route4.mtu = network.lowest_mtu4 = 1500;
    assert_int_equal(pieces_out, 5);
    assert_true(largest_out <= 576);
    assert_int_equal(joined_len, 2000);
    assert_true(joined_good(pool4, service4, 17));
}

TEST(N64_FRG_15_a_large_ping_is_put_together_and_cut_again)
{
    begin();
    make_echo(backend, service6, 128, 0x77, 8008);
    for (uint32_t offset = 0; offset < 8008; offset += 1232) {
        uint32_t len = 8008 - offset < 1232 ? 8008 - offset : 1232;
        cut(backend, service6, 58, 0x00050006, whole, offset, len, offset + len < 8008);
        assert_int_equal(put(), REASON_OK);
    }
    assert_int_equal(tally(TALLY_REASSEMBLED), 1);
    assert_int_equal(joined_len, 8008);
    assert_true(largest_out <= 1500);
    assert_int_equal(build_get16(out.data + 4), 6);
    assert_int_equal(joined[0], 8);
    assert_true(joined_good(pool4, service4, 1));
    unsigned id = build_get16(joined + 4);

    /* CK-07: its answer, last fragment first. */
    begin();
    make_echo(service4, pool4, 0, id, 8008);
    for (uint32_t n = 6; n-- > 0;) {
        uint32_t offset = n * 1480, len = 8008 - offset < 1480 ? 8008 - offset : 1480;
        cut(service4, pool4, 1, 9, whole, offset, len, offset + len < 8008);
        assert_int_equal(put(), REASON_OK);
    }
    assert_int_equal(joined_len, 8008);
    assert_true(largest_out <= 1280); /* LES-N-10 */
    assert_int_equal(joined[0], 129);
    assert_int_equal(build_get16(joined + 4), 0x77);
    assert_true(joined_good(service6, backend, 58));
    assert_memory_equal(joined + 8, payload + 8, 8000);
    assert_int_equal(fragments_chunks(steps.fragments), 0);
}

TEST(N64_FRG_07_no_checksum_is_computed_over_the_whole)
{
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 3000);
    build_put16(whole + 6, 0);
    cut(service4, pool4, 17, 3, whole, 1480, 1480, true);
    assert_int_equal(put(), REASON_OK);
    cut(service4, pool4, 17, 3, whole, 0, 1480, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(pieces_out, 0);
    cut(service4, pool4, 17, 3, whole, 2960, 40, false);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(joined_len, 3000);
    assert_int_not_equal(build_get16(joined + 6), 0);
    assert_true(joined_good(service6, backend, 17));
    assert_memory_equal(joined + 8, payload + 8, 2992);
    /* LES-N-12: UDP's own length must be that of the whole. */
    build_put16(whole + 4, 2000);
    cut(service4, pool4, 17, 4, whole, 1480, 1520, false);
    put();
    cut(service4, pool4, 17, 4, whole, 0, 1480, true);
    assert_int_equal(put(), REASON_TRANSPORT_HEADER);
    shared.options.drop_zero_checksum = true;
    cut(service4, pool4, 17, 5, whole, 0, 1480, true);
    assert_int_equal(put(), REASON_UDP_ZERO_CHECKSUM);
}

TEST(N64_FRG_07_a_sum_of_zero_is_sent_as_ffff)
{
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 1600);
    build_put16(whole + 6, 0);
    /* As IPv6 it will sum to 0 with the right last two bytes. */
    memcpy(joined, whole, 1600);
    build_put16(joined + 2, 5000);
    build_put16(whole + 1598, 0);
    build_put16(joined + 1598, 0);
    build_put16(whole + 1598, oracle(service6, backend, 17, joined, 1600));
    cut(service4, pool4, 17, 3, whole, 0, 800, true);
    put();
    cut(service4, pool4, 17, 3, whole, 800, 800, false);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(build_get16(joined + 6), 0xffff);
}

TEST(N64_FRG_03_the_second_in_time_and_too_late)
{
    open_udp();
    unsigned budget = 10;
    begin();
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 1, whole, 1232, 768, false);
    assert_int_equal(put(), REASON_OK);
    now_ns += 1900000000;
    steps_timeout(&steps, now_ns, &budget);
    cut(backend, service6, 17, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(joined_len, 2000);
    /* N64-FRG-14: the next one is given up, in silence. */
    cut(backend, service6, 17, 2, whole, 1232, 768, false);
    assert_int_equal(put(), REASON_OK);
    now_ns += 2 * S;
    budget = 10;
    assert_int_equal(steps_timeout(&steps, now_ns, &budget), 0);
    assert_int_equal(count(REASON_FRAGMENT_TIMEOUT), 1);
    assert_int_equal(fragments_count(steps.fragments), 0);
    assert_int_equal(fragments_chunks(steps.fragments), 0);
}

/* Its first fragment is there, so that somebody could be told; whatever the window is, nobody is. */
TEST(N64_FRG_14_a_datagram_that_stays_incomplete_ends_in_silence)
{
    pool_port = open_udp();
    for (unsigned i = 0; i < 2; i++) {
        shared.fragment_ns = (i == 0 ? 2 : 60) * S;
        begin();
        make_echo(backend, service6, 128, 7, 2000);
        cut(backend, service6, 58, 1 + i, whole, 0, 1232, true);
        assert_int_equal(put(), REASON_OK);
        make_udp(service4, 7777, pool4, pool_port, 2000);
        build_put16(whole + 6, 0); /* no checksum: put together, too */
        cut(service4, pool4, 17, 1 + i, whole, 0, 1232, true);
        assert_int_equal(put(), REASON_OK);
        assert_int_equal(fragments_count(steps.fragments), 2);
        now_ns += shared.fragment_ns + S;
        unsigned budget = 10;
        assert_int_equal(steps_timeout(&steps, now_ns, &budget), 0);
        assert_int_equal(fragments_count(steps.fragments), 0);
        assert_int_equal(pieces_out, 0);
    }
    assert_int_equal(count(REASON_FRAGMENT_TIMEOUT), 4);
}

/* Each piece of a packet that is cut goes on where the one before it ended. */
static void assert_in_order(const struct packet *packet, uint32_t mtu)
{
    static uint8_t piece[PACKET_MAX];
    struct fragment_cut cutting;
    uint32_t len, next = 0, pieces = 0;
    bool v4 = packet->family == 4;
    fragment_cut_init(&cutting, packet, mtu, 7);
    while (fragment_cut_next(&cutting, piece, &len)) {
        uint32_t offset = v4 ? (build_get16(piece + 6) & 0x1fff) * 8 : build_get16(piece + 42) & 0xfff8;
        assert_int_equal(offset, next);
        next = offset + len - (v4 ? 20 : 48);
        pieces++;
    }
    assert_true(pieces > 1);
    assert_int_equal(next, packet_l4_total(packet));
}

TEST(UDP_R13_too_big_is_told_or_cut_in_order)
{
    unsigned port = open_udp();
    make_udp(service4, 7777, pool4, port, 1480);
    for (unsigned df = 0; df < 2; df++) {
        route6.mtu = 1400;
        cut(service4, pool4, 17, 1, whole, 0, 1480, false);
        in.packet.data[6] = df ? 0x40 : 0;
        build_header_checksum(in.packet.data);
        steps_packet(&steps, &in.packet, now_ns, &result);
        if (df) {
            assert_answer4(result.reason, REASON_TOO_BIG, 3, 4);
            assert_int_equal(build_get16(steps.reply + 26), 1380);
        } else {
            assert_int_equal(result.reason, REASON_OK);
            assert_in_order(&in.packet, result.cut_mtu);
        }
    }
    /* From IPv6: more than 1280 is told, what is less is cut. */
    route4.mtu = network.lowest_mtu4 = 1000;
    make_udp(backend, 5000, service6, 7777, 1400);
    memcpy(build_ip(&in, backend, service6, 17, 1400), whole, 1400);
    steps_packet(&steps, &in.packet, now_ns, &result);
    assert_answer6(result.reason, REASON_TOO_BIG, 2, 0);
    assert_int_equal(build_get16(steps.reply + 46), 1280);
    make_udp(backend, 5000, service6, 7777, 1240);
    memcpy(build_ip(&in, backend, service6, 17, 1240), whole, 1240);
    steps_packet(&steps, &in.packet, now_ns, &result);
    assert_int_equal(result.reason, REASON_OK);
    assert_int_equal(result.cut_mtu, 1000);
    assert_in_order(&in.packet, result.cut_mtu);
}

TEST(N64_FRG_04_the_window_is_configured)
{
    open_udp();
    unsigned budget = 10;
    shared.fragment_ns = 5 * S;
    begin();
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 1, whole, 1232, 768, false);
    put();
    now_ns += 4 * S;
    steps_timeout(&steps, now_ns, &budget);
    cut(backend, service6, 17, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(joined_len, 2000);
}

static void overlaps(const char *from, const char *to, unsigned port, unsigned to_port)
{
    begin();
    make_udp(from, port, to, to_port, 3000);
    cut(from, to, 17, 1, whole, 1200, 1200, true);
    assert_int_equal(put(), REASON_OK);
    cut(from, to, 17, 1, whole, 1192, 800, true);
    assert_int_equal(put(), REASON_FRAGMENT_OVERLAP);
    assert_int_equal(result.reply_len, 0);
    cut(from, to, 17, 1, whole, 0, 1200, true);
    assert_int_equal(put(), REASON_FRAGMENT_OVERLAP);
    cut(from, to, 17, 1, whole, 2400, 600, false);
    assert_int_equal(put(), REASON_FRAGMENT_OVERLAP);
    assert_int_equal(pieces_out, 0);
    assert_int_equal(fragments_chunks(steps.fragments), 0);
}

TEST(N64_FRG_09_an_overlap_ends_the_datagram_from_ipv6)
{
    open_udp();
    overlaps(backend, service6, 5000, 7777);
    assert_int_equal(count(REASON_FRAGMENT_OVERLAP), 4); /* the one that had waited, too */
}

TEST(N64_FRG_10_and_from_ipv4)
{
    overlaps(service4, pool4, 7777, open_udp());
}

TEST(N64_FRG_09_a_duplicate_is_dropped_alone)
{
    open_udp();
    begin();
    make_udp(backend, 5000, service6, 7777, 3000);
    for (unsigned i = 0; i < 3; i++) {
        cut(backend, service6, 17, 1, whole, i * 1200, i == 2 ? 600 : 1200, i < 2);
        assert_int_equal(put(), REASON_OK);
        if (i == 2)
            break; /* all are there: what comes now begins another */
        cut(backend, service6, 17, 1, whole, i * 1200, 1200, true);
        assert_int_equal(put(), REASON_FRAGMENT_DUPLICATE);
    }
    assert_int_equal(joined_len, 3000);
    assert_true(joined_good(pool4, service4, 17));
}

TEST(N64_FRG_11_an_atomic_fragment_disturbs_none)
{
    open_udp();
    begin();
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 0x0007abcd, whole, 1232, 768, false);
    assert_int_equal(put(), REASON_OK);
    make_udp(backend, 5000, service6, 7777, 100);
    cut(backend, service6, 17, 0x0007abcd, whole, 0, 100, false);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(out.len, 120); /* XL-FRG64-04: alone, with its identification, DF and MF 0 */
    assert_int_equal(build_get16(out.data + 4), 0xabcd);
    assert_int_equal(build_get16(out.data + 6), 0);
    begin();
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 0x0007abcd, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(pieces_out, 2);
}

TEST(N64_FRG_12_fragments_that_part_the_tcp_header)
{
    build_tcp(&in, backend, 4000, service6, 80, 2, "data", 4);
    memcpy(whole, in.packet.data + 40, 24);
    cut(backend, service6, 6, 1, whole, 0, 8, true);
    assert_int_equal(put(), REASON_FRAGMENT_TINY);
    cut(backend, service6, 6, 1, whole, 0, 16, true);
    assert_int_equal(put(), REASON_FRAGMENT_TINY); /* N64-FRG-05 */
    cut(backend, service6, 6, 1, whole, 8, 16, false);
    assert_int_equal(put(), REASON_FRAGMENT_TINY);
    cut(service4, pool4, 6, 1, whole, 8, 16, false);
    assert_int_equal(put(), REASON_FRAGMENT_TINY);
    assert_int_equal(fragments_count(steps.fragments), 0);
}

TEST(N64_FRG_06_tcp_by_fragments)
{
    static uint8_t data[1000];
    begin();
    build_tcp(&in, backend, 4000, service6, 80, 2, data, sizeof(data));
    memcpy(whole, in.packet.data + 40, 1020);
    cut(backend, service6, 6, 1, whole, 504, 516, false);
    assert_int_equal(put(), REASON_OK);
    cut(backend, service6, 6, 1, whole, 0, 504, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(joined_len, 1020);
    assert_true(joined_good(pool4, service4, 6));
}

TEST(N64_FRG_13_lengths_that_no_fragment_has)
{
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 1, whole, 0, 1001, true);
    assert_int_equal(put(), REASON_FRAGMENT_LENGTH);
    assert_int_equal(steps.reply[40], 4); /* ICMPv6 4/0 at the payload length */
    assert_int_equal(build_get16(steps.reply + 46), 4);
    cut(backend, service6, 17, 1, whole, 1000, 0, true); /* SEC-51 */
    assert_int_equal(put(), REASON_FRAGMENT_LENGTH);
    cut(service4, pool4, 17, 1, whole, 0, 1001, true);
    assert_int_equal(put(), REASON_FRAGMENT_LENGTH);
    cut(backend, service6, 17, 1, payload, 65512, 8, false);
    assert_int_equal(put(), REASON_FRAGMENT_TOO_LONG);
    cut(service4, pool4, 17, 1, payload, 65512, 8, false);
    assert_int_equal(put(), REASON_FRAGMENT_TOO_LONG);
    cut(backend, service6, 44, 1, whole, 0, 1000, true);
    assert_int_equal(put(), REASON_FRAGMENT_HEADERS); /* LES-N-11 */
    cut(backend, service6, 60, 1, whole, 0, 1000, true);
    assert_int_equal(put(), REASON_EXTENSION_CHAIN); /* XL-5.1-16 */
    assert_int_equal(fragments_count(steps.fragments), 0);
}

TEST(N64_FRG_02_who_may_not_use_the_translator_fills_no_table)
{
    make_udp("2a00::1", 5000, service6, 7777, 2000);
    cut("2a00::1", service6, 17, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_SOURCE_NOT_BACKEND);
    cut(backend, "2001:db8::2", 17, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_NOT_PREF64);
    cut(service4, "203.0.113.9", 17, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_NOT_POOL);
    cut(backend, service6, 132, 1, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_UNKNOWN_PROTOCOL);
    assert_int_equal(fragments_count(steps.fragments), 0);
}

TEST(N64_FRG_06_later_fragments_make_no_session)
{
    begin();
    make_udp(service4, 7777, pool4, 4444, 2000);
    cut(service4, pool4, 17, 1, whole, 0, 1200, true);
    assert_int_equal(put(), REASON_NO_BINDING);
    cut(service4, pool4, 17, 1, whole, 1200, 800, false);
    assert_int_equal(put(), REASON_FRAGMENT_NO_SESSION);
    assert_int_equal(pieces_out, 0);
}

TEST(LES_N_21_fragments_between_two_backends)
{
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    build_udp(&in, "2001:db8::2", 6000, service6, 53, "x", 1);
    steps_packet(&steps, &in.packet, now_ns, &result);
    unsigned port = build_get16(in.packet.data + 20);
    begin();
    make_udp(backend, 5000, "64:ff9b::203.0.113.1", port, 2400);
    cut(backend, "64:ff9b::203.0.113.1", 17, 0xbeef, whole, 1232, 1168, false);
    assert_int_equal(put(), REASON_OK);
    cut(backend, "64:ff9b::203.0.113.1", 17, 0xbeef, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(joined_len, 2400);
    assert_int_equal(build_get16(joined + 2), 6000);
    assert_true(joined_good("64:ff9b::203.0.113.1", "2001:db8::2", 17));
    assert_int_equal(fragments_count(steps.fragments), 0); /* once, not once a side */

    begin();
    make_echo(backend, "64:ff9b::203.0.113.1", 128, 0x55, 3000);
    cut(backend, "64:ff9b::203.0.113.1", 58, 0xbee0, whole, 0, 1232, true);
    put();
    cut(backend, "64:ff9b::203.0.113.1", 58, 0xbee0, whole, 1232, 1768, false);
    /* To itself: its own binding has the identifier that it carries. */
    assert_int_equal(put(), REASON_OK);
    assert_true(largest_out <= 1280);
    assert_int_equal(joined_len, 3000);
    assert_true(joined_good("64:ff9b::203.0.113.1", backend, 58));
    assert_int_equal(tally(TALLY_REASSEMBLED), 1);
}

/* A whole datagram of NFQUEUE: the kernel has put it together. */
TEST(XL_FRG46_04_a_whole_datagram_is_cut)
{
    unsigned port = open_udp();
    begin();
    make_udp(service4, 7777, pool4, port, 4008);
    cut(service4, pool4, 17, 0x4321, whole, 0, 4008, false);
    /* From fragments with DF: longer than any link, so it was cut before. */
    in.packet.data[6] = 0x40;
    build_header_checksum(in.packet.data);
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(result.cut_mtu, 1280);
    assert_int_equal(largest_out, 1280);
    assert_int_equal(joined_len, 4008);
    assert_true(joined_good(service6, backend, 17));
    /* XL-FRG46-07: what fits the link with DF came in one piece, and is refused. */
    route6.mtu = 1280;
    make_udp(service4, 7777, pool4, port, 1480);
    cut(service4, pool4, 17, 0x4322, whole, 0, 1480, false);
    in.packet.data[6] = 0x40;
    build_header_checksum(in.packet.data);
    assert_int_equal(put(), REASON_TOO_BIG);
    route6.mtu = 1500;
}

TEST(N64_FRG_01_the_home_hands_over_to_the_owner)
{
    static struct steps other;
    unsigned homes[2] = {0, 0};
    struct siphash_key key = {7, 8};
    unsigned port = open_udp();
    shared.workers = 2; /* the only shard is worker 0's */
    other.shared = &shared;
    other.network = &network;
    other.worker = 1;
    other.shards = shards;
    other.counters = &counters;
    assert_int_equal(fragments_new(FRAGMENTS_LEAST, key, &other.fragments), 0);
    for (uint32_t id = 1; id <= 16; id++) {
        begin();
        make_udp(service4, 7777, pool4, port, 2000);
        cut(service4, pool4, 17, id, whole, 0, 1000, true);
        steps_packet(&steps, &in.packet, now_ns, &result);
        homes[result.verdict == STEPS_HANDOVER]++;
        for (unsigned part = 0; part < 2; part++) {
            if (part == 1) {
                cut(service4, pool4, 17, id, whole, 1000, 1000, false);
                steps_packet(&steps, &in.packet, now_ns, &result);
            }
            if (result.verdict == STEPS_HANDOVER) {
                assert_int_equal(result.worker, 1);
                steps_packet(&other, &in.packet, now_ns, &result);
                assert_int_equal(result.verdict, STEPS_HANDOVER);
                assert_int_equal(result.worker, 0);
                steps_packet(&steps, &in.packet, now_ns, &result);
            }
            assert_int_equal(result.verdict, STEPS_SEND);
            leave(&in.packet);
        }
        assert_int_equal(joined_len, 2000);
        assert_true(joined_good(service6, backend, 17));
    }
    assert_true(homes[0] > 0 && homes[1] > 0);
    assert_int_equal(tally(TALLY_FROM_IPV4), 32); /* each once */
    assert_int_equal(fragments_count(steps.fragments) + fragments_count(other.fragments), 0);
    fragments_free(other.fragments);
}

/* An ICMP error about a fragment: the first one names its flow, a later one nobody's. */
TEST(XL_FRG46_01_errors_about_fragments)
{
    static uint8_t sent[1300];
    open_udp();
    begin();
    make_udp(backend, 5000, service6, 7777, 2000);
    cut(backend, service6, 17, 0x0001cafe, whole, 0, 1232, true);
    assert_int_equal(put(), REASON_OK);
    memcpy(sent, out.data, out.len);
    build_icmp(&in, "8.8.0.1", pool4, 11, 1, 0, sent, 60); /* XL: fragment reassembly time exceeded */
    assert_int_equal(put(), REASON_OK);
    assert_int_equal(out.data[40], 3);
    assert_int_equal(out.data[41], 1);
    assert_int_equal(out.data[48 + 6], 44); /* the quoted packet has a fragment header again */
    assert_int_equal(build_get16(out.data + 48 + 42), 1);
    assert_int_equal(build_get16(out.data + 48 + 46), 0xcafe);
    assert_int_equal(build_get16(out.data + 48 + 48), 5000);
    assert_true(build_checksum_good(out.data, 40, 58, out.len));
    build_put16(sent + 6, 1232 / 8);
    build_header_checksum(sent);
    build_icmp(&in, "8.8.0.1", pool4, 11, 1, 0, sent, 60);
    assert_int_equal(put(), REASON_ICMP_INNER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(N64_FRG_01_UDP_R14_XL_4_5_06_from_ipv6_in_every_order),
        CASE(N64_FRG_06_UDP_R14_XL_4_5_06_from_ipv4_in_every_order),
        CASE(XL_4_1_12_a_fragment_byte_for_byte),
        CASE(XL_FRG46_10_a_fragment_that_does_not_fit_is_cut_again),
        CASE(XL_FRG46_08_the_fragment_header_counts),
        CASE(XL_FRG64_03_and_to_ipv4),
        CASE(N64_FRG_15_a_large_ping_is_put_together_and_cut_again),
        CASE(N64_FRG_07_no_checksum_is_computed_over_the_whole),
        CASE(N64_FRG_07_a_sum_of_zero_is_sent_as_ffff),
        CASE(N64_FRG_03_the_second_in_time_and_too_late),
        CASE(N64_FRG_14_a_datagram_that_stays_incomplete_ends_in_silence),
        CASE(UDP_R13_too_big_is_told_or_cut_in_order),
        CASE(N64_FRG_04_the_window_is_configured),
        CASE(N64_FRG_09_an_overlap_ends_the_datagram_from_ipv6),
        CASE(N64_FRG_10_and_from_ipv4),
        CASE(N64_FRG_09_a_duplicate_is_dropped_alone),
        CASE(N64_FRG_11_an_atomic_fragment_disturbs_none),
        CASE(N64_FRG_12_fragments_that_part_the_tcp_header),
        CASE(N64_FRG_06_tcp_by_fragments),
        CASE(N64_FRG_13_lengths_that_no_fragment_has),
        CASE(N64_FRG_02_who_may_not_use_the_translator_fills_no_table),
        CASE(N64_FRG_06_later_fragments_make_no_session),
        CASE(LES_N_21_fragments_between_two_backends),
        CASE(XL_FRG46_04_a_whole_datagram_is_cut),
        CASE(N64_FRG_01_the_home_hands_over_to_the_owner),
        CASE(XL_FRG46_01_errors_about_fragments),
    };
    return RUN(tests);
}
