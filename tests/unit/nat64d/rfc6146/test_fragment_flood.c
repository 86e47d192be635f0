/*
 * Fragments whose datagram is never whole: how much they may take, whom they may disturb, and for how long.
 *
 * Layer: test
 * Specification: RFC 6146 3.4 and 5.3, RFC 4787 REQ-14
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

enum {
    FLOOD = 20000,
    PIECE = 1400, /* bytes of each */
    WINDOW_S = 2,
};

/* A fragment of a datagram that is never whole. */
static void put_fragment(const char *source, uint32_t id, uint32_t offset, bool more, uint32_t len)
{
    static uint8_t bytes[PIECE];
    uint8_t *at;
    if (strchr(source, ':') != NULL) {
        at = build_ip(&built, source, PEER, 44, 8 + len);
        at[0] = 17;
        build_put16(at + 2, offset | (more ? 1 : 0));
        build_put16(at + 4, id >> 16);
        build_put16(at + 6, id & 0xffff);
        memcpy(at + 8, bytes, len);
    } else {
        at = build_ip(&built, source, POOL, 17, len);
        build_put16(built.packet.data + 4, id & 0xffff);
        build_put16(built.packet.data + 6, offset / 8 | (more ? 0x2000 : 0));
        build_header_checksum(built.packet.data);
        memcpy(at, bytes, len);
    }
    send_built();
}

/* A datagram in two fragments, the first first; both must leave as they come. */
static void assert_in_order(const char *source, uint32_t id)
{
    uint8_t *at = build_ip(&built, source, PEER, 44, 8 + 64);
    at[0] = 17;
    build_put16(at + 2, 1);
    build_put16(at + 6, id);
    build_put16(at + 8, 5000);
    build_put16(at + 10, 1000);
    build_put16(at + 12, 8 + 120);
    build_put16(at + 14, 0x1234);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(result.verdict, STEPS_SEND);
    at = build_ip(&built, source, PEER, 44, 8 + 64);
    at[0] = 17;
    build_put16(at + 2, 64);
    build_put16(at + 6, id);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(result.verdict, STEPS_SEND);
}

static void assert_all_forgotten(void)
{
    now_ns += WINDOW_S * S;
    pass(1);
    assert_int_equal(fragments_count(steps.fragments), 0);
    assert_int_equal(fragments_chunks(steps.fragments), 0);
}

TEST(SEC_50_LES_N_11_fragments_of_one_network_without_a_first)
{
    for (uint32_t i = 0; i < FLOOD; i++)
        put_fragment("2001:db8:bad::1", i, 1400, true, PIECE);
    uint32_t datagrams = fragments_count(steps.fragments), chunks = fragments_chunks(steps.fragments);
    assert_in_range(datagrams, 1, FRAGMENTS_LEAST / FRAGMENTS_SHARE);
    for (uint32_t i = 0; i < FLOOD; i++)
        put_fragment("2001:db8:bad::2", i, 1400, true, PIECE);
    assert_int_equal(fragments_count(steps.fragments), datagrams);
    assert_int_equal(fragments_chunks(steps.fragments), chunks);
    /* Another network's still wait for their first. */
    put_fragment("2001:db8:1::7", 1, 64, false, 64);
    assert_int_equal(result.verdict, STEPS_KEPT);
    assert_int_equal(fragments_count(steps.fragments), datagrams + 1);
    assert_all_forgotten();
}

TEST(SEC_50_LES_N_11_fragments_of_everybody_without_a_first)
{
    char source[48];
    for (uint32_t i = 0; i < FLOOD; i++) {
        snprintf(source, sizeof(source), "2001:db8:%x::1", i);
        put_fragment(source, i, 1400, true, PIECE);
        assert_true(fragments_count(steps.fragments) <= FRAGMENTS_LEAST);
    }
    assert_int_equal(result.reason, REASON_FRAGMENT_LIMIT);
    /* Nothing that is there makes room, and what needs no waiting passes all the same. */
    uint32_t datagrams = fragments_count(steps.fragments);
    assert_in_order("2001:db8:ffff::1", 7);
    assert_int_equal(fragments_count(steps.fragments), datagrams);
    assert_all_forgotten();
}

TEST(SEC_50_LES_N_11_fragments_from_ipv4_without_a_first)
{
    for (uint32_t i = 0; i < FLOOD; i++) {
        put_fragment("8.8.8.8", i, 1400, true, PIECE);
        assert_true(fragments_count(steps.fragments) <= FRAGMENTS_LEAST / FRAGMENTS_SHARE);
    }
    assert_in_order(HOST, 9);
    assert_all_forgotten();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(SEC_50_LES_N_11_fragments_of_one_network_without_a_first),
        CASE(SEC_50_LES_N_11_fragments_of_everybody_without_a_first),
        CASE(SEC_50_LES_N_11_fragments_from_ipv4_without_a_first),
    };
    return RUN(tests);
}
