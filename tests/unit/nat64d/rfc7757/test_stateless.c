/*
 * Mapped hosts through all steps: no pool, no table.
 *
 * Layer: test
 * Specification: RFC 7757 3.3, 4; RFC 7915
 */
#include "tests/unit/test.h"

#include "common/counters.h"
#include "nat64d/packet/parse.h"
#include "nat64d/rfc6146/steps.h"
#include "tests/unit/nat64d/build.h"

static const struct guard_pref64 pref64 = {{{{{0x00, 0x64, 0xff, 0x9b}}}, 96}, NULL, 0};
static const struct addr_prefix6 backends = {{{{0x20, 0x01, 0x0d, 0xb8}}}, 32};
static struct network_route6 route6 = {.mtu = 1500, .source = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe}}}};
static struct network_route4 route4 = {.mtu = 1500};
static const struct network network = {.routes6 = &route6,
                                       .routes6_count = 1,
                                       .routes4 = &route4,
                                       .routes4_count = 1,
                                       .lowest_mtu6 = 1280,
                                       .lowest_mtu4 = 1500};
#define NOW_NS UINT64_C(1000000000000)
static struct steps_shared shared;
static struct steps steps;
static struct state_header header; /* for its key */
static struct prefixes prefixes;
static struct counters counters;
static struct built built;
static struct steps_result result;

static int set_up(void **context)
{
    static const char *const table[][2] = {
        {"192.0.2.1", "2001:db8:aaaa::"},
        {"192.0.2.2", "2001:db8:bbbb::b"},
        {"192.0.2.16/28", "2001:db8:cccc::/124"},
    };
    struct siphash_key key = {1, 2};
    struct eam_entry entries[3];
    (void)context;
    memset(&shared, 0, sizeof(shared));
    memset(&steps, 0, sizeof(steps));
    memset(&counters, 0, sizeof(counters));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(addr_parse_prefix4(table[i][0], &entries[i].prefix4), 0);
        assert_int_equal(addr_parse_prefix6(table[i][1], &entries[i].prefix6), 0);
    }
    assert_int_equal(eam_new(entries, 3, key, (struct eam **)&shared.eam), 0);
    assert_int_equal(binding_new(NULL, 0, key, (struct binding_table **)&shared.bindings), 0);
    assert_int_equal(path_mtu_new(key, &shared.path_mtus), 0);
    shared.state.header = &header;
    shared.prefixes = &prefixes;
    shared.guard = (struct guard){&pref64, 1, &backends, 1, NULL, 0};
    shared.options = (struct translation_options){.mss_clamp = true, .lowest_ipv6_mtu = 1280};
    shared.send_errors = true;
    shared.shards = shared.workers = 1;
    steps.shared = &shared;
    steps.network = &network;
    steps.counters = &counters;
    identification_init(&steps.identification, key, 0, 1);
    shared.fragment_ns = UINT64_C(2000000000);
    assert_int_equal(fragments_new(FRAGMENTS_LEAST, key, &steps.fragments), 0);
    rate_init(&steps.rate, key, NOW_NS);
    rate_limit(&steps.rate, &(struct rate_limits){1000, 1000, 1000, 1000000, 1000000});
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    fragments_free(steps.fragments);
    path_mtu_free(shared.path_mtus);
    eam_free((struct eam *)shared.eam);
    binding_free((struct binding_table *)shared.bindings);
    return 0;
}

static enum reason send_built(void)
{
    steps_packet(&steps, &built.packet, NOW_NS, &result);
    return result.reason;
}

/* The addresses of an IP header. */
static void expect(const uint8_t *ip, const char *source, const char *destination)
{
    char text[INET6_ADDRSTRLEN];
    bool six = ip[0] >> 4 == 6;
    assert_string_equal(inet_ntop(six ? AF_INET6 : AF_INET, ip + (six ? 8 : 12), text, sizeof(text)), source);
    assert_string_equal(inet_ntop(six ? AF_INET6 : AF_INET, ip + (six ? 24 : 16), text, sizeof(text)),
                        destination);
}

TEST(EAM_02_and_03_both_ways_with_ports_as_they_are)
{
    build_udp(&built, "2001:db8:cccc::8", 4000, "64:ff9b::8.8.8.8", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "192.0.2.24", "8.8.8.8");
    assert_int_equal(build_get16(built.packet.data + 20), 4000);
    assert_true(build_checksum_good(built.packet.data, 20, 17, built.packet.len));
    build_udp(&built, "8.8.8.8", 53, "192.0.2.24", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "64:ff9b::808:808", "2001:db8:cccc::8");
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
    /* Anybody may begin, and ping. */
    build_icmp(&built, "8.8.4.4", "192.0.2.2", 8, 0, 0x12340001, "abcd", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.data[40], 128);
    assert_int_equal(build_get16(built.packet.data + 44), 0x1234);
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    build_tcp(&built, "8.8.4.4", 99, "192.0.2.2", 80, 0x10, NULL, 0);
    assert_int_equal(send_built(), REASON_OK);
    assert_true(build_checksum_good(built.packet.data, 40, 6, built.packet.len));
    /* The peer has a mapping too. */
    build_udp(&built, "2001:db8:aaaa::", 1, "2001:db8:bbbb::b", 2, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "192.0.2.1", "192.0.2.2");
}

TEST(EAM_00_who_has_no_mapping_is_refused)
{
    build_udp(&built, "2001:db8::1", 4000, "64:ff9b::8.8.8.8", 53, "data", 4);
    assert_int_equal(send_built(), REASON_NO_MAPPING);
    assert_true(result.reply_len > 0);
    assert_int_equal(steps.reply[40], 1); /* ICMPv6 1/1 */
    assert_int_equal(steps.reply[41], 1);
    build_udp(&built, "2001:dead::1", 4000, "64:ff9b::8.8.8.8", 53, "data", 4);
    assert_int_equal(send_built(), REASON_SOURCE_NOT_BACKEND);
    build_udp(&built, "8.8.8.8", 4000, "192.0.2.3", 53, "data", 4);
    assert_int_equal(send_built(), REASON_NOT_POOL);
    /* RFC 6052 3.1 and the closed ranges hold for mapped hosts too. */
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::10.1.2.3", 53, "data", 4);
    assert_int_equal(send_built(), REASON_DESTINATION_DENIED);
    build_udp(&built, "10.1.2.3", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_SOURCE_DENIED);
    build_udp(&built, "127.0.0.1", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_SOURCE_MARTIAN);
}

static void put_other(const char *source, const char *destination, unsigned protocol)
{
    static const uint8_t bytes[12] = {0x13, 0x88, 0, 80, 1, 2, 0xab, 0xcd, 9, 9, 9, 9};
    memcpy(build_ip(&built, source, destination, protocol, sizeof(bytes)), bytes, sizeof(bytes));
}

TEST(EAM_00_XL_1_06_other_protocols_pass)
{
    static const uint8_t passes[] = {132, 47, 50, 103};
    for (unsigned i = 0; i < sizeof(passes); i++) {
        put_other("2001:db8:aaaa::", "64:ff9b::8.8.8.8", passes[i]);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[9], passes[i]);
        assert_int_equal(build_get16(built.packet.data + 20 + 6), 0xabcd);
        put_other("8.8.8.8", "192.0.2.1", passes[i]);
        assert_int_equal(send_built(), REASON_OK);
        assert_int_equal(built.packet.data[6], passes[i]);
        assert_int_equal(build_get16(built.packet.data + 40 + 6), 0xabcd);
    }
    static const uint8_t refused[] = {0, 43, 51, 58, 60};
    for (unsigned i = 0; i < sizeof(refused); i++) {
        put_other("8.8.8.8", "192.0.2.1", refused[i]);
        assert_int_equal(send_built(), REASON_UNKNOWN_PROTOCOL);
    }
}

/* The sum over pseudo-header and bytes stays what it was: RFC 1624. */
TEST(EAM_07_dccp_and_udp_lite_follow_the_addresses)
{
    static const uint8_t protocols[] = {33, 136};
    for (unsigned i = 0; i < 2; i++) {
        put_other("2001:db8:bbbb::b", "64:ff9b::8.8.8.8", protocols[i]);
        uint32_t before = build_sum(build_sum(0, built.packet.data + 8, 32), built.packet.data + 40, 12);
        assert_int_equal(send_built(), REASON_OK);
        uint32_t after = build_sum(build_sum(0, built.packet.data + 12, 8), built.packet.data + 20, 12);
        assert_int_equal(before, after);
        put_other("8.8.8.8", "192.0.2.2", protocols[i]);
        before = build_sum(build_sum(0, built.packet.data + 12, 8), built.packet.data + 20, 12);
        assert_int_equal(send_built(), REASON_OK);
        after = build_sum(build_sum(0, built.packet.data + 8, 32), built.packet.data + 40, 12);
        assert_int_equal(before, after);
    }
}

TEST(EAM_05_intrinsic_hairpin_of_the_rfc)
{
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::192.0.2.2", 53, "data", 4);
    uint8_t hop_limit = built.packet.data[7];
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 6);
    expect(built.packet.data, "64:ff9b::c000:201", "2001:db8:bbbb::b");
    assert_int_equal(built.packet.data[7], hop_limit - 1); /* once, not twice */
    assert_true(build_checksum_good(built.packet.data, 40, 17, built.packet.len));
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_HAIRPINS), 1);
}

TEST(EAM_05_simple_hairpin_goes_out_and_comes_back)
{
    shared.eam_hairpin = STEPS_EAM_HAIRPIN_SIMPLE;
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::192.0.2.2", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.family, 4);
    expect(built.packet.data, "192.0.2.1", "192.0.2.2");
    build_udp(&built, "192.0.2.1", 4000, "192.0.2.2", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "64:ff9b::c000:201", "2001:db8:bbbb::b");
    shared.eam_hairpin = STEPS_EAM_HAIRPIN_OFF;
    build_udp(&built, "192.0.2.1", 4000, "192.0.2.2", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "2001:db8:aaaa::", "2001:db8:bbbb::b");
}

/* A quote of what just left or came, in an error of the other end. */
static enum reason error_about(const uint8_t *quote, uint32_t len, const char *from, const char *to,
                               unsigned type, unsigned code)
{
    uint8_t copy[200];
    memcpy(copy, quote, len);
    build_icmp(&built, from, to, type, code, 0, copy, len);
    return send_built();
}

TEST(EAM_04_errors_outside_and_inside_each_on_its_own)
{
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::8.8.8.8", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 32, "198.41.0.4", "192.0.2.1", 3, 1), REASON_OK);
    expect(built.packet.data, "64:ff9b::c629:4", "2001:db8:aaaa::");
    expect(built.packet.data + 48, "2001:db8:aaaa::", "64:ff9b::808:808");
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
    /* About a protocol without ports. */
    put_other("2001:db8:aaaa::", "64:ff9b::8.8.8.8", 132);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 32, "8.8.8.8", "192.0.2.1", 3, 2), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 88), 0x1388);
    assert_int_equal(build_get16(built.packet.data + 94), 0xabcd);

    build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 52, "2001:db8:cccc::1", "64:ff9b::8.8.8.8", 1, 3),
                     REASON_OK);
    expect(built.packet.data, "192.0.2.17", "8.8.8.8");
    expect(built.packet.data + 28, "8.8.8.8", "192.0.2.1");
    assert_true(build_checksum_good(built.packet.data, 20, 1, built.packet.len));
    /* RFC 6791: a router without a mapping. */
    build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 52, "2001:db8:9::1", "64:ff9b::8.8.8.8", 3, 0),
                     REASON_OK);
    expect(built.packet.data, "192.0.2.1", "8.8.8.8");
}

/* The source that 8.8.8.8 sees of an error of an IPv6 router. */
static uint32_t router_seen(const char *router)
{
    uint32_t source;
    build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 52, router, "64:ff9b::8.8.8.8", 3, 0), REASON_OK);
    assert_int_equal(build_sum(0, built.packet.data, 20), 0xffff);
    memcpy(&source, built.packet.data + 12, sizeof(source));
    return ntohl(source);
}

TEST(SRC_01_routers_without_a_mapping_have_a_public_address)
{
    static const struct addr_prefix4 one = {0xc6336407, 32}; /* 198.51.100.7 */
    shared.icmp_source4 = &one;
    shared.icmp_source4_count = 1;
    assert_int_equal(router_seen("2001:db8:9::1"), 0xc6336407);
    assert_int_equal(router_seen("2001:db8:cccc::1"), 0xc0000211); /* this one has one */
    assert_int_equal(router_seen("64:ff9b::8.8.4.4"), 0x08080404); /* and this is an IPv4 host's */
}

TEST(SRC_02_of_several_addresses_one_by_chance)
{
    static const struct addr_prefix4 several[] = {{0xc6336400, 29}, {0xcb007142, 32}};
    unsigned seen[9] = {0}, same = 0;
    uint32_t before = 0;
    shared.icmp_source4 = several;
    shared.icmp_source4_count = 2;
    for (int i = 0; i < 400; i++) {
        uint32_t source = router_seen(i % 2 == 0 ? "2001:db8:9::1" : "2001:db8:9::2");
        assert_true((source & ~7u) == 0xc6336400 || source == 0xcb007142);
        seen[source == 0xcb007142 ? 8 : source & 7]++;
        same += source == before;
        before = source;
    }
    for (int i = 0; i < 9; i++)
        assert_true(seen[i] > 5);
    assert_true(same < 200);
}

TEST(EAM_00_without_a_prefix_mapped_hosts_reach_each_other_only)
{
    shared.guard.pref64_count = 0;
    build_udp(&built, "2001:db8:aaaa::", 1, "2001:db8:bbbb::b", 2, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "192.0.2.1", "192.0.2.2");
    build_udp(&built, "192.0.2.1", 1, "192.0.2.2", 2, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    expect(built.packet.data, "2001:db8:aaaa::", "2001:db8:bbbb::b");
    /* An error about it, too; a router of IPv4 appears as the gateway. */
    build_udp(&built, "2001:db8:aaaa::", 1, "2001:db8:bbbb::b", 2, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 32, "8.8.8.8", "192.0.2.1", 3, 1), REASON_OK);
    expect(built.packet.data, "2001:db8::fe", "2001:db8:aaaa::");
    build_udp(&built, "2001:db8:aaaa::", 1, "64:ff9b::8.8.8.8", 2, "data", 4);
    assert_int_equal(send_built(), REASON_NOT_PREF64);
    build_udp(&built, "8.8.8.8", 1, "192.0.2.2", 2, "data", 4);
    assert_int_equal(send_built(), REASON_SOURCE_DENIED);
    build_udp(&built, "2001:db8::7", 1, "2001:db8:bbbb::b", 2, "data", 4);
    assert_int_equal(send_built(), REASON_NO_MAPPING);
}

TEST(N64_3_5_3_01_pings_are_forbidden_of_mapped_hosts_too)
{
    shared.forbids_pings = true;
    for (unsigned type = 128; type <= 129; type++) {
        build_icmp(&built, "2001:db8:aaaa::", "64:ff9b::8.8.8.8", type, 0, 7, "ping", 4);
        assert_int_equal(send_built(), REASON_PING);
        assert_int_equal(result.reply_len, 0);
    }
    build_icmp(&built, "8.8.8.8", "192.0.2.1", 8, 0, 7, "ping", 4);
    assert_int_equal(send_built(), REASON_PING);
    assert_int_equal(result.reply_len, 0);
}

TEST(SEC_44_errors_about_mapped_hosts_are_limited)
{
    unsigned passed = 0;
    rate_limit(&steps.rate, &(struct rate_limits){1000, 1000, 1000, 100, 10});
    build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    uint8_t quoted[52];
    memcpy(quoted, built.packet.data, sizeof(quoted));
    for (int i = 0; i < 50; i++)
        passed += error_about(quoted, sizeof(quoted), "2001:db8:9::1", "64:ff9b::8.8.8.8", 3, 0) == REASON_OK;
    assert_int_equal(passed, 10);
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::8.8.8.8", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    memcpy(quoted, built.packet.data, 32);
    for (int i = passed = 0; i < 50; i++)
        passed += error_about(quoted, 32, "198.41.0.4", "192.0.2.1", 3, 1) == REASON_OK;
    assert_int_equal(passed, 10);
}

TEST(SEC_43_XL_MTU_07_the_path_mtu_of_a_mapped_host)
{
    static const uint8_t data[1400];
    for (int i = 0; i < 2; i++) {
        build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, data, sizeof(data));
        build_put16(built.packet.data + 6, 0x4000);
        build_header_checksum(built.packet.data);
        assert_int_equal(send_built(), i == 0 ? REASON_OK : REASON_TOO_BIG);
        uint8_t quote[100];
        memcpy(quote, built.packet.data, sizeof(quote));
        if (i > 0)
            break;
        build_icmp(&built, "2001:db8:9::1", "64:ff9b::8.8.8.8", 2, 0, 1300, quote, sizeof(quote));
        assert_int_equal(send_built(), REASON_OK);
    }
    assert_int_equal(build_get16(steps.reply + 20), 0x0304);
    assert_int_equal(build_get16(steps.reply + 26), 1280);
    build_udp(&built, "8.8.8.8", 53, "192.0.2.2", 4000, data, sizeof(data));
    build_put16(built.packet.data + 6, 0x4000);
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_OK);
}

TEST(EAM_05_an_error_turns_round_too)
{
    build_udp(&built, "2001:db8:aaaa::", 4000, "64:ff9b::192.0.2.2", 53, "data", 4);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(error_about(built.packet.data, 52, "2001:db8:bbbb::b", "64:ff9b::192.0.2.1", 1, 4),
                     REASON_OK);
    assert_int_equal(built.packet.family, 6);
    expect(built.packet.data, "64:ff9b::c000:202", "2001:db8:aaaa::");
    expect(built.packet.data + 48, "2001:db8:aaaa::", "64:ff9b::c000:202");
    assert_true(build_checksum_good(built.packet.data, 40, 58, built.packet.len));
}

TEST(EAM_00_fragments_pass_one_by_one)
{
    static uint8_t data[64];
    build_udp(&built, "8.8.8.8", 53, "192.0.2.1", 4000, data, sizeof(data));
    build_put16(built.packet.data + 6, 0x2000); /* more; the datagram says that it is longer */
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(built.packet.data[6], 44);
    assert_int_equal(built.packet.data[40], 17);
    memcpy(build_ip(&built, "8.8.8.8", "192.0.2.1", 17, sizeof(data)), data, sizeof(data));
    build_put16(built.packet.data + 6, 9);
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(build_get16(built.packet.data + 42), 9 * 8);
    /* ICMP, whose checksum needs the whole, waits for the rest. */
    build_icmp(&built, "8.8.8.8", "192.0.2.1", 8, 0, 1, data, sizeof(data));
    build_put16(built.packet.data + 6, 0x2000);
    build_header_checksum(built.packet.data);
    assert_int_equal(send_built(), REASON_OK);
    assert_int_equal(result.verdict, STEPS_KEPT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(EAM_02_and_03_both_ways_with_ports_as_they_are),
        CASE(EAM_00_who_has_no_mapping_is_refused),
        CASE(EAM_00_XL_1_06_other_protocols_pass),
        CASE(EAM_07_dccp_and_udp_lite_follow_the_addresses),
        CASE(EAM_05_intrinsic_hairpin_of_the_rfc),
        CASE(EAM_05_simple_hairpin_goes_out_and_comes_back),
        CASE(EAM_04_errors_outside_and_inside_each_on_its_own),
        CASE(SRC_01_routers_without_a_mapping_have_a_public_address),
        CASE(SRC_02_of_several_addresses_one_by_chance),
        CASE(EAM_00_without_a_prefix_mapped_hosts_reach_each_other_only),
        CASE(N64_3_5_3_01_pings_are_forbidden_of_mapped_hosts_too),
        CASE(SEC_44_errors_about_mapped_hosts_are_limited),
        CASE(SEC_43_XL_MTU_07_the_path_mtu_of_a_mapped_host),
        CASE(EAM_05_an_error_turns_round_too),
        CASE(EAM_00_fragments_pass_one_by_one),
    };
    return RUN(tests);
}
