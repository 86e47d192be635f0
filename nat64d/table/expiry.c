/*
 * Layer: table
 * Specification: RFC 6146 4
 */
#include "nat64d/table/expiry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns)
{
    uint32_t *buckets = malloc(EXPIRY_WHEEL * sizeof(*buckets));
    if (buckets == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < EXPIRY_WHEEL; i++)
        buckets[i] = STATE_NONE;
    *expiry = (struct expiry){
        .sessions = sessions,
        .links = links,
        .buckets = buckets,
        .tick = now_ns / EXPIRY_TICK_NS,
    };
    memcpy(expiry->lifetime_ns, lifetime_ns, sizeof(expiry->lifetime_ns));
    return 0;
}

void expiry_done(struct expiry *expiry)
{
    free(expiry->buckets);
}

static uint64_t expires(const struct expiry *expiry, uint32_t slot)
{
    return atomic_load_explicit(&expiry->sessions[slot].expires_ns, memory_order_relaxed);
}

/* The bucket of a time: the first tick that is wholly behind it, at most once round from now. */
static uint32_t *bucket_of(struct expiry *expiry, uint64_t at_ns)
{
    uint64_t tick = at_ns / EXPIRY_TICK_NS + 1;
    if (tick < expiry->tick)
        tick = expiry->tick;
    if (tick >= expiry->tick + EXPIRY_WHEEL)
        tick = expiry->tick + EXPIRY_WHEEL - 1;
    return &expiry->buckets[tick % EXPIRY_WHEEL];
}

/* `previous` of the first in a bucket names the bucket, above the slots. */
static void arm(struct expiry *expiry, uint32_t slot)
{
    uint32_t *bucket = bucket_of(expiry, expires(expiry, slot));
    expiry->links[slot] =
        (struct expiry_link){*bucket, STATE_SLOTS_MAX + (uint32_t)(bucket - expiry->buckets)};
    if (*bucket != STATE_NONE)
        expiry->links[*bucket].previous = slot;
    *bucket = slot;
    expiry->armed++;
}

static void disarm(struct expiry *expiry, uint32_t slot)
{
    struct expiry_link link = expiry->links[slot];
    if (link.previous >= STATE_SLOTS_MAX)
        expiry->buckets[link.previous - STATE_SLOTS_MAX] = link.next;
    else
        expiry->links[link.previous].next = link.next;
    if (link.next != STATE_NONE)
        expiry->links[link.next].previous = link.previous;
    expiry->armed--;
}

static void set(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t until_ns)
{
    struct session *session = &expiry->sessions[slot];
    session->lifetime = (uint8_t)lifetime;
    atomic_store_explicit(&session->expires_ns, until_ns, memory_order_relaxed);
}

void expiry_start(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns)
{
    set(expiry, slot, lifetime, now_ns + expiry->lifetime_ns[lifetime]);
    arm(expiry, slot);
}

void expiry_refresh(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns)
{
    uint64_t until_ns = now_ns + expiry->lifetime_ns[lifetime];
    if (until_ns > expires(expiry, slot))
        set(expiry, slot, lifetime, until_ns);
}

void expiry_shorten(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns)
{
    disarm(expiry, slot);
    expiry_start(expiry, slot, lifetime, now_ns);
}

void expiry_stop(struct expiry *expiry, uint32_t slot)
{
    disarm(expiry, slot);
}

uint32_t expiry_next(struct expiry *expiry, uint64_t now_ns, unsigned *budget)
{
    while (expiry->tick <= now_ns / EXPIRY_TICK_NS && *budget > 0) {
        uint32_t slot = expiry->buckets[expiry->tick % EXPIRY_WHEEL];
        if (slot == STATE_NONE || expiry->armed == 0) {
            expiry->tick++;
            continue;
        }
        (*budget)--;
        disarm(expiry, slot);
        if (expires(expiry, slot) <= now_ns)
            return slot;
        /* Refreshed meanwhile. Its new bucket must not be this one again. */
        expiry->tick++;
        arm(expiry, slot);
        expiry->tick--;
    }
    return STATE_NONE;
}

uint32_t expiry_left_s(const struct session *session, uint64_t now_ns)
{
    enum { NS_PER_S = 1000000000 };
    uint64_t until_ns = session->expires_ns;
    return until_ns <= now_ns ? 0 : (uint32_t)((until_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
}
