/*
 * What is allowed in a configuration, but worth a word: said by -T, at the start and after a reload.
 *
 * Layer: edge
 * Specification: RFC 6052 3.1 and 3.3, RFC 6791 3.1, RFC 7757 3.2, RFC 7857 2.1
 */
#ifndef GATE64_COMMON_SETTINGS_ADVICE_H
#define GATE64_COMMON_SETTINGS_ADVICE_H

#include "common/settings.h"

/* Calls `say` with each sentence, in the order of the file's keys. */
void settings_advise(const struct settings *settings,
                     void (*say)(void *context, enum log_level level, const char *text), void *context);

#endif
