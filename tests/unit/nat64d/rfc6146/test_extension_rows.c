/*
 * ICMP extensions, and messages that are made to hurt: lengths that lie, noise, links of different sizes.
 *
 * Layer: test
 * Specification: RFC 4884 3 - 5; RFC 7915 4.2, 4.3, 5.2, 5.3
 */
#include "tests/unit/nat64d/gateway.h"

enum { OBJECT = 12 };
static const uint8_t object[OBJECT] = {0x20, 0, 0, 0, 0, 8, 1, 1, 0xde, 0xad, 0xbe, 0xef};

/* A datagram of 400 bytes in the way that IPv4 sees it, and that HOST sees its answer. */
static uint8_t outside[600], inside[600];

static void flow(void)
{
    static const uint8_t data[400] = {1, 2, 3};
    build_udp(&built, HOST, 5000, PEER, 1000, data, sizeof(data));
    assert_int_equal(send_built(), REASON_OK);
    memcpy(outside, built.packet.data, built.packet.len);
    build_udp(&built, "8.8.8.8", 1000, POOL, external_port(), data, sizeof(data));
    assert_int_equal(send_built(), REASON_OK);
    memcpy(inside, built.packet.data, built.packet.len);
}

/* An error that quotes `quoted` bytes and goes on with an extension of `len` bytes; `units` is what its
 * length byte says. */
static enum reason error4(unsigned type, unsigned code, unsigned units, size_t quoted, const void *extension,
                          size_t len)
{
    uint8_t body[1600] = {0};
    memcpy(body, outside, quoted < 428 ? quoted : 428);
    memcpy(body + quoted, extension, len);
    build_icmp(&built, "8.8.0.1", POOL, type, code, units << 16 | (type == 3 && code == 4 ? 1400 : 0), body,
               quoted + len);
    return send_built();
}

static enum reason error6(unsigned type, unsigned code, unsigned units, size_t quoted, const void *extension,
                          size_t len)
{
    uint8_t body[1600] = {0};
    memcpy(body, inside, quoted < 448 ? quoted : 448);
    memcpy(body + quoted, extension, len);
    build_icmp(&built, "2001:db8:7::9", PEER, type, code, units << 24, body, quoted + len);
    return send_built();
}

TEST(EXT_03_EXT_08_an_extension_to_ipv6)
{
    static const uint8_t zeros[4];
    static const unsigned types[2][2] = {{3, 1}, {11, 0}};
    flow();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(error4(types[i][0], types[i][1], 32, 128, object, OBJECT), REASON_OK);
        const uint8_t *icmp = built.packet.data + 40;
        assert_int_equal(icmp[4], 19); /* 128 and 20 bytes, padded to a multiple of 8 */
        assert_int_equal(icmp[5], 0);
        assert_memory_equal(icmp + 8 + 148, zeros, 4);
        assert_memory_equal(icmp + 8 + 152, object, OBJECT);
        assert_int_equal(built.packet.len, 48 + 152 + OBJECT);
        assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    }
}

TEST(EXT_03_EXT_08_an_extension_to_ipv4)
{
    static const uint8_t zeros[20];
    static const unsigned types[2][2] = {{1, 0}, {3, 0}};
    flow();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(error6(types[i][0], types[i][1], 16, 128, object, OBJECT), REASON_OK);
        const uint8_t *icmp = built.packet.data + 20;
        assert_int_equal(icmp[4], 0);
        assert_int_equal(icmp[5], 32); /* 128 less 20 bytes, padded to 128 */
        assert_memory_equal(icmp + 8 + 108, zeros, 20);
        assert_memory_equal(icmp + 8 + 128, object, OBJECT);
        assert_int_equal(built.packet.len, 28 + 128 + OBJECT);
        assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
    }
}

TEST(EXT_08_without_an_extension_there_is_no_length)
{
    flow();
    assert_int_equal(error4(3, 1, 0, 128, object, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 44), 0);
    assert_int_equal(built.packet.len, 48 + 148);
    assert_int_equal(error6(1, 0, 0, 128, object, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 24), 0);
    assert_int_equal(built.packet.len, 28 + 108);
}

TEST(EXT_05_messages_without_room_for_one)
{
    static const unsigned types[][2] = {{3, 4}, {3, 2}, {12, 0}};
    flow();
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint8_t body[128 + OBJECT];
        memcpy(body, outside, 128);
        memcpy(body + 128, object, OBJECT);
        build_icmp(&built, "8.8.0.1", POOL, types[i][0], types[i][1],
                   32u << 16 | (types[i][1] == 4 ? 1400 : 0), body, sizeof(body));
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[44], 0);
        assert_int_equal(built.packet.len, 48 + 148);
        assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    }
}

TEST(EXT_04_XL_INN_08_XL_INN_09_an_extension_without_room)
{
    static const uint8_t large[1200] = {0x20};
    flow();
    assert_int_equal(error4(3, 1, 107, 428, large, 820), REASON_OK);
    assert_true(built.packet.len <= 1280);
    assert_int_equal(built.packet.data[44], 0);
    assert_int_equal(built.packet.len, 48 + 448);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    /* What just fits. */
    assert_int_equal(error4(3, 1, 107, 428, large, 1280 - 48 - 448), REASON_OK);
    assert_int_equal(built.packet.len, 1280);
    assert_int_equal(built.packet.data[44], 56);
    assert_int_equal(error6(1, 0, 16, 128, large, 576), REASON_OK);
    assert_int_equal(built.packet.data[25], 0);
    assert_int_equal(built.packet.len, 28 + 108);
}

TEST(EXT_07_LES_N_06_lengths_that_lie)
{
    static uint8_t noise[700];
    unsigned seed = 41;
    print_message("seed %u\n", seed);
    flow();
    for (unsigned units = 0; units < 256; units++)
        for (unsigned round = 0; round < 8; round++) {
            size_t quoted = 28 + (size_t)rand_r(&seed) % 400, len = (size_t)rand_r(&seed) % 200;
            for (size_t i = 0; i < len; i++)
                noise[i] = (uint8_t)rand_r(&seed);
            enum reason reason = error4(round % 2 ? 3 : 11, 0, units, quoted, noise, len);
            if (units * 4 > quoted + len)
                assert_silent(reason, REASON_ICMP_INNER);
            if (reason == REASON_OK) {
                assert_true(built.packet.len <= 1280);
                assert_int_equal(build_get16(built.packet.data + 4), built.packet.len - 40);
                assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
            }
            quoted += 20;
            reason = error6(round % 2 ? 1 : 3, 0, units, quoted, noise, len);
            if (units * 8 > quoted + len)
                assert_silent(reason, REASON_ICMP_INNER);
            if (reason == REASON_OK) {
                assert_true(built.packet.len <= 576);
                assert_int_equal(build_get16(built.packet.data + 2), built.packet.len);
                assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
            }
        }
}

/* Errors full of noise, the checksum right, so that the noise is looked at. */
static void noise(unsigned seed, int count)
{
    print_message("seed %u\n", seed);
    for (int i = 0; i < count; i++) {
        uint8_t body[600];
        size_t len = (size_t)rand_r(&seed) % 500;
        memcpy(body, i % 2 ? outside : inside, sizeof(body) > 448 ? 448 : sizeof(body));
        for (unsigned changes = (unsigned)rand_r(&seed) % 8; changes > 0 && len > 0; changes--)
            body[(size_t)rand_r(&seed) % len] = (uint8_t)rand_r(&seed);
        uint32_t rest = (uint32_t)rand_r(&seed) << (unsigned)(rand_r(&seed) % 32);
        if (i % 2)
            build_icmp(&built, "8.8.0.1", POOL, (unsigned)rand_r(&seed) % 20, (unsigned)rand_r(&seed) % 20,
                       rest, body, len);
        else
            build_icmp(&built, rand_r(&seed) % 2 ? HOST : "2001:db8:7::9", PEER,
                       (unsigned)rand_r(&seed) % 140, (unsigned)rand_r(&seed) % 8, rest, body, len);
        send_built();
        assert_true(built.packet.len <= 2000);
        if (i % 1000 == 0)
            pass(1);
    }
}

TEST(LES_N_02_LES_N_01_noise_in_icmp_in_every_state)
{
    noise(43, 20000); /* nothing is there */
    flow();
    noise(44, 20000);
    assert_int_equal(tcp6(SYN), REASON_OK);
    noise(45, 20000);
    assert_int_equal(ping6(HOST, 7, PEER), REASON_OK);
    noise(46, 20000);
    pass(20000);
    noise(47, 20000);
    assert_int_equal(udp6("2001:db8::77", 5000, PEER, 1000), REASON_OK); /* and it goes on */
}

TEST(XL_MTU_07_the_links_are_those_of_the_flow)
{
    static struct network_route6 routes6[2] = {{.mtu = 1300}, {.mtu = 1400}};
    static struct network_route4 routes4[2] = {{.mtu = 1350}, {.mtu = 9000}};
    inet_pton(AF_INET6, "2001:db8::2", &routes6[0].destination.address);
    routes6[0].destination.len = 128;
    routes4[0].destination = (struct addr_prefix4){0x08080404, 32};
    static const struct {
        const char *host, *peer, *peer4;
        unsigned told6, told4;
    } flows[] = {
        {HOST, PEER, "8.8.8.8", 1400, 1380},
        {HOST, "64:ff9b::8.8.4.4", "8.8.4.4", 1370, 1350},
        {"2001:db8::2", PEER, "8.8.8.8", 1300, 1280},
        {"2001:db8::2", "64:ff9b::8.8.4.4", "8.8.4.4", 1300, 1280},
    };
    network.routes6 = routes6;
    network.routes4 = routes4;
    network.routes6_count = network.routes4_count = 2;
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        uint8_t quoted[60];
        assert_int_equal(udp6(flows[i].host, 5000, flows[i].peer, 1000), REASON_OK);
        unsigned port = external_port();
        memcpy(quoted, built.packet.data, 32);
        build_icmp(&built, "8.8.0.1", POOL, 3, 4, 8000, quoted, 32);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(build_get16(built.packet.data + 46), flows[i].told6);
        assert_int_equal(udp4(flows[i].peer4, 1000, port), REASON_OK);
        memcpy(quoted, built.packet.data, 52);
        build_icmp(&built, "2001:db8:7::9", flows[i].peer, 2, 0, 8000, quoted, 52);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(build_get16(built.packet.data + 26), flows[i].told4);
    }
    network.routes6 = &route6;
    network.routes4 = &route4;
    network.routes6_count = network.routes4_count = 1;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(EXT_03_EXT_08_an_extension_to_ipv6),
        CASE(EXT_03_EXT_08_an_extension_to_ipv4),
        CASE(EXT_08_without_an_extension_there_is_no_length),
        CASE(EXT_05_messages_without_room_for_one),
        CASE(EXT_04_XL_INN_08_XL_INN_09_an_extension_without_room),
        CASE(EXT_07_LES_N_06_lengths_that_lie),
        CASE(LES_N_02_LES_N_01_noise_in_icmp_in_every_state),
        CASE(XL_MTU_07_the_links_are_those_of_the_flow),
    };
    return RUN(tests);
}
