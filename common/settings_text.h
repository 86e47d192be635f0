/*
 * A look at the raw text of the configuration, for what libconfig would accept without a word: integers that
 * do not fit 32 bits, and @include.
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
};

enum {
    SETTINGS_TEXT_PATH_LEN = 96,
};

/* The first fault, its line, and for an integer the path of its key as the schema has it ("" if too deep). */
enum settings_text_fault settings_text_check(const char *text, size_t len, int *ret_line,
                                             char ret_path[SETTINGS_TEXT_PATH_LEN]);

#endif
