/*
 * Layer: edge
 * Specification: open(2), getline(3)
 */
#include "dns64/edge/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO or a device would be waited for. */
static int open_regular(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &info) < 0           ? -errno
            : S_ISDIR(info.st_mode)        ? -EISDIR
            : !S_ISREG(info.st_mode)       ? -EINVAL
            : info.st_size > LINE_FILE_MAX ? -EFBIG
                                           : 0;
    if (r == 0)
        return fd;
    close(fd);
    return r;
}

static int cannot(int r, const char *path, const char *advice, char error[SETTINGS_ERROR_LEN])
{
    snprintf(error, SETTINGS_ERROR_LEN, "%s:0: cannot read it: %s; %s", path, strerror(-r), advice);
    return r;
}

int line_file_read(const char *path, const char *advice, line_file_take *take, void *context,
                   char error[SETTINGS_ERROR_LEN])
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int r = 0, fd = open_regular(path);
    if (fd < 0)
        return cannot(fd, path, advice, error);
    FILE *in = fdopen(fd, "r");
    if (in == NULL) {
        close(fd);
        return -ENOMEM;
    }
    for (unsigned number = 1; r == 0 && (len = getline(&line, &size, in)) >= 0; number++) {
        if (len > 0 && line[len - 1] == '\n')
            line[--len] = '\0';
        r = take(context, number, line, (size_t)len);
    }
    if (r == 0 && ferror(in))
        r = cannot(-EIO, path, advice, error);
    free(line);
    fclose(in);
    return r;
}
