/*
 * Layer: test
 * Specification: RFC 6146 3.3
 */
#include "tests/unit/nat64d/rig.h"

#include <stdlib.h>

#include "common/clock.h"
#include "nat64d/edge/recovery.h"

enum { BUDGET = 100000, HANDOVERS = 2 };

uint64_t rig_now_ns;
uint64_t rig_seed;
const uint8_t rig_boot_id[STATE_BOOT_ID] = {1};

uint64_t clock_now_ns(void)
{
    return rig_now_ns;
}

uint64_t clock_utc_ns(void)
{
    return rig_now_ns;
}

void clock_random(void *bytes, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++) {
        uint64_t at = rig_seed++;
        ((uint8_t *)bytes)[i] = (uint8_t)siphash13_words((struct siphash_key){3, 4}, &at, 1);
    }
}

static void fill_nat64(struct settings_nat64 *nat64)
{
    const struct settings_share whole = {100, true};
    nat64->filtering[SETTINGS_TCP] = nat64->filtering[SETTINGS_UDP] = nat64->filtering[SETTINGS_ICMP] =
        SETTINGS_ADDRESS_DEPENDENT;
    nat64->timeouts.udp = 300;
    nat64->timeouts.udp_dns = 17;
    nat64->timeouts.icmp = 60;
    nat64->timeouts.tcp_established = 7200;
    nat64->timeouts.tcp_opening = 240;
    nat64->timeouts.tcp_closing = 120;
    nat64->timeouts.tcp_closing_full = 120;
    nat64->timeouts.tcp_incoming_syn = 6;
    nat64->timeouts.hold_down = 120;
    nat64->limits.backend_prefix = 128;
    nat64->limits.network_prefix = 64;
    nat64->limits.ports_per_backend = nat64->limits.ports_per_network = whole;
    nat64->limits.sessions_per_backend = nat64->limits.sessions_per_network = whole;
    nat64->limits.unanswered_per_network = whole;
    nat64->limits.new_sessions_per_second = nat64->limits.new_sessions_per_second_per_network = 100000000;
    nat64->pings = true;
    nat64->icmp_errors.send = true;
    nat64->translation.mss_clamp = true;
    nat64->translation.ipv4_tos = nat64->translation.ipv6_traffic_class = -1;
    nat64->lowest_ipv6_mtu = 1280;
}

void rig_init(struct rig *rig, const struct rig_shape *shape)
{
    memset(rig, 0, sizeof(*rig));
    rig->shape = *shape;
    rig->ports = (struct addr_port_range){shape->first_port, shape->last_port};
    rig->pool = (struct settings_pool){
        .name = "pool", .address = {RIG_POOL, 32}, .ports = &rig->ports, .ports_count = 1};
    rig->shop = (struct settings_static){
        .name = "shop",
        .protocol = SETTINGS_TCP,
        .ipv4 = {.addr = {.family = AF_INET, .v4 = RIG_POOL}, .ports = {8080, 8080}},
        .ipv6 = {.addr = {.family = AF_INET6, .v6 = {{{0x20, 0x01, 0x0d, 0xb8, [15] = 5}}}},
                 .ports = {80, 80}},
    };
    rig->pref64.prefix = (struct addr_prefix6){{{{0, 0x64, 0xff, 0x9b}}}, 96};
    rig->backends = (struct addr_prefix6){{{{0x20, 0x01, 0x0d, 0xb8}}}, 32};
    rig->settings = (struct settings){.backends = &rig->backends,
                                      .backends_count = 1,
                                      .pref64 = &rig->pref64,
                                      .pref64_count = 1,
                                      .pools = &rig->pool,
                                      .pools_count = 1,
                                      .statics = &rig->shop,
                                      .statics_count = 1};
    fill_nat64(&rig->settings.nat64);
    rig->settings.nat64.max_sessions = (int)shape->slots;
    rig->route6 = (struct network_route6){.mtu = 1500, .source = {{{0x20, 0x01, 0x0d, 0xb8, 0, 9}}}};
    rig->route4.mtu = 1500;
    rig->own4 = 0x09090909;
    rig->network =
        (struct network){&rig->route6, 1, &rig->route4, 1, &rig->own4, 1, NULL, 0, NULL, 0, 1500, 1500};
}

static struct state_shape shape_of(const struct rig_shape *shape)
{
    return (struct state_shape){shape->slots, shape->slots, shape->shards, shape->held};
}

size_t rig_len(const struct rig_shape *shape)
{
    struct state_shape of = shape_of(shape);
    return state_file_size(&of);
}

int rig_lay_out(struct rig *rig, void *memory)
{
    struct state_shape shape = shape_of(&rig->shape);
    return state_file_init(&rig->state, memory, state_file_size(&shape), &shape, (struct siphash_key){1, 2},
                           rig_boot_id, rig_now_ns);
}

int rig_open(struct rig *rig, void *memory, size_t len, struct state_source *ret_source)
{
    return state_file_open(&rig->state, memory, len, rig_boot_id, ret_source);
}

static int init_worker(struct rig *rig, unsigned worker)
{
    struct steps *steps = &rig->steps[worker];
    memset(steps, 0, sizeof(*steps));
    steps->shared = &rig->tables->shared;
    steps->network = &rig->network;
    steps->worker = worker;
    steps->shards = rig->tables->shards;
    steps->counters = &rig->counters;
    identification_init(&steps->identification, (struct siphash_key){1, 2}, worker, rig->shape.workers);
    rate_init(&steps->rate, (struct siphash_key){1, 2}, rig_now_ns);
    rate_limit(&steps->rate, &(struct rate_limits){1000, 1000, 1000, 1000000, 1000000});
    return fragments_new(FRAGMENTS_LEAST, (struct siphash_key){1, 2}, &steps->fragments);
}

int rig_start(struct rig *rig)
{
    int r = tables_new(&rig->settings, &rig->state, rig->shape.workers, true, &rig->tables);
    if (r < 0)
        return r;
    r = recovery_run(rig->tables, &rig->network, 1, &rig->recovered);
    memset(&rig->counters, 0, sizeof(rig->counters));
    for (unsigned i = 0; r == 0 && i < rig->shape.workers; i++)
        r = init_worker(rig, i);
    if (r < 0)
        rig_stop(rig);
    return r;
}

void rig_stop(struct rig *rig)
{
    for (unsigned i = 0; i < RIG_WORKERS_MAX; i++) {
        fragments_free(rig->steps[i].fragments);
        rig->steps[i].fragments = NULL;
    }
    tables_free(rig->tables);
    rig->tables = NULL;
}

enum reason rig_send(struct rig *rig)
{
    unsigned worker = 0;
    for (int i = 0; i <= HANDOVERS; i++) {
        steps_packet(&rig->steps[worker], &rig->built.packet, rig_now_ns, &rig->result);
        trace_end(&rig->steps[worker].trace);
        if (rig->result.verdict != STEPS_HANDOVER)
            break;
        worker = rig->result.worker;
    }
    return rig->result.reason;
}

enum reason rig_udp(struct rig *rig, const char *source, unsigned port, const char *destination,
                    unsigned destination_port)
{
    build_udp(&rig->built, source, port, destination, destination_port, "data", 4);
    return rig_send(rig);
}

enum reason rig_tcp(struct rig *rig, const char *source, unsigned port, const char *destination,
                    unsigned destination_port, unsigned flags)
{
    build_tcp(&rig->built, source, port, destination, destination_port, flags, NULL, 0);
    return rig_send(rig);
}

enum reason rig_ping(struct rig *rig, const char *source, unsigned identifier, const char *destination)
{
    build_icmp(&rig->built, source, destination, 128, 0, identifier << 16 | 1, "ping", 4);
    return rig_send(rig);
}

unsigned rig_external_port(const struct rig *rig)
{
    enum { ICMP = 1, HEADER = 20, IDENTIFIER = 24 };
    const uint8_t *data = rig->built.packet.data;
    return build_get16(data + (data[9] == ICMP ? IDENTIFIER : HEADER));
}

uint32_t rig_timeouts(struct rig *rig)
{
    uint32_t len, first = 0;
    for (unsigned i = 0; i < rig->shape.workers; i++) {
        unsigned budget = BUDGET;
        while (budget > 0)
            if ((len = steps_timeout(&rig->steps[i], rig_now_ns, &budget)) > 0 && first == 0)
                first = len;
    }
    return first;
}
