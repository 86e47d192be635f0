/*
 * A look at the raw text of the configuration, for what libconfig would accept without a word (integers that
 * do not fit 32 bits, @include, all that stands behind a NUL) or report at the wrong place (what is never
 * closed).
 *
 * Layer: pure
 * Specification: libconfig manual 3 (grammar)
 */
#ifndef GATE64_COMMON_SETTINGS_TEXT_H
#define GATE64_COMMON_SETTINGS_TEXT_H

#include <stddef.h>

enum settings_text_fault {
    SETTINGS_TEXT_OK,
    SETTINGS_TEXT_INTEGER, /* beyond 32 bits */
    SETTINGS_TEXT_INCLUDE,
    SETTINGS_TEXT_NUL,
    SETTINGS_TEXT_UNCLOSED, /* a bracket, string or comment; the line is that of its beginning */
};

enum {
    SETTINGS_TEXT_PATH_LEN = 96,
};

/* The first fault and its line. ret_path is for an integer the path of its key as the schema has it, for what
 * is unclosed the sign that opens it, else of no meaning. */
enum settings_text_fault settings_text_check(const char *text, size_t len, int *ret_line,
                                             char ret_path[SETTINGS_TEXT_PATH_LEN]);

#endif
