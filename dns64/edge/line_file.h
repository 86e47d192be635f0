/*
 * A file that the configuration names, read line by line.
 *
 * Layer: edge
 * Specification: open(2), getline(3)
 */
#ifndef GATE64_DNS64_EDGE_LINE_FILE_H
#define GATE64_DNS64_EDGE_LINE_FILE_H

#include "common/settings.h"

/* Takes a line, without its end and with a NUL behind it; a negative errno ends the reading. `number` counts
 * from 1. */
typedef int line_file_take(void *context, unsigned number, char *line, size_t len);

/* All lines of a regular file, of LINE_FILE_MAX bytes at most. Returns 0, what `take` returned, or negative
 * errno with the line for the operator in `error`: that `path` cannot be read, and the advice. */
int line_file_read(const char *path, const char *advice, line_file_take *take, void *context,
                   char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));

enum {
    LINE_FILE_MAX = 64 << 20, /* a longer one is a mistake */
};

#endif
