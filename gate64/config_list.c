/*
 * Layer: pure
 * Specification: libconfig's grammar
 */
#include "gate64/config_list.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Behind a comment or a string that begins at `at`; `at` itself if none does. */
static const char *skip_opaque(const char *at)
{
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end != NULL ? end + 2 : at + strlen(at);
    }
    if (*at != '"')
        return at;
    for (at++; *at != '\0' && *at != '"'; at++)
        if (*at == '\\' && at[1] != '\0')
            at++;
    return *at == '"' ? at + 1 : at;
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '*';
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* The '[' of the list if `at`, behind the key, goes on with one. */
static const char *find_open(const char *at)
{
    at += strspn(at, " \t\r\n");
    if (*at != '=' && *at != ':')
        return NULL;
    at++;
    at += strspn(at, " \t\r\n");
    return *at == '[' ? at : NULL;
}

static const char *find_close(const char *at)
{
    while (*at != '\0' && *at != ']') {
        const char *next = skip_opaque(at);
        at = next != at ? next : at + 1;
    }
    return *at == ']' ? at : NULL;
}

static void describe(const char *text, const char *open, const char *close, struct config_list *ret_list)
{
    const char *begin = open;
    while (begin > text && begin[-1] != '\n')
        begin--;
    *ret_list = (struct config_list){
        .first_line = line_of(text, open),
        .last_line = line_of(text, close),
        .before = begin,
        .before_len = (size_t)(open - begin),
        .after = close + 1,
        .after_len = strcspn(close + 1, "\n"),
    };
}

int config_list_find(const char *text, const char *key, struct config_list *ret_list)
{
    size_t key_len = strlen(key);
    int found = 0;
    for (const char *at = text; *at != '\0';) {
        const char *next = skip_opaque(at);
        if (next != at) {
            at = next;
            continue;
        }
        size_t len = 0;
        while (in_name(at[len]))
            len++;
        const char *open = len == key_len && strncmp(at, key, len) == 0 ? find_open(at + len) : NULL;
        const char *close = open != NULL ? find_close(open) : NULL;
        if (close != NULL && found++ == 0)
            describe(text, open, close, ret_list);
        at += len > 0 ? len : 1;
    }
    return found == 1 ? 0 : found == 0 ? -ENOENT : -EEXIST;
}
