/*
 * The texts of the rules, against files beside this one: GOLDEN is their folder. The lab loads the iptables
 * ones into a kernel; nft's parser has taken the nft ones.
 *
 * Layer: test
 * Specification: iptables-extensions(8), nft(8)
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/keeper/queue_number.h"
#include "nat64d/keeper/rules_text.h"

enum { TEXT_LEN = 1 << 20 };

static char built[TEXT_LEN], golden[TEXT_LEN];
static struct addr_prefix6 pref64;
static struct rules_shared shared;

/* 203.0.113.7 has 49152-65535, and TCP port 443 for a static binding. */
static struct rules_plan plan_of(unsigned workers, size_t shared_count)
{
    const struct addr_port_range dynamic = {49152, 65535}, https = {443, 443};
    assert_int_equal(addr_parse_prefix6("64:ff9b::/96", &pref64), 0);
    memset(&shared, 0, sizeof(shared));
    assert_int_equal(addr_parse4("203.0.113.7", &shared.address), 0);
    port_set_add(&shared.tcp, &dynamic);
    port_set_add(&shared.udp, &dynamic);
    port_set_add(&shared.icmp, &dynamic);
    port_set_add(&shared.tcp, &https);
    return (struct rules_plan){.tun = "nat64",
                               .pref64 = &pref64,
                               .pref64_count = 1,
                               .shared = &shared,
                               .shared_count = shared_count,
                               .workers = workers,
                               .shards = 4,
                               .notrack = true};
}

static void expect_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", GOLDEN, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    golden[fread(golden, 1, sizeof(golden) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(built, golden);
}

static void expect_iptables(const struct rules_plan *plan, int family, const char *name)
{
    struct builder builder;
    builder_init(&builder, built, sizeof(built));
    rules_text_iptables(&builder, plan, family);
    assert_false(builder.full);
    expect_file(name);
}

static void expect_nft(const struct rules_plan *plan, const char *name)
{
    struct builder builder;
    builder_init(&builder, built, sizeof(built));
    rules_text_nft(&builder, plan);
    assert_false(builder.full);
    expect_file(name);
}

TEST(iptables_of_routed_pools)
{
    struct rules_plan plan = plan_of(1, 0);
    expect_iptables(&plan, AF_INET, "routed.ipv4");
    expect_iptables(&plan, AF_INET6, "routed.ipv6");
}

TEST(iptables_of_a_shared_address)
{
    struct rules_plan plan = plan_of(1, 1);
    expect_iptables(&plan, AF_INET, "shared1.ipv4");
    expect_iptables(&plan, AF_INET6, "routed.ipv6");
    plan = plan_of(2, 1);
    expect_iptables(&plan, AF_INET, "shared2.ipv4");
}

TEST(iptables_without_connection_tracking_in_the_kernel)
{
    struct rules_plan plan = plan_of(1, 1);
    plan.in_raw = true;
    plan.notrack = false;
    expect_iptables(&plan, AF_INET, "raw.ipv4");
}

TEST(nft_of_both_kinds_of_pool)
{
    struct rules_plan plan = plan_of(1, 0);
    expect_nft(&plan, "routed.nft");
    plan = plan_of(1, 1);
    expect_nft(&plan, "shared1.nft");
    plan = plan_of(2, 1);
    expect_nft(&plan, "shared2.nft");
}

/* Every shard is in one rule for TCP to its owner, however many there are. */
TEST(each_shard_has_its_queue)
{
    static const unsigned workers[] = {2, 3, 5, 64};
    for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
        struct rules_plan plan = plan_of(workers[i], 1);
        unsigned owner[64], found = 0;
        struct builder builder;
        plan.shards = 64;
        builder_init(&builder, built, sizeof(built));
        rules_text_iptables(&builder, &plan, AF_INET);
        for (char *line = strtok(built, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            const char *queue = strstr(line, "--queue-num "), *shard = strstr(line, "0x3f=");
            if (strstr(line, "-p tcp --dport 49152:65535") == NULL)
                continue;
            for (shard += 5; shard[-1] == '=' || shard[-1] == ','; found++) {
                char *end;
                owner[strtoul(shard, &end, 10)] = (unsigned)strtoul(queue + 12, NULL, 10);
                shard = end + 1;
            }
        }
        assert_int_equal(found, 64);
        for (unsigned k = 0; k < 64; k++)
            assert_int_equal(owner[k], queue_number_tcp(k % workers[i]));
    }
}

TEST(a_text_that_does_not_fit_is_said)
{
    struct rules_plan plan = plan_of(1, 1);
    struct builder builder;
    char small[100];
    builder_init(&builder, small, sizeof(small));
    rules_text_iptables(&builder, &plan, AF_INET);
    assert_true(builder.full);
    assert_int_equal(strlen(small), sizeof(small) - 1);
}

TEST(the_longest_device_name_has_chains)
{
    char chain[RULES_TEXT_CHAIN_LEN];
    assert_string_equal(rules_text_chain("abcdefghijklmno", chain), "G64-abcdefghijklmno");
    assert_string_equal(rules_text_queue_chain("abcdefghijklmno", chain), "G64-abcdefghijklmno-q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iptables_of_routed_pools),
        cmocka_unit_test(iptables_of_a_shared_address),
        cmocka_unit_test(iptables_without_connection_tracking_in_the_kernel),
        cmocka_unit_test(nft_of_both_kinds_of_pool),
        cmocka_unit_test(each_shard_has_its_queue),
        cmocka_unit_test(a_text_that_does_not_fit_is_said),
        cmocka_unit_test(the_longest_device_name_has_chains),
    };
    return RUN(tests);
}
