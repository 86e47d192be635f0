/*
 * What the operator sees: tables in aligned columns, or JSON.
 *
 * Layer: edge
 * Specification: man/gate64.1
 *
 * A table takes its widths from its first PRINT_SAMPLE rows, prints those, and then prints each further
 * row at once, so a list of any length streams. Every text is cleaned (text_clean) on its way to a cell,
 * and JSON is written in ASCII, so nothing that a daemon sends can steer the terminal.
 */
#ifndef GATE64_GATE64_PRINT_H
#define GATE64_GATE64_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    PRINT_CELL_LEN = 128,
    PRINT_COLUMNS = 12, /* most columns of a table */
    PRINT_SAMPLE = 256,
};

enum print_style { PRINT_PLAIN, PRINT_HEADER, PRINT_GOOD, PRINT_BAD };

struct print_column {
    const char *title;
    bool right; /* numbers stand to the right */
};

struct print_table;

/* Whether `out` is a terminal that wants colour (NO_COLOR is obeyed). */
bool print_wants_colour(FILE *out);

/* `columns` ends with a NULL title and outlives the table. NULL: no memory. */
struct print_table *print_table_new(FILE *out, bool colour, const struct print_column *columns);
/* The cells of a new row, each PRINT_CELL_LEN long and empty; good until the next call. */
char (*print_table_row(struct print_table *table))[PRINT_CELL_LEN];
/* Prints what is left, at least the header. Accepts NULL. */
void print_table_finish(struct print_table *table);
/* Frees without printing what is left. Accepts NULL. */
void print_table_drop(struct print_table *table);

void print_styled(FILE *out, bool colour, enum print_style style, const char *text);

/* One line of JSON. */
void print_json(FILE *out, const json_t *value);

/* Members of an object as cells; one that is missing or of another type is "-". */
void print_text(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
void print_count(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
/* Without separators: what is no count, such as a process ID. */
void print_number(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
/* With its sign: a change. */
void print_change(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
/* A share of a hundred, whole or with a fraction, as "12%". */
void print_percent(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
void print_duration(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
void print_bytes(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
/* Milliseconds, whole or with a fraction. */
void print_milliseconds(char cell[PRINT_CELL_LEN], const json_t *object, const char *key);
/* `ADDRESS#PORT`, from two members. */
void print_endpoint(char cell[PRINT_CELL_LEN], const json_t *object, const char *address_key,
                    const char *port_key);

#endif
