/* The configuration in force: uplink, drains. */
#include "nat64d/effective.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"
#include "tests/unit/test.h"

static char error[SETTINGS_ERROR_LEN];

static struct settings *load(const char *text)
{
    struct settings *settings;
    if (settings_file_load_text(text, strlen(text), "test.conf", &settings, error) < 0)
        fail_msg("%s", error);
    return settings;
}

enum { UPLINK = (int)0xc6336407 }; /* 198.51.100.7 */

TEST(uplink_takes_the_address_in_pools_and_bindings)
{
    struct settings *settings = load("static = ( { protocol = \"tcp\"; ipv4 = \"uplink#8080\"; "
                                     "ipv6 = \"2001:db8::5#80\"; } );");
    assert_int_equal(effective_resolve(settings, (uint32_t)UPLINK, error), 0);
    assert_int_equal(settings->pools_count, 1);
    assert_int_equal(settings->pools[0].address.address, (uint32_t)UPLINK);
    assert_int_equal(settings->pools[0].address.len, 32);
    assert_true(settings->pools[0].shared);
    assert_int_equal(settings->statics[0].ipv4.addr.v4, (uint32_t)UPLINK);
    settings_file_free(settings);
}

TEST(N64_3_01_without_a_route_or_a_pool_it_says_why)
{
    struct settings *settings = load("");
    assert_true(effective_resolve(settings, 0, error) < 0);
    assert_non_null(strstr(error, "no IPv4 default route"));
    settings_file_free(settings);
    settings = load("pools = ();");
    assert_true(effective_resolve(settings, (uint32_t)UPLINK, error) < 0);
    assert_non_null(strstr(error, "no pools"));
    settings_file_free(settings);
}

TEST(an_uplink_that_another_pool_holds_is_refused)
{
    struct settings *settings = load("pools = ( { address = \"uplink\"; shared = true; },\n"
                                     " { address = \"198.51.100.0/28\"; } );");
    assert_true(effective_resolve(settings, (uint32_t)UPLINK, error) < 0);
    assert_non_null(strstr(error, "test.conf:2: pool overlaps"));
    settings_file_free(settings);
}

TEST(a_binding_at_an_address_that_is_not_the_uplinks_is_refused)
{
    struct settings *settings = load("static = ( { protocol = \"tcp\"; ipv4 = \"198.51.100.8#8080\"; "
                                     "ipv6 = \"2001:db8::5#80\"; } );");
    assert_true(effective_resolve(settings, (uint32_t)UPLINK, error) < 0);
    assert_non_null(strstr(error, "ipv4 is in no pool"));
    settings_file_free(settings);
}

/* What stays of `old` beside `new`. */
static struct settings *drained(const char *old_text, const char *new_text)
{
    struct settings *old = load(old_text), *new = load(new_text);
    assert_int_equal(effective_resolve(old, (uint32_t)UPLINK, error), 0);
    assert_int_equal(effective_resolve(new, (uint32_t)UPLINK + 1, error), 0);
    char *text = effective_drains(old, new);
    assert_non_null(text);
    assert_int_equal(effective_add_drains(new, text, strlen(text)), 0);
    free(text);
    settings_file_free(old);
    return new;
}

TEST(a_pool_that_is_left_out_drains_with_its_ports)
{
    struct settings *settings = drained(
        "pools = ( { name = \"a\"; address = \"192.0.2.0/30\"; ports = "
        "[\"2000-2999\", \"5000-5001\"]; for = [\"2001:db8:5::/48\"]; }, { address = \"192.0.2.8/30\"; } );",
        "pools = ( { name = \"b\"; address = \"192.0.2.8/30\"; } );");
    assert_int_equal(settings->pools_count, 2);
    assert_false(settings->pools[0].drain);
    assert_true(settings->pools[1].drain);
    assert_string_equal(settings->pools[1].name, "a");
    assert_int_equal(settings->pools[1].ports_count, 2);
    assert_int_equal(settings->pools[1].for6_count, 0); /* it is for nobody */
    assert_int_equal(settings->pools[1].ports[1].first, 5000);
    settings_file_free(settings);
}

TEST(an_address_that_the_uplink_had_drains)
{
    struct settings *settings = drained("", "");
    assert_int_equal(settings->pools_count, 2);
    assert_int_equal(settings->pools[0].address.address, (uint32_t)UPLINK + 1);
    assert_int_equal(settings->pools[1].address.address, (uint32_t)UPLINK);
    assert_true(settings->pools[1].drain && settings->pools[1].shared);
    settings_file_free(settings);
}

TEST(a_pool_that_overlaps_a_new_one_does_not_drain)
{
    struct settings *settings = drained("pools = ( { address = \"192.0.2.0/28\"; } );",
                                        "pools = ( { address = \"192.0.2.4/30\"; } );");
    assert_int_equal(settings->pools_count, 1);
    settings_file_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uplink_takes_the_address_in_pools_and_bindings),
        cmocka_unit_test(N64_3_01_without_a_route_or_a_pool_it_says_why),
        cmocka_unit_test(an_uplink_that_another_pool_holds_is_refused),
        cmocka_unit_test(a_binding_at_an_address_that_is_not_the_uplinks_is_refused),
        cmocka_unit_test(a_pool_that_is_left_out_drains_with_its_ports),
        cmocka_unit_test(an_address_that_the_uplink_had_drains),
        cmocka_unit_test(a_pool_that_overlaps_a_new_one_does_not_drain),
    };
    return RUN(tests);
}
