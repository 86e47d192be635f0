/*
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 */
#include "nat64d/edge/translator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/settings_file.h"
#include "nat64d/edge/boot.h"
#include "nat64d/edge/recovery.h"
#include "nat64d/edge/surroundings.h"

static struct siphash_key random_key(void)
{
    struct siphash_key key;
    clock_random(&key, sizeof(key));
    return key;
}

/* How far the times in a state that was saved, perhaps before a reboot, lie from this boot's clock: the time
 * that went by since then counts. */
static int64_t shift_of(const struct state_header *header, uint64_t now_ns)
{
    if (header->saved_ns == 0)
        return 0;
    uint64_t utc_ns = clock_utc_ns();
    uint64_t down_ns = utc_ns > header->saved_utc_ns ? utc_ns - header->saved_utc_ns : 0;
    return (int64_t)(now_ns - header->saved_ns - down_ns);
}

/* Fills a new state from one of another size, layout or boot. */
static int copy_state(struct translator *translator, int old_fd, const uint8_t boot_id[STATE_BOOT_ID])
{
    struct mapping old = {.fd = -1};
    struct state state;
    struct state_source source;
    int r = mapping_open_private(old_fd, &old);
    if (r < 0)
        return r;
    r = state_file_open(&state, old.base, old.len, boot_id, &source);
    if (r == -EBADMSG)
        goto out;
    bool same_boot = memcmp(source.header->boot_id, boot_id, STATE_BOOT_ID) == 0;
    uint32_t *map = malloc(source.header->bib_slots * sizeof(*map));
    if (map == NULL) {
        r = -ENOMEM;
        goto out;
    }
    r = 0;
    translator->state.header->key = source.header->key;
    memcpy(translator->state.header->lifetime_ns, source.header->lifetime_ns,
           sizeof(source.header->lifetime_ns));
    if (same_boot || source.header->saved_ns != 0) {
        uint32_t left_out =
            state_copy(&source, &translator->state, shift_of(source.header, clock_now_ns()), map);
        if (left_out > 0)
            log_warning("state", "%u sessions of the old state were dropped: no slot or binding for them",
                        left_out);
    } else {
        log_warning("state", "the state is of another boot and does not say when; starting without sessions");
    }
    free(map);
out:
    mapping_close(&old);
    return r;
}

static int open_state(struct translator *translator, const struct translator_input *input)
{
    uint8_t boot_id[STATE_BOOT_ID];
    struct state_source source;
    int r = mapping_open(input->state_fd, &translator->mapping);
    if (r == 0)
        r = boot_id_read(boot_id);
    if (r < 0)
        return r;
    struct mapping *mapping = &translator->mapping;
    if (!input->fresh && input->old_state_fd < 0)
        return state_file_open(&translator->state, mapping->base, mapping->len, boot_id, &source);
    r = state_file_init(&translator->state, mapping->base, mapping->len, &input->shape, random_key(), boot_id,
                        clock_now_ns());
    if (r < 0 || input->old_state_fd < 0)
        return r;
    r = copy_state(translator, input->old_state_fd, boot_id);
    if (r < 0)
        log_warning("state", "the old state cannot be read: %s; starting without sessions", strerror(-r));
    return 0;
}

/* A hash of what is counted, in its order: another version may count other things. */
static uint64_t hash_names(void)
{
    const struct siphash_key none = {0};
    uint64_t hash = 0;
    for (unsigned i = 0; i < REASON_COUNT + TALLY_COUNT; i++) {
        const char *name = i < REASON_COUNT ? reason_info[i].name : tally_info[i - REASON_COUNT].name;
        hash = hash * 31 + siphash13(none, name, strlen(name));
    }
    return hash;
}

static int map_counters(struct translator *translator, int fd)
{
    int r = mapping_open(fd, &translator->counters_mapping);
    if (r < 0)
        return r;
    if (translator->counters_mapping.len < TRANSLATOR_COUNTERS * sizeof(struct counters))
        return -EINVAL;
    translator->counters = translator->counters_mapping.base;
    _Atomic uint64_t *names = &translator->counters[WORKER_MAX].value[0];
    if (atomic_load(names) != hash_names()) {
        memset(translator->counters, 0, translator->counters_mapping.len);
        atomic_store(names, hash_names());
    }
    return 0;
}

static int map_rings(struct translator *translator, int fd)
{
    struct mapping *mapping = &translator->rings_mapping;
    int r = mapping_open(fd, mapping);
    if (r < 0)
        return r;
    if (mapping->len < natevent_log_size(translator->workers_count))
        return -EINVAL;
    for (unsigned i = 0; i <= translator->workers_count; i++)
        translator->rings[i] = natevent_log_ring(mapping->base, i);
    return natevent_log_new(mapping->base, mapping->len, &translator->events);
}

/* The workers' rings, if anybody logs; before the workers see the tables. */
static void join_rings(const struct translator *translator, struct tables *tables)
{
    tables->shared.event_rings = settings_has_events(tables->settings) ? &translator->rings[1] : NULL;
}

/* What the configuration that has come into force means for the event log. */
static int tell_events(struct translator *translator, const char *event, const struct recover_count *count)
{
    struct tables *tables = translator->tables;
    for (unsigned i = 0; tables->ended != NULL && i < translator->workers_count; i++) {
        if (tables->ended[i] != NULL)
            natevent_log_adopt(translator->events, tables->ended[i]);
        tables->ended[i] = NULL;
    }
    return natevent_log_configure(translator->events, translator->settings, event, count->bindings);
}

/* The prefixes of backends: the configured ones, or the host's. */
static int find_backends(const struct settings *settings, const struct links *links,
                         struct addr_prefix6 **ret_backends, size_t *ret_count)
{
    if (settings->backends_count == 0)
        return links_default_backends(links, ret_backends, ret_count);
    size_t size = settings->backends_count * sizeof(**ret_backends);
    *ret_backends = malloc(size);
    if (*ret_backends == NULL)
        return -ENOMEM;
    memcpy(*ret_backends, settings->backends, size);
    *ret_count = settings->backends_count;
    return 0;
}

/* Whether all backends are of one network, the gateway's own addresses aside. */
static bool is_single_network(const struct settings *settings, const struct addr_prefix6 *backends,
                              size_t count)
{
    enum { WHOLE_ADDRESS = 128 };
    size_t networks = 0;
    for (size_t i = 0; i < count; i++)
        if (settings->backends_count > 0 || backends[i].len < WHOLE_ADDRESS)
            networks += backends[i].len >= settings->nat64.limits.network_prefix ? 1 : 2;
    return networks == 1;
}

/* What a configuration makes of this host. */
struct generation {
    struct settings *settings;
    struct addr_prefix6 *backends;
    size_t backends_count;
    struct tables *tables;
    struct pool_watch *watch;
    const struct network *network;
};

static void generation_done(struct generation *generation)
{
    pool_watch_free(generation->watch);
    tables_free(generation->tables);
    surroundings_free(generation->network);
    free(generation->backends);
    *generation = (struct generation){0};
}

static int generation_init(struct generation *generation, const struct translator *translator,
                           struct settings *settings, const struct links *links)
{
    *generation = (struct generation){.settings = settings};
    int r = find_backends(settings, links, &generation->backends, &generation->backends_count);
    if (r == 0)
        r = surroundings_build(links, settings, &generation->network);
    if (r == 0)
        r = tables_new(settings, &translator->state, translator->workers_count,
                       is_single_network(settings, generation->backends, generation->backends_count),
                       &generation->tables);
    if (r == 0)
        r = pool_watch_new(&generation->tables->prefixes, &generation->watch);
    if (r == 0)
        join_rings(translator, generation->tables);
    if (r < 0)
        generation_done(generation);
    return r;
}

static int recover(const struct generation *generation, uint64_t settings_hash,
                   struct recover_count *ret_count)
{
    int r = recovery_run(generation->tables, generation->network, settings_hash, ret_count);
    if (r == 0 && ret_count->statics_left_out > 0)
        log_warning(
            "state",
            "no slot is free for %u static bindings, as the table is full; continuing without them; raise "
            "nat64.max-sessions",
            ret_count->statics_left_out);
    return r;
}

static void adopt(struct translator *translator, struct generation *generation)
{
    translator->settings = generation->settings;
    translator->backends = generation->backends;
    translator->backends_count = generation->backends_count;
    translator->tables = generation->tables;
    translator->watch = generation->watch;
}

static struct rate_limits rates_of(const struct settings *settings)
{
    return (struct rate_limits){
        .per_second = (uint32_t)settings->nat64.icmp_errors.per_second,
        .per_second_per_network = (uint32_t)settings->nat64.icmp_errors.per_second_per_network,
        .refusals_per_second = (uint32_t)settings->nat64.icmp_errors.refusals_per_second,
        .relayed_per_second = (uint32_t)settings->nat64.icmp_errors.relayed_per_second,
        .relayed_per_second_per_network =
            (uint32_t)settings->nat64.icmp_errors.relayed_per_second_per_network,
    };
}

static int start_workers(struct translator *translator, const struct translator_input *input,
                         const struct network *network)
{
    struct worker_input workers = {
        .shared = &translator->tables->shared,
        .shards = translator->tables->shards,
        .counters = translator->counters,
        .fds = input->tun_fds,
        .queues = input->queue_fds,
        .network = network,
        .network_free = surroundings_free,
        .rates = rates_of(translator->settings),
        .traces = translator->traces,
    };
    return worker_start(&workers, &translator->workers);
}

int translator_new(const struct translator_input *input, struct recover_count *ret_count,
                   struct translator **ret_translator)
{
    struct generation generation = {0};
    struct translator *translator = calloc(1, sizeof(*translator));
    if (translator == NULL)
        return -ENOMEM;
    pthread_mutex_init(&translator->mutex, NULL);
    translator->mapping.fd = translator->counters_mapping.fd = translator->rings_mapping.fd = -1;
    translator->workers_count = input->workers;
    translator->printed = input->printed;
    int r = open_state(translator, input);
    if (r == 0)
        r = map_counters(translator, input->counters_fd);
    if (r == 0)
        r = map_rings(translator, input->rings_fd);
    if (r == 0)
        r = trace_hub_new(input->workers, &translator->traces);
    if (r == 0)
        r = generation_init(&generation, translator, input->settings, input->links);
    if (r == 0)
        r = recover(&generation, input->settings_hash, ret_count);
    if (r == 0) {
        adopt(translator, &generation);
        r = tell_events(translator, "start", ret_count);
        if (r == 0)
            r = start_workers(translator, input, generation.network);
        else
            surroundings_free(generation.network);
    } else {
        generation_done(&generation);
    }
    if (r < 0) {
        log_error("tables",
                  "cannot make tables for %u sessions: %s; lower nat64.max-sessions or give more "
                  "memory",
                  translator->state.header != NULL ? translator->state.header->session_slots : 0,
                  strerror(-r));
        translator_free(translator);
        return r;
    }
    *ret_translator = translator;
    return 0;
}

int translator_reload(struct translator *translator, struct settings *settings, char *printed,
                      uint64_t settings_hash, const struct links *links, struct recover_count *ret_count)
{
    const struct rate_limits rates = rates_of(settings);
    char *old_printed = translator->printed;
    struct generation new, old = {.settings = translator->settings,
                                  .backends = translator->backends,
                                  .backends_count = translator->backends_count,
                                  .tables = translator->tables,
                                  .watch = translator->watch};
    int r = generation_init(&new, translator, settings, links);
    if (r < 0)
        return r;
    pthread_mutex_lock(&translator->mutex);
    worker_pause(translator->workers);
    r = recover(&new, settings_hash, ret_count);
    if (r == 0) {
        tables_move(old.tables, new.tables);
        worker_set_tables(translator->workers, &new.tables->shared, new.tables->shards, &rates);
        adopt(translator, &new);
        translator->printed = printed;
        translator->reloads++;
    }
    worker_resume(translator->workers);
    pthread_mutex_unlock(&translator->mutex);
    if (r < 0) {
        generation_done(&new);
        return -ENOTRECOVERABLE;
    }
    if (tell_events(translator, "reload", ret_count) < 0)
        log_warning("events", "no memory to tell the event log of the new configuration; continuing without");
    worker_set_network(translator->workers, new.network);
    settings_file_free(old.settings);
    free(old_printed);
    generation_done(&old);
    return 0;
}

int translator_network_changed(struct translator *translator, const struct links *links)
{
    const struct network *network;
    struct addr_prefix6 *backends;
    size_t count;
    int r = surroundings_build(links, translator->settings, &network);
    if (r < 0)
        return r;
    r = find_backends(translator->settings, links, &backends, &count);
    if (r < 0) {
        surroundings_free(network);
        return r;
    }
    worker_set_network(translator->workers, network);
    pthread_mutex_lock(&translator->mutex);
    free(translator->backends);
    translator->backends = backends;
    translator->backends_count = count;
    pthread_mutex_unlock(&translator->mutex);
    return 0;
}

void translator_event_file(struct translator *translator, int fd)
{
    natevent_log_file(translator->events, fd);
}

bool translator_drains(const struct translator *translator, bool *ret_drained)
{
    const struct tables *tables = translator->tables;
    bool drains = false;
    *ret_drained = true;
    for (uint32_t i = 0; i < tables->prefixes.pools_count; i++) {
        if (!tables->prefixes.pools[i].drain)
            continue;
        drains = true;
        for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
            if (block_use(tables->blocks, i, t) > 0)
                *ret_drained = false;
    }
    return drains;
}

void translator_free(struct translator *translator)
{
    if (translator == NULL)
        return;
    worker_stop(translator->workers);
    natevent_log_free(translator->events);
    mapping_close(&translator->rings_mapping);
    struct generation generation = {
        .backends = translator->backends, .tables = translator->tables, .watch = translator->watch};
    generation_done(&generation);
    trace_hub_free(translator->traces);
    mapping_close(&translator->counters_mapping);
    mapping_close(&translator->mapping);
    settings_file_free(translator->settings);
    free(translator->printed);
    pthread_mutex_destroy(&translator->mutex);
    free(translator);
}
