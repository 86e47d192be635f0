/*
 * Memory that outlives a process or is shared with one: open, allocate, map.
 *
 * Layer: edge
 * Specification: memfd_create(2), posix_fallocate(3), mmap(2)
 */
#ifndef GATE64_COMMON_MAPPING_H
#define GATE64_COMMON_MAPPING_H

#include <stddef.h>

struct mapping {
    void *base;
    size_t len;
    int fd;
};

/* A memfd of `len` zero bytes, its space taken at once, mapped shared. 0 or negative errno. */
int mapping_open_memory(const char *name, size_t len, struct mapping *ret_mapping)
    __attribute__((warn_unused_result));

/* The same, to be given to others: it can neither shrink nor grow, and is written through this mapping alone.
 */
int mapping_open_shared(const char *name, size_t len, struct mapping *ret_mapping)
    __attribute__((warn_unused_result));

/* Maps the whole of a file of the caller's, shared or as a copy of our own that changes nothing in it. The
 * descriptor stays the caller's (`fd` is -1). */
int mapping_open(int fd, struct mapping *ret_mapping) __attribute__((warn_unused_result));
int mapping_open_private(int fd, struct mapping *ret_mapping) __attribute__((warn_unused_result));

/* Accepts a zeroed struct. */
void mapping_close(struct mapping *mapping);

#endif
