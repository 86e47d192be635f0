/*
 * How large what leaves may be, and what becomes of the rest; what a flood of fragments does to others.
 *
 * Layer: test
 * Specification: RFC 6146 3.7; RFC 7915 4.1, 5.1; RFC 4787 11
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

#include "nat64d/rfc7915/fragment.h"

enum { DATAGRAM = 2000, FLOOD = 5000 };

static uint8_t bytes[4000];

/* A datagram of `len` bytes with its IP header from HOST, or to it. */
static enum reason from6(uint32_t len)
{
    build_udp(&built, HOST, 5000, PEER, 1000, bytes, len - 48);
    return send_built();
}

static enum reason to6(unsigned port, uint32_t len, bool df)
{
    build_udp(&built, "8.8.8.8", 1000, POOL, port, bytes, len - 28);
    built.packet.data[6] = df ? 0x40 : 0;
    build_header_checksum(built.packet.data);
    return send_built();
}

static unsigned open_port(void)
{
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    return external_port();
}

/* What leaves whole, or in pieces: none longer than `mtu`, all together what went in. */
static void assert_leaves(uint32_t payload, uint32_t mtu, unsigned pieces)
{
    static uint8_t out[1600], joined[4000];
    struct fragment_cut cut;
    uint32_t len, have = 0;
    unsigned count = 0;
    assert_int_equal(result.verdict, STEPS_SEND);
    if (pieces == 1) {
        assert_int_equal(result.cut_mtu, 0);
        assert_true(built.packet.len <= mtu);
        return;
    }
    assert_int_equal(result.cut_mtu, mtu);
    fragment_cut_init(&cut, &built.packet, mtu, 77);
    while (fragment_cut_next(&cut, out, &len)) {
        bool v6 = out[0] >> 4 == 6;
        uint32_t header = v6 ? 48 : 20;
        uint32_t offset = v6 ? build_get16(out + 42) & 0xfff8u : (build_get16(out + 6) & 0x1fff) * 8;
        assert_true(len <= mtu);
        assert_int_equal(offset, have); /* in order */
        memcpy(joined + offset, out + header, len - header);
        have += len - header;
        count++;
    }
    assert_int_equal(count, pieces);
    assert_int_equal(have, payload + 8);
    assert_memory_equal(joined + 8, bytes, payload);
}

static void fill(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

TEST(N64_3_7_05_sizes_to_ipv6)
{
    fill();
    unsigned port = open_port();
    assert_int_equal(to6(port, 1480, true), REASON_OK);
    assert_leaves(1452, 1500, 1);
    assert_int_equal(built.packet.len, 1500);
    assert_answer4(to6(port, 1481, true), REASON_TOO_BIG, 3, 4);
    assert_int_equal(build_get16(steps.reply + 26), 1480);
    assert_int_equal(to6(port, 1260, false), REASON_OK);
    assert_leaves(1232, 1280, 1);
    assert_int_equal(to6(port, 1261, false), REASON_OK);
    assert_leaves(1233, 1280, 2);
    assert_int_equal(to6(port, 3000, false), REASON_OK);
    assert_leaves(2972, 1280, 3);
}

TEST(N64_3_7_05_sizes_to_ipv4)
{
    fill();
    route4.mtu = network.lowest_mtu4 = 1400;
    assert_int_equal(from6(1420), REASON_OK);
    assert_leaves(1372, 1400, 1);
    assert_int_equal(built.packet.data[6], 0x40); /* longer than 1260: DF */
    assert_answer6(from6(1421), REASON_TOO_BIG, 2, 0);
    assert_int_equal(build_get16(steps.reply + 46), 1420);
    route4.mtu = network.lowest_mtu4 = 576;
    assert_int_equal(from6(596), REASON_OK);
    assert_leaves(548, 576, 1);
    assert_int_equal(built.packet.data[6], 0);
    assert_int_equal(from6(1280), REASON_OK);
    assert_leaves(1232, 576, 3);
    assert_answer6(from6(1281), REASON_TOO_BIG, 2, 0);
    assert_int_equal(build_get16(steps.reply + 46), 1280); /* never less */
}

/* A datagram from `host` in two fragments; whether both leave. */
static bool passes(const char *host, uint32_t id, bool in_order)
{
    struct built whole;
    unsigned left = 0;
    build_udp(&whole, host, 5000, PEER, 1000, bytes, DATAGRAM - 8);
    for (unsigned i = 0; i < 2; i++) {
        bool first = in_order == (i == 0);
        build_fragment(&built, host, PEER, 17, id, whole.packet.data + 40, first ? 0 : 1000, 1000, first);
        send_built();
        left += result.verdict == STEPS_SEND;
        while (steps_waiting(&steps)) {
            built.packet.data = built.buffer + PACKET_HEADROOM;
            steps_take_waiting(&steps, &built.packet);
            send_built();
            left += result.verdict == STEPS_SEND;
        }
    }
    return left == 2;
}

TEST(UDP_R14_a_flood_of_fragments_harms_no_others)
{
    char source[40];
    fill();
    /* Of one network, each fragment of a datagram whose first never comes. */
    for (unsigned i = 0; i < FLOOD; i++) {
        snprintf(source, sizeof(source), "2001:db8:bad::%x", i % 64 + 1);
        build_fragment(&built, source, PEER, 17, i, bytes, 1000, 1000, false);
        send_built();
    }
    assert_int_equal(result.reason, REASON_FRAGMENT_LIMIT);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    assert_true(passes(HOST, 1, true));
    assert_true(passes(HOST, 2, false));
    /* Of many networks. Only what comes in order is sure then. */
    for (unsigned i = 0; i < FLOOD; i++) {
        snprintf(source, sizeof(source), "2001:db8:1:%x::1", i);
        build_fragment(&built, source, PEER, 17, i, bytes, 1000, 1000, false);
        send_built();
    }
    assert_int_equal(result.reason, REASON_FRAGMENT_LIMIT);
    assert_int_equal(udp6(HOST, 5000, PEER, 1000), REASON_OK);
    assert_true(passes(HOST, 3, true));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_7_05_sizes_to_ipv6),
        CASE(N64_3_7_05_sizes_to_ipv4),
        CASE(UDP_R14_a_flood_of_fragments_harms_no_others),
    };
    return RUN(tests);
}
