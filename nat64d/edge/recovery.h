/*
 * Tables filled from the slots of the state, after a start and after a reload alike.
 *
 * Layer: edge
 * Specification: RFC 6146 3.1 and 3.2; nat64d/rfc6146/recover.h for what each step does
 */
#ifndef GATE64_NAT64D_EDGE_RECOVERY_H
#define GATE64_NAT64D_EDGE_RECOVERY_H

#include "nat64d/edge/tables.h"

/* Fills the tables from the slots, one thread a worker, and adds the configured bindings. `settings_hash`
 * names the configuration. No worker may run. */
int recovery_run(struct tables *tables, const struct network *network, uint64_t settings_hash,
                 struct recover_count *ret_count) __attribute__((warn_unused_result));

#endif
