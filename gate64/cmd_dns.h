/*
 * The verbs of gate64 dns that have a file of their own.
 *
 * Layer: edge
 * Specification: man/gate64.1
 *
 * Each returns the exit status; `operand` is what stands behind the verb, or NULL.
 */
#ifndef GATE64_GATE64_CMD_DNS_H
#define GATE64_GATE64_CMD_DNS_H

#include "gate64/cmd.h"

enum {
    CMD_DNS_TARGET_LEN = 1024,
};

/* Puts `key` and the value behind the target, so that no value can mean another request. -EINVAL: too long.
 */
int cmd_dns_append(char target[CMD_DNS_TARGET_LEN], const char *key, const char *value)
    __attribute__((warn_unused_result));

int cmd_dns_explain(const struct cmd_options *options, const char *operand);
int cmd_dns_selftest(const struct cmd_options *options, const char *operand);
int cmd_dns_top(const struct cmd_options *options, const char *operand);

#endif
