/*
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS, fcntl(2) F_GET_SEALS, mmap(2)
 */
#include "common/names_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/descriptor.h"
#include "common/names_server.h"

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); /* EAGAIN: its queue is full */
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static int receive(int connection)
{
    struct names_hello hello;
    int fd = -1;
    int r = descriptor_receive(connection, &hello, sizeof(hello), NAMES_READER_WAIT_MS, &fd);
    if (r < 0 || fd < 0)
        return r < 0 ? r : -EPROTO;
    if (hello.magic != NAMES_HELLO_MAGIC || hello.layout != NAMES_LAYOUT) {
        close(fd);
        return -EPROTO;
    }
    return fd;
}

/* A file that could be cut would kill its reader by SIGBUS. */
static int map(int fd, struct names_reader *reader)
{
    struct stat about;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &about) < 0 || about.st_size <= 0 ||
        (uint64_t)about.st_size > NAMES_SIZE_MAX)
        return -EPROTO;
    size_t len = (size_t)about.st_size;
    void *base = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    int r = names_open(base, len, &reader->names);
    if (r < 0)
        munmap(base, len);
    reader->len = len;
    return r;
}

int names_reader_open(const char *path, struct names_reader *ret_reader)
{
    struct names_reader reader = {.connection = connect_to(path)};
    if (reader.connection < 0)
        return reader.connection;
    int fd = receive(reader.connection);
    int r = fd < 0 ? fd : map(fd, &reader);
    if (fd >= 0)
        close(fd);
    if (r < 0) {
        close(reader.connection);
        return r;
    }
    *ret_reader = reader;
    return 0;
}

bool names_reader_current(const struct names_reader *reader)
{
    struct pollfd look = {.fd = reader->connection, .events = POLLRDHUP};
    return poll(&look, 1, 0) == 0;
}

void names_reader_close(struct names_reader *reader)
{
    munmap(reader->names.base, reader->len);
    close(reader->connection);
}
