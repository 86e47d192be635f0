/*
 * What goes from one backend to another through the pool.
 *
 * Layer: test
 * Specification: RFC 6146 3.8; RFC 4787 6; RFC 5382 7.1
 */
#include "tests/unit/nat64d/gateway.h"

/* B has a binding; its pool port. */
static unsigned binding_of_b(void)
{
    assert_int_equal(udp6("2001:db8::2", 6000, PEER, 53), REASON_OK);
    return external_port();
}

TEST(N64_3_8_01_N64_3_8_02_N64_3_8_04_UDP_R9_N64_3_6_01_a_udp_hairpin_both_ways)
{
    uint8_t pool[16], b[16], a[16];
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    unsigned port = binding_of_b();
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::203.0.113.1", port), REASON_OK);
    image_of(POOL, pool);
    inet_pton(AF_INET6, "2001:db8::2", b);
    inet_pton(AF_INET6, HOST, a);
    assert_int_equal(built.packet.family, 6);
    assert_memory_equal(built.packet.data + 8, pool, 16);
    assert_memory_equal(built.packet.data + 24, b, 16);
    assert_int_equal(build_get16(built.packet.data + 42), 6000);
    assert_int_equal(built.packet.data[7], 63);
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
    assert_int_equal(sessions(), 3); /* B's to PEER, A's to the pool, B's to A's external port */
    unsigned seen = build_get16(built.packet.data + 40);
    assert_int_equal(udp6("2001:db8::2", 6000, "64:ff9b::203.0.113.1", seen), REASON_OK);
    assert_memory_equal(built.packet.data + 8, pool, 16);
    assert_memory_equal(built.packet.data + 24, a, 16);
    assert_int_equal(build_get16(built.packet.data + 40), port);
    assert_int_equal(build_get16(built.packet.data + 42), 5000);
    assert_int_equal(sessions(), 3);
}

TEST(N64_3_8_03_TCP_R8_N64_3_8_02_a_tcp_hairpin)
{
    uint8_t pool[16], shop[16];
    build_tcp(&built, HOST, 4000, "64:ff9b::203.0.113.1", 8080, SYN, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    image_of(POOL, pool);
    inet_pton(AF_INET6, "2001:db8::5", shop);
    assert_int_equal(built.packet.family, 6);
    assert_memory_equal(built.packet.data + 8, pool, 16);
    assert_memory_equal(built.packet.data + 24, shop, 16);
    assert_int_equal(build_get16(built.packet.data + 42), 80);
    assert_true(build_checksum_good(built.packet.data, 40, 6, built.packet.len));
    unsigned seen = build_get16(built.packet.data + 40);
    build_tcp(&built, "2001:db8::5", 80, "64:ff9b::203.0.113.1", seen, SYN | ACK, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 40), 8080);
    assert_int_equal(build_get16(built.packet.data + 42), 4000);
    assert_int_equal(built.packet.family, 6);
}

TEST(N64_3_8_03_a_ping_hairpin)
{
    uint8_t pool[16];
    /* The pool's address answers by the binding of the identifier, which is the sender's own. */
    assert_int_equal(ping6(HOST, 7, "64:ff9b::203.0.113.1"), REASON_OK);
    image_of(POOL, pool);
    assert_int_equal(built.packet.family, 6);
    assert_memory_equal(built.packet.data + 8, pool, 16);
    assert_int_equal(built.packet.data[40], 128);
    assert_int_equal(build_get16(built.packet.data + 44), 7);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
}

TEST(N64_3_8_05_filtering_holds_for_a_hairpin)
{
    unsigned port = binding_of_b();
    assert_silent(udp6(HOST, 5000, "64:ff9b::203.0.113.1", port), REASON_FILTERED);
    assert_int_equal(udp6("2001:db8::2", 6000, "64:ff9b::203.0.113.1", 3333),
                     REASON_NO_BINDING); /* B sent to T */
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::203.0.113.1", port), REASON_OK);
}

TEST(N64_3_8_06_a_pool_port_without_binding_is_not_sent_out)
{
    assert_int_equal(udp6(HOST, 5000, "64:ff9b::203.0.113.1", 3333), REASON_NO_BINDING);
    assert_int_equal(result.verdict, STEPS_DROP);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_8_01_N64_3_8_02_N64_3_8_04_UDP_R9_N64_3_6_01_a_udp_hairpin_both_ways),
        CASE(N64_3_8_03_TCP_R8_N64_3_8_02_a_tcp_hairpin),
        CASE(N64_3_8_03_a_ping_hairpin),
        CASE(N64_3_8_05_filtering_holds_for_a_hairpin),
        CASE(N64_3_8_06_a_pool_port_without_binding_is_not_sent_out),
    };
    return RUN(tests);
}
