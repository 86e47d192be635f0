/*
 * Random packets from both sides against the model. After each: did it pass, to whom, with which bytes; did
 * anything else leave; how many bindings and sessions are there.
 *
 * Layer: test
 * Specification: RFC 6146 3.1 - 3.8; RFC 4787; RFC 5382; RFC 5508; RFC 7857 2
 */
#include "tests/unit/nat64d/gateway.h"

#include <stdio.h>

#include "tests/unit/nat64d/rfc6146/model.h"

enum {
    EVENTS = 30000,
    NOBODYS = 3333, /* a pool port that is never given */
    SHOP = 2,       /* the host of the static binding */
};

static const char *const hosts[MODEL_HOSTS] = {"2001:db8::1", "2001:db8::2", "2001:db8::5"};
static const char *const remotes[MODEL_REMOTES] = {"8.8.8.8", "8.8.4.4", "1.1.1.1", POOL};
static unsigned strays, seed;
static uint8_t sent_hops;
static struct model_event last_syn;

static unsigned dice(unsigned sides)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 12) % sides;
}

static void build_event(const struct model_event *event)
{
    char image[64];
    const char *remote = remotes[event->remote];
    snprintf(image, sizeof(image), "64:ff9b::%s", remote);
    const char *source = event->from6 ? hosts[event->host] : remote;
    const char *destination = event->from6 ? image : POOL;
    unsigned from = event->from6 ? event->x : event->z, to = event->from6 ? event->z : event->t;
    if (event->proto == MODEL_UDP) {
        build_udp(&built, source, from, destination, to, "payload", 7);
    } else if (event->proto == MODEL_TCP) {
        build_tcp(&built, source, from, destination, to, event->flags, "payload", event->flags & PSH ? 7 : 0);
        uint8_t *tcp = built.packet.data + (event->from6 ? 40 : 20);
        tcp[7] += (event->flags & SYN) == 0; /* a SYN counts */
        if (event->stray) {
            tcp[4] ^= 0x40;
            tcp[8] ^= 0x40;
        }
        build_fill_checksum(built.packet.data, event->from6 ? 40 : 20, 6, built.packet.len);
    } else {
        unsigned id = event->from6 ? event->x : event->t, request = event->from6 ? 128 : 8;
        unsigned reply = event->from6 ? 129 : 0;
        build_icmp(&built, source, destination, event->reply ? reply : request, 0, id << 16 | 7, "payload",
                   7);
    }
    sent_hops = event->from6 ? built.packet.data[7] : built.packet.data[8];
}

static void check_ports(const struct model_event *event, const struct model_outcome *outcome,
                        const uint8_t *l4, bool to6)
{
    if (event->proto != MODEL_ICMP) {
        assert_int_equal(build_get16(l4), outcome->source_port);
        assert_int_equal(build_get16(l4 + 2), outcome->destination_port);
        return;
    }
    assert_int_equal(l4[0], to6 ? (event->reply ? 129 : 128) : (event->reply ? 0 : 8));
    assert_int_equal(build_get16(l4 + 4), outcome->source_port);
}

/* Every field that RFC 6146 3.6 and 3.7 name. */
static void check_packet(const struct model_event *event, const struct model_outcome *outcome)
{
    static const uint8_t pool[4] = {203, 0, 113, 1};
    const uint8_t *ip = built.packet.data;
    bool to6 = outcome->family == 6;
    uint32_t header = to6 ? 40 : 20;
    unsigned number = event->proto == MODEL_TCP ? 6 : event->proto == MODEL_UDP ? 17 : to6 ? 58 : 1;
    uint8_t address[16];
    assert_int_equal(built.packet.family, outcome->family);
    assert_int_equal(ip[to6 ? 6 : 9], number);
    assert_int_equal(ip[to6 ? 7 : 8], sent_hops - 1);
    if (to6) {
        image_of(remotes[outcome->remote], address);
        assert_memory_equal(ip + 8, address, 16);
        inet_pton(AF_INET6, hosts[outcome->host], address);
        assert_memory_equal(ip + 24, address, 16);
    } else {
        assert_memory_equal(ip + 12, pool, 4);
        inet_pton(AF_INET, remotes[outcome->remote], address);
        assert_memory_equal(ip + 16, address, 4);
        assert_int_equal(build_sum(0, ip, 20), 0xffff);
    }
    check_ports(event, outcome, ip + header, to6);
    assert_true(build_checksum_good(ip, header, number, built.packet.len));
    if (event->proto != MODEL_TCP || (event->flags & PSH))
        assert_memory_equal(ip + built.packet.len - 7, "payload", 7);
    if (event->proto == MODEL_TCP)
        assert_int_equal(ip[header + 13], event->flags);
}

static void check_counts(void)
{
    static const enum transport transports[MODEL_PROTOS] = {TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_ICMP};
    for (int proto = 0; proto < MODEL_PROTOS; proto++) {
        assert_int_equal(shards[0].bib.count[transports[proto]], model_bindings_count(proto));
        assert_int_equal(shards[0].sessions.count[transports[proto]], model_sessions_count(proto));
    }
}

static void run_event(const struct model_event *event)
{
    build_event(event);
    send_built();
    assert_int_equal(result.reply_len, 0);
    unsigned chosen = 0;
    if (result.verdict == STEPS_SEND && event->from6 && built.packet.family == 4)
        chosen = build_get16(built.packet.data + (event->proto == MODEL_ICMP ? 24 : 20));
    struct model_outcome outcome = event->from6 ? model_from6(event, chosen) : model_from4(event);
    assert_int_equal(result.verdict, outcome.passes ? STEPS_SEND : STEPS_DROP);
    if (outcome.passes)
        check_packet(event, &outcome);
    check_counts();
    assert_int_equal(counters_get(&counters, REASON_COUNT + TALLY_TCP_OUT_OF_WINDOW), strays);
}

static unsigned random_flags(void)
{
    static const unsigned flags[] = {SYN,       SYN,       SYN | ACK, ACK, PSH | ACK, PSH | ACK,
                                     FIN | ACK, FIN | ACK, RST | ACK, 0,   SYN | FIN, SYN | RST};
    return flags[dice(sizeof(flags) / sizeof(flags[0]))];
}

/* A pool port that is bound, was bound, or never is. */
static unsigned random_t(enum model_proto proto)
{
    unsigned port = 0;
    for (int tries = 0; tries < 20 && port == 0; tries++)
        port = model_port(proto, dice(MODEL_BINDINGS));
    return port != 0 ? port : NOBODYS;
}

static struct model_event random_event(void)
{
    static const unsigned ports[] = {80, 5000}, services[] = {53, 443};
    struct model_event event = {.proto = dice(MODEL_PROTOS), .from6 = dice(2)};
    event.host = (int)dice(MODEL_HOSTS);
    event.x = ports[dice(2)];
    event.remote = (int)dice(MODEL_REMOTES - 1);
    event.z = event.proto == MODEL_ICMP ? 0 : services[dice(2)];
    event.t = random_t(event.proto);
    event.reply = dice(3) == 0;
    event.flags = event.proto == MODEL_TCP ? random_flags() : 0;
    if (dice(8) == 0)
        return last_syn; /* sent again, as TCP does */
    if (event.proto == MODEL_TCP && !event.from6 && event.flags == SYN)
        last_syn = event;
    /* Only a host that is known by its packets to the world: the port of a new binding is seen there. */
    if (event.from6 && dice(6) == 0 && model_is_bound(event.proto, event.host, event.x)) {
        event.remote = MODEL_POOL;
        event.z = event.proto == MODEL_ICMP ? 0 : random_t(event.proto);
    }
    if (event.proto == MODEL_TCP && event.remote != MODEL_POOL && model_is_established(&event) &&
        dice(4) == 0) {
        event.flags = dice(2) ? RST | ACK : FIN | ACK; /* of somebody who guesses numbers */
        event.stray = true;
        strays++;
    }
    return event;
}

static void let_time_pass(void)
{
    unsigned packets = 0;
    uint64_t seconds = dice(12) == 0 ? 50 + dice(250) : 1 + dice(8);
    if (dice(400) == 0)
        seconds += MODEL_ESTABLISHED_S;
    seconds = model_pass(seconds);
    /* A session that lives again may be found a tick late. */
    for (unsigned tick = 0; tick < 2; tick++) {
        now_ns = seconds * S + tick * EXPIRY_TICK_NS;
        for (unsigned budget = 10000; budget > 0;)
            packets += steps_timeout(&steps, now_ns, &budget) > 0;
    }
    assert_int_equal(packets, model_expire());
    check_counts();
}

static void agree(unsigned with_seed, unsigned independent)
{
    print_message("seed %u\n", with_seed);
    seed = with_seed;
    strays = 0;
    last_syn = (struct model_event){.proto = MODEL_TCP, .t = NOBODYS, .z = 443, .flags = SYN};
    model_init(now_ns / S, independent, SHOP, 80, 8080);
    shared.endpoint_independent[TRANSPORT_TCP] = independent >> MODEL_TCP & 1;
    shared.endpoint_independent[TRANSPORT_UDP] = independent >> MODEL_UDP & 1;
    shared.endpoint_independent[TRANSPORT_ICMP] = independent >> MODEL_ICMP & 1;
    for (int i = 0; i < EVENTS; i++) {
        if (dice(20) == 0) {
            let_time_pass();
        } else {
            struct model_event event = random_event();
            run_event(&event);
        }
    }
    assert_true(strays > 0);
}

/* No port of the gateway's static ranges is given: the model knows nothing of those. */
static int set_up_above(void **context)
{
    pool_ports.first = 10000;
    return set_up(context);
}

TEST(N64_3_02_N64_3_3_01_CGN_R1_N78_2_01_N78_2_2_03_random_packets_agree_with_six_plain_tables)
{
    agree(1, 0);
}

TEST(N64_3_02_N64_3_3_01_CGN_R1_N78_2_01_N78_2_2_03_and_without_filtering)
{
    agree(2, 7);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            N64_3_02_N64_3_3_01_CGN_R1_N78_2_01_N78_2_2_03_random_packets_agree_with_six_plain_tables,
            set_up_above, tear_down),
        cmocka_unit_test_setup_teardown(N64_3_02_N64_3_3_01_CGN_R1_N78_2_01_N78_2_2_03_and_without_filtering,
                                        set_up_above, tear_down),
    };
    return RUN(tests);
}
