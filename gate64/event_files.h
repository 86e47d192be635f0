/*
 * The event log's lines, oldest first: of a file with those that it was rotated to, of files that were named,
 * or of the journal.
 *
 * Layer: edge
 * Specification: logrotate(8), journalctl(1), man/nat64d.8 (EVENT LOG)
 *
 * A file `events.json` was rotated to `events.json.1`, `events.json-20261126` and the like; what ends in .gz,
 * .xz, .zst or .bz2 is read through the program that unpacks it.
 */
#ifndef GATE64_GATE64_EVENT_FILES_H
#define GATE64_GATE64_EVENT_FILES_H

#include <stddef.h>

enum {
    EVENT_FILES_ERROR_LEN = 512,
    EVENT_FILES_MAX = 1000,
};

/* Gets a line without its end; 0, or what ends the reading. */
typedef int event_files_take(void *context, const char *line, size_t len);

/* `log` is log.events. A file that is not there has no lines. On failure `error` says what to do. */
int event_files_read_log(const char *log, event_files_take *take, void *context,
                         char error[EVENT_FILES_ERROR_LEN]) __attribute__((warn_unused_result));
/* One file; "-" is standard input. */
int event_files_read(const char *file, event_files_take *take, void *context,
                     char error[EVENT_FILES_ERROR_LEN]) __attribute__((warn_unused_result));

#endif
