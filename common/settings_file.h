/*
 * The configuration file: read, checked against the schema, printed.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5; libconfig's grammar
 * Fuzz: fuzz_settings
 *
 * Every error is one line `FILE:LINE: what is wrong; what is allowed`.
 */
#ifndef GATE64_COMMON_SETTINGS_FILE_H
#define GATE64_COMMON_SETTINGS_FILE_H

#include <libconfig.h>

#include "common/settings.h"
#include "common/settings_schema.h"

extern const char settings_file_default[]; /* SYSCONFDIR/gate64/gate64.conf */

/* Reads and checks `path`; NULL: settings_file_default, and the defaults if that is not there.
 * On failure negative errno and the line for the operator in `error`. */
int settings_file_load(const char *path, struct settings **ret_settings, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

/* The bytes of the file alone, freed by the caller; *ret_text is NULL when `path` is and the default file is
 * not there. */
int settings_file_read(const char *path, char **ret_text, size_t *ret_len, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

/* settings_file_load from text; `name` stands for the file in error lines. */
int settings_file_load_text(const char *text, size_t len, const char *name, struct settings **ret_settings,
                            char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));

/* The line of a key's path in a text that was loaded; 0: it does not stand there. */
int settings_file_line(const char *text, size_t len, const char *path);

/* Whether the key has another value; for a list of groups, whether any member has. False for a group and for
 * members of a list, which are told by their list. */
bool settings_file_differs(const struct settings_key *key, const struct settings *old,
                           const struct settings *new);

/* Whether the key stands in this group, such as "dns64". */
bool settings_file_in_group(const struct settings_key *key, const char *group);

/* The first key that differs and cannot change without a restart, or NULL. Keys of the group `other` are the
 * other daemon's. */
const char *settings_file_needs_restart(const struct settings *old, const struct settings *new,
                                        const char *other);

/* Accepts NULL. */
void settings_file_free(struct settings *settings);

/* The effective configuration as a file that parses to the same; freed by the caller. NULL: no memory. */
char *settings_file_print(const struct settings *settings);
/* The same without secrets, for whoever may look at a daemon. */
char *settings_file_show(const struct settings *settings);

#endif
