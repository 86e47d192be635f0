/*
 * Layer: edge
 * Specification: man/gate64.1; ECMA-48 8.3.117 (colours)
 */
#include "gate64/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate64/text.h"

struct print_table {
    FILE *out;
    bool colour;
    const struct print_column *columns;
    size_t columns_count;
    size_t rows_count;
    bool streaming; /* the widths stand, each row is printed as it comes */
    size_t widths[PRINT_COLUMNS];
    char cells[PRINT_SAMPLE][PRINT_COLUMNS][PRINT_CELL_LEN];
};

bool print_wants_colour(FILE *out)
{
    const char *refused = getenv("NO_COLOR");
    return isatty(fileno(out)) && (refused == NULL || refused[0] == '\0');
}

void print_styled(FILE *out, bool colour, enum print_style style, const char *text)
{
    static const char *const codes[] = {
        [PRINT_PLAIN] = "",
        [PRINT_HEADER] = "\033[1m",
        [PRINT_GOOD] = "\033[32m",
        [PRINT_BAD] = "\033[31m",
    };
    if (!colour || style == PRINT_PLAIN)
        fputs(text, out);
    else
        fprintf(out, "%s%s\033[0m", codes[style], text);
}

struct print_table *print_table_new(FILE *out, bool colour, const struct print_column *columns)
{
    struct print_table *table = malloc(sizeof(*table));
    if (table == NULL)
        return NULL;
    table->out = out;
    table->colour = colour;
    table->columns = columns;
    table->columns_count = 0;
    table->rows_count = 0;
    table->streaming = false;
    while (columns[table->columns_count].title != NULL && table->columns_count < PRINT_COLUMNS) {
        table->widths[table->columns_count] = text_columns(columns[table->columns_count].title);
        table->columns_count++;
    }
    return table;
}

static void pad(FILE *out, size_t columns)
{
    while (columns-- > 0)
        fputc(' ', out);
}

static void print_cell(const struct print_table *table, size_t column, const char *text,
                       enum print_style style)
{
    size_t width = text_columns(text);
    size_t fill = width < table->widths[column] ? table->widths[column] - width : 0;
    bool right = table->columns[column].right;
    if (column > 0)
        pad(table->out, 2);
    if (right)
        pad(table->out, fill);
    print_styled(table->out, table->colour, style, text);
    if (!right && column + 1 < table->columns_count) /* no blanks at the end of a line */
        pad(table->out, fill);
}

static void print_row(const struct print_table *table, char (*cells)[PRINT_CELL_LEN])
{
    for (size_t i = 0; i < table->columns_count; i++)
        print_cell(table, i, cells[i], PRINT_PLAIN);
    fputc('\n', table->out);
}

static void widen(struct print_table *table, char (*cells)[PRINT_CELL_LEN])
{
    for (size_t i = 0; i < table->columns_count; i++) {
        size_t width = text_columns(cells[i]);
        if (width > table->widths[i])
            table->widths[i] = width;
    }
}

/* The header and the rows that were kept to find the widths. */
static void begin_stream(struct print_table *table)
{
    for (size_t i = 0; i < table->rows_count; i++)
        widen(table, table->cells[i]);
    for (size_t i = 0; i < table->columns_count; i++)
        print_cell(table, i, table->columns[i].title, PRINT_HEADER);
    fputc('\n', table->out);
    for (size_t i = 0; i < table->rows_count; i++)
        print_row(table, table->cells[i]);
    table->rows_count = 0;
    table->streaming = true;
}

/* Prints the rows whose cells the caller has filled meanwhile. */
static void flush_rows(struct print_table *table)
{
    if (!table->streaming) {
        begin_stream(table);
        return;
    }
    for (size_t i = 0; i < table->rows_count; i++)
        print_row(table, table->cells[i]);
    table->rows_count = 0;
}

char (*print_table_row(struct print_table *table))[PRINT_CELL_LEN]
{
    size_t keep = table->streaming ? 1 : PRINT_SAMPLE;
    if (table->rows_count == keep)
        flush_rows(table);
    char(*cells)[PRINT_CELL_LEN] = table->cells[table->rows_count++];
    for (size_t i = 0; i < PRINT_COLUMNS; i++)
        cells[i][0] = '\0';
    return cells;
}

void print_table_finish(struct print_table *table)
{
    if (table == NULL)
        return;
    flush_rows(table);
    free(table);
}

void print_table_drop(struct print_table *table)
{
    free(table);
}

void print_json(FILE *out, const json_t *value)
{
    /* 15 digits: what a double holds for certain, so 0.576 comes out as it went in. */
    json_dumpf(value, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
    fputc('\n', out);
}

static void print_nothing(char cell[PRINT_CELL_LEN])
{
    memcpy(cell, "-", sizeof("-"));
}

void print_text(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL || text[0] == '\0')
        print_nothing(cell);
    else
        text_clean(text, cell, PRINT_CELL_LEN);
}

/* A number that is written by `write`. */
static void print_integer(char cell[PRINT_CELL_LEN], const json_t *object, const char *key,
                          char *(*write)(int64_t value, char buffer[TEXT_LEN]))
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        write(json_integer_value(value), cell);
    else
        print_nothing(cell);
}

void print_count(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    print_integer(cell, object, key, text_count);
}

static char *write_number(int64_t value, char buffer[TEXT_LEN])
{
    snprintf(buffer, TEXT_LEN, "%lld", (long long)value);
    return buffer;
}

void print_number(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    print_integer(cell, object, key, write_number);
}

static char *write_change(int64_t value, char buffer[TEXT_LEN])
{
    buffer[0] = '+';
    text_count(value, value > 0 ? buffer + 1 : buffer);
    return buffer;
}

void print_change(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    print_integer(cell, object, key, write_change);
}

void print_percent(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    enum { LONGEST = 1000 };
    const json_t *value = json_object_get(object, key);
    double percent = json_number_value(value);
    if (!json_is_number(value) || percent < 0 || percent > LONGEST)
        print_nothing(cell);
    else
        snprintf(cell, PRINT_CELL_LEN, "%.0f%%", percent);
}

void print_duration(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    print_integer(cell, object, key, text_duration);
}

void print_bytes(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    print_integer(cell, object, key, text_bytes);
}

void print_milliseconds(char cell[PRINT_CELL_LEN], const json_t *object, const char *key)
{
    enum { LONGEST_MS = 1000 * 1000 * 1000 };
    char number[TEXT_LEN];
    const json_t *value = json_object_get(object, key);
    double ms = json_number_value(value);
    if (!json_is_number(value) || ms < 0 || ms > LONGEST_MS)
        print_nothing(cell);
    else
        snprintf(cell, PRINT_CELL_LEN, "%s ms",
                 json_is_integer(value) ? text_count((int64_t)ms, number)
                                        : text_tenths((int64_t)(ms * 10 + 0.5), number));
}

void print_endpoint(char cell[PRINT_CELL_LEN], const json_t *object, const char *address_key,
                    const char *port_key)
{
    const json_t *port = json_object_get(object, port_key);
    print_text(cell, object, address_key);
    size_t len = strlen(cell);
    if (json_is_integer(port) && PRINT_CELL_LEN - len > TEXT_LEN)
        snprintf(cell + len, PRINT_CELL_LEN - len, "#%lld", (long long)json_integer_value(port));
}
