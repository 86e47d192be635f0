/*
 * The options of OPT, as those of a query and as those of an upstream's reply.
 *
 * Layer: test
 * Specification: RFC 6891 6.1.2, RFC 7873 5.2, RFC 8914 2
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dns64/upstream/client_cookie.h"
#include "dns64/upstream/hops.h"
#include "dns64/wire/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { OPTIONS_MAX = 4096, NOW = 1559731985 };

static uint8_t bytes[MESSAGE_MAX];

static void check_cookie(const struct edns_query *query)
{
    static const struct siphash_key secret = {1, 2};
    static const struct addr from = {.family = AF_INET6};
    uint8_t cookie[COOKIE_LEN], again[COOKIE_LEN];
    assert(query->cookie_len == EDNS_COOKIE_CLIENT ||
           (query->cookie_len >= EDNS_COOKIE_MIN && query->cookie_len <= EDNS_COOKIE_MAX));
    cookie_answer(&secret, query->cookie, query->cookie_len, &from, NOW, cookie);
    assert(memcmp(cookie, query->cookie, EDNS_COOKIE_CLIENT) == 0);
    assert(cookie_answer(&secret, cookie, sizeof(cookie), &from, NOW, again));
}

/* What is passed on of an upstream's errors is in order, and not too much of it. */
static void check_errors(const struct message *message)
{
    static const struct edns_options nothing;
    struct edns_options errors = {.len = 0};
    struct message_writer writer;
    struct message answer;
    struct edns_walk walk;
    struct edns_option option;
    static uint8_t out[MESSAGE_MAX];
    edns_put_errors_of(&errors, message);
    message_begin(&writer, out, sizeof(out), 1, MESSAGE_QR, NULL, 0, 0);
    edns_add(&writer, 1232, 0, 0, &errors, &nothing);
    size_t len = message_end(&writer);
    assert(message_parse(out, len, &answer) == MESSAGE_OK && answer.has_opt);
    edns_walk_init(&walk, &answer);
    while (edns_walk_next(&walk, &option)) {
        assert(option.code == EDNS_EDE && option.len >= 2 && option.len <= 2 + EDNS_TEXT_MAX);
        for (size_t i = 2; i < option.len; i++)
            assert(option.bytes[i] >= ' ' && option.bytes[i] != 0x7f);
    }
    assert(walk.left == 0);
    assert(edns_remove(out, len, answer.opt_at, &errors) == len - errors.len);
    assert(edns_append(out, len - errors.len, answer.opt_at, &errors) == len);
}

/* As a reply to a question of ours: what is learned of it fits, and is asked with again. */
static void check_client_cookie(const struct message *message)
{
    struct client_cookie peer = {.server_len = 0};
    uint8_t option[EDNS_COOKIE_MAX];
    client_cookie_renew(&peer, (const uint8_t *)"abcdefgh");
    enum client_cookie_verdict verdict = client_cookie_take(&peer, message);
    size_t len = client_cookie_write(&peer, option);
    assert(len == EDNS_COOKIE_CLIENT || (len >= EDNS_COOKIE_MIN && len <= EDNS_COOKIE_MAX));
    assert(memcmp(option, "abcdefgh", EDNS_COOKIE_CLIENT) == 0);
    assert(verdict == CLIENT_COOKIE_GOOD || peer.server_len == 0);
}

/* Through whom a question came: with us behind them it is one number longer, and then a loop. */
static void check_hops(const struct message *message)
{
    enum { OWN = 77 };
    struct hops hops;
    uint8_t data[HOPS_MAX * HOPS_ID_LEN];
    hops_read(message, &hops);
    assert(hops.count <= HOPS_MAX);
    if (hops_is_loop(&hops, OWN))
        return;
    assert(hops_write(&hops, OWN, data) == ((size_t)hops.count + 1) * HOPS_ID_LEN);
    hops.ids[hops.count++] = OWN;
    assert(hops_is_loop(&hops, OWN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct name root = {.len = 1};
    struct message_writer writer;
    struct message message;
    struct edns_query query;
    if (len > OPTIONS_MAX)
        return 0;
    message_begin(&writer, bytes, sizeof(bytes), 1, MESSAGE_RD, &root, MESSAGE_TYPE_A, MESSAGE_CLASS_IN);
    message_add_opt(&writer, 1232, 0, 0, data, (uint16_t)len);
    if (message_parse(bytes, message_end(&writer), &message) != MESSAGE_OK)
        return 0;
    for (int udp = 0; udp < 2; udp++)
        if (edns_query_read(&message, udp, &query) && query.cookie_len > 0)
            check_cookie(&query);
    check_errors(&message);
    check_client_cookie(&message);
    check_hops(&message);
    return 0;
}
