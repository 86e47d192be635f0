/*
 * The client against a daemon that answers well, badly, too much, too little and not at all.
 *
 * Layer: edge
 * Specification: RFC 9112, RFC 8259; LES-N-23 (what comes over the control socket may be anything)
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate64/client.h"
#include "tests/unit/gate64/fake_daemon.h"

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);

static bool impatient; /* a test does not wait for CLIENT_TIMEOUT_S */

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    const struct timeval short_time = {.tv_usec = 50000};
    if (impatient && level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
        return __real_setsockopt(fd, level, name, &short_time, sizeof(short_time));
    return __real_setsockopt(fd, level, name, value, len);
}

static char folder[FAKE_DAEMON_PATH_LEN];
static char error[CLIENT_ERROR_LEN];

static int set_up(void **state)
{
    (void)state;
    impatient = false;
    error[0] = '\0';
    fake_daemon_folder(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_daemon_folder_drop(folder);
    return 0;
}

static void serve_text(int fd, void *context)
{
    fake_daemon_send_text(fd, context);
}

static void serve_chunks_of_3(int fd, void *context)
{
    fake_daemon_send_chunks(fd, context, 3);
}

/* Asks for a document that is served as `reply`. */
static int ask(const char *reply, json_t **ret_document)
{
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_text, (void *)reply);
    int r = client_document(fake_daemon_path(fake), "/v1/status", ret_document, error);
    fake_daemon_stop(fake);
    return r;
}

static void expect_failure(const char *reply, int r, const char *words)
{
    json_t *document = NULL;
    assert_int_equal(ask(reply, &document), r);
    assert_null(document); /* outputs stay untouched on failure */
    assert_non_null(strstr(error, words));
}

static void a_document_comes_back(void **state)
{
    json_t *document;
    (void)state;
    assert_int_equal(ask("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"program\":\"nat64d\"}", &document),
                     0);
    assert_string_equal(json_string_value(json_object_get(document, "program")), "nat64d");
    json_decref(document);
}

static void a_document_in_chunks_comes_back(void **state)
{
    json_t *document;
    (void)state;
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_chunks_of_3,
                                                 (void *)"{\"program\":\"nat64d\",\"pid\":7}\n");
    assert_int_equal(client_document(fake_daemon_path(fake), "/v1/status", &document, error), 0);
    assert_int_equal(json_integer_value(json_object_get(document, "pid")), 7);
    json_decref(document);
    fake_daemon_stop(fake);
}

static void the_request_is_plain_http(void **state)
{
    json_t *document;
    (void)state;
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_chunks_of_3, (void *)"{}");
    assert_int_equal(client_document(fake_daemon_path(fake), "/v1/sessions?protocol=tcp", &document, error),
                     0);
    json_decref(document);
    assert_string_equal(fake_daemon_request(fake),
                        "GET /v1/sessions?protocol=tcp HTTP/1.1\r\nHost: localhost\r\n"
                        "Connection: close\r\n\r\n");
    fake_daemon_stop(fake);
}

static void a_broken_document_is_refused(void **state)
{
    (void)state;
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", -EPROTO, "no JSON object");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", -EPROTO, "no JSON object");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -EPROTO, "no JSON object");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":\"\x80", -EPROTO, "no JSON object");
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}{}", -EPROTO, "no JSON object");
    expect_failure("what do you want?\r\n", -EPROTO, "no HTTP");
}

static void a_cut_document_is_refused(void **state)
{
    (void)state;
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", -EPIPE, "cut short");
    expect_failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", -EPIPE, "cut short");
    expect_failure("HTTP/1.1 200 OK\r\n", -EPIPE, "cut short");
    expect_failure("", -EPIPE, "cut short");
}

static void serve_endless_document(int fd, void *context)
{
    static const char block[8192] = {[0 ... 8191] = ' '};
    (void)context;
    fake_daemon_send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0;
         i < 10 * CLIENT_DOCUMENT_LEN / (int)sizeof(block) && fake_daemon_send(fd, block, sizeof(block)); i++)
        ;
}

static void a_huge_document_is_refused(void **state)
{
    json_t *document = NULL;
    (void)state;
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_endless_document, NULL);
    assert_int_equal(client_document(fake_daemon_path(fake), "/v1/status", &document, error), -EMSGSIZE);
    assert_null(document);
    fake_daemon_stop(fake);
}

static void a_refusal_says_why_and_cannot_steer_the_terminal(void **state)
{
    (void)state;
    expect_failure("HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"backend: an IPv6 address\"}", -EREMOTEIO,
                   "refused with status 400: backend: an IPv6 address");
    expect_failure("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", -EREMOTEIO,
                   "refused with status 503");
    expect_failure("HTTP/1.1 500 Oops\r\n\r\n<html>", -EREMOTEIO, "refused with status 500");
    expect_failure("HTTP/1.1 500 Oops\r\n\r\n{\"error\":\"\\u001b[2Jgone\"}", -EREMOTEIO, "\\x1b[2Jgone");
    assert_null(strchr(error, '\033'));
}

/* What a list gave. */
struct taken {
    size_t count;
    size_t enough; /* stop after so many; 0: never */
    json_int_t sum;
};

static int take(void *context, json_t *record)
{
    struct taken *taken = context;
    taken->count++;
    taken->sum += json_integer_value(json_object_get(record, "n"));
    return taken->count == taken->enough ? CLIENT_ENOUGH : CLIENT_MORE;
}

static int ask_list(void (*serve)(int fd, void *context), const char *body, struct taken *taken)
{
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve, (void *)body);
    int r = client_list(fake_daemon_path(fake), "/v1/sessions", take, taken, error);
    fake_daemon_stop(fake);
    return r;
}

static void a_list_comes_record_by_record(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_chunks_of_3, "{\"n\":1}\n\n{\"n\":20}\n{\"n\":300}\n", &taken), 0);
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.sum, 321);
}

/* Refuses as the keeper does while it starts a translator, then has a list. */
static void serve_list_after_a_while(int fd, void *context)
{
    int *refusals = context;
    if ((*refusals)-- > 0)
        fake_daemon_send_text(fd, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    else
        fake_daemon_send_chunks(fd, "{\"n\":1}\n{\"n\":20}\n", 3);
}

static void a_list_is_waited_for(void **state)
{
    struct taken taken = {0};
    int refusals = 2;
    (void)state;
    assert_int_equal(ask_list(serve_list_after_a_while, (const char *)&refusals, &taken), 0);
    assert_int_equal(refusals, -1);
    assert_int_equal(taken.count, 2);
    assert_int_equal(taken.sum, 21);
}

static void the_last_record_may_lack_its_line_end(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_chunks_of_3, "{\"n\":1}\n{\"n\":20}", &taken), 0);
    assert_int_equal(taken.sum, 21);
}

static void an_empty_list_is_good(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_chunks_of_3, "", &taken), 0);
    assert_int_equal(taken.count, 0);
}

static void broken_records_end_the_list(void **state)
{
    static const char *const bodies[] = {
        "{\"n\":1}\n{\"n\":}\n{\"n\":3}\n",
        "{\"n\":1}\n[2]\n",
        "{\"n\":1}\n\"text\"\n",
        "{\"n\":1}\n{\"n\":1}{\"n\":2}\n",
        "{\"n\":1}\n{\"n\":\x80}\n",
        "{\"n\":1}\n{\"n\":99999999999999999999}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct taken taken = {0};
        assert_int_equal(ask_list(serve_chunks_of_3, bodies[i], &taken), -EPROTO);
        assert_int_equal(taken.count, 1);
        assert_non_null(strstr(error, "no JSON object"));
        assert_null(strchr(error, '\n'));
    }
}

/* jansson bounds the depth of nesting; the stack holds. */
static void a_deeply_nested_record_ends_the_list(void **state)
{
    struct taken taken = {0};
    size_t depth = CLIENT_RECORD_LEN - 100;
    char *body = malloc(depth + 1);
    (void)state;
    assert_non_null(body);
    memset(body, '[', depth);
    body[depth] = '\0';
    memcpy(body, "{\"n\":", 5);
    assert_int_equal(ask_list(serve_text, "HTTP/1.1 200 OK\r\n\r\n", &taken), 0);
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_chunks_of_3, body);
    assert_int_equal(client_list(fake_daemon_path(fake), "/v1/sessions", take, &taken, error), -EPROTO);
    fake_daemon_stop(fake);
    free(body);
    assert_int_equal(taken.count, 0);
}

static void a_huge_record_ends_the_list(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_endless_document, NULL, &taken), -EMSGSIZE);
    assert_int_equal(taken.count, 0);
}

static void a_cut_list_gives_what_came_and_says_so(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_text,
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "10\r\n{\"n\":1}\n{\"n\":2}\n\r\n4\r\n{\"n\"",
                              &taken),
                     -EPIPE);
    assert_int_equal(taken.count, 2);
    assert_non_null(strstr(error, "cut short"));
}

enum { MANY_RECORDS = 100000 };

static void serve_many(int fd, void *context)
{
    char chunk[64], record[32];
    (void)context;
    fake_daemon_send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 1; i <= MANY_RECORDS; i++) {
        int len = snprintf(record, sizeof(record), "{\"n\":%d}\n", i);
        snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", (unsigned)len, record);
        if (!fake_daemon_send_text(fd, chunk))
            return;
    }
    fake_daemon_send_text(fd, "0\r\n\r\n");
}

static void a_long_list_streams(void **state)
{
    struct taken taken = {0};
    (void)state;
    assert_int_equal(ask_list(serve_many, NULL, &taken), 0);
    assert_int_equal(taken.count, MANY_RECORDS);
    assert_int_equal(taken.sum, (json_int_t)MANY_RECORDS * (MANY_RECORDS + 1) / 2);
}

static void enough_ends_a_list(void **state)
{
    struct taken taken = {.enough = 5};
    (void)state;
    assert_int_equal(ask_list(serve_many, NULL, &taken), 0);
    assert_int_equal(taken.count, 5);
}

static void nobody_there_is_not_running(void **state)
{
    char path[FAKE_DAEMON_PATH_LEN + 32];
    json_t *document = NULL;
    (void)state;
    snprintf(path, sizeof(path), "%s/nat64d/control", folder);
    assert_int_equal(client_document(path, "/v1/status", &document, error), -ENOTCONN);
    assert_non_null(strstr(error, path));
}

/* A socket that a killed daemon left behind. */
static void a_dead_socket_is_not_running(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    json_t *document = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/control", folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(client_document(address.sun_path, "/v1/status", &document, error), -ENOTCONN);
    unlink(address.sun_path);
}

static void a_socket_that_is_forbidden_is_told_apart(void **state)
{
    enum { NOBODY = 65534 };
    json_t *document = NULL;
    (void)state;
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_chunks_of_3, (void *)"{}");
    assert_int_equal(chmod(fake_daemon_path(fake), 0), 0);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_int_equal(client_document(fake_daemon_path(fake), "/v1/status", &document, error), -EACCES);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_non_null(strstr(error, "root"));
    fake_daemon_stop(fake);
}

static void a_path_beyond_a_socket_address_is_refused(void **state)
{
    char path[300];
    json_t *document = NULL;
    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(client_document(path, "/v1/status", &document, error), -ENAMETOOLONG);
}

static void serve_after_a_while(int fd, void *context)
{
    (void)context;
    fake_daemon_send_text(fd, "HTTP/1.1 200 OK\r\n");
    usleep(300000);
}

static void a_silent_daemon_does_not_hold_us(void **state)
{
    json_t *document = NULL;
    (void)state;
    impatient = true;
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve_after_a_while, NULL);
    assert_int_equal(client_document(fake_daemon_path(fake), "/v1/status", &document, error), -ETIMEDOUT);
    assert_non_null(strstr(error, "no answer within"));
    fake_daemon_stop(fake);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_document_comes_back),
        TEST(a_document_in_chunks_comes_back),
        TEST(the_request_is_plain_http),
        TEST(a_broken_document_is_refused),
        TEST(a_cut_document_is_refused),
        TEST(a_huge_document_is_refused),
        TEST(a_refusal_says_why_and_cannot_steer_the_terminal),
        TEST(a_list_comes_record_by_record),
        TEST(a_list_is_waited_for),
        TEST(the_last_record_may_lack_its_line_end),
        TEST(an_empty_list_is_good),
        TEST(broken_records_end_the_list),
        TEST(a_deeply_nested_record_ends_the_list),
        TEST(a_huge_record_ends_the_list),
        TEST(a_cut_list_gives_what_came_and_says_so),
        TEST(a_long_list_streams),
        TEST(enough_ends_a_list),
        TEST(nobody_there_is_not_running),
        TEST(a_dead_socket_is_not_running),
        TEST(a_socket_that_is_forbidden_is_told_apart),
        TEST(a_path_beyond_a_socket_address_is_refused),
        TEST(a_silent_daemon_does_not_hold_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
