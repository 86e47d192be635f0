/*
 * Kernel settings under /proc/sys/net.
 *
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst
 */
#ifndef GATE64_NAT64D_KEEPER_SYSCTL_H
#define GATE64_NAT64D_KEEPER_SYSCTL_H

/* `path` below /proc/sys/net, e.g. "ipv4/ip_forward". 0 or negative errno. */
int sysctl_read(const char *path, int *ret_value) __attribute__((warn_unused_result));
int sysctl_write(const char *path, int value) __attribute__((warn_unused_result));

/* Writes only when the value differs. */
int sysctl_ensure(const char *path, int value) __attribute__((warn_unused_result));

#endif
