/*
 * Layer: edge
 * Specification: man/gate64.conf.5 (never, always, hide-a)
 */
#include "dns64/edge/list_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dns64/edge/line_file.h"

static const char blanks[] = " \t\r\n";

enum {
    QUOTED_MAX = 80,
};

/* The entry of a line, without what surrounds it; "" for none. */
static char *entry_of(char *line)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, blanks);
    size_t len = strlen(line);
    while (len > 0 && strchr(blanks, line[len - 1]) != NULL)
        len--;
    line[len] = '\0';
    return line;
}

/* Not what a terminal would obey. */
static void wrong_entry(const char *path, unsigned number, char *entry, char error[SETTINGS_ERROR_LEN])
{
    for (char *p = entry; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    snprintf(error, SETTINGS_ERROR_LEN,
             "%s:%u: no domain: %.*s; allowed: example.com, *.example.com, =example.com, one a line", path,
             number, QUOTED_MAX, entry);
}

struct reading {
    struct list *list;
    const char *path;
    char *error;
};

static int take_line(void *context, unsigned number, char *line, size_t len)
{
    struct reading *reading = context;
    char *entry = entry_of(line);
    (void)len;
    int r = entry[0] == '\0' ? 0 : list_add(reading->list, entry);
    if (r == -EINVAL)
        wrong_entry(reading->path, number, entry, reading->error);
    return r;
}

int list_file_read(const char *path, struct list *list, char error[SETTINGS_ERROR_LEN])
{
    struct reading reading = {list, path, error};
    return line_file_read(path, "name a readable file in file:PATH", take_line, &reading, error);
}
