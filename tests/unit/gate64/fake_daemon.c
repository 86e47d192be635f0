/*
 * Layer: edge
 * Specification: unix(7), RFC 9112 7.1
 */
#include "tests/unit/gate64/fake_daemon.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fake_daemon {
    char folder[FAKE_DAEMON_PATH_LEN];
    char path[FAKE_DAEMON_PATH_LEN];
    int fd, stop;
    pthread_t thread;
    void (*serve)(int fd, void *context);
    void *context;
    char request[FAKE_DAEMON_REQUEST_LEN];
};

void fake_daemon_folder(char folder[FAKE_DAEMON_PATH_LEN])
{
    strcpy(folder, "/tmp/gate64-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
}

void fake_daemon_folder_drop(const char *folder)
{
    assert_int_equal(rmdir(folder), 0);
}

bool fake_daemon_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

bool fake_daemon_send_text(int fd, const char *text)
{
    return fake_daemon_send(fd, text, strlen(text));
}

bool fake_daemon_send_chunks(int fd, const char *body, size_t step)
{
    char line[32];
    bool good = fake_daemon_send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t left = strlen(body); good && left > 0;) {
        size_t part = left < step ? left : step;
        snprintf(line, sizeof(line), "%zx\r\n", part);
        good = fake_daemon_send_text(fd, line) && fake_daemon_send(fd, body, part) &&
               fake_daemon_send_text(fd, "\r\n");
        body += part;
        left -= part;
    }
    return good && fake_daemon_send_text(fd, "0\r\n\r\n");
}

static void read_request(struct fake_daemon *fake, int fd)
{
    size_t len = 0;
    fake->request[0] = '\0';
    while (strstr(fake->request, "\r\n\r\n") == NULL) {
        ssize_t n = recv(fd, fake->request + len, sizeof(fake->request) - 1 - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        fake->request[len] = '\0';
    }
}

static void *run(void *context)
{
    struct fake_daemon *fake = context;
    struct pollfd wait[] = {{.fd = fake->fd, .events = POLLIN}, {.fd = fake->stop, .events = POLLIN}};
    while (poll(wait, 2, -1) > 0 && wait[1].revents == 0) {
        int fd = accept(fake->fd, NULL, NULL);
        if (fd < 0)
            continue;
        read_request(fake, fd);
        fake->serve(fd, fake->context);
        close(fd);
    }
    return NULL;
}

struct fake_daemon *fake_daemon_start(const char *folder, const char *program,
                                      void (*serve)(int fd, void *context), void *context)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct fake_daemon *fake = calloc(1, sizeof(*fake));
    assert_non_null(fake);
    assert_true(snprintf(fake->folder, sizeof(fake->folder), "%s/%s", folder, program) <
                FAKE_DAEMON_PATH_LEN);
    assert_true(snprintf(fake->path, sizeof(fake->path), "%s/%s/control", folder, program) <
                FAKE_DAEMON_PATH_LEN);
    assert_int_equal(mkdir(fake->folder, 0755), 0);
    strcpy(address.sun_path, fake->path);
    fake->serve = serve;
    fake->context = context;
    fake->stop = eventfd(0, EFD_CLOEXEC);
    fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fake->stop >= 0 && fake->fd >= 0);
    assert_int_equal(bind(fake->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->fd, 4), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, run, fake), 0);
    return fake;
}

const char *fake_daemon_request(const struct fake_daemon *fake)
{
    return fake->request;
}

const char *fake_daemon_path(const struct fake_daemon *fake)
{
    return fake->path;
}

void fake_daemon_stop(struct fake_daemon *fake)
{
    uint64_t one = 1;
    assert_int_equal(write(fake->stop, &one, sizeof(one)), sizeof(one));
    pthread_join(fake->thread, NULL);
    close(fake->fd);
    close(fake->stop);
    unlink(fake->path);
    rmdir(fake->folder);
    free(fake);
}
