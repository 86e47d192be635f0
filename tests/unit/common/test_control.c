/*
 * The control server with a real client over its socket.
 *
 * Layer: test
 * Specification: RFC 9112; RFC 9110 15.5
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/control.h"

enum {
    PATH_LEN = 100,
    ANSWER_LEN = 64 * 1024,
    RECORDS = 200000,
    WAIT_MS = 5000,
};

static char folder[PATH_LEN / 2], path[PATH_LEN];
static atomic_int produced, ended;

static void on_status(struct control_request *request, void *context)
{
    const char *name = control_query(request, "name");
    control_reply_json(request, 200, json_pack("{s:s,s:s?}", "context", context, "name", name));
}

static void on_text(struct control_request *request, void *context)
{
    (void)context;
    control_reply_text(request, 200, "text/plain", "one\ntwo\n");
}

static void on_action(struct control_request *request, void *context)
{
    size_t len, again;
    const char *body = control_body(request, &len);
    (void)context;
    assert_non_null(body);
    assert_int_equal(strlen(body), len);
    control_body(request, &again);
    assert_int_equal(len, again);
    control_reply_json(request, 200, json_pack("{s:s,s:i}", "body", body, "len", (int)len));
}

static bool next_record(void *cursor, json_t **ret_record)
{
    int *count = cursor;
    if (*count == RECORDS)
        return false;
    *ret_record = json_pack("{s:i}", "record", (*count)++);
    atomic_store(&produced, *count);
    return true;
}

static void end_records(void *cursor)
{
    free(cursor);
    atomic_fetch_add(&ended, 1);
}

static void on_list(struct control_request *request, void *context)
{
    (void)context;
    control_reply_stream(request, next_record, end_records, calloc(1, sizeof(int)));
}

/* One record at once, one when the test says so. */
static atomic_int followed, go;

static enum control_next follow_record(void *cursor, json_t **ret_record)
{
    int *count = cursor;
    if (*count == 2)
        return CONTROL_END;
    if (*count == 1 && !atomic_load(&go)) {
        atomic_fetch_add(&followed, 1);
        return CONTROL_WAIT;
    }
    *ret_record = json_pack("{s:i}", "record", ++*count);
    return CONTROL_RECORD;
}

static void on_follow(struct control_request *request, void *context)
{
    (void)context;
    control_reply_follow(request, follow_record, end_records, calloc(1, sizeof(int)));
}

static void on_silence(struct control_request *request, void *context)
{
    (void)request;
    (void)context;
}

static const struct control_route routes[] = {
    {"GET", "/v1/status", on_status},
    {"GET", "/v1/text", on_text},
    {"POST", "/v1/action", on_action},
    {"GET", "/v1/list", on_list},
    {"GET", "/v1/silence", on_silence},
    {"GET", "/v1/follow", on_follow},
    {NULL, NULL, NULL},
};

static int set_up(void **state)
{
    static char context[] = "ours";
    strcpy(folder, "/tmp/gate64-control-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/control", folder);
    atomic_store(&produced, 0);
    atomic_store(&ended, 0);
    atomic_store(&followed, 0);
    atomic_store(&go, 0);
    return control_start(path, routes, context, (struct control **)state);
}

static int tear_down(void **state)
{
    control_stop(*state);
    unlink(path);
    return rmdir(folder);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path, path);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void put(int fd, const char *text)
{
    size_t len = strlen(text);
    /* The server may have answered and closed before it has everything. */
    assert_true(send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len || errno == EPIPE);
}

static bool readable(int fd, int wait_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, wait_ms) == 1;
}

/* What comes until the server closes, or until `stop` has come. */
static size_t take(int fd, char answer[ANSWER_LEN], const char *stop)
{
    size_t len = 0;
    answer[0] = '\0';
    while (len < ANSWER_LEN - 1 && (stop == NULL || strstr(answer, stop) == NULL)) {
        assert_true(readable(fd, WAIT_MS));
        ssize_t n = recv(fd, answer + len, ANSWER_LEN - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        answer[len] = '\0';
    }
    return len;
}

/* One request on a connection of its own; the status. */
static int ask(const char *request, char answer[ANSWER_LEN])
{
    int fd = dial(), status = 0;
    put(fd, request);
    take(fd, answer, NULL);
    close(fd);
    sscanf(answer, "HTTP/1.%*d %d", &status);
    return status;
}

static int get(const char *target, char answer[ANSWER_LEN])
{
    char request[256];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);
    return ask(request, answer);
}

static void wait_for(atomic_int *value, int wanted)
{
    for (int i = 0; i < WAIT_MS && atomic_load(value) < wanted; i++)
        usleep(1000);
    assert_int_equal(atomic_load(value), wanted);
}

TEST(answers_json_text_and_query_parameters)
{
    char answer[ANSWER_LEN];
    assert_int_equal(get("/v1/status", answer), 200);
    assert_non_null(strstr(answer, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\n{\"context\":\"ours\",\"name\":null}"));
    assert_int_equal(get("/v1/status?name=a%20b&x=1", answer), 200);
    assert_non_null(strstr(answer, "\"name\":\"a b\""));
    assert_int_equal(get("/v1/text", answer), 200);
    assert_non_null(strstr(answer, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\none\ntwo\n"));
}

TEST(a_path_or_method_that_is_not_there)
{
    char answer[ANSWER_LEN];
    assert_int_equal(get("/v1/nothing", answer), 404);
    assert_non_null(strstr(answer, "{\"error\":\"no such path\"}"));
    assert_int_equal(get("/v1/status/", answer), 404);
    assert_int_equal(get("/v1/action", answer), 405);
    assert_non_null(strstr(answer, "Allow: POST\r\n"));
    assert_non_null(strstr(answer, "{\"error\":\"wrong method\"}"));
    assert_int_equal(ask("DELETE /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n", answer), 405);
    assert_non_null(strstr(answer, "Allow: GET\r\n"));
    assert_int_equal(get("/v1/silence", answer), 500);
}

static const char action[] =
    "POST /v1/action HTTP/1.1\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

TEST(SEC_61_an_action_needs_root)
{
    char answer[ANSWER_LEN];
    if (getuid() != 0) {
        assert_int_equal(ask(action, answer), 403);
        return;
    }
    assert_int_equal(ask(action, answer), 200);
    assert_non_null(strstr(answer, "{\"body\":\"hello\",\"len\":5}"));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0); /* so that it is the peer's identity that decides */
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) < 0 || setuid(65534) < 0)
            _exit(2);
        _exit(ask(action, answer) == 403 && strstr(answer, "actions need root") != NULL &&
                      get("/v1/status", answer) == 200
                  ? 0
                  : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

TEST(SEC_61_the_socket_is_for_owner_and_group)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0660);
}

TEST(a_list_is_made_only_as_fast_as_it_is_read)
{
    char answer[ANSWER_LEN];
    int fd = dial(), before = -1;
    put(fd, "GET /v1/list HTTP/1.0\r\n\r\n");
    assert_true(readable(fd, WAIT_MS));
    while (before != atomic_load(&produced)) { /* until the socket is full */
        before = atomic_load(&produced);
        usleep(50000);
    }
    assert_true(before > 0);
    assert_true(before < RECORDS / 4);
    size_t lines = 0, n;
    while ((n = take(fd, answer, "\n")) > 0)
        for (size_t i = 0; i < n; i++)
            lines += answer[i] == '\n';
    close(fd);
    assert_true(lines >= RECORDS);
    assert_true(lines < RECORDS + 10); /* and the lines of the header */
    assert_int_equal(atomic_load(&produced), RECORDS);
    wait_for(&ended, 1);
}

TEST(a_peer_that_leaves_in_the_middle_frees_the_list)
{
    int fd = dial();
    put(fd, "GET /v1/list HTTP/1.1\r\n\r\n");
    assert_true(readable(fd, WAIT_MS));
    close(fd);
    wait_for(&ended, 1);
    assert_true(atomic_load(&produced) < RECORDS);
}

TEST(the_server_stops_in_the_middle_of_a_list)
{
    int fd = dial();
    put(fd, "GET /v1/list HTTP/1.1\r\n\r\n");
    assert_true(readable(fd, WAIT_MS));
    control_stop(*test_context);
    *test_context = NULL;
    assert_int_equal(atomic_load(&ended), 1);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}

static int follow(char answer[ANSWER_LEN])
{
    int fd = dial();
    put(fd, "GET /v1/follow HTTP/1.1\r\nConnection: close\r\n\r\n");
    take(fd, answer, "{\"record\":1}\n");
    assert_null(strstr(answer, "{\"record\":2}\n"));
    return fd;
}

TEST(a_list_that_goes_on_is_sent_as_it_comes)
{
    char answer[ANSWER_LEN];
    int fd = follow(answer);
    for (int i = 0; i < WAIT_MS && atomic_load(&followed) < 5; i++)
        usleep(1000);
    assert_true(atomic_load(&followed) >= 5);
    /* Nothing for three seconds: an empty line says that both are there. */
    take(fd, answer, "1\r\n\n\r\n");
    atomic_store(&go, 1);
    take(fd, answer, NULL);
    assert_non_null(strstr(answer, "{\"record\":2}\n"));
    assert_string_equal(answer + strlen(answer) - 5, "0\r\n\r\n");
    wait_for(&ended, 1);
    close(fd);
}

TEST(a_peer_that_leaves_while_it_waits_frees_the_list)
{
    char answer[ANSWER_LEN];
    close(follow(answer));
    wait_for(&ended, 1);
    assert_int_equal(get("/v1/text", answer), 200);
}

TEST(the_server_stops_while_a_list_waits)
{
    char answer[ANSWER_LEN];
    int fd = follow(answer);
    control_stop(*test_context);
    *test_context = NULL;
    assert_int_equal(atomic_load(&ended), 1);
    close(fd);
}

TEST(one_more_than_the_limit_waits_for_a_place)
{
    int fds[CONTROL_CONNECTIONS];
    char answer[ANSWER_LEN];
    static const char request[] = "GET /v1/text HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int i = 0; i < CONTROL_CONNECTIONS; i++) {
        fds[i] = dial();
        put(fds[i], request);
        assert_true(take(fds[i], answer, "two\n") > 0);
    }
    int late = dial();
    put(late, request);
    assert_false(readable(late, 300));
    put(fds[1], request); /* who has a place keeps it */
    assert_true(take(fds[1], answer, "two\n") > 0);
    close(fds[0]);
    assert_true(readable(late, WAIT_MS));
    assert_true(take(late, answer, "two\n") > 0);
    close(late);
    for (int i = 1; i < CONTROL_CONNECTIONS; i++)
        close(fds[i]);
    for (int i = 0; i < 3 * CONTROL_CONNECTIONS; i++) /* places come back */
        assert_int_equal(get("/v1/text", answer), 200);
}

TEST(headers_and_bodies_beyond_the_limit)
{
    static char request[16 * 1024];
    char answer[ANSWER_LEN];
    size_t len = (size_t)snprintf(request, sizeof(request), "GET /v1/text HTTP/1.1\r\nX: ");
    memset(request + len, 'x', 9000);
    strcpy(request + len + 9000, "\r\n\r\n");
    int status = ask(request, answer);
    assert_true(status >= 400 && status < 500);
    status = ask("POST /v1/action HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", answer);
    assert_true(status >= 400 && status < 500);
    assert_int_equal(get("/v1/text", answer), 200);
}

TEST(bytes_that_are_no_request)
{
    char answer[ANSWER_LEN];
    int status = ask("\x01\x02\x03 nonsense\r\n\r\n", answer);
    assert_true(status == 0 || (status >= 400 && status < 600));
    status = ask("GET /v1/status?%%%=& HTTP/1.1\r\nConnection: close\r\n\r\n", answer);
    assert_true(status == 200 || status == 400);
    assert_int_equal(get("/v1/text", answer), 200);
}

TEST(what_lies_at_the_path)
{
    struct control *second = NULL;
    char other[PATH_LEN], answer[ANSWER_LEN], longer[200];
    assert_int_equal(control_start(path, routes, NULL, &second), -EADDRINUSE);
    assert_null(second);
    assert_int_equal(get("/v1/text", answer), 200); /* the first one still has its socket */

    snprintf(other, sizeof(other), "%s/file", folder);
    close(open(other, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(control_start(other, routes, NULL, &second), -EEXIST);
    assert_int_equal(unlink(other), 0); /* it was left there */

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, other);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    assert_int_equal(control_start(other, routes, NULL, &second), 0);
    control_stop(second);
    assert_int_equal(access(other, F_OK), -1);

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(control_start(longer, routes, NULL, &second), -ENAMETOOLONG);
    control_stop(NULL);
}

TEST(SEC_61_a_socket_for_a_group)
{
    char other[PATH_LEN];
    struct stat info;
    gid_t group = getuid() == 0 ? 65534 : getgid();
    int fd = -1;
    snprintf(other, sizeof(other), "%s/other", folder);
    assert_int_equal(control_listen(other, group, &fd), 0);
    assert_int_equal(stat(other, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0660);
    assert_int_equal(info.st_gid, group);
    close(fd);
    assert_int_equal(unlink(other), 0);
}

/* Who made the socket keeps it: what connects between two servers is answered by the second. */
TEST(servers_one_after_the_other_on_a_socket_of_the_caller)
{
    char answer[ANSWER_LEN];
    struct control *server = NULL;
    int fd = -1;
    control_stop(*test_context);
    *test_context = NULL;
    assert_int_equal(control_listen(path, (gid_t)-1, &fd), 0);
    for (int i = 0; i < 2; i++) {
        int early = dial();
        put(early, "GET /v1/text HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert_int_equal(control_start_on(fd, routes, NULL, &server), 0);
        assert_true(take(early, answer, "two\n") > 0);
        close(early);
        assert_int_equal(get("/v1/text", answer), 200);
        control_stop(server);
        assert_int_equal(access(path, F_OK), 0);
    }
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);
    assert_true(control_start_on(-1, routes, NULL, &server) < 0);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(answers_json_text_and_query_parameters),
        WITH_SERVER(a_path_or_method_that_is_not_there),
        WITH_SERVER(SEC_61_an_action_needs_root),
        WITH_SERVER(SEC_61_the_socket_is_for_owner_and_group),
        WITH_SERVER(a_list_is_made_only_as_fast_as_it_is_read),
        WITH_SERVER(a_peer_that_leaves_in_the_middle_frees_the_list),
        WITH_SERVER(the_server_stops_in_the_middle_of_a_list),
        WITH_SERVER(a_list_that_goes_on_is_sent_as_it_comes),
        WITH_SERVER(a_peer_that_leaves_while_it_waits_frees_the_list),
        WITH_SERVER(the_server_stops_while_a_list_waits),
        WITH_SERVER(one_more_than_the_limit_waits_for_a_place),
        WITH_SERVER(headers_and_bodies_beyond_the_limit),
        WITH_SERVER(bytes_that_are_no_request),
        WITH_SERVER(what_lies_at_the_path),
        WITH_SERVER(SEC_61_a_socket_for_a_group),
        WITH_SERVER(servers_one_after_the_other_on_a_socket_of_the_caller),
    };
    signal(SIGPIPE, SIG_IGN); /* as service_signals does */
    return RUN(tests);
}
