/*
 * Layer: edge
 * Specification: memfd_create(2), posix_fallocate(3), mmap(2)
 */
#include "common/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_memory(const char *name, size_t len, unsigned flags, struct mapping *ret_mapping)
{
    int fd = memfd_create(name, flags);
    if (fd < 0)
        return -errno;
    /* Taken at once: a sparse file would kill us by SIGBUS when memory is short later. */
    int r = -posix_fallocate(fd, 0, (off_t)len);
    if (r < 0)
        goto out;
    void *base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        r = -errno;
        goto out;
    }
    *ret_mapping = (struct mapping){base, len, fd};
    return 0;
out:
    close(fd);
    return r;
}

int mapping_open_memory(const char *name, size_t len, struct mapping *ret_mapping)
{
    return open_memory(name, len, MFD_CLOEXEC, ret_mapping);
}

int mapping_open_shared(const char *name, size_t len, struct mapping *ret_mapping)
{
    int r = open_memory(name, len, MFD_CLOEXEC | MFD_ALLOW_SEALING, ret_mapping);
    if (r < 0)
        return r;
    if (fcntl(ret_mapping->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) <
        0) {
        r = -errno;
        mapping_close(ret_mapping);
    }
    return r;
}

static int open_as(int fd, int flags, struct mapping *ret_mapping)
{
    struct stat about;
    if (fstat(fd, &about) < 0)
        return -errno;
    if (about.st_size == 0)
        return -ENODATA;
    void *base = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    *ret_mapping = (struct mapping){base, (size_t)about.st_size, -1};
    return 0;
}

int mapping_open(int fd, struct mapping *ret_mapping)
{
    return open_as(fd, MAP_SHARED, ret_mapping);
}

int mapping_open_private(int fd, struct mapping *ret_mapping)
{
    return open_as(fd, MAP_PRIVATE, ret_mapping);
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->base != NULL)
        munmap(mapping->base, mapping->len);
    if (mapping->base != NULL && mapping->fd >= 0)
        close(mapping->fd);
    *mapping = (struct mapping){.fd = -1};
}
