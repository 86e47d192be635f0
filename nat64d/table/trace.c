/*
 * Layer: table
 * Specification: man/gate64.1 (trace)
 */
#include "nat64d/table/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/packet/parse.h"

enum {
    RING_RECORDS = 256, /* a worker; what it makes until the reader comes by again */
    FILTER_WORDS = (sizeof(struct trace_filter) + 7) / 8,
    ID_WORKER_SHIFT = 24, /* an id is the worker above, a running number below */
};

static_assert((RING_RECORDS & (RING_RECORDS - 1)) == 0, "a power of two");

/* From a worker to the reader, as table/ring; records lie in it. */
struct ring {
    _Alignas(64) _Atomic uint32_t head; /* the reader's */
    _Alignas(64) _Atomic uint32_t tail; /* the worker's */
    _Atomic uint64_t missed;            /* the worker's */
    struct trace_record *records;
};

/* Filters under a sequence number that is odd while they change (a sequence lock with one writer). */
struct trace_hub {
    _Alignas(64) _Atomic uint32_t generation;
    _Atomic uint32_t since[TRACE_MAX];
    _Atomic uint64_t words[TRACE_MAX][FILTER_WORDS];
    unsigned workers;
    struct ring rings[];
};

int trace_hub_new(unsigned workers, struct trace_hub **ret_hub)
{
    size_t size = sizeof(struct trace_hub) + workers * sizeof(struct ring);
    struct trace_hub *hub = aligned_alloc(_Alignof(struct trace_hub), size);
    if (hub == NULL)
        return -ENOMEM;
    memset(hub, 0, size);
    hub->workers = workers;
    for (unsigned i = 0; i < workers; i++) {
        /* Not touched, so no memory, before the first trace. */
        hub->rings[i].records = calloc(RING_RECORDS, sizeof(struct trace_record));
        if (hub->rings[i].records == NULL) {
            trace_hub_free(hub);
            return -ENOMEM;
        }
    }
    *ret_hub = hub;
    return 0;
}

void trace_hub_free(struct trace_hub *hub)
{
    if (hub == NULL)
        return;
    for (unsigned i = 0; i < hub->workers; i++)
        free(hub->rings[i].records);
    free(hub);
}

uint32_t trace_hub_generation(const struct trace_hub *hub)
{
    return atomic_load_explicit(&hub->generation, memory_order_relaxed);
}

uint32_t trace_hub_set(struct trace_hub *hub, unsigned place, const struct trace_filter *filter)
{
    uint64_t words[FILTER_WORDS] = {0};
    uint32_t generation = atomic_load_explicit(&hub->generation, memory_order_relaxed);
    if (filter != NULL)
        memcpy(words, filter, sizeof(*filter));
    atomic_store_explicit(&hub->generation, generation + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (unsigned i = 0; i < FILTER_WORDS; i++)
        atomic_store_explicit(&hub->words[place][i], words[i], memory_order_relaxed);
    atomic_store_explicit(&hub->since[place], generation + 2, memory_order_relaxed);
    atomic_store_explicit(&hub->generation, generation + 2, memory_order_release);
    return generation + 2;
}

bool trace_hub_take(struct trace_hub *hub, struct trace_record *ret_record)
{
    struct ring *oldest = NULL;
    const struct trace_record *record = NULL;
    for (unsigned i = 0; i < hub->workers; i++) {
        struct ring *ring = &hub->rings[i];
        uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
        if (head == atomic_load_explicit(&ring->tail, memory_order_acquire))
            continue;
        const struct trace_record *first = &ring->records[head % RING_RECORDS];
        if (oldest != NULL && first->time_ns >= record->time_ns)
            continue;
        oldest = ring;
        record = first;
    }
    if (oldest == NULL)
        return false;
    *ret_record = *record;
    atomic_store_explicit(&oldest->head, atomic_load_explicit(&oldest->head, memory_order_relaxed) + 1,
                          memory_order_release);
    return true;
}

uint64_t trace_hub_missed(const struct trace_hub *hub)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < hub->workers; i++)
        sum += atomic_load_explicit(&hub->rings[i].missed, memory_order_relaxed);
    return sum;
}

void trace_init(struct trace *trace, struct trace_hub *hub, uint8_t worker)
{
    *trace = (struct trace){.hub = hub, .worker = worker};
}

static void count_wanting(struct trace *trace)
{
    trace->wanting = 0;
    for (unsigned i = 0; i < TRACE_MAX; i++)
        trace->wanting += trace->filters[i].family != 0 && trace->left[i] > 0;
}

void trace_copy_filters(struct trace *trace, uint32_t generation)
{
    const struct trace_hub *hub = trace->hub;
    uint64_t words[TRACE_MAX][FILTER_WORDS];
    uint32_t since[TRACE_MAX];
    if (generation % 2 != 0)
        return; /* they are changing: with the next batch */
    atomic_thread_fence(memory_order_acquire);
    for (unsigned i = 0; i < TRACE_MAX; i++) {
        since[i] = atomic_load_explicit(&hub->since[i], memory_order_relaxed);
        for (unsigned j = 0; j < FILTER_WORDS; j++)
            words[i][j] = atomic_load_explicit(&hub->words[i][j], memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&hub->generation, memory_order_relaxed) != generation)
        return;
    trace->generation = generation;
    for (unsigned i = 0; i < TRACE_MAX; i++) {
        if (since[i] == trace->since[i])
            continue;
        trace->since[i] = since[i];
        memcpy(&trace->filters[i], words[i], sizeof(trace->filters[i]));
        trace->left[i] = trace->filters[i].count;
    }
    count_wanting(trace);
}

/* The place for a record, or NULL when the ring is full. */
static struct trace_record *next_place(struct trace *trace)
{
    struct ring *ring = &trace->hub->rings[trace->worker];
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_RECORDS) {
        atomic_store_explicit(&ring->missed, atomic_load_explicit(&ring->missed, memory_order_relaxed) + 1,
                              memory_order_relaxed);
        return NULL;
    }
    return &ring->records[tail % RING_RECORDS];
}

static bool is_icmp(const struct packet *packet)
{
    return packet->protocol == (packet->family == 6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP4);
}

static void read_transport(struct trace_arrival *arrival, const struct packet *packet)
{
    bool icmp = is_icmp(packet);
    bool ports = packet->protocol == PACKET_PROTO_TCP || packet->protocol == PACKET_PROTO_UDP;
    arrival->transport = packet->l4_len > 0 && packet->fragment_offset == 0 && (icmp || ports);
    if (ports && (arrival->transport || packet->collected)) {
        arrival->source.port = parse_source_port(packet);
        arrival->destination.port = parse_destination_port(packet);
    }
    if (!arrival->transport)
        return;
    if (packet->protocol == PACKET_PROTO_TCP)
        arrival->tcp_flags = parse_tcp_flags(packet);
    if (!icmp)
        return;
    arrival->icmp_type = packet_l4(packet)[0];
    arrival->icmp_code = packet_l4(packet)[1];
    enum parse_icmp kind = parse_icmp_kind(packet);
    if (kind == PARSE_ICMP_ECHO_REQUEST || kind == PARSE_ICMP_ECHO_REPLY)
        arrival->source.port = parse_source_port(packet);
}

static void read_addresses(struct trace_arrival *arrival, const struct packet *packet)
{
    struct in6_addr address;
    unsigned version = packet->len > 0 ? packet->data[0] >> 4 : 0;
    if (version == 6 && packet->len >= PACKET_IPV6_HEADER) {
        arrival->family = 6;
        memcpy(&address, parse_source6(packet), sizeof(address));
        arrival->source = trace_point6(&address, 0);
        memcpy(&address, parse_destination6(packet), sizeof(address));
        arrival->destination = trace_point6(&address, 0);
    } else if (version == 4 && packet->len >= PACKET_IPV4_HEADER) {
        arrival->family = 4;
        arrival->source = trace_point4(parse_source4(packet), 0);
        arrival->destination = trace_point4(parse_destination4(packet), 0);
    }
}

/* A packet that could not be parsed has nothing but what its header claims. */
static void read_arrival(struct trace_arrival *arrival, const struct packet *packet, enum reason parsed)
{
    *arrival = (struct trace_arrival){.len = packet->len, .segments = 1, .segment_len = packet->len};
    read_addresses(arrival, packet);
    if (parsed != REASON_OK)
        return;
    arrival->protocol = packet->protocol;
    arrival->hop_limit = packet->hop_limit;
    arrival->segments = packet_segments(packet);
    arrival->segment_len = packet_segment_len(packet);
    arrival->fragment = packet_is_fragment(packet);
    arrival->more_fragments = packet->more_fragments;
    arrival->fragment_offset = packet->fragment_offset;
    arrival->fragment_id = packet->id;
    arrival->dont_fragment = packet->dont_fragment;
    read_transport(arrival, packet);
}

/* What waited was counted when it came in; what did not comes from its home with its datagram's ports. */
static void note_collected(struct trace *trace, const struct packet *packet)
{
    struct trace_note note = {.step = packet->counted ? TRACE_WAITED : TRACE_COLLECT,
                              .result = packet_is_fragment(packet) ? TRACE_YES : TRACE_MADE};
    note.value[0] = packet->source_port;
    note.value[1] = packet->destination_port;
    trace_add(trace, &note);
}

void trace_begin(struct trace *trace, const struct packet *packet, enum reason parsed, uint64_t now_ns)
{
    struct trace_record *record = next_place(trace);
    const struct packet_trace *before = &packet->trace;
    trace->record = record;
    trace->handed = false;
    if (record == NULL)
        return;
    record->time_ns = now_ns;
    record->worker = trace->worker;
    record->generation = before->mask != 0 ? before->generation : trace->generation;
    record->last = true;
    record->notes_count = 0;
    record->answer = (struct trace_answer){0};
    record->mask = before->mask;
    record->part = before->mask != 0;
    if (before->mask == 0)
        trace->last_id = (trace->last_id + 1) & ((1u << ID_WORKER_SHIFT) - 1);
    record->id = before->mask != 0 ? before->id : (uint32_t)trace->worker << ID_WORKER_SHIFT | trace->last_id;
    read_arrival(&record->arrival, packet, parsed);
    trace_see(trace, &record->arrival.source);
    trace_see(trace, &record->arrival.destination);
    if (before->from != 0)
        trace_add(trace, &(struct trace_note){.step = TRACE_HANDOVER, .value = {before->from - 1u}});
    if (packet->collected && before->mask == 0)
        note_collected(trace, packet);
}

static bool matches(const struct trace_filter *filter, const struct trace_point *point)
{
    if (filter->family != point->family)
        return false;
    if (filter->family == 6)
        return addr_in_prefix6(&point->v6, &filter->v6);
    return filter->v4 == point->v4 && (filter->port == 0 || filter->port == point->port);
}

void trace_see(struct trace *trace, const struct trace_point *point)
{
    if (point->family == 0)
        return;
    for (unsigned i = 0; i < TRACE_MAX; i++)
        if (trace->left[i] > 0 && matches(&trace->filters[i], point))
            trace->record->mask |= (uint8_t)(1u << i);
}

void trace_add(struct trace *trace, const struct trace_note *note)
{
    struct trace_record *record = trace->record;
    trace_see(trace, &note->a);
    trace_see(trace, &note->b);
    if (record->notes_count < TRACE_NOTES)
        record->notes[record->notes_count++] = *note;
}

void trace_finish(struct trace *trace)
{
    struct trace_record *record = trace->record;
    struct ring *ring = &trace->hub->rings[trace->worker];
    trace->record = NULL;
    if (record->mask == 0 || trace->handed)
        return;
    for (unsigned i = 0; i < TRACE_MAX && record->part == 0; i++)
        if ((record->mask & 1u << i) && trace->left[i] > 0)
            trace->left[i]--;
    count_wanting(trace);
    atomic_store_explicit(&ring->tail, atomic_load_explicit(&ring->tail, memory_order_relaxed) + 1,
                          memory_order_release);
}
