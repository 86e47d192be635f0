/*
 * Which routes of the host become the translator's: those that the configuration names, no more.
 *
 * Layer: test
 * Specification: RFC 7915 1, RFC 6052 3.2
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/settings_file.h"
#include "nat64d/keeper/plan.h"

/* The routes of the plan for that file are these, in this order. */
static void assert_routes(const char *text, const char *const *routes, size_t count)
{
    const struct links links = {0};
    struct settings *settings;
    struct plan plan;
    char error[SETTINGS_ERROR_LEN];
    size_t found = 0;
    assert_int_equal(settings_file_load_text(text, strlen(text), "test.conf", &settings, error), 0);
    const struct host_plan wanted = {settings, &links, 1, 1};
    assert_int_equal(plan_init(&plan, &wanted, NULL), 0);
    for (size_t i = 0; i < plan.count; i++) {
        if (plan.entries[i].verb != RECORD_ROUTE)
            continue;
        assert_true(found < count);
        assert_string_equal(plan.entries[i].what, routes[found++]);
    }
    assert_int_equal(found, count);
    plan_done(&plan);
    settings_file_free(settings);
}

/* The prefixes as they are: whatever the host routes by a longer one goes its own way. */
TEST(XL_1_05_routes_are_as_short_as_what_is_configured)
{
    static const char *const routes[] = {"nat64/64:ff9b::/96", "nat64/2001:db8:6400::/40",
                                         "nat64/192.0.2.0/28", "nat64/198.51.100.0/29"};
    assert_routes("pref64 = ( { prefix = \"64:ff9b::/96\"; }, { prefix = \"2001:db8:6400::/40\"; } );\n"
                  "pools = ( { address = \"192.0.2.0/28\"; } );\n"
                  "eam = ( { ipv4 = \"198.51.100.0/29\"; ipv6 = \"2001:db8::/125\"; } );",
                  routes, 4);
}

TEST(EAM_00_mappings_alone_have_their_own_routes_only)
{
    static const char *const routes[] = {"nat64/198.51.100.0/29"};
    assert_routes("pref64 = (); pools = ();\n"
                  "eam = ( { ipv4 = \"198.51.100.0/29\"; ipv6 = \"2001:db8::/125\"; } );",
                  routes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(XL_1_05_routes_are_as_short_as_what_is_configured),
        cmocka_unit_test(EAM_00_mappings_alone_have_their_own_routes_only),
    };
    return RUN(tests);
}
