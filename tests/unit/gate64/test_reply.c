/*
 * HTTP replies, taken apart whole and byte by byte.
 *
 * Layer: pure
 * Specification: RFC 9112 4, 5, 6.3, 7.1
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate64/reply.h"

struct result {
    struct reply reply;
    int r;
    char body[4096];
    size_t body_len;
    size_t rest; /* bytes that were not taken */
};

/* Feeds `bytes` in pieces of `step`. */
static void feed(struct result *result, const char *bytes, size_t len, size_t step)
{
    memset(result, 0, sizeof(*result));
    reply_init(&result->reply);
    result->rest = len;
    while (result->rest > 0 && result->reply.state != REPLY_COMPLETE) {
        size_t used, body_len, piece = result->rest < step ? result->rest : step;
        result->r = reply_feed(&result->reply, bytes, piece, &used, &body_len);
        if (result->r < 0)
            return;
        assert_true(used > 0 && used <= piece && body_len <= used);
        assert_true(body_len <= sizeof(result->body) - result->body_len);
        memcpy(result->body + result->body_len, bytes + used - body_len, body_len);
        result->body_len += body_len;
        bytes += used;
        result->rest -= used;
    }
}

/* The outcome must not depend on where the stream is cut into pieces. */
static void feed_text(struct result *result, const char *text)
{
    struct result other;
    size_t len = strlen(text);
    feed(result, text, len, len);
    for (size_t step = 1; step < 8; step++) {
        feed(&other, text, len, step);
        assert_int_equal(other.r, result->r);
        if (other.r < 0)
            continue;
        assert_int_equal(other.reply.state, result->reply.state);
        assert_int_equal(other.reply.status, result->reply.status);
        assert_int_equal(other.body_len, result->body_len);
        assert_memory_equal(other.body, result->body, other.body_len);
    }
}

static void expect_body(const char *text, int status, const char *body)
{
    struct result result;
    feed_text(&result, text);
    assert_int_equal(result.r, 0);
    assert_int_equal(result.reply.status, status);
    assert_int_equal(result.body_len, strlen(body));
    assert_memory_equal(result.body, body, result.body_len);
    assert_int_equal(reply_close(&result.reply), 0);
}

static void expect_error(const char *text, int r)
{
    struct result result;
    feed_text(&result, text);
    assert_int_equal(result.r, r);
}

static void body_by_content_length(void **state)
{
    struct result result;
    (void)state;
    expect_body("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 200,
                "{}");
    expect_body("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}", 200, "{}");
    expect_body("HTTP/1.1 404 Not Found\nContent-Length: 2\n\n{}", 404, "{}");
    expect_body("HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", 503, "");
    feed_text(&result, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more");
    assert_int_equal(result.rest, 4); /* what lies behind the reply is not its body */
    assert_int_equal(result.body_len, 2);
}

static void body_until_the_peer_closes(void **state)
{
    (void)state;
    expect_body("HTTP/1.0 200 OK\r\n\r\nall of it", 200, "all of it");
}

static void no_body(void **state)
{
    struct result result;
    (void)state;
    feed_text(&result, "HTTP/1.1 204 No Content\r\n\r\nx");
    assert_int_equal(result.reply.state, REPLY_COMPLETE);
    assert_int_equal(result.body_len, 0);
}

static void body_in_chunks(void **state)
{
    (void)state;
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5\r\nhello\r\nA;name=value\r\n, the rest\r\n0\r\n\r\n",
                200, "hello, the rest");
    expect_body("HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n", 200, "");
}

/* RFC 9112 6.3: chunks count, whatever Content-Length says. */
static void chunks_override_content_length(void **state)
{
    (void)state;
    expect_body(
        "HTTP/1.1 200 OK\r\nContent-Length: 999\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        200, "x");
}

/* RFC 9110 15.2 */
static void interim_reply_is_passed_over(void **state)
{
    (void)state;
    expect_body("HTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200,
                "x");
}

static void no_http_is_refused(void **state)
{
    (void)state;
    expect_error("SSH-2.0-OpenSSH_9.2\r\n", -EPROTO);
    expect_error("HTTP/2 200\r\n", -EPROTO);
    expect_error("HTTP/1.1 20 OK\r\n", -EPROTO);
    expect_error("HTTP/1.1 2000 OK\r\n", -EPROTO);
    expect_error("HTTP/1.1 abc OK\r\n", -EPROTO);
    expect_error("HTTP/1.\r\n", -EPROTO);
    expect_error("\r\n", -EPROTO);
}

static void malformed_lengths_are_refused(void **state)
{
    (void)state;
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", -EPROTO);
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: \r\n", -EPROTO);
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n", -EPROTO);
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", -EPROTO);
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n", -EPROTO);
    expect_error("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", -EPROTO);
}

static void malformed_chunks_are_refused(void **state)
{
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    (void)state;
    expect_error(CHUNKED "\r\n", -EPROTO);
    expect_error(CHUNKED "x\r\n", -EPROTO);
    expect_error(CHUNKED "-1\r\n", -EPROTO);
    expect_error(CHUNKED "0x5\r\nhello\r\n", -EPROTO);
    expect_error(CHUNKED "1FFFFFFFFFFFFFFFF\r\n", -EPROTO);
    expect_error(CHUNKED "5\r\nhelloworld\r\n", -EPROTO); /* more than the chunk's size says */
#undef CHUNKED
}

static void nul_in_the_head_is_refused(void **state)
{
    static const char bytes[] = "HTTP/1.1 200 OK\r\nX: \0y\r\n";
    struct result result;
    (void)state;
    feed(&result, bytes, sizeof(bytes) - 1, sizeof(bytes));
    assert_int_equal(result.r, -EPROTO);
}

/* A reply of `count` fields of `len` bytes each. */
static int feed_fields(size_t count, size_t len)
{
    struct result result;
    static const char status[] = "HTTP/1.1 200 OK\r\n";
    size_t size = sizeof(status) + count * (len + 2);
    char *text = malloc(size);
    assert_non_null(text);
    memcpy(text, status, sizeof(status) - 1);
    char *at = text + sizeof(status) - 1;
    for (size_t i = 0; i < count; i++) {
        memset(at, 'x', len);
        memcpy(at + len, "\r\n", 2);
        at += len + 2;
    }
    feed(&result, text, (size_t)(at - text), 100);
    free(text);
    return result.r;
}

static void an_oversized_head_is_refused(void **state)
{
    (void)state;
    assert_int_equal(feed_fields(1, REPLY_LINE_LEN - 2), 0);
    assert_int_equal(feed_fields(1, REPLY_LINE_LEN), -EMSGSIZE);
    assert_int_equal(feed_fields(15, 1000), 0);
    assert_int_equal(feed_fields(100, 1000), -EMSGSIZE);
}

/* Thousands of small chunks are no oversized head. */
static void many_chunks_are_fine(void **state)
{
    enum { CHUNKS = 4000 };
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct result result;
    char *text = malloc(sizeof(head) + CHUNKS * 6 + 5);
    (void)state;
    assert_non_null(text);
    char *at = text + sizeof(head) - 1;
    memcpy(text, head, sizeof(head) - 1);
    for (int i = 0; i < CHUNKS; i++, at += 6)
        memcpy(at, "1\r\nx\r\n", 6);
    memcpy(at, "0\r\n\r\n", 5);
    feed(&result, text, (size_t)(at - text) + 5, 1024);
    free(text);
    assert_int_equal(result.r, 0);
    assert_int_equal(result.reply.state, REPLY_COMPLETE);
    assert_int_equal(result.body_len, CHUNKS);
}

/* However early the peer closes, a reply that is not whole is told from one that is. */
static void a_cut_reply_is_noticed(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    };
    struct result result;
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            feed(&result, texts[i], len, 1000);
            assert_int_equal(result.r, 0);
            assert_int_equal(reply_close(&result.reply), len < strlen(texts[i]) ? -EPIPE : 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_by_content_length),
        cmocka_unit_test(body_until_the_peer_closes),
        cmocka_unit_test(no_body),
        cmocka_unit_test(body_in_chunks),
        cmocka_unit_test(chunks_override_content_length),
        cmocka_unit_test(interim_reply_is_passed_over),
        cmocka_unit_test(no_http_is_refused),
        cmocka_unit_test(malformed_lengths_are_refused),
        cmocka_unit_test(malformed_chunks_are_refused),
        cmocka_unit_test(nul_in_the_head_is_refused),
        cmocka_unit_test(an_oversized_head_is_refused),
        cmocka_unit_test(many_chunks_are_fine),
        cmocka_unit_test(a_cut_reply_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
