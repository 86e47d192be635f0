/*
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "nat64d/edge/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "nat64d/edge/fixed.h"
#include "nat64d/keeper/size.h"
#include "nat64d/rfc8158/events.h"

enum {
    SHARE_DEFAULT = 75, /* percent: ports-per-network and sessions-per-network where nobody says otherwise */
    SHARE_WHOLE = 100,
};

static_assert((int)TRANSPORT_TCP == (int)SETTINGS_TCP && (int)TRANSPORT_UDP == (int)SETTINGS_UDP &&
                  (int)TRANSPORT_ICMP == (int)SETTINGS_ICMP,
              "settings and tables number the protocols alike");

static_assert((int)TCP_PROBE_IPV6 == (int)SETTINGS_PROBE_IPV6 &&
                  (int)TCP_PROBE_IPV4 == (int)SETTINGS_PROBE_IPV4 &&
                  (int)TCP_PROBE_BOTH == (int)SETTINGS_PROBE_BOTH &&
                  (int)TCP_PROBE_NONE == (int)SETTINGS_PROBE_NONE,
              "settings and steps number the choices alike");
static_assert((int)STEPS_EAM_HAIRPIN_INTRINSIC == (int)SETTINGS_EAM_INTRINSIC &&
                  (int)STEPS_EAM_HAIRPIN_SIMPLE == (int)SETTINGS_EAM_SIMPLE &&
                  (int)STEPS_EAM_HAIRPIN_OFF == (int)SETTINGS_EAM_OFF,
              "settings and steps number the choices alike");

static struct siphash_key random_key(void)
{
    struct siphash_key key;
    clock_random(&key, sizeof(key));
    return key;
}

static int make_prefixes(struct tables *tables)
{
    const struct settings *settings = tables->settings;
    struct prefixes_input *input = calloc(settings->pools_count + 1, sizeof(*input));
    if (input == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct settings_pool *pool = &settings->pools[i];
        input[i] = (struct prefixes_input){.address = pool->address,
                                           .ports = pool->ports,
                                           .ports_count = (uint32_t)pool->ports_count,
                                           .name = pool->name,
                                           .shared = pool->shared,
                                           .drain = pool->drain,
                                           .for6 = pool->for6,
                                           .for6_count = (uint32_t)pool->for6_count};
    }
    int r = prefixes_init(&tables->prefixes, input, (uint32_t)settings->pools_count);
    free(input);
    return r;
}

/* Of `all`; a share is never nothing. */
static uint32_t share_of(const struct settings_share *share, uint32_t all)
{
    uint64_t part = share->percent ? (uint64_t)all * (uint32_t)share->value / 100 : (uint32_t)share->value;
    return part == 0 ? 1 : (uint32_t)part;
}

/* A single network may have all, unless the file says less. */
static struct settings_share network_share(const struct settings_share *share, bool single_network)
{
    if (single_network && share->percent && share->value == SHARE_DEFAULT)
        return (struct settings_share){SHARE_WHOLE, true};
    return *share;
}

static int make_quota(struct tables *tables, bool single_network)
{
    const struct settings_nat64 *nat64 = &tables->settings->nat64;
    const struct state_header *header = tables->shared.state.header;
    uint32_t sessions = size_sessions(tables->settings);
    struct settings_share network_sessions =
        network_share(&nat64->limits.sessions_per_network, single_network);
    struct quota_limits limits = {
        .prefix_len = {(uint8_t)nat64->limits.backend_prefix, (uint8_t)nat64->limits.network_prefix},
        .ports = {nat64->limits.ports_per_backend,
                  network_share(&nat64->limits.ports_per_network, single_network)},
        .sessions = {share_of(&nat64->limits.sessions_per_backend, sessions),
                     share_of(&network_sessions, sessions)},
        .sessions_in_all = sessions,
        .unanswered = {share_of(&nat64->limits.unanswered_per_network, sessions),
                       share_of(&nat64->limits.unanswered_per_network, sessions)},
        .rate = {(uint32_t)nat64->limits.new_sessions_per_second,
                 (uint32_t)nat64->limits.new_sessions_per_second_per_network},
    };
    /* Each session may be of a backend and a network of its own, and that may have its ports of a group. */
    uint32_t records = group_count(tables->groups) > 1 ? 3 : 2;
    return quota_new(records * sessions, &limits, header->key, tables->groups, &tables->quota);
}

static int make_bulk(struct tables *tables)
{
    const struct settings_nat64 *nat64 = &tables->settings->nat64;
    struct bulk_input input = {
        .blocks = tables->blocks,
        .prefixes = &tables->prefixes,
        .size = (uint32_t)nat64->limits.backend_port_block,
        .backend_len = (uint8_t)nat64->limits.backend_prefix,
        .key = random_key(),
    };
    return bulk_new(&input, &tables->bulk);
}

static int make_pool(struct tables *tables, bool single_network)
{
    struct port_random random = {.key = random_key()};
    int r = make_prefixes(tables);
    if (r == 0)
        r = block_new(&tables->prefixes, tables->shared.shards, &random, &tables->blocks);
    if (r == 0)
        r = fixed_bindings(tables);
    if (r == 0)
        r = fixed_reserve(tables);
    if (r == 0)
        r = fixed_mappings(tables);
    if (r == 0)
        r = group_new(&tables->prefixes, tables->blocks, &tables->groups);
    if (r == 0)
        r = make_bulk(tables);
    if (r == 0)
        r = make_quota(tables, single_network);
    return r;
}

static int make_guard(struct tables *tables)
{
    const struct settings *settings = tables->settings;
    tables->pref64 = calloc(settings->pref64_count + 1, sizeof(*tables->pref64));
    if (tables->pref64 == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *from = &settings->pref64[i];
        tables->pref64[i] = (struct guard_pref64){from->prefix, from->allow4, from->allow4_count};
    }
    tables->shared.guard =
        (struct guard){tables->pref64,           settings->pref64_count, settings->backends,
                       settings->backends_count, settings->deny4,        settings->deny4_count};
    return 0;
}

/* RFC 8158 5: a session's records say what its binding's would. */
static void fill_events(struct steps_shared *shared, const struct settings *settings)
{
    uint32_t rate = (uint32_t)settings->log.event_rate / shared->workers;
    shared->events = (struct steps_events){
        .bindings = !settings->log.event_destinations,
        .sessions = settings->log.event_destinations,
        .addresses = settings->log.event_addresses,
        .backend_len = (uint8_t)settings->nat64.limits.backend_prefix,
        .per_second = rate > 0 ? rate : 1,
    };
}

/* A value of its own goes before the switch for both families. */
static struct translation_class class_of(int value, bool zero)
{
    if (value >= 0)
        return (struct translation_class){true, (uint8_t)value};
    return (struct translation_class){zero, 0};
}

static void fill_options(struct tables *tables)
{
    const struct settings_nat64 *nat64 = &tables->settings->nat64;
    struct steps_shared *shared = &tables->shared;
    const int seconds[EXPIRY_LIFETIMES] = {
        [EXPIRY_UDP] = nat64->timeouts.udp,
        [EXPIRY_UDP_DNS] = nat64->timeouts.udp_dns,
        [EXPIRY_ICMP] = nat64->timeouts.icmp,
        [EXPIRY_TCP_ESTABLISHED] = nat64->timeouts.tcp_established,
        [EXPIRY_TCP_OPENING] = nat64->timeouts.tcp_opening,
        [EXPIRY_TCP_CLOSING] = nat64->timeouts.tcp_closing,
    };
    for (unsigned i = 0; i < EXPIRY_LIFETIMES; i++)
        shared->lifetime_ns[i] = (uint64_t)seconds[i] * NS_PER_S;
    shared->closing_full_ns = (uint64_t)nat64->timeouts.tcp_closing_full * NS_PER_S;
    for (unsigned i = 0; i < TRANSPORT_COUNT; i++)
        shared->endpoint_independent[i] = nat64->filtering[i] == SETTINGS_ENDPOINT_INDEPENDENT;
    shared->syn_wait_ns = (uint64_t)nat64->timeouts.tcp_incoming_syn * NS_PER_S;
    shared->eam_hairpin = (enum steps_eam_hairpin)nat64->translation.eam_hairpin;
    shared->outbound_refresh = nat64->refresh == SETTINGS_REFRESH_OUTBOUND;
    shared->tcp = (struct tcp_options){
        .ignore_window = !nat64->tcp.check_window,
        .reset_after_fin = nat64->tcp.reset_after_fin,
        .ignore_refusal = !nat64->tcp.reset_while_opening,
        .probe = (enum tcp_probe)nat64->tcp.probe,
    };
    fill_events(shared, tables->settings);
    shared->fragment_ns = (uint64_t)nat64->timeouts.fragment * NS_PER_S;
    shared->fragments_max = (uint32_t)nat64->limits.fragments;
    shared->send_errors = nat64->icmp_errors.send;
    shared->forbids_pings = !nat64->pings;
    shared->icmp_source4 = nat64->translation.icmp_source4;
    shared->icmp_source4_count = nat64->translation.icmp_source4_count;
    shared->options = (struct translation_options){
        .tos = class_of(nat64->translation.ipv4_tos, nat64->translation.zero_traffic_class),
        .traffic_class =
            class_of(nat64->translation.ipv6_traffic_class, nat64->translation.zero_traffic_class),
        .drop_zero_checksum = nat64->translation.udp_zero_checksum == SETTINGS_ZERO_CHECKSUM_DROP,
        .mss_clamp = nat64->translation.mss_clamp,
        .lowest_ipv6_mtu = (uint32_t)nat64->lowest_ipv6_mtu,
    };
}

static int make_shared_tables(struct tables *tables)
{
    const struct state *state = &tables->shared.state;
    uint32_t slots = state->header->session_slots;
    int r = slots_new(state->header->bib_slots, &tables->bib_slots);
    if (r == 0)
        r = slots_new(slots, &tables->session_slots);
    if (r == 0)
        r = bib_shared_new(state->bib, state->header->bib_slots, &tables->bib_shared);
    if (r == 0)
        r = session_shared_new(state->sessions, slots, &tables->session_shared);
    if (r < 0)
        return r;
    tables->expiry_links = calloc(slots, sizeof(*tables->expiry_links));
    return tables->expiry_links == NULL ? -ENOMEM : 0;
}

static int make_claim(struct tables *tables, unsigned index)
{
    const struct steps_shared *shared = &tables->shared;
    const struct state_header *header = shared->state.header;
    struct claim_input input = {
        .blocks = tables->blocks,
        .bulk = tables->bulk,
        .prefixes = &tables->prefixes,
        .shard = index,
        .shards = shared->shards,
        .seed = random_key(),
        .hold_down_ns = (uint64_t)tables->settings->nat64.timeouts.hold_down * NS_PER_S,
        .held = shared->state.held + (size_t)index * header->held_slots,
        .held_max = header->held_slots,
    };
    return claim_new(&input, &tables->shards[index].claim);
}

static int make_shard(struct tables *tables, unsigned index)
{
    struct steps_shard *shard = &tables->shards[index];
    const struct steps_shared *shared = &tables->shared;
    uint64_t now_ns = clock_now_ns();

    int r = slots_shard_new(tables->bib_slots, &shard->bib.slots);
    if (r == 0)
        r = slots_shard_new(tables->session_slots, &shard->sessions.slots);
    if (r == 0)
        r = bib_init(&shard->bib, tables->bib_shared, random_key(), (uint8_t)index);
    if (r == 0)
        r = session_init(&shard->sessions, tables->session_shared, random_key(), (uint8_t)index);
    if (r == 0)
        r = expiry_init(&shard->expiry, shared->state.sessions, tables->expiry_links, shared->lifetime_ns,
                        now_ns);
    if (r == 0)
        r = stored_syn_new(random_key(), &shard->syns);
    if (r == 0)
        r = make_claim(tables, index);
    return r;
}

static int make_shards(struct tables *tables)
{
    unsigned shards = tables->shared.shards;
    tables->shards = calloc(shards, sizeof(*tables->shards));
    if (tables->shards == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < shards; i++) {
        int r = make_shard(tables, i);
        if (r < 0)
            return r;
    }
    return 0;
}

int tables_new(const struct settings *settings, const struct state *state, unsigned workers,
               bool single_network, struct tables **ret_tables)
{
    struct tables *tables = calloc(1, sizeof(*tables));
    if (tables == NULL)
        return -ENOMEM;
    tables->settings = settings;
    tables->shared.state = *state;
    tables->shared.workers = workers;
    tables->shared.shards = state->header->shards;
    tables->shared.prefixes = &tables->prefixes;
    fill_options(tables);
    int r = make_pool(tables, single_network);
    if (r == 0)
        r = make_guard(tables);
    if (r == 0)
        r = make_shared_tables(tables);
    if (r == 0)
        r = path_mtu_new(random_key(), &tables->path_mtus);
    tables->shared.path_mtus = tables->path_mtus;
    tables->shared.groups = tables->groups;
    tables->shared.blocks = tables->blocks;
    tables->shared.bulk = tables->bulk;
    tables->shared.bindings = tables->bindings;
    tables->shared.eam = tables->eam;
    tables->shared.quota = tables->quota;
    if (r == 0)
        r = make_shards(tables);
    if (r < 0) {
        tables_free(tables);
        return r;
    }
    *ret_tables = tables;
    return 0;
}

/* The log is told that they are over. */
static void tell_lost_blocks(const struct tables *old, const struct tables *tables)
{
    struct counters counters;
    struct steps steps = {.shared = &old->shared, .counters = &counters};
    struct lots_block block;
    memset(&counters, 0, sizeof(counters));
    if (tables->ended == NULL)
        return;
    steps.events = tables->ended[0];
    for (uint64_t cursor = 0; bulk_next(old->bulk, &cursor, &block);) {
        uint32_t index = prefixes_find(&tables->prefixes, prefixes_address(&old->prefixes, block.address));
        if (block.told &&
            (index == PREFIXES_NONE || block_owner(tables->blocks, index, block.first) != BLOCK_SPLIT))
            events_block(&steps, false, &block, clock_now_ns());
    }
}

void tables_move(struct tables *from, struct tables *to)
{
    tell_lost_blocks(from, to);
    for (unsigned i = 0; i < to->shared.shards; i++) {
        struct stored_syn_table *old = from->shards[i].syns;
        from->shards[i].syns = to->shards[i].syns;
        to->shards[i].syns = old;
    }
    struct path_mtu *old = from->path_mtus;
    from->shared.path_mtus = from->path_mtus = to->path_mtus;
    to->shared.path_mtus = to->path_mtus = old;
}

static void free_shard(struct steps_shard *shard)
{
    claim_free(shard->claim);
    stored_syn_free(shard->syns);
    expiry_done(&shard->expiry);
    session_done(&shard->sessions);
    bib_done(&shard->bib);
    slots_shard_free(shard->sessions.slots);
    slots_shard_free(shard->bib.slots);
}

void tables_free(struct tables *tables)
{
    if (tables == NULL)
        return;
    if (tables->shards != NULL)
        for (unsigned i = 0; i < tables->shared.shards; i++)
            free_shard(&tables->shards[i]);
    free(tables->shards);
    for (unsigned i = 0; tables->ended != NULL && i < tables->shared.workers; i++)
        free(tables->ended[i]);
    free(tables->ended);
    free(tables->expiry_links);
    session_shared_free(tables->session_shared);
    bib_shared_free(tables->bib_shared);
    slots_free(tables->session_slots);
    slots_free(tables->bib_slots);
    path_mtu_free(tables->path_mtus);
    quota_free(tables->quota);
    group_free(tables->groups);
    eam_free(tables->eam);
    binding_free(tables->bindings);
    bulk_free(tables->bulk);
    block_free(tables->blocks);
    prefixes_done(&tables->prefixes);
    free(tables->pref64);
    free(tables);
}
