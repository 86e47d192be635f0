/*
 * The configuration file: read, checked against the schema, printed.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5; libconfig's grammar
 *
 * Every error is one line `FILE:LINE: what is wrong; what is allowed`.
 */
#ifndef GATE64_COMMON_SETTINGS_FILE_H
#define GATE64_COMMON_SETTINGS_FILE_H

#include <libconfig.h>

#include "common/settings.h"
#include "common/settings_schema.h"

/* Reads and checks `path`; NULL: SYSCONFDIR/gate64/gate64.conf, and the defaults if that is not there.
 * On failure negative errno and the line for the operator in `error`. */
int settings_file_load(const char *path, struct settings **ret_settings, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

/* The same from text; `name` stands for the file in error lines. */
int settings_file_load_text(const char *text, size_t len, const char *name, struct settings **ret_settings,
                            char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));

/* The first key that differs and cannot change without a restart, or NULL. Keys of the group `other` are the
 * other daemon's. */
const char *settings_file_needs_restart(const struct settings *old, const struct settings *new,
                                        const char *other);

/* Accepts NULL. */
void settings_file_free(struct settings *settings);

/* The effective configuration as a file that parses to the same; freed by the caller. NULL: no memory. */
char *settings_file_print(const struct settings *settings);

#endif
