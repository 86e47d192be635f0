/*
 * The subcommands against daemons that answer with canned replies.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate64/cmd.h"
#include "tests/unit/gate64/fake_daemon.h"

static const char nat64d_status[] =
    "{\"program\":\"nat64d\",\"version\":\"0.1.0\",\"pid\":4242,\"started_utc_ms\":1767225600000,\"uptime_"
    "s\":7199,"
    "\"tun\":\"nat64\",\"workers\":2,\"pref64\":[\"64:ff9b::/96\",\"2001:db8:64::/96\"],"
    "\"backends\":[\"2001:db8:1::/64\"],\"sessions\":{\"tcp\":1000,\"udp\":200,\"icmp\":34,\"max\":1048576},"
    "\"bindings\":{\"tcp\":900,\"udp\":100,\"icmp\":30},\"packets\":{\"from_ipv6\":12345,\"to_ipv4\":12340,"
    "\"from_ipv4\":54321,\"to_ipv6\":54320,\"dropped\":6}}";

static const char dns64_status[] =
    "{\"program\":\"dns64\",\"version\":\"0.1.0\",\"pid\":4243,\"started_utc_ms\":1767225600000,\"uptime_s\":"
    "59,"
    "\"workers\":2,\"pref64\":[\"64:ff9b::/96\"],\"listen\":[\"::#53\"],\"upstream\":["
    "{\"address\":\"2001:db8::53#53\",\"state\":\"good\",\"latency_ms\":12.34,\"sent\":1000,\"answered\":999,"
    "\"timeouts\":1},{\"address\":\"192.0.2.53#53\",\"state\":\"untried\",\"latency_ms\":0.0,\"sent\":0,"
    "\"answered\":0,\"timeouts\":0}],\"queries\":1500,\"synthesised\":400}";

static const char sessions[] =
    "{\"protocol\":\"tcp\",\"state\":\"established\",\"src6\":\"2001:db8:1::2\",\"src6_port\":40000,"
    "\"dst6\":\"64:ff9b::c633:6407\",\"dst6_port\":443,\"src4\":\"192.0.2.1\",\"src4_port\":31337,"
    "\"dst4\":\"198.51.100.7\",\"dst4_port\":443,\"expires_s\":7199,\"packets6\":10,\"bytes6\":1500,"
    "\"packets4\":20,"
    "\"bytes4\":104857600,\"static\":false}\n"
    "{\"protocol\":\"icmp\",\"state\":\"answered\",\"src6\":\"2001:db8:1::3\",\"src6_port\":77,"
    "\"dst6\":\"64:ff9b::c633:6407\",\"dst6_port\":0,\"src4\":\"192.0.2.1\",\"src4_port\":2048,"
    "\"dst4\":\"198.51.100.7\",\"dst4_port\":0,\"expires_s\":9,\"packets6\":1,\"bytes6\":104,\"packets4\":1,"
    "\"bytes4\":84,\"static\":false}\n";

static const char bindings[] = "{\"protocol\":\"tcp\",\"src6\":\"2001:db8:1::5\",\"src6_port\":80,\"src4\":"
                               "\"192.0.2.1\",\"src4_port\":8080,"
                               "\"sessions\":1200,\"static\":true,\"name\":\"shop\"}\n"
                               "{\"protocol\":\"udp\",\"src6\":\"2001:db8:1::2\",\"src6_port\":5353,\"src4\":"
                               "\"192.0.2.1\",\"src4_port\":20000,"
                               "\"sessions\":1,\"static\":false}\n";

static const char pool[] =
    "{\"pool\":\"uplink\",\"address\":\"192.0.2.1\",\"ports\":16384,\"tcp\":1000,\"udp\":20,\"icmp\":3,"
    "\"held\":4,\"shared\":true,\"drains\":false,\"host\":12,\"percent\":61,\"tcp_closing_s\":162,"
    "\"per_minute\":120,\"lasts_s\":200}\n"
    "{\"pool\":\"old\",\"address\":\"192.0.2.2\",\"ports\":64512,\"tcp\":0,\"udp\":0,\"icmp\":0,\"held\":0,"
    "\"shared\":false,\"drains\":true,\"host\":0,\"percent\":0,\"tcp_closing_s\":240,\"per_minute\":0,"
    "\"lasts_s\":null}\n"
    "{\"pool\":\"main\",\"address\":\"192.0.2.16\",\"ports\":64512,\"tcp\":9,\"udp\":0,\"icmp\":0,\"held\":0,"
    "\"shared\":false,\"drains\":false,\"for\":[],\"host\":0,\"percent\":3.2,\"tcp_closing_s\":240,"
    "\"per_minute\":-1100,\"lasts_s\":null}\n"
    "{\"pool\":\"mail\",\"address\":\"192.0.2.20\",\"ports\":64,\"tcp\":0,\"udp\":0,\"icmp\":0,\"held\":0,"
    "\"shared\":true,\"drains\":false,\"for\":[\"2001:db8:5::/48\"],\"host\":0,\"percent\":0,"
    "\"tcp_closing_s\":240,\"per_minute\":0,\"lasts_s\":null}\n"
    "{\"pool\":\"two\",\"address\":\"192.0.2.21\",\"ports\":64,\"tcp\":0,\"udp\":0,\"icmp\":0,\"held\":0,"
    "\"shared\":false,\"drains\":false,\"for\":[\"2001:db8:6::/48\",\"2001:db8:7::/48\"],\"host\":0,"
    "\"percent\":0,\"tcp_closing_s\":240,\"per_minute\":0,\"lasts_s\":null}\n";

static const char mtus[] = "{\"backend\":\"2001:db8:1::2\",\"mtu\":1280,\"age_s\":65}\n"
                           "{\"backend\":\"2001:db8:1::5\",\"mtu\":1420,\"age_s\":3}\n";

static const char short_pool[] = "{\"pool\":\"main\",\"address\":\"192.0.2.1\",\"ports\":64512,\"tcp\":1000,"
                                 "\"udp\":20,\"icmp\":3,\"held\":4,"
                                 "\"blocks\":17,\"blocks_total\":1008}\n";

static const char nat64d_counters[] =
    "{\"name\":\"drop_no_binding\",\"value\":1234,\"text\":\"no binding for this address and port\","
    "\"section\":\"RFC 6146 3.5\"}\n"
    "{\"name\":\"drop_filtered\",\"value\":0,\"text\":\"sender not contacted before\",\"section\":\"RFC 6146 "
    "3.5\"}\n"
    "{\"name\":\"packets_from_ipv6\",\"value\":99,\"text\":\"packets that came in from IPv6\"}\n";

static const char dns64_counters[] = "{\"name\":\"queries\",\"value\":1500,\"text\":\"queries\"}\n";

/* Whatever stands in a reply, none of it may reach the terminal as it is. */
static const char hostile_status[] =
    "{\"version\":\"\\u001b[31m0.1.0\",\"pid\":\"x\",\"uptime_s\":-1,\"tun\":{},"
    "\"workers\":[],\"pref64\":[\"a\\nb\",7,null],\"backends\":\"none\","
    "\"sessions\":{\"tcp\":9223372036854775807,\"udp\":9223372036854775807,\"max\":\"\"},"
    "\"upstream\":[7,{\"address\":\"\\u009b2J\",\"state\":\"\\u202e\"}],\"listen\":{}}";

static const char hostile_session[] =
    "{\"protocol\":\"\\u001b]0;owned\\u0007\",\"state\":\"\\r\\n\",\"src6\":\"\\u009b\","
    "\"src6_port\":-1,\"expires_s\":\"soon\",\"bytes6\":1e9}\n";

struct world {
    char folder[FAKE_DAEMON_PATH_LEN];
    struct fake_daemon *nat64d, *dns64;
    struct cmd_options options;
    char *out, *err;
    size_t out_len, err_len;
};

static void serve(int fd, void *context)
{
    fake_daemon_send_chunks(fd, context, 1000);
}

static void serve_raw(int fd, void *context)
{
    fake_daemon_send_text(fd, context);
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
    if (world->nat64d != NULL)
        fake_daemon_stop(world->nat64d);
    if (world->dns64 != NULL)
        fake_daemon_stop(world->dns64);
    fclose(world->options.out);
    fclose(world->options.err);
    free(world->out);
    free(world->err);
    fake_daemon_folder_drop(world->folder);
    free(world);
    return 0;
}

static void start_nat64d(struct world *world, const char *body)
{
    world->nat64d = fake_daemon_start(world->folder, "nat64d", serve, (void *)body);
}

static void start_dns64(struct world *world, const char *body)
{
    world->dns64 = fake_daemon_start(world->folder, "dns64", serve, (void *)body);
}

static void expect(struct world *world, int (*run)(const struct cmd_options *options), int status,
                   const char *out)
{
    assert_int_equal(run(&world->options), status);
    fflush(world->options.out);
    fflush(world->options.err);
    if (out != NULL)
        assert_string_equal(world->out, out);
}

/* "systemctl start PROGRAM", or "PROGRAM -f": it depends on the host that the test runs on. */
static const char *start_line(const struct world *world, const char *program)
{
    static char line[256];
    cmd_start_line(&world->options, program, line, sizeof(line));
    return line;
}

static void status_shows_both_daemons(void **state)
{
    struct world *world = *state;
    start_nat64d(world, nat64d_status);
    start_dns64(world, dns64_status);
    expect(world, cmd_status, CMD_EXIT_GOOD,
           "nat64d  runs for 1h59m, process 4242, version 0.1.0\n"
           "  device      nat64, workers: 2\n"
           "  prefixes    64:ff9b::/96, 2001:db8:64::/96\n"
           "  backends    2001:db8:1::/64\n"
           "  sessions    1,234 of 1,048,576 (tcp 1,000, udp 200, icmp 34)\n"
           "  bindings    1,030 (tcp 900, udp 100, icmp 30)\n"
           "  packets     from IPv6 12,345, to IPv4 12,340; from IPv4 54,321, to IPv6 54,320; dropped 6\n"
           "dns64   runs for 59s, process 4243, version 0.1.0\n"
           "  listens on  ::#53\n"
           "  workers     2\n"
           "  prefixes    64:ff9b::/96\n"
           "  upstream    2001:db8::53#53 good, latency 12.3 ms, sent 1,000, answered 999, timeouts 1\n"
           "  upstream    192.0.2.53#53 untried, latency -, sent 0, answered 0, timeouts 0\n"
           "  queries     1,500, answers made from A records: 400\n");
    assert_string_equal(world->err, "");
    assert_non_null(strstr(fake_daemon_request(world->nat64d), "GET /v1/status HTTP/1.1\r\n"));
}

static void status_reports_one_that_does_not_run(void **state)
{
    struct world *world = *state;
    start_nat64d(world, nat64d_status);
    expect(world, cmd_status, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(world->out, "dns64   not running; start it: "));
    assert_non_null(strstr(world->out, start_line(world, "dns64")));
}

static void status_3_if_none_of_those_asked_runs(void **state)
{
    struct world *world = *state;
    char *const operands[] = {(char *)"dns64"};
    start_nat64d(world, nat64d_status);
    world->options.operands = operands;
    world->options.operands_count = 1;
    expect(world, cmd_status, CMD_EXIT_NOT_RUNNING, NULL);
    assert_null(strstr(world->out, "nat64d"));
    world->options.operands_count = 0;
    fake_daemon_stop(world->nat64d);
    world->nat64d = NULL;
    expect(world, cmd_status, CMD_EXIT_NOT_RUNNING, NULL);
}

static void status_knows_only_its_daemons(void **state)
{
    struct world *world = *state;
    char *const operands[] = {(char *)"named"};
    world->options.operands = operands;
    world->options.operands_count = 1;
    expect(world, cmd_status, CMD_EXIT_USAGE, "");
    expect(world, cmd_counters, CMD_EXIT_USAGE, "");
    assert_non_null(strstr(world->err, "named is no daemon"));
}

static void status_as_json_is_one_document_a_line(void **state)
{
    struct world *world = *state;
    start_nat64d(world, "{\"program\":\"nat64d\",\"tun\":\"n\\u00e4t\"}");
    world->options.json = true;
    expect(world, cmd_status, CMD_EXIT_GOOD, NULL);
    static const char first[] = "{\"program\":\"nat64d\",\"tun\":\"n\\u00E4t\"}\n";
    assert_memory_equal(world->out, first, sizeof(first) - 1);
    json_t *second = json_loads(world->out + sizeof(first) - 1, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(second, "program")), "dns64");
    assert_true(json_is_false(json_object_get(second, "running")));
    assert_string_equal(json_string_value(json_object_get(second, "start")), start_line(world, "dns64"));
    json_decref(second);
}

static void expect_harmless(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
}

static void status_survives_a_hostile_reply(void **state)
{
    struct world *world = *state;
    start_nat64d(world, hostile_status);
    start_dns64(world, hostile_status);
    expect(world, cmd_status, CMD_EXIT_GOOD, NULL);
    expect_harmless(world->out);
    assert_non_null(strstr(world->out, "version \\x1b[31m0.1.0\n"));
    assert_non_null(strstr(world->out, "prefixes    a\\x0ab\n"));
    assert_non_null(strstr(world->out, "upstream    \\u{009b}2J \\u{202e}, latency -"));
    assert_non_null(strstr(world->out, "backends    -\n"));
}

static void status_of_an_empty_document_is_dashes(void **state)
{
    struct world *world = *state;
    start_nat64d(world, "{}");
    expect(world, cmd_status, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(world->out, "nat64d  runs for -, process -, version -\n"));
    assert_non_null(strstr(world->out, "sessions    - (tcp -, udp -, icmp -)\n"));
}

static void a_daemon_that_refuses_is_a_finding(void **state)
{
    struct world *world = *state;
    world->nat64d = fake_daemon_start(world->folder, "nat64d", serve_raw,
                                      (void *)"HTTP/1.1 503 Busy\r\n\r\n{\"error\":\"restarting\"}");
    expect(world, cmd_status, CMD_EXIT_FINDING, NULL);
    expect(world, cmd_sessions, CMD_EXIT_FINDING, NULL);
    assert_non_null(strstr(world->err, "gate64: nat64d: refused with status 503: restarting\n"));
    assert_null(strstr(world->out, "PROTOCOL")); /* no header over nothing */
}

static void sessions_are_a_table(void **state)
{
    struct world *world = *state;
    start_nat64d(world, sessions);
    expect(world, cmd_sessions, CMD_EXIT_GOOD,
           "PROTOCOL  STATE        BACKEND              APPEARS AS       DESTINATION       ENDS IN    SENT  "
           "RECEIVED\n"
           "tcp       established  2001:db8:1::2#40000  192.0.2.1#31337  198.51.100.7#443    1h59m  1.5 kB   "
           " 104 MB\n"
           "icmp      answered     2001:db8:1::3#77     192.0.2.1#2048   198.51.100.7           9s   104 B   "
           "   84 B\n");
    assert_non_null(strstr(fake_daemon_request(world->nat64d), "GET /v1/sessions HTTP/1.1\r\n"));
}

static void filters_are_passed_on(void **state)
{
    struct world *world = *state;
    start_nat64d(world, sessions);
    world->options.protocol = "udp";
    expect(world, cmd_sessions, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(fake_daemon_request(world->nat64d), "GET /v1/sessions?protocol=udp HTTP/1.1\r\n"));
    world->options.backend = "2001:db8:1::2";
    expect(world, cmd_bindings, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(fake_daemon_request(world->nat64d),
                           "GET /v1/bindings?backend=2001:db8:1::2&protocol=udp HTTP/1.1\r\n"));
    world->options.protocol = NULL;
    expect(world, cmd_sessions, CMD_EXIT_GOOD, NULL);
    assert_non_null(
        strstr(fake_daemon_request(world->nat64d), "GET /v1/sessions?backend=2001:db8:1::2 HTTP/1.1\r\n"));
}

static void a_limit_ends_the_list(void **state)
{
    struct world *world = *state;
    start_nat64d(world, sessions);
    world->options.limit = 1;
    expect(world, cmd_sessions, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(world->out, "established"));
    assert_null(strstr(world->out, "answered"));
}

static void lists_as_json_are_as_they_came(void **state)
{
    struct world *world = *state;
    start_nat64d(world, bindings);
    world->options.json = true;
    expect(world, cmd_bindings, CMD_EXIT_GOOD, bindings);
}

static void an_empty_list_has_a_header_only(void **state)
{
    struct world *world = *state;
    start_nat64d(world, "");
    expect(world, cmd_sessions, CMD_EXIT_GOOD,
           "PROTOCOL  STATE  BACKEND  APPEARS AS  DESTINATION  ENDS IN  SENT  RECEIVED\n");
}

static void a_list_that_is_cut_shows_what_came(void **state)
{
    struct world *world = *state;
    world->nat64d = fake_daemon_start(world->folder, "nat64d", serve_raw,
                                      (void *)"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                              "11\r\n{\"state\":\"trans\"}\r\n1\r\n\n\r\n5\r\n{\"sta");
    expect(world, cmd_sessions, CMD_EXIT_FINDING, NULL);
    assert_non_null(strstr(world->out, "trans"));
    assert_non_null(strstr(world->err, "nat64d: the answer was cut short"));
}

static void hostile_records_cannot_steer_the_terminal(void **state)
{
    struct world *world = *state;
    start_nat64d(world, hostile_session);
    expect(world, cmd_sessions, CMD_EXIT_GOOD, NULL);
    world->options.json = true;
    expect(world, cmd_sessions, CMD_EXIT_GOOD, NULL);
    expect_harmless(world->out);
    assert_non_null(strstr(world->out, "\\x1b]0;owned\\x07"));
}

static void lists_say_how_to_start_the_daemon(void **state)
{
    int (*const commands[])(const struct cmd_options *options) = {cmd_sessions, cmd_bindings, cmd_pool,
                                                                  cmd_counters};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        expect(world, commands[i], CMD_EXIT_NOT_RUNNING, "");
    assert_non_null(strstr(world->err, "gate64: nat64d is not running (nobody listens on "));
    assert_non_null(strstr(world->err, start_line(world, "nat64d")));
}

static void the_start_line_names_the_file(void **state)
{
    struct world *world = *state;
    world->options.file = "/etc/gate64/other.conf";
    if (access("/run/systemd/system", F_OK) == 0)
        assert_string_equal(start_line(world, "dns64"), "systemctl start dns64");
    else
        assert_string_equal(start_line(world, "dns64"), "dns64 -c /etc/gate64/other.conf -f");
}

static void mtu_shows_how_narrow_and_how_old(void **state)
{
    struct world *world = *state;
    start_nat64d(world, mtus);
    expect(world, cmd_mtu, CMD_EXIT_GOOD,
           "BACKEND         MTU    AGE\n"
           "2001:db8:1::2  1280  1m05s\n"
           "2001:db8:1::5  1420     3s\n");
    assert_non_null(strstr(fake_daemon_request(world->nat64d), "GET /v1/mtu HTTP/1.1\r\n"));
}

static void bindings_tell_static_ones(void **state)
{
    struct world *world = *state;
    start_nat64d(world, bindings);
    expect(world, cmd_bindings, CMD_EXIT_GOOD,
           "PROTOCOL  BACKEND             APPEARS AS       SESSIONS  KIND     NAME\n"
           "tcp       2001:db8:1::5#80    192.0.2.1#8080      1,200  static   shop\n"
           "udp       2001:db8:1::2#5353  192.0.2.1#20000         1  dynamic  -\n");
}

static void pool_shows_use(void **state)
{
    struct world *world = *state;
    start_nat64d(world, pool);
    expect(
        world, cmd_pool, CMD_EXIT_GOOD,
        "POOL    ADDRESS      PORTS  USED    TCP  UDP  ICMP  HELD  CLOSE  A MINUTE  LASTS  NOTE\n"
        "uplink  192.0.2.1   16,384   61%  1,000   20     3     4  2m42s      +120  3m20s  shared, host 12\n"
        "old     192.0.2.2   64,512    0%      0    0     0     0  4m00s         0      -  drains\n"
        "main    192.0.2.16  64,512    3%      9    0     0     0  4m00s    -1,100      -  -\n"
        "mail    192.0.2.20      64    0%      0    0     0     0  4m00s         0      -  shared, for "
        "2001:db8:5::/48\n"
        "two     192.0.2.21      64    0%      0    0     0     0  4m00s         0      -  for "
        "2001:db8:6::/48 "
        "and 1 more\n");
}

static void pool_of_a_daemon_that_says_less(void **state)
{
    struct world *world = *state;
    start_nat64d(world, short_pool);
    expect(world, cmd_pool, CMD_EXIT_GOOD,
           "POOL  ADDRESS     PORTS  USED    TCP  UDP  ICMP  HELD  CLOSE  A MINUTE  LASTS  NOTE\n"
           "main  192.0.2.1  64,512     -  1,000   20     3     4      -         -      -  -\n");
}

static void counters_of_both_without_zeros(void **state)
{
    struct world *world = *state;
    start_nat64d(world, nat64d_counters);
    start_dns64(world, dns64_counters);
    expect(world, cmd_counters, CMD_EXIT_GOOD,
           "DAEMON  COUNTER            VALUE  MEANING                               SPECIFICATION\n"
           "nat64d  drop_no_binding    1,234  no binding for this address and port  RFC 6146 3.5\n"
           "nat64d  packets_from_ipv6     99  packets that came in from IPv6        -\n"
           "dns64   queries            1,500  queries                               -\n");
}

static void counters_with_all_have_zeros(void **state)
{
    struct world *world = *state;
    start_nat64d(world, nat64d_counters);
    world->options.all = true;
    world->options.json = true;
    expect(world, cmd_counters, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(world->out,
                           "{\"name\":\"drop_filtered\",\"value\":0,\"text\":\"sender not contacted before\","
                           "\"section\":\"RFC 6146 3.5\",\"program\":\"nat64d\"}\n"));
    assert_non_null(strstr(world->err, "dns64 is not running"));
}

static void a_limit_holds_over_both_daemons(void **state)
{
    struct world *world = *state;
    start_nat64d(world, nat64d_counters);
    start_dns64(world, dns64_counters);
    world->options.limit = 2;
    expect(world, cmd_counters, CMD_EXIT_GOOD, NULL);
    assert_null(strstr(world->out, "dns64"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_shows_both_daemons),
        TEST(status_reports_one_that_does_not_run),
        TEST(status_3_if_none_of_those_asked_runs),
        TEST(status_knows_only_its_daemons),
        TEST(status_as_json_is_one_document_a_line),
        TEST(status_survives_a_hostile_reply),
        TEST(status_of_an_empty_document_is_dashes),
        TEST(a_daemon_that_refuses_is_a_finding),
        TEST(sessions_are_a_table),
        TEST(filters_are_passed_on),
        TEST(a_limit_ends_the_list),
        TEST(lists_as_json_are_as_they_came),
        TEST(an_empty_list_has_a_header_only),
        TEST(a_list_that_is_cut_shows_what_came),
        TEST(hostile_records_cannot_steer_the_terminal),
        TEST(lists_say_how_to_start_the_daemon),
        TEST(the_start_line_names_the_file),
        TEST(mtu_shows_how_narrow_and_how_old),
        TEST(bindings_tell_static_ones),
        TEST(pool_shows_use),
        TEST(pool_of_a_daemon_that_says_less),
        TEST(counters_of_both_without_zeros),
        TEST(counters_with_all_have_zeros),
        TEST(a_limit_holds_over_both_daemons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
