/*
 * gate64 dns against a daemon that answers with canned replies.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "gate64/cmd.h"
#include "tests/unit/gate64/fake_daemon.h"

static const char numbers[] =
    "{\"size\":67108864,\"bytes\":2097152,\"entries\":12345,\"answers\":1000000,\"replies\":20,\"denied\":3,"
    "\"failures\":4,\"stale\":5,\"misses\":600,\"joined\":7,\"refreshed\":8}";

static const char held[] =
    "{\"worker\":1,\"kind\":\"reply\",\"type\":\"A\",\"class\":1,\"do\":false,\"cd\":false,\"edns\":false,"
    "\"age_s\":65,\"left_s\":3535,\"rcode\":0,\"bytes\":48,\"answer\":[\"A 192.0.2.1\",\"A 192.0.2.2\"]}\n"
    "{\"worker\":0,\"kind\":\"denied\",\"type\":\"-\",\"class\":1,\"do\":false,\"cd\":false,\"edns\":false,"
    "\"age_s\":400,\"left_s\":-100,\"rcode\":3,\"bytes\":48,\"answer\":[\"\\u001b[2J\"]}\n";

static const char explained[] =
    "{\"name\":\"www.example.com\",\"type\":\"AAAA\",\"client\":\"2001:db8:9::5\",\"allowed\":true,"
    "\"view\":\"vpn\",\"dns64\":true,\"do\":true,\"cd\":false,\"local\":false,\"pref64\":[\"64:ff9b::/"
    "96\",\"2001:db8:64::/"
    "96\"],"
    "\"asked\":[{\"type\":\"AAAA\",\"name\":\"www.example.com\",\"from\":\"cache\",\"age_s\":12,\"left_s\":"
    "48,"
    "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\"]},"
    "{\"type\":\"A\",\"name\":\"www.example.com\",\"from\":\"upstream\",\"upstream\":\"192.0.2.53#53\",\"age_"
    "s\":null,\"left_s\":3600,"
    "\"rcode\":\"NOERROR\",\"ttl\":300,\"answer\":[\"CNAME site.example.net\",\"A 192.0.2.1\"]}],"
    "\"rule\":\"aaaa_synthesised\",\"text\":\"AAAA: synthesised from A records\",\"list\":\"always\","
    "\"entry\":\"*.example.net\",\"listed\":\"site.example.net\",\"rcode\":\"NOERROR\",\"ttl\":60,"
    "\"answer\":[\"CNAME site.example.net\",\"AAAA 64:ff9b::c000:201\"],\"worker\":0}";

static const char unexplained[] =
    "{\"name\":\"a.example\",\"type\":\"A\",\"client\":\"::1\",\"allowed\":false,\"view\":\"\",\"dns64\":"
    "false,"
    "\"do\":false,\"cd\":true,\"pref64\":[],\"asked\":[{\"type\":\"A\",\"name\":\"a.example\",\"from\":"
    "\"upstream\","
    "\"age_s\":null,\"left_s\":null,\"rcode\":null,\"ttl\":null,\"answer\":[]}],\"rule\":\"failed\","
    "\"text\":\"\\u001b[2J\",\"list\":null,\"entry\":null,\"listed\":null,\"rcode\":\"SERVFAIL\","
    "\"ttl\":null,\"answer\":[],\"worker\":0}";

static char folder[FAKE_DAEMON_PATH_LEN], *out, *err;
static size_t out_len, err_len;
static struct fake_daemon *dns64;
static struct cmd_options options;

static void serve(int fd, void *context)
{
    fake_daemon_send_chunks(fd, context, 1000);
}

static int set_up(void **state)
{
    (void)state;
    fake_daemon_folder(folder);
    options = (struct cmd_options){.state_dir = folder, .limit = -1};
    options.out = open_memstream(&out, &out_len);
    options.err = open_memstream(&err, &err_len);
    dns64 = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (dns64 != NULL)
        fake_daemon_stop(dns64);
    fclose(options.out);
    fclose(options.err);
    free(out);
    free(err);
    fake_daemon_folder_drop(folder);
    return 0;
}

static void expect(const char *verb, const char *name, int status, const char *text)
{
    char *const operands[] = {(char *)verb, (char *)name};
    options.operands = operands;
    options.operands_count = name != NULL ? 2 : 1;
    assert_int_equal(cmd_dns(&options), status);
    fflush(options.out);
    fflush(options.err);
    if (text != NULL)
        assert_string_equal(out, text);
}

static void start(const char *body)
{
    dns64 = fake_daemon_start(folder, "dns64", serve, (void *)body);
}

TEST(cache_shows_the_numbers)
{
    start(numbers);
    expect("cache", NULL, CMD_EXIT_GOOD,
           "size       67 MB\n"
           "in use     2.0 MB\n"
           "entries    12,345\n"
           "answers    1,000,000\n"
           "replies    20\n"
           "denied     3\n"
           "failures   4\n"
           "stale      5\n"
           "misses     600\n"
           "joined     7\n"
           "refreshed  8\n");
    assert_non_null(strstr(fake_daemon_request(dns64), "GET /v1/cache HTTP/1.1\r\n"));
}

TEST(cache_as_json)
{
    start(numbers);
    options.json = true;
    expect("cache", NULL, CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(out, "\"entries\":12345"));
}

TEST(flush_names_the_name_and_what_is_below)
{
    start("{\"dropped\":1234}");
    expect("flush", "www.example.com", CMD_EXIT_GOOD, "1,234 entries dropped\n");
    assert_non_null(
        strstr(fake_daemon_request(dns64), "POST /v1/cache/flush?name=www.example.com HTTP/1.1\r\n"));
    options.below = true;
    expect("flush", "example.com", CMD_EXIT_GOOD, NULL);
    assert_non_null(
        strstr(fake_daemon_request(dns64), "POST /v1/cache/flush?below=1&name=example.com HTTP/1.1\r\n"));
}

TEST(WHY_02_explain_tells_the_whole_decision)
{
    char *const operands[] = {(char *)"explain", (char *)"www.example.com", (char *)"AAAA"};
    start(explained);
    options.operands = operands;
    options.operands_count = 3;
    options.client = "2001:db8:9::5";
    assert_int_equal(cmd_dns(&options), CMD_EXIT_GOOD);
    fflush(options.out);
    assert_string_equal(out,
                        "question  www.example.com AAAA, DO\n"
                        "client    2001:db8:9::5, may ask\n"
                        "view      vpn, DNS64 with 64:ff9b::/96, 2001:db8:64::/96\n"
                        "list      always: *.example.net, by site.example.net\n"
                        "AAAA      NOERROR: CNAME site.example.net (from the cache, 12s old, good for 48s)\n"
                        "A         NOERROR: CNAME site.example.net, A 192.0.2.1 (asked now of 192.0.2.53#53, "
                        "good for 1h00m)\n"
                        "rule      aaaa_synthesised (AAAA: synthesised from A records)\n"
                        "answer    NOERROR: CNAME site.example.net, AAAA 64:ff9b::c000:201, TTL 1m00s\n");
    assert_non_null(strstr(fake_daemon_request(dns64),
                           "GET /v1/explain?name=www.example.com&type=AAAA&client="
                           "2001%3Adb8%3A9%3A%3A5 HTTP/1.1\r\n"));
}

TEST(WHY_02_explain_without_an_answer)
{
    start(unexplained);
    expect("explain", "a.example", CMD_EXIT_GOOD,
           "question  a.example A, CD\n"
           "client    ::1, may not ask\n"
           "view      -, without DNS64\n"
           "list      none\n"
           "A         no answer (asked now)\n"
           "rule      failed (\\x1b[2J)\n"
           "answer    SERVFAIL, no records\n");
    assert_non_null(strstr(fake_daemon_request(dns64), "GET /v1/explain?name=a.example HTTP/1.1\r\n"));
}

TEST(WHY_02_explain_a_local_name)
{
    start("{\"name\":\"box.example\",\"type\":\"AAAA\",\"client\":\"::1\",\"allowed\":true,\"view\":\"\","
          "\"dns64\":true,"
          "\"do\":false,\"cd\":false,\"local\":true,\"pref64\":[\"64:ff9b::/96\"],\"asked\":[],"
          "\"rule\":\"aaaa_synthesised\",\"text\":\"AAAA: synthesised from A records\",\"list\":null,"
          "\"entry\":null,\"listed\":null,\"rcode\":\"NOERROR\",\"ttl\":300,"
          "\"answer\":[\"AAAA 64:ff9b::c000:201\"],\"worker\":0}");
    expect("explain", "box.example", CMD_EXIT_GOOD,
           "question  box.example AAAA\n"
           "client    ::1, may ask\n"
           "view      -, DNS64 with 64:ff9b::/96\n"
           "list      none\n"
           "local     the name is one of dns64.local\n"
           "rule      aaaa_synthesised (AAAA: synthesised from A records)\n"
           "answer    NOERROR: AAAA 64:ff9b::c000:201, TTL 5m00s\n");
}

TEST(WHY_02_explain_as_json)
{
    start(explained);
    options.json = true;
    expect("explain", "www.example.com", CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(out, "\"rule\":\"aaaa_synthesised\""));
}

TEST(a_name_cannot_be_another_request)
{
    start("{\"dropped\":0}");
    expect("flush", "a&below=1 /x\r\n", CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(fake_daemon_request(dns64),
                           "POST /v1/cache/flush?name=a%26below%3D1%20%2Fx%0D%0A HTTP/1.1\r\n"));
    char longest[300];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    expect("flush", longest, CMD_EXIT_FINDING, NULL);
    assert_non_null(strstr(err, "too long for a name"));
}

TEST(lookup_shows_what_is_held)
{
    start(held);
    expect("lookup", "www.example.com", CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(out, "A 192.0.2.1, A 192.0.2.2\n"));
    assert_non_null(strstr(out, "over"));
    assert_null(strchr(out, '\33'));
    assert_non_null(
        strstr(fake_daemon_request(dns64), "GET /v1/cache/lookup?name=www.example.com HTTP/1.1\r\n"));
}

static const char most[] =
    "{\"of\":\"names\",\"seconds\":3600,\"queries\":2000,\"top\":[{\"name\":\"api.example\",\"queries\":1500,"
    "\"error\":0},{\"name\":\"\\u001b[2J\",\"queries\":30,\"error\":7}]}";

TEST(top_shows_shares)
{
    start(most);
    expect("top", NULL, CMD_EXIT_GOOD,
           "2,000 queries in 1h00m\n"
           "QUERIES  ERROR  SHARE  NAME\n"
           "  1,500      0  75.0%  api.example\n"
           "     30      7   1.5%  \\x1b[2J\n");
    assert_non_null(strstr(fake_daemon_request(dns64), "GET /v1/top?of=names&limit=20 HTTP/1.1\r\n"));
}

TEST(top_of_clients_as_json_and_so_many)
{
    start(most);
    options.json = true;
    options.limit = 5;
    expect("top", "clients", CMD_EXIT_GOOD, NULL);
    assert_non_null(strstr(out, "\"queries\":1500"));
    assert_non_null(strstr(fake_daemon_request(dns64), "GET /v1/top?of=clients&limit=5 HTTP/1.1\r\n"));
}

TEST(top_of_upstreams)
{
    start(
        "{\"of\":\"upstreams\",\"top\":[{\"upstream\":\"192.0.2.53#53\",\"bad\":false,\"sent\":1200,"
        "\"answered\":1190,"
        "\"timeouts\":10,\"wrong\":0,\"half_ms\":2.0,\"most_ms\":20.0,\"nearly_all_ms\":-1.0},"
        "{\"upstream\":\"2001:db8::53#53\",\"bad\":true,\"sent\":3,\"answered\":0,\"timeouts\":3,\"wrong\":0,"
        "\"half_ms\":-1.0,\"most_ms\":-1.0,\"nearly_all_ms\":-1.0}]}");
    expect("top", "upstreams", CMD_EXIT_GOOD,
           " SENT  ANSWERED  TIMEOUTS  WRONG     50%      95%  99%  STATE  UPSTREAM\n"
           "1,200     1,190        10      0  2.0 ms  20.0 ms    -  good   192.0.2.53#53\n"
           "    3         0         3      0       -        -    -  bad    2001:db8::53#53\n");
    assert_non_null(strstr(fake_daemon_request(dns64), "GET /v1/top?of=upstreams&limit=20 HTTP/1.1\r\n"));
}

TEST(top_begins_anew)
{
    start("{\"reset\":true}");
    options.reset = true;
    expect("top", NULL, CMD_EXIT_GOOD, "");
    assert_non_null(strstr(fake_daemon_request(dns64), "POST /v1/top/reset HTTP/1.1\r\n"));
    expect("cache", NULL, CMD_EXIT_USAGE, "");
}

TEST(other_words_are_refused)
{
    expect("flush", NULL, CMD_EXIT_USAGE, "");
    expect("cache", "x", CMD_EXIT_USAGE, "");
    expect("nothing", NULL, CMD_EXIT_USAGE, "");
    expect("top", "nobody", CMD_EXIT_USAGE, "");
    options.limit = 3;
    expect("cache", NULL, CMD_EXIT_USAGE, "");
    options.limit = -1;
    options.below = true;
    expect("lookup", "x", CMD_EXIT_USAGE, "");
    options.operands_count = 0;
    assert_int_equal(cmd_dns(&options), CMD_EXIT_USAGE);
}

TEST(one_that_does_not_run_is_told)
{
    expect("cache", NULL, CMD_EXIT_NOT_RUNNING, "");
    expect("lookup", "x", CMD_EXIT_NOT_RUNNING, "");
    assert_non_null(strstr(err, "gate64: dns64 is not running"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(cache_shows_the_numbers),
        CASE(cache_as_json),
        CASE(flush_names_the_name_and_what_is_below),
        CASE(WHY_02_explain_tells_the_whole_decision),
        CASE(WHY_02_explain_without_an_answer),
        CASE(WHY_02_explain_a_local_name),
        CASE(WHY_02_explain_as_json),
        CASE(a_name_cannot_be_another_request),
        CASE(lookup_shows_what_is_held),
        CASE(top_shows_shares),
        CASE(top_of_clients_as_json_and_so_many),
        CASE(top_of_upstreams),
        CASE(top_begins_anew),
        CASE(other_words_are_refused),
        CASE(one_that_does_not_run_is_told),
    };
    return RUN(tests);
}
