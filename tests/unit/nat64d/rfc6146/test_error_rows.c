/*
 * ICMP errors through the gateway: whose they are, what they quote, what they leave alone; and the errors
 * that the gateway sends itself.
 *
 * Layer: test
 * Specification: RFC 6146 3.4 - 3.7; RFC 7915 4.2 - 4.4, 5.2 - 5.4; RFC 5508 4; RFC 4443 2.4; RFC 1812 4.3.2
 */
#include "tests/unit/nat64d/gateway.h"

/* What left last, to be quoted. */
static uint8_t sent[2000];
static uint32_t sent_len;

static void keep_sent(void)
{
    assert_int_equal(result.verdict, STEPS_SEND);
    sent_len = built.packet.len;
    memcpy(sent, built.packet.data, sent_len);
}

static enum reason error4(const char *router, unsigned type, unsigned code, uint32_t rest)
{
    build_icmp(&built, router, POOL, type, code, rest, sent, sent_len);
    return send_built();
}

static enum reason error6(const char *router, const char *to, unsigned type, unsigned code, uint32_t rest)
{
    build_icmp(&built, router, to, type, code, rest, sent, sent_len);
    return send_built();
}

/* Of each kind a flow from HOST to PEER; what left is kept, `host` is what HOST sent with one hop less. */
enum kind { UDP, TCP, PING, KINDS };
static uint8_t host[200];
static uint32_t host_len;

static void flow(enum kind kind)
{
    if (kind == UDP)
        build_udp(&built, HOST, 5000, PEER, 1000, "some data", 9);
    else if (kind == TCP)
        build_tcp(&built, HOST, 4000, PEER, 80, SYN, NULL, 0);
    else
        build_icmp(&built, HOST, PEER, 128, 0, 0x12340001, "abcd", 4);
    host_len = built.packet.len;
    memcpy(host, built.packet.data, host_len);
    host[7]--;
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
}

/* The error that arrives quotes what HOST sent, to the last byte. */
static void arrives(enum kind kind)
{
    uint8_t address[16];
    flow(kind);
    assert_int_equal(error4("8.8.0.1", 11, 0, 0), REASON_OK);
    inet_pton(AF_INET6, HOST, address);
    assert_memory_equal(built.packet.data + 24, address, 16);
    assert_memory_equal(built.packet.data + 48, host, host_len);
    assert_int_equal(built.packet.len, 48 + host_len);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
}

TEST(N64_3_4_03_N64_3_7_04_ICM_R4_XL_INN_06_an_error_about_udp)
{
    arrives(UDP);
}
TEST(N64_3_4_03_N64_3_7_04_TCP_R9_XL_INN_06_an_error_about_tcp)
{
    arrives(TCP);
}
TEST(N64_3_4_04_N64_3_7_04_LES_N_04_LES_N_07_XL_INN_06_an_error_about_a_ping)
{
    arrives(PING);
}

TEST(N64_3_6_03_the_router_is_seen_as_its_own_image)
{
    uint8_t router[16];
    flow(UDP);
    image_of("8.8.0.77", router);
    assert_int_equal(error4("8.8.0.77", 11, 0, 0), REASON_OK);
    assert_memory_equal(built.packet.data + 8, router, 16);
}

/* A flow's answer as HOST gets it, kept to be quoted by IPv6; `host` is what the peer sent, with a hop less.
 */
static void answer(enum kind kind)
{
    flow(kind);
    if (kind == PING)
        build_icmp(&built, "8.8.8.8", POOL, 0, 0, (uint32_t)build_get16(sent + 24) << 16 | 1, "abcd", 4);
    else if (kind == UDP)
        build_udp(&built, "8.8.8.8", 1000, POOL, build_get16(sent + 20), "some data", 9);
    else
        build_tcp(&built, "8.8.8.8", 80, POOL, build_get16(sent + 20), SYN | ACK, NULL, 0);
    host_len = built.packet.len;
    memcpy(host, built.packet.data, host_len);
    host[8]--;
    build_header_checksum(host);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
}

static void leaves(enum kind kind)
{
    static const uint8_t pool[4] = {203, 0, 113, 1}, peer[4] = {8, 8, 8, 8};
    answer(kind);
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 4, 0), REASON_OK);
    assert_memory_equal(built.packet.data + 12, pool, 4);
    assert_memory_equal(built.packet.data + 16, peer, 4);
    assert_memory_equal(built.packet.data + 28, host, host_len);
    assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
}

TEST(N64_3_4_03_N64_3_6_04_N64_3_7_04_XL_INN_06_SRC_04_ICM_R5_a_routers_error_about_udp)
{
    leaves(UDP);
}
TEST(N64_3_4_03_N64_3_6_04_N64_3_7_04_XL_INN_06_SRC_04_ICM_R5_a_routers_error_about_tcp)
{
    leaves(TCP);
}
TEST(N64_3_4_04_N64_3_6_04_N64_3_7_04_XL_INN_06_LES_N_04_LES_N_07_ICM_R5_a_routers_error_about_a_ping)
{
    leaves(PING);
}

TEST(N64_3_4_05_XL_INN_03_LES_N_04_an_error_that_quotes_an_error)
{
    uint8_t quoted[28 + 28] = {0};
    flow(UDP);
    build_icmp(&built, POOL, "8.8.8.8", 3, 3, 0, sent, 28);
    memcpy(quoted, built.packet.data, 56);
    build_icmp(&built, "8.8.0.1", POOL, 11, 0, 0, quoted, 56);
    assert_silent(send_built(), REASON_ICMP_INNER);
    build_icmp(&built, PEER, HOST, 1, 4, 0, host, host_len);
    sent_len = built.packet.len;
    memcpy(sent, built.packet.data, sent_len);
    assert_silent(error6(HOST, PEER, 3, 0, 0), REASON_ICMP_INNER);
}

TEST(N64_3_4_06_XL_INN_10_LES_N_01_quotes_that_are_cut_short)
{
    for (int kind = 0; kind < KINDS; kind++) {
        flow((enum kind)kind);
        for (sent_len = 0; sent_len < 28; sent_len++)
            assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_INNER);
        assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
        answer((enum kind)kind);
        for (sent_len = 0; sent_len < 48; sent_len++)
            assert_silent(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_ICMP_INNER);
        assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
    }
}

TEST(N64_3_5_04_UDP_R12_TCP_R10_ICM_R6_SEC_40_errors_of_every_kind_change_nothing)
{
    static const struct state_shape shape = {SLOTS, SLOTS, 1, HELD};
    size_t len = state_file_size(&shape);
    uint8_t *before = malloc(len);
    for (int kind = 0; kind < KINDS; kind++) {
        flow((enum kind)kind);
        now_ns += 30 * S;
        memcpy(before, memory, len);
        for (unsigned type = 0; type < 256; type++)
            for (unsigned code = 0; code < 17; code++)
                if (type != 0 && type != 8) /* those are echoes */
                    error4("8.8.0.1", type, code, 1400);
        assert_memory_equal(memory, before, len);
    }
    free(before);
    pass(31); /* the ping has had its 60 s, errors or not */
    assert_int_equal(shards[0].sessions.count[TRANSPORT_ICMP], 0);
}

TEST(N64_3_6_02_SEC_41_ICM_R4_an_error_about_nothing)
{
    flow(UDP);
    sent[21] ^= 1;
    assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_NO_BINDING);
    answer(UDP);
    sent[43] ^= 1;
    assert_silent(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_ICMP_NO_BINDING);
}

TEST(N64_3_6_05_an_error_that_names_an_address_never_contacted)
{
    flow(UDP);
    inet_pton(AF_INET, "8.8.4.4", sent + 16);
    build_header_checksum(sent);
    assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_NO_BINDING);
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
}

TEST(SEC_45_an_error_to_another_than_it_quotes)
{
    flow(UDP);
    inet_pton(AF_INET, "203.0.113.2", sent + 12);
    build_header_checksum(sent);
    assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_MISMATCH);
    answer(UDP);
    assert_silent(error6("2001:db8:7::9", "64:ff9b::8.8.4.4", 1, 0, 0), REASON_ICMP_MISMATCH);
    inet_pton(AF_INET6, "2001:db8::2", sent + 24); /* no backend with that binding */
    assert_silent(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_ICMP_NO_BINDING);
}

TEST(ICM_R3_SEC_41_wrong_checksums)
{
    flow(UDP);
    build_icmp(&built, "8.8.0.1", POOL, 3, 1, 0, sent, sent_len);
    built.packet.data[22] ^= 1;
    assert_silent(send_built(), REASON_ICMP_CHECKSUM);
    answer(UDP);
    build_icmp(&built, "2001:db8:7::9", PEER, 1, 0, 0, sent, sent_len);
    built.packet.data[42] ^= 1;
    assert_silent(send_built(), REASON_ICMP_CHECKSUM);
}

TEST(LES_N_05_wrong_checksums_inside_are_not_judged)
{
    flow(UDP);
    sent[10] ^= 0x55; /* header */
    sent[26] ^= 0x55; /* transport */
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
    answer(UDP);
    sent[46] ^= 0x55;
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
}

TEST(ICM_R3_XL_INN_07_options_inside_are_stepped_over_and_left_out)
{
    uint8_t plain[100];
    flow(UDP);
    memcpy(plain, sent, sent_len);
    memcpy(sent + 24, plain + 20, sent_len - 20);
    memcpy(sent + 20, "\x01\x01\x01\x00", 4);
    sent[0] = 0x46;
    sent_len += 4;
    build_put16(sent + 2, sent_len);
    build_header_checksum(sent);
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
    assert_memory_equal(built.packet.data + 48, host, host_len);
    assert_int_equal(built.packet.len, 48 + host_len);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
}

TEST(XL_INN_07_extension_headers_inside_are_left_out)
{
    uint8_t plain[100];
    answer(UDP);
    memcpy(plain, sent, sent_len);
    memcpy(sent + 48, plain + 40, sent_len - 40);
    memcpy(sent + 40, "\x11\x00\x01\x04\x00\x00\x00\x00", 8); /* destination options */
    sent[6] = 60;
    sent_len += 8;
    build_put16(sent + 4, sent_len - 40);
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
    assert_memory_equal(built.packet.data + 28, host, host_len);
    assert_int_equal(built.packet.len, 28 + host_len);
}

TEST(XL_INN_01_the_quoted_hop_count_stays)
{
    static const uint8_t counts[] = {0, 1, 2, 200, 255};
    for (size_t i = 0; i < sizeof(counts); i++) {
        flow(UDP);
        sent[8] = counts[i];
        assert_int_equal(error4("8.8.0.1", 11, 0, 0), REASON_OK);
        assert_int_equal(built.packet.data[48 + 7], counts[i]);
        answer(UDP);
        sent[7] = counts[i];
        assert_int_equal(error6("2001:db8:7::9", PEER, 3, 0, 0), REASON_OK);
        assert_int_equal(built.packet.data[28 + 8], counts[i]);
    }
}

TEST(XL_INN_02_XL_INN_04_CK_06_a_cut_quote_keeps_the_length_that_it_had)
{
    build_udp(&built, HOST, 5000, PEER, 1000, (uint8_t[400]){1}, 400);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
    for (sent_len = 28; sent_len < 428; sent_len += 25) {
        assert_int_equal(error4("8.8.0.1", 11, 0, 0), REASON_OK);
        assert_int_equal(built.packet.len, 48 + 40 + sent_len - 20);
        assert_int_equal(build_get16(built.packet.data + 4), built.packet.len - 40);
        assert_int_equal(build_get16(built.packet.data + 48 + 4), 408);
        assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    }
    build_udp(&built, "8.8.8.8", 1000, POOL, build_get16(sent + 20), (uint8_t[400]){1}, 400);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
    for (sent_len = 48; sent_len < 448; sent_len += 25) {
        assert_int_equal(error6("2001:db8:7::9", PEER, 3, 0, 0), REASON_OK);
        assert_int_equal(built.packet.len, 28 + 20 + sent_len - 40);
        assert_int_equal(build_get16(built.packet.data + 2), built.packet.len);
        assert_int_equal(build_get16(built.packet.data + 28 + 2), 428);
        assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
    }
}

TEST(XL_INN_05_df_and_identification_of_the_quote)
{
    answer(UDP);
    build_put16(sent + 4, 1240); /* as IPv4 1260 bytes long, of which this is the beginning */
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 28 + 4), 0);
    assert_int_equal(build_get16(built.packet.data + 28 + 6), 0);
    build_put16(sent + 4, 1241);
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 28 + 6), 0x4000);
    assert_int_equal(build_sum(0, built.packet.data + 28, 20), 0xffff);
}

TEST(XL_INN_05_XL_MTU_04_LES_N_09_a_quoted_fragment_header)
{
    uint8_t plain[100];
    answer(UDP);
    memcpy(plain, sent, sent_len);
    memcpy(sent + 48, plain + 40, sent_len - 40);
    memcpy(sent + 40, "\x11\x00\x00\x00\x12\x34\xab\xcd", 8);
    sent[6] = 44;
    sent_len += 8;
    build_put16(sent + 4, 1400); /* long enough for DF, were it not for the header */
    assert_int_equal(error6("2001:db8:7::9", PEER, 2, 0, 1400), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 26), 1372);
    assert_int_equal(build_get16(built.packet.data + 28 + 4), 0xabcd);
    assert_int_equal(build_get16(built.packet.data + 28 + 6), 0);
    assert_int_equal(build_get16(built.packet.data + 28 + 2), 20 + 1392);
}

TEST(XL_INN_06_a_quoted_udp_without_checksum_has_none)
{
    flow(UDP);
    build_put16(sent + 26, 0);
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 48 + 46), 0);
}

TEST(XL_INN_08_XL_INN_09_errors_are_no_longer_than_their_families_allow)
{
    build_udp(&built, HOST, 5000, PEER, 1000, (uint8_t[1232]){1}, 1232);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
    assert_int_equal(error4("8.8.0.1", 11, 0, 0), REASON_OK);
    assert_int_equal(built.packet.len, 1280);
    assert_true(build_checksum_good(built.packet.data, 40, 58, 1280));
    build_udp(&built, "8.8.8.8", 1000, POOL, build_get16(sent + 20), (uint8_t[1100]){1}, 1100);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_OK);
    assert_int_equal(built.packet.len, 576);
    assert_true(build_checksum_good(built.packet.data, 20, 1, 576));
}

TEST(XL_MTU_02_XL_MTU_03_LES_N_09_a_router_that_names_no_mtu)
{
    build_udp(&built, HOST, 5000, PEER, 1000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    keep_sent();
    build_put16(sent + 2, 1500); /* the beginning of a packet of 1500 bytes */
    assert_int_equal(error4("8.8.0.1", 3, 4, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 46), 1500);
    route6.mtu = route4.mtu = 9000;
    assert_int_equal(error4("8.8.0.1", 3, 4, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 46), 1512);
    build_put16(sent + 2, 4000);
    assert_int_equal(error4("8.8.0.1", 3, 4, 0), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 46), 2022);
}

TEST(ICM_R7_N64_3_8_03_an_error_about_a_hairpin)
{
    uint8_t address[16];
    shared.endpoint_independent[TRANSPORT_UDP] = true;
    assert_int_equal(udp6("2001:db8::2", 6000, PEER, 53), REASON_OK);
    unsigned port = external_port();
    build_udp(&built, HOST, 5000, "64:ff9b::203.0.113.1", port, "data", 4);
    host_len = built.packet.len;
    memcpy(host, built.packet.data, host_len);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    keep_sent();
    assert_int_equal(error6("2001:db8::2", "64:ff9b::203.0.113.1", 1, 4, 0), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    inet_pton(AF_INET6, HOST, address);
    assert_memory_equal(built.packet.data + 24, address, 16);
    assert_int_equal(built.packet.data[40], 1);
    assert_int_equal(built.packet.data[41], 4);
    host[7]--;
    assert_memory_equal(built.packet.data + 48, host, host_len);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
}

TEST(N64_3_5_03_an_error_to_an_address_that_is_not_the_pools)
{
    flow(UDP);
    inet_pton(AF_INET, "203.0.113.9", sent + 12); /* as if that had sent it */
    build_header_checksum(sent);
    build_icmp(&built, "8.8.0.1", "203.0.113.9", 3, 1, 0, sent, sent_len);
    assert_silent(send_built(), REASON_NOT_POOL);
}

/* A router says that the shop's answer to another pool port went nowhere: that port's image is the pool's. */
TEST(ICM_R7_N64_3_8_03_an_error_about_a_hairpin_without_session)
{
    uint8_t shop[16], pool[16];
    build_tcp(&built, POOL, 8080, POOL, 5555, ACK, NULL, 0);
    sent_len = built.packet.len;
    memcpy(sent, built.packet.data, sent_len);
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
    inet_pton(AF_INET6, "2001:db8::5", shop);
    image_of(POOL, pool);
    assert_memory_equal(built.packet.data + 24, shop, 16);
    assert_memory_equal(built.packet.data + 48 + 8, shop, 16);
    assert_memory_equal(built.packet.data + 48 + 24, pool, 16);
    assert_int_equal(build_get16(built.packet.data + 48 + 40), 80);
    assert_int_equal(build_get16(built.packet.data + 48 + 42), 5555);
}

/* An error goes to the worker that has the flow, whoever took it in. */
TEST(N64_3_4_03_errors_are_handed_to_the_owner)
{
    answer(UDP);
    uint8_t inside[200];
    uint32_t inside_len = sent_len;
    memcpy(inside, sent, sent_len);
    flow(UDP);
    shared.workers = 2; /* the only shard is worker 0's */
    steps.worker = 1;
    assert_int_equal(error4("8.8.0.1", 3, 1, 0), REASON_OK);
    assert_int_equal(result.verdict, STEPS_HANDOVER);
    assert_int_equal(result.worker, 0);
    memcpy(sent, inside, inside_len);
    sent_len = inside_len;
    assert_int_equal(error6("2001:db8:7::9", PEER, 1, 4, 0), REASON_OK);
    assert_int_equal(result.verdict, STEPS_HANDOVER);
    assert_int_equal(result.worker, 0);
}

TEST(XL_INN_10_a_quote_of_the_other_familys_icmp)
{
    flow(PING);
    sent[9] = 58;
    build_header_checksum(sent);
    assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_INNER);
    answer(PING);
    sent[6] = 1;
    assert_silent(error6("2001:db8:7::9", PEER, 1, 0, 0), REASON_ICMP_INNER);
}

TEST(XL_4_1_06_XL_5_1_09_errors_with_one_hop_left)
{
    flow(UDP);
    build_icmp(&built, "8.8.0.1", POOL, 3, 1, 0, sent, sent_len);
    built.packet.data[8] = 1;
    build_header_checksum(built.packet.data);
    assert_silent(send_built(), REASON_HOP_LIMIT); /* and no error about an error */
    answer(UDP);
    build_icmp(&built, "2001:db8:7::9", PEER, 1, 0, 0, sent, sent_len);
    built.packet.data[7] = 1;
    assert_silent(send_built(), REASON_HOP_LIMIT);
}

/* A private router, and no address of our own to stand for it. */
TEST(XL_4_1_08_a_router_without_image_and_a_gateway_without_address)
{
    struct network_route6 bare = {.mtu = 1500};
    struct network with = network;
    flow(UDP);
    with.routes6 = &bare;
    steps.network = &with;
    assert_silent(error4("10.0.0.1", 11, 0, 0), REASON_SOURCE_DENIED);
    steps.network = &network;
    assert_int_equal(error4("10.0.0.1", 11, 0, 0), REASON_OK);
    assert_memory_equal(built.packet.data + 8, &route6.source, 16);
}

/* Of a binding that is open to all an error may name whom it likes, but not whom the prefix may not show. */
TEST(WKP_01_an_error_about_a_packet_to_a_special_address)
{
    build_tcp(&built, POOL, 8080, "10.0.0.1", 5555, ACK, NULL, 0);
    sent_len = built.packet.len;
    memcpy(sent, built.packet.data, sent_len);
    assert_silent(error4("8.8.0.1", 3, 1, 0), REASON_ICMP_NO_BINDING);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(N64_3_4_03_N64_3_7_04_ICM_R4_XL_INN_06_an_error_about_udp),
        CASE(N64_3_4_03_N64_3_7_04_TCP_R9_XL_INN_06_an_error_about_tcp),
        CASE(N64_3_4_04_N64_3_7_04_LES_N_04_LES_N_07_XL_INN_06_an_error_about_a_ping),
        CASE(N64_3_6_03_the_router_is_seen_as_its_own_image),
        CASE(N64_3_4_03_N64_3_6_04_N64_3_7_04_XL_INN_06_SRC_04_ICM_R5_a_routers_error_about_udp),
        CASE(N64_3_4_03_N64_3_6_04_N64_3_7_04_XL_INN_06_SRC_04_ICM_R5_a_routers_error_about_tcp),
        CASE(
            N64_3_4_04_N64_3_6_04_N64_3_7_04_XL_INN_06_LES_N_04_LES_N_07_ICM_R5_a_routers_error_about_a_ping),
        CASE(N64_3_4_05_XL_INN_03_LES_N_04_an_error_that_quotes_an_error),
        CASE(N64_3_4_06_XL_INN_10_LES_N_01_quotes_that_are_cut_short),
        CASE(N64_3_5_04_UDP_R12_TCP_R10_ICM_R6_SEC_40_errors_of_every_kind_change_nothing),
        CASE(N64_3_6_02_SEC_41_ICM_R4_an_error_about_nothing),
        CASE(N64_3_6_05_an_error_that_names_an_address_never_contacted),
        CASE(SEC_45_an_error_to_another_than_it_quotes),
        CASE(ICM_R3_SEC_41_wrong_checksums),
        CASE(LES_N_05_wrong_checksums_inside_are_not_judged),
        CASE(ICM_R3_XL_INN_07_options_inside_are_stepped_over_and_left_out),
        CASE(XL_INN_07_extension_headers_inside_are_left_out),
        CASE(XL_INN_01_the_quoted_hop_count_stays),
        CASE(XL_INN_02_XL_INN_04_CK_06_a_cut_quote_keeps_the_length_that_it_had),
        CASE(XL_INN_05_df_and_identification_of_the_quote),
        CASE(XL_INN_05_XL_MTU_04_LES_N_09_a_quoted_fragment_header),
        CASE(XL_INN_06_a_quoted_udp_without_checksum_has_none),
        CASE(XL_INN_08_XL_INN_09_errors_are_no_longer_than_their_families_allow),
        CASE(XL_MTU_02_XL_MTU_03_LES_N_09_a_router_that_names_no_mtu),
        CASE(ICM_R7_N64_3_8_03_an_error_about_a_hairpin),
        CASE(N64_3_5_03_an_error_to_an_address_that_is_not_the_pools),
        CASE(ICM_R7_N64_3_8_03_an_error_about_a_hairpin_without_session),
        CASE(N64_3_4_03_errors_are_handed_to_the_owner),
        CASE(XL_INN_10_a_quote_of_the_other_familys_icmp),
        CASE(XL_4_1_06_XL_5_1_09_errors_with_one_hop_left),
        CASE(XL_4_1_08_a_router_without_image_and_a_gateway_without_address),
        CASE(WKP_01_an_error_about_a_packet_to_a_special_address),
    };
    return RUN(tests);
}
