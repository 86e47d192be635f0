/*
 * Layer: edge
 * Specification: RFC 8158, man/nat64d.8
 */
#include "nat64d/edge/natevent_log.h"

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
#include "nat64d/edge/natevent_config.h"
#include "nat64d/edge/natevent_journal.h"

enum {
    INTERVAL_MS = 100,       /* between two looks at the rings */
    BUFFER_LEN = 256 * 1024, /* lines that are written at once */
    TELL_MS = 10000,         /* between two lines about lost records while more are lost */
    LAST_MS = 500,           /* for what is left when the thread ends */
};

/* A ring with how far its records have been made into lines. */
struct source {
    struct natevent_ring *ring;
    uint64_t next;
    uint64_t told; /* lost records that have a line */
    bool adopted;
    struct source *behind;
};

struct natevent_log {
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* of what the main thread hands over: */
    bool stopping;
    struct natevent_config *config;
    bool has_file;
    int file;
    struct source *sources;

    /* The thread's own. */
    struct line_writer out;
    bool journal;
    struct natevent_clock clock;
    bool wanted;
    bool full; /* there was more than the buffer holds */
    bool stop_told;
    uint64_t complete_ns;   /* until when no record is missing but those told of */
    uint64_t lost, lost_ns; /* records of the buffer's line about it, and when the last such line was made */
};

static size_t ring_len(void)
{
    return (natevent_ring_size(NATEVENT_RING_RECORDS) + 63) / 64 * 64;
}

size_t natevent_log_size(unsigned workers)
{
    return (workers + 1) * ring_len();
}

struct natevent_ring *natevent_log_ring(void *rings, unsigned index)
{
    return (struct natevent_ring *)((uint8_t *)rings + index * ring_len());
}

static int add_source(struct natevent_log *log, struct natevent_ring *ring, bool adopted)
{
    struct source *source = calloc(1, sizeof(*source));
    if (source == NULL)
        return -ENOMEM;
    *source = (struct source){
        .ring = ring,
        .next = natevent_ring_first(ring),
        .told = atomic_load(&ring->told),
        .adopted = adopted,
        .behind = log->sources,
    };
    log->sources = source;
    return 0;
}

static bool room(const struct natevent_log *log)
{
    return BUFFER_LEN - log->out.len >= NATEVENT_TEXT_LEN;
}

static char *line_at(struct natevent_log *log)
{
    return log->out.buffer + log->out.len;
}

/* RFC 6302: a reader should know that the clock was set, and may have been wrong before. */
static void look_at_clock(struct natevent_log *log, uint64_t now_ns)
{
    int64_t step_ms = natevent_clock_look(&log->clock, now_ns, clock_utc_ns());
    if (step_ms == 0)
        return;
    log_warning("events",
                "the clock was set by %" PRId64 " ms; times in the event log before now may be wrong",
                step_ms);
    log->out.len += natevent_text_clock(natevent_clock_utc(&log->clock, now_ns), step_ms, line_at(log));
}

static void tell_lost(struct natevent_log *log, uint64_t now_ns)
{
    uint64_t count = 0;
    for (const struct source *source = log->sources; source != NULL; source = source->behind)
        count += natevent_ring_lost(source->ring) - source->told;
    uint64_t since_ns = log->complete_ns;
    if (count > 0 && now_ns - log->lost_ns < TELL_MS * NS_PER_MS)
        return;
    log->complete_ns = now_ns;
    if (count == 0)
        return;
    for (struct source *source = log->sources; source != NULL; source = source->behind)
        source->told = natevent_ring_lost(source->ring);
    log->lost = count;
    log->lost_ns = now_ns;
    log->out.len += natevent_text_lost(natevent_clock_utc(&log->clock, now_ns),
                                       natevent_clock_utc(&log->clock, since_ns), count, line_at(log));
}

/* The ring with the oldest record. */
static struct source *oldest(const struct natevent_log *log)
{
    struct source *found = NULL;
    uint64_t time_ns = UINT64_MAX;
    for (struct source *source = log->sources; source != NULL; source = source->behind) {
        const struct natevent *event = natevent_ring_at(source->ring, source->next);
        if (event != NULL && event->time_ns < time_ns) {
            time_ns = event->time_ns;
            found = source;
        }
    }
    return found;
}

static void fill_records(struct natevent_log *log)
{
    struct source *source;
    while (room(log) && (source = oldest(log)) != NULL)
        log->out.len += natevent_text_record(natevent_ring_at(source->ring, source->next++),
                                             &log->config->pools, &log->clock, line_at(log));
}

/* Lines of all that there is, as far as they have room. */
static void fill(struct natevent_log *log)
{
    uint64_t now_ns = clock_now_ns();
    size_t len;
    log->out.len = log->out.at = 0;
    pthread_mutex_lock(&log->mutex);
    look_at_clock(log, now_ns);
    tell_lost(log, now_ns);
    while (room(log) && (len = natevent_config_line(log->config, &log->clock, line_at(log))) > 0)
        log->out.len += len;
    fill_records(log);
    log->full = !room(log);
    log->wanted = log->config->wanted;
    if (log->stopping && !log->full && !log->stop_told && log->wanted) {
        log->out.len += natevent_text_stop(natevent_clock_utc(&log->clock, now_ns), line_at(log));
        log->stop_told = true;
    }
    pthread_mutex_unlock(&log->mutex);
}

/* The lines are where they belong. */
static void settle(struct natevent_log *log)
{
    pthread_mutex_lock(&log->mutex);
    for (struct source **link = &log->sources; *link != NULL;) {
        struct source *source = *link;
        natevent_ring_give(source->ring, source->next);
        atomic_store(&source->ring->told, source->told);
        if (source->adopted && natevent_ring_at(source->ring, source->next) == NULL) {
            *link = source->behind;
            free(source->ring);
            free(source);
        } else {
            link = &source->behind;
        }
    }
    pthread_mutex_unlock(&log->mutex);
    if (log->lost > 0)
        log_warning("events",
                    "%" PRIu64 " records of the event log were lost: %s took them too slowly, or not",
                    log->lost, log->out.path);
    log->lost = 0;
}

/* 0, or why the rest of the buffer cannot be written now. */
static int flush(struct natevent_log *log)
{
    struct line_writer *out = &log->out;
    while (log->journal && out->at < out->len) {
        const char *line = out->buffer + out->at;
        size_t len = (size_t)((const char *)memchr(line, '\n', out->len - out->at) - line);
        int r = natevent_journal_send(line, len);
        if (r < 0)
            return r;
        out->at += len + 1;
    }
    return line_writer_flush(out);
}

/* Another file. */
static void take_file(struct natevent_log *log)
{
    pthread_mutex_lock(&log->mutex);
    bool has = log->has_file;
    int fd = log->file;
    log->has_file = false;
    pthread_mutex_unlock(&log->mutex);
    if (!has)
        return;
    if (flush(log) == 0)
        settle(log);
    line_writer_exchange(&log->out, fd);
    pthread_mutex_lock(&log->mutex);
    natevent_config_tell(log->config);
    log->journal = log->config->journal;
    memcpy(log->out.path, log->config->path, sizeof(log->out.path));
    pthread_mutex_unlock(&log->mutex);
}

static bool stops(struct natevent_log *log)
{
    pthread_mutex_lock(&log->mutex);
    bool stopping = log->stopping;
    pthread_mutex_unlock(&log->mutex);
    return stopping;
}

static void *run(void *argument)
{
    struct natevent_log *log = argument;
    uint64_t end_ns = 0;
    for (;;) {
        take_file(log);
        bool stopping = stops(log);
        uint64_t now_ns = clock_now_ns();
        if (stopping && end_ns == 0)
            end_ns = now_ns + LAST_MS * NS_PER_MS;
        if (log->out.at == log->out.len)
            fill(log);
        int r = flush(log);
        if (r == 0)
            settle(log);
        line_writer_follow(&log->out, log->wanted ? r : 0, clock_now_ns());
        if (stopping && ((r == 0 && !log->full && log->stop_told == log->wanted) || now_ns > end_ns))
            return NULL;
        if (r < 0 || !log->full)
            line_writer_sleep(&log->out, INTERVAL_MS);
    }
}

int natevent_log_new(void *rings, size_t len, struct natevent_log **ret_log)
{
    struct natevent_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return -ENOMEM;
    pthread_mutex_init(&log->mutex, NULL);
    log->file = -1;
    log->complete_ns = clock_now_ns();
    int r = line_writer_init(&log->out, "events", "the event log", BUFFER_LEN);
    for (unsigned i = 0; r == 0 && i < len / ring_len(); i++) {
        struct natevent_ring *ring = natevent_log_ring(rings, i);
        natevent_ring_open(ring, NATEVENT_RING_RECORDS);
        r = add_source(log, ring, false);
    }
    if (r < 0) {
        natevent_log_free(log);
        return r;
    }
    *ret_log = log;
    return 0;
}

int natevent_log_configure(struct natevent_log *log, const struct settings *settings, const char *event,
                           uint32_t bindings)
{
    struct natevent_config *config;
    int r = natevent_config_new(settings, event, bindings, &config);
    if (r < 0)
        return r;
    pthread_mutex_lock(&log->mutex);
    struct natevent_config *old = log->config;
    log->config = config;
    pthread_mutex_unlock(&log->mutex);
    natevent_config_free(old);
    if (log->started || !config->wanted)
        return 0;
    r = -pthread_create(&log->thread, NULL, run, log);
    log->started = r == 0;
    return r;
}

void natevent_log_file(struct natevent_log *log, int fd)
{
    pthread_mutex_lock(&log->mutex);
    if (log->has_file && log->file >= 0)
        close(log->file);
    log->file = fd;
    log->has_file = true;
    pthread_mutex_unlock(&log->mutex);
    line_writer_wake(&log->out);
}

void natevent_log_adopt(struct natevent_log *log, struct natevent_ring *ring)
{
    pthread_mutex_lock(&log->mutex);
    int r = add_source(log, ring, true);
    pthread_mutex_unlock(&log->mutex);
    if (r < 0)
        free(ring);
}

void natevent_log_free(struct natevent_log *log)
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
    for (struct source *source = log->sources; source != NULL;) {
        struct source *behind = source->behind;
        if (source->adopted)
            free(source->ring);
        free(source);
        source = behind;
    }
    if (log->has_file && log->file >= 0)
        close(log->file);
    natevent_config_free(log->config);
    pthread_mutex_destroy(&log->mutex);
    line_writer_done(&log->out);
    free(log);
}
