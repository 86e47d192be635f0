/*
 * A translator's tables without its edges: a state in memory, tables made from settings, workers that are
 * called, and a clock and randomness that the test sets.
 *
 * Layer: test
 * Specification: RFC 6146 3.3
 *
 * One pool address 203.0.113.1 with the static binding "shop" (TCP port 8080 for 2001:db8::5 port 80),
 * backends 2001:db8::/32, services 8.8.8.8 and the like, the well-known prefix. Links nat64d/edge/tables.c
 * and stands in for common/clock.
 */
#ifndef GATE64_TESTS_UNIT_NAT64D_RIG_H
#define GATE64_TESTS_UNIT_NAT64D_RIG_H

#include "nat64d/edge/tables.h"
#include "tests/unit/nat64d/build.h"

#define RIG_S UINT64_C(1000000000)

enum {
    RIG_WORKERS_MAX = 4,
    RIG_POOL = 0xcb007101,
    RIG_SYN = 2,
    RIG_ACK = 16,
    RIG_FIN = 1,
    RIG_RST = 4,
};

struct rig_shape {
    uint32_t slots; /* of bindings, and of sessions */
    uint32_t held;  /* a shard */
    unsigned shards;
    unsigned workers;
    uint16_t first_port, last_port; /* of the pool */
};

struct rig {
    struct rig_shape shape;
    struct settings settings;
    struct settings_pool pool;
    struct addr_port_range ports;
    struct settings_static shop;
    struct settings_pref64 pref64;
    struct addr_prefix6 backends;
    struct network_route6 route6;
    struct network_route4 route4;
    uint32_t own4;
    struct network network;
    struct state state;
    struct tables *tables;
    struct recover_count recovered;
    struct counters counters;
    struct steps steps[RIG_WORKERS_MAX];
    struct built built;
    struct steps_result result;
};

/* What clock_now_ns says; clock_random runs on from the seed. */
extern uint64_t rig_now_ns;
extern uint64_t rig_seed;
extern const uint8_t rig_boot_id[STATE_BOOT_ID];

void rig_init(struct rig *rig, const struct rig_shape *shape);
/* Bytes of its state. */
size_t rig_len(const struct rig_shape *shape);
/* An empty state in zeroed memory. */
int rig_lay_out(struct rig *rig, void *memory) __attribute__((warn_unused_result));
/* The state that is there; as state_file_open. */
int rig_open(struct rig *rig, void *memory, size_t len, struct state_source *ret_source)
    __attribute__((warn_unused_result));

/* Tables from the slots of rig->state, and the workers. */
int rig_start(struct rig *rig) __attribute__((warn_unused_result));
/* Accepts one that was not started. */
void rig_stop(struct rig *rig);

/* rig->built through the steps of the worker that owns its flow; rig->result says the rest. */
enum reason rig_send(struct rig *rig);
enum reason rig_udp(struct rig *rig, const char *source, unsigned port, const char *destination,
                    unsigned destination_port);
enum reason rig_tcp(struct rig *rig, const char *source, unsigned port, const char *destination,
                    unsigned destination_port, unsigned flags);
enum reason rig_ping(struct rig *rig, const char *source, unsigned identifier, const char *destination);
/* Source port (identifier) of the IPv4 packet that was just made. */
unsigned rig_external_port(const struct rig *rig);
/* What is due by now, by all workers; the length of the first packet that it brings, 0 if none. */
uint32_t rig_timeouts(struct rig *rig);

#endif
