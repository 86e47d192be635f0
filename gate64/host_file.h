/*
 * Small files in which the kernel says how it is set.
 *
 * Layer: edge
 * Specification: proc(5), Linux Documentation/networking/ip-sysctl.rst
 */
#ifndef GATE64_GATE64_HOST_FILE_H
#define GATE64_GATE64_HOST_FILE_H

#include <stddef.h>

/* The first line of a file, without its end. 0 or negative errno. */
int host_file_line(const char *path, char *buffer, size_t size) __attribute__((warn_unused_result));

/* The whole of a file with a NUL behind it, freed by the caller. 0 or negative errno. */
int host_file_read(const char *path, char **ret_text) __attribute__((warn_unused_result));

/* `path` below /proc/sys/net, e.g. "ipv4/ip_forward". 0 or negative errno. */
int host_file_sysctl(const char *path, int *ret_value) __attribute__((warn_unused_result));

#endif
