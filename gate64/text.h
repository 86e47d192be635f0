/*
 * Values as a person reads them: counts, durations, sizes, and text from outside made harmless.
 *
 * Layer: pure
 * Specification: man/gate64.1; RFC 3629 4 (UTF-8), ECMA-48 (what moves a terminal's cursor)
 *
 * Printers write a NUL-terminated text and return `buffer`.
 */
#ifndef GATE64_GATE64_TEXT_H
#define GATE64_GATE64_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_LEN = 32, /* room for any number that this module prints, NUL included */
};

/* "1,234,567" */
char *text_count(int64_t value, char buffer[TEXT_LEN]);

/* Seconds in the two largest units: "45s", "2m05s", "1h59m", "3d04h". */
char *text_duration(int64_t seconds, char buffer[TEXT_LEN]);

/* "999 B", "1.5 kB", "20 MB": units of 1000. */
char *text_bytes(int64_t bytes, char buffer[TEXT_LEN]);

/* "12.3" from 123: a number with one decimal. */
char *text_tenths(int64_t tenths, char buffer[TEXT_LEN]);

/* Copies `source`, with everything that could steer a terminal or hide text (control characters, those
 * that change the direction of writing, those without width, bytes that are no UTF-8) written as \xNN or
 * \u{NNNN} and a backslash as two. What does not fit is cut and ends in "...". `size` is at least 4. */
char *text_clean(const char *source, char *buffer, size_t size);

/* Columns that a cleaned text takes: its characters. */
size_t text_columns(const char *text);

#endif
