/*
 * Layer: edge
 * Specification: proc(5)
 */
#include "gate64/host_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_LEN = 256,
    LINE_LEN = 64,
    STEP_LEN = 64 * 1024,
    FILE_MAX = 64 * 1024 * 1024, /* a list of sockets may be long, but has an end */
};

int host_file_line(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    char *line = fgets(buffer, (int)size, file);
    fclose(file);
    if (line == NULL)
        return -ENODATA;
    buffer[strcspn(buffer, "\n")] = '\0';
    return 0;
}

int host_file_read(const char *path, char **ret_text)
{
    char *text = NULL;
    size_t len = 0, n;
    int r = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    do {
        char *grown = len < FILE_MAX ? realloc(text, len + STEP_LEN + 1) : NULL;
        if (grown == NULL) {
            r = len < FILE_MAX ? -ENOMEM : -EFBIG;
            break;
        }
        text = grown;
        n = fread(text + len, 1, STEP_LEN, file);
        len += n;
    } while (n == STEP_LEN);
    if (r == 0 && ferror(file))
        r = -EIO;
    fclose(file);
    if (r < 0) {
        free(text);
        return r;
    }
    text[len] = '\0';
    *ret_text = text;
    return 0;
}

int host_file_sysctl(const char *path, int *ret_value)
{
    char name[PATH_LEN], line[LINE_LEN];
    if (snprintf(name, sizeof(name), "/proc/sys/net/%s", path) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    int r = host_file_line(name, line, sizeof(line));
    if (r < 0)
        return r;
    *ret_value = atoi(line);
    return 0;
}
