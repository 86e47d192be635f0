/*
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "nat64d/edge/translator.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "nat64d/edge/surroundings.h"
#include "nat64d/rfc6146/allocate.h"
#include "nat64d/table/owner.h"

enum {
    SESSIONS_DEFAULT = 1048576, /* the most that max-sessions = 0 chooses */
    MEMORY_SHARE = 20,          /* one part in 20, 5 % */
    SESSION_COST = 256,         /* bytes: slot, binding slot, indices, timer links */
    SHARDS_MIN = 4,
    BACKEND_PREFIX_LEN = 128,
};

static_assert((int)TRANSPORT_TCP == (int)SETTINGS_TCP && (int)TRANSPORT_UDP == (int)SETTINGS_UDP &&
                  (int)TRANSPORT_ICMP == (int)SETTINGS_ICMP,
              "settings and tables number the protocols alike");

/* CPUs that this process may run on. */
static unsigned cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

unsigned translator_workers(const struct settings *settings)
{
    unsigned workers = settings->nat64.workers > 0 ? (unsigned)settings->nat64.workers : cpus();
    return workers > WORKER_MAX ? WORKER_MAX : workers;
}

/* A power of two, at least the CPUs and the workers. */
static unsigned shard_count(unsigned workers)
{
    unsigned shards = SHARDS_MIN, wanted = cpus() > workers ? cpus() : workers;
    while (shards < wanted && shards < STATE_SHARDS_MAX)
        shards *= 2;
    return shards;
}

static uint32_t session_count(const struct settings *settings)
{
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES), page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t affordable = pages * page / MEMORY_SHARE / SESSION_COST;
    if (settings->nat64.max_sessions > 0)
        return (uint32_t)settings->nat64.max_sessions;
    return affordable < SESSIONS_DEFAULT ? (uint32_t)affordable : SESSIONS_DEFAULT;
}

static struct siphash_key random_key(void)
{
    struct siphash_key key;
    clock_random(&key, sizeof(key));
    return key;
}

static int make_prefixes(struct translator *translator)
{
    const struct settings *settings = translator->settings;
    struct prefixes_input *input = calloc(settings->pools_count + 1, sizeof(*input));
    if (input == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pools_count; i++) {
        const struct settings_pool *pool = &settings->pools[i];
        input[i] =
            (struct prefixes_input){pool->address, pool->ports, (uint32_t)pool->ports_count, pool->name};
    }
    int r = prefixes_init(&translator->prefixes, input, (uint32_t)settings->pools_count);
    free(input);
    return r;
}

static int make_bindings(struct translator *translator)
{
    const struct settings *settings = translator->settings;
    struct binding *input = calloc(settings->statics_count + 1, sizeof(*input));
    if (input == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->statics_count; i++) {
        const struct settings_static *from = &settings->statics[i];
        input[i] = (struct binding){
            .transport = (enum transport)from->protocol,
            .src6 = from->ipv6.addr.v6,
            .src6_port = from->ipv6.port,
            .src4 = from->ipv4.addr.v4,
            .src4_port = from->ipv4.port,
        };
        memcpy(input[i].name, from->name, sizeof(input[i].name));
    }
    int r = binding_new(input, (uint32_t)settings->statics_count, random_key(), &translator->bindings);
    free(input);
    return r;
}

static int reserve_static_ports(struct translator *translator)
{
    for (uint32_t i = 0; i < binding_count(translator->bindings); i++) {
        const struct binding *binding = binding_at(translator->bindings, i);
        int r = block_reserve(translator->blocks, prefixes_find(&translator->prefixes, binding->src4),
                              binding->transport, binding->src4_port);
        if (r < 0)
            return r;
    }
    return 0;
}

static int make_pool(struct translator *translator, uint32_t sessions)
{
    struct port_random random = {.key = random_key()};
    int r = make_prefixes(translator);
    if (r == 0)
        r = block_new(&translator->prefixes, translator->shared.shards, &random, &translator->blocks);
    if (r == 0)
        r = make_bindings(translator);
    if (r == 0)
        r = quota_new(sessions, BACKEND_PREFIX_LEN, translator->shared.state.header->key, &translator->quota);
    if (r == 0)
        r = reserve_static_ports(translator);
    return r;
}

static int make_guard(struct translator *translator, const struct links *links)
{
    const struct settings *settings = translator->settings;
    struct guard *guard = &translator->shared.guard;
    int r;
    if (settings->backends_count > 0) {
        size_t size = settings->backends_count * sizeof(*translator->backends);
        translator->backends = malloc(size);
        if (translator->backends == NULL)
            return -ENOMEM;
        memcpy(translator->backends, settings->backends, size);
        translator->backends_count = settings->backends_count;
    } else {
        r = links_default_backends(links, &translator->backends, &translator->backends_count);
        if (r < 0)
            return r;
    }
    translator->pref64 = calloc(settings->pref64_count, sizeof(*translator->pref64));
    if (translator->pref64 == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *from = &settings->pref64[i];
        translator->pref64[i] = (struct guard_pref64){from->prefix, from->allow4, from->allow4_count};
    }
    *guard = (struct guard){translator->pref64,         settings->pref64_count, translator->backends,
                            translator->backends_count, settings->deny4,        settings->deny4_count};
    return 0;
}

static void fill_options(struct translator *translator)
{
    const struct settings_nat64 *nat64 = &translator->settings->nat64;
    struct steps_shared *shared = &translator->shared;
    const int seconds[EXPIRY_LIFETIMES] = {
        [EXPIRY_UDP] = nat64->timeouts.udp,
        [EXPIRY_UDP_DNS] = nat64->timeouts.udp_dns,
        [EXPIRY_ICMP] = nat64->timeouts.icmp,
        [EXPIRY_TCP_ESTABLISHED] = nat64->timeouts.tcp_established,
        [EXPIRY_TCP_OPENING] = nat64->timeouts.tcp_opening,
        [EXPIRY_TCP_CLOSING] = nat64->timeouts.tcp_closing,
    };
    for (unsigned i = 0; i < EXPIRY_LIFETIMES; i++)
        shared->lifetime_ns[i] = (uint64_t)seconds[i] * CLOCK_NS_PER_S;
    for (unsigned i = 0; i < TRANSPORT_COUNT; i++)
        shared->endpoint_independent[i] = nat64->filtering[i] == SETTINGS_ENDPOINT_INDEPENDENT;
    shared->syn_wait_ns = (uint64_t)nat64->timeouts.tcp_incoming_syn * CLOCK_NS_PER_S;
    shared->send_errors = nat64->icmp_errors.send;
    shared->options = (struct translation_options){
        .zero_traffic_class = nat64->translation.zero_traffic_class,
        .drop_zero_checksum = nat64->translation.udp_zero_checksum == SETTINGS_ZERO_CHECKSUM_DROP,
        .mss_clamp = nat64->translation.mss_clamp,
        .lowest_ipv6_mtu = (uint32_t)nat64->lowest_ipv6_mtu,
    };
}

static int make_state(struct translator *translator, uint32_t sessions)
{
    /* As many bindings as sessions: each may be the only one of its socket. */
    size_t len = state_file_size(sessions, sessions);
    if (len == 0)
        return -EINVAL;
    int r = mapping_open_memory("gate64-nat64d", len, &translator->mapping);
    if (r < 0)
        return r;
    return state_file_init(&translator->shared.state, translator->mapping.base, len, sessions, sessions,
                           translator->shared.shards, random_key(), clock_now_ns());
}

static int make_shared_tables(struct translator *translator)
{
    const struct state *state = &translator->shared.state;
    uint32_t slots = state->header->session_slots;
    int r = slots_new(state->header->bib_slots, &translator->bib_slots);
    if (r == 0)
        r = slots_new(slots, &translator->session_slots);
    if (r == 0)
        r = bib_shared_new(state->bib, state->header->bib_slots, &translator->bib_shared);
    if (r == 0)
        r = session_shared_new(state->sessions, slots, &translator->session_shared);
    if (r < 0)
        return r;
    translator->expiry_links = calloc(slots, sizeof(*translator->expiry_links));
    return translator->expiry_links == NULL ? -ENOMEM : 0;
}

static int make_shard(struct translator *translator, unsigned index)
{
    struct steps_shard *shard = &translator->shards[index];
    const struct steps_shared *shared = &translator->shared;
    uint64_t now_ns = clock_now_ns();
    uint64_t hold_down_ns = (uint64_t)translator->settings->nat64.timeouts.hold_down * CLOCK_NS_PER_S;

    int r = slots_shard_new(translator->bib_slots, &shard->bib.slots);
    if (r == 0)
        r = slots_shard_new(translator->session_slots, &shard->sessions.slots);
    if (r == 0)
        r = bib_init(&shard->bib, translator->bib_shared, random_key(), (uint8_t)index);
    if (r == 0)
        r = session_init(&shard->sessions, translator->session_shared, random_key(), (uint8_t)index);
    if (r == 0)
        r = expiry_init(&shard->expiry, shared->state.sessions, translator->expiry_links, shared->lifetime_ns,
                        now_ns);
    if (r == 0)
        r = stored_syn_new(random_key(), &shard->syns);
    if (r == 0)
        r = claim_new(translator->blocks, &translator->prefixes, index, shared->shards, random_key(),
                      hold_down_ns, &shard->claim);
    return r;
}

/* Configured bindings go into the tables of the shard that owns their IPv6 side. */
static int add_statics(struct translator *translator)
{
    struct steps steps = {.shared = &translator->shared, .shards = translator->shards};
    for (uint32_t i = 0; i < binding_count(translator->bindings); i++) {
        const struct binding *binding = binding_at(translator->bindings, i);
        unsigned shard = owner_shard6(translator->shared.state.header->key, &binding->src6,
                                      binding->src6_port, binding->transport, translator->shared.shards);
        int r = allocate_static(&steps, shard, i, clock_now_ns());
        if (r < 0)
            return r;
    }
    return 0;
}

static int make_shards(struct translator *translator)
{
    unsigned shards = translator->shared.shards;
    translator->shards = calloc(shards, sizeof(*translator->shards));
    translator->counters =
        aligned_alloc(_Alignof(struct counters), translator->shared.workers * sizeof(struct counters));
    if (translator->shards == NULL || translator->counters == NULL)
        return -ENOMEM;
    memset(translator->counters, 0, translator->shared.workers * sizeof(struct counters));
    for (unsigned i = 0; i < shards; i++) {
        int r = make_shard(translator, i);
        if (r < 0)
            return r;
    }
    return add_statics(translator);
}

int translator_new(const struct settings *settings, const struct links *links,
                   struct translator **ret_translator)
{
    uint32_t sessions = session_count(settings);
    struct translator *translator = calloc(1, sizeof(*translator));
    if (translator == NULL)
        return -ENOMEM;
    translator->settings = settings;
    translator->mapping.fd = -1;
    translator->shared.workers = translator_workers(settings);
    translator->shared.shards = shard_count(translator->shared.workers);
    translator->shared.prefixes = &translator->prefixes;
    fill_options(translator);

    int r = make_state(translator, sessions);
    if (r == 0)
        r = make_pool(translator, sessions);
    if (r == 0)
        r = make_guard(translator, links);
    if (r == 0)
        r = make_shared_tables(translator);
    if (r < 0)
        goto out;
    translator->shared.blocks = translator->blocks;
    translator->shared.bindings = translator->bindings;
    translator->shared.quota = translator->quota;
    r = make_shards(translator);
    if (r < 0)
        goto out;
    *ret_translator = translator;
    return 0;
out:
    log_error("tables",
              "cannot make tables for %u sessions: %s; lower nat64.max-sessions or give more memory",
              sessions, strerror(-r));
    translator_free(translator);
    return r;
}

int translator_start(struct translator *translator, const struct links *links, const int *fds)
{
    struct worker_input input = {
        .shared = &translator->shared,
        .shards = translator->shards,
        .counters = translator->counters,
        .fds = fds,
        .network_free = surroundings_free,
        .errors_per_second = (uint32_t)translator->settings->nat64.icmp_errors.per_second,
        .errors_per_second_per_network =
            (uint32_t)translator->settings->nat64.icmp_errors.per_second_per_network,
    };
    int r = surroundings_build(links, translator->settings, &input.network);
    if (r < 0)
        return r;
    return worker_start(&input, &translator->workers);
}

int translator_network_changed(struct translator *translator, const struct links *links)
{
    const struct network *network;
    int r = surroundings_build(links, translator->settings, &network);
    if (r < 0)
        return r;
    worker_set_network(translator->workers, network);
    return 0;
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

void translator_free(struct translator *translator)
{
    if (translator == NULL)
        return;
    worker_stop(translator->workers);
    if (translator->shards != NULL)
        for (unsigned i = 0; i < translator->shared.shards; i++)
            free_shard(&translator->shards[i]);
    free(translator->shards);
    free(translator->counters);
    free(translator->expiry_links);
    session_shared_free(translator->session_shared);
    bib_shared_free(translator->bib_shared);
    slots_free(translator->session_slots);
    slots_free(translator->bib_slots);
    quota_free(translator->quota);
    binding_free(translator->bindings);
    block_free(translator->blocks);
    prefixes_done(&translator->prefixes);
    free(translator->pref64);
    free(translator->backends);
    mapping_close(&translator->mapping);
    free(translator);
}
