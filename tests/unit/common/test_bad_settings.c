/*
 * Bad files, made from the schema itself: for each key a wrong type, a value below and one above its range, a
 * word or address that is none. A new key is covered by being in the table. What no key can say alone stands
 * below.
 *
 * Layer: test
 * Specification: man/gate64.conf.5
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"

enum { TEXT_LEN = 4096 };

/* Refused, with this line and fragment, and with what is allowed. */
static void refused(const char *text, int line, const char *fragment)
{
    struct settings *settings = NULL;
    char error[SETTINGS_ERROR_LEN] = "", place[64];
    int r = settings_file_load_text(text, strlen(text), "bad.conf", &settings, error);
    snprintf(place, sizeof(place), "bad.conf:%d: ", line);
    if (r >= 0 || strncmp(error, place, strlen(place)) != 0 || strstr(error, "allowed") == NULL ||
        strstr(error, fragment) == NULL)
        print_message("--- %s\ngave %d: %s\nwanted %s...%s\n", text, r, error, place, fragment);
    assert_true(r < 0);
    assert_memory_equal(error, place, strlen(place));
    assert_non_null(strstr(error, fragment));
    assert_non_null(strstr(error, "allowed"));
}

/* Members without a default must be there for the others to be judged. */
static const char *companions(const char *group)
{
    if (strcmp(group, "pref64") == 0)
        return "prefix = \"64:ff9b::/96\"; ";
    if (strcmp(group, "pools") == 0)
        return "address = \"192.0.2.1\"; ";
    if (strcmp(group, "eam") == 0)
        return "ipv4 = \"192.0.2.3\"; ipv6 = \"2001:db8::3\"; ";
    if (strcmp(group, "views") == 0)
        return "clients = [\"2001:db8:9::/48\"]; ";
    if (strcmp(group, "forward") == 0)
        return "domain = \"corp.example\"; upstream = [\"192.0.2.1\"]; ";
    return "protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::1#80\"; ";
}

/* The file in which `path` has this value, on line 2. */
static void with_value(const char *path, const char *value, char text[TEXT_LEN])
{
    char copy[128], open[256] = "", close[64] = "", rest[48];
    snprintf(copy, sizeof(copy), "%s", path);
    char *name = copy, *dot;
    while ((dot = strchr(name, '.')) != NULL) {
        *dot = '\0';
        size_t len = strlen(name);
        if (len > 2 && strcmp(name + len - 2, "[]") == 0) {
            name[len - 2] = '\0';
            snprintf(open + strlen(open), sizeof(open) - strlen(open), "%s = ( { ", name);
            snprintf(rest, sizeof(rest), "%.40s", close);
            snprintf(close, sizeof(close), " } )%s", rest);
            /* Without the key itself, or it would stand twice. */
            const char *more = companions(name), *own = dot + 1;
            char member[64];
            snprintf(member, sizeof(member), "%s = ", own);
            const char *at = strstr(more, member);
            if (at == NULL)
                snprintf(open + strlen(open), sizeof(open) - strlen(open), "%s", more);
            else
                snprintf(open + strlen(open), sizeof(open) - strlen(open), "%.*s%s", (int)(at - more), more,
                         strchr(at, ';') + 2);
        } else {
            snprintf(open + strlen(open), sizeof(open) - strlen(open), "%s: { ", name);
            snprintf(rest, sizeof(rest), "%.40s", close);
            snprintf(close, sizeof(close), " }%s", rest);
        }
        name = dot + 1;
    }
    snprintf(text, TEXT_LEN, "# first line\n%s%s = %s;%s%s\n", open, name, value, close,
             close[0] != '\0' ? ";" : "");
}

static const char *wrong_type(enum settings_type type)
{
    switch (type) {
    case SETTINGS_TYPE_INT:
    case SETTINGS_TYPE_POWER: return "\"many\"";
    case SETTINGS_TYPE_BOOL: return "1";
    case SETTINGS_TYPE_SHARE: return "true";
    case SETTINGS_TYPE_SIZE:
    case SETTINGS_TYPE_ROOM: return "67108864";
    case SETTINGS_TYPE_WORD:
    case SETTINGS_TYPE_TEXT:
    case SETTINGS_TYPE_DOMAIN:
    case SETTINGS_TYPE_SECRET:
    case SETTINGS_TYPE_POOL4:
    case SETTINGS_TYPE_PREFIX4:
    case SETTINGS_TYPE_PREFIX6:
    case SETTINGS_TYPE_PREF64:
    case SETTINGS_TYPE_SPAN4:
    case SETTINGS_TYPE_SPAN6: return "17";
    case SETTINGS_TYPE_PREFIXES:
    case SETTINGS_TYPE_PREFIXES4:
    case SETTINGS_TYPE_PREFIXES6:
    case SETTINGS_TYPE_ENDPOINTS:
    case SETTINGS_TYPE_UPSTREAMS:
    case SETTINGS_TYPE_PORT_RANGES:
    case SETTINGS_TYPE_TEXTS:
    case SETTINGS_TYPE_GROUP:
    case SETTINGS_TYPE_GROUPS: return "\"text\"";
    }
    return "";
}

/* A value of the right type that is not one. */
static const char *wrong_value(enum settings_type type)
{
    switch (type) {
    case SETTINGS_TYPE_WORD: return "\"nonsense\"";
    case SETTINGS_TYPE_POOL4: return "\"192.0.2.1/24\"";
    case SETTINGS_TYPE_SECRET: return "\"e5e973e5a6b2a43f48e7dc849e37bfcg\"";
    case SETTINGS_TYPE_SHARE: return "\"101%\"";
    case SETTINGS_TYPE_POWER: return "96";
    case SETTINGS_TYPE_SIZE:
    case SETTINGS_TYPE_ROOM: return "\"64T\"";
    case SETTINGS_TYPE_PREFIX4: return "\"192.0.2.1/24\"";
    case SETTINGS_TYPE_PREFIX6: return "\"2001:db8::1/64\"";
    case SETTINGS_TYPE_PREF64: return "\"2001:db8::/80\"";
    case SETTINGS_TYPE_SPAN4: return "\"192.0.2.1#0\"";
    case SETTINGS_TYPE_SPAN6: return "\"2001:db8::1#9-8\"";
    case SETTINGS_TYPE_PREFIXES: return "[\"2001:db8::/129\"]";
    case SETTINGS_TYPE_PREFIXES4: return "[\"192.0.2.0/33\"]";
    case SETTINGS_TYPE_PREFIXES6: return "[\"2001:db8::1/64\"]";
    case SETTINGS_TYPE_ENDPOINTS: return "[\"2001:db8::1#70000\"]";
    case SETTINGS_TYPE_UPSTREAMS: return "[\"tls://2001:db8::1\"]";
    case SETTINGS_TYPE_DOMAIN: return "\"two..dots\"";
    case SETTINGS_TYPE_PORT_RANGES: return "[\"10-5\"]";
    case SETTINGS_TYPE_TEXTS: return "[\"\"]";
    case SETTINGS_TYPE_GROUPS: return "( 1 )";
    case SETTINGS_TYPE_INT:
    case SETTINGS_TYPE_BOOL:
    case SETTINGS_TYPE_TEXT:
    case SETTINGS_TYPE_GROUP: break;
    }
    return NULL;
}

TEST(every_key_refuses_a_wrong_type)
{
    char text[TEXT_LEN];
    for (size_t i = 0; i < settings_schema_count; i++) {
        with_value(settings_schema[i].path, wrong_type(settings_schema[i].type), text);
        refused(text, 2, settings_schema[i].path);
    }
}

TEST(every_key_refuses_a_wrong_value)
{
    char text[TEXT_LEN];
    for (size_t i = 0; i < settings_schema_count; i++) {
        const char *value = wrong_value(settings_schema[i].type);
        if (value == NULL)
            continue;
        with_value(settings_schema[i].path, value, text);
        refused(text, 2, settings_schema[i].path);
    }
}

TEST(N64_4_02_every_range_refuses_below_and_above)
{
    char text[TEXT_LEN], value[32];
    unsigned ranges = 0;
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (key->type != SETTINGS_TYPE_INT && key->type != SETTINGS_TYPE_POWER)
            continue;
        snprintf(value, sizeof(value), "%lld", (long long)key->min - 1);
        with_value(key->path, value, text);
        refused(text, 2, key->path);
        snprintf(value, sizeof(value), "%lld", (long long)key->max + 1);
        with_value(key->path, value, text);
        refused(text, 2, key->path);
        ranges++;
    }
    assert_true(ranges > 20);
}

TEST(N64_4_02_ICM_R2_UDP_R5_lifetimes_that_no_rfc_allows)
{
    refused("nat64: { timeouts: { udp = 119; }; };", 1, "nat64.timeouts.udp");
    refused("nat64: { timeouts: { tcp-established = 7199; }; };", 1, "nat64.timeouts.tcp-established");
    refused("nat64: { timeouts: { icmp = 59; }; };", 1, "nat64.timeouts.icmp");
}

TEST(texts_refuse_what_is_too_short_or_long)
{
    char text[TEXT_LEN], value[600];
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (key->type != SETTINGS_TYPE_TEXT)
            continue;
        if (key->min > 0) {
            with_value(key->path, "\"\"", text);
            refused(text, 2, key->path);
        }
        snprintf(value, sizeof(value), "\"%0*d\"", (int)key->max + 1, 0);
        with_value(key->path, value, text);
        refused(text, 2, key->path);
    }
}

TEST(integers_beyond_32_and_64_bits)
{
    refused("\nnat64: {\n  workers = 99999999999;\n};", 3, "nat64.workers");
    refused("nat64: { timeouts: { udp = 99999999999999999999999; }; };", 1, "nat64.timeouts.udp");
    refused("nat64: { workers = 0xfffffffff; };", 1, "nat64.workers");
    refused("nat64: { workers = -99999999999; };", 1, "nat64.workers");
}

TEST(upstreams_that_are_none)
{
    static const char *const bad[] = {
        "tls://2001:db8::1#853",
        "tls://2001:db8::1#853/",
        "tls:///dns.example",
        "tls://2001:db8::1#0/dns.example",
        "tls://2001:db8::1/dns..example",
        "tls://2001:db8::1/dns example",
        "tls://2001:db8::1/pin-sha256=",
        "tls://2001:db8::1/pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tls://2001:db8::1/pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tls://2001:db8::1/pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "tls://2001:db8::1/pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "tls://2001:db8::1/pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!=",
        "https://2001:db8::1/dns.example",
        "2001:db8::1/dns.example",
    };
    char text[TEXT_LEN];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "dns64: {\n upstream = [\"192.0.2.1\", \"%s\"]; };", bad[i]);
        refused(text, 2, "dns64.upstream");
    }
    refused("dns64: { forward = (\n { domain = \"a.example\"; upstream = []; } ); };", 2, "no upstream");
    refused("dns64: { forward = (\n { domain = \"a.example\"; upstream = [\"192.0.2.1\"]; },\n"
            " { domain = \"A.example.\"; upstream = [\"192.0.2.2\"]; } ); };",
            3, "twice");
}

TEST(more_addresses_to_listen_on_than_there_is_room_for)
{
    char text[TEXT_LEN];
    size_t len = (size_t)snprintf(text, sizeof(text), "dns64: { listen = [");
    for (unsigned i = 0; i <= SETTINGS_LISTEN_MAX; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%s\"192.0.2.1#%u\"", i > 0 ? ", " : "", i + 1);
    snprintf(text + len, sizeof(text) - len, "]; };");
    refused(text, 0, "at most 64");
}

TEST(grammar_faults)
{
    refused("a = 1;\n", 1, "unknown key a");
    refused("nat64: {\n  unheard-of = 1;\n};\n", 2, "unknown key nat64.unheard-of");
    refused("\nother: { };\n", 2, "unknown key other");
    refused("state-dir = \"/a\";\nstate-dir = \"/b\";\n", 2, "duplicate");
    refused("\nnat64: {\n workers = 1;\n", 2, "never closed");
    refused("a = \"text;\n", 1, "never closed");
    refused("nat64: { workers 1; };", 1, "syntax error");
    refused("@include \"other.conf\"\n", 1, "@include");
    refused("pools = ( { name = \"x\"; } );", 1, "pools[].address");
}

TEST(a_nul_byte_in_a_string)
{
    static const char text[] = "state-dir =\n \"/run\0/x\";";
    struct settings *settings = NULL;
    char error[SETTINGS_ERROR_LEN];
    assert_true(settings_file_load_text(text, sizeof(text) - 1, "bad.conf", &settings, error) < 0);
    assert_memory_equal(error, "bad.conf:2: a NUL byte", 22);
}

TEST(ADR_2_2_01_prefix_lengths_33_60_and_97)
{
    refused("\npref64 = ( { prefix = \"2001:db8::/33\"; } );", 2, "pref64[].prefix");
    refused("\npref64 = ( { prefix = \"2001:db8::/60\"; } );", 2, "pref64[].prefix");
    refused("\npref64 = ( { prefix = \"2001:db8::/97\"; } );", 2, "pref64[].prefix");
    refused("\npref64 = ( { prefix = \"2001:db8:0:0:100::/96\"; } );", 2, "pref64[].prefix");
}

TEST(overlaps_and_doubles)
{
    refused("pools = (\n { address = \"192.0.2.0/28\"; },\n { address = \"192.0.2.4\"; } );", 3, "overlaps");
    refused("pools = ( { address = \"192.0.2.0/28\"; ports = [\"1-100\", \"100-200\"]; } );", 1,
            "pools[].ports");
    refused("pref64 = ();", 0, "no pref64");
    refused("pref64 = (); pools = ( { address = \"192.0.2.1\"; } );\n"
            "eam = ( { ipv4 = \"192.0.2.9\"; ipv6 = \"2001:db8::9\"; } );",
            0, "no pref64");
    refused("nat64: { translation: { icmp-source-ipv4 = [\"192.0.2.1\", \"224.0.0.1\"]; }; };", 0, "unicast");
    refused("pref64 = ( { prefix = \"2001:db8::/32\"; },\n { prefix = \"2001:db8:64::/96\"; } );", 2,
            "overlaps");
    refused("pools = ( { address = \"192.0.2.1\"; } );\nstatic = (\n"
            " { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::1#80\"; },\n"
            " { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::2#80\"; } );",
            4, "ipv4 is used twice");
    refused("pools = ( { address = \"192.0.2.1\"; } );\nstatic = (\n"
            " { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::1#80\"; },\n"
            " { protocol = \"tcp\"; ipv4 = \"192.0.2.1#81\"; ipv6 = \"2001:db8::1#80\"; } );",
            4, "ipv6 is used twice");
    refused("pools = ( { address = \"192.0.2.1\"; } );\n"
            "static = ( { protocol = \"tcp\"; ipv4 = \"192.0.2.9#80\"; ipv6 = \"2001:db8::1#80\"; } );",
            2, "in no pool");
    refused("pools = ( { address = \"192.0.2.1\"; } );\nstatic = (\n"
            " { ipv4 = \"192.0.2.1#80-89\"; ipv6 = \"2001:db8::1#80-89\"; },\n"
            " { protocol = \"udp\"; ipv4 = \"192.0.2.1#89\"; ipv6 = \"2001:db8::2#80\"; } );",
            4, "ipv4 is used twice");
    refused("pools = ( { address = \"192.0.2.0/30\"; } );\nstatic = (\n"
            " { ipv4 = \"192.0.2.1\"; ipv6 = \"2001:db8::1\"; },\n"
            " { protocol = \"udp\"; ipv4 = \"192.0.2.2#89\"; ipv6 = \"2001:db8::1#80\"; } );",
            4, "ipv6 is used twice");
    refused("pools = ( { address = \"192.0.2.1\"; } );\n"
            "static = ( { ipv4 = \"192.0.2.1#80-89\"; ipv6 = \"2001:db8::1#80-88\"; } );",
            2, "same width");
    refused("pools = ( { address = \"192.0.2.1\"; } );\n"
            "static = ( { ipv4 = \"192.0.2.1\"; ipv6 = \"2001:db8::1#80\"; } );",
            2, "same width");
    refused("pools = ( { address = \"uplink\"; shared = true; } );\n"
            "static = ( { ipv4 = \"uplink\"; ipv6 = \"2001:db8::1\"; } );",
            2, "shared with this host");
}

TEST(EAM_01_and_06_mappings_that_are_none)
{
    refused("eam = ( { ipv4 = \"192.0.2.0/24\"; ipv6 = \"2001:db8::/121\"; } );", 1, "fewer addresses");
    refused("eam = ( { ipv4 = \"192.0.2.0/24\"; ipv6 = \"2001:db8::/64\"; },\n"
            " { ipv4 = \"192.0.2.0/24\"; ipv6 = \"2001:db8:1::/64\"; } );",
            2, "ipv4 is used twice");
    refused("eam = ( { ipv4 = \"192.0.2.0/24\"; ipv6 = \"2001:db8::/64\"; },\n"
            " { ipv4 = \"198.51.100.0/24\"; ipv6 = \"2001:db8::/64\"; } );",
            2, "ipv6 is used twice");
    refused("eam = ( { ipv4 = \"127.0.0.1\"; ipv6 = \"2001:db8::1\"; } );", 1, "loopback");
    refused("pools = ( { address = \"192.0.2.1\"; shared = true; } );\n"
            "eam = ( { ipv4 = \"192.0.2.0/30\"; ipv6 = \"2001:db8::/64\"; } );",
            2, "shared with this host");
    refused("pools = ( { address = \"192.0.2.0/30\"; } );\n"
            "static = ( { ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::1#80\"; } );\n"
            "eam = ( { ipv4 = \"192.0.2.0/31\"; ipv6 = \"2001:db8::/64\"; } );",
            3, "static binding");
}

TEST(shared_pools_and_what_must_fit)
{
    refused("\npools = ( { address = \"uplink\"; } );", 2, "without shared");
    refused("\npools = ( { address = \"192.0.2.0/30\"; shared = true; } );", 2, "shares a prefix");
    refused(
        "pools = ( { address = \"uplink\"; shared = true; },\n { address = \"uplink\"; shared = true; } );",
        2, "overlaps");
    refused("pools = ( { address = \"192.0.2.1\"; } );\n"
            "static = ( { protocol = \"tcp\"; ipv4 = \"uplink#80\"; ipv6 = \"2001:db8::1#80\"; } );",
            2, "in no pool");
    refused("nat64: { limits: { network-prefix = 64; backend-prefix = 56; }; };", 0, "network-prefix");
    refused("pools = ( { address = \"192.0.2.1\"; },\n{ address = \"192.0.2.2\"; for = "
            "[\"2001:db8:5::/64\", \"2001:db8:6::/80\"]; } );\n"
            "nat64: { limits: { network-prefix = 48; backend-prefix = 64; }; };",
            2, "for is longer than nat64.limits.backend-prefix");
    refused("nat64: { snapshot = \"sessions\"; };", 0, "absolute path");
    refused("nat64: { snapshot-minutes = 5; };", 0, "snapshot-minutes");
    refused("log: { events = \"events.json\"; };", 0, "absolute path");
    refused("nat64: { limits: { ports-per-backend = \"0%\"; }; };", 1, "ports-per-backend");
    refused("nat64: { limits: { ports-per-backend = \"50\"; }; };", 1, "ports-per-backend");
}

TEST(SEC_18_a_static_binding_to_nobody)
{
    static const char *const nobody[] = {"::1", "fe80::1", "64:ff9b::c000:201", "ff02::1"};
    for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        char text[TEXT_LEN];
        snprintf(text, sizeof(text),
                 "pools = ( { address = \"192.0.2.1\"; } );\n"
                 "static = ( { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"%s#80\"; } );",
                 nobody[i]);
        refused(text, 2, "no address of a backend");
    }
}

TEST(VIEW_01_LIST_01_views_and_lists_that_are_none)
{
    refused("dns64: { views = (\n { name = \"a\"; } ); };", 2, "dns64.views[].clients is missing");
    refused("dns64: { views = (\n { clients = []; } ); };", 2, "no clients");
    refused("dns64: { views = ( { clients = [\"2001:db8::/64\", \"192.0.2.0/24\"]; },\n"
            "{ clients = [\"192.0.2.0/24\"]; } ); };",
            2, "clients are those of another view");
    refused("dns64: { views = ( { clients = [\"::/0\"];\n cache-size = \"1M\"; } ); };", 2,
            "unknown key dns64.views[].cache-size");
    refused("dns64: { views = (\n { clients = [\"::/0\"]; forward = (\n{ domain = \"a.example\"; "
            "upstream = []; } ); } ); };",
            3, "no upstream");
    refused("dns64: { views = (\n { clients = [\"::/0\"]; pref64 = ( { prefix = \"2001:db8::/32\"; },\n"
            "{ prefix = \"2001:db8:1::/96\"; } ); } ); };",
            3, "overlaps");
    refused("dns64: { views = (\n { clients = [\"::/0\"]; always = [\"a..b\"]; } ); };", 2, "no domain");
    refused("dns64: { never = [\"*example.com\"]; };", 0, "no domain");
    refused("dns64: { never = [\"*\"]; };", 0, "no domain");
    refused("dns64: { hide-a = [\"file:names\"]; };", 0, "absolute path");
}

TEST(SEC_13_ranges_that_never_open)
{
    refused("pref64 = ( { prefix = \"64:ff9b::/96\"; allow-ipv4 = [\"127.0.0.0/8\"]; } );", 1, "never open");
    refused("pref64 = ( { prefix = \"64:ff9b::/96\"; allow-ipv4 = [\"224.0.0.0/8\"]; } );", 1, "never open");
}

TEST(N64_3_01_a_translator_without_a_prefix)
{
    refused("\npref64 = ();", 0, "pref64");
    refused("\npref64 = (); eam = ( { ipv4 = \"192.0.2.9\"; ipv6 = \"2001:db8::9\"; } );", 0, "pref64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_refuses_a_wrong_type),
        cmocka_unit_test(every_key_refuses_a_wrong_value),
        cmocka_unit_test(N64_4_02_every_range_refuses_below_and_above),
        cmocka_unit_test(N64_4_02_ICM_R2_UDP_R5_lifetimes_that_no_rfc_allows),
        cmocka_unit_test(texts_refuse_what_is_too_short_or_long),
        cmocka_unit_test(integers_beyond_32_and_64_bits),
        cmocka_unit_test(upstreams_that_are_none),
        cmocka_unit_test(more_addresses_to_listen_on_than_there_is_room_for),
        cmocka_unit_test(grammar_faults),
        cmocka_unit_test(a_nul_byte_in_a_string),
        cmocka_unit_test(ADR_2_2_01_prefix_lengths_33_60_and_97),
        cmocka_unit_test(overlaps_and_doubles),
        cmocka_unit_test(shared_pools_and_what_must_fit),
        cmocka_unit_test(EAM_01_and_06_mappings_that_are_none),
        cmocka_unit_test(SEC_18_a_static_binding_to_nobody),
        cmocka_unit_test(VIEW_01_LIST_01_views_and_lists_that_are_none),
        cmocka_unit_test(SEC_13_ranges_that_never_open),
        cmocka_unit_test(N64_3_01_a_translator_without_a_prefix),
    };
    return RUN(tests);
}
