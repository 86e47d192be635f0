/*
 * Layer: path
 * Specification: RFC 8158 5
 */
#include "nat64d/rfc8158/events.h"

static void put(struct steps *steps, const struct natevent *event)
{
    steps_count(steps, natevent_ring_put(steps->events, event) ? TALLY_EVENTS : TALLY_EVENTS_LOST, 1);
}

static uint8_t pool_of(const struct steps *steps, uint32_t address)
{
    return (uint8_t)prefixes_pool_index(steps->shared->prefixes, address);
}

/* Of an address that may have been taken out of the configuration. */
static uint8_t find_pool(const struct steps *steps, uint32_t src4)
{
    uint32_t address = prefixes_find(steps->shared->prefixes, src4);
    return address == PREFIXES_NONE ? NATEVENT_NO_POOL : pool_of(steps, address);
}

static struct natevent of_binding(const struct steps *steps, enum natevent_kind kind,
                                  const struct bib_entry *entry, uint64_t now_ns)
{
    return (struct natevent){
        .time_ns = now_ns,
        .src6 = entry->src6,
        .src4 = entry->src4,
        .src6_port = entry->src6_port,
        .src4_port = entry->src4_port,
        .kind = (uint8_t)kind,
        .transport = entry->transport,
        .pool = find_pool(steps, entry->src4),
        .prefix_len = NATEVENT_HOST,
    };
}

void events_session(struct steps *steps, bool created, const struct session *session,
                    const struct bib_entry *entry, uint64_t now_ns)
{
    if (steps->events == NULL || !steps->shared->events.sessions)
        return;
    struct natevent event =
        of_binding(steps, created ? NATEVENT_SESSION_CREATE : NATEVENT_SESSION_DELETE, entry, now_ns);
    event.dst4 = session->dst4;
    event.dst4_port = session->dst_port;
    event.since_ns = created ? 0 : session->created_ns;
    put(steps, &event);
}

void events_binding(struct steps *steps, bool created, const struct bib_entry *entry, uint64_t now_ns)
{
    /* What lies in a backend's block its record tells (RFC 6888 4). */
    if (steps->events == NULL || !steps->shared->events.bindings || entry->port_block != BULK_NONE)
        return;
    struct natevent event =
        of_binding(steps, created ? NATEVENT_BIB_CREATE : NATEVENT_BIB_DELETE, entry, now_ns);
    event.since_ns = created ? 0 : entry->created_ns;
    put(steps, &event);
}

/* The prefix that makes a backend, and its length. */
static void set_backend(const struct steps *steps, struct natevent *event, const struct in6_addr *backend)
{
    event->prefix_len = steps->shared->events.backend_len;
    event->src6 = addr_mask6(backend, event->prefix_len);
}

void events_address(struct steps *steps, bool bound, const struct in6_addr *backend, uint32_t address,
                    uint64_t now_ns)
{
    if (steps->events == NULL || !steps->shared->events.addresses)
        return;
    struct natevent event = {
        .time_ns = now_ns,
        .src4 = prefixes_address(steps->shared->prefixes, address),
        .kind = bound ? NATEVENT_ADDRESS_BIND : NATEVENT_ADDRESS_UNBIND,
        .transport = NATEVENT_ANY,
        .pool = pool_of(steps, address),
    };
    set_backend(steps, &event, backend);
    put(steps, &event);
}

void events_block(struct steps *steps, bool allocated, const struct lots_block *block, uint64_t now_ns)
{
    if (steps->events == NULL)
        return;
    struct natevent event = {
        .time_ns = now_ns,
        .since_ns = allocated ? 0 : block->since_ns,
        .src4 = prefixes_address(steps->shared->prefixes, block->address),
        .src4_port = block->first,
        .src4_last = block->last,
        .kind = allocated ? NATEVENT_BLOCK_ALLOCATED : NATEVENT_BLOCK_FREED,
        .transport = NATEVENT_ANY,
        .pool = pool_of(steps, block->address),
    };
    set_backend(steps, &event, &block->backend);
    put(steps, &event);
}

static bool passes(struct steps *steps, enum steps_event_limit which, uint64_t now_ns,
                   uint32_t *ret_suppressed)
{
    if (steps->events == NULL)
        return false;
    if (natevent_limit_passes(&steps->event_limits[which], steps->shared->events.per_second, now_ns,
                              ret_suppressed))
        return true;
    steps_count(steps, TALLY_EVENTS_SUPPRESSED, 1);
    return false;
}

void events_no_port(struct steps *steps, const struct flow *flow, uint32_t address, bool any_address,
                    uint64_t now_ns)
{
    const struct prefixes *prefixes = steps->shared->prefixes;
    struct natevent event = {
        .time_ns = now_ns,
        .kind = NATEVENT_PORTS_EXHAUSTED,
        .transport = (uint8_t)flow->transport,
        .src4 = prefixes_address(prefixes, address),
        .src6 = flow->src6,
        .pool = pool_of(steps, address),
        .prefix_len = NATEVENT_HOST,
    };
    if (passes(steps, STEPS_EVENT_PORTS, now_ns, &event.suppressed))
        put(steps, &event);
    if (!any_address || !passes(steps, STEPS_EVENT_ADDRESSES, now_ns, &event.suppressed))
        return;
    event.kind = NATEVENT_ADDRESSES_EXHAUSTED;
    event.src4 = prefixes_address(prefixes, prefixes->pools[event.pool].first_index);
    put(steps, &event);
}

void events_quota(struct steps *steps, enum natevent_quota quota, enum natevent_cause cause,
                  const struct in6_addr *backend, uint8_t transport, uint64_t now_ns)
{
    struct natevent event = {
        .time_ns = now_ns,
        .kind = NATEVENT_QUOTA_EXCEEDED,
        .transport = transport,
        .detail = (uint8_t)quota,
        .cause = (uint8_t)cause,
        .prefix_len = NATEVENT_HOST,
    };
    if (backend != NULL)
        event.src6 = *backend;
    if (passes(steps, STEPS_EVENT_QUOTA, now_ns, &event.suppressed))
        put(steps, &event);
}
