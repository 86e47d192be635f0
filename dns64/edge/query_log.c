/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/edge/query_log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/line_writer.h"
#include "common/log.h"
#include "common/time_units.h"
#include "dns64/observe/log_text.h"

enum {
    INTERVAL_MS = 50,        /* between two looks at the rings */
    BUFFER_LEN = 256 * 1024, /* lines that are written at once */
    TELL_MS = 10000,         /* between two lines about lost records while more are lost */
    LAST_MS = 500,           /* for what is left when the thread ends */
};

struct query_log {
    unsigned workers;
    struct observer_log *slots;
    struct log_ring **rings; /* NULL each until the log is first on */
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* of what is handed over: */
    bool stopping;
    bool has_file;
    int file;
    char path[SETTINGS_PATH_LEN];

    /* The thread's own. */
    struct line_writer out;
    uint64_t told, told_ns; /* lost records that have a line, and when the last such line was made */
};

int query_log_new(unsigned workers, struct query_log **ret_log)
{
    struct query_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return -ENOMEM;
    pthread_mutex_init(&log->mutex, NULL);
    log->file = -1;
    log->workers = workers;
    log->slots = calloc(workers, sizeof(*log->slots));
    log->rings = calloc(workers, sizeof(struct log_ring *));
    int r = line_writer_init(&log->out, "query-log", "the query log", BUFFER_LEN);
    if (r == 0 && (log->slots == NULL || log->rings == NULL))
        r = -ENOMEM;
    if (r < 0) {
        query_log_free(log);
        return r;
    }
    *ret_log = log;
    return 0;
}

struct observer_log *query_log_slots(struct query_log *log)
{
    return log->slots;
}

static bool room(const struct query_log *log)
{
    return BUFFER_LEN - log->out.len >= LOG_TEXT_LEN;
}

static char *line_at(struct query_log *log)
{
    return log->out.buffer + log->out.len;
}

static void tell_lost(struct query_log *log, uint64_t now_ns, uint64_t utc_ns)
{
    uint64_t lost = 0;
    for (unsigned i = 0; i < log->workers; i++)
        lost += log_ring_lost(log->rings[i]);
    if (lost == log->told || now_ns - log->told_ns < TELL_MS * NS_PER_MS)
        return;
    log_warning("query-log", "%" PRIu64 " records were lost: %s took them too slowly, or not",
                lost - log->told, log->out.path);
    log->out.len += log_text_lost(lost - log->told, utc_ns, line_at(log));
    log->told = lost;
    log->told_ns = now_ns;
}

/* Lines of all that there is, as far as they have room; false: there is more. */
static bool fill(struct query_log *log)
{
    uint64_t now_ns = clock_now_ns(), utc_ns = clock_utc_ns();
    const struct log_record *record;
    log->out.len = log->out.at = 0;
    tell_lost(log, now_ns, utc_ns);
    for (unsigned i = 0; i < log->workers; i++)
        while (room(log) && (record = log_ring_first(log->rings[i])) != NULL) {
            log->out.len += log_text_record(record, utc_ns - (now_ns - record->time_ns), line_at(log));
            log_ring_take(log->rings[i]);
        }
    return room(log);
}

/* Another file; returns whether this is the end. */
static bool take_orders(struct query_log *log)
{
    pthread_mutex_lock(&log->mutex);
    if (log->has_file) {
        line_writer_exchange(&log->out, log->file);
        memcpy(log->out.path, log->path, sizeof(log->out.path));
        log->has_file = false;
        log->file = -1;
    }
    bool stopping = log->stopping;
    pthread_mutex_unlock(&log->mutex);
    return stopping;
}

static void *run(void *argument)
{
    struct query_log *log = argument;
    uint64_t end_ns = 0;
    for (;;) {
        bool stopping = take_orders(log), empty = false;
        uint64_t now_ns = clock_now_ns();
        if (stopping && end_ns == 0)
            end_ns = now_ns + LAST_MS * NS_PER_MS;
        if (log->out.at == log->out.len)
            empty = fill(log);
        int r = line_writer_flush(&log->out);
        line_writer_follow(&log->out, r, now_ns);
        if (stopping && ((r == 0 && empty) || now_ns > end_ns))
            return NULL;
        if (r < 0 || empty)
            line_writer_sleep(&log->out, INTERVAL_MS);
    }
}

/* All that the thread needs, once. */
static int start(struct query_log *log)
{
    for (unsigned i = 0; i < log->workers; i++) {
        if (log->rings[i] == NULL)
            log->rings[i] = log_ring_new();
        if (log->rings[i] == NULL)
            return -ENOMEM;
    }
    int r = log->started ? 0 : -pthread_create(&log->thread, NULL, run, log);
    log->started |= r == 0;
    return r;
}

int query_log_open(struct query_log *log, const char *path, int fd)
{
    pthread_mutex_lock(&log->mutex);
    if (log->has_file && log->file >= 0)
        close(log->file);
    log->file = fd;
    log->has_file = true;
    memset(log->path, 0, sizeof(log->path));
    strncpy(log->path, path, sizeof(log->path) - 1);
    pthread_mutex_unlock(&log->mutex);
    int r = start(log);
    for (unsigned i = 0; r == 0 && i < log->workers; i++)
        atomic_store_explicit(&log->slots[i].ring, log->rings[i], memory_order_release);
    line_writer_wake(&log->out);
    return r;
}

void query_log_close(struct query_log *log)
{
    for (unsigned i = 0; i < log->workers; i++)
        atomic_store_explicit(&log->slots[i].ring, NULL, memory_order_release);
    line_writer_wake(&log->out);
}

void query_log_free(struct query_log *log)
{
    if (log == NULL)
        return;
    if (log->started) {
        pthread_mutex_lock(&log->mutex);
        log->stopping = true;
        pthread_mutex_unlock(&log->mutex);
        line_writer_wake(&log->out);
        pthread_join(log->thread, NULL);
    }
    for (unsigned i = 0; log->rings != NULL && i < log->workers; i++)
        log_ring_free(log->rings[i]);
    if (log->file >= 0)
        close(log->file);
    pthread_mutex_destroy(&log->mutex);
    line_writer_done(&log->out);
    free(log->rings);
    free(log->slots);
    free(log);
}
