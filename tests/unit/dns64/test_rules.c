/*
 * From a configuration and a host's network to the rules of queries, and what stays of one set in the next.
 *
 * Layer: test
 * Specification: RFC 6147 5.2
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/settings_file.h"
#include "dns64/cache/lifetime.h"
#include "dns64/rules.h"
#include "dns64/upstream/attempt.h"

static char resolv[] = "/tmp/gate64-resolv-XXXXXX";
static struct links_address own[2];
static struct links links = {.addresses = own, .addresses_count = 2};

static int set_up(void **state)
{
    (void)state;
    strcpy(strrchr(resolv, '-'), "-XXXXXX");
    int fd = mkstemp(resolv);
    static const char text[] = "nameserver 192.0.2.53\n";
    assert_int_equal(addr_parse("2001:db8:1::1", &own[0].addr), 0);
    assert_int_equal(addr_parse("192.0.2.1", &own[1].addr), 0);
    return fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(resolv);
}

static struct settings *load(const char *text)
{
    struct settings *settings = NULL;
    char error[SETTINGS_ERROR_LEN];
    assert_int_equal(settings_file_load_text(text, strlen(text), "test.conf", &settings, error), 0);
    return settings;
}

static struct rules *make(const char *text)
{
    struct settings *settings = load(text);
    struct rules *rules = NULL;
    char error[SETTINGS_ERROR_LEN];
    assert_int_equal(rules_new(&settings, &links, resolv, &rules, error), 0);
    assert_null(settings);
    return rules;
}

static bool allowed(const struct rules *rules, const char *client)
{
    struct addr addr;
    assert_int_equal(addr_parse(client, &addr), 0);
    return client_allowed(&rules->clients, &addr);
}

TEST(clients_are_backends_allow_and_this_host)
{
    struct rules *rules =
        make("backends = [\"2001:db8:7::/64\"]; dns64: { allow = [\"198.51.100.0/24\"]; };");
    assert_true(allowed(rules, "2001:db8:7::5"));
    assert_true(allowed(rules, "2001:db8:1::1"));
    assert_false(allowed(rules, "2001:db8:1::2"));
    assert_true(allowed(rules, "198.51.100.7"));
    assert_false(allowed(rules, "192.0.2.1"));
    rules_release(rules);
}

TEST(limits_are_shared_by_the_threads)
{
    struct rules *rules =
        make("dns64: { workers = 4; tcp: { connections = 10; connections-per-network = 3; idle-s = 9; }; };");
    assert_int_equal(rules->workers, 4);
    assert_int_equal(rules->tcp.connections, 2);
    assert_int_equal(rules->tcp.connections_per_network, 3); /* counted over all threads */
    assert_int_equal(rules->tcp.idle_s, 9);
    rules_release(rules);
}

TEST(D64_5_1_4_04_our_prefixes_are_excluded_too)
{
    struct rules *rules =
        make("pref64 = ( { prefix = \"2001:db8:64::/96\"; } ); dns64: { exclude-aaaa = []; };");
    assert_int_equal(rules->outside.policy.pref64_count, 1);
    assert_int_equal(rules->outside.policy.filter.images_count, 2);
    rules_release(rules);
}

static const struct query_policy *policy_of(const struct rules *rules, const char *client)
{
    struct addr addr;
    assert_int_equal(addr_parse(client, &addr), 0);
    return rules_policy(rules, &addr);
}

static bool may_ask(const struct rules *rules, const char *client)
{
    struct addr addr;
    assert_int_equal(addr_parse(client, &addr), 0);
    return rules_may_ask(rules, &addr);
}

static const char views[] =
    "backends = [\"2001:db8::/32\"]; pref64 = ( { prefix = \"2001:db8:64::/96\"; } );\n"
    "dns64: { upstream = [\"192.0.2.1\"]; aaaa-wait-ms = 7; never = [\"example.com\"]; views = (\n"
    "{ name = \"off\"; clients = [\"2001:db8:9::/48\"]; dns64 = false; upstream = [\"192.0.2.2\"]; },\n"
    "{ name = \"in\"; clients = [\"2001:db8:9:5::/64\", \"192.0.2.0/24\"]; aaaa-wait-ms = 9;\n"
    "  pref64 = ( { prefix = \"2001:db8:65::/96\"; }, { prefix = \"2001:db8:66::/96\"; } );\n"
    "  forward = ( { domain = \"corp.example\"; upstream = [\"192.0.2.2\"]; } ); },\n"
    "{ name = \"no\"; clients = [\"2001:db8:9:6::/64\"]; refuse = true; never = [];\n"
    "  signed-for-do = \"pass\"; hide-a = [\".\"]; on-aaaa-failure = \"fail\"; } ); };\n";

TEST(VIEW_01_what_a_view_does_not_name_is_as_outside)
{
    struct rules *rules = make(views);
    const struct query_policy *outside = policy_of(rules, "2001:db8:1::1"),
                              *off = policy_of(rules, "2001:db8:9::1"),
                              *in = policy_of(rules, "2001:db8:9:5::1"),
                              *no = policy_of(rules, "2001:db8:9:6::1");
    assert_string_equal(outside->view, "");
    assert_string_equal(off->view, "off");
    assert_true(off->plain);
    assert_int_equal(off->aaaa_wait_ms, 7);
    assert_ptr_equal(in, policy_of(rules, "192.0.2.7"));
    assert_int_equal(in->aaaa_wait_ms, 9);
    assert_int_equal(in->pref64_count, 2);
    assert_false(in->plain);
    assert_false(may_ask(rules, "2001:db8:9:6::1"));
    assert_true(may_ask(rules, "2001:db8:9:5::1"));
    assert_false(may_ask(rules, "198.51.100.1"));
    assert_null(no->never);
    assert_non_null(no->hide_a);
    assert_int_equal(no->signed_for_do, SETTINGS_SIGNED_PASS);
    assert_int_equal(no->on_aaaa_failure, SETTINGS_AAAA_FAILURE_FAIL);
    assert_int_equal(no->pref64_count, 1);
    /* One list, read once. */
    assert_non_null(outside->never);
    assert_ptr_equal(outside->never, in->never);
    /* Another DNS64 may have any of these prefixes. */
    assert_int_equal(outside->filter.images_count, 4);
    rules_release(rules);
}

TEST(VIEW_02_views_that_ask_the_same_share_data_and_no_answers)
{
    struct rules *rules = make(views);
    const struct query_policy *outside = policy_of(rules, "2001:db8:1::1"),
                              *off = policy_of(rules, "2001:db8:9::1"),
                              *in = policy_of(rules, "2001:db8:9:5::1");
    assert_int_equal(in->route->usual.variant, outside->route->usual.variant);
    assert_int_not_equal(off->route->usual.variant, outside->route->usual.variant);
    assert_int_equal(in->route->forwards_count, 1);
    assert_int_equal(in->route->forwards[0].set.variant, off->route->usual.variant);
    assert_int_equal(outside->route->forwards_count, 0);
    assert_int_not_equal(in->generation, outside->generation);
    assert_int_not_equal(off->generation, outside->generation);
    assert_int_not_equal(off->generation, in->generation);
    rules_release(rules);
}

/* With `%s` for a list's path. */
static int make_with_file(const char *format, const char *path, struct rules **ret_rules,
                          char error[SETTINGS_ERROR_LEN])
{
    char text[512];
    snprintf(text, sizeof(text), format, path);
    struct settings *settings = load(text);
    int r = rules_new(&settings, &links, resolv, ret_rules, error);
    settings_file_free(settings);
    return r;
}

TEST(LIST_01_a_list_file_that_is_good_bad_or_not_there)
{
    static const char format[] = "dns64: { always = [\"file:%s\", \"example.net\"]; };";
    char path[] = "/tmp/gate64-list-XXXXXX", error[SETTINGS_ERROR_LEN] = "";
    struct rules *rules = NULL;
    struct name name;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs("# a comment\n\n  example.com  # behind\n*.example.org\r\n=example.edu", file);
    fclose(file);
    assert_int_equal(make_with_file(format, path, &rules, error), 0);
    assert_int_equal(list_count(rules->outside.policy.always), 4);
    assert_true(name_from_text("www.example.com", &name));
    assert_int_not_equal(list_find(rules->outside.policy.always, &name).len, 0);
    rules_release(rules);
    rules = NULL;
    file = fopen(path, "a");
    fputs("\nwww..example\033.com\n", file);
    fclose(file);
    assert_int_equal(make_with_file(format, path, &rules, error), -EINVAL);
    assert_non_null(strstr(error, ":6: no domain: www..example?.com; allowed"));
    unlink(path);
    assert_int_equal(make_with_file(format, path, &rules, error), -ENOENT);
    assert_non_null(strstr(error, path));
    assert_int_equal(make_with_file(format, "/dev/zero", &rules, error), -EINVAL);
    assert_null(rules);
}

static bool has_name(const struct query_policy *policy, const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return policy->roster != NULL && roster_find(policy->roster, &name) != NULL;
}

static bool has_zone(const struct query_policy *policy, const char *text)
{
    struct name name;
    struct zones_found found;
    assert_true(name_from_text(text, &name));
    return zones_find(&policy->zones, &name, MESSAGE_TYPE_A, &found);
}

TEST(LIST_03_VIEW_01_local_names_and_zones_of_a_view)
{
    struct rules *rules =
        make("dns64: { local = [\"192.0.2.1 a.example\"]; local-zones-off = [\"test\"]; views = (\n"
             "{ name = \"own\"; clients = [\"2001:db8:9::/48\"]; local = [\"192.0.2.2 b.example\"];\n"
             "  local-zones-off = [\"172.in-addr.arpa\"]; },\n"
             "{ name = \"none\"; clients = [\"2001:db8:a::/48\"]; local = []; local-zones = false; },\n"
             "{ name = \"same\"; clients = [\"2001:db8:b::/48\"]; dns64 = false; } ); };\n");
    const struct query_policy *outside = policy_of(rules, "2001:db8:1::1"),
                              *mine = policy_of(rules, "2001:db8:9::1"),
                              *none = policy_of(rules, "2001:db8:a::1"),
                              *same = policy_of(rules, "2001:db8:b::1");
    assert_true(has_name(outside, "a.example") && !has_name(outside, "b.example"));
    assert_true(has_name(mine, "b.example") && !has_name(mine, "a.example"));
    assert_null(none->roster);
    assert_ptr_equal(same->roster, outside->roster); /* made once */
    assert_true(!has_zone(outside, "a.test") && has_zone(outside, "7.20.172.in-addr.arpa"));
    assert_true(has_zone(mine, "a.test") && !has_zone(mine, "7.20.172.in-addr.arpa"));
    assert_true(!has_zone(none, "a.test") && !has_zone(none, "localhost"));
    assert_true(!has_zone(same, "a.test") && has_zone(same, "localhost"));
    rules_release(rules);
}

/* In a file of `text`. */
static int make_with_hosts(const char *text, char error[SETTINGS_ERROR_LEN])
{
    char path[] = "/tmp/gate64-hosts-XXXXXX";
    struct rules *rules = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    error[0] = '\0';
    int r = make_with_file("dns64: { local = [\"%s\"]; };", path, &rules, error);
    rules_release(rules);
    unlink(path);
    return r;
}

TEST(LIST_03_hosts_files_that_are_good_or_faulty)
{
    static const struct {
        const char *text, *error; /* NULL: none */
    } cases[] = {
        {"192.0.2.1 a.example\n# nothing\n2001:db8::1 a.example b", NULL},
        {"", NULL},
        {"192.0.2.1 a\n\n192.0.2.256 b\n", ":3: no address at the beginning; allowed: "},
        {"192.0.2.1\n", ":1: an address without a name; allowed: "},
        {"192.0.2.1 a\n192.0.2.1 *.b\n", ":2: not a name; allowed: "},
    };
    char error[SETTINGS_ERROR_LEN];
    struct rules *rules = NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(make_with_hosts(cases[i].text, error), cases[i].error == NULL ? 0 : -EINVAL);
        if (cases[i].error != NULL)
            assert_non_null(strstr(error, cases[i].error));
    }
    assert_int_equal(make_with_file("dns64: { local = [\"%s\"]; };", "/nonexistent/hosts", &rules, error),
                     -ENOENT);
    assert_non_null(strstr(error, "/nonexistent/hosts:0: cannot read it: "));
    assert_int_equal(make_with_file("dns64: { local = [\"%s\"]; };", "/tmp", &rules, error), -EISDIR);
    assert_int_equal(make_with_file("dns64: { local = [\"192.0.2.1 %s\"]; };", "*.a", &rules, error),
                     -EINVAL);
    assert_non_null(strstr(error, "test.conf:0: wrong value \"192.0.2.1 *.a\" of dns64.local: "));
    assert_int_equal(make_with_file("dns64: { local-zones-off = [\"%s\"]; };", "example", &rules, error),
                     -EINVAL);
    assert_non_null(
        strstr(error, "test.conf:0: wrong value \"example\" of dns64.local-zones-off; allowed: "));
    assert_null(rules);
}

/* A file that is being edited while the network changes must not keep clients out. */
TEST(LIST_03_LIST_01_another_network_reads_no_file_again)
{
    char path[] = "/tmp/gate64-hosts-XXXXXX", error[SETTINGS_ERROR_LEN] = "";
    static const char format[] = "dns64: { local = [\"%s\"]; never = [\"example.com\"]; };";
    struct rules *rules = NULL, *next = NULL;
    struct settings *copy;
    char text[512];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "192.0.2.1 a.example\n", 20), 20);
    assert_int_equal(make_with_file(format, path, &rules, error), 0);
    assert_int_equal(write(fd, "nonsense\n", 9), 9);
    close(fd);
    snprintf(text, sizeof(text), format, path);
    copy = load(text);
    assert_int_equal(rules_follow(rules, &copy, &links, resolv, &next, error), 0);
    assert_ptr_equal(next->outside.policy.roster, rules->outside.policy.roster);
    assert_ptr_equal(next->outside.policy.never, rules->outside.policy.never);
    rules_release(rules);
    assert_true(has_name(&next->outside.policy, "a.example"));
    rules_release(next);
    assert_int_equal(make_with_file(format, path, &rules, error), -EINVAL);
    unlink(path);
}

TEST(no_resolver_and_too_many)
{
    char many[2048] = "dns64: { upstream = [\"192.0.2.1\"", error[SETTINGS_ERROR_LEN];
    for (int i = 0; i < RULES_LIST_MAX; i++)
        strcat(many, ", \"192.0.2.2\"");
    strcat(many, "]; };");
    struct settings *settings = load(many);
    struct rules *rules = NULL;
    assert_int_equal(rules_new(&settings, &links, resolv, &rules, error), -EINVAL);
    assert_non_null(strstr(error, "test.conf:0: 17 upstreams; allowed"));
    assert_non_null(settings); /* still the caller's */
    settings_file_free(settings);
    settings = load("");
    assert_int_equal(rules_new(&settings, &links, "/nowhere", &rules, error), -ENOENT);
    assert_non_null(strstr(error, "no resolver to ask: /nowhere"));
    assert_null(rules);
    settings_file_free(settings);
}

TEST(upstreams_are_found_again)
{
    struct rules *a = make("dns64: { upstream = [\"192.0.2.1\", \"2001:db8::53#5353\"]; };");
    struct rules *b = make("");
    assert_int_equal(b->upstreams_count, 1);
    assert_int_equal(rules_find_upstream(a, &a->upstreams[1]), 1);
    assert_int_equal(rules_find_upstream(b, &a->upstreams[0]), -1);
    struct settings_upstream other_port = a->upstreams[1];
    other_port.at.port = 53;
    assert_int_equal(rules_find_upstream(a, &other_port), -1);
    rules_release(a);
    rules_release(b);
}

TEST(the_same_network_and_another_one)
{
    struct rules *a = make(""), *b = make(""), *c = make("backends = [\"2001:db8:9::/64\"];");
    struct rules *d = make("dns64: { upstream = [\"192.0.2.9\"]; };");
    assert_true(rules_same_network(a, b));
    assert_false(rules_same_network(a, c));
    assert_false(rules_same_network(a, d));
    rules_release(a);
    rules_release(b);
    rules_release(c);
    rules_release(d);
}

static const struct route_set *set_of(const struct rules *rules, const char *text, uint8_t *ret_apex)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return route_find(&rules->outside.route, &name, ret_apex);
}

TEST(a_name_is_asked_of_its_longest_domain)
{
    struct rules *rules =
        make("dns64: { upstream = [\"192.0.2.1\", \"192.0.2.2\"];\n"
             " forward = ( { domain = \"example\"; upstream = [\"192.0.2.3\"]; },\n"
             " { domain = \"Corp.example.\"; upstream = [\"192.0.2.2\", \"192.0.2.4\"]; },\n"
             " { domain = \"same.example\"; upstream = [\"192.0.2.2\", \"192.0.2.1\"]; } ); };");
    uint8_t apex;
    assert_int_equal(rules->upstreams_count, 4);
    const struct route_set *usual = set_of(rules, "www.example.net", &apex);
    assert_int_equal(usual->members, 1 | 2);
    assert_int_not_equal(usual->variant, 0);
    assert_int_equal(apex, 1);
    const struct route_set *corp = set_of(rules, "www.corp.EXAMPLE", &apex);
    assert_int_equal(corp->members, 2 | 8);
    assert_int_not_equal(corp->variant, 0);
    assert_int_equal(apex, 14);
    assert_ptr_equal(set_of(rules, "corp.example", &apex), corp);
    assert_int_equal(set_of(rules, "mycorp.example", &apex)->members, 4);
    assert_int_equal(apex, 9);
    assert_int_equal(set_of(rules, "same.example", &apex)->variant, usual->variant);
    rules_release(rules);
}

TEST(equal_sets_have_one_variant_in_all_rules)
{
    struct rules *a = make("dns64: { upstream = [\"192.0.2.1\"]; forward = (\n"
                           " { domain = \"a.example\"; upstream = [\"192.0.2.3\", \"192.0.2.4\"]; } ); };");
    struct rules *b = make("dns64: { upstream = [\"192.0.2.4\"]; forward = (\n"
                           " { domain = \"b.example\"; upstream = [\"192.0.2.4\", \"192.0.2.3\"]; },\n"
                           " { domain = \"c.example\"; upstream = [\"192.0.2.3\"]; } ); };");
    uint8_t apex;
    uint32_t variant = set_of(a, "a.example", &apex)->variant;
    assert_int_equal(set_of(b, "b.example", &apex)->variant, variant);
    assert_int_not_equal(set_of(b, "c.example", &apex)->variant, variant);
    rules_release(a);
    rules_release(b);
}

/* What was learned of one configured set is nobody's who asks another, whichever of them is the usual one. */
TEST(VIEW_02_only_the_hosts_upstreams_keep_their_data_when_they_change)
{
    struct rules *host = make(""), *one = make("dns64: { upstream = [\"192.0.2.1\"]; };");
    struct rules *same = make("dns64: { upstream = [\"192.0.2.1\"]; never = [\"example.com\"]; };");
    struct rules *swapped = make("dns64: { upstream = [\"192.0.2.2\"]; views = (\n"
                                 " { name = \"a\"; clients = [\"2001:db8:a::/48\"];"
                                 " upstream = [\"192.0.2.1\"]; },\n"
                                 " { name = \"b\"; clients = [\"2001:db8:b::/48\"]; } ); };");
    uint32_t variant = one->outside.route.usual.variant;
    assert_int_equal(host->outside.route.usual.variant, 0);
    assert_int_not_equal(variant, 0);
    assert_int_equal(same->outside.route.usual.variant, variant);
    assert_int_equal(swapped->views[0].route.usual.variant, variant);
    assert_int_not_equal(swapped->outside.route.usual.variant, variant);
    assert_int_equal(swapped->views[1].route.usual.variant, swapped->outside.route.usual.variant);
    assert_int_not_equal(swapped->outside.route.usual.variant, 0);
    rules_release(host);
    rules_release(one);
    rules_release(same);
    rules_release(swapped);
}

TEST(STL_8767_02_times_by_default)
{
    struct rules *rules = make("");
    const struct query_policy *policy = &rules->outside.policy;
    assert_int_equal(policy->stale_wait_ms, 1800);
    assert_int_equal(policy->stale_max_s, 86400);
    assert_in_range(ATTEMPT_BUDGET_MS, 10000, 30000);
    assert_in_range(LIFETIME_RECHECK_S, 30, 300);
    rules_release(rules);
}

TEST(the_last_holder_frees)
{
    struct rules *rules = make("");
    assert_ptr_equal(rules_hold(rules), rules);
    rules_release(rules);
    assert_int_equal(rules->holders, 1); /* still there */
    rules_release(rules);
    rules_release(NULL);
}

#define WITH_RESOLV(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RESOLV(clients_are_backends_allow_and_this_host),
        WITH_RESOLV(limits_are_shared_by_the_threads),
        WITH_RESOLV(D64_5_1_4_04_our_prefixes_are_excluded_too),
        WITH_RESOLV(VIEW_01_what_a_view_does_not_name_is_as_outside),
        WITH_RESOLV(VIEW_02_views_that_ask_the_same_share_data_and_no_answers),
        WITH_RESOLV(LIST_01_a_list_file_that_is_good_bad_or_not_there),
        WITH_RESOLV(LIST_03_VIEW_01_local_names_and_zones_of_a_view),
        WITH_RESOLV(LIST_03_hosts_files_that_are_good_or_faulty),
        WITH_RESOLV(LIST_03_LIST_01_another_network_reads_no_file_again),
        WITH_RESOLV(no_resolver_and_too_many),
        WITH_RESOLV(upstreams_are_found_again),
        WITH_RESOLV(the_same_network_and_another_one),
        WITH_RESOLV(a_name_is_asked_of_its_longest_domain),
        WITH_RESOLV(equal_sets_have_one_variant_in_all_rules),
        WITH_RESOLV(VIEW_02_only_the_hosts_upstreams_keep_their_data_when_they_change),
        WITH_RESOLV(STL_8767_02_times_by_default),
        WITH_RESOLV(the_last_holder_frees),
    };
    return RUN(tests);
}
