/*
 * Layer: table
 * Specification: man/gate64.1 (trace)
 */
#include "nat64d/table/trace_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_units.h"

enum {
    HALVES = 16, /* packets in two parts of which one is there */
};

struct place {
    struct trace_record *queue; /* TRACE_READER_QUEUE; NULL: no trace */
    unsigned first, count;
    uint32_t since;
    uint64_t missed;     /* for want of room in the queue */
    uint64_t hub_missed; /* when it was opened */
};

struct half {
    bool used;
    uint64_t since_ns;
    struct trace_record record;
};

struct trace_reader {
    struct trace_hub *hub;
    struct place places[TRACE_MAX];
    struct half halves[HALVES];
};

int trace_reader_new(struct trace_hub *hub, struct trace_reader **ret_reader)
{
    struct trace_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return -ENOMEM;
    reader->hub = hub;
    *ret_reader = reader;
    return 0;
}

void trace_reader_free(struct trace_reader *reader)
{
    if (reader == NULL)
        return;
    for (unsigned i = 0; i < TRACE_MAX; i++)
        trace_reader_close(reader, i);
    free(reader);
}

int trace_reader_open(struct trace_reader *reader, const struct trace_filter *filter, unsigned *ret_place)
{
    unsigned at = 0;
    while (at < TRACE_MAX && reader->places[at].queue != NULL)
        at++;
    if (at == TRACE_MAX)
        return -EBUSY;
    struct place *place = &reader->places[at];
    *place = (struct place){.hub_missed = trace_hub_missed(reader->hub)};
    place->queue = malloc(TRACE_READER_QUEUE * sizeof(*place->queue));
    if (place->queue == NULL)
        return -ENOMEM;
    place->since = trace_hub_set(reader->hub, at, filter);
    *ret_place = at;
    return 0;
}

void trace_reader_close(struct trace_reader *reader, unsigned at)
{
    struct place *place = &reader->places[at];
    if (place->queue == NULL)
        return;
    trace_hub_set(reader->hub, at, NULL);
    free(place->queue);
    place->queue = NULL;
}

/* A worker may not have seen yet that a trace ended and another took its place. */
static bool wants(const struct place *place, unsigned at, const struct trace_record *record)
{
    return place->queue != NULL && (record->mask & 1u << at) &&
           (int32_t)(record->generation - place->since) >= 0;
}

static void deliver(struct trace_reader *reader, const struct trace_record *record)
{
    for (unsigned i = 0; i < TRACE_MAX; i++) {
        struct place *place = &reader->places[i];
        if (!wants(place, i, record))
            continue;
        if (place->count == TRACE_READER_QUEUE) {
            place->missed++;
            continue;
        }
        place->queue[(place->first + place->count++) % TRACE_READER_QUEUE] = *record;
    }
}

static struct half *find_half(struct trace_reader *reader, uint32_t id)
{
    for (unsigned i = 0; i < HALVES; i++)
        if (reader->halves[i].used && reader->halves[i].record.id == id)
            return &reader->halves[i];
    return NULL;
}

static void release(struct trace_reader *reader, struct half *half)
{
    half->used = false;
    deliver(reader, &half->record);
}

/* A free one, for which the oldest may have to go on alone. */
static struct half *take_half(struct trace_reader *reader)
{
    struct half *oldest = &reader->halves[0];
    for (unsigned i = 0; i < HALVES; i++) {
        struct half *half = &reader->halves[i];
        if (!half->used)
            return half;
        if (half->since_ns < oldest->since_ns)
            oldest = half;
    }
    release(reader, oldest);
    return oldest;
}

/* The first part with what the second adds. */
static void join(struct trace_record *first, const struct trace_record *second)
{
    uint32_t room = TRACE_NOTES - first->notes_count;
    uint32_t more = second->notes_count < room ? second->notes_count : room;
    memcpy(&first->notes[first->notes_count], second->notes, more * sizeof(second->notes[0]));
    first->notes_count += more;
    first->last = true;
    first->mask |= second->mask;
    first->verdict = second->verdict;
    first->reason = second->reason;
    first->out_family = second->out_family;
    first->out_len = second->out_len;
    first->out_segments = second->out_segments;
    first->cut_mtu = second->cut_mtu;
    first->answer = second->answer;
}

/* Parts come in either order: the workers write to rings of their own. */
static void take(struct trace_reader *reader, const struct trace_record *record, uint64_t now_ns)
{
    if (record->part == 0 && record->last) {
        deliver(reader, record);
        return;
    }
    struct half *half = find_half(reader, record->id);
    if (half == NULL) {
        half = take_half(reader);
        *half = (struct half){true, now_ns, *record};
        return;
    }
    struct trace_record whole = record->part == 0 ? *record : half->record;
    join(&whole, record->part == 0 ? &half->record : record);
    half->used = false;
    deliver(reader, &whole);
}

static void pump(struct trace_reader *reader, uint64_t now_ns)
{
    struct trace_record record;
    while (trace_hub_take(reader->hub, &record))
        take(reader, &record, now_ns);
    for (unsigned i = 0; i < HALVES; i++) {
        struct half *half = &reader->halves[i];
        if (half->used && now_ns - half->since_ns >= (uint64_t)TRACE_READER_JOIN_MS * NS_PER_MS)
            release(reader, half);
    }
}

bool trace_reader_next(struct trace_reader *reader, unsigned at, uint64_t now_ns,
                       struct trace_record *ret_record)
{
    struct place *place = &reader->places[at];
    if (place->count == 0)
        pump(reader, now_ns);
    if (place->count == 0)
        return false;
    *ret_record = place->queue[place->first];
    place->first = (place->first + 1) % TRACE_READER_QUEUE;
    place->count--;
    return true;
}

uint64_t trace_reader_missed(const struct trace_reader *reader, unsigned at)
{
    const struct place *place = &reader->places[at];
    return place->missed + trace_hub_missed(reader->hub) - place->hub_missed;
}
