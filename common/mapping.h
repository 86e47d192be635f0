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

/* Accepts a zeroed struct. */
void mapping_close(struct mapping *mapping);

#endif
