/*
 * What a trace tells of a packet at each decision, in words and as JSON.
 *
 * Layer: test
 * Specification: man/gate64.1 (trace); RFC 6146 3.3 - 3.8
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "nat64d/edge/trace_json.h"
#include "nat64d/packet/advice.h"
#include "nat64d/table/owner.h"
#include "nat64d/table/trace_reader.h"
#include "tests/unit/nat64d/rig.h"

enum { SLOTS = 4096, STORY_LEN = 4096, FRAGMENT_LEN = 8, MORE = 1 };

static const struct rig_shape one_worker = {SLOTS, 64, 4, 1, 1024, 65535};
static const struct rig_shape two_workers = {SLOTS, 64, 4, 2, 1024, 65535};

static struct rig rig;
static void *memory;
static struct trace_hub *hub;
static struct trace_reader *reader;
static unsigned place;
static json_t *packet; /* the last that was taken */
static char story_text[STORY_LEN];

/* With what the test has put into rig.settings since rig_init. */
static void start(void)
{
    size_t len = rig_len(&rig.shape);
    memory = aligned_alloc(4096, (len + 4095) / 4096 * 4096);
    assert_non_null(memory);
    memset(memory, 0, len);
    assert_int_equal(rig_lay_out(&rig, memory), 0);
    assert_int_equal(rig_start(&rig), 0);
    assert_int_equal(trace_hub_new(rig.shape.workers, &hub), 0);
    assert_int_equal(trace_reader_new(hub, &reader), 0);
    for (unsigned i = 0; i < rig.shape.workers; i++)
        trace_init(&rig.steps[i].trace, hub, (uint8_t)i);
}

static int set_up(void **context)
{
    (void)context;
    rig_now_ns = 1000 * RIG_S;
    rig_init(&rig, &one_worker);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    json_decref(packet);
    packet = NULL;
    trace_reader_free(reader);
    trace_hub_free(hub);
    rig_stop(&rig);
    free(memory);
    return 0;
}

static void refresh(void)
{
    for (unsigned i = 0; i < rig.shape.workers; i++)
        trace_refresh(&rig.steps[i].trace);
}

static void watch(const struct trace_filter *filter)
{
    assert_int_equal(trace_reader_open(reader, filter, &place), 0);
    refresh();
}

static void watch6(const char *prefix)
{
    struct trace_filter filter = {.family = 6, .count = 100};
    assert_int_equal(addr_parse_prefix6(prefix, &filter.v6), 0);
    watch(&filter);
}

static void watch4(const char *address, uint16_t port)
{
    struct trace_filter filter = {.family = 4, .count = 100, .port = port};
    assert_int_equal(addr_parse4(address, &filter.v4), 0);
    watch(&filter);
}

static bool take(void)
{
    struct trace_record record;
    rig_now_ns += (uint64_t)TRACE_READER_JOIN_MS * 1000000; /* a half that stayed alone comes, too */
    if (!trace_reader_next(reader, place, rig_now_ns, &record))
        return false;
    json_decref(packet);
    packet = trace_json_packet(&record, rig.tables, record.time_ns);
    assert_non_null(packet);
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void put(const char *label, const char *text)
{
    size_t len = strlen(story_text);
    snprintf(story_text + len, sizeof(story_text) - len, "%s: %s\n", label, text);
}

/* The steps of the packet that was taken, a line for each. */
static const char *story(void)
{
    size_t i;
    const json_t *step;
    assert_true(take());
    story_text[0] = '\0';
    json_array_foreach(json_object_get(packet, "steps"), i, step)
        put(text_of(step, "step"), text_of(step, "text"));
    put(text_of(packet, "verdict"), text_of(packet, "text"));
    if (json_object_get(packet, "answer") != NULL)
        put("answered", text_of(json_object_get(packet, "answer"), "text"));
    return story_text;
}

/* The story, whose every %u is the port that the backend got. */
#define assert_story(port, expected)          \
    do {                                      \
        char wanted[STORY_LEN];               \
        replace_port(wanted, expected, port); \
        assert_string_equal(story(), wanted); \
    } while (0)

static void replace_port(char out[STORY_LEN], const char *text, unsigned port)
{
    out[0] = '\0';
    for (const char *at; (at = strstr(text, "%u")) != NULL; text = at + 2)
        snprintf(out + strlen(out), STORY_LEN - strlen(out), "%.*s%u", (int)(at - text), text, port);
    snprintf(out + strlen(out), STORY_LEN - strlen(out), "%s", text);
}

TEST(a_flow_is_made_and_found_from_both_sides)
{
    start();
    watch6("2001:db8::1");
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    unsigned port = rig_external_port(&rig);
    assert_story(port, "tuple: from 2001:db8::1#5000 to 8.8.8.8#1000, by prefix 64:ff9b::/96\n"
                       "binding: none for 2001:db8::1#5000\n"
                       "source: 2001:db8::1 is a backend, by 2001:db8::/32\n"
                       "destination: 8.8.8.8 is a global address that nothing denies\n"
                       "binding: made: 2001:db8::1#5000 appears as 203.0.113.1#%u (pool pool)\n"
                       "session: made; ends in 300 s if nothing more comes\n"
                       "outgoing: 203.0.113.1#%u to 8.8.8.8#1000\n"
                       "sent: to IPv4, 32 bytes\n");
    assert_string_equal(text_of(packet, "from"), "ipv6");
    assert_string_equal(text_of(packet, "protocol"), "udp");
    assert_string_equal(text_of(packet, "source"), "2001:db8::1");
    assert_int_equal(number_of(packet, "source_port"), 5000);
    assert_string_equal(text_of(packet, "destination"), "64:ff9b::808:808");
    assert_int_equal(number_of(packet, "destination_port"), 1000);
    assert_int_equal(number_of(packet, "length"), 52);
    assert_int_equal(number_of(packet, "time_utc_us"), 1000000000);
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 1000, "203.0.113.1", port), REASON_OK);
    assert_story(port, "tuple: from 8.8.8.8#1000 to 203.0.113.1#%u\n"
                       "binding: 2001:db8::1#5000 appears as 203.0.113.1#%u (pool pool)\n"
                       "session: found; ends in 300 s if nothing more comes\n"
                       "outgoing: 64:ff9b::808:808#1000 to 2001:db8::1#5000\n"
                       "sent: to IPv6, 52 bytes\n");
    assert_string_equal(text_of(packet, "from"), "ipv4");
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000), REASON_OK);
    assert_story(port, "tuple: from 2001:db8::1#5000 to 8.8.8.8#1000, by prefix 64:ff9b::/96\n"
                       "binding: 2001:db8::1#5000 appears as 203.0.113.1#%u (pool pool)\n"
                       "session: found; ends in 300 s if nothing more comes\n"
                       "outgoing: 203.0.113.1#%u to 8.8.8.8#1000\n"
                       "sent: to IPv4, 32 bytes\n");
}

TEST(tcp_states_before_and_after)
{
    rig.settings.nat64.tcp.check_window = true;
    start();
    watch6("2001:db8::/64");
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    unsigned port = rig_external_port(&rig);
    assert_non_null(strstr(story(), "session: made, v6-init; ends in 240 s if nothing more comes\n"));
    assert_string_equal(text_of(packet, "flags"), "SYN");
    assert_int_equal(rig_tcp(&rig, "8.8.8.8", 443, "203.0.113.1", port, RIG_SYN | RIG_ACK), REASON_OK);
    assert_non_null(strstr(
        story(), "session: found, was v6-init, becomes established; ends in 7200 s if nothing more comes\n"));
    assert_string_equal(text_of(packet, "flags"), "SYN ACK");
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 443, RIG_ACK), REASON_OK);
    assert_non_null(strstr(story(), "session: found, established; ends in 7200 s if nothing more comes\n"));
    /* A segment that does not fit: RFC 6146 5.2. */
    build_tcp(&rig.built, "8.8.8.8", 443, "203.0.113.1", port, RIG_RST | RIG_ACK, NULL, 0);
    build_put16(rig.built.packet.data + 24, 0x7777);
    build_fill_checksum(rig.built.packet.data, 20, 6, rig.built.packet.len);
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_non_null(strstr(story(),
                           "window: the segment does not fit its connection; it goes on, but changes nothing "
                           "here\n"));
    assert_null(strstr(story_text, "session:"));
}

TEST(guards_say_which_rule)
{
    struct addr_prefix4 deny[] = {{0x08080000, 16}}, allow[] = {{0x0a010000, 16}};
    rig.settings.deny4 = deny;
    rig.settings.deny4_count = 1;
    rig.pref64.allow4 = allow;
    rig.pref64.allow4_count = 1;
    start();
    watch6("::/0");
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_DESTINATION_DENIED);
    assert_story(0, "tuple: from 2001:db8::1#5000 to 8.8.8.8#53, by prefix 64:ff9b::/96\n"
                    "binding: none for 2001:db8::1#5000\n"
                    "source: 2001:db8::1 is a backend, by 2001:db8::/32\n"
                    "destination: no: 8.8.8.8 is in deny-ipv4, by 8.8.0.0/16\n"
                    "dropped: IPv4 destination is not global or is denied (RFC 6052 3.1, counter "
                    "drop_destination_denied)\n"
                    "answered: ICMPv6 1/1 administratively prohibited\n");
    assert_string_equal(text_of(packet, "reason"), "drop_destination_denied");
    assert_string_equal(text_of(packet, "advice"), advice_text(REASON_DESTINATION_DENIED));
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::10.2.0.1", 53), REASON_DESTINATION_DENIED);
    assert_non_null(strstr(story(), "destination: no: 10.2.0.1 is private use, and allow-ipv4 of the prefix "
                                    "does not open it\n"));
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::10.1.0.1", 53), REASON_OK);
    assert_non_null(strstr(story(), "destination: 10.1.0.1 is opened by allow-ipv4 10.1.0.0/16\n"));
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::9.9.9.9", 53), REASON_DESTINATION_OWN);
    assert_non_null(strstr(story(), "destination: no: 9.9.9.9 is an address of this gateway\n"));
    assert_int_equal(rig_udp(&rig, "2001:dead::1", 5000, "64:ff9b::1.1.1.1", 53), REASON_SOURCE_NOT_BACKEND);
    assert_non_null(strstr(story(), "source: 2001:dead::1 refused: IPv6 source is not in backends\n"));
    assert_int_equal(rig_udp(&rig, "fe80::1", 5000, "64:ff9b::1.1.1.1", 53), REASON_SOURCE_MARTIAN);
    assert_non_null(strstr(story(), "source: fe80::1 refused: source address is never a host\n"));
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "2001:db8::2", 53), REASON_NOT_PREF64);
    assert_story(0, "dropped: IPv6 destination is outside the prefixes (RFC 6146 3.5, counter "
                    "drop_not_pref64)\n");
}

TEST(a_limit_is_named)
{
    rig.settings.nat64.limits.sessions_per_backend = (struct settings_share){1, false};
    start();
    watch6("2001:db8::/32");
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_true(take());
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.4.4", 53), REASON_LIMIT_SESSIONS);
    assert_non_null(strstr(story(), "session: refused: backend or network has as many sessions as it may\n"));
    assert_non_null(strstr(story_text, "answered: ICMPv6 1/3 address unreachable\n"));
}

TEST(a_pool_without_a_free_port)
{
    enum reason reason = REASON_OK;
    unsigned port = 5000;
    rig_init(&rig, &(struct rig_shape){SLOTS, 64, 1, 1, 1024, 1087});
    rig.settings.nat64.limits.ports_per_backend = rig.settings.nat64.limits.ports_per_network =
        (struct settings_share){1000, false};
    start();
    while (reason == REASON_OK)
        reason = rig_udp(&rig, "2001:db8::1", ++port, "64:ff9b::8.8.8.8", 53);
    assert_int_equal(reason, REASON_NO_PORT);
    watch6("2001:db8::1");
    assert_int_equal(rig_udp(&rig, "2001:db8::1", port, "64:ff9b::8.8.8.8", 53), REASON_NO_PORT);
    assert_story(port, "tuple: from 2001:db8::1#%u to 8.8.8.8#53, by prefix 64:ff9b::/96\n"
                       "binding: none for 2001:db8::1#%u\n"
                       "source: 2001:db8::1 is a backend, by 2001:db8::/32\n"
                       "destination: 8.8.8.8 is a global address that nothing denies\n"
                       "binding: none for 2001:db8::1#%u; refused: no free port for this backend\n"
                       "dropped: no free port for this backend (RFC 6146 3.5.1.1, counter drop_no_port)\n"
                       "answered: ICMPv6 1/3 address unreachable\n");
}

TEST(the_filter_says_why)
{
    start();
    watch4("203.0.113.1", 0);
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = rig_external_port(&rig);
    assert_non_null(strstr(story(), "binding: made: "));
    assert_int_equal(rig_udp(&rig, "8.8.4.4", 53, "203.0.113.1", port), REASON_FILTERED);
    assert_story(port, "tuple: from 8.8.4.4#53 to 203.0.113.1#%u\n"
                       "binding: 2001:db8::1#5000 appears as 203.0.113.1#%u (pool pool)\n"
                       "filter: keeps 8.8.4.4#53 out: the backend has no session with that address\n"
                       "dropped: sender not contacted before (address-dependent filtering) (RFC 6146 3.5, "
                       "counter drop_filtered)\n");
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 54, "203.0.113.1", port), REASON_OK);
    assert_non_null(strstr(story(), "filter: lets 8.8.8.8#54 in: the backend has a session with that "
                                    "address\nsession: made; ends in 300 s"));
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 54, "203.0.113.1", port ^ 1), REASON_NO_BINDING);
    assert_story(port ^ 1, "tuple: from 8.8.8.8#54 to 203.0.113.1#%u\n"
                           "binding: none for 203.0.113.1#%u\n"
                           "dropped: no binding for this address and port (RFC 6146 3.5, counter "
                           "drop_no_binding)\n");
    assert_int_equal(rig_tcp(&rig, "8.8.8.8", 54, "203.0.113.1", 8080, RIG_SYN), REASON_OK);
    assert_story(0, "tuple: from 8.8.8.8#54 to 203.0.113.1#8080\n"
                    "binding: 2001:db8::5#80 appears as 203.0.113.1#8080 (static shop)\n"
                    "filter: lets 8.8.8.8#54 in: the binding is static\n"
                    "session: made, v4-init; ends in 240 s if nothing more comes\n"
                    "outgoing: 64:ff9b::808:808#54 to 2001:db8::5#80\n"
                    "sent: to IPv6, 60 bytes\n");
    assert_int_equal(rig_tcp(&rig, "8.8.8.8", 54, "203.0.113.1", 9999, RIG_SYN), REASON_SYN_STORED);
    assert_non_null(strstr(story(), "binding: none for 203.0.113.1#9999\ndropped: SYN from IPv4 kept"));
}

TEST(a_packet_that_is_too_big)
{
    char data[1452] = {0};
    rig.route4.mtu = 1400;
    rig.network.lowest_mtu4 = 1400;
    start();
    watch6("2001:db8::1");
    build_udp(&rig.built, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000, data, sizeof(data));
    assert_int_equal(rig_send(&rig), REASON_TOO_BIG);
    assert_non_null(strstr(story(), "mtu: 1480 bytes do not fit a link of 1400, and may not be cut\n"
                                    "dropped: larger than the next link and may not be cut"));
    assert_non_null(strstr(story_text, "answered: ICMPv6 2/0 packet too big, MTU 1420\n"));
    assert_int_equal(number_of(json_object_get(packet, "answer"), "mtu"), 1420);
    rig.network.lowest_mtu6 = rig.route6.mtu = 1280;
    rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000);
    unsigned port = rig_external_port(&rig);
    assert_true(take());
    build_udp(&rig.built, "8.8.8.8", 1000, "203.0.113.1", port, data, sizeof(data));
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_non_null(strstr(story(), "mtu: 1500 bytes do not fit a link of 1280; cut into fragments\n"));
    assert_non_null(strstr(story_text, ", in fragments of at most 1280\n"));
}

TEST(icmp_errors_are_told_by_what_they_quote)
{
    start();
    rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000);
    unsigned port = rig_external_port(&rig);
    uint8_t quoted[28];
    memcpy(quoted, rig.built.packet.data, sizeof(quoted));
    watch6("2001:db8::1");
    build_icmp(&rig.built, "192.52.193.1", "203.0.113.1", 3, 3, 0, quoted, sizeof(quoted));
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_story(port, "quoted: an error about a packet from 203.0.113.1#%u to 8.8.8.8#1000\n"
                       "binding: 2001:db8::1#5000 appears as 203.0.113.1#%u (pool pool)\n"
                       "filter: lets 8.8.8.8#1000 in: the backend has a session with that address\n"
                       "outgoing: 64:ff9b::c034:c101 to 2001:db8::1\n"
                       "sent: to IPv6, 96 bytes\n");
    assert_string_equal(text_of(packet, "icmp"), "destination unreachable");
    assert_int_equal(number_of(packet, "icmp_code"), 3);
}

TEST(a_router_that_tells_an_mtu)
{
    uint8_t quoted[48];
    start();
    rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000);
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 1000, "203.0.113.1", rig_external_port(&rig)), REASON_OK);
    memcpy(quoted, rig.built.packet.data, sizeof(quoted));
    watch6("2001:db8::1");
    build_icmp(&rig.built, "2001:db8:9::1", "64:ff9b::8.8.8.8", 2, 0, 1300, quoted, sizeof(quoted));
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_non_null(strstr(story(), "quoted: an error about a packet from 8.8.8.8#1000 to "
                                    "2001:db8::1#5000\n"));
    assert_non_null(
        strstr(story_text, "path: the way to the backend carries 1300 bytes, which holds from now on\n"));
    assert_string_equal(text_of(packet, "icmp"), "packet too big");
}

TEST(echo_requests_have_an_identifier)
{
    start();
    watch6("2001:db8::1");
    assert_int_equal(rig_ping(&rig, "2001:db8::1", 77, "64:ff9b::8.8.8.8"), REASON_OK);
    assert_non_null(strstr(story(), "tuple: from 2001:db8::1#77 to 8.8.8.8, by prefix 64:ff9b::/96\n"));
    assert_string_equal(text_of(packet, "icmp"), "echo request");
    assert_int_equal(number_of(packet, "source_port"), 77);
    assert_null(json_object_get(packet, "destination_port"));
}

/* Two UDP fragments of 16 bytes each, ports in the first. */
static void put_fragment(bool first)
{
    uint8_t *fragment = build_ip(&rig.built, "2001:db8::1", "64:ff9b::8.8.8.8", 44, FRAGMENT_LEN + 16),
            *l4 = fragment + 8;
    fragment[0] = 17;
    build_put16(fragment + 2, first ? MORE : 16);
    build_put16(fragment + 6, 99);
    if (!first)
        return;
    build_put16(l4, 5000);
    build_put16(l4 + 2, 1000);
    build_put16(l4 + 4, 32);
    build_put16(l4 + 6, 0x1234);
}

TEST(fragments_wait_and_go_on)
{
    static struct built waiting;
    start();
    watch6("2001:db8::1");
    put_fragment(false);
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_int_equal(rig.result.verdict, STEPS_KEPT);
    assert_story(0, "collect: copied, until more of its datagram has come\n"
                    "waits: for the rest of its datagram\n");
    const json_t *fragment = json_object_get(packet, "fragment");
    assert_int_equal(number_of(fragment, "offset"), 16);
    assert_int_equal(number_of(fragment, "id"), 99);
    assert_true(json_is_false(json_object_get(fragment, "more")));
    put_fragment(true);
    assert_int_equal(rig_send(&rig), REASON_OK);
    assert_non_null(strstr(story(), "collect: of a datagram whose first fragment is known (ports 5000 and "
                                    "1000)\ntuple: from 2001:db8::1#5000 to 8.8.8.8#1000"));
    struct steps *steps = &rig.steps[0];
    assert_true(steps_waiting(steps));
    waiting.packet.data = waiting.buffer + PACKET_HEADROOM;
    steps_take_waiting(steps, &waiting.packet);
    steps_packet(steps, &waiting.packet, rig_now_ns, &rig.result);
    trace_end(&steps->trace);
    assert_non_null(strstr(story(), "waited: a fragment that waited until the first of its datagram had come "
                                    "(ports 5000 and 1000)\ntuple: "));
    assert_non_null(strstr(story_text, "session: found"));
}

/* A port of 2001:db8::1 whose flow is of this worker. */
static unsigned port_of_worker(unsigned worker)
{
    struct in6_addr source;
    assert_int_equal(addr_parse6("2001:db8::1", &source), 0);
    for (unsigned port = 5000;; port++)
        if (owner_worker(owner_shard6(rig.state.header->key, &source, (uint16_t)port, TRANSPORT_TCP, 4), 2) ==
            worker)
            return port;
}

/* The worker of the static binding. */
static unsigned worker_of_shop(void)
{
    return owner_worker(owner_shard6(rig.state.header->key, &rig.shop.ipv6.addr.v6, 80, TRANSPORT_TCP, 4), 2);
}

TEST(a_packet_stays_one_when_it_is_handed_over)
{
    rig_init(&rig, &two_workers);
    start();
    watch6("2001:db8::1");
    unsigned port = port_of_worker(1); /* rig_send begins with worker 0 */
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", port, "64:ff9b::8.8.8.8", 443, RIG_SYN), REASON_OK);
    assert_int_equal(strncmp(story(), "hand-over: read by worker 0, whose flow it is not\ntuple: ", 57), 0);
    assert_int_equal(number_of(packet, "worker"), 1);
    assert_false(take());
}

/* `far`: the other backend's flow is another worker's. */
static void hairpin(bool far)
{
    rig_init(&rig, &two_workers);
    start();
    watch6("2001:db8::1");
    unsigned shop = worker_of_shop(), port = port_of_worker(far ? 1 - shop : shop);
    assert_int_equal(rig_tcp(&rig, "2001:db8::1", port, "64:ff9b::203.0.113.1", 8080, RIG_SYN), REASON_OK);
    assert_int_equal(rig.built.packet.family, 6);
    assert_non_null(strstr(story(), "destination: 203.0.113.1 is an address of the pool\n"));
    const char *behind = strstr(story_text, "hairpin: for a backend: in again from the IPv4 side\n");
    assert_non_null(behind);
    assert_int_equal(far, strstr(behind, "hand-over: read by worker") != NULL);
    assert_non_null(strstr(behind, "binding: 2001:db8::5#80 appears as 203.0.113.1#8080 (static shop)\n"));
    assert_non_null(strstr(behind, "sent: to IPv6, 60 bytes\n"));
    assert_string_equal(text_of(packet, "from"), "ipv6");
    assert_false(take());
}

TEST(a_hairpin_is_one_packet)
{
    hairpin(false);
}

TEST(a_hairpin_to_another_workers_flow_is_one_packet)
{
    hairpin(true);
}

TEST(mapped_hosts)
{
    struct settings_eam entry = {.ipv4 = {0xc0000201, 32}, .ipv6 = {{{{0x20, 0x01, 0x0d, 0xb8, 7}}}, 128}};
    rig.settings.eam = &entry;
    rig.settings.eam_count = 1;
    start();
    watch6("2001:db8:700::");
    assert_int_equal(rig_udp(&rig, "2001:db8:700::", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_story(0, "mapping: 2001:db8:700:: is mapped to 192.0.2.1\n"
                    "tuple: to 8.8.8.8, by prefix 64:ff9b::/96\n"
                    "destination: 8.8.8.8 is a global address that nothing denies\n"
                    "outgoing: 192.0.2.1#5000 to 8.8.8.8#53\n"
                    "sent: to IPv4, 32 bytes\n");
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 53, "192.0.2.1", 5000), REASON_OK);
    assert_story(0, "mapping: 192.0.2.1 is mapped to 2001:db8:700::\n"
                    "tuple: from 64:ff9b::808:808\n"
                    "outgoing: 64:ff9b::808:808#53 to 2001:db8:700::#5000\n"
                    "sent: to IPv6, 52 bytes\n");
}

TEST(what_is_no_packet)
{
    start();
    watch4("8.8.8.8", 0);
    build_udp(&rig.built, "8.8.8.8", 53, "203.0.113.1", 2000, "x", 1);
    rig.built.packet.data[10] ^= 1; /* header checksum */
    assert_int_equal(rig_send(&rig), REASON_IPV4_CHECKSUM);
    assert_story(0, "dropped: IPv4 header checksum wrong (RFC 1812 5.2.2, counter drop_ipv4_checksum)\n");
    assert_string_equal(text_of(packet, "source"), "8.8.8.8");
}

TEST(what_the_kernel_does_not_take)
{
    start();
    watch6("2001:db8::1");
    build_udp(&rig.built, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 1000, "x", 1);
    steps_packet(&rig.steps[0], &rig.built.packet, rig_now_ns, &rig.result);
    steps_failed(&rig.steps[0], REASON_WRITE_FAILED);
    trace_end(&rig.steps[0].trace);
    assert_non_null(strstr(story(), "dropped: the kernel refused the translated packet (tun, counter "));
}

TEST(others_are_left_out)
{
    start();
    watch6("2001:db8::1");
    assert_int_equal(rig_udp(&rig, "2001:db8::2", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    unsigned port = rig_external_port(&rig);
    assert_int_equal(rig_udp(&rig, "8.8.8.8", 53, "203.0.113.1", port), REASON_OK);
    assert_false(take());
    trace_reader_close(reader, place);
    refresh();
    assert_int_equal(rig.steps[0].trace.wanting, 0);
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_null(rig.steps[0].trace.record);
    watch4("203.0.113.1", (uint16_t)port);
    assert_int_equal(rig_udp(&rig, "2001:db8::1", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_false(take());
    assert_int_equal(rig_udp(&rig, "2001:db8::2", 5000, "64:ff9b::8.8.8.8", 53), REASON_OK);
    assert_true(take());
}

/* Each reason has a text, which ends like a sentence. */
TEST(every_reason_has_its_advice)
{
    assert_string_equal(advice_text(REASON_OK), "");
    for (int reason = REASON_OK + 1; reason < REASON_COUNT; reason++) {
        const char *text = advice_text((enum reason)reason);
        assert_true(strlen(text) > 20 && strlen(text) < 300);
        assert_int_equal(text[strlen(text) - 1], '.');
    }
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_flow_is_made_and_found_from_both_sides),
        ROW(tcp_states_before_and_after),
        ROW(guards_say_which_rule),
        ROW(a_limit_is_named),
        ROW(a_pool_without_a_free_port),
        ROW(the_filter_says_why),
        ROW(a_packet_that_is_too_big),
        ROW(icmp_errors_are_told_by_what_they_quote),
        ROW(a_router_that_tells_an_mtu),
        ROW(echo_requests_have_an_identifier),
        ROW(fragments_wait_and_go_on),
        ROW(a_packet_stays_one_when_it_is_handed_over),
        ROW(a_hairpin_is_one_packet),
        ROW(a_hairpin_to_another_workers_flow_is_one_packet),
        ROW(mapped_hosts),
        ROW(what_is_no_packet),
        ROW(what_the_kernel_does_not_take),
        ROW(others_are_left_out),
        cmocka_unit_test(every_reason_has_its_advice),
    };
    return RUN(tests);
}
