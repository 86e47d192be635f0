/*
 * Clients by TCP, of the whole of dns64 in virtual time: what they may do, and what becomes of the slow and
 * the greedy.
 *
 * Layer: test
 * Specification: RFC 7766 6 and 7
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/settings.h"
#include "dns64/wire/message.h"
#include "tests/replay/dns64/gateway.h"
#include "tests/replay/dns64/upstream.h"
#include "tests/replay/dns64/virtual.h"

enum {
    FRAME = 2,
    ROOM = 1 << 18,
    ANSWERS_MAX = 1024,
    ASKED_MAX = 512,
    SOON_MS = 100,
    IDLE_MS = 10000,
    SWEEP_MS = 1000, /* how often it is looked for who is idle */
    FLOOD = 20000,   /* full batches of datagrams */
};

#define CLIENT   "2001:db8::1"
#define STRANGER "2001:db8:1::1" /* of another /64 */
#define UPSTREAM "2001:db8:f::1"
#define KNOWN    "ipv4only.arpa" /* answered at once */

/* One connection of a client, and what has come by it. */
struct stream {
    int fd;
    struct event *event;
    uint8_t bytes[ROOM];
    size_t len;
    uint16_t ids[ANSWERS_MAX];
    unsigned answers;
    bool closed;
    uint64_t closed_ms;
};

static struct gateway *gateway;
static struct upstream *upstream;
static struct upstream_asker askers[ASKED_MAX];
static uint8_t asked[ASKED_MAX][512];
static size_t asked_len[ASKED_MAX];
static unsigned asked_count;

static unsigned flood; /* so many full batches are still to come, as fast as they are read */

/* The listener's: datagrams that are no messages. */
int recvmmsg(int fd, struct mmsghdr *messages, unsigned room, int flags, struct timespec *timeout)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6, .sin6_port = htons(1053)};
    if (flood == 0 || messages[0].msg_hdr.msg_name == NULL) /* not the listener, who asks from whom it is */
        return (int)syscall(SYS_recvmmsg, fd, messages, room, flags, timeout);
    flood--;
    inet_pton(AF_INET6, CLIENT, &from.sin6_addr);
    for (unsigned i = 0; i < room; i++) {
        memcpy(messages[i].msg_hdr.msg_name, &from, sizeof(from));
        messages[i].msg_hdr.msg_namelen = sizeof(from);
        messages[i].msg_len = 1;
    }
    return (int)room;
}

static void on_asked(void *context, const struct upstream_asker *asker, const uint8_t *bytes, size_t len)
{
    (void)context;
    assert_true(asked_count < ASKED_MAX && len <= sizeof(asked[0]));
    askers[asked_count] = *asker;
    memcpy(asked[asked_count], bytes, len);
    asked_len[asked_count++] = len;
}

/* NXDOMAIN for all that was asked so far. */
static void answer_all(void)
{
    for (unsigned i = 0; i < asked_count; i++) {
        struct message query;
        struct message_writer writer;
        uint8_t out[512];
        assert_int_equal(message_parse(asked[i], asked_len[i], &query), MESSAGE_OK);
        message_begin(&writer, out, sizeof(out), query.id,
                      MESSAGE_QR | MESSAGE_RA | MESSAGE_RD | MESSAGE_NXDOMAIN, &query.question, query.type,
                      query.class);
        upstream_send(&askers[i], UPSTREAM_FROM_RIGHT, out, message_end(&writer), 0);
    }
    asked_count = 0;
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
    struct stream *stream = context;
    (void)events;
    ssize_t n = recv(fd, stream->bytes + stream->len, ROOM - stream->len, 0);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return;
        stream->closed = true;
        stream->closed_ms = virtual_now_ms();
        event_del(stream->event);
        return;
    }
    stream->len += (size_t)n;
    while (stream->len >= FRAME && stream->len >= FRAME + (size_t)bytes_get16(stream->bytes)) {
        size_t whole = FRAME + (size_t)bytes_get16(stream->bytes);
        assert_true(stream->answers < ANSWERS_MAX);
        stream->ids[stream->answers++] = bytes_get16(stream->bytes + FRAME);
        stream->len -= whole;
        memmove(stream->bytes, stream->bytes + whole, stream->len);
    }
}

static struct stream *stream_open(const char *address)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(UPSTREAM_PORT)};
    struct stream *stream = calloc(1, sizeof(*stream));
    assert_non_null(stream);
    virtual_add_address(address);
    stream->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(inet_pton(AF_INET6, address, &from.sin6_addr), 1);
    assert_int_equal(inet_pton(AF_INET6, GATEWAY_ADDRESS, &to.sin6_addr), 1);
    assert_int_equal(bind(stream->fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(stream->fd, (struct sockaddr *)&to, sizeof(to)), 0);
    evutil_make_socket_nonblocking(stream->fd);
    stream->event = event_new(gateway_base(gateway), stream->fd, EV_READ | EV_PERSIST, on_readable, stream);
    assert_int_equal(event_add(stream->event, NULL), 0);
    return stream;
}

static void stream_close(struct stream *stream)
{
    event_free(stream->event);
    close(stream->fd);
    free(stream);
}

static size_t put_query(uint8_t *out, uint16_t id, const char *name_text)
{
    struct message_writer writer;
    struct name name;
    assert_true(name_from_text(name_text, &name));
    message_begin(&writer, out + FRAME, 512, id, MESSAGE_RD, &name, MESSAGE_TYPE_AAAA, MESSAGE_CLASS_IN);
    size_t len = message_end(&writer);
    bytes_put16(out, (uint16_t)len);
    return FRAME + len;
}

static void ask(struct stream *stream, uint16_t id, const char *name)
{
    uint8_t out[FRAME + 512];
    size_t len = put_query(out, id, name);
    assert_int_equal(send(stream->fd, out, len, MSG_NOSIGNAL), len);
}

static bool never(const void *context)
{
    (void)context;
    return false;
}

static void pass(uint64_t ms)
{
    gateway_run(gateway, ms, never, NULL);
}

static uint64_t counter(const char *name)
{
    uint64_t value;
    assert_true(gateway_counter(gateway, name, &value));
    return value;
}

static void begin(const char *more)
{
    char config[512], error[SETTINGS_ERROR_LEN];
    snprintf(config, sizeof(config),
             "backends = [\"2001:db8::/32\"];\n"
             "dns64: { listen = [\"" GATEWAY_ADDRESS
             "\"]; workers = 1; cache-size = \"1M\"; upstream = [\"" UPSTREAM "\"]; %s };\n",
             more);
    gateway = gateway_new(config, error);
    if (gateway == NULL)
        fail_msg("%s", error);
    asked_count = 0;
    upstream = upstream_new(gateway_base(gateway), UPSTREAM, on_asked, NULL);
}

static int tear_down(void **context)
{
    (void)context;
    upstream_free(upstream);
    gateway_free(gateway);
    return 0;
}

TEST(TCP_7766_01_an_answer_comes_by_the_connection_of_its_query)
{
    begin("");
    struct stream *one = stream_open(CLIENT), *other = stream_open(CLIENT);
    ask(one, 11, KNOWN);
    ask(other, 22, "slow.example");
    pass(SOON_MS);
    assert_int_equal(other->answers, 0);
    answer_all();
    pass(SOON_MS);
    assert_int_equal(one->answers, 1);
    assert_int_equal(one->ids[0], 11);
    assert_int_equal(other->answers, 1);
    assert_int_equal(other->ids[0], 22);
    stream_close(one);
    stream_close(other);
}

TEST(TCP_7766_02_what_is_known_does_not_wait_for_what_was_asked_before)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    ask(stream, 1, "slow.example");
    ask(stream, 2, KNOWN);
    pass(SOON_MS);
    assert_int_equal(stream->answers, 1);
    assert_int_equal(stream->ids[0], 2);
    answer_all();
    pass(SOON_MS);
    assert_int_equal(stream->answers, 2);
    assert_int_equal(stream->ids[1], 1);
    stream_close(stream);
}

static bool is_answered(const void *stream)
{
    return ((const struct stream *)stream)->answers > 0;
}

static bool is_asked(const void *context)
{
    (void)context;
    return asked_count > 0;
}

TEST(TRAP_04_TCP_and_upstreams_have_their_turn_while_datagrams_come_without_end)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(UPSTREAM_PORT)};
    begin("");
    struct stream *stream = stream_open(CLIENT);
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(inet_pton(AF_INET6, GATEWAY_ADDRESS, &to.sin6_addr), 1);
    pass(SOON_MS);
    assert_int_equal(sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
    ask(stream, 1, KNOWN);
    flood = FLOOD;
    assert_true(gateway_run(gateway, IDLE_MS, is_answered, stream));
    assert_in_range(flood, 1, FLOOD - 1);
    stream->answers = 0;
    ask(stream, 2, "other.example");
    assert_true(gateway_run(gateway, IDLE_MS, is_asked, NULL));
    answer_all();
    assert_true(gateway_run(gateway, IDLE_MS, is_answered, stream));
    assert_in_range(flood, 1, FLOOD - 1);
    flood = 0;
    close(fd);
    stream_close(stream);
}

/* More than are taken at once: the others wait, and have their turn. */
TEST(TCP_7766_02_TCP_7766_04_150_queries_in_one_write_a_hundred_under_way_at_a_time)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    static uint8_t all[150 * 64];
    static bool seen[150];
    size_t len = 0;
    memset(seen, 0, sizeof(seen));
    for (uint16_t i = 0; i < 150; i++) {
        char name[32];
        snprintf(name, sizeof(name), "n%u.example", i);
        len += put_query(all + len, i, name);
    }
    assert_int_equal(send(stream->fd, all, len, 0), len);
    pass(SOON_MS);
    assert_int_equal(asked_count, 100);
    answer_all();
    pass(SOON_MS);
    assert_int_equal(stream->answers, 100);
    assert_int_equal(asked_count, 50);
    answer_all();
    pass(SOON_MS);
    assert_int_equal(stream->answers, 150);
    for (unsigned i = 0; i < 150; i++) {
        assert_false(seen[stream->ids[i]]);
        seen[stream->ids[i]] = true;
    }
    stream_close(stream);
}

/* RFC 7766 6.2.4 of the client: it may have said all. */
TEST(TCP_7766_02_who_sends_no_more_gets_what_it_asked_for_and_then_the_end)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    ask(stream, 7, "slow.example");
    shutdown(stream->fd, SHUT_WR);
    pass(SOON_MS);
    assert_false(stream->closed);
    answer_all();
    pass(SOON_MS);
    assert_int_equal(stream->answers, 1);
    assert_true(stream->closed);
    stream_close(stream);
}

TEST(TCP_7766_03_a_message_in_any_parts_is_a_message)
{
    uint8_t query[FRAME + 512];
    size_t len = put_query(query, 5, KNOWN);
    begin("");
    for (size_t first = 1; first < len; first++) {
        struct stream *stream = stream_open(CLIENT);
        assert_int_equal(send(stream->fd, query, first, 0), first);
        pass(SOON_MS);
        assert_false(stream->closed);
        assert_int_equal(send(stream->fd, query + first, len - first, MSG_NOSIGNAL), len - first);
        pass(SOON_MS);
        assert_int_equal(stream->answers, 1);
        stream_close(stream);
    }
}

TEST(TCP_7766_03_TRAP_06_a_byte_a_second_does_not_reset_the_idle_time)
{
    uint8_t query[FRAME + 512];
    size_t len = put_query(query, 5, KNOWN);
    begin("");
    struct stream *stream = stream_open(CLIENT);
    uint64_t from_ms = virtual_now_ms();
    for (size_t i = 0; i + 1 < len && !stream->closed; i++) {
        send(stream->fd, query + i, 1, MSG_NOSIGNAL);
        pass(1000);
    }
    assert_true(stream->closed);
    assert_in_range(stream->closed_ms - from_ms, IDLE_MS, IDLE_MS + SWEEP_MS + SOON_MS);
    stream_close(stream);
}

TEST(TCP_7766_03_whole_messages_do)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    for (uint16_t i = 0; i < 10; i++) {
        ask(stream, i, KNOWN);
        pass(IDLE_MS - 1000);
        assert_false(stream->closed);
    }
    assert_int_equal(stream->answers, 10);
    pass(IDLE_MS);
    assert_true(stream->closed);
    stream_close(stream);
}

TEST(TCP_7766_04_the_idle_time_is_configured)
{
    begin("tcp: { idle-s = 3; };");
    struct stream *stream = stream_open(CLIENT);
    uint64_t from_ms = virtual_now_ms();
    pass(2900);
    assert_false(stream->closed);
    pass(1500);
    assert_true(stream->closed);
    assert_in_range(stream->closed_ms - from_ms, 3000, 4100);
    stream_close(stream);
}

TEST(TCP_7766_04_a_network_has_so_many_connections_and_another_network_its_own)
{
    begin("tcp: { connections-per-network = 3; };");
    struct stream *streams[5];
    for (unsigned i = 0; i < 4; i++)
        streams[i] = stream_open(CLIENT);
    streams[4] = stream_open(STRANGER);
    pass(SOON_MS);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(streams[i]->closed, i == 3);
    assert_int_equal(counter("tcp_refused"), 1);
    stream_close(streams[0]); /* it ends, and there is room */
    pass(SOON_MS);
    streams[0] = stream_open(CLIENT);
    ask(streams[0], 1, KNOWN);
    pass(SOON_MS);
    assert_int_equal(streams[0]->answers, 1);
    for (unsigned i = 0; i < 5; i++)
        stream_close(streams[i]);
}

TEST(TRAP_06_when_all_places_are_taken_the_one_longest_without_a_query_goes)
{
    begin("tcp: { connections = 4; };");
    struct stream *streams[5];
    for (unsigned i = 0; i < 4; i++) {
        streams[i] = stream_open(CLIENT);
        pass(SOON_MS);
    }
    ask(streams[0], 1, KNOWN); /* the oldest, but the second is now the longest without a query */
    send(streams[1]->fd, "", 1, 0);
    pass(SOON_MS);
    streams[4] = stream_open(STRANGER);
    ask(streams[4], 2, KNOWN);
    pass(SOON_MS);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(streams[i]->closed, i == 1);
    assert_int_equal(streams[4]->answers, 1);
    for (unsigned i = 0; i < 5; i++)
        stream_close(streams[i]);
}

TEST(TCP_7766_04_less_patience_when_most_places_are_taken)
{
    begin("tcp: { connections = 4; };");
    struct stream *streams[4];
    uint64_t from_ms = virtual_now_ms();
    for (unsigned i = 0; i < 4; i++)
        streams[i] = stream_open(CLIENT);
    pass(IDLE_MS / 4 + SWEEP_MS + SOON_MS);
    unsigned closed = 0;
    for (unsigned i = 0; i < 4; i++)
        closed += streams[i]->closed && streams[i]->closed_ms - from_ms >= IDLE_MS / 4;
    assert_true(closed > 0);
    for (unsigned i = 0; i < 4; i++)
        stream_close(streams[i]);
}

TEST(TCP_7766_04_no_connection_takes_queries_for_longer_than_an_hour)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    unsigned rounds = 0;
    for (; !stream->closed && rounds < 1000; rounds++) {
        ask(stream, 1, KNOWN);
        pass(IDLE_MS - 1000);
    }
    assert_in_range(rounds, 400, 402);
    stream_close(stream);
}

TEST(TCP_7766_04_who_does_not_read_its_answers_is_closed)
{
    begin("");
    struct stream *stream = stream_open(CLIENT);
    event_del(stream->event);
    static uint8_t many[1000 * 64];
    size_t len = 0;
    for (uint16_t i = 0; i < 1000; i++)
        len += put_query(many + len, i, KNOWN);
    ssize_t n = 0;
    for (unsigned i = 0; i < 2000 && counter("tcp_closed") == 0; i++) {
        n = send(stream->fd, many, len, MSG_NOSIGNAL);
        if (n > 0 && (size_t)n < len)
            n = -1; /* the rest of a query is never sent, so the idle time ends it */
        if (n < 0)
            break;
        pass(10);
    }
    pass(IDLE_MS + SWEEP_MS + SOON_MS);
    struct stream *next = stream_open(STRANGER);
    ask(next, 1, KNOWN);
    pass(SOON_MS);
    assert_int_equal(next->answers, 1);
    char byte;
    while (recv(stream->fd, many, sizeof(many), 0) > 0)
        continue;
    assert_true(recv(stream->fd, &byte, 1, 0) == 0 || errno != EAGAIN);
    stream_close(next);
    stream_close(stream);
}

TEST(TRAP_04_what_is_no_message_ends_the_connection)
{
    begin("");
    static const uint8_t longer[] = {0xff, 0xff, 1, 2, 3}, empty[] = {0, 0},
                         reply[] = {0, 12, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const struct {
        const uint8_t *bytes;
        size_t len;
    } wrong[] = {{longer, sizeof(longer)}, {empty, sizeof(empty)}, {reply, sizeof(reply)}};
    for (unsigned i = 0; i < 3; i++) {
        struct stream *stream = stream_open(CLIENT);
        assert_int_equal(send(stream->fd, wrong[i].bytes, wrong[i].len, 0), wrong[i].len);
        pass(SOON_MS);
        assert_true(stream->closed);
        assert_int_equal(stream->answers, 0);
        stream_close(stream);
    }
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(TCP_7766_01_an_answer_comes_by_the_connection_of_its_query),
        CASE(TCP_7766_02_what_is_known_does_not_wait_for_what_was_asked_before),
        CASE(TRAP_04_TCP_and_upstreams_have_their_turn_while_datagrams_come_without_end),
        CASE(TCP_7766_02_TCP_7766_04_150_queries_in_one_write_a_hundred_under_way_at_a_time),
        CASE(TCP_7766_02_who_sends_no_more_gets_what_it_asked_for_and_then_the_end),
        CASE(TCP_7766_03_a_message_in_any_parts_is_a_message),
        CASE(TCP_7766_03_TRAP_06_a_byte_a_second_does_not_reset_the_idle_time),
        CASE(TCP_7766_03_whole_messages_do),
        CASE(TCP_7766_04_the_idle_time_is_configured),
        CASE(TCP_7766_04_a_network_has_so_many_connections_and_another_network_its_own),
        CASE(TRAP_06_when_all_places_are_taken_the_one_longest_without_a_query_goes),
        CASE(TCP_7766_04_less_patience_when_most_places_are_taken),
        CASE(TCP_7766_04_no_connection_takes_queries_for_longer_than_an_hour),
        CASE(TCP_7766_04_who_does_not_read_its_answers_is_closed),
        CASE(TRAP_04_what_is_no_message_ends_the_connection),
    };
    const char *reason;
    if (!virtual_begin(&reason)) {
        printf("1..0 # SKIP %s\n", reason);
        return EXIT_SUCCESS;
    }
    int failed = RUN(tests);
    virtual_end();
    return failed;
}
