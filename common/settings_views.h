/*
 * What views and lists of domains must be like.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5
 */
#ifndef GATE64_COMMON_SETTINGS_VIEWS_H
#define GATE64_COMMON_SETTINGS_VIEWS_H

#include "common/settings.h"

/* What is wrong and what is allowed, with the line (0: that of no view); NULL: nothing. */
const char *settings_views_check(const struct settings_dns64 *dns64, int *ret_line);

/* The path of an entry "file:PATH"; NULL: it is a domain. */
const char *settings_views_file(const struct settings_line *entry);

#endif
