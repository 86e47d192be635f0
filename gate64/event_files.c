/*
 * Layer: edge
 * Specification: logrotate(8), journalctl(1)
 */
#include "gate64/event_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "gate64/spawn.h"

static int read_lines(FILE *in, event_files_take *take, void *context)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int r = 0;
    while (r == 0 && (len = getline(&line, &size, in)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            len--;
        r = take(context, line, (size_t)len);
    }
    if (r == 0 && ferror(in))
        r = -EIO;
    free(line);
    return r;
}

static int read_command(const char *const *arguments, const char *what, event_files_take *take, void *context,
                        char error[EVENT_FILES_ERROR_LEN])
{
    FILE *out;
    pid_t pid;
    int r = spawn_open(arguments, &out, &pid);
    if (r < 0) {
        snprintf(error, EVENT_FILES_ERROR_LEN, "cannot run %s for %s: %s; install it", arguments[0], what,
                 strerror(-r));
        return r;
    }
    r = read_lines(out, take, context);
    int end = spawn_close(out, pid);
    if (r == 0 && end < 0) {
        snprintf(error, EVENT_FILES_ERROR_LEN, "%s cannot read %s; try that command by hand", arguments[0],
                 what);
        r = end;
    }
    return r;
}

/* Who unpacks a file of that name; NULL: nobody need. */
static const char *unpacker(const char *file)
{
    static const struct {
        const char *end, *program;
    } known[] = {{".gz", "gzip"}, {".xz", "xz"}, {".zst", "zstd"}, {".bz2", "bzip2"}};
    size_t len = strlen(file);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t end = strlen(known[i].end);
        if (len > end && strcmp(file + len - end, known[i].end) == 0)
            return known[i].program;
    }
    return NULL;
}

int event_files_read(const char *file, event_files_take *take, void *context,
                     char error[EVENT_FILES_ERROR_LEN])
{
    const char *program = unpacker(file);
    snprintf(error, EVENT_FILES_ERROR_LEN, "out of memory");
    if (strcmp(file, "-") == 0)
        return read_lines(stdin, take, context);
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        int r = -errno;
        snprintf(error, EVENT_FILES_ERROR_LEN, "cannot read %s: %s%s", file, strerror(-r),
                 r == -EACCES ? "; it is for root and the group of `user`" : "");
        return r;
    }
    const char *const arguments[] = {program, "-dc", file, NULL};
    int r =
        program != NULL ? read_command(arguments, file, take, context, error) : read_lines(in, take, context);
    fclose(in);
    return r;
}

/* A file of the log, by when it was written last. */
struct found {
    struct timespec written;
    char path[PATH_MAX];
};

static int by_written(const void *a, const void *b)
{
    const struct timespec *x = &((const struct found *)a)->written, *y = &((const struct found *)b)->written;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Itself, or what logrotate makes of it: a number or a date behind a dot or a dash. */
static int is_ours(const char *name, const char *base)
{
    size_t len = strlen(base);
    if (strncmp(name, base, len) != 0)
        return 0;
    name += len;
    return name[0] == '\0' || ((name[0] == '.' || name[0] == '-') && name[1] >= '0' && name[1] <= '9');
}

static size_t find_files(const char *log, struct found *files)
{
    char folder[PATH_MAX];
    size_t count = 0;
    const struct dirent *entry;
    const char *slash = strrchr(log, '/');
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - log), log);
    DIR *directory = opendir(slash == log ? "/" : folder);
    while (directory != NULL && count < EVENT_FILES_MAX && (entry = readdir(directory)) != NULL) {
        struct found *file = &files[count];
        struct stat about;
        if (!is_ours(entry->d_name, slash + 1))
            continue;
        int len = snprintf(file->path, sizeof(file->path), "%s/%s", folder, entry->d_name);
        if (len >= (int)sizeof(file->path) || stat(file->path, &about) < 0 || !S_ISREG(about.st_mode))
            continue;
        file->written = about.st_mtim;
        count++;
    }
    if (directory != NULL)
        closedir(directory);
    qsort(files, count, sizeof(*files), by_written);
    return count;
}

int event_files_read_log(const char *log, event_files_take *take, void *context,
                         char error[EVENT_FILES_ERROR_LEN])
{
    static const char *const journal[] = {"journalctl", "-q", "-o", "cat", "GATE64_AREA=events", NULL};
    if (strcmp(log, "journal") == 0)
        return read_command(journal, "the journal", take, context, error);
    struct found *files = malloc(EVENT_FILES_MAX * sizeof(*files));
    if (files == NULL) {
        snprintf(error, EVENT_FILES_ERROR_LEN, "out of memory");
        return -ENOMEM;
    }
    size_t count = find_files(log, files);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        r = event_files_read(files[i].path, take, context, error);
        if (r == -ENOENT) /* it was rotated away meanwhile; its lines are in another */
            r = 0;
    }
    free(files);
    return r;
}
