/*
 * One value of the configuration: from libconfig into its place, and back to text.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#ifndef GATE64_COMMON_SETTINGS_VALUE_H
#define GATE64_COMMON_SETTINGS_VALUE_H

#include <libconfig.h>
#include <stdio.h>

#include "common/settings_schema.h"

/* How every list lies in struct settings: the items, then their number. */
struct settings_value_list {
    void *items;
    size_t count;
};

/* Into base + key->offset. -EINVAL when the value is not what the key allows, with the value in *ret_bad: the
 * setting, or the one item of its list. A list that is there already is freed first. Not for groups. */
int settings_value_read(const config_setting_t *setting, const struct settings_key *key, void *base,
                        const config_setting_t **ret_bad) __attribute__((warn_unused_result));

/* As it stands in the file, for an error line: without what a terminal would obey, cut to `size`. */
void settings_value_quote(const config_setting_t *setting, char *buffer, size_t size);

/* As it stands in a file, without the name. */
void settings_value_print(FILE *out, const struct settings_key *key, const void *base);

#endif
