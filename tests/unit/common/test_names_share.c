/*
 * The table of names handed over on a socket: what a reader gets, and what it refuses.
 *
 * Layer: test
 * Specification: common/names_server.h, common/names_reader.h
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/mapping.h"
#include "common/names_reader.h"
#include "common/names_server.h"

enum { SIZE = 1 << 20 };

static char folder[64], path[80];
static struct names_server *server;
static const struct in6_addr backend = {{{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}};

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/g64-names-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/names", folder);
    server = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    names_server_free(server);
    unlink(path);
    return rmdir(folder);
}

static void start(void)
{
    assert_int_equal(names_server_new(SIZE, &server), 0);
    assert_int_equal(names_server_listen(server, path, (gid_t)-1), 0);
}

/* Serves until the reader has what it wants. */
static void *serve(void *context)
{
    (void)context;
    for (int i = 0; i < 20; i++) {
        names_server_serve(server);
        usleep(10000);
    }
    return NULL;
}

static int open_one(struct names_reader *reader)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    int r = names_reader_open(path, reader);
    pthread_join(thread, NULL);
    return r;
}

TEST(a_reader_sees_what_is_noted)
{
    struct names_reader reader;
    struct names_note notes[NAMES_PER_PAIR];
    struct names_name name;
    start();
    assert_int_equal(open_one(&reader), 0);
    assert_int_equal(names_find(&reader.names, &backend, 1, notes), 0);
    names_prepare((const uint8_t *)"\3www", 5, &name);
    names_note(names_server_table(server), &backend, 1, &name, 100, 400);
    assert_int_equal(names_find(&reader.names, &backend, 1, notes), 1);
    assert_int_equal(notes[0].until_s, 400);
    /* Nobody but the server writes: the reader's own mapping cannot be made writable. */
    assert_int_equal(mprotect(reader.names.base, 4096, PROT_READ | PROT_WRITE), -1);
    names_reader_close(&reader);
}

TEST(a_reader_notices_the_end)
{
    struct names_reader reader, next;
    start();
    assert_int_equal(open_one(&reader), 0);
    assert_true(names_reader_current(&reader));
    names_server_free(server);
    server = NULL;
    assert_false(names_reader_current(&reader));
    start();
    assert_int_equal(open_one(&next), 0);
    assert_true(names_reader_current(&next));
    assert_true(next.names.instance != reader.names.instance);
    names_reader_close(&reader);
    names_reader_close(&next);
}

TEST(the_socket_is_for_owner_and_group)
{
    struct stat about;
    start();
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0660);
    names_server_free(server);
    server = NULL;
    assert_int_equal(stat(path, &about), -1);
}

TEST(readers_are_so_many_and_no_more)
{
    struct names_reader readers[NAMES_READERS], more;
    start();
    for (int i = 0; i < NAMES_READERS; i++)
        assert_int_equal(open_one(&readers[i]), 0);
    assert_true(open_one(&more) < 0);
    names_reader_close(&readers[3]);
    names_server_serve(server);
    assert_int_equal(open_one(&more), 0);
    names_reader_close(&more);
    for (int i = 0; i < NAMES_READERS; i++)
        if (i != 3)
            names_reader_close(&readers[i]);
}

TEST(nobody_there)
{
    struct names_reader reader;
    assert_int_equal(names_reader_open(path, &reader), -ENOENT);
    assert_int_equal(names_reader_open("/nonexistent/names", &reader), -ENOENT);
}

/* A server of somebody else's: what it sends with the descriptor. */
struct fake {
    int listener, fd;
    struct names_hello hello;
    size_t len;
};

static void *give(void *context)
{
    struct fake *fake = context;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&fake->hello, fake->len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    int fd = accept(fake->listener, NULL, NULL);
    if (fake->fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fake->fd, sizeof(int));
    }
    assert_true(sendmsg(fd, &message, MSG_NOSIGNAL) >= 0);
    close(fd);
    return NULL;
}

static int open_of(int fd, uint32_t magic, uint32_t layout, size_t len)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct fake fake = {.fd = fd, .hello = {magic, layout}, .len = len};
    struct names_reader reader;
    pthread_t thread;
    strcpy(address.sun_path, path);
    fake.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fake.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake.listener, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, give, &fake), 0);
    int r = names_reader_open(path, &reader);
    pthread_join(thread, NULL);
    close(fake.listener);
    unlink(path);
    if (r == 0)
        names_reader_close(&reader);
    return r;
}

static const struct siphash_key key = {1, 2};

TEST(what_could_be_cut_is_refused)
{
    struct mapping sealed, plain;
    struct names names;
    assert_int_equal(mapping_open_shared("test", SIZE, &sealed), 0);
    assert_int_equal(mapping_open_memory("test", SIZE, &plain), 0);
    names_init(sealed.base, SIZE, key, 1, &names);
    names_init(plain.base, SIZE, key, 1, &names);
    assert_int_equal(open_of(sealed.fd, NAMES_HELLO_MAGIC, NAMES_LAYOUT, sizeof(struct names_hello)), 0);
    assert_int_equal(open_of(plain.fd, NAMES_HELLO_MAGIC, NAMES_LAYOUT, sizeof(struct names_hello)), -EPROTO);
    assert_int_equal(ftruncate(sealed.fd, 0), -1);
    mapping_close(&sealed);
    mapping_close(&plain);
    int file = open("/proc/self/exe", O_RDONLY);
    assert_int_equal(open_of(file, NAMES_HELLO_MAGIC, NAMES_LAYOUT, sizeof(struct names_hello)), -EPROTO);
    close(file);
}

TEST(what_is_no_table_of_ours_is_refused)
{
    struct mapping sealed;
    assert_int_equal(mapping_open_shared("test", SIZE, &sealed), 0);
    assert_int_equal(open_of(sealed.fd, NAMES_HELLO_MAGIC, NAMES_LAYOUT, sizeof(struct names_hello)),
                     -EPROTO);
    struct names names;
    names_init(sealed.base, SIZE, key, 1, &names);
    assert_int_equal(open_of(sealed.fd, 0, NAMES_LAYOUT, sizeof(struct names_hello)), -EPROTO);
    assert_int_equal(open_of(sealed.fd, NAMES_HELLO_MAGIC, NAMES_LAYOUT + 1, sizeof(struct names_hello)),
                     -EPROTO);
    assert_int_equal(open_of(sealed.fd, NAMES_HELLO_MAGIC, NAMES_LAYOUT, 3), -EPROTO);
    assert_int_equal(open_of(-1, NAMES_HELLO_MAGIC, NAMES_LAYOUT, sizeof(struct names_hello)), -EPROTO);
    mapping_close(&sealed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_reader_sees_what_is_noted),
        CASE(a_reader_notices_the_end),
        CASE(the_socket_is_for_owner_and_group),
        CASE(readers_are_so_many_and_no_more),
        CASE(nobody_there),
        CASE(what_could_be_cut_is_refused),
        CASE(what_is_no_table_of_ours_is_refused),
    };
    return RUN(tests);
}
