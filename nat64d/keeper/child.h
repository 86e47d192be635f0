/*
 * Starting this program again in another role, as the unprivileged user.
 *
 * Layer: edge
 * Specification: execveat(2), capabilities(7)
 */
#ifndef GATE64_NAT64D_KEEPER_CHILD_H
#define GATE64_NAT64D_KEEPER_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Who it runs as, and from which file: the one that this process was started from, also when another has
 * taken its place on disk meanwhile. */
struct child_identity {
    uid_t uid;
    gid_t gid;
    int program; /* descriptor */
};

/* Looks the user up. Logs how to make one that is missing. */
int child_identity_find(const char *user, struct child_identity *ret_identity)
    __attribute__((warn_unused_result));

/* Starts it with argv { "nat64d", `role`, our process number }; `fds` become its descriptors 3, 4, ... and it
 * has no other but the standard ones. With `net_admin` it keeps CAP_NET_ADMIN, else no capability. */
int child_start(const struct child_identity *identity, const char *role, bool net_admin, const int *fds,
                unsigned fds_count, pid_t *ret_pid) __attribute__((warn_unused_result));

#endif
