/*
 * The translator as a whole: tables made from the configuration, and the threads that work on them.
 *
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 *
 * Owns everything that the packet threads use, and frees it in reverse order.
 */
#ifndef GATE64_NAT64D_EDGE_TRANSLATOR_H
#define GATE64_NAT64D_EDGE_TRANSLATOR_H

#include "common/links.h"
#include "common/mapping.h"
#include "common/settings.h"
#include "nat64d/edge/worker.h"

struct translator {
    const struct settings *settings;
    struct addr_prefix6 *backends; /* in force: the configured ones, or the host's */
    size_t backends_count;
    struct mapping mapping;
    struct steps_shared shared;
    struct steps_shard *shards;
    struct counters *counters;
    struct worker_group *workers;

    /* What `shared` points to. */
    struct prefixes prefixes;
    struct block_table *blocks;
    struct binding_table *bindings;
    struct quota *quota;
    struct guard_pref64 *pref64;
    struct slots *bib_slots;
    struct slots *session_slots;
    struct bib_shared *bib_shared;
    struct session_shared *session_shared;
    struct expiry_link *expiry_links;
};

/* Number of packet threads that the settings ask for on this machine. */
unsigned translator_workers(const struct settings *settings);

/* Builds all tables. Logs what it could not do. */
int translator_new(const struct settings *settings, const struct links *links,
                   struct translator **ret_translator) __attribute__((warn_unused_result));

/* Starts the threads on `fds`, one TUN queue each. */
int translator_start(struct translator *translator, const struct links *links, const int *fds)
    __attribute__((warn_unused_result));

/* The host's addresses, links or routes changed. */
int translator_network_changed(struct translator *translator, const struct links *links)
    __attribute__((warn_unused_result));

/* Accepts NULL and the half-built. */
void translator_free(struct translator *translator);

#endif
