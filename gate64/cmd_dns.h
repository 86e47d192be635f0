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

int cmd_dns_selftest(const struct cmd_options *options, const char *operand);
int cmd_dns_top(const struct cmd_options *options, const char *operand);

#endif
