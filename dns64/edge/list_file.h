/*
 * A list of domains in a file: an entry a line, as access/list takes them; empty lines and what stands behind
 * # do not count.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (never, always, hide-a)
 */
#ifndef GATE64_DNS64_EDGE_LIST_FILE_H
#define GATE64_DNS64_EDGE_LIST_FILE_H

#include "common/settings.h"
#include "dns64/access/list.h"

/* Adds the entries of a regular file. On failure negative errno, with the line for the operator in `error`.
 */
int list_file_read(const char *path, struct list *list, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

#endif
