/*
 * Where a list stands in the text of a configuration file, so that another one can take its place.
 *
 * Layer: pure
 * Specification: libconfig's grammar (comments, strings, arrays)
 */
#ifndef GATE64_GATE64_CONFIG_LIST_H
#define GATE64_GATE64_CONFIG_LIST_H

#include <stddef.h>

struct config_list {
    int first_line, last_line; /* that it stands on, from 1 */
    const char *before;        /* what the first line has in front of the '[' */
    size_t before_len;
    const char *after; /* what the last line has behind the ']' */
    size_t after_len;
};

/* Finds `key = [ ... ]`. 0, -ENOENT, or -EEXIST if it is there more than once. */
int config_list_find(const char *text, const char *key, struct config_list *ret_list)
    __attribute__((warn_unused_result));

#endif
