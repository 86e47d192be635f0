/*
 * Requests to the control server as they come over its socket, with routes that use all that a route is
 * given: what is answered is HTTP, and the connection ends.
 *
 * Layer: test
 * Specification: RFC 9112 2 to 7
 */
#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    RECORDS = 3,
    ANSWER = 64 * 1024,
};

static struct control *control;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static char folder[] = "/tmp/fuzz-control-XXXXXX";

static void on_query(struct control_request *request, void *context)
{
    const char *backend = control_query(request, "backend"), *protocol = control_query(request, "protocol");
    struct in6_addr source;
    (void)context;
    if (backend != NULL && addr_parse6(backend, &source) < 0)
        control_reply_error(request, 400, "no address");
    else if (protocol != NULL)
        control_reply_json(request, 200, json_pack("{s:s%}", "protocol", protocol, strlen(protocol)));
    else
        control_reply_text(request, 200, "text/plain", "all\n");
}

static void on_body(struct control_request *request, void *context)
{
    size_t len, again;
    const char *body = control_body(request, &len);
    (void)context;
    assert(body != NULL && strlen(body) <= len && body[len] == '\0');
    assert(control_body(request, &again) == body && again == len);
    control_reply_json(request, 200, json_pack("{s:i}", "len", (int)len));
}

static bool next_record(void *cursor, json_t **ret_record)
{
    int *count = cursor;
    if (*count == RECORDS)
        return false;
    *ret_record = json_pack("{s:i}", "record", (*count)++);
    return true;
}

static void on_list(struct control_request *request, void *context)
{
    (void)context;
    control_reply_stream(request, next_record, free, calloc(1, sizeof(int)));
}

static void on_silence(struct control_request *request, void *context)
{
    (void)request;
    (void)context;
}

static const struct control_route routes[] = {
    {"GET", "/query", on_query},     {"POST", "/body", on_body}, {"GET", "/list", on_list},
    {"GET", "/silence", on_silence}, {NULL, NULL, NULL},
};

static void end(void)
{
    control_stop(control);
    rmdir(folder);
}

static void serve(void)
{
    if (mkdtemp(folder) == NULL || atexit(end) != 0)
        abort();
    signal(SIGPIPE, SIG_IGN); /* as the daemons do (common/service) */
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", folder);
    if (control_start(address.sun_path, routes, NULL, &control) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char answer[ANSWER];
    size_t got = 0;
    ssize_t n;
    if (control == NULL)
        serve();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
    /* The server may have refused before the end. */
    n = send(fd, data, len, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (n >= 0 && got < sizeof(answer) && (n = read(fd, answer + got, sizeof(answer) - got)) > 0)
        got += (size_t)n;
    assert(got == 0 || (got > 5 && memcmp(answer, "HTTP/", 5) == 0));
    close(fd);
    return 0;
}
