/*
 * Layer: edge
 * Specification: man/gate64.conf.5 (never, always, hide-a)
 */
#include "dns64/edge/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int read_lines(FILE *in, const char *path, struct list *list, char error[SETTINGS_ERROR_LEN])
{
    char *line = NULL;
    size_t size = 0;
    int r = 0;
    for (unsigned number = 1; r == 0 && getline(&line, &size, in) >= 0; number++) {
        char *entry = entry_of(line);
        r = entry[0] == '\0' ? 0 : list_add(list, entry);
        if (r == -EINVAL)
            wrong_entry(path, number, entry, error);
    }
    if (r == 0 && ferror(in)) {
        snprintf(error, SETTINGS_ERROR_LEN, "%s:0: cannot read it whole", path);
        r = -EIO;
    }
    free(line);
    return r;
}

/* A FIFO or a device would be waited for. */
static int open_regular(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &info) < 0 ? -errno : S_ISREG(info.st_mode) ? 0 : -EINVAL;
    if (r == 0)
        return fd;
    close(fd);
    return r;
}

int list_file_read(const char *path, struct list *list, char error[SETTINGS_ERROR_LEN])
{
    int fd = open_regular(path);
    if (fd < 0) {
        snprintf(error, SETTINGS_ERROR_LEN, "%s:0: cannot read it: %s; name a readable file in file:PATH",
                 path, strerror(-fd));
        return fd;
    }
    FILE *in = fdopen(fd, "r");
    if (in == NULL) {
        close(fd);
        return -ENOMEM;
    }
    int r = read_lines(in, path, list, error);
    fclose(in);
    return r;
}
