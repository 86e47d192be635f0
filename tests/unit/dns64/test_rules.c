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
#include "dns64/rules.h"
#include "dns64/upstream/choice.h"

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
    assert_int_equal(rules->tcp.connections_per_network, 1);
    assert_int_equal(rules->tcp.idle_s, 9);
    rules_release(rules);
}

TEST(D64_5_1_4_04_our_prefixes_are_excluded_too)
{
    struct rules *rules =
        make("pref64 = ( { prefix = \"2001:db8:64::/96\"; } ); dns64: { exclude-aaaa = []; };");
    assert_int_equal(rules->policy.pref64_count, 1);
    assert_int_equal(rules->policy.filter.images_count, 2);
    rules_release(rules);
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
    return route_find(&rules->route, &name, ret_apex);
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
    assert_int_equal(usual->variant, 0);
    assert_int_equal(apex, 1);
    const struct route_set *corp = set_of(rules, "www.corp.EXAMPLE", &apex);
    assert_int_equal(corp->members, 2 | 8);
    assert_int_not_equal(corp->variant, 0);
    assert_int_equal(apex, 14);
    assert_ptr_equal(set_of(rules, "corp.example", &apex), corp);
    assert_int_equal(set_of(rules, "mycorp.example", &apex)->members, 4);
    assert_int_equal(apex, 9);
    assert_int_equal(set_of(rules, "same.example", &apex)->variant, 0);
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

TEST(the_last_holder_frees)
{
    struct rules *rules = make("");
    assert_ptr_equal(rules_hold(rules), rules);
    rules_release(rules);
    assert_int_equal(rules->holders, 1); /* still there */
    rules_release(rules);
    rules_release(NULL);
}

TEST(what_was_learned_moves_to_another_table)
{
    struct choice old, new;
    choice_init(&old, 2);
    choice_init(&new, 1);
    choice_sent(&old, 1);
    choice_answered(&old, 1, 5000000);
    choice_keep(&new, 0, &old, 1);
    assert_int_equal(new.upstreams[0].sent, 1);
    assert_int_equal(new.upstreams[0].answered, 1);
    assert_int_equal(new.upstreams[0].latency_us, old.upstreams[1].latency_us);
    assert_int_equal(choice_wait_ms(&new, 0), choice_wait_ms(&old, 1));
}

#define WITH_RESOLV(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RESOLV(clients_are_backends_allow_and_this_host),
        WITH_RESOLV(limits_are_shared_by_the_threads),
        WITH_RESOLV(D64_5_1_4_04_our_prefixes_are_excluded_too),
        WITH_RESOLV(no_resolver_and_too_many),
        WITH_RESOLV(upstreams_are_found_again),
        WITH_RESOLV(the_same_network_and_another_one),
        WITH_RESOLV(a_name_is_asked_of_its_longest_domain),
        WITH_RESOLV(equal_sets_have_one_variant_in_all_rules),
        WITH_RESOLV(the_last_holder_frees),
        WITH_RESOLV(what_was_learned_moves_to_another_table),
    };
    return RUN(tests);
}
