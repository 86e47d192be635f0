/*
 * Findings and their commands, and the probe of the clock, which no lab can put back.
 *
 * Layer: edge
 * Specification: man/gate64.1; POSIX.1-2017 XCU 2.2
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/nft_rules.h"
#include "gate64/probe.h"
#include "gate64/spawn.h"

#define Y2026 (UINT64_C(1767225600) * NS_PER_S)

static int set_up(void **state)
{
    static struct check check;
    check = (struct check){.probe = "clock", .findings = json_array(), .err = stderr};
    *state = &check;
    return 0;
}

static int tear_down(void **state)
{
    struct check *check = *state;
    json_decref(check->findings);
    return 0;
}

static const char *command(const struct check *check, size_t i)
{
    const json_t *finding = json_array_get(check->findings, 0);
    return json_string_value(json_array_get(json_object_get(finding, "commands"), i));
}

static void a_clock_before_the_release_is_wrong(void **state)
{
    struct check *check = *state;
    const struct probe_clock_state before = {.utc_ns = Y2026 - 1, .synchronised = true};
    probe_clock_judge(check, &before);
    assert_int_equal(json_array_size(check->findings), 1);
    assert_string_equal(command(check, 0), "chronyd -q 'pool 2.debian.pool.ntp.org iburst'");
}

static void a_clock_of_this_host_is_to_be_synchronised(void **state)
{
    struct check *check = *state;
    const struct probe_clock_state adrift = {.utc_ns = Y2026, .own_clock = true};
    probe_clock_judge(check, &adrift);
    assert_string_equal(command(check, 0), "apt-get install -y systemd-timesyncd");
    assert_string_equal(command(check, 1), "timedatectl set-ntp true");
}

static void a_clock_that_is_kept_is_no_finding(void **state)
{
    struct check *check = *state;
    const struct probe_clock_state good[] = {
        {.utc_ns = Y2026, .own_clock = true, .synchronised = true},
        {.utc_ns = Y2026}, /* of a container: its host keeps it */
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        probe_clock_judge(check, &good[i]);
    assert_int_equal(json_array_size(check->findings), 0);
}

static void words_are_quoted_for_the_shell(void **state)
{
    char buffer[32];
    (void)state;
    assert_string_equal(check_quote("eth0.100", buffer, sizeof(buffer)), "eth0.100");
    assert_string_equal(check_quote("", buffer, sizeof(buffer)), "''");
    assert_string_equal(check_quote("a b;$(c)", buffer, sizeof(buffer)), "'a b;$(c)'");
    assert_string_equal(check_quote("it's", buffer, sizeof(buffer)), "'it'\\''s'");
    for (size_t size = 8; size < sizeof(buffer); size++) {
        memset(buffer, 'X', sizeof(buffer));
        check_quote("''''''''''''''''''''''", buffer, size);
        assert_non_null(memchr(buffer, '\0', size));
    }
}

static void settings_of_the_kernel_are_named_as_sysctl_takes_them(void **state)
{
    struct check *check = *state;
    check_finding(check, "x");
    check_command_sysctl(check, "ipv4/conf/nat64/rp_filter", "2");
    check_command_sysctl(check, "ipv4/conf/eth0.100/rp_filter", "2");
    assert_string_equal(command(check, 0), "sysctl -w net.ipv4.conf.nat64.rp_filter=2");
    assert_string_equal(command(check, 1), "sysctl -w net/ipv4/conf/eth0.100/rp_filter=2");
}

/* A name from outside is shown harmless, and a command with it is not given at all. */
static void nothing_steers_the_terminal(void **state)
{
    struct check *check = *state;
    const json_t *finding;
    check_finding(check, "the device %s", "\033[2J");
    check_command(check, "ip link del '%s'", "\033[2J");
    finding = json_array_get(check->findings, 0);
    assert_string_equal(json_string_value(json_object_get(finding, "finding")), "the device \\x1b[2J");
    assert_null(command(check, 0));
}

static void a_pool_of_the_uplink_has_its_address(void **state)
{
    struct check *check = *state;
    struct links_address addresses[] = {
        {.addr = {.family = AF_INET, .v4 = 0xc6336401}, .ifindex = 1},
        {.addr = {.family = AF_INET6}, .ifindex = 2},
        {.addr = {.family = AF_INET, .v4 = 0xc0000201}, .ifindex = 2},
    };
    struct links links = {.addresses = addresses, .addresses_count = 3, .uplink4 = 2};
    struct settings_pool uplink = {.address.len = SETTINGS_UPLINK}, own = {.address = {0xcb007100, 28}};
    struct addr_prefix4 got;
    check->links = &links;
    assert_true(check_pool_address(check, &uplink, &got));
    assert_int_equal(got.address, 0xc0000201);
    assert_int_equal(got.len, 32);
    assert_true(check_pool_address(check, &own, &got));
    assert_int_equal(got.len, 28);
    links.uplink4 = 0;
    assert_false(check_pool_address(check, &uplink, &got));
}

#define CHAIN(policy, rules)                                                                          \
    "{\"nftables\":[{\"metainfo\":{}},{\"chain\":{\"family\":\"inet\",\"table\":\"filter\",\"name\":" \
    "\"forward\","                                                                                    \
    "\"type\":\"filter\",\"hook\":\"forward\",\"policy\":\"" policy "\"}}" rules "]}"
#define RULE(expressions) ",{\"rule\":{\"expr\":[" expressions "]}}"
#define DEVICE(key, name) \
    "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"" key "\"}},\"right\":\"" name "\"}}"
#define COUNTER ",{\"counter\":{\"packets\":0,\"bytes\":0}}"
#define ACCEPT  ",{\"accept\":null}"
#define BOTH    RULE(DEVICE("iifname", "nat64") ACCEPT) RULE(DEVICE("oifname", "nat64") COUNTER ACCEPT)

static void chains_of_nft_let_the_device_through_or_not(void **state)
{
    static const struct {
        const char *text;
        bool in, out;
    } cases[] = {
        {CHAIN("accept", ""), true, true},
        {CHAIN("drop", ""), false, false},
        {CHAIN("drop", BOTH), true, true},
        {CHAIN("drop", RULE(DEVICE("iif", "nat64") ACCEPT)), true, false},
        {CHAIN("drop", RULE(DEVICE("oifname", "nat64") ACCEPT)), false, true},
        {CHAIN("drop", RULE("{\"accept\":null}")), true, true},
        {CHAIN("accept", RULE("{\"drop\":null}") BOTH), false, false},
        {CHAIN("accept", BOTH RULE("{\"reject\":{\"type\":\"icmpx\"}}")), true, true},
        /* another device, more conditions, what is not judged */
        {CHAIN("drop", RULE(DEVICE("iifname", "nat65") ACCEPT)), false, false},
        {CHAIN("drop", RULE(DEVICE("iifname", "nat64") "," DEVICE("oifname", "eth0") ACCEPT)), false, false},
        {CHAIN("drop", RULE("{\"jump\":{\"target\":\"x\"}}" ACCEPT)), false, false},
        {CHAIN("accept", RULE(DEVICE("iifname", "eth0") ",{\"drop\":null}")), true, true},
        {"{\"nftables\":7}", true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *document = json_loads(cases[i].text, 0, NULL);
        assert_non_null(document);
        struct firewall_text got = nft_rules_judge(document, "nat64");
        if (got.in != cases[i].in || got.out != cases[i].out) {
            print_error("%s\n", cases[i].text);
            fail();
        }
        json_decref(document);
    }
}

static void chains_of_iptables_are_left_to_it(void **state)
{
    json_t *document = json_loads("{\"nftables\":[{\"metainfo\":{}},"
                                  "{\"chain\":{\"family\":\"ip\",\"table\":\"filter\",\"name\":\"FORWARD\","
                                  "\"type\":\"filter\",\"hook\":\"forward\"}},"
                                  "{\"chain\":{\"family\":\"bridge\",\"table\":\"t\",\"name\":\"c\",\"type\":"
                                  "\"filter\",\"hook\":\"forward\"}},"
                                  "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\",\"type\":"
                                  "\"filter\",\"hook\":\"input\"}},"
                                  "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\",\"type\":"
                                  "\"filter\",\"hook\":\"forward\"}}]}",
                                  0, NULL);
    struct nft_rules_chain chain;
    (void)state;
    assert_int_equal(nft_rules_count(document), 5);
    for (size_t i = 0; i < 4; i++)
        assert_false(nft_rules_is_forward(document, i, &chain));
    assert_true(nft_rules_is_forward(document, 4, &chain));
    assert_string_equal(chain.family, "inet");
    json_decref(document);
}

static void commands_are_read(void **state)
{
    const char *const echo[] = {"echo", "text", NULL}, *const none[] = {"gate64-no-such-command", NULL};
    const char *const bad[] = {"false", NULL}, *const endless[] = {"yes", NULL};
    char *text;
    (void)state;
    assert_int_equal(spawn_read(echo, &text), 0);
    assert_string_equal(text, "text\n");
    free(text);
    assert_int_equal(spawn_read(none, &text), -ENOENT);
    assert_int_equal(spawn_read(bad, &text), -EIO);
    assert_int_equal(spawn_read(endless, &text), -EFBIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_clock_before_the_release_is_wrong),
        TEST(a_clock_of_this_host_is_to_be_synchronised),
        TEST(a_clock_that_is_kept_is_no_finding),
        TEST(words_are_quoted_for_the_shell),
        TEST(settings_of_the_kernel_are_named_as_sysctl_takes_them),
        TEST(nothing_steers_the_terminal),
        TEST(a_pool_of_the_uplink_has_its_address),
        TEST(chains_of_nft_let_the_device_through_or_not),
        TEST(chains_of_iptables_are_left_to_it),
        TEST(commands_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
