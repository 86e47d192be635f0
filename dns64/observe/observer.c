/*
 * Layer: path
 * Specification: man/dns64.8
 */
#include "dns64/observe/observer.h"

#include <string.h>

#include "dns64/query/told.h"

static enum tally_from from_of(const struct query *query)
{
    if (query->stale)
        return TALLY_STALE;
    if (query->finished)
        return TALLY_CACHE;
    if (query->asked_upstream)
        return TALLY_UPSTREAM;
    return query->slot[QUERY_MAIN].asked || query->slot[QUERY_A].asked ? TALLY_CACHE : TALLY_LOCAL;
}

/* Of an answer that we wrote: those that need EDNS are known by what became of the query. */
static unsigned rcode_of(const struct query *query, const uint8_t *bytes)
{
    if (query->outcome == OUTCOME_BAD_VERSION)
        return MESSAGE_BADVERS;
    if (query->outcome == OUTCOME_BAD_COOKIE)
        return MESSAGE_BADCOOKIE;
    return bytes[3] & MESSAGE_RCODE;
}

static void log_answer(struct observer *observer, const struct query *query, size_t len, unsigned rcode,
                       uint64_t started_ns, uint64_t now_ns)
{
    struct log_ring *ring =
        observer->log != NULL ? atomic_load_explicit(&observer->log->ring, memory_order_acquire) : NULL;
    struct log_record *record = ring != NULL ? log_ring_room(ring) : NULL;
    if (ring != NULL && record == NULL)
        counters_add(query->counters, OUTCOME_LOG_LOST, 1);
    if (record == NULL)
        return;
    *record = (struct log_record){.time_ns = now_ns,
                                  .took_ns = now_ns - started_ns,
                                  .client = query->client.addr,
                                  .name = query->question,
                                  .type = query->type,
                                  .class = query->class,
                                  .rcode = (uint16_t)rcode,
                                  .outcome = (uint16_t)query->outcome,
                                  .size = (uint32_t)len,
                                  .from = from_of(query),
                                  .upstream = query->upstream,
                                  .udp = query->client.udp};
    if (query->policy != NULL && query->policy->view != NULL)
        strncpy(record->view, query->policy->view, sizeof(record->view) - 1);
    log_ring_put(ring);
}

/* Everything but the time that it took. */
static void observe(struct observer *observer, const struct query *query, const uint8_t *bytes, size_t len,
                    uint64_t started_ns, uint64_t now_ns)
{
    unsigned rcode = rcode_of(query, bytes);
    told_note(observer->names, query, bytes, len, now_ns);
    tally_count(observer->tally, type_kind(query->type), type_rcode_kind(rcode));
    unsigned weight = top_weight(observer->top, now_ns);
    if (weight > 0 && query->has_question)
        top_count(observer->top, &query->question, &query->client.addr, weight);
    log_answer(observer, query, len, rcode, started_ns, now_ns);
}

void observer_answer(struct observer *observer, const struct query *query, const uint8_t *bytes, size_t len,
                     uint64_t now_ns)
{
    if (len < MESSAGE_HEADER)
        return;
    observe(observer, query, bytes, len, now_ns, now_ns);
    tally_at_once(observer->tally, from_of(query));
}

void observer_late_answer(struct observer *observer, const struct query *query, const uint8_t *bytes,
                          size_t len, uint64_t started_ns, uint64_t now_ns)
{
    if (len < MESSAGE_HEADER)
        return;
    observe(observer, query, bytes, len, started_ns, now_ns);
    histogram_add(&observer->tally->took[from_of(query)], now_ns - started_ns, 1);
}
