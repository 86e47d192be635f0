/*
 * What `gate64 check` knows of this host, and what its probes find.
 *
 * Layer: edge
 * Specification: man/gate64.1
 *
 * A probe is one file probe_<subject>.c with one function probe_<subject> and one row in cmd_check.c. It
 * changes nothing. Each finding is a sentence, and the commands that mend it, each as it can be pasted.
 */
#ifndef GATE64_GATE64_CHECK_H
#define GATE64_GATE64_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/links.h"
#include "common/settings.h"

enum {
    CHECK_TEXT_LEN = 1024, /* of a sentence or a command */
};

struct check {
    const struct settings *settings;
    const struct links *links; /* of the whole host, our TUN device among it */
    const char *state_dir;
    uint32_t tun;      /* ifindex of our device; 0: it is not there, so nat64d has not set up this host */
    const char *probe; /* that is at work */
    json_t *findings;  /* {"probe", "finding", "commands"} */
    FILE *err;
    bool failed; /* a probe could not look */
};

void check_finding(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A command that mends the finding before it. */
void check_command(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a kernel setting below /proc/sys/net, such as ipv4/ip_forward. */
void check_command_sysctl(struct check *check, const char *path, const char *value);
/* The same for a program that is to be ended: its service, or the process. */
void check_command_end(struct check *check, pid_t pid);
/* A probe could not look: said on standard error, and no good result. */
void check_failed(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `text` as one word of the shell. What does not fit is cut, and then unfit for use: give room. */
char *check_quote(const char *text, char *buffer, size_t size);

/* The address of a pool; of one that follows the uplink the first on the link of the IPv4 default route.
 * False: there is none. */
bool check_pool_address(const struct check *check, const struct settings_pool *pool,
                        struct addr_prefix4 *ret_address);

#endif
