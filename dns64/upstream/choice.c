/*
 * Layer: table
 * Specification: RFC 6298 2
 */
#include "dns64/upstream/choice.h"

#include "common/time_units.h"

enum {
    US_PER_MS = 1000,
    UNKNOWN_US = 400000, /* of one that was never measured: those that answer go first */
    SILENT_US = 400000,  /* added for each question that it did not answer */
    RESTS_MAX = 5,       /* CHOICE_RETRY_MAX_MS is CHOICE_RETRY_MS times two to this */
};

static uint64_t score(const struct choice_upstream *upstream)
{
    uint32_t latency_us = upstream->latency_us;
    return (latency_us == 0 ? UNKNOWN_US : latency_us) + (uint64_t)upstream->silent * SILENT_US;
}

/* Of those that are all silent, the one that was so the least often: a name that nobody answers for makes
 * good ones seem bad for a moment. */
static bool better(const struct choice_upstream *a, const struct choice_upstream *b)
{
    bool a_bad = a->silent >= CHOICE_BAD_AFTER, b_bad = b->silent >= CHOICE_BAD_AFTER;
    if (a_bad != b_bad)
        return b_bad;
    if (!a_bad)
        return score(a) < score(b);
    return a->silent != b->silent ? a->silent < b->silent : a->asked_ns < b->asked_ns;
}

int choice_next(const struct choice *choice, uint64_t candidates)
{
    int best = -1;
    for (unsigned i = 0; i < choice->count; i++)
        if (candidates >> i & 1 && (best < 0 || better(choice->upstreams[i], choice->upstreams[best])))
            best = (int)i;
    return best;
}

static bool probe_is_due(const struct choice_upstream *upstream, uint64_t now_ns)
{
    if (upstream->silent > 0)
        return now_ns >= upstream->retry_ns;
    return upstream->asked_ns == 0 || now_ns - upstream->asked_ns >= (uint64_t)CHOICE_PROBE_MS * NS_PER_MS;
}

int choice_probe(const struct choice *choice, uint64_t candidates, uint64_t now_ns)
{
    for (unsigned i = 0; i < choice->count; i++)
        if (candidates >> i & 1 && probe_is_due(choice->upstreams[i], now_ns))
            return (int)i;
    return -1;
}

uint32_t choice_wait_ms(const struct choice_upstream *upstream)
{
    uint32_t latency_us = upstream->latency_us;
    if (latency_us == 0)
        return CHOICE_WAIT_FIRST_MS;
    uint32_t wait_ms = (latency_us + 4 * upstream->variance_us) / US_PER_MS;
    if (wait_ms < CHOICE_WAIT_MIN_MS)
        return CHOICE_WAIT_MIN_MS;
    return wait_ms > CHOICE_WAIT_MAX_MS ? CHOICE_WAIT_MAX_MS : wait_ms;
}

void choice_sent(struct choice_upstream *upstream, uint64_t now_ns)
{
    choice_count(upstream, CHOICE_SENT);
    upstream->asked_ns = now_ns;
}

void choice_heard(struct choice_upstream *upstream, uint64_t latency_ns, uint64_t now_ns)
{
    choice_count(upstream, CHOICE_ANSWERED);
    histogram_add(&upstream->took, latency_ns, 1);
    upstream->heard_ns = now_ns;
    upstream->silent = 0;
    upstream->rests = 0;
    upstream->bad = false;
}

void choice_answered(struct choice_upstream *upstream, uint64_t latency_ns, uint64_t now_ns)
{
    /* RFC 6298 2.3, for a steady flow; what is measured seldom says more of now than what was before. */
    bool seldom = now_ns - upstream->measured_ns >= (uint64_t)CHOICE_PROBE_MS * NS_PER_MS / 2;
    uint32_t share = seldom ? 2 : 8;
    uint32_t measured = (uint32_t)(latency_ns / NS_PER_US) + 1, smoothed = upstream->latency_us;
    choice_heard(upstream, latency_ns, now_ns);
    upstream->measured_ns = now_ns;
    if (smoothed == 0) {
        upstream->latency_us = measured;
        upstream->variance_us = measured / 2;
        return;
    }
    uint32_t difference = smoothed > measured ? smoothed - measured : measured - smoothed;
    upstream->variance_us = upstream->variance_us - upstream->variance_us / 4 + difference / 4;
    upstream->latency_us = smoothed - smoothed / share + measured / share + 1;
}

static void rest(struct choice_upstream *upstream, uint64_t now_ns)
{
    upstream->retry_ns = now_ns + ((uint64_t)CHOICE_RETRY_MS << upstream->rests) * NS_PER_MS;
    upstream->rests += upstream->rests < RESTS_MAX;
}

void choice_probed(struct choice_upstream *upstream, uint64_t now_ns)
{
    if (upstream->silent > 0)
        rest(upstream, now_ns);
}

void choice_blame(struct choice_upstream *upstream, uint64_t now_ns)
{
    /* Questions that were under way at the same time are one silence. */
    if (upstream->silent == 0 || now_ns >= upstream->retry_ns) {
        rest(upstream, now_ns);
        /* What is slower than the wait must be given longer next time. */
        if (upstream->latency_us != 0 && upstream->variance_us < CHOICE_WAIT_MAX_MS * US_PER_MS)
            upstream->variance_us = upstream->variance_us * 2 + US_PER_MS;
    }
    upstream->silent++;
    upstream->bad = upstream->silent >= CHOICE_BAD_AFTER;
}

void choice_failed(struct choice_upstream *upstream, uint64_t now_ns)
{
    choice_count(upstream, CHOICE_TIMEOUTS);
    choice_blame(upstream, now_ns);
}

bool choice_timed_out(struct choice_upstream *upstream, uint64_t sent_ns, uint64_t now_ns)
{
    choice_count(upstream, CHOICE_TIMEOUTS);
    if (upstream->heard_ns > sent_ns)
        return false;
    choice_blame(upstream, now_ns);
    return true;
}
