/*
 * Layer: table
 * Specification: RFC 6298 2
 */
#include "dns64/upstream/choice.h"

#include <stdatomic.h>
#include <string.h>

enum {
    NS_PER_US = 1000,
    NS_PER_MS = 1000000,
    US_PER_MS = 1000,
};

void choice_init(struct choice *choice, unsigned count)
{
    memset(choice, 0, sizeof(*choice));
    choice->count = count < CHOICE_MAX ? count : CHOICE_MAX;
}

void choice_keep(struct choice *choice, unsigned upstream, const struct choice *from, unsigned from_upstream)
{
    choice->upstreams[upstream] = from->upstreams[from_upstream];
}

static bool is_bad(const struct choice_upstream *upstream, uint64_t now_ns)
{
    return upstream->bad_until_ns > now_ns;
}

int choice_next(const struct choice *choice, uint64_t candidates, uint64_t now_ns)
{
    int best = -1;
    for (unsigned i = 0; i < choice->count; i++) {
        const struct choice_upstream *a = &choice->upstreams[i];
        if (!(candidates >> i & 1))
            continue;
        if (best < 0) {
            best = (int)i;
            continue;
        }
        const struct choice_upstream *b = &choice->upstreams[best];
        bool a_bad = is_bad(a, now_ns), b_bad = is_bad(b, now_ns);
        if (a_bad != b_bad ? b_bad : a->latency_us < b->latency_us)
            best = (int)i;
    }
    return best;
}

uint32_t choice_wait_ms(const struct choice *choice, unsigned upstream)
{
    const struct choice_upstream *at = &choice->upstreams[upstream];
    if (at->latency_us == 0)
        return CHOICE_WAIT_FIRST_MS;
    uint32_t wait_ms = (at->latency_us + 4 * at->variance_us) / US_PER_MS;
    if (wait_ms < CHOICE_WAIT_MIN_MS)
        return CHOICE_WAIT_MIN_MS;
    return wait_ms > CHOICE_WAIT_MAX_MS ? CHOICE_WAIT_MAX_MS : wait_ms;
}

void choice_sent(struct choice *choice, unsigned upstream)
{
    choice->upstreams[upstream].sent++;
}

void choice_answered(struct choice *choice, unsigned upstream, uint64_t latency_ns)
{
    struct choice_upstream *at = &choice->upstreams[upstream];
    uint32_t measured = (uint32_t)(latency_ns / NS_PER_US) + 1, smoothed = at->latency_us;
    at->answered++;
    at->bad_until_ns = 0;
    at->bad = false;
    if (smoothed == 0) {
        at->latency_us = measured;
        at->variance_us = measured / 2;
        return;
    }
    uint32_t difference = smoothed > measured ? smoothed - measured : measured - smoothed;
    at->variance_us = at->variance_us - at->variance_us / 4 + difference / 4;
    at->latency_us = smoothed - smoothed / 8 + measured / 8 + 1;
}

void choice_failed(struct choice *choice, unsigned upstream, uint64_t now_ns)
{
    struct choice_upstream *at = &choice->upstreams[upstream];
    at->timeouts++;
    at->bad = true;
    at->bad_until_ns = now_ns + (uint64_t)CHOICE_BAD_MS * NS_PER_MS;
    /* What is slower than the wait must be given longer next time. */
    if (at->latency_us != 0 && at->variance_us < CHOICE_WAIT_MAX_MS * US_PER_MS)
        at->variance_us = at->variance_us * 2 + US_PER_MS;
}
