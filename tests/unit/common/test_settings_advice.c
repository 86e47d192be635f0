/*
 * What is said of a configuration that is allowed.
 *
 * Layer: test
 * Specification: RFC 6052 3.1 and 3.3, RFC 6791 3.1, RFC 7857 2.1
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/settings_advice.h"
#include "common/settings_file.h"

enum { SAID_MAX = 8 };

struct said {
    enum log_level level;
    char text[SETTINGS_ERROR_LEN];
};

static struct said said[SAID_MAX];
static unsigned said_count;

static void hear(void *context, enum log_level level, const char *text)
{
    (void)context;
    assert_true(said_count < SAID_MAX);
    said[said_count].level = level;
    strcpy(said[said_count++].text, text);
}

static void advise(const char *text)
{
    struct settings *settings;
    char error[SETTINGS_ERROR_LEN];
    assert_int_equal(settings_file_load_text(text, strlen(text), "test.conf", &settings, error), 0);
    said_count = 0;
    settings_advise(settings, hear, NULL);
    settings_file_free(settings);
}

static void assert_said(enum log_level level, const char *part)
{
    for (unsigned i = 0; i < said_count; i++)
        if (said[i].level == level && strstr(said[i].text, part) != NULL)
            return;
    fail_msg("not said: %s", part);
}

TEST(a_usual_file_brings_nothing)
{
    advise("");
    assert_int_equal(said_count, 0);
    advise("backends = [\"2001:db8::/32\"]; pref64 = ( { prefix = \"64:ff9b::/96\"; } );\n"
           "pools = ( { address = \"203.0.113.16/30\"; } );\n"
           "static = ( { ipv4 = \"203.0.113.17#80\"; ipv6 = \"2001:db8:1::5#80\"; } );");
    assert_int_equal(said_count, 0);
}

TEST(WKP_04_each_range_that_is_opened)
{
    advise(
        "pref64 = ( { prefix = \"2001:db8:64::/96\"; allow-ipv4 = [\"10.0.0.0/8\", \"172.16.0.0/12\"]; } );");
    assert_int_equal(said_count, 2);
    assert_said(LOG_LEVEL_INFO, "10.0.0.0/8 may be reached through 2001:db8:64::/96");
    assert_said(LOG_LEVEL_INFO, "172.16.0.0/12 may be reached through 2001:db8:64::/96");
}

TEST(WKP_04_of_the_well_known_prefix_as_a_warning)
{
    advise("pref64 = ( { prefix = \"64:ff9b::/96\"; allow-ipv4 = [\"10.0.0.0/8\"]; } );");
    assert_int_equal(said_count, 1);
    assert_said(LOG_LEVEL_WARNING, "10.0.0.0/8");
    assert_said(LOG_LEVEL_WARNING, "RFC 6052 3.1");
    assert_said(LOG_LEVEL_WARNING, "64:ff9b:1::/48");
}

TEST(WKP_02_the_ipv6_internet_through_the_well_known_prefix)
{
    advise("backends = [\"2001:db8::/32\", \"2000::/3\"];");
    assert_int_equal(said_count, 1);
    assert_said(LOG_LEVEL_WARNING, "2000::/3");
    assert_said(LOG_LEVEL_WARNING, "RFC 6052 3.1");
    advise("backends = [\"2000::/3\"]; pref64 = ( { prefix = \"2001:db8:64::/96\"; } );");
    assert_int_equal(said_count, 0);
}

TEST(WKP_02_mapped_hosts_and_the_well_known_prefix)
{
    static const char eam[] = "eam = ( { ipv4 = \"203.0.113.9\"; ipv6 = \"2001:db8:1::9\"; } );";
    advise(eam);
    assert_int_equal(said_count, 1);
    assert_said(LOG_LEVEL_WARNING, "RFC 6052 3.3");
    char text[256] = "pref64 = ( { prefix = \"2001:db8:64::/96\"; } ); ";
    advise(strcat(text, eam));
    assert_int_equal(said_count, 0);
    advise("pref64 = ( { prefix = \"2001:db8:64::/96\"; } );\n"
           "eam = ( { ipv4 = \"203.0.113.9\"; ipv6 = \"64:ff9b::203.0.113.9\"; } );");
    assert_int_equal(said_count, 1);
    assert_said(LOG_LEVEL_WARNING, "64:ff9b::cb00:7109");
}

/* What would be wrong is no advice. */
TEST(WKP_02_no_host_of_a_static_binding_has_such_an_address)
{
    static const char text[] =
        "pools = ( { address = \"203.0.113.16/30\"; } );\n"
        "static = ( { ipv4 = \"203.0.113.17#80\"; ipv6 = \"64:ff9b::203.0.113.9#80\"; } );";
    struct settings *settings;
    char error[SETTINGS_ERROR_LEN];
    assert_true(settings_file_load_text(text, strlen(text), "test.conf", &settings, error) < 0);
    assert_non_null(strstr(error, "test.conf:2: "));
}

TEST(N64_4_03_lifetimes_below_240_s)
{
    advise("nat64: { timeouts: { tcp-opening = 239; tcp-closing = 30; }; };");
    assert_int_equal(said_count, 2);
    assert_said(LOG_LEVEL_WARNING, "nat64.timeouts.tcp-opening is 239 s; RFC 7857 2.1 recommends 240 s");
    assert_said(LOG_LEVEL_WARNING, "nat64.timeouts.tcp-closing is 30 s");
    advise("nat64: { timeouts: { tcp-opening = 240; tcp-closing = 1; }; };");
    assert_int_equal(said_count, 1);
}

TEST(SRC_01_sources_of_errors_that_networks_drop)
{
    advise("nat64: { translation: { icmp-source-ipv4 = [\"10.0.0.0/30\", \"192.88.98.1\", \"100.64.0.1\"]; "
           "}; };");
    assert_int_equal(said_count, 2);
    assert_said(LOG_LEVEL_WARNING, "10.0.0.0/30");
    assert_said(LOG_LEVEL_WARNING, "100.64.0.1");
    assert_said(LOG_LEVEL_WARNING, "RFC 6791 3.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_file_brings_nothing),
        cmocka_unit_test(WKP_04_each_range_that_is_opened),
        cmocka_unit_test(WKP_04_of_the_well_known_prefix_as_a_warning),
        cmocka_unit_test(WKP_02_the_ipv6_internet_through_the_well_known_prefix),
        cmocka_unit_test(WKP_02_mapped_hosts_and_the_well_known_prefix),
        cmocka_unit_test(WKP_02_no_host_of_a_static_binding_has_such_an_address),
        cmocka_unit_test(N64_4_03_lifetimes_below_240_s),
        cmocka_unit_test(SRC_01_sources_of_errors_that_networks_drop),
    };
    return RUN(tests);
}
