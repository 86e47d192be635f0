/*
 * Checksums that the kernel left to us.
 *
 * Layer: test
 * Specification: virtio 1.2 5.1.6; RFC 768
 */
#include "tests/unit/test.h"

#include "nat64d/packet/parse.h"
#include "nat64d/packet/vnet.h"
#include "tests/unit/nat64d/build.h"

enum { IPV6_HEADER = 40, UDP_CHECKSUM = 6, ICMP_CHECKSUM = 2, ZERO_SUMS = 3 };

static struct built built;
static uint8_t buffer[PACKET_BUFFER];

/* The checksum is the pseudo-header's alone, as a sender leaves it that has hardware for the rest. */
static void leave_partial(unsigned protocol, uint16_t at)
{
    build_put16(built.packet.data + IPV6_HEADER + at,
                build_pseudo(built.packet.data, protocol, built.packet.len - IPV6_HEADER));
    built.packet.vnet =
        (struct packet_vnet){.flags = PACKET_VNET_NEEDS_CSUM, .csum_start = IPV6_HEADER, .csum_offset = at};
}

/* `len` bytes of UDP whose checksum comes out as 0. */
static void sums_to_zero(size_t len)
{
    uint8_t data[64] = {0};
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, len);
    build_put16(data, build_get16(built.packet.data + IPV6_HEADER + UDP_CHECKSUM));
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, len);
}

TEST(LES_N_32_a_completed_udp_checksum_is_never_zero)
{
    sums_to_zero(8);
    leave_partial(17, UDP_CHECKSUM);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    vnet_complete_checksum(&built.packet);
    assert_int_equal(build_get16(built.packet.data + IPV6_HEADER + UDP_CHECKSUM), 0xffff);
    assert_int_equal(built.packet.vnet.flags, 0);
}

TEST(LES_N_32_nor_is_that_of_a_segment)
{
    struct packet segment;
    uint8_t data[ZERO_SUMS * 8] = {0};
    sums_to_zero(8);
    for (unsigned i = 0; i < ZERO_SUMS; i++)
        memcpy(data + (size_t)8 * i, built.packet.data + IPV6_HEADER + 8, 8);
    build_udp(&built, "2001:db8::1", 1500, "64:ff9b::192.0.2.1", 53, data, sizeof(data));
    leave_partial(17, UDP_CHECKSUM);
    built.packet.vnet.gso_type = PACKET_VNET_GSO_UDP_L4;
    built.packet.vnet.gso_size = 8;
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    for (unsigned i = 0; i < ZERO_SUMS; i++) {
        vnet_segment(&built.packet, i, buffer, &segment);
        assert_int_equal(build_get16(packet_l4(&segment) + UDP_CHECKSUM), 0xffff);
    }
}

TEST(CK_08_a_partial_checksum_of_icmp)
{
    build_icmp(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 128, 0, 0x12340001, "abcd", 4);
    leave_partial(58, ICMP_CHECKSUM);
    assert_int_equal(parse_packet(&built.packet), REASON_OK);
    vnet_complete_checksum(&built.packet);
    assert_true(build_checksum_good(built.packet.data, IPV6_HEADER, 58, built.packet.len));
    leave_partial(58, UDP_CHECKSUM);
    assert_int_equal(parse_packet(&built.packet), REASON_OFFLOAD);
}

TEST(a_partial_checksum_of_a_protocol_that_we_do_not_know)
{
    build_ip(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 132, 20);
    built.packet.vnet = (struct packet_vnet){.flags = PACKET_VNET_NEEDS_CSUM, .csum_start = IPV6_HEADER};
    assert_int_equal(parse_packet(&built.packet), REASON_OFFLOAD);
}

TEST(a_super_packet_of_neither_tcp_nor_udp)
{
    static const uint8_t data[3000];
    build_icmp(&built, "2001:db8::1", "64:ff9b::192.0.2.1", 128, 0, 0x12340001, data, sizeof(data));
    leave_partial(58, ICMP_CHECKSUM);
    built.packet.vnet.gso_type = PACKET_VNET_GSO_UDP_L4;
    built.packet.vnet.gso_size = 1000;
    assert_int_equal(parse_packet(&built.packet), REASON_OFFLOAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LES_N_32_a_completed_udp_checksum_is_never_zero),
        cmocka_unit_test(LES_N_32_nor_is_that_of_a_segment),
        cmocka_unit_test(CK_08_a_partial_checksum_of_icmp),
        cmocka_unit_test(a_partial_checksum_of_a_protocol_that_we_do_not_know),
        cmocka_unit_test(a_super_packet_of_neither_tcp_nor_udp),
    };
    return RUN(tests);
}
