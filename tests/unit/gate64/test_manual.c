/*
 * The manual and the sample file against the schema: each key has its entry, and each example parses.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/settings_file.h"

enum {
    TEXT_MAX = 128 * 1024,
    ENTRY_MAX = 1024,
};

static const char item[] = "\n.It Ic ";
static const char example_begin[] = "\n.Bd -literal -compact\n";
static const char example_end[] = "\n.Ed";

/* A file of the source tree, as text with a NUL behind it. */
static char *read_source(const char *name)
{
    char path[4096];
    const char *source = getenv("G64_SOURCE"); /* set by make check */
    snprintf(path, sizeof(path), "%s/%s", source != NULL ? source : ".", name);
    FILE *in = fopen(path, "r");
    char *text = calloc(1, TEXT_MAX);
    assert_non_null(in);
    assert_non_null(text);
    assert_true(fread(text, 1, TEXT_MAX - 1, in) < TEXT_MAX - 1);
    fclose(in);
    return text;
}

static void expect_parses(const char *name, const char *text)
{
    struct settings *settings;
    char error[SETTINGS_ERROR_LEN];
    if (settings_file_load_text(text, strlen(text), name, &settings, error) < 0) {
        print_error("%s\n%s\n", text, error);
        fail();
    }
    settings_file_free(settings);
}

/* Type, range and default stand in the manual as the schema has them. */
static void every_key_has_its_entry(void **state)
{
    char *manual = read_source("man/gate64.conf.5"), entry[ENTRY_MAX], allowed[ENTRY_MAX / 2];
    (void)state;
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (key->type == SETTINGS_TYPE_GROUP)
            continue;
        settings_schema_allowed(key, allowed, sizeof(allowed));
        allowed[0] = (char)toupper((unsigned char)allowed[0]);
        const struct settings_key *outside = settings_schema_inherited(key);
        const char *fallback = outside != NULL ? outside->path : key->fallback;
        snprintf(entry, sizeof(entry), "%s%s\n%s; %s%s.\n", item, key->path, allowed,
                 outside != NULL    ? "default that of "
                 : fallback != NULL ? "default "
                                    : "required",
                 fallback != NULL ? fallback : "");
        if (strstr(manual, entry) == NULL) {
            print_error("man/gate64.conf.5 lacks:%s", entry);
            fail();
        }
    }
    free(manual);
}

/* The list of keys that need a restart is that of the schema, in its order. */
static void keys_that_need_a_restart(void **state)
{
    static const char begin[] = "restart of the daemon only:\n.Bl -bullet -compact\n", bullet[] = ".It\n.Ic ";
    char *manual = read_source("man/gate64.conf.5");
    const char *at = strstr(manual, begin);
    (void)state;
    assert_non_null(at);
    at += strlen(begin);
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (!key->restart)
            continue;
        size_t len = strlen(key->path);
        if (strncmp(at, bullet, strlen(bullet)) != 0 || strncmp(at + strlen(bullet), key->path, len) != 0 ||
            at[strlen(bullet) + len] != '\n') {
            print_error("man/gate64.conf.5 lacks %s among the keys that need a restart\n", key->path);
            fail();
        }
        at += strlen(bullet) + len + 1;
    }
    assert_memory_equal(at, ".El\n", 4);
    free(manual);
}

/* Nothing is described that the programs would refuse. */
static void every_entry_is_a_key(void **state)
{
    char *manual = read_source("man/gate64.conf.5"), path[128];
    int entries = 0;
    (void)state;
    for (const char *at = manual; (at = strstr(at, item)) != NULL; entries++) {
        at += strlen(item);
        assert_true(snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, "\n"), at) < (int)sizeof(path));
        if (settings_schema_find(path) == NULL) {
            print_error("man/gate64.conf.5 describes %s\n", path);
            fail();
        }
    }
    assert_true(entries > 0);
    free(manual);
}

/* The example of a key as a whole file: a member of a group gets the rest of its group. */
static void example_file(const char *path, const char *example, char file[ENTRY_MAX])
{
    static const struct {
        const char *path, *before, *after;
    } frames[] = {
        {"pref64[].", "pref64 = ( { prefix = \"64:ff9b::/96\"; ", " } );"},
        {"pools[].address", "pools = ( { ", " } );"},
        {"pools[].", "pools = ( { address = \"192.0.2.1\"; ", " } );"},
        {"eam[].ipv4", "eam = ( { ipv6 = \"2001:db8::/64\"; ", " } );"},
        {"eam[].ipv6", "eam = ( { ipv4 = \"192.0.2.16/28\"; ", " } );"},
        {"static[].name",
         "static = ( { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::5#80\"; ", " } );"},
        {"static[].protocol", "static = ( { ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::5#80\"; ", " } );"},
        {"static[].ipv4", "static = ( { protocol = \"tcp\"; ipv6 = \"2001:db8::5#80\"; ", " } );"},
        {"static[].from", "static = ( { ipv4 = \"192.0.2.1#80\"; ipv6 = \"2001:db8::5#80\"; ", " } );"},
        {"static[].ipv6", "static = ( { protocol = \"tcp\"; ipv4 = \"192.0.2.1#80\"; ", " } );"},
    };
    const char *before = "", *after = "";
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]) && before[0] == '\0'; i++)
        if (strncmp(path, frames[i].path, strlen(frames[i].path)) == 0 &&
            strncmp(example, "pref64 ", 7) != 0) {
            before = frames[i].before;
            after = frames[i].after;
        }
    const char *pool =
        strncmp(path, "static", 6) == 0 ? "pools = ( { address = \"192.0.2.0/28\"; } );\n" : "";
    assert_true(snprintf(file, ENTRY_MAX, "%s%s%s%s\n", pool, before, example, after) < ENTRY_MAX);
}

static void every_example_parses(void **state)
{
    char *manual = read_source("man/gate64.conf.5"), example[ENTRY_MAX], file[ENTRY_MAX], start[ENTRY_MAX];
    (void)state;
    for (size_t i = 0; i < settings_schema_count; i++) {
        const char *path = settings_schema[i].path;
        if (settings_schema[i].type == SETTINGS_TYPE_GROUP)
            continue;
        snprintf(start, sizeof(start), "%s%s\n", item, path);
        const char *at = strstr(manual, start);
        assert_non_null(at);
        const char *begin = strstr(at, example_begin);
        assert_non_null(begin);
        begin += strlen(example_begin);
        const char *end = strstr(begin, example_end);
        assert_non_null(end);
        assert_true(snprintf(example, sizeof(example), "%.*s", (int)(end - begin), begin) <
                    (int)sizeof(example));
        example_file(path, example, file);
        expect_parses(path, file);
    }
    free(manual);
}

/* Those at the manual's end, each of which is a file of its own. */
static void every_whole_example_parses(void **state)
{
    static const char begin[] = "\n.Bd -literal -offset indent\n";
    enum { EXAMPLES_AT_LEAST = 12 };
    char *manual = read_source("man/gate64.conf.5"), file[ENTRY_MAX];
    int examples = 0;
    (void)state;
    const char *at = strstr(manual, "\n.Sh EXAMPLES\n");
    assert_non_null(at);
    for (; (at = strstr(at, begin)) != NULL; examples++) {
        at += strlen(begin);
        const char *end = strstr(at, example_end);
        assert_non_null(end);
        assert_true(snprintf(file, sizeof(file), "%.*s\n", (int)(end - at), at) < (int)sizeof(file));
        expect_parses("an example of gate64.conf(5)", file);
    }
    assert_true(examples >= EXAMPLES_AT_LEAST);
    free(manual);
}

static void the_sample_file_parses(void **state)
{
    char *sample = read_source("packaging/gate64.conf.example");
    (void)state;
    expect_parses("gate64.conf.example", sample);
    free(sample);
}

/* With every setting of it that is commented out put into force, too. */
static void the_sample_file_parses_uncommented(void **state)
{
    char *sample = read_source("packaging/gate64.conf.example");
    int settings = 0;
    (void)state;
    for (char *line = sample; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        /* "#key", and inside of a group "#    key"; prose is "# Text" or "#   text" */
        if (line[0] == '#' && line[1] != '\n' && (line[1] != ' ' || strncmp(line, "#    ", 5) == 0)) {
            line[0] = ' ';
            settings++;
        }
    }
    assert_true(settings > 10);
    expect_parses("gate64.conf.example, uncommented", sample);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_entry),
        cmocka_unit_test(keys_that_need_a_restart),
        cmocka_unit_test(every_entry_is_a_key),
        cmocka_unit_test(every_example_parses),
        cmocka_unit_test(every_whole_example_parses),
        cmocka_unit_test(the_sample_file_parses),
        cmocka_unit_test(the_sample_file_parses_uncommented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
