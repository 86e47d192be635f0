/*
 * reload and upgrade against daemons that agree, refuse, change their mind and do not come back.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/cmd.h"
#include "tests/unit/gate64/fake_daemon.h"

#define HASH_A "0123456789abcdef"
#define HASH_B "fedcba9876543210"
#define OK     "HTTP/1.1 200 OK\r\n\r\n"
#define NO     "HTTP/1.1 409 Conflict\r\n\r\n"

enum { REPLIES_MAX = 8 };

/* Answers request after request with the next of its replies, and keeps the first line of each request. */
struct daemon {
    struct fake_daemon *fake;
    const char *replies[REPLIES_MAX];
    int asked;
    char targets[REPLIES_MAX][64];
};

struct world {
    char folder[FAKE_DAEMON_PATH_LEN];
    struct daemon nat64d, dns64;
    struct cmd_options options;
    char *out, *err;
    size_t out_len, err_len;
};

static uint64_t now_ns;

/* In the place of common/clock: every look at it is a second later. */
uint64_t clock_now_ns(void)
{
    return now_ns += NS_PER_S;
}

static void serve(int fd, void *context)
{
    struct daemon *daemon = context;
    int i = daemon->asked < REPLIES_MAX ? daemon->asked : REPLIES_MAX - 1;
    const char *request = fake_daemon_request(daemon->fake);
    snprintf(daemon->targets[i], sizeof(daemon->targets[i]), "%.*s", (int)strcspn(request, "\r"), request);
    daemon->asked++;
    while (i > 0 && daemon->replies[i] == NULL) /* the last one holds on */
        i--;
    if (daemon->replies[i] != NULL)
        fake_daemon_send_text(fd, daemon->replies[i]);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    fake_daemon_folder(world->folder);
    world->options = (struct cmd_options){.state_dir = world->folder, .limit = -1};
    world->options.out = open_memstream(&world->out, &world->out_len);
    world->options.err = open_memstream(&world->err, &world->err_len);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    if (world->nat64d.fake != NULL)
        fake_daemon_stop(world->nat64d.fake);
    if (world->dns64.fake != NULL)
        fake_daemon_stop(world->dns64.fake);
    fclose(world->options.out);
    fclose(world->options.err);
    free(world->out);
    free(world->err);
    fake_daemon_folder_drop(world->folder);
    free(world);
    return 0;
}

static void start(struct world *world, struct daemon *daemon, const char *first, const char *second,
                  const char *third)
{
    daemon->replies[0] = first;
    daemon->replies[1] = second;
    daemon->replies[2] = third;
    daemon->fake =
        fake_daemon_start(world->folder, daemon == &world->nat64d ? "nat64d" : "dns64", serve, daemon);
}

static void expect(struct world *world, int (*run)(const struct cmd_options *options), int status)
{
    int got = run(&world->options);
    fflush(world->options.out);
    fflush(world->options.err);
    if (got != status)
        print_error("%s%s", world->out, world->err);
    assert_int_equal(got, status);
}

static void expect_text(const char *all, const char *part)
{
    if (strstr(all, part) == NULL) {
        print_error("%s\nlacks: %s\n", all, part);
        fail();
    }
}

static const char good[] = OK "{\"hash\":\"" HASH_A "\"}";
static const char other[] = OK "{\"hash\":\"" HASH_B "\"}";
static const char applied[] = OK "{\"changed\":true,\"text\":\"timeouts.udp is 60\"}";
static const char unchanged[] = OK "{\"changed\":false,\"text\":\"nothing to change\"}";
static const char refused[] = NO "{\"error\":\"/etc/gate64/gate64.conf:7: unknown key a; allowed: b\"}";

static void reload_applies_what_both_have_checked(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, applied, NULL);
    start(world, &world->dns64, good, unchanged, NULL);
    expect(world, cmd_reload, CMD_EXIT_GOOD);
    assert_string_equal(world->out, "nat64d  timeouts.udp is 60\ndns64   nothing to change\n");
    assert_string_equal(world->err, "");
    assert_string_equal(world->nat64d.targets[0], "POST /v1/reload?check=1 HTTP/1.1");
    assert_string_equal(world->nat64d.targets[1], "POST /v1/reload?hash=" HASH_A " HTTP/1.1");
    assert_string_equal(world->dns64.targets[1], "POST /v1/reload?hash=" HASH_A " HTTP/1.1");
}

static void reload_changes_nothing_if_one_refuses(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, applied, NULL);
    start(world, &world->dns64, refused, NULL, NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    assert_string_equal(world->err, "gate64: dns64: /etc/gate64/gate64.conf:7: unknown key a; allowed: b\n"
                                    "gate64: nothing was changed\n");
    assert_string_equal(world->out, "");
    assert_int_equal(world->nat64d.asked, 1);
}

static void reload_tells_the_same_refusal_once(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, refused, NULL, NULL);
    start(world, &world->dns64, refused, NULL, NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    assert_string_equal(world->err, "gate64: nat64d: /etc/gate64/gate64.conf:7: unknown key a; allowed: b\n"
                                    "gate64: nothing was changed\n");
}

static void reload_reports_one_that_does_not_run(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, applied, NULL);
    expect(world, cmd_reload, CMD_EXIT_GOOD);
    expect_text(world->out, "nat64d  timeouts.udp is 60\ndns64   not running; start it: ");
}

static void reload_is_3_if_none_runs(void **state)
{
    struct world *world = *state;
    expect(world, cmd_reload, CMD_EXIT_NOT_RUNNING);
    expect_text(world->err, "nat64d is not running");
    expect_text(world->err, "dns64 is not running");
}

static void reload_of_one_leaves_the_other_alone(void **state)
{
    struct world *world = *state;
    char *const operands[] = {(char *)"dns64"};
    world->options.operands = operands;
    world->options.operands_count = 1;
    world->options.json = true;
    start(world, &world->nat64d, good, applied, NULL);
    start(world, &world->dns64, good, applied, NULL);
    expect(world, cmd_reload, CMD_EXIT_GOOD);
    assert_string_equal(
        world->out,
        "{\"changed\":true,\"text\":\"timeouts.udp is 60\",\"program\":\"dns64\",\"running\":true}\n");
    assert_int_equal(world->nat64d.asked, 0);
}

static void reload_checks_again_if_the_file_changed(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, other, applied);
    start(world, &world->dns64, other, other, applied);
    expect(world, cmd_reload, CMD_EXIT_GOOD);
    assert_string_equal(world->nat64d.targets[2], "POST /v1/reload?hash=" HASH_B " HTTP/1.1");
}

static void reload_refuses_a_file_that_keeps_changing(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, other, NULL);
    start(world, &world->dns64, other, good, NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    expect_text(world->err, "the file changed while it was checked");
    expect_text(world->err, "nothing was changed\n");
    assert_int_equal(world->nat64d.asked, 2);
    assert_int_equal(world->dns64.asked, 2);
}

static void reload_says_what_the_first_refusal_to_apply_leaves(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, NO "{\"error\":\"the file changed since the check\"}", NULL);
    start(world, &world->dns64, good, applied, NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    assert_string_equal(world->err, "gate64: nat64d: the file changed since the check\n"
                                    "gate64: nothing was changed\n");
    assert_int_equal(world->dns64.asked, 1);
}

static void reload_says_what_the_second_refusal_to_apply_leaves(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, applied, NULL);
    start(world, &world->dns64, good, NO "{\"error\":\"the file changed since the check\"}", NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    assert_string_equal(world->err,
                        "gate64: dns64: the file changed since the check\n"
                        "gate64: nat64d has the new configuration, dns64 has not; mend the cause and run "
                        "gate64 reload again\n");
}

/* A daemon that falls silent may have applied it or not: neither is claimed. */
static void reload_claims_nothing_that_it_does_not_know(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, good, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    expect_text(world->err, "it is not known whether nat64d has taken the new configuration");
    assert_null(strstr(world->err, "nothing was changed"));
}

static void reload_trusts_no_hash_that_is_none(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, OK "{\"hash\":\"0123456789abcde \"}", applied, NULL);
    expect(world, cmd_reload, CMD_EXIT_FINDING);
    expect_text(world->err, "has no hash");
    assert_int_equal(world->nat64d.asked, 1);
}

static const char status_old[] = OK "{\"started_utc_ms\":1000,\"version\":\"0.1.0\"}";
static const char status_new[] = OK "{\"started_utc_ms\":2000,\"version\":\"0.2.0\"}";
static const char upgrading[] = OK "{\"text\":\"the new program takes over\"}";

static void upgrade_waits_for_the_new_program(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, status_old, upgrading, status_old);
    world->nat64d.replies[3] = ""; /* between the two nobody answers */
    world->nat64d.replies[4] = status_new;
    expect(world, cmd_upgrade, CMD_EXIT_GOOD);
    assert_string_equal(world->out, "nat64d  the new program takes over\n"
                                    "nat64d  was version 0.1.0, is version 0.2.0\n");
    assert_string_equal(world->nat64d.targets[1], "POST /v1/upgrade HTTP/1.1");
}

static void upgrade_that_is_refused_is_a_finding(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, status_old, NO "{\"error\":\"the new program does not read this state\"}",
          NULL);
    expect(world, cmd_upgrade, CMD_EXIT_FINDING);
    assert_string_equal(world->err, "gate64: nat64d: the new program does not read this state\n");
}

static void upgrade_does_not_wait_for_ever(void **state)
{
    struct world *world = *state;
    start(world, &world->nat64d, status_old, upgrading, status_old);
    expect(world, cmd_upgrade, CMD_EXIT_FINDING);
    expect_text(world->err, "nat64d has not come back within 15 s");
}

static void upgrade_needs_a_daemon(void **state)
{
    struct world *world = *state;
    expect(world, cmd_upgrade, CMD_EXIT_NOT_RUNNING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reload_applies_what_both_have_checked),
        TEST(reload_changes_nothing_if_one_refuses),
        TEST(reload_tells_the_same_refusal_once),
        TEST(reload_reports_one_that_does_not_run),
        TEST(reload_is_3_if_none_runs),
        TEST(reload_of_one_leaves_the_other_alone),
        TEST(reload_checks_again_if_the_file_changed),
        TEST(reload_refuses_a_file_that_keeps_changing),
        TEST(reload_says_what_the_first_refusal_to_apply_leaves),
        TEST(reload_says_what_the_second_refusal_to_apply_leaves),
        TEST(reload_claims_nothing_that_it_does_not_know),
        TEST(reload_trusts_no_hash_that_is_none),
        TEST(upgrade_waits_for_the_new_program),
        TEST(upgrade_that_is_refused_is_a_finding),
        TEST(upgrade_does_not_wait_for_ever),
        TEST(upgrade_needs_a_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
