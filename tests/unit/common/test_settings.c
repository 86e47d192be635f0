/*
 * Layer: test
 * Specification: man/gate64.conf.5
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"

static struct settings *load(const char *text)
{
    struct settings *settings = NULL;
    char error[SETTINGS_ERROR_LEN];
    int r = settings_file_load_text(text, strlen(text), "test.conf", &settings, error);
    if (r < 0)
        print_message("%s\n", error);
    assert_int_equal(r, 0);
    return settings;
}

TEST(N64_4_01_N64_3_5_4_03_N78_2_1_01_CGN_R7_defaults_are_those_of_the_rfcs)
{
    struct settings *s = load("");
    assert_int_equal(s->nat64.timeouts.udp, 300);
    assert_int_equal(s->nat64.timeouts.tcp_established, 7200);
    assert_int_equal(s->nat64.timeouts.tcp_opening, 240);
    assert_int_equal(s->nat64.timeouts.tcp_closing, 240);
    assert_int_equal(s->nat64.timeouts.tcp_incoming_syn, 6);
    assert_int_equal(s->nat64.timeouts.icmp, 60);
    assert_int_equal(s->nat64.timeouts.fragment, 2);
    assert_int_equal(s->nat64.timeouts.udp_dns, 17);
    assert_int_equal(s->pref64_count, 1);
    assert_int_equal(s->pref64[0].prefix.len, 96);
    assert_memory_equal(&s->pref64[0].prefix.address, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0\0\0\0", 16);
    for (int protocol = SETTINGS_TCP; protocol <= SETTINGS_ICMP; protocol++)
        assert_int_equal(s->nat64.filtering[protocol], SETTINGS_ADDRESS_DEPENDENT);
    assert_int_equal(s->dns64.listen_count, 1);
    assert_int_equal(s->dns64.listen[0].port, 53);
    /* Without a file: the uplink's own address, shared. */
    assert_int_equal(s->pools_count, 1);
    assert_true(s->pools[0].shared);
    assert_int_equal(s->pools[0].address.len, SETTINGS_UPLINK);
    assert_int_equal(s->pools[0].ports[0].first, 49152);
    assert_int_equal(s->pools[0].ports[0].last, 65535);
    settings_file_free(s);
}

static const char full[] =
    "backends = [\"2001:db8:1::/64\"];\n"
    "log: { level = \"debug\"; sink = \"stderr\"; };\n"
    "state-dir = \"/run/other\";\n"
    "pref64 = ( { prefix = \"64:ff9b::/96\"; },\n"
    "  { prefix = \"2001:db8:64::/96\"; allow-ipv4 = [\"10.0.0.0/8\"]; for-ipv4 = [\"10.0.0.0/8\"]; } );\n"
    "deny-ipv4 = [\"192.0.2.0/24\"];\n"
    "pools = ( { name = \"a\"; address = \"203.0.113.16/30\"; ports = [\"1024-2047\", \"4096-65535\"]; "
    "for = [\"2001:db8:5::/48\", \"2001:db8:6::7/128\"]; } );\n"
    "static = ( { name = \"shop\"; protocol = \"tcp\"; ipv4 = \"203.0.113.17#80\"; ipv6 = "
    "\"2001:db8:1::5#8080\"; } );\n"
    "nat64: { workers = 3; filtering: { udp = \"endpoint-independent\"; }; timeouts: { udp = 120; }; };\n"
    "dns64: { listen = [\"::#5353\", \"192.0.2.1#53\"]; upstream = [\"2001:db8::53\", \"192.0.2.53#5353\"]; "
    "forward = ( { domain = \"corp.example\"; upstream = [\"tls://2001:db8::54/dns.corp.example\", "
    "\"tls://192.0.2.54#8853/pin-sha256=ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=\"]; } ); "
    "never = [\"example.com\"]; aaaa-wait-ms = 5; views = ( { name = \"a\"; clients = [\"2001:db8:9::/48\"]; "
    "dns64 = false; upstream = [\"192.0.2.9\"]; forward = (); }, { clients = [\"192.0.2.0/24\"]; never = []; "
    "pref64 = ( { prefix = \"2001:db8:65::/96\"; for-ipv4 = [\"10.0.0.0/8\"]; }, "
    "{ prefix = \"2001:db8:66::/96\"; } ); } ); "
    "tcp: { idle-s = 3; }; };\n";

TEST(VIEW_01_what_is_not_in_a_view_is_as_outside)
{
    struct settings *s = load(full);
    const struct settings_view *a = &s->dns64.views[0], *b = &s->dns64.views[1];
    assert_int_equal(s->dns64.views_count, 2);
    assert_string_equal(a->name, "a");
    assert_false(a->dns64);
    assert_int_equal(a->upstream_count, 1);
    assert_int_equal(a->forward_count, 0);
    assert_int_equal(a->aaaa_wait_ms, 5);
    assert_int_equal(a->pref64_count, 2);
    assert_int_equal(a->pref64[1].allow4_count, 1);
    assert_int_equal(a->never_count, 1);
    assert_int_equal(a->exclude_aaaa_count, 1); /* the default */
    assert_string_equal(b->name, "view");
    assert_true(b->dns64);
    assert_int_equal(b->upstream_count, 2);
    assert_int_equal(b->forward_count, 1);
    assert_int_equal(b->forward[0].upstream_count, 2);
    assert_int_equal(b->never_count, 0);
    assert_int_equal(b->pref64_count, 2);
    assert_int_equal(b->pref64[0].for4_count, 1);
    assert_int_equal(b->pref64[0].allow4_count, 0);
    settings_file_free(s);
}

TEST(a_full_file_is_read)
{
    struct settings *s = load(full);
    assert_int_equal(s->backends_count, 1);
    assert_int_equal(s->pref64_count, 2);
    assert_int_equal(s->pref64[1].allow4[0].len, 8);
    assert_int_equal(s->pools[0].ports_count, 2);
    assert_int_equal(s->pools[0].ports[1].first, 4096);
    assert_int_equal(s->statics[0].ipv4.ports.first, 80);
    assert_int_equal(s->nat64.workers, 3);
    assert_int_equal(s->nat64.filtering[SETTINGS_UDP], SETTINGS_ENDPOINT_INDEPENDENT);
    assert_int_equal(s->nat64.filtering[SETTINGS_TCP], SETTINGS_ADDRESS_DEPENDENT);
    assert_int_equal(s->dns64.upstream[0].at.port, 53);
    assert_int_equal(s->dns64.upstream[1].at.port, 5353);
    assert_int_equal(s->dns64.forward_count, 1);
    assert_string_equal(s->dns64.forward[0].domain, "corp.example");
    const struct settings_upstream *tls = s->dns64.forward[0].upstream;
    assert_true(tls[0].tls && !tls[0].pinned);
    assert_int_equal(tls[0].at.port, 853);
    assert_string_equal(tls[0].name, "dns.corp.example");
    assert_true(tls[1].tls && tls[1].pinned);
    assert_int_equal(tls[1].at.port, 8853);
    for (unsigned i = 0; i < SETTINGS_PIN_LEN; i++)
        assert_int_equal(tls[1].pin[i], i % 16 * 0x11);
    assert_int_equal(s->dns64.tcp.idle_s, 3);
    assert_int_equal(s->dns64.tcp.connections, 4096);
    settings_file_free(s);
}

TEST(what_is_printed_parses_to_the_same)
{
    static const char *const files[] = {"", full, "pools = []; static = (); deny-ipv4 = ();",
                                        "pref64 = (); pools = (); eam = ( { ipv4 = \"192.0.2.1\"; "
                                        "ipv6 = \"2001:db8::1\"; } );",
                                        "nat64: { pings = false; translation: { ipv4-tos = 32; "
                                        "icmp-source-ipv4 = [\"192.0.2.0/29\"]; }; };"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct settings *first = load(files[i]);
        char *once = settings_file_print(first);
        struct settings *second = load(once);
        char *twice = settings_file_print(second);
        assert_string_equal(once, twice);
        free(once);
        free(twice);
        settings_file_free(first);
        settings_file_free(second);
    }
}

TEST(SEC_61_what_is_shown_has_no_secret)
{
    struct settings *settings = load("dns64: { cookie-secret = \"00112233445566778899aabbccddeeff\"; };");
    char *whole = settings_file_print(settings), *shown = settings_file_show(settings);
    assert_non_null(strstr(whole, "00112233"));
    assert_null(strstr(shown, "00112233"));
    assert_non_null(strstr(shown, "cookie-secret = \"\""));
    free(whole);
    free(shown);
    settings_file_free(settings);
}

TEST(comments_and_strings_do_not_look_like_numbers)
{
    settings_file_free(
        load("# 99999999999\n// 99999999999\n/* 99999999999\n */ state-dir = \"/99999999999\";\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(N64_4_01_N64_3_5_4_03_N78_2_1_01_CGN_R7_defaults_are_those_of_the_rfcs),
        cmocka_unit_test(VIEW_01_what_is_not_in_a_view_is_as_outside),
        cmocka_unit_test(a_full_file_is_read),
        cmocka_unit_test(what_is_printed_parses_to_the_same),
        cmocka_unit_test(SEC_61_what_is_shown_has_no_secret),
        cmocka_unit_test(comments_and_strings_do_not_look_like_numbers),
    };
    return RUN(tests);
}
