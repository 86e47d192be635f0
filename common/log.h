/*
 * The log: one line says what failed, on what, why and what to do.
 *
 * Layer: edge
 * Specification: syslog(3) priorities; sd_journal_send(3)
 *
 * Every line carries its area (`tun`, `config`, `control`). Only edge files and main log.
 */
#ifndef GATE64_COMMON_LOG_H
#define GATE64_COMMON_LOG_H

#include <stdbool.h>

#include "common/log_level.h"

/* Before log_open everything goes to standard error at level info. */
void log_open(const char *program, enum log_level level, enum log_sink sink);
void log_set_level(enum log_level level); /* from any thread */
bool log_wants(enum log_level level);

__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *area,
                                                    const char *format, ...);

#define log_error(area, ...)   log_line(LOG_LEVEL_ERROR, area, __VA_ARGS__)
#define log_warning(area, ...) log_line(LOG_LEVEL_WARNING, area, __VA_ARGS__)
#define log_info(area, ...)    log_line(LOG_LEVEL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...)                              \
    do {                                                  \
        if (log_wants(LOG_LEVEL_DEBUG))                   \
            log_line(LOG_LEVEL_DEBUG, area, __VA_ARGS__); \
    } while (0)

#endif
