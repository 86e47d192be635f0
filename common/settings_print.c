/*
 * The effective configuration as a file: the schema walked in its own order.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"
#include "common/settings_value.h"

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path != '\0'; path++)
        depth += *path == '.';
    return depth;
}

static void indent(FILE *out, int depth)
{
    fprintf(out, "%*s", 4 * depth, "");
}

static void print_members(FILE *out, const struct settings_key *key, const void *base, int depth);

/* The name behind a list's path, if the key is a member of its groups itself. */
static const char *member_of(const struct settings_key *key, const char *list)
{
    size_t len = strlen(list);
    if (strncmp(key->path, list, len) != 0 || strncmp(key->path + len, "[].", 3) != 0)
        return NULL;
    const char *name = key->path + len + 3;
    return strchr(name, '[') == NULL ? name : NULL;
}

/* { a = 1; b = 2; } for one element of a list of groups. */
static void print_element(FILE *out, const char *list, const void *element, int depth)
{
    fputs("    { ", out);
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        const char *name = member_of(key, list);
        if (name == NULL)
            continue;
        fprintf(out, "%s = ", name);
        if (key->type == SETTINGS_TYPE_GROUPS)
            print_members(out, key, element, depth + 1);
        else
            settings_value_print(out, key, element);
        fputs("; ", out);
    }
    fputs("}", out);
}

/* ( { ... }, ... ) */
static void print_members(FILE *out, const struct settings_key *key, const void *base, int depth)
{
    const struct settings_value_list *list = (const void *)((const char *)base + key->offset);
    const struct settings_element *element = settings_schema_element(key);
    fputc('(', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        indent(out, depth);
        print_element(out, key->path, (const char *)list->items + i * element->size, depth);
    }
    if (list->count > 0) {
        fputc('\n', out);
        indent(out, depth);
    }
    fputc(')', out);
}

static void print_groups(FILE *out, const struct settings_key *key, const struct settings *settings)
{
    int depth = depth_of(key->path);
    indent(out, depth);
    fprintf(out, "%s = ", last_part(key->path));
    print_members(out, key, settings, depth);
    fputs(";\n", out);
}

static void close_groups(FILE *out, int *depth, int down_to)
{
    while (*depth > down_to) {
        (*depth)--;
        indent(out, *depth);
        fputs("};\n", out);
    }
}

static void print_key(FILE *out, const struct settings_key *key, const struct settings *settings, int *depth)
{
    if (strstr(key->path, "[]") != NULL)
        return; /* printed with its list */
    close_groups(out, depth, depth_of(key->path));
    if (key->type == SETTINGS_TYPE_GROUPS) {
        print_groups(out, key, settings);
        return;
    }
    indent(out, *depth);
    if (key->type == SETTINGS_TYPE_GROUP) {
        fprintf(out, "%s: {\n", last_part(key->path));
        (*depth)++;
    } else {
        fprintf(out, "%s = ", last_part(key->path));
        settings_value_print(out, key, settings);
        fputs(";\n", out);
    }
}

/* A value as it is printed; freed by the caller. */
static char *value_text(const struct settings_key *key, const struct settings *settings)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    if (key->type == SETTINGS_TYPE_GROUPS)
        print_groups(out, key, settings);
    else
        settings_value_print(out, key, settings);
    fclose(out);
    return text;
}

bool settings_file_differs(const struct settings_key *key, const struct settings *old,
                           const struct settings *new)
{
    if (key->type == SETTINGS_TYPE_GROUP || strstr(key->path, "[]") != NULL)
        return false;
    char *a = value_text(key, old), *b = value_text(key, new);
    bool result = a == NULL || b == NULL || strcmp(a, b) != 0;
    free(a);
    free(b);
    return result;
}

bool settings_file_in_group(const struct settings_key *key, const char *group)
{
    size_t len = strlen(group);
    return strncmp(key->path, group, len) == 0 && (key->path[len] == '.' || key->path[len] == '\0');
}

const char *settings_file_needs_restart(const struct settings *old, const struct settings *new,
                                        const char *other)
{
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (key->restart && !settings_file_in_group(key, other) && settings_file_differs(key, old, new))
            return key->path;
    }
    return NULL;
}

char *settings_file_show(const struct settings *settings)
{
    struct settings shown = *settings;
    memset(shown.dns64.cookie_secret, 0, sizeof(shown.dns64.cookie_secret));
    return settings_file_print(&shown);
}

char *settings_file_print(const struct settings *settings)
{
    char *text = NULL;
    size_t len;
    int depth = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < settings_schema_count; i++)
        print_key(out, &settings_schema[i], settings, &depth);
    close_groups(out, &depth, 0);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
