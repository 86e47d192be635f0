/*
 * A day of traffic in minutes: 200,000 names by Zipf, four upstreams, one of which is killed and one of which
 * swallows all in the middle of it. G64_DAY: how many queries (2,000,000 in scripts/check --long).
 * G64_SEED: the seed of a run that is to be repeated.
 *
 * Layer: test
 * Specification: RFC 6147 5.1, RFC 8767 5
 *
 * No query of a name that is in order may fail: another answer than the authority's, or none in five
 * seconds. Data that are older than their TTL must be marked as stale.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/settings_file.h"
#include "common/time_units.h"
#include "tests/replay/dns64/authority.h"
#include "tests/replay/dns64/gateway.h"
#include "tests/replay/dns64/judge.h"
#include "tests/replay/dns64/upstream.h"
#include "tests/replay/dns64/virtual.h"
#include "tests/unit/test.h"

enum {
    SERVERS = 4,
    SOCKETS = 64, /* of clients */
    IDS = 4096,
    DAY_MS = 86400000,
    HOUR_MS = 3600000,
    MS_PER_S = 1000,
    QUERIES = 10000,
    LOST_OF = 10000, /* one packet of so many is lost on its way to an upstream */
    JITTER_MS = 5,
    KILLED_H = 8,    /* server 0, the quickest; back at BACK_H */
    SWALLOWS_H = 10, /* server 1; well again at BACK_H */
    BACK_H = 16,
    HURRY_MS = 5000, /* until a healthy name's answer */
    PATIENCE_MS = 15000,
    CACHE_MIB = 16,
    CONSTANT_MIB = 16, /* what dns64 may take besides its cache, with the rig's sockets and fake upstreams */
    PERCENT = 100,
    DENIED_PERCENT = 5,
    FAILING_PERCENT = 2,
    AAAA_PERCENT = 70,
};

static const unsigned latencies_ms[SERVERS] = {4, 9, 20, 45};

/* A query under way. */
struct asked {
    bool waits;
    struct judge_question question;
};

struct day {
    struct gateway *gateway;
    struct upstream *upstreams[SERVERS];
    bool swallows[SERVERS];
    unsigned numbers[SERVERS];
    uint64_t start_ms, random, sent, wanted, next_ms;
    int sockets[SOCKETS];
    struct event *readable[SOCKETS], *timer;
    struct asked *asked[SOCKETS];
    double *weights; /* summed up, of hosts */
    struct judge judge;
    size_t heap_before, heap_most, resident_before, resident_most;
};

static struct day day;

static uint32_t chance(uint32_t below)
{
    day.random ^= day.random << 13;
    day.random ^= day.random >> 7;
    day.random ^= day.random << 17;
    return (uint32_t)((day.random >> 32) * below >> 32);
}

static uint64_t now_s(void)
{
    return virtual_now_ms() / MS_PER_S;
}

static void on_asked(void *context, const struct upstream_asker *asker, const uint8_t *bytes, size_t len)
{
    uint8_t reply[AUTHORITY_MESSAGE];
    unsigned server = *(const unsigned *)context;
    if (day.swallows[server] || (!asker->tcp && chance(LOST_OF) == 0))
        return;
    size_t reply_len = authority_reply(bytes, len, now_s(), reply);
    if (reply_len > 0)
        upstream_send(asker, UPSTREAM_FROM_RIGHT, reply, reply_len, latencies_ms[server] + chance(JITTER_MS));
}

/* By Zipf: the n-th most popular host is asked for 1/n as often as the first. */
static uint32_t choose_host(void)
{
    double at = day.weights[AUTHORITY_HOSTS - 1] * chance(UINT32_MAX) / UINT32_MAX;
    uint32_t low = 0, high = AUTHORITY_HOSTS - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (day.weights[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return AUTHORITY_DENIED + AUTHORITY_FAILING + low;
}

static uint32_t choose_name(void)
{
    uint32_t percent = chance(PERCENT);
    if (percent < DENIED_PERCENT)
        return chance(AUTHORITY_DENIED);
    if (percent < DENIED_PERCENT + FAILING_PERCENT)
        return AUTHORITY_DENIED + chance(AUTHORITY_FAILING);
    return choose_host();
}

static void send_query(void)
{
    unsigned socket = (unsigned)(day.sent % SOCKETS);
    uint16_t id = (uint16_t)(day.sent / SOCKETS % IDS);
    uint8_t query[AUTHORITY_MESSAGE];
    struct asked *asked = &day.asked[socket][id];
    day.sent++;
    if (asked->waits)
        judge_unanswered(&day.judge, &asked->question);
    *asked = (struct asked){
        true, {choose_name(), chance(PERCENT) < AAAA_PERCENT ? JUDGE_AAAA : JUDGE_A, virtual_now_ms()}};
    size_t len = authority_question(asked->question.number, asked->question.type, id, query);
    if (send(day.sockets[socket], query, len, 0) < 0)
        abort();
}

static void on_answer(evutil_socket_t fd, short events, void *context)
{
    uint8_t answer[UPSTREAM_MESSAGE];
    struct asked *asked = context;
    (void)events;
    ssize_t n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
    if (n < 2)
        return;
    asked += (answer[0] << 8 | answer[1]) % IDS;
    judge_answer(&day.judge, asked->waits ? &asked->question : NULL, answer, (size_t)n, virtual_now_ms());
    asked->waits = false;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* As the allocator and the kernel count it. */
static void note_memory(void)
{
    struct mallinfo2 heap = mallinfo2();
    unsigned long whole, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &whole, &resident) != 2)
        abort();
    fclose(file);
    day.heap_most = larger(day.heap_most, heap.uordblks + heap.hblkhd);
    day.resident_most = larger(day.resident_most, resident * (size_t)sysconf(_SC_PAGESIZE));
}

/* The next query comes after a while by chance. */
static void on_timer(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    (void)context;
    while (day.sent < day.wanted && day.next_ms <= virtual_now_ms()) {
        send_query();
        day.next_ms =
            day.start_ms + day.sent * DAY_MS / day.wanted + chance(2 * DAY_MS / (uint32_t)day.wanted + 1);
    }
    uint64_t wait_ms = day.next_ms > virtual_now_ms() ? day.next_ms - virtual_now_ms() : 0;
    struct timeval wait = time_units_timeval(wait_ms * NS_PER_MS);
    if (day.sent < day.wanted)
        evtimer_add(day.timer, &wait);
}

static void open_clients(void)
{
    char text[64];
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(UPSTREAM_PORT)}, from = to;
    inet_pton(AF_INET6, GATEWAY_ADDRESS, &to.sin6_addr);
    from.sin6_port = 0;
    for (unsigned i = 0; i < SOCKETS; i++) {
        snprintf(text, sizeof(text), "2001:db8:1::%x", i + 1);
        virtual_add_address(text);
        inet_pton(AF_INET6, text, &from.sin6_addr);
        day.sockets[i] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (day.sockets[i] < 0 || bind(day.sockets[i], (struct sockaddr *)&from, sizeof(from)) < 0 ||
            connect(day.sockets[i], (struct sockaddr *)&to, sizeof(to)) < 0)
            abort();
        day.readable[i] = event_new(gateway_base(day.gateway), day.sockets[i], EV_READ | EV_PERSIST,
                                    on_answer, day.asked[i]);
        if (day.readable[i] == NULL || event_add(day.readable[i], NULL) < 0)
            abort();
    }
}

/* What this rig has of its own, so that the rest is dns64's. */
static void make_tables(void)
{
    day.weights = calloc(AUTHORITY_HOSTS, sizeof(*day.weights));
    assert_non_null(day.weights);
    for (unsigned i = 0; i < AUTHORITY_HOSTS; i++)
        day.weights[i] = (i > 0 ? day.weights[i - 1] : 0) + 1.0 / (i + 1);
    for (unsigned i = 0; i < SOCKETS; i++) {
        day.asked[i] = malloc(IDS * sizeof(*day.asked[i]));
        assert_non_null(day.asked[i]);
        memset(day.asked[i], 0, IDS * sizeof(*day.asked[i]));
    }
    note_memory();
    day.heap_before = day.heap_most;
    day.resident_before = day.resident_most;
}

static void open_all(void)
{
    char config[1024], error[SETTINGS_ERROR_LEN], text[64];
    snprintf(
        config, sizeof(config),
        "backends = [\"2001:db8:1::/48\"]; pref64 = ({ prefix = \"2001:db8:64::/96\"; allow-ipv4 = "
        "[\"10.0.0.0/8\"]; });\n"
        "dns64: { listen = [\"" GATEWAY_ADDRESS "#53\"]; workers = 1; cache-size = \"%dM\";\n"
        "upstream = [\"2001:db8:53::1\", \"2001:db8:53::2\", \"2001:db8:53::3\", \"2001:db8:53::4\"]; };\n",
        CACHE_MIB);
    day.gateway = gateway_new(config, error);
    if (day.gateway == NULL)
        fail_msg("%s", error);
    for (unsigned i = 0; i < SERVERS; i++) {
        snprintf(text, sizeof(text), "2001:db8:53::%u", i + 1);
        day.numbers[i] = i;
        day.upstreams[i] = upstream_new(gateway_base(day.gateway), text, on_asked, &day.numbers[i]);
    }
    open_clients();
    day.timer = evtimer_new(gateway_base(day.gateway), on_timer, NULL);
    assert_non_null(day.timer);
}

static void close_all(void)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        event_free(day.readable[i]);
        close(day.sockets[i]);
        free(day.asked[i]);
    }
    event_free(day.timer);
    for (unsigned i = 0; i < SERVERS; i++)
        upstream_free(day.upstreams[i]);
    gateway_free(day.gateway);
    free(day.weights);
}

static void run_day(void)
{
    day.start_ms = day.next_ms = virtual_now_ms();
    on_timer(-1, 0, NULL);
    for (unsigned hour = 0; hour < 24; hour++) {
        if (hour == KILLED_H)
            upstream_kill(day.upstreams[0]);
        if (hour == BACK_H)
            upstream_revive(day.upstreams[0]);
        day.swallows[1] = hour >= SWALLOWS_H && hour < BACK_H;
        gateway_run(day.gateway, HOUR_MS, NULL, NULL);
        note_memory();
    }
    gateway_run(day.gateway, PATIENCE_MS, NULL, NULL);
    for (unsigned i = 0; i < SOCKETS; i++)
        for (unsigned id = 0; id < IDS; id++)
            if (day.asked[i][id].waits)
                judge_unanswered(&day.judge, &day.asked[i][id].question);
}

static void report(void)
{
    static const char *const names[] = {"cache_answers", "cache_stale", "cache_refreshed", "upstream_sent",
                                        "upstream_timeout"};
    uint64_t value;
    judge_print(&day.judge);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (gateway_counter(day.gateway, names[i], &value))
            print_message("# %s: %llu\n", names[i], (unsigned long long)value);
    print_message("# the most it took: %zu KiB as the allocator counts, %zu KiB as the kernel does; its "
                  "cache: %llu KiB\n",
                  (day.heap_most - day.heap_before) >> 10, (day.resident_most - day.resident_before) >> 10,
                  (unsigned long long)gateway_cache_bytes(day.gateway) >> 10);
}

TEST(D64_5_1_1_01_FAIL_01_no_query_of_a_healthy_name_fails_in_a_day)
{
    assert_int_equal(day.judge.sent, day.wanted);
    assert_int_equal(day.judge.wrong, 0);
    assert_int_equal(day.judge.unanswered, 0);
    assert_int_equal(day.judge.late, 0);
    assert_int_equal(day.judge.unasked, 0);
}

TEST(STL_8767_01_whatever_is_older_than_its_TTL_is_marked)
{
    assert_int_equal(day.judge.unmarked, 0);
    assert_true(day.judge.answered > 0);
}

TEST(CCH_OURS_01_memory_stays_within_cache_size_and_a_constant)
{
    const size_t most = ((size_t)CACHE_MIB + CONSTANT_MIB) << 20;
    assert_in_range(gateway_cache_bytes(day.gateway), 1, (size_t)CACHE_MIB << 20);
    if (day.heap_most == 0)
        return; /* the allocator of sanitizers does not count, and takes for itself */
    assert_in_range(day.heap_most - day.heap_before, 1, most);
    assert_in_range(day.resident_most - day.resident_before, 1, most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D64_5_1_1_01_FAIL_01_no_query_of_a_healthy_name_fails_in_a_day),
        cmocka_unit_test(STL_8767_01_whatever_is_older_than_its_TTL_is_marked),
        cmocka_unit_test(CCH_OURS_01_memory_stays_within_cache_size_and_a_constant),
    };
    const char *reason, *queries = getenv("G64_DAY"), *seed = getenv("G64_SEED");
    if (!virtual_begin(&reason)) {
        printf("1..0 # SKIP %s\n", reason);
        return EXIT_SUCCESS;
    }
    day.wanted = queries != NULL ? strtoull(queries, NULL, 10) : QUERIES;
    if (seed != NULL)
        day.random = strtoull(seed, NULL, 10);
    else if (getrandom(&day.random, sizeof(day.random), 0) != sizeof(day.random))
        return EXIT_FAILURE;
    day.random |= 1;
    printf("# seed: %llu, queries: %llu\n", (unsigned long long)day.random, (unsigned long long)day.wanted);
    make_tables();
    open_all();
    run_day();
    report();
    int failed = RUN(tests);
    close_all();
    virtual_end();
    return failed;
}
