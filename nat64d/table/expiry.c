/*
 * Layer: table
 * Specification: RFC 6146 4
 */
#include "nat64d/table/expiry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_units.h"

enum {
    RINGS = EXPIRY_WHEEL + EXPIRY_POOLS,
    FIRST_END = STATE_SLOTS_MAX, /* ends of rings are numbered above the slots */
};

int expiry_init(struct expiry *expiry, struct session *sessions, struct expiry_link *links,
                const uint64_t lifetime_ns[EXPIRY_LIFETIMES], uint64_t now_ns)
{
    struct expiry_link *ends = malloc(RINGS * sizeof(*ends));
    if (ends == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < RINGS; i++)
        ends[i] = (struct expiry_link){FIRST_END + i, FIRST_END + i};
    *expiry = (struct expiry){
        .sessions = sessions,
        .links = links,
        .ends = ends,
        .tick = now_ns / EXPIRY_TICK_NS,
    };
    memcpy(expiry->lifetime_ns, lifetime_ns, sizeof(expiry->lifetime_ns));
    for (unsigned i = 0; i < EXPIRY_POOLS; i++)
        expiry->closing_ns[i] = lifetime_ns[EXPIRY_TCP_CLOSING];
    return 0;
}

void expiry_done(struct expiry *expiry)
{
    free(expiry->ends);
}

static uint64_t expires(const struct expiry *expiry, uint32_t slot)
{
    return atomic_load_explicit(&expiry->sessions[slot].expires_ns, memory_order_relaxed);
}

static struct expiry_link *link_at(struct expiry *expiry, uint32_t at)
{
    return at < FIRST_END ? &expiry->links[at] : &expiry->ends[at - FIRST_END];
}

/* The first of a ring, or STATE_NONE. */
static uint32_t first_of(const struct expiry *expiry, uint32_t ring)
{
    uint32_t first = expiry->ends[ring].next;
    return first < FIRST_END ? first : STATE_NONE;
}

static void append(struct expiry *expiry, uint32_t ring, uint32_t slot)
{
    struct expiry_link *end = &expiry->ends[ring];
    expiry->links[slot] = (struct expiry_link){FIRST_END + ring, end->previous};
    link_at(expiry, end->previous)->next = slot;
    end->previous = slot;
}

/* The bucket of a time: the first tick that is wholly behind it, at most once round from now. */
static uint32_t bucket_of(const struct expiry *expiry, uint64_t at_ns)
{
    uint64_t tick = at_ns / EXPIRY_TICK_NS + 1;
    if (tick < expiry->tick)
        tick = expiry->tick;
    if (tick >= expiry->tick + EXPIRY_WHEEL)
        tick = expiry->tick + EXPIRY_WHEEL - 1;
    return (uint32_t)(tick % EXPIRY_WHEEL);
}

static void arm(struct expiry *expiry, uint32_t slot)
{
    append(expiry, bucket_of(expiry, expires(expiry, slot)), slot);
}

static void disarm(struct expiry *expiry, uint32_t slot)
{
    struct expiry_link link = expiry->links[slot];
    link_at(expiry, link.previous)->next = link.next;
    link_at(expiry, link.next)->previous = link.previous;
}

static void set(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t until_ns)
{
    struct session *session = &expiry->sessions[slot];
    session->lifetime = (uint8_t)lifetime;
    atomic_store_explicit(&session->expires_ns, until_ns, memory_order_relaxed);
}

static uint64_t length(const struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime)
{
    return lifetime == EXPIRY_TCP_CLOSING ? expiry->closing_ns[expiry->sessions[slot].pool]
                                          : expiry->lifetime_ns[lifetime];
}

void expiry_start(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns)
{
    struct session *session = &expiry->sessions[slot];
    set(expiry, slot, lifetime, now_ns + length(expiry, slot, lifetime));
    if (lifetime == EXPIRY_TCP_CLOSING) {
        session->closed_ns = now_ns;
        append(expiry, EXPIRY_WHEEL + session->pool, slot);
    } else {
        arm(expiry, slot);
    }
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

void expiry_limit(struct expiry *expiry, uint32_t slot, enum expiry_lifetime lifetime, uint64_t now_ns)
{
    if (expires(expiry, slot) > now_ns + length(expiry, slot, lifetime))
        expiry_shorten(expiry, slot, lifetime, now_ns);
}

void expiry_stop(struct expiry *expiry, uint32_t slot)
{
    disarm(expiry, slot);
}

static uint32_t next_in_wheel(struct expiry *expiry, uint64_t now_ns, unsigned *budget)
{
    while (expiry->tick <= now_ns / EXPIRY_TICK_NS && *budget > 0) {
        uint32_t slot = first_of(expiry, (uint32_t)(expiry->tick % EXPIRY_WHEEL));
        if (slot == STATE_NONE) {
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

/* The head of the pool's list, if its time has come. */
static uint32_t next_closing(struct expiry *expiry, unsigned pool, uint64_t now_ns, unsigned *budget)
{
    uint32_t slot;
    while (*budget > 0 && (slot = first_of(expiry, EXPIRY_WHEEL + pool)) != STATE_NONE) {
        const struct session *session = &expiry->sessions[slot];
        bool closing = session->lifetime == EXPIRY_TCP_CLOSING;
        if (closing && session->closed_ns + expiry->closing_ns[pool] > now_ns)
            break;
        (*budget)--;
        disarm(expiry, slot);
        if (closing)
            return slot;
        arm(expiry, slot); /* it lives again, with another lifetime */
    }
    return STATE_NONE;
}

uint32_t expiry_next(struct expiry *expiry, uint64_t now_ns, unsigned *budget)
{
    uint32_t slot = next_in_wheel(expiry, now_ns, budget);
    while (slot == STATE_NONE && *budget > 0 && expiry->closing_pool < EXPIRY_POOLS) {
        slot = next_closing(expiry, expiry->closing_pool, now_ns, budget);
        if (slot == STATE_NONE && *budget > 0)
            expiry->closing_pool++;
    }
    if (slot == STATE_NONE && expiry->closing_pool == EXPIRY_POOLS)
        expiry->closing_pool = 0;
    return slot;
}

uint64_t expiry_closing(uint64_t lifetime_ns, uint64_t full_ns, uint32_t used, uint32_t ports)
{
    uint32_t half = ports / 2;
    if (full_ns >= lifetime_ns || used <= half)
        return lifetime_ns;
    if (used >= ports)
        return full_ns;
    return lifetime_ns - (lifetime_ns - full_ns) / (ports - half) * (used - half);
}

uint32_t expiry_left_s(const struct session *session, uint64_t now_ns)
{
    uint64_t until_ns = session->expires_ns;
    return until_ns <= now_ns ? 0 : (uint32_t)((until_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
}

static_assert((int)STATE_LIFETIMES == (int)EXPIRY_LIFETIMES, "the header has a place for each lifetime");

void expiry_shift(struct expiry *expiry, uint32_t slot, int64_t shift_ns)
{
    uint64_t until_ns = expires(expiry, slot);
    uint64_t back_ns = shift_ns < 0 ? (uint64_t)-shift_ns : 0;
    uint64_t shifted_ns = until_ns > back_ns ? until_ns + (uint64_t)shift_ns : 0;
    set(expiry, slot, expiry->sessions[slot].lifetime, shifted_ns);
}

void expiry_restore(struct expiry *expiry, uint32_t slot, uint64_t now_ns)
{
    unsigned lifetime = expiry->sessions[slot].lifetime;
    uint64_t until_ns = expires(expiry, slot);
    if (lifetime >= EXPIRY_LIFETIMES)
        set(expiry, slot, EXPIRY_UDP, 0);
    else if (until_ns > now_ns + expiry->lifetime_ns[lifetime])
        set(expiry, slot, lifetime, now_ns + expiry->lifetime_ns[lifetime]);
    if (lifetime != EXPIRY_TCP_CLOSING) {
        arm(expiry, slot);
        return;
    }
    struct session *session = &expiry->sessions[slot];
    if (session->closed_ns > now_ns)
        session->closed_ns = now_ns;
    append(expiry, EXPIRY_WHEEL + session->pool, slot);
}
