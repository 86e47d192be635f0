/*
 * What gate64 check reads: firewall rules, lists of sockets, lists of ports, a list in the configuration.
 *
 * Layer: edge
 * Specification: iptables(8) -S, proc(5), ip-sysctl.rst, libconfig's grammar
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate64/config_list.h"
#include "gate64/firewall_text.h"
#include "gate64/port_list.h"
#include "gate64/socket_line.h"

static void firewall_lets_the_device_through_or_not(void **state)
{
    static const struct {
        const char *rules;
        bool in, out;
    } cases[] = {
        {"-P FORWARD ACCEPT\n", true, true},
        {"", true, true},
        {"-P FORWARD DROP\n", false, false},
        {"-P FORWARD DROP\n-A FORWARD -i nat64 -j ACCEPT\n-A FORWARD -o nat64 -j ACCEPT\n", true, true},
        {"-P FORWARD DROP\n-A FORWARD -i nat64 -j ACCEPT\n", true, false},
        {"-P FORWARD DROP\n-A FORWARD -o nat64 -j ACCEPT", false, true},
        {"-P FORWARD DROP\n-A FORWARD -j G64-nat64\n", true, true},
        {"-P FORWARD DROP\n-A FORWARD -j G64-nat64b\n", false, false},
        {"-P FORWARD DROP\n-A FORWARD -j ACCEPT\n", true, true},
        /* of another device, with a condition, or behind what drops */
        {"-P FORWARD DROP\n-A FORWARD -i nat641 -j ACCEPT\n-A FORWARD -o nat6 -j ACCEPT\n", false, false},
        {"-P FORWARD DROP\n-A FORWARD -i nat64 -p tcp -j ACCEPT\n-A FORWARD -o nat64 -j DROP\n", false,
         false},
        {"-P FORWARD ACCEPT\n-A FORWARD -j DROP\n-A FORWARD -j G64-nat64\n", false, false},
        {"-P FORWARD ACCEPT\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\n", false, false},
        {"-P FORWARD ACCEPT\n-A FORWARD -j G64-nat64\n-A FORWARD -j DROP\n", true, true},
        {"-P FORWARD ACCEPT\n-A FORWARD -i eth0 -j DROP\n-A FORWARD -j DROPPER\n", true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct firewall_text got = firewall_text_judge(cases[i].rules, "nat64");
        if (got.in != cases[i].in || got.out != cases[i].out) {
            print_error("%s", cases[i].rules);
            fail();
        }
    }
}

/* The kernel prints 32 bits of an address as a number of its own byte order. */
static const char *words_of(const void *address, size_t len)
{
    static char text[64];
    text[0] = '\0';
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word;
        memcpy(&word, (const char *)address + i, sizeof(word));
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%08X", word);
    }
    return text;
}

static bool parse(const char *address, int family, bool tcp, const char *rest, struct socket_line *ret_socket)
{
    struct in6_addr bytes;
    char line[256];
    assert_int_equal(inet_pton(family, address, &bytes), 1);
    snprintf(line, sizeof(line), "   0: %s:%s", words_of(&bytes, family == AF_INET ? 4 : 16), rest);
    return socket_line_parse(line, family, tcp, ret_socket);
}

#define NOBODY4 "00000000:0000"
#define NOBODY6 "00000000000000000000000000000000:0000"
#define TAIL    " 00000000:00000000 00:00000000 00000000     0        0 4242 1 00000000660a7133"

static void sockets_are_read(void **state)
{
    struct socket_line one;
    char text[ADDR_TEXT_LEN];
    (void)state;
    assert_true(parse("192.0.2.1", AF_INET, true, "C351 " NOBODY4 " 0A" TAIL, &one));
    assert_string_equal(addr_print(&one.addr, text), "192.0.2.1");
    assert_int_equal(one.port, 50001);
    assert_true(one.serves && one.tcp);
    assert_int_equal(one.inode, 4242);
    assert_true(parse("192.0.2.1", AF_INET, true, "C351 0100007F:0035 01" TAIL, &one));
    assert_false(one.serves); /* a connection */
    assert_true(parse("::", AF_INET6, false, "0035 " NOBODY6 " 07" TAIL, &one));
    assert_true(one.serves && !one.tcp && addr_is_any(&one.addr));
    assert_true(parse("2001:db8::1", AF_INET6, false, "0035 " NOBODY6 " 07" TAIL, &one));
    assert_string_equal(addr_print(&one.addr, text), "2001:db8::1");
    assert_false(addr_is_any(&one.addr));
    assert_true(parse("::ffff:192.0.2.1", AF_INET6, true, "0035 " NOBODY6 " 0A" TAIL, &one));
    assert_string_equal(addr_print(&one.addr, text), "192.0.2.1");
}

static void what_is_no_socket_is_none(void **state)
{
    static const char *const lines[] = {
        "",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:0035 00000000:0000 07",
        "   0: 0100007F 00000000:0000 07 0:0 0:0 0 0 0 1",
        "   0: 0100:0035 00000000:0000 07 0:0 0:0 0 0 0 1",
        "   0: 0100007F:35 00000000:0000 07 0:0 0:0 0 0 0 1",
    };
    struct socket_line one;
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(socket_line_parse(lines[i], AF_INET, false, &one));
}

static void port_lists_are_merged(void **state)
{
    static struct port_list list;
    char text[64];
    (void)state;
    assert_true(port_list_print(&list, text, sizeof(text)));
    assert_string_equal(text, "");
    port_list_add_text(&list, "8080,9000-9001,65535,0,70000,99999999999,x,7-5");
    port_list_add(&list, 9002, 9010);
    assert_true(port_list_print(&list, text, sizeof(text)));
    assert_string_equal(text, "8080,9000-9010,65535");
    assert_false(port_list_print(&list, text, 20));
    memset(&list, 0, sizeof(list));
    port_list_add_text(&list, "32768\t60999");
    assert_true(port_list_print(&list, text, sizeof(text)));
    assert_string_equal(text, "32768-60999");
    memset(&list, 0, sizeof(list));
    port_list_add(&list, 1, 65535);
    assert_true(port_list_print(&list, text, sizeof(text)));
    assert_string_equal(text, "1-65535");
}

static void expect_list(const char *text, int first, int last, const char *before, const char *after)
{
    struct config_list list;
    assert_int_equal(config_list_find(text, "upstream", &list), 0);
    assert_int_equal(list.first_line, first);
    assert_int_equal(list.last_line, last);
    assert_int_equal(list.before_len, strlen(before));
    assert_memory_equal(list.before, before, list.before_len);
    assert_int_equal(list.after_len, strlen(after));
    assert_memory_equal(list.after, after, list.after_len);
}

static void the_list_of_a_file_is_found(void **state)
{
    struct config_list list;
    (void)state;
    expect_list("upstream = [\"192.0.2.1\"];", 1, 1, "upstream = ", ";");
    expect_list(
        "# upstream = [];\n/* upstream\n = [] */ // upstream = []\ndns64: { upstream: [ ]; x = 1; }\n", 4, 4,
        "dns64: { upstream: ", "; x = 1; }");
    expect_list("dns64:\n{\n  upstream = [ # the \"first\" ]\n    \"a]b\",\n    \"\\\"]\" ]\n}\n", 3, 5,
                "  upstream = ", "");
    expect_list("user = \"upstream = [\";\nmy-upstream = [1];\nupstream =\n[2];", 4, 4, "", ";");
    assert_int_equal(config_list_find("upstream = [];\nforward = { upstream = []; }", "upstream", &list),
                     -EEXIST);
    assert_int_equal(config_list_find("upstream = \"x\";", "upstream", &list), -ENOENT);
    assert_int_equal(config_list_find("upstream = [\"x\"", "upstream", &list), -ENOENT);
    assert_int_equal(config_list_find("upstream = [\"x]", "upstream", &list), -ENOENT);
    assert_int_equal(config_list_find("/* upstream = []", "upstream", &list), -ENOENT);
    assert_int_equal(config_list_find("", "upstream", &list), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firewall_lets_the_device_through_or_not),
        cmocka_unit_test(sockets_are_read),
        cmocka_unit_test(what_is_no_socket_is_none),
        cmocka_unit_test(port_lists_are_merged),
        cmocka_unit_test(the_list_of_a_file_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
