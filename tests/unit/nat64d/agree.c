/*
 * Layer: test
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "tests/unit/nat64d/agree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat64d/table/slot_word.h"

enum {
    BACKENDS_MAX = 4096, /* backends and networks that agree_quota tells apart */
    PORTS = 65536,
};

#define FAR_NS UINT64_C(8100000000000) /* behind the longest lifetime, within the wheel */

static const char *disagree(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *disagree(const char *format, ...)
{
    static char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return text;
}

static bool is_live(const _Atomic uint32_t *word)
{
    uint32_t before;
    return slot_word_begin(word, &before);
}

static bool same_remote(const struct session *a, const struct session *b)
{
    return a->bib == b->bib && a->dst4 == b->dst4;
}

/* One live binding by itself. */
static const char *agree_binding(const struct tables *tables, uint32_t slot)
{
    const struct bib_entry *entry = &tables->shared.state.bib[slot];
    if (entry->shard >= tables->shared.shards || entry->transport >= TRANSPORT_COUNT)
        return disagree("binding %u: shard %u, transport %u", slot, entry->shard, entry->transport);
    const struct bib *bib = &tables->shards[entry->shard].bib;
    if (bib_find6(bib, entry->transport, &entry->src6, entry->src6_port) != slot)
        return disagree("binding %u is not found by its IPv6 side", slot);
    if (bib_find4(bib, entry->transport, entry->src4, entry->src4_port) != slot)
        return disagree("binding %u is not found by its IPv4 side", slot);
    if (entry->address_index >= tables->prefixes.addresses ||
        prefixes_address(&tables->prefixes, entry->address_index) != entry->src4)
        return disagree("binding %u names address %u", slot, entry->address_index);
    if (entry->is_static) {
        const struct binding *binding = binding_at(tables->bindings, entry->static_index);
        return binding_port6(binding, entry->src4_port) == entry->src6_port &&
                       entry->src4_port - binding->src4_port <= binding->more
                   ? NULL
                   : disagree("binding %u is not the static one", slot);
    }
    if (entry->sessions == 0)
        return disagree("binding %u is dynamic and has no session", slot);
    unsigned owner = block_shard(tables->blocks, entry->address_index, entry->transport, entry->src4_port);
    if ((block_owner(tables->blocks, entry->address_index, entry->src4_port) == BLOCK_SPLIT) !=
        (entry->port_block != BULK_NONE))
        return disagree("binding %u has code %u of a block", slot, entry->port_block);
    return owner == entry->shard
               ? NULL
               : disagree("binding %u of shard %u lies in a block of shard %u", slot, entry->shard, owner);
}

static const char *agree_session(const struct tables *tables, uint32_t slot)
{
    const struct state *state = &tables->shared.state;
    const struct session *session = &state->sessions[slot];
    if (session->shard >= tables->shared.shards || session->bib >= state->header->bib_slots)
        return disagree("session %u: shard %u, binding %u", slot, session->shard, session->bib);
    const struct bib_entry *entry = &state->bib[session->bib];
    if (!is_live(&entry->word) || entry->shard != session->shard || entry->transport != session->transport)
        return disagree("session %u is of binding %u, which is not its own", slot, session->bib);
    const struct session_table *table = &tables->shards[session->shard].sessions;
    if (session_find(table, session->bib, session->dst4, session->dst_port) != slot)
        return disagree("session %u is not found by its flow", slot);
    if (!session_has_peer(table, session->bib, session->dst4))
        return disagree("session %u: its remote address is no peer", slot);
    if (session->pool != prefixes_pool_index(&tables->prefixes, entry->address_index))
        return disagree("session %u is of pool %u", slot, session->pool);
    if (tables->shared.pref64_index[session->pref64] == STEPS_NO_PREF64)
        return disagree("session %u is under no prefix", slot);
    return NULL;
}

/* Counts of one kind of slot. */
struct counted {
    uint32_t bindings[TRANSPORT_COUNT], sessions[TRANSPORT_COUNT];
    uint32_t dynamic[TRANSPORT_COUNT];
};

static const char *agree_counts(const struct tables *tables, const struct counted *counted)
{
    uint32_t bindings[TRANSPORT_COUNT] = {0}, sessions[TRANSPORT_COUNT] = {0};
    uint32_t indexed6 = 0, indexed4 = 0, flows = 0, bindings_all = 0, sessions_all = 0;
    for (unsigned i = 0; i < tables->shared.shards; i++) {
        const struct steps_shard *shard = &tables->shards[i];
        indexed6 += shard->bib.by6.count;
        indexed4 += shard->bib.by4.count;
        flows += shard->sessions.flows.count;
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
            bindings[t] += shard->bib.count[t];
            sessions[t] += shard->sessions.count[t];
        }
    }
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        bindings_all += counted->bindings[t];
        sessions_all += counted->sessions[t];
        if (bindings[t] != counted->bindings[t] || sessions[t] != counted->sessions[t])
            return disagree("transport %u: %u bindings and %u sessions counted, %u and %u live", t,
                            bindings[t], sessions[t], counted->bindings[t], counted->sessions[t]);
    }
    if (indexed6 != bindings_all || indexed4 != bindings_all || flows != sessions_all)
        return disagree("%u and %u bindings indexed, %u live; %u sessions indexed, %u live", indexed6,
                        indexed4, bindings_all, flows, sessions_all);
    return NULL;
}

/* Each session is in the ring of its (binding, remote address), and each ring is in the index once. */
static const char *agree_groups(const struct tables *tables)
{
    const struct state *state = &tables->shared.state;
    const struct session_group *groups = tables->shards[0].sessions.groups;
    uint32_t slots = state->header->session_slots, rings = 0, indexed = 0;
    const char *wrong = NULL;
    uint8_t *seen = calloc(slots, 1);
    for (uint32_t i = 0; i < slots && wrong == NULL; i++) {
        if (!is_live(&state->sessions[i].word) || seen[i])
            continue;
        rings++;
        for (uint32_t at = i; wrong == NULL && !seen[at]; at = groups[at].next) {
            uint32_t next = groups[at].next;
            seen[at] = 1;
            if (next >= slots || groups[next].previous != at || !is_live(&state->sessions[next].word) ||
                !same_remote(&state->sessions[at], &state->sessions[next]))
                wrong = disagree("session %u: the ring of its peer is broken", at);
        }
    }
    free(seen);
    for (unsigned i = 0; i < tables->shared.shards; i++)
        indexed += tables->shards[i].sessions.peers.count;
    if (wrong == NULL && rings != indexed)
        wrong = disagree("%u peers indexed, %u there", indexed, rings);
    return wrong;
}

static const char *agree_held(const struct tables *tables, uint32_t *ret_held)
{
    const struct state *state = &tables->shared.state;
    for (uint32_t i = 0; i < tables->shared.shards * state->header->held_slots; i++) {
        const struct claim_held *held = &state->held[i];
        unsigned shard = i / state->header->held_slots;
        if (held->until_ns == 0)
            continue;
        ++*ret_held;
        uint32_t address = prefixes_find(&tables->prefixes, held->src4);
        if (address == PREFIXES_NONE || held->transport >= TRANSPORT_COUNT)
            return disagree("held port %u is none of ours", held->port);
        if (block_shard(tables->blocks, address, held->transport, held->port) != shard)
            return disagree("held port %u lies in a block that is not shard %u's", held->port, shard);
        uint32_t bib = bib_find4(&tables->shards[shard].bib, held->transport, held->src4, held->port);
        if (bib != STATE_NONE)
            return disagree("port %u is held and in use by binding %u", held->port, bib);
    }
    return NULL;
}

static const char *agree_ports(const struct tables *tables, const struct counted *counted)
{
    uint32_t held = 0, held_counted = 0, blocks = 0;
    const char *wrong = agree_held(tables, &held);
    for (uint32_t a = 0; a < tables->prefixes.addresses; a++)
        blocks += bulk_count(tables->bulk, a);
    if (wrong != NULL)
        return wrong;
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        uint32_t used = 0, of_pools = 0;
        for (unsigned i = 0; i < tables->shared.shards; i++)
            for (uint32_t a = 0; a < tables->prefixes.addresses; a++)
                used += claim_used(tables->shards[i].claim, a, t);
        for (uint32_t i = 0; i < tables->prefixes.pools_count; i++)
            of_pools += block_use(tables->blocks, i, t);
        if (used != counted->dynamic[t] || (blocks > 0 ? of_pools < used : of_pools != used))
            return disagree("transport %u: %u ports in use, %u in the pools, %u bindings", t, used, of_pools,
                            counted->dynamic[t]);
    }
    for (unsigned i = 0; i < tables->shared.shards; i++)
        for (uint32_t a = 0; a < tables->prefixes.addresses; a++)
            held_counted += claim_held(tables->shards[i].claim, a);
    return held == held_counted ? NULL : disagree("%u ports held, %u in the slots", held_counted, held);
}

/* What a backend or network should have, made from the slots. */
struct expected {
    struct in6_addr prefix;
    struct quota_use use;
};

static struct expected *expected_of(struct expected *list, uint32_t *count, const struct in6_addr *backend,
                                    unsigned len)
{
    struct in6_addr prefix = addr_mask6(backend, len);
    for (uint32_t i = 0; i < *count; i++)
        if (addr_equal6(&list[i].prefix, &prefix))
            return &list[i];
    if (*count == BACKENDS_MAX)
        abort();
    list[*count] = (struct expected){.prefix = prefix};
    return &list[(*count)++];
}

static const char *agree_quota_level(const struct tables *tables, enum quota_level level, unsigned len,
                                     struct expected *list)
{
    const struct state *state = &tables->shared.state;
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->header->bib_slots; i++) {
        const struct bib_entry *entry = &state->bib[i];
        if (is_live(&entry->word) && !entry->is_static)
            expected_of(list, &count, &entry->src6, len)->use.ports[entry->transport]++;
    }
    for (uint32_t i = 0; i < state->header->session_slots; i++) {
        const struct session *session = &state->sessions[i];
        if (!is_live(&session->word))
            continue;
        struct expected *of = expected_of(list, &count, &state->bib[session->bib].src6, len);
        of->use.sessions++;
        of->use.unanswered += (session->flags & SESSION_ANSWERED) == 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct quota_use use, *wanted = &list[i].use;
        if (!quota_get(tables->quota, level, &list[i].prefix, &use))
            return disagree("level %u: no record of somebody with %u sessions", level, wanted->sessions);
        if (memcmp(use.ports, wanted->ports, sizeof(use.ports)) != 0 || use.sessions != wanted->sessions ||
            use.unanswered != wanted->unanswered)
            return disagree("level %u: %u/%u/%u ports, %u sessions, %u unanswered; %u/%u/%u, %u, %u there",
                            level, use.ports[0], use.ports[1], use.ports[2], use.sessions, use.unanswered,
                            wanted->ports[0], wanted->ports[1], wanted->ports[2], wanted->sessions,
                            wanted->unanswered);
    }
    return NULL;
}

static const char *agree_quota(const struct tables *tables)
{
    const struct settings_nat64 *nat64 = &tables->settings->nat64;
    struct expected *list = malloc(BACKENDS_MAX * sizeof(*list));
    const char *wrong =
        agree_quota_level(tables, QUOTA_BACKEND, (unsigned)nat64->limits.backend_prefix, list);
    if (wrong == NULL)
        wrong = agree_quota_level(tables, QUOTA_NETWORK, (unsigned)nat64->limits.network_prefix, list);
    free(list);
    return wrong;
}

static const char *agree_slots(const struct tables *tables, struct counted *counted)
{
    const struct state *state = &tables->shared.state;
    const char *wrong = NULL;
    uint32_t *sessions = calloc(state->header->bib_slots, sizeof(*sessions));
    for (uint32_t i = 0; i < state->header->session_slots && wrong == NULL; i++) {
        if (!is_live(&state->sessions[i].word))
            continue;
        wrong = agree_session(tables, i);
        if (wrong == NULL) {
            counted->sessions[state->sessions[i].transport]++;
            sessions[state->sessions[i].bib]++;
        }
    }
    for (uint32_t i = 0; i < state->header->bib_slots && wrong == NULL; i++) {
        const struct bib_entry *entry = &state->bib[i];
        if (!is_live(&entry->word))
            continue;
        if (entry->sessions != sessions[i])
            wrong = disagree("binding %u counts %u sessions of %u", i, entry->sessions, sessions[i]);
        else
            wrong = agree_binding(tables, i);
        if (wrong == NULL) {
            counted->bindings[entry->transport]++;
            counted->dynamic[entry->transport] += !entry->is_static;
        }
    }
    free(sessions);
    return wrong;
}

const char *agree_tables(struct tables *tables)
{
    struct counted counted = {0};
    const char *wrong = agree_slots(tables, &counted);
    if (wrong == NULL)
        wrong = agree_counts(tables, &counted);
    if (wrong == NULL)
        wrong = agree_groups(tables);
    if (wrong == NULL)
        wrong = agree_ports(tables, &counted);
    if (wrong == NULL)
        wrong = agree_quota(tables);
    return wrong;
}

/* Time runs on until all has ended. */
static const char *end_sessions(struct tables *tables, uint64_t now_ns, uint8_t *seen)
{
    const struct state *state = &tables->shared.state;
    for (unsigned i = 0; i < tables->shared.shards; i++) {
        unsigned budget = 1000000;
        uint32_t slot;
        while ((slot = expiry_next(&tables->shards[i].expiry, now_ns + FAR_NS, &budget)) != STATE_NONE) {
            if (!is_live(&state->sessions[slot].word) || seen[slot]++)
                return disagree("session %u ends twice, or is none", slot);
        }
        if (budget == 0)
            return disagree("shard %u: timers without an end", i);
    }
    for (uint32_t i = 0; i < state->header->session_slots; i++)
        if (is_live(&state->sessions[i].word) && !seen[i])
            return disagree("session %u never ends", i);
    return NULL;
}

/* All that are left, each once; what is live is not among them. */
static const char *take_slots(struct slots_shard *const *shards, unsigned count, uint8_t *live,
                              uint32_t slots, const char *what)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t slot;
        while ((slot = slots_take(shards[i])) != STATE_NONE)
            if (slot >= slots || live[slot]++)
                return disagree("%s slot %u is given, but live or given before", what, slot);
    }
    for (uint32_t i = 0; i < slots; i++)
        if (!live[i])
            return disagree("%s slot %u is neither live nor free", what, i);
    return NULL;
}

static const char *take_all_slots(struct tables *tables)
{
    const struct state *state = &tables->shared.state;
    struct slots_shard *bib[STATE_SHARDS_MAX], *sessions[STATE_SHARDS_MAX];
    uint32_t bib_slots = state->header->bib_slots, session_slots = state->header->session_slots;
    uint8_t *live = malloc(bib_slots > session_slots ? bib_slots : session_slots);
    for (unsigned i = 0; i < tables->shared.shards; i++) {
        bib[i] = tables->shards[i].bib.slots;
        sessions[i] = tables->shards[i].sessions.slots;
    }
    for (uint32_t i = 0; i < bib_slots; i++)
        live[i] = is_live(&state->bib[i].word);
    const char *wrong = take_slots(bib, tables->shared.shards, live, bib_slots, "binding");
    for (uint32_t i = 0; i < session_slots; i++)
        live[i] = is_live(&state->sessions[i].word);
    if (wrong == NULL)
        wrong = take_slots(sessions, tables->shared.shards, live, session_slots, "session");
    free(live);
    return wrong;
}

/* What is no port of ours, and what is reserved. */
static void mark_block(const struct tables *tables, uint32_t address, uint16_t block,
                       enum transport transport, uint8_t *marked)
{
    uint64_t ours = prefixes_pool_of(&tables->prefixes, address)->ports[block] &
                    ~block_reserved(tables->blocks, address, block, transport);
    if (ours == 0) {
        memset(marked, 1, PORT_BLOCK);
        return;
    }
    for (unsigned i = 0; i < PORT_BLOCK; i++)
        if ((ours >> i & 1) == 0)
            marked[i] = 1;
}

/* Marks the ports of one address and transport that nobody may be given. */
static void mark_ports(const struct tables *tables, uint32_t address, enum transport transport,
                       uint8_t *marked)
{
    const struct state *state = &tables->shared.state;
    for (uint32_t i = 0; i < state->header->bib_slots; i++) {
        const struct bib_entry *entry = &state->bib[i];
        if (is_live(&entry->word) && entry->address_index == address && entry->transport == transport)
            marked[entry->src4_port] = 1;
    }
    for (uint32_t i = 0; i < tables->shared.shards * state->header->held_slots; i++) {
        const struct claim_held *held = &state->held[i];
        if (held->until_ns != 0 && held->transport == transport &&
            prefixes_find(&tables->prefixes, held->src4) == address)
            marked[held->port] = 1;
    }
    for (unsigned block = 0; block < PORTS / PORT_BLOCK; block++)
        mark_block(tables, address, (uint16_t)block, transport, marked + block * PORT_BLOCK);
}

/* Of a backend's block, or what a held port says is one, nobody else gets a port. */
static const char *take_ports(struct tables *tables, uint32_t address, enum transport transport,
                              uint16_t no_port, uint8_t *marked)
{
    mark_ports(tables, address, transport, marked);
    for (unsigned i = 0; i < tables->shared.shards; i++) {
        uint16_t port;
        while (claim_take(tables->shards[i].claim, address, transport, 5000, &port) == 0)
            if (marked[port]++ || (port == no_port && transport == TRANSPORT_UDP))
                return disagree("port %u of transport %u is given, but in use or held", port, transport);
    }
    for (unsigned port = 0; port < PORTS; port++)
        if (!marked[port] && block_owner(tables->blocks, address, (uint16_t)port) != BLOCK_SPLIT)
            return disagree("port %u of transport %u is free and never given", port, transport);
    return NULL;
}

const char *agree_to_the_end(struct tables *tables, uint64_t now_ns, uint16_t no_port)
{
    uint8_t *seen = calloc(tables->shared.state.header->session_slots, 1), *marked = malloc(PORTS);
    const char *wrong = end_sessions(tables, now_ns, seen);
    if (wrong == NULL)
        wrong = take_all_slots(tables);
    for (uint32_t a = 0; a < tables->prefixes.addresses; a++) {
        for (unsigned t = 0; t < TRANSPORT_COUNT && wrong == NULL; t++) {
            memset(marked, 0, PORTS);
            wrong = take_ports(tables, a, t, no_port, marked);
        }
    }
    free(marked);
    free(seen);
    return wrong;
}
