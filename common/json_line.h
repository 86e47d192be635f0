/*
 * One line of JSON in the making: an object with its time first, as both daemons log.
 *
 * Layer: pure
 * Specification: RFC 8259 7 (strings), RFC 3629 4 (UTF-8)
 *
 * What does not fit is cut off; a caller's `size` is such that it does.
 */
#ifndef GATE64_COMMON_JSON_LINE_H
#define GATE64_COMMON_JSON_LINE_H

#include <stddef.h>
#include <stdint.h>

struct json_line {
    char *text;
    size_t size, len;
};

/* {"time":"2026-11-26T04:00:00.123Z" */
struct json_line json_line_begin(char *text, size_t size, uint64_t utc_ns);
/* } and the line end; returns the length. */
size_t json_line_end(struct json_line *line);

/* As it is. */
void json_line_raw(struct json_line *line, const char *text);
/* ,"key":"text" of a text that needs no escape */
void json_line_text(struct json_line *line, const char *key, const char *text);
void json_line_number(struct json_line *line, const char *key, uint64_t value);
void json_line_signed(struct json_line *line, const char *key, int64_t value);
/* Thousandths, as 12.345. */
void json_line_thousandths(struct json_line *line, const char *key, uint64_t value);
void json_line_time(struct json_line *line, const char *key, uint64_t utc_ns);
/* A name that somebody else chose: what JSON would take for something else is escaped, what is no text is a
 * question mark, so that the line can be read in any case. */
void json_line_name(struct json_line *line, const char *key, const char *name);

#endif
