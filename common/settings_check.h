/*
 * What no key can say alone: overlaps, and values that must fit each other.
 *
 * Layer: pure
 * Specification: RFC 6052 2.2, RFC 6146 3.1 (a transport address in one binding only)
 */
#ifndef GATE64_COMMON_SETTINGS_CHECK_H
#define GATE64_COMMON_SETTINGS_CHECK_H

#include "common/settings.h"

/* 0, or -EINVAL with the line and what is wrong and what is allowed in `what`. */
int settings_check(const struct settings *settings, int *ret_line, char *what, size_t size);

#endif
