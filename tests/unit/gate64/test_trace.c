/*
 * gate64 trace against daemons with canned packets: the text, JSON lines, and what happens meanwhile.
 *
 * Layer: edge
 * Specification: man/gate64.1 (trace)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/cmd.h"
#include "gate64/text.h"
#include "gate64/trace_show.h"
#include "tests/unit/gate64/fake_daemon.h"

enum { REPLIES_MAX = 12 };

#define BEGIN "{\"event\":\"begin\",\"count\":20,\"seconds\":60}\n"
#define END(packets, missed) \
    "{\"event\":\"end\",\"why\":\"time\",\"packets\":" #packets ",\"missed\":" #missed "}\n"

static const char refused[] =
    "{\"event\":\"packet\",\"time_utc_us\":1795654608843121,\"worker\":1,\"from\":\"ipv6\",\"protocol\":"
    "\"icmp\",\"icmp_type\":128,\"icmp_code\":0,\"icmp\":\"echo request\",\"source\":\"2001:db8:2::2\","
    "\"source_port\":7408,\"destination\":\"64:ff9b::a01:203\",\"length\":104,\"hop_limit\":63,\"steps\":["
    "{\"step\":\"tuple\",\"result\":\"yes\",\"text\":\"from 2001:db8:2::2#7408 to 10.1.2.3, by prefix "
    "64:ff9b::/96\"},{\"step\":\"destination\",\"result\":\"no\",\"text\":\"no: 10.1.2.3 is private use, and "
    "allow-ipv4 of the prefix does not open it\"}],\"verdict\":\"dropped\",\"text\":\"IPv4 destination is "
    "not global or is denied (RFC 6052 3.1, counter drop_destination_denied)\",\"advice\":\"Nobody may go "
    "there through this prefix.\",\"answer\":{\"sent\":true,\"text\":\"ICMPv6 1/1 administratively "
    "prohibited\"}}\n";

static const char refused_text[] =
    "00:56:48.843121  from IPv6, worker 1: icmp echo request code 0, 104 bytes\n"
    "   packet       2001:db8:2::2#7408 to 64:ff9b::a01:203\n"
    "   tuple        from 2001:db8:2::2#7408 to 10.1.2.3, by prefix 64:ff9b::/96\n"
    "   destination  no: 10.1.2.3 is private use, and allow-ipv4 of the prefix does not open it\n"
    "   dropped      IPv4 destination is not global or is denied (RFC 6052 3.1, counter\n"
    "                drop_destination_denied)\n"
    "   advice       Nobody may go there through this prefix.\n"
    "   answered     ICMPv6 1/1 administratively prohibited\n"
    "\n";

static const char super[] =
    "{\"event\":\"packet\",\"time_utc_us\":1795654608000001,\"worker\":0,\"from\":\"ipv4\",\"protocol\":"
    "\"tcp\",\"flags\":\"PSH ACK\",\"source\":\"192.0.2.1\",\"source_port\":80,\"destination\":"
    "\"198.51.100.1\",\"destination_port\":31337,\"length\":45000,\"segments\":31,\"segment_length\":1500,"
    "\"fragment\":{\"id\":7,\"offset\":1448,\"more\":true},\"steps\":[],\"verdict\":\"sent\",\"text\":\"to "
    "IPv6, 45620 bytes in 31 segments\"}\n";

static const char super_text[] =
    "00:56:48.000001  from IPv4, worker 0: tcp PSH ACK, 45000 bytes in 31 segments of 1500\n"
    "   packet       192.0.2.1#80 to 198.51.100.1#31337\n"
    "   fragment     from byte 1448 of datagram 7, more follow\n"
    "   sent         to IPv6, 45620 bytes in 31 segments\n"
    "\n";

struct world {
    char folder[FAKE_DAEMON_PATH_LEN];
    struct fake_daemon *fake;
    const char *replies[REPLIES_MAX]; /* bodies; a NULL one closes at once, one that ends in "!" is cut */
    int asked;
    char targets[REPLIES_MAX][128];
    struct cmd_options options;
    char *operand;
    char *out, *err;
    size_t out_len, err_len;
};

static uint64_t now_ns;

/* In the place of common/clock: every look at it is half a second later. */
uint64_t clock_now_ns(void)
{
    return now_ns += NS_PER_S / 2;
}

static void serve(int fd, void *context)
{
    struct world *world = context;
    int i = world->asked < REPLIES_MAX ? world->asked : REPLIES_MAX - 1;
    const char *request = fake_daemon_request(world->fake), *body = world->replies[i];
    snprintf(world->targets[i], sizeof(world->targets[i]), "%.*s", (int)strcspn(request, "\r"), request);
    world->asked++;
    if (body == NULL)
        return;
    size_t len = strlen(body);
    if (body[len - 1] != '!') {
        fake_daemon_send_chunks(fd, body, 100);
        return;
    }
    char head[128];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
    fake_daemon_send_text(fd, head);
    fake_daemon_send(fd, body, len - 1);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    setenv("TZ", "UTC", 1);
    tzset();
    fake_daemon_folder(world->folder);
    world->operand = (char *)"2001:db8:2::2";
    world->options = (struct cmd_options){
        .state_dir = world->folder, .limit = -1, .operands = &world->operand, .operands_count = 1};
    world->options.out = open_memstream(&world->out, &world->out_len);
    world->options.err = open_memstream(&world->err, &world->err_len);
    world->fake = fake_daemon_start(world->folder, "nat64d", serve, world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    if (world->fake != NULL)
        fake_daemon_stop(world->fake);
    fclose(world->options.out);
    fclose(world->options.err);
    free(world->out);
    free(world->err);
    fake_daemon_folder_drop(world->folder);
    free(world);
    return 0;
}

static int run(struct world *world)
{
    int status = cmd_trace(&world->options);
    fflush(world->options.out);
    fflush(world->options.err);
    return status;
}

static void packets_are_blocks_of_text(void **state)
{
    struct world *world = *state;
    char body[4096], wanted[4096];
    snprintf(body, sizeof(body), "%s\n\n%s%s%s", BEGIN, refused, super, END(2, 0)); /* empty lines: alive */
    world->replies[0] = body;
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    snprintf(wanted, sizeof(wanted), "%s%s", refused_text, super_text);
    assert_string_equal(world->out, wanted);
    assert_string_equal(world->err, "Waiting for 20 packets of 2001:db8:2::2, 60 s at most.\n2 packets.\n");
    assert_string_equal(world->targets[0],
                        "GET /v1/trace?address=2001:db8:2::2&count=20&seconds=60 HTTP/1.1");
}

static void json_is_one_object_a_line(void **state)
{
    struct world *world = *state;
    char body[4096];
    world->options.json = true;
    snprintf(body, sizeof(body), "%s%s%s", BEGIN, super, END(1, 0));
    world->replies[0] = body;
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_string_equal(world->out, body);
    assert_string_equal(world->err, "");
}

static void what_is_asked_for(void **state)
{
    struct world *world = *state;
    world->replies[0] = world->replies[1] = world->replies[2] = BEGIN END(0, 0);
    world->operand = (char *)"192.0.2.1#8080";
    world->options.count = 7;
    world->options.seconds = 11;
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_string_equal(world->targets[0],
                        "GET /v1/trace?address=192.0.2.1%238080&count=7&seconds=11 HTTP/1.1");
    world->operand = (char *)"2001:db8::/32";
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->targets[1], "address=2001:db8::/32&"));
    world->operand = (char *)"192.0.2.1";
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->targets[2], "address=192.0.2.1&"));
}

static void what_is_no_address(void **state)
{
    static const char *const wrong[] = {
        "pi2", "192.0.2.0/24", "192.0.2.1#", "192.0.2.1#0", "2001:db8::1#80", "2001:db8::1&count=3",
        "",    "192.0.2.1/32"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        world->operand = (char *)wrong[i];
        assert_int_equal(run(world), CMD_EXIT_USAGE);
    }
    world->options.operands_count = 0;
    assert_int_equal(run(world), CMD_EXIT_USAGE);
    assert_non_null(strstr(world->err, "gate64: trace takes an IPv6 address or prefix"));
    assert_int_equal(world->asked, 0);
}

static void nothing_came(void **state)
{
    struct world *world = *state;
    world->replies[0] = BEGIN END(0, 0);
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->err, "No packet of 2001:db8:2::2 came."));
}

static void what_was_missed_is_told(void **state)
{
    struct world *world = *state;
    char body[4096];
    snprintf(body, sizeof(body), "%s%s%s", BEGIN, super, END(1, 312));
    world->replies[0] = body;
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->err, "1 packet.\n312 more came too fast to be looked at.\n"));
}

static void a_reload_is_told(void **state)
{
    struct world *world = *state;
    world->replies[0] = BEGIN "{\"event\":\"reload\"}\n" END(0, 0);
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->err, "The configuration was reloaded; what follows met the new one.\n"));
}

/* The translator goes; the next one is asked for what is left. */
static void another_translator_goes_on(void **state)
{
    struct world *world = *state;
    char cut[4096], rest[4096];
    snprintf(cut, sizeof(cut), "%s%s!", BEGIN, super);
    snprintf(rest, sizeof(rest), "%s%s%s", BEGIN, refused, END(1, 0));
    world->replies[0] = cut;
    world->replies[2] = "{\"program\":\"nat64d\"}";
    world->replies[3] = rest;
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    assert_non_null(strstr(world->err, "nat64d has ended its translator; waiting for the next one.\n"
                                       "nat64d has started a translator anew; the trace goes on.\n"
                                       "2 packets.\n"));
    assert_non_null(strstr(world->out, super_text));
    assert_non_null(strstr(world->out, refused_text));
    assert_non_null(strstr(world->targets[1], "/v1/status"));
    assert_non_null(strstr(world->targets[3], "&count=19&"));
    assert_null(strstr(world->targets[3], "seconds=60"));
}

static void none_comes_after_it(void **state)
{
    struct world *world = *state;
    char cut[4096];
    snprintf(cut, sizeof(cut), "%s%s!", BEGIN, super);
    world->replies[0] = cut;
    assert_int_equal(run(world), CMD_EXIT_FINDING);
    assert_non_null(
        strstr(world->err, "gate64: nat64d: the answer was cut short; the daemon may have stopped"));
    assert_string_equal(world->out, super_text);
}

static void a_daemon_that_does_not_run(void **state)
{
    struct world *world = *state;
    fake_daemon_stop(world->fake);
    world->fake = NULL;
    assert_int_equal(run(world), CMD_EXIT_NOT_RUNNING);
}

/* Whatever stands in a packet, no line is longer than it may be, and nothing steers the terminal. */
static void hostile_packets(void **state)
{
    struct world *world = *state;
    world->replies[0] =
        BEGIN "{\"event\":\"packet\",\"time_utc_us\":-1,\"from\":7,\"protocol\":\"\\u001b[31m\",\"source\":"
              "\"\\u009b\",\"steps\":[{\"step\":\"a step with a name that is far too long\",\"text\":\"\\r\\n"
              "\\u202e and so on\"},3,null],\"verdict\":[],\"fragment\":{},\"answer\":{}}\n"
              "{\"event\":\"packet\"}\n{\"event\":7}\n{}\n" END(0, -1);
    assert_int_equal(run(world), CMD_EXIT_GOOD);
    for (const char *at = world->out; *at != '\0'; at++)
        assert_true((*at >= ' ' && *at <= '~') || *at == '\n');
}

static void long_texts_are_wrapped(void **state)
{
    char text[2000] = "", *out = NULL;
    size_t out_len, lines = 0;
    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(text, "packets to eat ");
    FILE *stream = open_memstream(&out, &out_len);
    json_t *packet = json_pack("{s:s, s:s, s:s}", "protocol", "tcp", "verdict", "sent", "text", text);
    trace_show_packet(stream, false, packet);
    json_decref(packet);
    fclose(stream);
    for (char *line = strtok(out, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        assert_true(text_columns(line) <= TRACE_SHOW_COLUMNS && line[strlen(line) - 1] != ' ');
    assert_true(lines > 10);
    free(out);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(packets_are_blocks_of_text),
        ROW(json_is_one_object_a_line),
        ROW(what_is_asked_for),
        ROW(what_is_no_address),
        ROW(nothing_came),
        ROW(what_was_missed_is_told),
        ROW(a_reload_is_told),
        ROW(another_translator_goes_on),
        ROW(none_comes_after_it),
        ROW(a_daemon_that_does_not_run),
        ROW(hostile_packets),
        cmocka_unit_test(long_texts_are_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
