/*
 * Everything that a configuration makes of the state: pools, quotas, guards, and the shards with their
 * indices and timers.
 *
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2
 *
 * The slots lie in the state and outlive this; one configuration's tables take the place of another's by
 * being recovered from the same slots while no worker runs. Owns all that `shared` points to but the state.
 */
#ifndef GATE64_NAT64D_EDGE_TABLES_H
#define GATE64_NAT64D_EDGE_TABLES_H

#include "common/settings.h"
#include "nat64d/rfc6146/recover.h"

struct tables {
    const struct settings *settings;
    struct steps_shared shared;
    struct steps_shard *shards;
    struct prefixes prefixes;
    struct block_table *blocks;
    struct bulk *bulk;
    struct binding_table *bindings;
    struct eam *eam; /* NULL without mappings */
    struct group_table *groups;
    struct quota *quota;
    struct path_mtu *path_mtus;
    struct guard_pref64 *pref64;
    struct slots *bib_slots;
    struct slots *session_slots;
    struct bib_shared *bib_shared;
    struct session_shared *session_shared;
    struct expiry_link *expiry_links;
    struct natevent_ring **ended; /* of each worker: what recovery_run ended; NULL if nobody logs */
};

/* Takes all memory; touches no slot. `settings` (pools resolved) and the mapping of `state` outlive it.
 * `single_network`: all backends are of one network, which may then have the whole pool. */
int tables_new(const struct settings *settings, const struct state *state, unsigned workers,
               bool single_network, struct tables **ret_tables) __attribute__((warn_unused_result));
/* What is in no slot goes along to another configuration's tables: SYNs that are waited for, path MTUs.
 * Blocks of backends that it has no more go to `ended`. No worker may run. */
void tables_move(struct tables *from, struct tables *to);
/* Accepts NULL and the half-built. */
void tables_free(struct tables *tables);

#endif
