/*
 * Tables, cells and JSON lines as they come out.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate64/print.h"

static const struct print_column columns[] = {
    {"NAME", false}, {"VALUE", true}, {"TEXT", false}, {NULL, false}};

/* What was written to a stream in memory. */
struct output {
    FILE *file;
    char *text;
    size_t len;
};

static void open_output(struct output *output)
{
    output->file = open_memstream(&output->text, &output->len);
    assert_non_null(output->file);
}

static void expect_output(struct output *output, const char *text)
{
    fclose(output->file);
    assert_string_equal(output->text, text);
    free(output->text);
}

static void add_row(struct print_table *table, const char *name, const char *value, const char *text)
{
    char(*cells)[PRINT_CELL_LEN] = print_table_row(table);
    strcpy(cells[0], name);
    strcpy(cells[1], value);
    strcpy(cells[2], text);
}

static void columns_are_aligned(void **state)
{
    struct output output;
    (void)state;
    open_output(&output);
    struct print_table *table = print_table_new(output.file, false, columns);
    add_row(table, "long name", "1", "a");
    add_row(table, "K\xc3\xb6ln", "123,456", "b");
    print_table_finish(table);
    expect_output(&output, "NAME         VALUE  TEXT\n"
                           "long name        1  a\n"
                           "K\xc3\xb6ln       123,456  b\n");
}

static void an_empty_table_has_its_header(void **state)
{
    struct output output;
    (void)state;
    open_output(&output);
    print_table_finish(print_table_new(output.file, false, columns));
    print_table_finish(NULL);
    expect_output(&output, "NAME  VALUE  TEXT\n");
}

static void a_dropped_table_prints_nothing(void **state)
{
    struct output output;
    (void)state;
    open_output(&output);
    struct print_table *table = print_table_new(output.file, false, columns);
    add_row(table, "a", "1", "b");
    print_table_drop(table);
    expect_output(&output, "");
}

static void colour_is_only_on_the_header(void **state)
{
    struct output output;
    (void)state;
    open_output(&output);
    struct print_table *table = print_table_new(output.file, true, columns);
    add_row(table, "a", "1", "b");
    print_table_finish(table);
    expect_output(&output, "\033[1mNAME\033[0m  \033[1mVALUE\033[0m  \033[1mTEXT\033[0m\n"
                           "a         1  b\n");
}

static void a_stream_in_memory_is_no_terminal(void **state)
{
    struct output output;
    (void)state;
    open_output(&output);
    assert_false(print_wants_colour(output.file));
    expect_output(&output, "");
}

/* Beyond the sample each row is printed as it comes, with the sample's widths. */
static void a_long_table_streams(void **state)
{
    enum { ROWS = 3 * PRINT_SAMPLE };
    struct output output;
    char number[16];
    int lines = 0;
    (void)state;
    open_output(&output);
    struct print_table *table = print_table_new(output.file, false, columns);
    for (int i = 0; i < ROWS; i++) {
        snprintf(number, sizeof(number), "%d", i);
        add_row(table, i == ROWS - 1 ? "much wider than the sample" : "row", number, "x");
        if (i == PRINT_SAMPLE + 1) {
            fflush(output.file);
            assert_non_null(strstr(output.text, "row     255  x\n"));
        }
    }
    print_table_finish(table);
    fclose(output.file);
    for (const char *at = output.text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, ROWS + 1);
    assert_non_null(strstr(output.text, "\nrow     766  x\nmuch wider than the sample    767  x\n"));
    free(output.text);
}

static void json_is_one_line_of_ascii(void **state)
{
    struct output output;
    json_t *value = json_pack("{s:s, s:i, s:f}", "b", "K\xc3\xb6ln\033\xe2\x80\xae", "a", 1, "c", 0.576);
    (void)state;
    open_output(&output);
    print_json(output.file, value);
    json_decref(value);
    expect_output(&output, "{\"b\":\"K\\u00F6ln\\u001B\\u202E\",\"a\":1,\"c\":0.576}\n");
}

static void expect_cell(void (*print)(char cell[PRINT_CELL_LEN], const json_t *object, const char *key),
                        const char *json, const char *text)
{
    char cell[PRINT_CELL_LEN] = "";
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    print(cell, object, "k");
    assert_string_equal(cell, text);
    json_decref(object);
}

static void cells_have_human_units(void **state)
{
    (void)state;
    expect_cell(print_text, "{\"k\":\"shop\"}", "shop");
    expect_cell(print_count, "{\"k\":1234567}", "1,234,567");
    expect_cell(print_duration, "{\"k\":7199}", "1h59m");
    expect_cell(print_duration, "{\"k\":null}", "-");
    expect_cell(print_change, "{\"k\":1234}", "+1,234");
    expect_cell(print_change, "{\"k\":-1234}", "-1,234");
    expect_cell(print_change, "{\"k\":0}", "0");
    expect_cell(print_percent, "{\"k\":61}", "61%");
    expect_cell(print_percent, "{\"k\":99.7}", "100%");
    expect_cell(print_percent, "{\"k\":-1}", "-");
    expect_cell(print_percent, "{\"k\":1e300}", "-");
    expect_cell(print_bytes, "{\"k\":1500}", "1.5 kB");
    expect_cell(print_milliseconds, "{\"k\":12}", "12 ms");
    expect_cell(print_milliseconds, "{\"k\":0.4567}", "0.5 ms");
}

static void what_is_missing_or_of_another_type_is_a_dash(void **state)
{
    void (*const prints[])(char cell[PRINT_CELL_LEN], const json_t *object,
                           const char *key) = {print_text,     print_count, print_change,      print_percent,
                                               print_duration, print_bytes, print_milliseconds};
    static const char *const objects[] = {"{}",         "{\"k\":null}", "{\"k\":[1]}",
                                          "{\"k\":{}}", "{\"k\":true}", "[]"};
    (void)state;
    for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++)
        for (size_t k = 0; k < sizeof(objects) / sizeof(objects[0]); k++)
            expect_cell(prints[i], objects[k], "-");
    expect_cell(print_text, "{\"k\":\"\"}", "-");
    expect_cell(print_text, "{\"k\":7}", "-");
    expect_cell(print_count, "{\"k\":\"7\"}", "-");
    expect_cell(print_count, "{\"k\":1.5}", "-");
    expect_cell(print_milliseconds, "{\"k\":1e300}", "-");
    expect_cell(print_milliseconds, "{\"k\":-1}", "-");
}

static void expect_endpoint(const char *json, const char *text)
{
    char cell[PRINT_CELL_LEN] = "";
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    print_endpoint(cell, object, "a", "p");
    assert_string_equal(cell, text);
    json_decref(object);
}

static void endpoints_are_written_as_in_the_file(void **state)
{
    (void)state;
    expect_endpoint("{\"a\":\"2001:db8::5\",\"p\":80}", "2001:db8::5#80");
    expect_endpoint("{\"a\":\"192.0.2.1\"}", "192.0.2.1");
    expect_endpoint("{\"p\":80}", "-#80");
    expect_endpoint("{\"a\":\"\\u001b\",\"p\":9223372036854775807}", "\\x1b#9223372036854775807");
}

static void a_long_text_is_cut_to_its_cell(void **state)
{
    char json[1024] = "{\"a\":\"", cell[PRINT_CELL_LEN];
    (void)state;
    memset(json + 6, 'x', 500);
    strcpy(json + 506, "\",\"p\":80}");
    json_t *object = json_loads(json, 0, NULL);
    print_endpoint(cell, object, "a", "p");
    assert_int_equal(strlen(cell), PRINT_CELL_LEN - 1);
    assert_string_equal(cell + PRINT_CELL_LEN - 5, "x...");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(an_empty_table_has_its_header),
        cmocka_unit_test(a_dropped_table_prints_nothing),
        cmocka_unit_test(colour_is_only_on_the_header),
        cmocka_unit_test(a_stream_in_memory_is_no_terminal),
        cmocka_unit_test(a_long_table_streams),
        cmocka_unit_test(json_is_one_line_of_ascii),
        cmocka_unit_test(cells_have_human_units),
        cmocka_unit_test(what_is_missing_or_of_another_type_is_a_dash),
        cmocka_unit_test(endpoints_are_written_as_in_the_file),
        cmocka_unit_test(a_long_text_is_cut_to_its_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
