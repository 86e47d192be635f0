/*
 * The host's part of the work: a short, fixed list of verbs that set the host up for the translator and take
 * it down again.
 *
 * Layer: edge
 * Specification: Linux ip-sysctl.rst (forwarding, accept_ra, accept_local)
 *
 * What is changed is written down first (record_file.h), with the old value, so that everything can be undone
 * after a kill at any moment, by this process or another. Only forwarding is not undone: once needed it stays
 * on, since something else may have come to depend on it; before it goes on, an uplink that learns its route
 * from router advertisements gets accept_ra = 2, or it would lose it.
 */
#ifndef GATE64_NAT64D_KEEPER_HOST_H
#define GATE64_NAT64D_KEEPER_HOST_H

#include "common/links.h"
#include "common/settings.h"

struct host;

struct host_plan {
    const struct settings *settings; /* a shared pool has its address: no SETTINGS_UPLINK */
    const struct links *links;
    unsigned workers; /* who reads the queues of a shared address */
    unsigned shards;
};

/* Opens the record STATE-DIR/nat64d/host, waiting for another process that has it. Each function here logs
 * what it could not do. */
int host_open(const char *state_dir, struct host **ret_host) __attribute__((warn_unused_result));
/* Undoes nothing. Accepts NULL. */
void host_close(struct host *host);

/* Whether all of the plan was made, by this process or an earlier one. */
bool host_has(const struct host *host, const struct host_plan *wanted);

/* Makes what the plan names. What is recorded already is done again, since a kill, or somebody else, may have
 * left it undone. Stops at the first failure; host_down undoes what was made. */
int host_add(struct host *host, const struct host_plan *wanted) __attribute__((warn_unused_result));

/* Undoes what is recorded and not in the plan. */
int host_prune(struct host *host, const struct host_plan *wanted) __attribute__((warn_unused_result));

/* Undoes all, newest first, and removes the record. What is gone already is no failure; after one it goes on,
 * keeps that entry, and returns the first. */
int host_down(struct host *host);

#endif
