/*
 * Layer: edge
 * Specification: open(2) O_APPEND, flock(2), rename(2)
 */
#include "nat64d/keeper/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/service.h"

enum {
    PATH_LEN = 320,
    HEAD_LEN = 80,
    MODE = 0600,
    LOCK_TRIES = 200, /* 10 s: longer than a command of ours waits for the kernel's tables */
    LOCK_WAIT_NS = 50000000,
};

struct record_file {
    char path[PATH_LEN];
    int folder, fd;
    struct record_entry *entries;
    size_t count, size;
    size_t hint; /* where the last look-up ended: they come in the order of the entries */
};

/* Where and when the record is true: `boot ID NETNS`. */
static void print_head(char head[HEAD_LEN])
{
    char boot[40] = "unknown";
    struct stat net = {0};
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file != NULL) {
        if (fscanf(file, "%39s", boot) != 1)
            boot[0] = '\0';
        fclose(file);
    }
    if (stat("/proc/self/ns/net", &net) < 0)
        net.st_ino = 0;
    snprintf(head, HEAD_LEN, "boot %s %lu\n", boot, (unsigned long)net.st_ino);
}

static int lock_folder(int fd)
{
    const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (errno != EWOULDBLOCK || i == LOCK_TRIES)
            return -errno;
        nanosleep(&wait, NULL);
    }
    return 0;
}

static size_t find(const struct record_file *file, const struct record_entry *key)
{
    for (size_t i = 0; i < file->count; i++) {
        size_t at = (file->hint + i) % file->count;
        if (record_same(&file->entries[at], key))
            return at;
    }
    return file->count;
}

static int append(struct record_file *file, const struct record_entry *entry)
{
    if (file->count == file->size) {
        size_t size = file->size == 0 ? 64 : file->size * 2;
        struct record_entry *entries = realloc(file->entries, size * sizeof(*entries));
        if (entries == NULL)
            return -ENOMEM;
        file->entries = entries;
        file->size = size;
    }
    file->entries[file->count++] = *entry;
    return 0;
}

static int apply(struct record_file *file, enum record_mark mark, const struct record_entry *entry)
{
    size_t at = find(file, entry);
    file->hint = at;
    if (at == file->count)
        return mark == RECORD_BEGUN ? append(file, entry) : 0;
    switch (mark) {
    case RECORD_BEGUN: file->entries[at] = *entry; break;
    case RECORD_DONE: file->entries[at].done = true; break;
    case RECORD_UNDONE:
        memmove(&file->entries[at], &file->entries[at + 1], (file->count - at - 1) * sizeof(*entry));
        file->count--;
        break;
    }
    return 0;
}

static int read_lines(struct record_file *file, FILE *stream)
{
    char line[RECORD_LINE_LEN], head[HEAD_LEN];
    print_head(head);
    if (fgets(line, sizeof(line), stream) == NULL)
        return 0;
    if (strcmp(line, head) != 0) {
        log_info("host", "%s is of another boot or network namespace; what it names is gone", file->path);
        return 0;
    }
    while (fgets(line, sizeof(line), stream) != NULL) {
        struct record_entry entry;
        enum record_mark mark;
        line[strcspn(line, "\n")] = '\0';
        if (record_parse(line, &mark, &entry) < 0) {
            log_warning("host", "%s: a line cannot be read: \"%s\"; continuing without it", file->path, line);
            continue;
        }
        int r = apply(file, mark, &entry);
        if (r < 0)
            return r;
    }
    return ferror(stream) ? -EIO : 0;
}

static int load(struct record_file *file)
{
    FILE *stream = fopen(file->path, "re");
    if (stream == NULL)
        return errno == ENOENT ? 0 : -errno;
    int r = read_lines(file, stream);
    fclose(stream);
    return r;
}

/* The lines in force into a new file, which then takes the place of the old one. */
static int rewrite(struct record_file *file)
{
    char path[PATH_LEN + 8], head[HEAD_LEN], line[RECORD_LINE_LEN];
    snprintf(path, sizeof(path), "%s.new", file->path);
    FILE *stream = fopen(path, "we");
    if (stream == NULL)
        return -errno;
    print_head(head);
    fputs(head, stream);
    for (size_t i = 0; i < file->count; i++) {
        fputs(record_print(RECORD_BEGUN, &file->entries[i], line), stream);
        if (file->entries[i].done)
            fputs(record_print(RECORD_DONE, &file->entries[i], line), stream);
    }
    bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed)
        return -EIO;
    return rename(path, file->path) < 0 ? -errno : 0;
}

static int begin_file(struct record_file *file)
{
    int r = rewrite(file);
    if (r < 0)
        return r;
    file->fd = open(file->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    return file->fd < 0 ? -errno : 0;
}

int record_file_open(const char *folder, struct record_file **ret_file)
{
    struct record_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return -ENOMEM;
    file->fd = -1;
    file->folder = -1;
    int r = snprintf(file->path, sizeof(file->path), "%s/host", folder) < (int)sizeof(file->path)
                ? service_make_folders(folder)
                : -ENAMETOOLONG;
    if (r < 0)
        goto out;
    file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r = file->folder < 0 ? -errno : lock_folder(file->folder);
    if (r == 0)
        r = load(file);
    if (r < 0)
        goto out;
    *ret_file = file;
    return 0;
out:
    log_error("host",
              "cannot open the host record %s/host: %s; run nat64d as root or choose another state-dir",
              folder, strerror(-r));
    record_file_close(file);
    return r;
}

void record_file_close(struct record_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->folder >= 0)
        close(file->folder);
    free(file->entries);
    free(file);
}

int record_file_lock(const struct record_file *file)
{
    return file->folder;
}

size_t record_file_count(const struct record_file *file)
{
    return file->count;
}

const struct record_entry *record_file_at(const struct record_file *file, size_t index)
{
    return &file->entries[index];
}

const struct record_entry *record_file_find(const struct record_file *file, const struct record_entry *key)
{
    size_t at = find(file, key);
    return at == file->count ? NULL : &file->entries[at];
}

static int note(struct record_file *file, enum record_mark mark, const struct record_entry *entry)
{
    char line[RECORD_LINE_LEN];
    struct record_entry copy = *entry; /* may be one of file->entries, which move */
    int r = file->fd < 0 ? begin_file(file) : 0;
    size_t len = strlen(record_print(mark, &copy, line));
    if (r == 0) {
        ssize_t n = write(file->fd, line, len);
        r = n < 0 ? -errno : (size_t)n < len ? -ENOSPC : 0;
    }
    if (r == 0)
        r = apply(file, mark, &copy);
    if (r < 0)
        log_error("host", "cannot write the host record %s: %s; give its file system room", file->path,
                  strerror(-r));
    return r;
}

int record_file_begin(struct record_file *file, const struct record_entry *entry)
{
    return note(file, RECORD_BEGUN, entry);
}

int record_file_done(struct record_file *file, const struct record_entry *entry)
{
    return note(file, RECORD_DONE, entry);
}

int record_file_undone(struct record_file *file, const struct record_entry *entry)
{
    return note(file, RECORD_UNDONE, entry);
}

int record_file_remove(struct record_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    file->count = 0;
    return unlink(file->path) < 0 && errno != ENOENT ? -errno : 0;
}
